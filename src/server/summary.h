// SPDX-License-Identifier: Apache-2.0
//
// A summary of numbers: how many, their sum, smallest and largest, and with a histogram their
// percentiles. Adding costs a few comparisons and one increment.
//
// The histogram is exact below 64 and has 32 steps per power of two above, so a percentile is off
// by at most 3 %. Source: AvgMinMaxCounter, AvgMinMaxPercentileCounter, which samples instead.
#ifndef PADDOCK_SERVER_SUMMARY_H
#define PADDOCK_SERVER_SUMMARY_H

#include <stdint.h>

#include "base/buf.h"

enum {
    SUMMARY_EXACT = 64,      // values below have a step of their own
    SUMMARY_STEPS_LOG2 = 5,  // steps per power of two above
    SUMMARY_VALUE_LOG2 = 41, // larger values count as the largest step
    SUMMARY_BUCKETS = SUMMARY_EXACT + (SUMMARY_VALUE_LOG2 - 6) * (1 << SUMMARY_STEPS_LOG2),
};

struct summary {
    uint64_t count;
    int64_t sum, min, max; // min and max are meaningless while count is 0
    uint32_t *buckets;     // borrowed, SUMMARY_BUCKETS of them; NULL: no percentiles
};

static inline unsigned summary_bucket(int64_t value)
{
    if (value < SUMMARY_EXACT) {
        return value > 0 ? (unsigned)value : 0;
    }
    unsigned power = 63 - (unsigned)__builtin_clzll((uint64_t)value); // at least 6
    if (power >= SUMMARY_VALUE_LOG2) {
        return SUMMARY_BUCKETS - 1;
    }
    unsigned step = (unsigned)((uint64_t)value >> (power - SUMMARY_STEPS_LOG2)) &
                    ((1U << SUMMARY_STEPS_LOG2) - 1);
    return SUMMARY_EXACT + ((power - 6) << SUMMARY_STEPS_LOG2) + step;
}

static inline void summary_add(struct summary *m, int64_t value)
{
    m->min = m->count == 0 || value < m->min ? value : m->min;
    m->max = m->count == 0 || value > m->max ? value : m->max;
    m->sum = (int64_t)((uint64_t)m->sum + (uint64_t)value);
    m->count++;
    if (m->buckets != NULL) {
        m->buckets[summary_bucket(value)]++;
    }
}

void summary_reset(struct summary *m); // back to nothing; keeps the buckets' memory

double summary_avg(const struct summary *m);  // rounded to 4 decimals; 0 when empty
int64_t summary_min(const struct summary *m); // 0 when empty
int64_t summary_max(const struct summary *m); // 0 when empty
// The value below which `fraction` (0 to 1) of the values lie, between neighbours in proportion,
// rounded; 0 when empty. Source: com.codahale.metrics.UniformSnapshot.getValue.
int64_t summary_percentile(const struct summary *m, double fraction);

// A double as Java prints it: "0.0", "5.9231", "1.0E7", "5.0E-4". Source: Double.toString.
void summary_print_double(double value, struct buf *out);

#endif
