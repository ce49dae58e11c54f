// SPDX-License-Identifier: Apache-2.0
//
// One learner's course. Each stage takes its packets and no others: who sends something else is
// closed with a note, since it is broken, or no learner at all.
#include "zab/leader_priv.h"

#include <inttypes.h>

#include "base/assert.h"
#include "base/mem.h"
#include "jute/op.h"

enum {
    REQUEST_HEADER_BYTES = 16, // session, cxid, opcode
    REQUEST_OPCODE_AT = 12,
    TOUCH_BYTES = 12, // session, timeout
    EPOCH_BYTES = 4,
};

// ---- who there is ----

void leader_learner_arrive(struct leader *l, zab_link link, struct zab_effects *effects)
{
    if (l->learner_count >= LEADER_LEARNERS_MAX) {
        zab_effects_note(effects, "link %" PRIu64 " closed: %d learners are the limit", link,
                         (int)LEADER_LEARNERS_MAX);
        zab_effects_add(effects, ZAB_DO_CLOSE)->link = link;
        return;
    }
    if (l->learner_count == l->learner_cap) {
        l->learner_cap = l->learner_cap == 0 ? 8 : 2 * l->learner_cap;
        l->learners = mem_realloc(l->learners, l->learner_cap * sizeof(struct leader_learner *));
    }
    struct leader_learner *t = mem_zalloc(sizeof(*t));
    t->link = link;
    t->sid = -1;
    t->heard_ms = l->now_ms;
    t->deadline_tick = l->tick + l->core->options.init_limit + l->core->options.sync_limit;
    t->pongs_needed = 1;
    l->learners[l->learner_count++] = t;
}

void leader_learner_free(struct leader_learner *t)
{
    mem_free(t->syncs.items);
    mem_free(t);
}

struct leader_learner *leader_learner_find(const struct leader *l, zab_link link)
{
    for (size_t i = 0; i < l->learner_count; i++) {
        if (l->learners[i]->link == link && l->learners[i]->stage != STAGE_GONE) {
            return l->learners[i];
        }
    }
    return NULL;
}

void leader_learner_drop(struct leader_learner *t, struct zab_effects *effects, const char *why)
{
    if (t->stage == STAGE_GONE) {
        return;
    }
    zab_effects_note(effects, "learner %" PRId64 " on link %" PRIu64 " closed: %s", t->sid, t->link,
                     why);
    zab_effects_add(effects, ZAB_DO_CLOSE)->link = t->link;
    t->stage = STAGE_GONE;
}

void leader_learner_lost(struct leader_learner *t, struct zab_effects *effects)
{
    zab_effects_note(effects, "learner %" PRId64 " on link %" PRIu64 " is gone", t->sid, t->link);
    t->stage = STAGE_GONE;
}

void leader_learner_remove_gone(struct leader *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->learner_count; i++) {
        if (l->learners[i]->stage == STAGE_GONE) {
            leader_learner_free(l->learners[i]);
        } else {
            l->learners[kept++] = l->learners[i];
        }
    }
    l->learner_count = kept;
}

bool leader_learner_is_voter(const struct leader *l, const struct leader_learner *t)
{
    return !t->is_observer && quorums_has(&l->core->quorums, t->sid);
}

bool leader_learner_is_synced(const struct leader *l, const struct leader_learner *t)
{
    return t->stage != STAGE_NEW && t->stage != STAGE_GONE && l->tick <= t->deadline_tick;
}

// ---- sending ----

void leader_learner_send(struct leader_learner *t, int32_t type, int64_t zxid, struct slice data,
                         struct zab_effects *effects)
{
    struct zab_effect *e = zab_effects_add(effects, ZAB_DO_SEND);
    e->link = t->link;
    e->packet = (struct zab_packet){.type = type, .zxid = zxid, .data = data};
    t->queued_bytes += ZAB_PACKET_MIN_BYTES + data.len;
}

void leader_learner_has_all(struct leader_learner *t, int64_t zxid)
{
    t->sent = t->sent > zxid ? t->sent : zxid;
    t->committed = t->committed > zxid ? t->committed : zxid;
}

