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

#include "base/list.h"
#include "base/mem.h"
#include "cli/bench_priv.h"

enum {
    OPENING_MAX = 128, // sessions that are being opened at once
    IDLE_TURN_MS = 10,
    WAIT_TURN_MS = 20,
    CLOSE_MS = 1000,
    GRACE_MS = 10000, // behind the window, for what was due in it
};
static const int64_t ns_per_ms = 1000000;
static const int64_t post_ns = 50 * ns_per_ms;
static const int64_t retry_ns = 100 * ns_per_ms;

static void turn(struct bench_worker *w, int timeout_ms)
{
    paddock_turn(w->sessions[0].zk, timeout_ms);
}

// ---- opening ----

static int open_session(struct bench_session *s, struct paddock *beside)
{
    const struct cli *c = s->worker->bench->cli;
    struct paddock_options options = {
        .servers = cli_servers(c),
        .session_timeout_ms = c->session_timeout_ms,
        .flags =
            PADDOCK_NO_THREAD | PADDOCK_RENEW | (c->is_read_only_ok ? PADDOCK_READ_ONLY_OK : 0U),
        .on_event = bench_on_event,
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
    return (ms > 0 ? ms : DEFAULT_MS) * ns_per_ms;
}

static int open_all(struct bench_worker *w)
{
    uint32_t opened = 0, told = 0;
    int64_t deadline = bench_now(w) + patience_ns(w);
    while (w->connected < w->session_count && !bench_is_stopped(w)) {
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
        if (bench_now(w) > deadline) {
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

static int prepare_one(struct bench_worker *w, struct bench_session *s, const struct paddock_op *op)
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
    for (uint32_t i = 0; i < o->watches && code == PADDOCK_OK && !bench_is_stopped(w); i++) {
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
        bench_own_path(&w->sessions[i], NULL, path);
        struct paddock_op op = {.type = PADDOCK_OP_CREATE, .path = path};
        code = prepare_one(w, &w->sessions[i], &op);
    }
    while (w->answers_due > 0 && !bench_is_stopped(w)) { // each has its deadline
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

// A request that was refused at once is tried again after a while.
static void retry_stuck(struct bench_worker *w, int64_t now)
{
    if (w->stuck_count == 0 || now - w->retried_ns < retry_ns) {
        return;
    }
    w->retried_ns = now;
    for (uint32_t i = 0; i < w->session_count; i++) {
        struct bench_session *s = &w->sessions[i];
        if (s->is_stuck) {
            s->is_stuck = false;
            w->stuck_count--;
            if (bench_is_closed_loop(w)) {
                bench_fill_session(s, now);
            }
        }
    }
}

static struct bench_session *free_session(struct bench_worker *w)
{
    for (uint32_t i = 0; i < w->session_count; i++) {
        struct bench_session *s = &w->sessions[w->next_session];
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
        struct bench_session *s = w->under_way < places ? free_session(w) : NULL;
        if (s == NULL) {
            return now;
        }
        bench_submit(s, due);
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
    int64_t ms = (due - now) / ns_per_ms;
    return ms > IDLE_TURN_MS ? IDLE_TURN_MS : ms > 1 ? (int)(ms - 1) : 0;
}

static bool is_over(const struct bench_worker *w, int64_t now)
{
    if (bench_is_stopped(w) || now < w->end_ns) {
        return bench_is_stopped(w);
    }
    bool has_backlog = !bench_is_closed_loop(w) && pace_due_ns(&w->pace, w->paced) < w->end_ns;
    return !has_backlog || now >= w->end_ns + GRACE_MS * ns_per_ms;
}

static void run_load(struct bench_worker *w)
{
    const struct bench_options *o = &w->bench->options;
    int64_t load_ns = w->begin_ns - o->warmup_ms * ns_per_ms;
    double part = o->rate / o->workers;
    w->pace = (struct pace){.begin_ns = load_ns, .per_second = part};
    if (!bench_is_closed_loop(w)) { // the workers take turns
        w->pace.begin_ns += (int64_t)(w->index * 1e9 / o->rate);
    }
    while (bench_now(w) < load_ns && !bench_is_stopped(w)) {
        turn(w, 1);
    }
    for (uint32_t i = 0; i < w->session_count && bench_is_closed_loop(w); i++) {
        bench_fill_session(&w->sessions[i], bench_now(w));
    }
    int64_t now = bench_now(w);
    while (!is_over(w, now)) {
        int wait_ms = IDLE_TURN_MS;
        if (!bench_is_closed_loop(w)) {
            wait_ms = pause_ms(now, send_due(w, now));
        }
        turn(w, wait_ms);
        now = bench_now(w);
        retry_stuck(w, now);
        if (now - w->posted_ns >= post_ns) {
            post(w, now);
        }
    }
    while (!bench_is_closed_loop(w) && !bench_is_stopped(w) &&
           pace_due_ns(&w->pace, w->paced) < w->end_ns) {
        w->paced++;
        w->result.unsent++;
    }
    while (w->under_way > 0 && !bench_is_stopped(w)) { // each has its deadline
        turn(w, IDLE_TURN_MS);
        now = bench_now(w);
        if (now - w->posted_ns >= post_ns) {
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
    while (atomic_load(&b->begin_ns) == 0 && !bench_is_stopped(w)) {
        if (w->connected > 0) {
            turn(w, WAIT_TURN_MS);
        } else {
            break;
        }
    }
    w->begin_ns = atomic_load(&b->begin_ns);
    w->end_ns = w->begin_ns + b->options.duration_ms * ns_per_ms;
    if (w->begin_ns != 0 && !bench_is_stopped(w)) {
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
        struct bench_session *s = &w->sessions[i];
        *s =
            (struct bench_session){.worker = w, .number = i * w->bench->options.workers + w->index};
        for (uint32_t k = 0; k < each; k++) {
            struct bench_slot *slot = &w->slots[(size_t)i * each + k];
            *slot = (struct bench_slot){.session = s, .next = s->free};
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
    int64_t shown_ns = o->duration_ms * ns_per_ms / (BENCH_SLICES_MAX / 3);
    w->result.slice_ns = shown_ns > 50 * ns_per_ms ? shown_ns : 50 * ns_per_ms;
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
