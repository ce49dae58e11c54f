// SPDX-License-Identifier: Apache-2.0
//
// Bucket of a value: below 128 the value itself; above, the position of the highest bit chooses a
// row of 128 buckets and the seven bits after it the bucket.
#include "bench/lib/hist.h"

#include <stddef.h>

static size_t bucket_of(uint64_t ns)
{
    if (ns < HIST_SUB)
        return (size_t)ns;
    unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - HIST_SUB_BITS;
    return (size_t)(shift + 1) * HIST_SUB + (size_t)((ns >> shift) - HIST_SUB);
}

static uint64_t top_of(size_t bucket)
{
    if (bucket < HIST_SUB)
        return bucket;
    size_t shift = bucket / HIST_SUB - 1;
    uint64_t base = (uint64_t)(bucket % HIST_SUB + HIST_SUB) << shift;
    return base + ((UINT64_C(1) << shift) - 1);
}

void hist_record(struct hist *h, uint64_t ns)
{
    h->count++;
    h->sum_ns += ns;
    if (ns > h->max_ns)
        h->max_ns = ns;
    h->buckets[bucket_of(ns)]++;
}

uint64_t hist_percentile_ns(const struct hist *h, double percent)
{
    if (h->count == 0)
        return 0;
    uint64_t rank = (uint64_t)((double)h->count * percent / 100.0);
    uint64_t seen = 0;
    for (size_t i = 0; i < HIST_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen > rank) {
            uint64_t top = top_of(i);
            return top < h->max_ns ? top : h->max_ns;
        }
    }
    return h->max_ns;
}
