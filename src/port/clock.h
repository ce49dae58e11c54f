// SPDX-License-Identifier: Apache-2.0
//
// Time. Intervals, deadlines and session expiry use the monotonic clock; the wall clock is only for
// transaction times, TTL ages and text that people read.
#ifndef PADDOCK_PORT_CLOCK_H
#define PADDOCK_PORT_CLOCK_H

#include <stdint.h>

struct port_clock {
    int64_t (*mono_ns)(struct port_clock *clock); // never goes back; starts anywhere
    int64_t (*wall_ms)(struct port_clock *clock); // milliseconds since 1970, UTC
};

static inline int64_t clock_mono_ns(struct port_clock *clock)
{
    return clock->mono_ns(clock);
}

static inline int64_t clock_mono_ms(struct port_clock *clock)
{
    return clock->mono_ns(clock) / 1000000;
}

static inline int64_t clock_wall_ms(struct port_clock *clock)
{
    return clock->wall_ms(clock);
}

#endif
