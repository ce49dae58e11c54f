// SPDX-License-Identifier: Apache-2.0
//
// Percentiles against sorted values, the edges of buckets, and adding up.
#include "cli/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/prng.h"

static struct histogram a, b;

static void an_empty_one_answers_zero(void **state)
{
    (void)state;
    histogram_init(&a);
    assert_int_equal(histogram_percentile(&a, 99), 0);
    assert_int_equal(histogram_percentile(&a, 0), 0);
    assert_true(histogram_mean(&a) == 0);
    assert_int_equal(histogram_count_to(&a, INT64_MAX), 0);
}

static void small_values_are_exact(void **state)
{
    (void)state;
    histogram_init(&a);
    for (int64_t v = 1; v <= 100; v++) {
        histogram_record(&a, v);
    }
    assert_int_equal(histogram_percentile(&a, 50), 50);
    assert_int_equal(histogram_percentile(&a, 99), 99);
    assert_int_equal(histogram_percentile(&a, 99.9), 100);
    assert_int_equal(histogram_percentile(&a, 100), 100);
    assert_int_equal(histogram_percentile(&a, 0), 1);
    assert_int_equal(a.min, 1);
    assert_int_equal(a.max, 100);
    assert_true(histogram_mean(&a) == 50.5);
}

// A value v alone: its percentile is v itself, since the bucket's end is cut at the maximum; with a
// larger one beside it, the end of its bucket, at most 0.8 % above.
static void every_power_of_two_and_its_neighbours_are_within_the_error(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < HISTOGRAM_RANGE_BITS; bit++) {
        for (int64_t near = -1; near <= 1; near++) {
            int64_t v = (INT64_C(1) << bit) + near;
            histogram_init(&a);
            histogram_record(&a, v);
            assert_int_equal(histogram_percentile(&a, 50), v);
            histogram_record(&a, INT64_C(1) << 50);
            int64_t found = histogram_percentile(&a, 50);
            assert_true(found >= v && (double)found <= (double)v * 1.008);
        }
    }
}

static int by_value(const void *x, const void *y)
{
    int64_t left = *(const int64_t *)x, right = *(const int64_t *)y;
    return (left > right) - (left < right);
}

static void percentiles_are_those_of_the_sorted_values(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    static int64_t values[COUNT];
    static const double percents[] = {1, 10, 50, 90, 99, 99.9, 99.99};
    struct prng p;
    prng_init(&p, 7);
    histogram_init(&a);
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = (int64_t)(prng_next(&p) >> (24 + prng_below(&p, 36)));
        histogram_record(&a, values[i]);
    }
    qsort(values, COUNT, sizeof(values[0]), by_value);
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        int64_t exact = values[(size_t)(percents[i] / 100 * COUNT + 0.5) - 1];
        int64_t found = histogram_percentile(&a, percents[i]);
        assert_true(found >= exact && (double)found <= (double)exact * 1.008 + 1);
    }
}

static void two_added_up_are_one_of_all_values(void **state)
{
    (void)state;
    static struct histogram all;
    struct prng p;
    prng_init(&p, 3);
    histogram_init(&a);
    histogram_init(&b);
    histogram_init(&all);
    for (size_t i = 0; i < 1000; i++) {
        int64_t v = (int64_t)prng_below(&p, 1000000);
        histogram_record(i % 3 == 0 ? &a : &b, v);
        histogram_record(&all, v);
    }
    histogram_add(&a, &b);
    assert_memory_equal(a.buckets, all.buckets, sizeof(all.buckets));
    assert_int_equal(a.count, all.count);
    assert_int_equal(a.min, all.min);
    assert_int_equal(a.max, all.max);
    histogram_init(&b);
    histogram_add(&a, &b); // nothing: the minimum stays
    assert_int_equal(a.min, all.min);
}

static void what_is_beyond_the_range_keeps_its_maximum(void **state)
{
    (void)state;
    histogram_init(&a);
    histogram_record(&a, -5);
    histogram_record(&a, INT64_MAX);
    assert_int_equal(a.min, 0);
    assert_int_equal(a.max, INT64_MAX);
    assert_int_equal(a.count, 2);
    assert_int_equal(histogram_percentile(&a, 1), 0);
}

static void counts_up_to_a_value(void **state)
{
    (void)state;
    histogram_init(&a);
    histogram_record(&a, 10);
    histogram_record(&a, 20);
    histogram_record(&a, 1 << 20);
    assert_int_equal(histogram_count_to(&a, 9), 0);
    assert_int_equal(histogram_count_to(&a, 10), 1);
    assert_int_equal(histogram_count_to(&a, 1000), 2);
    assert_int_equal(histogram_count_to(&a, 1 << 21), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_answers_zero),
        cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(every_power_of_two_and_its_neighbours_are_within_the_error),
        cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
        cmocka_unit_test(two_added_up_are_one_of_all_values),
        cmocka_unit_test(what_is_beyond_the_range_keeps_its_maximum),
        cmocka_unit_test(counts_up_to_a_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
