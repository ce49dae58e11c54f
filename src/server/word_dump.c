// SPDX-License-Identifier: Apache-2.0
//
// dump: sessions and connections by the moment they expire, and who owns which ephemerals.
// Source: DumpCommand, SessionTrackerImpl.dumpSessions, ExpiryQueue.dump, DataTree.dumpEphemerals.
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "server/calendar.h"
#include "server/word_priv.h"

// The elements of a queue, to be sorted by deadline.
struct queued_item {
    const struct expiry_item *item;
};
struct queued {
    struct queued_item *items;
    size_t count;
};

static void collect(void *ctx, const struct expiry_item *item)
{
    struct queued *q = ctx;
    q->items[q->count++].item = item;
}

static int compare(const void *a, const void *b)
{
    int64_t x = ((const struct queued_item *)a)->item->deadline_ms;
    int64_t y = ((const struct queued_item *)b)->item->deadline_ms;
    return x < y ? -1 : x > y;
}

static size_t bucket_end(const struct queued *q, size_t start)
{
    size_t end = start + 1;
    while (end < q->count && q->items[end].item->deadline_ms == q->items[start].item->deadline_ms) {
        end++;
    }
    return end;
}

static size_t count_buckets(const struct queued *q)
{
    size_t count = 0;
    for (size_t i = 0; i < q->count; i = bucket_end(q, i)) {
        count++;
    }
    return count;
}

// Deadlines are monotonic; people read wall time.
static void print_expiry(struct server *s, size_t count, int64_t deadline_ms, struct buf *out)
{
    int64_t wall_ms = clock_wall_ms(s->options.clock) + deadline_ms - server_now_ms(s);
    char text[CALENDAR_TEXT_MAX];
    buf_printf(out, "%zu expire at %s:\n", count, calendar_print_java(wall_ms, text));
}

// "Sets (buckets)/(elements):" and each bucket with its elements.
static void print_queue(struct server *s, const struct expiry *queue,
                        void (*print)(const struct expiry_item *item, struct buf *out),
                        struct buf *out)
{
    struct queued q = {.items = mem_alloc((size_t)(queue->count + 1) * sizeof *q.items)};
    expiry_each(queue, collect, &q);
    qsort(q.items, q.count, sizeof *q.items, compare);
    buf_printf(out, "Sets (%zu)/(%zu):\n", count_buckets(&q), q.count);
    for (size_t i = 0; i < q.count && !word_is_full(out);) {
        size_t end = bucket_end(&q, i);
        print_expiry(s, end - i, q.items[i].item->deadline_ms, out);
        for (; i < end && !word_is_full(out); i++) {
            print(q.items[i].item, out);
        }
    }
    mem_free(q.items);
}

static void print_session(const struct expiry_item *item, struct buf *out)
{
    const struct session *session = CONTAINER_OF(item, struct session, expiry);
    buf_printf(out, "\t0x%" PRIx64 "\n", (uint64_t)session->id);
}

static void print_conn(const struct expiry_item *item, struct buf *out)
{
    const struct conn *c = CONTAINER_OF(item, struct conn, idle);
    buf_append_str(out, "\tip: ");
    word_print_address(&c->stream->peer, out);
    buf_printf(out, " sessionId: 0x%" PRIx64 "\n", (uint64_t)c->session_id);
}

// ---- ephemerals ----

struct ephemerals {
    struct server *server;
    struct buf *out;
    size_t owners;
};

static void count_owner(void *ctx, int64_t session)
{
    struct ephemerals *e = ctx;
    (void)session;
    e->owners++;
}

static void print_node(void *ctx, const struct znode *n)
{
    struct ephemerals *e = ctx;
    if (!word_is_full(e->out)) {
        buf_append_str(e->out, "\t");
        znode_path(n, e->out);
        buf_append_str(e->out, "\n");
    }
}

static void print_owner(void *ctx, int64_t session)
{
    struct ephemerals *e = ctx;
    if (!word_is_full(e->out)) {
        buf_printf(e->out, "0x%" PRIx64 ":\n", (uint64_t)session);
        tree_ephemerals_each(e->server->tree, session, print_node, e);
    }
}

static void print_ephemerals(struct server *s, struct buf *out)
{
    struct ephemerals e = {.server = s, .out = out};
    tree_ephemeral_owners_each(s->tree, count_owner, &e);
    buf_printf(out, "Sessions with Ephemerals (%zu):\n", e.owners);
    tree_ephemeral_owners_each(s->tree, print_owner, &e);
}

// ---- sessions ----

struct global_session {
    int64_t id;
    int32_t timeout_ms;
};
struct global_sessions {
    struct global_session *items;
    size_t count;
};

static void collect_global(void *ctx, int64_t session, int32_t timeout_ms)
{
    struct global_sessions *g = ctx;
    g->items[g->count++] = (struct global_session){session, timeout_ms};
}

static int compare_global(const void *a, const void *b)
{
    int64_t x = ((const struct global_session *)a)->id;
    int64_t y = ((const struct global_session *)b)->id;
    return x < y ? -1 : x > y;
}

// A learner knows of all, and of nobody's deadline. Source: LearnerSessionTracker.dumpSessions.
static void print_global(struct server *s, struct buf *out)
{
    struct global_sessions g = {
        .items = mem_alloc((tree_session_count(s->tree) + 1) * sizeof(*g.items))};
    tree_sessions_each(s->tree, collect_global, &g);
    qsort(g.items, g.count, sizeof(*g.items), compare_global);
    buf_printf(out, "Global Sessions(%zu):\n", g.count);
    for (size_t i = 0; i < g.count && !word_is_full(out); i++) {
        buf_printf(out, "0x%" PRIx64 "\t%" PRId32 "ms\n", (uint64_t)g.items[i].id,
                   g.items[i].timeout_ms);
    }
    mem_free(g.items);
}

static void print_sessions(struct server *s, struct buf *out)
{
    bool is_member = s->pipeline.mode != PIPELINE_ALONE;
    bool has_local = is_member && s->config->local_sessions_enabled;
    if (has_local || s->sessions.local_count > 0) {
        buf_append_str(out, "Local Session ");
        print_queue(s, &s->sessions.local, print_session, out);
    }
    if (is_member && s->pipeline.mode != PIPELINE_LEADING) {
        print_global(s, out);
        return;
    }
    buf_append_str(out, has_local ? "Global Session " : "Session ");
    print_queue(s, &s->sessions.expiry, print_session, out);
}

void word_dump(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    buf_append_str(out, "SessionTracker dump:\n");
    print_sessions(s, out);
    buf_append_str(out, "ephemeral nodes dump:\n");
    print_ephemerals(s, out);
    buf_append_str(out, "Connections dump:\nConnections ");
    print_queue(s, &s->idle, print_conn, out);
}
