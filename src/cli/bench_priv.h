// SPDX-License-Identifier: Apache-2.0
//
// What the two files of a worker share: bench_request.c makes requests and takes in their ends,
// bench_worker.c opens the sessions and decides when a request is made.
#ifndef PADDOCK_CLI_BENCH_PRIV_H
#define PADDOCK_CLI_BENCH_PRIV_H

#include "cli/bench.h"

struct bench_slot {
    struct bench_session *session;
    struct bench_slot *next; // of the free ones
    int64_t start_ns;
    enum mix_op op;
    uint32_t key; // of a set that is awaited as an event
    bool is_watched;
};

struct bench_session {
    struct bench_worker *worker;
    struct paddock *zk;
    uint32_t number;     // among all workers'
    uint64_t made, gone; // its own nodes
    struct bench_slot *free;
    bool was_connected;
    bool is_stuck; // a request was refused: try again later
};

struct bench_worker {
    struct bench *bench;
    uint32_t index;
    struct port_worker *thread;
    struct port_job job;
    struct bench_session *sessions;
    struct bench_slot *slots;
    uint32_t session_count, next_session;
    uint32_t connected;   // ever
    uint32_t answers_due; // while preparing
    int trouble;          // of one of them
    uint32_t under_way;   // slots in use
    uint32_t stuck_count;
    struct prng prng;
    struct pace pace;
    uint64_t paced; // requests of the open loop that were sent
    int64_t begin_ns, end_ns, posted_ns, retried_ns;
    struct histogram live;
    uint64_t live_errors;
    struct bench_result result;
};

static inline int64_t bench_now(const struct bench_worker *w)
{
    return clock_mono_ns(w->bench->cli->host->clock);
}

static inline bool bench_is_stopped(const struct bench_worker *w)
{
    return atomic_load_explicit(&w->bench->must_stop, memory_order_relaxed);
}

static inline bool bench_is_closed_loop(const struct bench_worker *w)
{
    return w->bench->options.rate == 0;
}

// The folder of the session's own nodes, or with `node` one of them. `to` has BENCH_PATH_BYTES.
void bench_own_path(const struct bench_session *s, const uint64_t *node, char *to);

// One request drawn from the mix, whose clock started at `start_ns`; there is a free slot.
void bench_submit(struct bench_session *s, int64_t start_ns);
// As many as there are free slots.
void bench_fill_session(struct bench_session *s, int64_t now);

// What its handle tells, with the session as context.
paddock_watch_fn bench_on_event;

#endif