bool leader_learner_has_room(const struct leader_learner *t)
{
    return t->queued_bytes < LEADER_WINDOW_BYTES;
}

// ---- stage NEW: who is it? ----

// The same server may dial again before its old connection is known to be dead.
static void close_older_link(struct leader *l, const struct leader_learner *t,
                             struct zab_effects *effects)
{
    for (size_t i = 0; i < l->learner_count; i++) {
        struct leader_learner *other = l->learners[i];
        if (other != t && other->stage != STAGE_NEW && other->sid == t->sid) {
            leader_learner_drop(other, effects, "the server has connected again");
        }
    }
}

// Why its FOLLOWERINFO or OBSERVERINFO is not taken; NULL when it is. Source: LearnerHandler.run.
static const char *refusal(const struct leader *l, const struct zab_learner_info *info,
                           int64_t accepted_epoch)
{
    if (!info->has_sid || info->protocol_version < ZAB_PROTOCOL_VERSION) {
        return "it speaks the protocol of 3.3 and before"; // differs: Java still takes them
    }
    if (info->sid == l->core->options.sid) {
        return "it has our own id";
    }
    if (info->config_version > l->core->committed.version) {
        return "its configuration was activated later than ours";
    }
    if (accepted_epoch < 0 || accepted_epoch >= INT32_MAX) {
        return "its epoch is none";
    }
    return NULL;
}

static void on_info(struct leader *l, struct leader_learner *t, const struct zab_packet *p,
                    struct zab_effects *effects)
{
    struct zab_learner_info info;
    if (p->type != ZAB_FOLLOWERINFO && p->type != ZAB_OBSERVERINFO) {
        leader_learner_drop(t, effects, "its first packet does not say who it is");
        return;
    }
    if (l->phase == LEADER_HOSTING && p->type != ZAB_OBSERVERINFO) {
        leader_learner_drop(t, effects, "only observers learn from an observer master");
        return;
    }
    if (zab_learner_info_decode(p->data, &info) != ERR_OK) {
        leader_learner_drop(t, effects, "what it says of itself cannot be read");
        return;
    }
    int64_t accepted_epoch = p->zxid >> 32;
    const char *why = refusal(l, &info, accepted_epoch);
    if (info.has_sid) {
        t->sid = info.sid;
    }
    if (why != NULL) {
        leader_learner_drop(t, effects, why);
        return;
    }
    close_older_link(l, t, effects);
    t->is_observer = p->type == ZAB_OBSERVERINFO;
    t->stage = STAGE_WAITING_EPOCH;
    leader_epoch_told(l, t, accepted_epoch, effects);
}

// ---- stage OFFERED: what does it have? ----

static void on_ack_epoch(struct leader *l, struct leader_learner *t, const struct zab_packet *p,
                         struct zab_effects *effects)
{
    if (p->type != ZAB_ACKEPOCH || p->data.len < EPOCH_BYTES) {
        leader_learner_drop(t, effects, "it does not answer LEADERINFO by ACKEPOCH");
        return;
    }
    int64_t epoch = (int32_t)be32_load(p->data.data);
    if (p->zxid < -1 || epoch < -1 || epoch > l->epoch) {
        leader_learner_drop(t, effects, "its history is of no epoch");
        return;
    }
    t->last_zxid = p->zxid;
    t->stage = STAGE_WAITING_HISTORY;
    leader_history_told(l, t, epoch, effects);
}

// ---- acknowledgements ----

static void on_ack(struct leader *l, struct leader_learner *t, int64_t zxid,
                   struct zab_effects *effects)
{
    // The beginning of an epoch is acknowledged once more behind UPTODATE, which says nothing new.
    if ((zxid & 0xffffffff) == 0) {
        return;
    }
    if (zxid > t->sent) {
        leader_learner_drop(t, effects, "it acknowledges what it was not sent");
        return;
    }
    if (t->is_observer || zxid <= t->acked) {
        return;
    }
    t->acked = zxid;
    leader_pulse_acked(t, zxid);
    leader_commit_acked(l, t->sid, zxid, effects);
}

