// SPDX-License-Identifier: Apache-2.0
//
// clock_gettime; both clocks are read without a system call (vDSO).
#include "host/clock.h"

#include <time.h>

#include "base/assert.h"

static int64_t mono_ns(struct port_clock *c)
{
    (void)c;
    struct timespec now;
    int status = clock_gettime(CLOCK_MONOTONIC, &now);
    ASSERT(status == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t wall_ms(struct port_clock *c)
{
    (void)c;
    struct timespec now;
    int status = clock_gettime(CLOCK_REALTIME, &now);
    ASSERT(status == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_init(struct port_clock *c)
{
    *c = (struct port_clock){.mono_ns = mono_ns, .wall_ms = wall_ms};
}
