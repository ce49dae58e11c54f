// SPDX-License-Identifier: Apache-2.0
//
// The loop thread: timers, the end-of-turn hook, and workers. Everything here is called on, and
// calls back on, the loop thread; only `job->run` runs elsewhere.
//
// A turn is: wait for events, run their callbacks, run the end-of-turn hook once. The hook is where
// replies gathered during the turn leave and where a log batch is handed to its worker. Whatever
// kind of callback ran (timer, stream, job done), the hook runs before the loop waits again.
#ifndef PADDOCK_PORT_LOOP_H
#define PADDOCK_PORT_LOOP_H

#include <stdint.h>

#include "base/err.h"

struct port_loop;

// A one-shot timer, embedded in its owner. A callback may start it again.
struct port_timer {
    void (*fire)(struct port_timer *timer);
    void *impl; // of the loop; NULL while not started
};

// A job for a worker thread. `run` may block and touches only what the job owns; `done` runs on the
// loop after it. The job's memory belongs to the caller and must live until `done`.
struct port_job {
    void (*run)(struct port_job *job);
    void (*done)(struct port_job *job);
    struct port_job *next; // of the worker's queue
    void *impl;            // of the worker
};

// One worker thread; its jobs run one after the other in the order of submission.
struct port_worker {
    void (*submit)(struct port_worker *worker, struct port_job *job);
    void (*close)(struct port_worker *worker); // waits for the jobs, delivers no `done`; frees
};

struct port_loop {
    // Fire once after `delay_ms` (>= 0). Starting a started timer moves it.
    void (*timer_start)(struct port_loop *loop, struct port_timer *timer, int64_t delay_ms);
    void (*timer_stop)(struct port_loop *loop, struct port_timer *timer); // legal when stopped
    // At most one hook; NULL removes it.
    void (*on_turn_end)(struct port_loop *loop, void (*hook)(void *ctx), void *ctx);
    // Errors: ERR_LIMIT when no thread can be had.
    enum err (*worker_open)(struct port_loop *loop, const char *name, struct port_worker **ret);
};

#endif
