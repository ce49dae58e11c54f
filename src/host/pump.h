// SPDX-License-Identifier: Apache-2.0
//
// The pump of this machine: the loop's descriptor is waited for without the lock, then one turn of
// the loop runs with it. So whoever holds the lock may use the loop and its streams, and calls
// `wake` when what it did concerns the wait.
#ifndef PADDOCK_HOST_PUMP_H
#define PADDOCK_HOST_PUMP_H

#include <stdatomic.h>

#include "host/loop.h"
#include "port/pump.h"

struct host_pump {
    struct port_pump port; // first
    struct host_loop *loop;
    uv_async_t awake;
    uv_mutex_t mutex; // the lock
    uv_cond_t notified;
    uv_thread_t thread;
    bool has_thread;
    void (*run)(void *ctx);
    void *run_ctx;
    uv_thread_t self;     // written by the thread, for itself
    atomic_bool has_self; // after `self`
};

// Memory: `p` is the caller's, and must not move.
// Errors: ERR_TOO_MANY_FILES, ERR_NO_MEMORY; `p` is then not initialised.
enum err pump_init(struct host_pump *p, struct host_loop *l) MUST_CHECK;
void pump_fini(struct host_pump *p); // before loop_fini; the thread is joined, nobody waits

#endif
