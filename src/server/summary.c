// SPDX-License-Identifier: Apache-2.0
//
// Reading summaries. The slow half: it runs when somebody asks.
#include "server/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"

void summary_reset(struct summary *m)
{
    if (m->buckets != NULL) {
        memset(m->buckets, 0, SUMMARY_BUCKETS * sizeof m->buckets[0]);
    }
    *m = (struct summary){.buckets = m->buckets};
}

// Half-up at the fourth decimal, as BigDecimal.setScale(4, HALF_UP) of the exact quotient.
double summary_avg(const struct summary *m)
{
    if (m->count == 0) {
        return 0;
    }
    double avg = (double)m->sum / (double)m->count;
    double scaled = (avg < 0 ? -avg : avg) * 10000;
    if (scaled >= 1e15) {
        return avg;
    }
    double rounded = (double)(int64_t)(scaled + 0.5) / 10000;
    return avg < 0 ? -rounded : rounded;
}

int64_t summary_min(const struct summary *m)
{
    return m->count > 0 ? m->min : 0;
}

int64_t summary_max(const struct summary *m)
{
    return m->count > 0 ? m->max : 0;
}

// The middle of what a bucket stands for.
static double bucket_value(unsigned bucket)
{
    if (bucket < SUMMARY_EXACT) {
        return bucket;
    }
    unsigned above = bucket - SUMMARY_EXACT;
    unsigned power = 6 + (above >> SUMMARY_STEPS_LOG2);
    unsigned step = above & ((1U << SUMMARY_STEPS_LOG2) - 1);
    uint64_t width = UINT64_C(1) << (power - SUMMARY_STEPS_LOG2);
    return (double)(UINT64_C(1) << power) + (step + 0.5) * (double)width - 0.5;
}

// The value at `rank` of the sorted values, from 0.
static double value_at(const struct summary *m, uint64_t rank)
{
    uint64_t seen = 0;
    for (unsigned i = 0; i < SUMMARY_BUCKETS; i++) {
        seen += m->buckets[i];
        if (seen > rank) {
            double value = bucket_value(i);
            return value > (double)m->max ? (double)m->max : value;
        }
    }
    return (double)m->max;
}

int64_t summary_percentile(const struct summary *m, double fraction)
{
    ASSERT(m->buckets != NULL && fraction >= 0 && fraction <= 1);
    if (m->count == 0) {
        return 0;
    }
    double place = fraction * ((double)m->count + 1);
    uint64_t below = (uint64_t)place;
    if (below < 1) {
        return (int64_t)(value_at(m, 0) + 0.5);
    }
    if (below >= m->count) {
        return m->max;
    }
    double lower = value_at(m, below - 1), upper = value_at(m, below);
    return (int64_t)(lower + (place - (double)below) * (upper - lower) + 0.5);
}

// ---- Java's doubles ----

// The fewest digits that read back as `value`: "d.ddd" and the power of ten.
static int shortest(double value, char digits[32])
{
    int power = 0;
    for (int precision = 0; precision <= 16; precision++) {
        char text[40];
        snprintf(text, sizeof text, "%.*e", precision, value);
        if (strtod(text, NULL) == value || precision == 16) {
            size_t len = 0;
            const char *p = text;
            for (; *p != 'e'; p++) {
                if (*p != '.') {
                    digits[len++] = *p;
                }
            }
            digits[len] = 0;
            power = (int)strtol(p + 1, NULL, 10);
            break;
        }
    }
    return power;
}

void summary_print_double(double value, struct buf *out)
{
    if (isnan(value) || isinf(value)) {
        buf_append_str(out, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        return;
    }
    if (signbit(value)) {
        buf_append_str(out, "-");
        value = -value;
    }
    if (value == 0) {
        buf_append_str(out, "0.0");
        return;
    }
    char digits[32] = "0";
    int power = shortest(value, digits);
    if (power >= 7 || power < -3) {
        buf_printf(out, "%c.%sE%d", digits[0], digits[1] != 0 ? digits + 1 : "0", power);
    } else if (power < 0) {
        buf_printf(out, "0.%.*s%s", -power - 1, "00", digits);
    } else {
        int len = (int)strlen(digits), whole = power + 1;
        buf_printf(out, "%.*s", len < whole ? len : whole, digits);
        for (int i = len; i < whole; i++) {
            buf_append_str(out, "0");
        }
        buf_printf(out, ".%s", len > whole ? digits + whole : "0");
    }
}
