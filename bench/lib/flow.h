// SPDX-License-Identifier: Apache-2.0
//
// The flow of requests over long-lived sessions: reads, writes, a mix, or creates. Closed loop by
// default (each session keeps `outstanding` requests unanswered); with a rate it is an open loop
// in which a request's clock starts when it was due, however late it could be sent.
#ifndef PADDOCK_BENCH_LIB_FLOW_H
#define PADDOCK_BENCH_LIB_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/lib/servers.h"

struct measure;

struct flow_options {
    struct servers servers;
    uint32_t sessions;
    uint32_t outstanding; // per session
    uint32_t timeout_ms;  // of the sessions
    uint32_t write_percent;
    bool creates; // every request makes a new node
    uint32_t value_bytes;
    uint32_t keys;
    double warmup_s;
    double seconds;
    uint64_t count;  // > 0: that many requests instead of a time
    double rate;     // > 0: requests per second, open loop
    const char *tag; // keeps the names of created nodes apart between runs
};

void flow_run(const struct flow_options *o, struct measure *ret);

#endif
