// SPDX-License-Identifier: Apache-2.0
//
// The load of one worker: its sessions share one loop, which this thread alone turns, so nothing
// here is locked but what goes to the command's thread.
//
//     opening ──► preparing ──► ready ──begin──► warm-up ──► window ──end──► draining ──► closing
//
// In a closed loop the answer to a request makes the next one. In an open loop requests are due at
// even distances; one that finds no free place among its sessions waits, and its clock runs.
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/list.h"
#include "base/mem.h"
#include "cli/bench.h"

enum {
    OPENING_MAX = 128, // sessions that are being opened at once
    IDLE_TURN_MS = 10,
    WAIT_TURN_MS = 20,
    CLOSE_MS = 1000,
    GRACE_MS = 10000, // behind the window, for what was due in it
    KEY_TRIES = 8,
};
static const int64_t MS = 1000000;
static const int64_t POST_NS = 50 * MS;
static const int64_t REVIVE_NS = 100 * MS;

struct slot {
    struct session *session;
    struct slot *next; // of the free ones
    int64_t start_ns;
    enum mix_op op;
    uint32_t key; // of a set that is awaited as an event
    bool is_watched;
};

struct session {
    struct bench_worker *worker;
    struct paddock *zk;
    uint32_t number;     // among all workers'
    uint64_t made, gone; // its own nodes
    struct slot *free;
    bool was_connected, is_dead;
    bool is_stuck; // a request was refused: try again later
};

struct bench_worker {
    struct bench *bench;
    uint32_t index;
    struct port_worker *thread;
    struct port_job job;
    struct session *sessions;
    struct slot *slots;
    uint32_t session_count, next_session;
    uint32_t connected;   // ever
    uint32_t answers_due; // while preparing
    int trouble;          // of one of them
    uint32_t under_way;   // slots in use
    uint32_t dead_count, stuck_count;
    struct prng prng;
    struct pace pace;
    uint64_t paced; // requests of the open loop that were sent
    int64_t begin_ns, end_ns, posted_ns, revived_ns;
    struct histogram live;
    uint64_t live_errors;
    struct bench_result result;
};

static int64_t now_ns(const struct bench_worker *w)
{
    return clock_mono_ns(w->bench->cli->host->clock);
}

static void turn(struct bench_worker *w, int timeout_ms)
{
    paddock_turn(w->sessions[0].zk, timeout_ms);
}

static bool is_stopped(const struct bench_worker *w)
{
    return atomic_load_explicit(&w->bench->must_stop, memory_order_relaxed);
}

// ---- requests ----

static void own_path(const struct session *s, const uint64_t *node, char *to)
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

static void choose_watched_key(struct bench_worker *w, struct slot *slot)
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

static void fill_of_key(struct bench_worker *w, struct slot *slot, struct paddock_op *op,
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

static void fill_of_own(struct session *s, enum mix_op kind, struct paddock_op *op, char *path)
{
    if (kind == MIX_DELETE) {
        own_path(s, &s->gone, path);
        s->gone++;
        op->type = PADDOCK_OP_DELETE;
        return;
    }
    own_path(s, &s->made, path);
    s->made++;
    op->type = PADDOCK_OP_CREATE;
    op->mode = kind == MIX_EPHEMERAL ? PADDOCK_EPHEMERAL : PADDOCK_PERSISTENT;
    op->data = value_of(s->worker->bench);
}

static void on_done(struct paddock *zk, const struct paddock_result *result, void *ctx);

static int submit_kind(struct session *s, struct slot *slot)
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

static void mark_dead(struct session *s)
{
    s->worker->dead_count += s->is_dead ? 0 : 1;
    s->is_dead = true;
}

static void mark_stuck(struct session *s)
{
    s->worker->stuck_count += s->is_stuck ? 0 : 1;
    s->is_stuck = true;
}

static bool ends_session(int code)
{
    return code == PADDOCK_SESSION_EXPIRED || code == PADDOCK_AUTH_FAILED || code == PADDOCK_CLOSED;
}

static void give_back(struct slot *slot)
{
    struct session *s = slot->session;
    slot->next = s->free;
    s->free = slot;
    s->worker->under_way--;
}

static void submit(struct session *s, int64_t start_ns)
{
    struct bench_worker *w = s->worker;
    struct slot *slot = s->free;
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
    note(w, slot->op, code, start_ns, now_ns(w));
    give_back(slot);
    mark_stuck(s);
    if (ends_session(code)) {
        mark_dead(s);
    }
}

static bool is_closed_loop(const struct bench_worker *w)
{
    return w->bench->options.rate == 0;
}

static void fill_session(struct session *s, int64_t now)
{
    while (s->free != NULL && !s->is_stuck) {
        submit(s, now);
    }
}

static void on_done(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    (void)zk;
    struct slot *slot = ctx;
    struct session *s = slot->session;
    struct bench_worker *w = s->worker;
    int64_t now = now_ns(w);
    note(w, slot->op, result->code, slot->start_ns, now);
    if (slot->is_watched && result->code != PADDOCK_OK) { // no event is to be awaited
        atomic_store(&w->bench->watched[slot->key].pending, 0);
    }
    give_back(slot);
    if (ends_session(result->code)) {
        mark_dead(s);
        mark_stuck(s);
    }
    if (is_closed_loop(w) && now < w->end_ns && !is_stopped(w) && !s->is_stuck) {
        submit(s, now);
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
                          now_ns(w) - w->begin_ns);
    }
    atomic_fetch_sub(&k->pending, 1);
}

