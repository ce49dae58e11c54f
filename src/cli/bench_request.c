// SPDX-License-Identifier: Apache-2.0
//
// One request of a benchmark: drawn from the mix, made, ended and counted; and the events of
// watches. All of it runs on the worker's thread.
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "cli/bench_priv.h"

enum { KEY_TRIES = 8 };

// ---- requests ----

void bench_own_path(const struct bench_session *s, const uint64_t *node, char *to)
{
    const char *root = s->worker->bench->options.root;
    int len = snprintf(to, BENCH_PATH_BYTES, "%s/s%05u", root, s->number);
    if (node != NULL) {
        (void)snprintf(to + len, BENCH_PATH_BYTES - (size_t)len, "/n%010llu",
                       (unsigned long long)*node);
    }
}

static struct paddock_bytes value_of(const struct bench *b)
{
    return paddock_bytes_of(b->value, b->options.size_bytes);
}

static uint32_t random_key(struct bench_worker *w)
{
    return (uint32_t)prng_below(&w->prng, w->bench->options.keys);
}

// Count on the events of one more set. Only a key without events to come can be timed: an event
// says which key changed, and not by whom.
static void expect_events(struct bench *b, uint32_t key)
{
    struct bench_watched *k = &b->watched[key];
    atomic_store(&k->start_ns, 0);
    atomic_fetch_add(&k->pending, (int)bench_watchers_of(b, key));
}

static void choose_watched_key(struct bench_worker *w, struct bench_slot *slot)
{
    struct bench *b = w->bench;
    for (unsigned i = 0; i < KEY_TRIES; i++) {
        struct bench_watched *k = &b->watched[slot->key];
        uint32_t watchers = bench_watchers_of(b, slot->key);
        int none = 0;
        slot->is_watched = watchers > 0;
        if (watchers == 0) {
            return;
        }
        if (atomic_compare_exchange_strong(&k->pending, &none, -1)) {
            atomic_store(&k->start_ns, slot->start_ns);
            atomic_store(&k->pending, (int)watchers);
            return;
        }
        slot->key = random_key(w);
    }
    slot->is_watched = bench_watchers_of(b, slot->key) > 0;
    if (slot->is_watched) {
        expect_events(b, slot->key);
    }
}

static void fill_multi(struct bench_worker *w, struct paddock_op *op, struct paddock_op *parts,
                       char (*paths)[BENCH_PATH_BYTES])
{
    for (size_t i = 0; i < BENCH_MULTI_PARTS; i++) {
        uint32_t key = random_key(w);
        bench_key_path(w->bench, key, false, paths[i]);
        parts[i] = (struct paddock_op){
            .type = PADDOCK_OP_SET, .path = paths[i], .data = value_of(w->bench)};
        if (w->bench->watched != NULL) {
            expect_events(w->bench, key);
        }
    }
    op->type = PADDOCK_OP_MULTI;
    op->parts = parts;
    op->part_count = BENCH_MULTI_PARTS;
}

static void fill_of_key(struct bench_worker *w, struct bench_slot *slot, struct paddock_op *op,
                        char *path)
{
    slot->key = random_key(w);
    if (slot->op == MIX_SET) {
        op->data = value_of(w->bench);
        if (w->bench->watched != NULL) {
            choose_watched_key(w, slot);
        }
    }
    op->type = slot->op == MIX_SET        ? PADDOCK_OP_SET
               : slot->op == MIX_EXISTS   ? PADDOCK_OP_EXISTS
               : slot->op == MIX_CHILDREN ? PADDOCK_OP_GET_CHILDREN
               : slot->op == MIX_SYNC     ? PADDOCK_OP_SYNC
                                          : PADDOCK_OP_GET;
    bench_key_path(w->bench, slot->key, slot->op == MIX_CHILDREN, path);
}

static void fill_of_own(struct bench_session *s, enum mix_op kind, struct paddock_op *op,
                        char *path)
{
    if (kind == MIX_DELETE) {
        bench_own_path(s, &s->gone, path);
        s->gone++;
        op->type = PADDOCK_OP_DELETE;
        return;
    }
    bench_own_path(s, &s->made, path);
    s->made++;
    op->type = PADDOCK_OP_CREATE;
    op->mode = kind == MIX_EPHEMERAL ? PADDOCK_EPHEMERAL : PADDOCK_PERSISTENT;
    op->data = value_of(s->worker->bench);
}

static void on_done(struct paddock *zk, const struct paddock_result *result, void *ctx);

