// SPDX-License-Identifier: Apache-2.0
//
// The started timers of one loop: a binary heap by due time, then by the order of starting, so that
// equal deadlines fire in a fixed order. Both worlds use it: host/ arms one timer of the
// event loop for the earliest, sim/ moves its clock to it.
//
// Units: `due` and `now` are in one unit of the caller's: milliseconds in host/, nanoseconds in
// sim/. Invariant: a started timer's `impl` is its place in the heap plus one.
#ifndef PADDOCK_PORT_TIMERS_H
#define PADDOCK_PORT_TIMERS_H

#include <stdbool.h>
#include <stddef.h>

#include "port/loop.h"

struct timers_slot {
    int64_t due;
    uint64_t order; // of starting
    struct port_timer *timer;
};

struct timers {
    struct timers_slot *slots; // the heap
    size_t count, cap;
    uint64_t next_order;
};

void timers_init(struct timers *ts);
bool timers_try_reserve(struct timers *ts, size_t count); // false: memory is out
void timers_fini(struct timers *ts);                      // stops what is started

void timers_start(struct timers *ts, struct port_timer *timer,
                  int64_t due);                                // moves a started one
void timers_stop(struct timers *ts, struct port_timer *timer); // legal when stopped

// When the earliest is due; false when none is started.
bool timers_next_due(const struct timers *ts, int64_t *ret);

// Fire what is due at `now`, earliest first; not what the callbacks themselves start.
void timers_fire(struct timers *ts, int64_t now);

#endif