static void on_event(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    struct session *s = ctx;
    if (zk != s->zk && s->zk != NULL) {
        return; // the last words of the handle before
    }
    if (event->type == PADDOCK_EVENT_DATA_CHANGED) {
        note_change(s->worker, event->path);
    } else if (event->type == PADDOCK_EVENT_SESSION) {
        if (event->state == PADDOCK_STATE_CONNECTED && !s->was_connected) {
            s->was_connected = true;
            s->worker->connected++;
        } else if (event->state == PADDOCK_STATE_EXPIRED) {
            mark_dead(s);
            mark_stuck(s);
        }
    }
}

// ---- opening ----

static int open_session(struct session *s, struct paddock *beside)
{
    const struct cli *c = s->worker->bench->cli;
    struct paddock_options options = {
        .servers = cli_servers(c),
        .session_timeout_ms = c->session_timeout_ms,
        .flags = PADDOCK_NO_THREAD | (c->is_read_only_ok ? PADDOCK_READ_ONLY_OK : 0U),
        .on_event = on_event,
        .ctx = s,
        .beside = beside,
    };
    int code = c->host->open(&options, &s->zk);
    for (size_t i = 0; i < c->auth_count && code == PADDOCK_OK; i++) {
        struct paddock_op auth = {.type = PADDOCK_OP_ADD_AUTH,
                                  .scheme = c->auths[i].scheme,
                                  .data = paddock_text(c->auths[i].credential)};
        code = paddock_submit(s->zk, &auth, NULL, NULL);
    }
    return code;
}

// The command's thread shows how many sessions stand.
static void tell_connected(struct bench_worker *w, uint32_t *told)
{
    struct cli_host *host = w->bench->cli->host;
    host->lock();
    w->bench->connected += w->connected - *told;
    host->ring();
    host->unlock();
    *told = w->connected;
}

static int64_t patience_ns(const struct bench_worker *w)
{
    enum { DEFAULT_MS = 30000 };
    int ms = w->bench->cli->session_timeout_ms;
    return (ms > 0 ? ms : DEFAULT_MS) * MS;
}

static int open_all(struct bench_worker *w)
{
    uint32_t opened = 0, told = 0;
    int64_t deadline = now_ns(w) + patience_ns(w);
    while (w->connected < w->session_count && !is_stopped(w)) {
        while (opened < w->session_count && opened - w->connected < OPENING_MAX) {
            int code = open_session(&w->sessions[opened], opened > 0 ? w->sessions[0].zk : NULL);
            if (code != PADDOCK_OK) {
                return code;
            }
            opened++;
        }
        turn(w, IDLE_TURN_MS);
        if (w->connected != told) {
            tell_connected(w, &told);
        }
        if (now_ns(w) > deadline) {
            return PADDOCK_OPERATION_TIMEOUT;
        }
    }
    return PADDOCK_OK;
}

static void on_prepared(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    (void)zk;
    struct bench_worker *w = ctx;
    w->answers_due--;
    if (result->code != PADDOCK_OK) {
        w->trouble = result->code;
    }
}

static int prepare_one(struct bench_worker *w, struct session *s, const struct paddock_op *op)
{
    w->answers_due++;
    int code = paddock_submit(s->zk, op, on_prepared, w);
    w->answers_due -= code == PADDOCK_OK ? 0 : 1;
    return code;
}

// Watch i is on key i % keys; each further round over the keys is one session on.
static int set_watches(struct bench_worker *w)
{
    const struct bench_options *o = &w->bench->options;
    int code = PADDOCK_OK;
    char path[BENCH_PATH_BYTES];
    for (uint32_t i = 0; i < o->watches && code == PADDOCK_OK && !is_stopped(w); i++) {
        uint32_t number = (i / o->keys + i % o->keys) % o->sessions;
        if (number % o->workers != w->index) {
            continue;
        }
        bench_key_path(w->bench, i % o->keys, false, path);
        struct paddock_op op = {.type = PADDOCK_OP_ADD_WATCH, .path = path};
        code = prepare_one(w, &w->sessions[number / o->workers], &op);
        if (w->answers_due > OPENING_MAX) {
            turn(w, IDLE_TURN_MS);
        }
    }
    return code;
}

