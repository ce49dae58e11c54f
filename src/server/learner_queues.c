// SPDX-License-Identifier: Apache-2.0
//
// One record per learner. Learners come and go seldom, so they are looked for one after the other.
#include "server/learner_queues.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/mem.h"

void learner_queues_fini(struct learner_queues *q)
{
    mem_free(q->items);
    mem_free(q->followers);
    *q = (struct learner_queues){0};
}

// ---- one learner ----

static struct learner_queue *find(struct learner_queues *q, int64_t sid)
{
    for (size_t i = 0; i < q->count; i++) {
        if (q->items[i].sid == sid) {
            return &q->items[i];
        }
    }
    return NULL;
}

static void enter(struct learner_queues *q, int64_t sid, int64_t sent_zxid)
{
    if (q->count == q->cap) {
        q->cap = q->cap > 0 ? 2 * q->cap : 8;
        q->items = mem_realloc(q->items, q->cap * sizeof(q->items[0]));
    }
    q->items[q->count++] = (struct learner_queue){.sid = sid, .sent_zxid = sent_zxid};
}

static void add(struct stats *stats, enum stats_namespaces set, int64_t sid, int64_t value)
{
    struct buf name = {0};
    buf_printf(&name, "%" PRId64, sid);
    stats_named(stats, set, buf_slice(&name), value);
    buf_fini(&name);
}

// Within an epoch zxids have no holes.
static int64_t waiting(int64_t sent_zxid, int64_t last_proposed)
{
    bool is_same_epoch = sent_zxid >> 32 == last_proposed >> 32;
    return is_same_epoch ? last_proposed - sent_zxid : (int64_t)(uint32_t)last_proposed;
}

// Source: MarkerQuorumPacket, one of which is in the queue at a time here.
static void measure_time(struct learner_queue *l, int64_t last_proposed, struct stats *stats,
                         int64_t now_ns)
{
    if (l->marked_zxid != 0 && l->sent_zxid >= l->marked_zxid) {
        add(stats, STATS_LEARNER_QUEUE_TIME, l->sid, (now_ns - l->marked_ns) / 1000000);
        l->marked_zxid = 0;
    }
    if (l->marked_zxid == 0 && last_proposed > l->sent_zxid) {
        l->marked_zxid = last_proposed;
        l->marked_ns = now_ns;
    }
}

static void look_at(struct learner_queue *l, const struct zab_follower *f, int64_t last_proposed,
                    struct stats *stats, int64_t now_ns)
{
    bool has_sent = f->sent_zxid > l->sent_zxid;
    l->sent_zxid = f->sent_zxid;
    if (has_sent) {
        add(stats, STATS_LEARNER_QUEUE_SIZE, l->sid, waiting(l->sent_zxid, last_proposed));
        if (l->marked_zxid == 0) { // it left within the turn that proposed it
            l->marked_zxid = l->sent_zxid;
            l->marked_ns = now_ns;
        }
    }
    measure_time(l, last_proposed, stats, now_ns);
}

// ---- all ----

void learner_queues_take(struct learner_queues *q, const struct zab_follower *followers,
                         size_t count, int64_t last_proposed, struct stats *stats, int64_t now_ns)
{
    for (size_t i = 0; i < count; i++) {
        struct learner_queue *l = find(q, followers[i].sid);
        if (l == NULL) {
            enter(q, followers[i].sid, followers[i].sent_zxid);
        } else {
            look_at(l, &followers[i], last_proposed, stats, now_ns);
        }
    }
}

void learner_queues_look(struct learner_queues *q, const struct zab *z, struct stats *stats,
                         int64_t now_ns)
{
    if (zab_role(z) != ZAB_LEADING || !zab_is_serving(z)) {
        q->count = 0;
        return;
    }
    size_t count = zab_followers(z, q->followers, q->follower_cap);
    if (count > q->follower_cap) {
        q->follower_cap = count;
        q->followers = mem_realloc(q->followers, count * sizeof(q->followers[0]));
        (void)zab_followers(z, q->followers, count);
    }
    learner_queues_take(q, q->followers, count, zab_last_proposed(z), stats, now_ns);
}
