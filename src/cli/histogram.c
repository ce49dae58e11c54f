// SPDX-License-Identifier: Apache-2.0
//
// Values below 128 have a bucket each; above, the place of the highest bit chooses the power of two
// and the seven bits behind it the part.
#include "cli/histogram.h"

#include <string.h>

#include "base/assert.h"

enum { PARTS = 1 << HISTOGRAM_PART_BITS };
static const int64_t range_max = INT64_C(1) << HISTOGRAM_RANGE_BITS;

static size_t bucket_of(int64_t value)
{
    if (value < PARTS) {
        return value > 0 ? (size_t)value : 0;
    }
    if (value >= range_max) {
        return HISTOGRAM_BUCKETS - 1;
    }
    unsigned shift = 63 - HISTOGRAM_PART_BITS - (unsigned)__builtin_clzll((uint64_t)value);
    return ((size_t)shift << HISTOGRAM_PART_BITS) + (size_t)(value >> shift);
}

// The highest value that the bucket holds.
static int64_t end_of(size_t bucket)
{
    if (bucket < PARTS) {
        return (int64_t)bucket;
    }
    size_t shift = (bucket >> HISTOGRAM_PART_BITS) - 1;
    int64_t start = (int64_t)(bucket - (shift << HISTOGRAM_PART_BITS)) << shift;
    return start + (INT64_C(1) << shift) - 1;
}

void histogram_init(struct histogram *h)
{
    memset(h, 0, sizeof(*h));
}

void histogram_record(struct histogram *h, int64_t value)
{
    value = value > 0 ? value : 0;
    h->buckets[bucket_of(value)]++;
    h->min = h->count == 0 || value < h->min ? value : h->min;
    h->max = value > h->max ? value : h->max;
    h->sum += (double)value;
    h->count++;
}

void histogram_add(struct histogram *h, const struct histogram *more)
{
    if (more->count == 0) {
        return;
    }
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        h->buckets[i] += more->buckets[i];
    }
    h->min = h->count == 0 || more->min < h->min ? more->min : h->min;
    h->max = more->max > h->max ? more->max : h->max;
    h->sum += more->sum;
    h->count += more->count;
}

double histogram_mean(const struct histogram *h)
{
    return h->count > 0 ? h->sum / (double)h->count : 0;
}

int64_t histogram_percentile(const struct histogram *h, double percent)
{
    ASSERT(percent >= 0 && percent <= 100);
    double exact = percent / 100 * (double)h->count;
    uint64_t wanted = (uint64_t)exact;
    wanted += (double)wanted < exact || wanted == 0 ? 1 : 0; // at least one value is meant
    uint64_t seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && h->count > 0; i++) {
        seen += h->buckets[i];
        if (seen >= wanted) {
            return end_of(i) < h->max ? end_of(i) : h->max;
        }
    }
    return h->max;
}

uint64_t histogram_count_to(const struct histogram *h, int64_t value)
{
    uint64_t count = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && end_of(i) <= value; i++) {
        count += h->buckets[i];
    }
    return count;
}