static bool needs_folders(const struct mix *m)
{
    return m->shares[MIX_CREATE] + m->shares[MIX_EPHEMERAL] + m->shares[MIX_DELETE] > 0;
}

static int prepare_all(struct bench_worker *w)
{
    int code = set_watches(w);
    bool needs = needs_folders(&w->bench->options.mix);
    for (uint32_t i = 0; needs && i < w->session_count && code == PADDOCK_OK; i++) {
        char path[BENCH_PATH_BYTES];
        own_path(&w->sessions[i], NULL, path);
        struct paddock_op op = {.type = PADDOCK_OP_CREATE, .path = path};
        code = prepare_one(w, &w->sessions[i], &op);
    }
    while (w->answers_due > 0 && !is_stopped(w)) { // each has its deadline
        turn(w, IDLE_TURN_MS);
    }
    return code != PADDOCK_OK ? code : w->trouble;
}

// ---- load ----

static void post(struct bench_worker *w, int64_t now)
{
    struct bench *b = w->bench;
    b->cli->host->lock();
    histogram_add(&b->live, &w->live);
    b->live_errors += w->live_errors;
    b->cli->host->unlock();
    histogram_init(&w->live);
    w->live_errors = 0;
    w->posted_ns = now;
}

// A session that ended gets another handle; what it had under way has ended with it.
static void revive_one(struct session *s)
{
    struct paddock *old = s->zk;
    s->worker->dead_count--;
    s->is_dead = false;
    s->worker->result.sessions_lost++;
    if (open_session(s, old) != PADDOCK_OK) {
        s->zk = old;
        mark_dead(s);
        return;
    }
    paddock_abandon(old);
}

static void mend_sessions(struct bench_worker *w, int64_t now)
{
    if (w->stuck_count == 0 || now - w->revived_ns < REVIVE_NS) {
        return;
    }
    w->revived_ns = now;
    for (uint32_t i = 0; i < w->session_count; i++) {
        struct session *s = &w->sessions[i];
        if (s->is_dead) {
            revive_one(s);
        }
        if (s->is_stuck && !s->is_dead) {
            s->is_stuck = false;
            w->stuck_count--;
            if (is_closed_loop(w)) {
                fill_session(s, now);
            }
        }
    }
}

static struct session *free_session(struct bench_worker *w)
{
    for (uint32_t i = 0; i < w->session_count; i++) {
        struct session *s = &w->sessions[w->next_session];
        w->next_session = (w->next_session + 1) % w->session_count;
        if (s->free != NULL && !s->is_stuck) {
            return s;
        }
    }
    return NULL;
}

// Send what is due; returns when the next one is, or `now` when it is and has no place.
static int64_t send_due(struct bench_worker *w, int64_t now)
{
    uint32_t places = w->session_count * w->bench->options.outstanding;
    for (;;) {
        int64_t due = pace_due_ns(&w->pace, w->paced);
        if (due > now || due >= w->end_ns) {
            return due;
        }
        struct session *s = w->under_way < places ? free_session(w) : NULL;
        if (s == NULL) {
            return now;
        }
        submit(s, due);
        w->paced++;
    }
}

// Waits are whole milliseconds: what is due within one is waited for awake, or its latency would
// be that of our own sleep.
static int pause_ms(int64_t now, int64_t due)
{
    if (due <= now) {
        return 1; // an answer gives a place back
    }
    int64_t ms = (due - now) / MS;
    return ms > IDLE_TURN_MS ? IDLE_TURN_MS : ms > 1 ? (int)(ms - 1) : 0;
}

static bool is_over(const struct bench_worker *w, int64_t now)
{
    if (is_stopped(w) || now < w->end_ns) {
        return is_stopped(w);
    }
    bool has_backlog = !is_closed_loop(w) && pace_due_ns(&w->pace, w->paced) < w->end_ns;
    return !has_backlog || now >= w->end_ns + GRACE_MS * MS;
}

