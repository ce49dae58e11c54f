// SPDX-License-Identifier: Apache-2.0
//
// The loop of this machine: libuv waits, everything else is ours. All port timers share one libuv
// timer (port/timers.h); all workers share one eventfd, through which finished jobs come back in
// batches; the end-of-turn hook is a libuv prepare handle, which runs after all callbacks of a
// turn, timers included, and right before the wait.
//
// It is not a libuv async handle: when the loop wakes up before uv_async_send has returned on the
// worker's side, it spins until that is so, and yields; on few processors every second batch of
// the log paid for that.
#ifndef PADDOCK_HOST_LOOP_H
#define PADDOCK_HOST_LOOP_H

#include <stdbool.h>
#include <uv.h>

#include "base/trace.h"
#include "port/loop.h"
#include "port/timers.h"

// A queue of jobs by their `next`; `tail` is meaningful only when `head` is not NULL.
struct loop_jobs {
    struct port_job *head;
    struct port_job *tail;
};

struct host_loop {
    struct port_loop port; // first
    uv_loop_t uv;
    uv_prepare_t turn_end;
    void (*hook)(void *ctx);
    void *hook_ctx;
    bool is_turned; // within loop_turn, which runs the hook itself

    uv_timer_t alarm; // armed for the earliest of `timers`
    struct timers timers;

    int finished_fd; // eventfd, rung when `done` is no longer empty
    uv_poll_t finished;
    uv_mutex_t mutex; // guards `done`
    struct loop_jobs done;
    struct loop_jobs delivering; // taken from `done`, callbacks under way

    struct trace_sink *trace; // of calls that fail; NULL: nobody wants to know
    uint8_t *read_buffer;     // LIMIT_READ_CHUNK_BYTES, lent to on_bytes during the call
};

// Memory: `l` is the caller's, and must not move.
// Errors: ERR_TOO_MANY_FILES, ERR_NO_MEMORY; `l` is then not initialised.
enum err loop_init(struct host_loop *l) MUST_CHECK;
void loop_fini(struct host_loop *l); // closes the handles that are left; workers must be gone
void loop_run(struct host_loop *l);

// Give back a job that has run. Thread: any.
void loop_job_done(struct host_loop *l, struct port_job *job);
void loop_jobs_push(struct loop_jobs *jobs, struct port_job *job);

// The same from outside: wait until the descriptor uv_backend_fd is readable, at most for as long
// as loop_wait_ms says (of which `timeout_ms` is the bound; -1: for ever), then loop_turn, which
// runs what is due and the hook.
int loop_wait_ms(struct host_loop *l, int timeout_ms);
void loop_turn(struct host_loop *l);

#endif
