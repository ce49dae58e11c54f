// SPDX-License-Identifier: Apache-2.0
//
// Short-lived sessions: connect, handshake, closeSession, its answer, disconnect, and again, in
// `sessions` places side by side. One such round is one answer of the measure.
#ifndef PADDOCK_BENCH_LIB_CHURN_H
#define PADDOCK_BENCH_LIB_CHURN_H

#include <stdint.h>

#include "bench/lib/servers.h"

struct measure;

struct churn_options {
    struct servers servers;
    uint32_t sessions;
    uint32_t timeout_ms;
    double warmup_s;
    double seconds;
};

void churn_run(const struct churn_options *o, struct measure *ret);

#endif
