// SPDX-License-Identifier: Apache-2.0
//
// Idle sessions: opened one after the other, then held with a ping each third of their timeout, as
// clients do. The answers of the measure are the pings'.
#ifndef PADDOCK_BENCH_LIB_IDLE_H
#define PADDOCK_BENCH_LIB_IDLE_H

#include <stdint.h>

#include "bench/lib/servers.h"

struct measure;

struct idle_options {
    struct servers servers;
    uint32_t sessions;
    uint32_t timeout_ms;
    double warmup_s; // after the last was opened
    double seconds;
};

void idle_run(const struct idle_options *o, struct measure *ret);

#endif