// Releases before 3.9.3 acknowledge the proposals of the synchronisation one by one, before or
// behind the one that counts. Differs: Java closes them, or loses count of them.
static void on_newleader_answer(struct leader *l, struct leader_learner *t,
                                const struct zab_packet *p, struct zab_effects *effects)
{
    if (p->type != ZAB_ACK) {
        leader_learner_drop(t, effects, "it does not answer NEWLEADER by ACK");
        return;
    }
    if (p->zxid == leader_epoch_zxid(l)) {
        t->stage = STAGE_ACKED;
        leader_newleader_acked(l, t, effects);
        return;
    }
    on_ack(l, t, p->zxid, effects);
}

// ---- stage LIVE ----

static void on_request(struct leader *l, struct leader_learner *t, const struct zab_packet *p,
                       struct zab_effects *effects)
{
    if (p->data.len < REQUEST_HEADER_BYTES) {
        leader_learner_drop(t, effects, "its request has no header");
        return;
    }
    bool is_sync = (int32_t)be32_load(p->data.data + REQUEST_OPCODE_AT) == OP_SYNC;
    if (is_sync && l->phase != LEADER_HOSTING) { // a host asks its leader
        leader_confirm_forwarded(l, t, effects);
        return;
    }
    struct zab_effect *e = zab_effects_add(effects, ZAB_DO_DELIVER);
    e->link = t->link;
    e->packet = *p;
}

// REVALIDATE names one session, the answer to a PING any number of them.
static void on_sessions(struct leader_learner *t, const struct zab_packet *p, bool is_one,
                        struct zab_effects *effects)
{
    if (p->data.len % TOUCH_BYTES != 0 || (is_one && p->data.len != TOUCH_BYTES)) {
        leader_learner_drop(t, effects, "what it says of sessions cannot be read");
        return;
    }
    if (p->data.len > 0) {
        struct zab_effect *e = zab_effects_add(effects, ZAB_DO_DELIVER);
        e->link = t->link;
        e->packet = *p;
    }
}

static void on_pong(struct leader *l, struct leader_learner *t, const struct zab_packet *p,
                    struct zab_effects *effects)
{
    on_sessions(t, p, false, effects);
    if (t->stage == STAGE_LIVE) {
        leader_confirm_pong(l, t, effects);
    }
}

static void on_live_packet(struct leader *l, struct leader_learner *t, const struct zab_packet *p,
                           struct zab_effects *effects)
{
    t->deadline_tick = l->tick + l->core->options.sync_limit;
    if (p->type == ZAB_ACK) {
        on_ack(l, t, p->zxid, effects);
    } else if (p->type == ZAB_PING) {
        on_pong(l, t, p, effects);
    } else if (p->type == ZAB_REVALIDATE) {
        on_sessions(t, p, true, effects);
    } else if (p->type == ZAB_REQUEST) {
        on_request(l, t, p, effects);
    } else { // differs: Java warns and goes on
        leader_learner_drop(t, effects, "no learner sends such a packet");
    }
}

void leader_learner_packet(struct leader *l, struct leader_learner *t, const struct zab_packet *p,
                           struct zab_effects *effects)
{
    t->heard_ms = l->now_ms;
    switch (t->stage) {
    case STAGE_NEW:
        on_info(l, t, p, effects);
        break;
    case STAGE_OFFERED:
        on_ack_epoch(l, t, p, effects);
        break;
    case STAGE_NEWLEADER_SENT:
        on_newleader_answer(l, t, p, effects);
        break;
    case STAGE_ACKED:
        if (p->type == ZAB_ACK) {
            on_ack(l, t, p->zxid, effects);
        } else {
            leader_learner_drop(t, effects, "it does not wait for UPTODATE");
        }
        break;
    case STAGE_LIVE:
        on_live_packet(l, t, p, effects);
        break;
    case STAGE_WAITING_EPOCH:
    case STAGE_WAITING_HISTORY:
    case STAGE_SYNCING:
        leader_learner_drop(t, effects, "it speaks before it is asked");
        break;
    case STAGE_GONE:
        break;
    }
}
