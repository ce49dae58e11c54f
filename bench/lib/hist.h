// SPDX-License-Identifier: Apache-2.0
//
// A histogram of durations: log-linear buckets, 128 to each power of two, so that a percentile is
// exact to 0.8 % from nanoseconds to hours and recording is one increment.
#ifndef PADDOCK_BENCH_LIB_HIST_H
#define PADDOCK_BENCH_LIB_HIST_H

#include <stdint.h>

enum {
    HIST_SUB_BITS = 7,
    HIST_SUB = 1 << HIST_SUB_BITS,
    HIST_BUCKETS = (64 - HIST_SUB_BITS + 1) * HIST_SUB,
};

struct hist {
    uint64_t count;
    uint64_t max_ns;
    uint64_t sum_ns;
    uint64_t buckets[HIST_BUCKETS];
};

void hist_record(struct hist *h, uint64_t ns);

// The smallest duration that `percent` of the recorded ones do not exceed; 0 when there are none.
uint64_t hist_percentile_ns(const struct hist *h, double percent);

#endif