static int submit_kind(struct bench_session *s, struct bench_slot *slot)
{
    struct paddock_op op = {0};
    struct paddock_op parts[BENCH_MULTI_PARTS];
    char path[BENCH_PATH_BYTES], paths[BENCH_MULTI_PARTS][BENCH_PATH_BYTES];
    op.path = path;
    switch (slot->op) {
    case MIX_MULTI:
        fill_multi(s->worker, &op, parts, paths);
        break;
    case MIX_CREATE:
    case MIX_EPHEMERAL:
    case MIX_DELETE:
        fill_of_own(s, slot->op, &op, path);
        break;
    case MIX_GET:
    case MIX_SET:
    case MIX_EXISTS:
    case MIX_CHILDREN:
    case MIX_SYNC:
        fill_of_key(s->worker, slot, &op, path);
        break;
    case MIX_OP_COUNT:
        ASSERT(false);
    }
    return paddock_submit(s->zk, &op, on_done, slot);
}

static void note(struct bench_worker *w, size_t row, int code, int64_t start, int64_t end)
{
    if (start >= w->begin_ns) {
        bench_result_note(&w->result, row, code, start - w->begin_ns, end - w->begin_ns);
    }
    histogram_record(&w->live, end - start);
    w->live_errors += code != PADDOCK_OK ? 1 : 0;
}

static void mark_stuck(struct bench_session *s)
{
    s->worker->stuck_count += s->is_stuck ? 0 : 1;
    s->is_stuck = true;
}

static void give_back(struct bench_slot *slot)
{
    struct bench_session *s = slot->session;
    slot->next = s->free;
    s->free = slot;
    s->worker->under_way--;
}

void bench_submit(struct bench_session *s, int64_t start_ns)
{
    struct bench_worker *w = s->worker;
    struct bench_slot *slot = s->free;
    s->free = slot->next;
    w->under_way++;
    slot->start_ns = start_ns;
    slot->is_watched = false;
    const struct mix *mix = &w->bench->options.mix;
    slot->op = mix_at(mix, prng_below(&w->prng, mix->total));
    if (slot->op == MIX_DELETE && s->made == s->gone) {
        slot->op = MIX_CREATE;
    }
    int code = submit_kind(s, slot);
    if (code == PADDOCK_OK) {
        return;
    }
    note(w, slot->op, code, start_ns, bench_now(w));
    give_back(slot);
    mark_stuck(s);
}

void bench_fill_session(struct bench_session *s, int64_t now)
{
    while (s->free != NULL && !s->is_stuck) {
        bench_submit(s, now);
    }
}

static void on_done(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    (void)zk;
    struct bench_slot *slot = ctx;
    struct bench_session *s = slot->session;
    struct bench_worker *w = s->worker;
    int64_t now = bench_now(w);
    note(w, slot->op, result->code, slot->start_ns, now);
    if (slot->is_watched && result->code != PADDOCK_OK) { // no event is to be awaited
        atomic_store(&w->bench->watched[slot->key].pending, 0);
    }
    give_back(slot);
    if (bench_is_closed_loop(w) && now < w->end_ns && !bench_is_stopped(w) && !s->is_stuck) {
        bench_submit(s, now);
    }
}

// ---- events ----

static bool key_of(const char *path, uint32_t *ret)
{
    enum { NAME_LEN = 8 }; // k0000000
    size_t len = strlen(path);
    const char *name = path + len - NAME_LEN;
    if (len <= NAME_LEN || name[-1] != '/' || name[0] != 'k') {
        return false;
    }
    uint32_t key = 0;
    for (size_t i = 1; i < NAME_LEN; i++) {
        if (name[i] < '0' || name[i] > '9') {
            return false;
        }
        key = key * 10 + (uint32_t)(name[i] - '0');
    }
    *ret = key;
    return true;
}

static void note_change(struct bench_worker *w, const char *path)
{
    struct bench *b = w->bench;
    uint32_t key;
    w->result.events++;
    if (b->watched == NULL || !key_of(path, &key) || key >= b->options.keys) {
        return;
    }
    struct bench_watched *k = &b->watched[key];
    int64_t start = atomic_load(&k->start_ns);
    if (atomic_load(&k->pending) <= 0) {
        return; // of a set that failed, or that was made before this run
    }
    if (start >= w->begin_ns && w->begin_ns != 0) {
        bench_result_note(&w->result, BENCH_EVENT, PADDOCK_OK, start - w->begin_ns,
                          bench_now(w) - w->begin_ns);
    }
    atomic_fetch_sub(&k->pending, 1);
}

void bench_on_event(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    struct bench_session *s = ctx;
    if (event->type == PADDOCK_EVENT_DATA_CHANGED) {
        note_change(s->worker, event->path);
    } else if (event->type == PADDOCK_EVENT_SESSION) {
        if (event->state == PADDOCK_STATE_CONNECTED && !s->was_connected) {
            s->was_connected = true;
            s->worker->connected++;
        } else if (event->state == PADDOCK_STATE_EXPIRED) {
            s->worker->result.sessions_lost++;
        }
    }
}