static void run_load(struct bench_worker *w)
{
    const struct bench_options *o = &w->bench->options;
    int64_t load_ns = w->begin_ns - o->warmup_ms * MS;
    double part = o->rate / o->workers;
    w->pace = (struct pace){.begin_ns = load_ns, .per_second = part};
    if (!is_closed_loop(w)) { // the workers take turns
        w->pace.begin_ns += (int64_t)(w->index * 1e9 / o->rate);
    }
    while (now_ns(w) < load_ns && !is_stopped(w)) {
        turn(w, 1);
    }
    for (uint32_t i = 0; i < w->session_count && is_closed_loop(w); i++) {
        fill_session(&w->sessions[i], now_ns(w));
    }
    int64_t now = now_ns(w);
    while (!is_over(w, now)) {
        int wait_ms = IDLE_TURN_MS;
        if (!is_closed_loop(w)) {
            wait_ms = pause_ms(now, send_due(w, now));
        }
        turn(w, wait_ms);
        now = now_ns(w);
        mend_sessions(w, now);
        if (now - w->posted_ns >= POST_NS) {
            post(w, now);
        }
    }
    while (!is_closed_loop(w) && !is_stopped(w) && pace_due_ns(&w->pace, w->paced) < w->end_ns) {
        w->paced++;
        w->result.unsent++;
    }
    while (w->under_way > 0 && !is_stopped(w)) { // each has its deadline
        turn(w, IDLE_TURN_MS);
        now = now_ns(w);
        if (now - w->posted_ns >= POST_NS) {
            post(w, now);
        }
    }
}

// ---- the thread ----

static void close_all(struct bench_worker *w)
{
    bool is_served = true;
    for (uint32_t i = w->session_count; i > 0; i--) {
        struct paddock *zk = w->sessions[i - 1].zk;
        if (zk == NULL) {
            continue;
        }
        is_served = is_served && paddock_state(zk) == PADDOCK_STATE_CONNECTED;
        if (is_served) {
            is_served = paddock_close_within(zk, CLOSE_MS) == PADDOCK_OK;
        } else {
            paddock_abandon(zk);
        }
        w->sessions[i - 1].zk = NULL;
    }
}

static void tell(struct bench_worker *w, uint32_t *counter, int code)
{
    struct bench *b = w->bench;
    b->cli->host->lock();
    (*counter)++;
    b->trouble = b->trouble != PADDOCK_OK ? b->trouble : code;
    b->cli->host->ring();
    b->cli->host->unlock();
}

static void run(struct port_job *job)
{
    struct bench_worker *w = CONTAINER_OF(job, struct bench_worker, job);
    struct bench *b = w->bench;
    int code = open_all(w);
    code = code == PADDOCK_OK ? prepare_all(w) : code;
    tell(w, &b->ready, code);
    while (atomic_load(&b->begin_ns) == 0 && !is_stopped(w)) {
        if (w->connected > 0) {
            turn(w, WAIT_TURN_MS);
        } else {
            break;
        }
    }
    w->begin_ns = atomic_load(&b->begin_ns);
    w->end_ns = w->begin_ns + b->options.duration_ms * MS;
    if (w->begin_ns != 0 && !is_stopped(w)) {
        run_load(w);
    }
    w->end_ns = 0; // no answer makes another request
    close_all(w);
    tell(w, &b->finished, PADDOCK_OK);
}

// ---- life ----

static void give_slots(struct bench_worker *w)
{
    uint32_t each = w->bench->options.outstanding;
    for (uint32_t i = 0; i < w->session_count; i++) {
        struct session *s = &w->sessions[i];
        *s = (struct session){.worker = w, .number = i * w->bench->options.workers + w->index};
        for (uint32_t k = 0; k < each; k++) {
            struct slot *slot = &w->slots[(size_t)i * each + k];
            *slot = (struct slot){.session = s, .next = s->free};
            s->free = slot;
        }
    }
}

struct bench_worker *bench_worker_start(struct bench *b, uint32_t index)
{
    const struct bench_options *o = &b->options;
    struct bench_worker *w = mem_zalloc(sizeof(*w));
    w->bench = b;
    w->index = index;
    w->session_count = o->sessions / o->workers + (index < o->sessions % o->workers ? 1 : 0);
    w->sessions = mem_zalloc(w->session_count * sizeof(*w->sessions));
    w->slots = mem_zalloc((size_t)w->session_count * o->outstanding * sizeof(*w->slots));
    prng_init(&w->prng, o->seed + index);
    give_slots(w);
    int64_t shown_ns = o->duration_ms * MS / (BENCH_SLICES_MAX / 3);
    w->result.slice_ns = shown_ns > 50 * MS ? shown_ns : 50 * MS;
    w->job.run = run;
    struct port_loop *loop = b->cli->host->loop;
    if (loop->worker_open(loop, "bench", &w->thread) != ERR_OK) {
        bench_worker_free(w);
        return NULL;
    }
    w->thread->submit(w->thread, &w->job);
    return w;
}

const struct bench_result *bench_worker_join(struct bench_worker *w)
{
    w->thread->close(w->thread);
    return &w->result;
}

void bench_worker_free(struct bench_worker *w)
{
    if (w != NULL) {
        mem_free(w->sessions);
        mem_free(w->slots);
        mem_free(w);
    }
}
