// SPDX-License-Identifier: Apache-2.0
//
// Latencies counted in buckets that grow with the value: each power of two is parted into 128, so
// that every percentile is right within 0.8 %, from a nanosecond to a quarter of an hour, in 35 KB
// and without memory being asked for while counting. Histograms of many threads are added up.
//
// Units: any; the benchmark counts nanoseconds. Values below 0 count as 0, those beyond the range
// in the last bucket; min, max and mean are exact.
// Source: the idea of HdrHistogram (Gil Tene), which Debian has for Go and Java, but not for C.
#ifndef PADDOCK_CLI_HISTOGRAM_H
#define PADDOCK_CLI_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_PART_BITS = 7,
    HISTOGRAM_RANGE_BITS = 40,
    HISTOGRAM_BUCKETS = (HISTOGRAM_RANGE_BITS - HISTOGRAM_PART_BITS + 1) << HISTOGRAM_PART_BITS,
};

struct histogram {
    uint64_t count;
    int64_t min, max; // 0 while count is 0
    double sum;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_init(struct histogram *h);
void histogram_record(struct histogram *h, int64_t value);
void histogram_add(struct histogram *h, const struct histogram *more);

double histogram_mean(const struct histogram *h); // 0 when empty

// The value that `percent` (0 to 100) of all do not exceed, at most 0.8 % too high; 0 when empty.
int64_t histogram_percentile(const struct histogram *h, double percent);

// How many are in buckets that end at or below `value`.
uint64_t histogram_count_to(const struct histogram *h, int64_t value);

#endif
