// SPDX-License-Identifier: Apache-2.0
//
// A loop that is turned from outside, for code that lives in somebody else's program: one turn at
// a time on the caller's thread, or by a thread that is started here; and the one lock under which
// such a thread and its callers meet. A server, whose loop runs for itself, has no use for it.
//
//     thread:  lock ... turn (gives the lock up while it waits for events) ... unlock
//     caller:  lock ... hand over work, wake ... wait (gives the lock up) ... unlock
//
// In a simulated world there is one thread: lock and unlock do nothing, turn moves the world on.
#ifndef PADDOCK_PORT_PUMP_H
#define PADDOCK_PORT_PUMP_H

#include <stdbool.h>

#include "base/err.h"

struct port_pump {
    // Wait for events for at most `timeout_ms` (0: do not wait; -1: until one comes), then run what
    // is due and the end-of-turn hook, all with the lock held; the wait itself is without it.
    void (*turn)(struct port_pump *p, int timeout_ms);
    // Any thread: the wait that is under way, or the next one, ends at once.
    void (*wake)(struct port_pump *p);

    // Thread: any. Not recursive.
    void (*lock)(struct port_pump *p);
    void (*unlock)(struct port_pump *p);
    // With the lock held: give it up until notify, or for `timeout_ms`; false when that passed.
    bool (*wait)(struct port_pump *p, int timeout_ms);
    void (*notify)(struct port_pump *p); // everybody in wait

    // Start the one thread, which runs `run(ctx)` without the lock. Errors: ERR_LIMIT.
    enum err (*start_thread)(struct port_pump *p, void (*run)(void *ctx), void *ctx);
    void (*join_thread)(struct port_pump *p);  // legal when none was started
    bool (*is_on_thread)(struct port_pump *p); // is the caller that thread?
};

#endif
