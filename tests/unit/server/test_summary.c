// SPDX-License-Identifier: Apache-2.0
//
// Summaries: exact numbers, percentiles against sorted values, and Java's way to print a double.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "server/summary.h"

static void empty_summary_is_all_zero(void **state)
{
    (void)state;
    uint32_t buckets[SUMMARY_BUCKETS] = {0};
    struct summary m = {.buckets = buckets};
    assert_true(summary_avg(&m) == 0);
    assert_int_equal(summary_min(&m), 0);
    assert_int_equal(summary_max(&m), 0);
    assert_int_equal(summary_percentile(&m, 0.99), 0);
}

static void numbers_are_exact(void **state)
{
    (void)state;
    struct summary m = {0};
    summary_add(&m, 5);
    summary_add(&m, -2);
    summary_add(&m, 4);
    assert_int_equal(m.count, 3);
    assert_int_equal(m.sum, 7);
    assert_int_equal(summary_min(&m), -2);
    assert_int_equal(summary_max(&m), 5);
    assert_true(summary_avg(&m) == 2.3333);
    summary_reset(&m);
    assert_int_equal(m.count, 0);
    summary_add(&m, 9);
    assert_int_equal(summary_min(&m), 9);
}

static void average_is_rounded_half_up(void **state)
{
    (void)state;
    struct summary m = {0};
    for (int i = 0; i < 32; i++) {
        summary_add(&m, i == 0 ? 1 : 0); // 0.03125
    }
    assert_true(summary_avg(&m) == 0.0313);
}

// The percentiles that the same values had on a Java 3.9.5 server.
static void percentiles_of_few_values_are_those_of_java(void **state)
{
    (void)state;
    uint32_t buckets[SUMMARY_BUCKETS] = {0};
    struct summary m = {.buckets = buckets};
    static const int64_t values[] = {2, 4, 21, 3, 10, 5, 12};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        summary_add(&m, values[i]);
    }
    assert_int_equal(summary_percentile(&m, 0.5), 5);
    assert_int_equal(summary_percentile(&m, 0.95), 21);
    assert_int_equal(summary_percentile(&m, 0.999), 21);
    assert_int_equal(summary_percentile(&m, 0), 2);
    summary_add(&m, 6);
    assert_int_equal(summary_percentile(&m, 0.5), 6); // between 5 and 6, rounded
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void percentiles_of_many_values_are_close(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static int64_t values[COUNT];
    static uint32_t buckets[SUMMARY_BUCKETS];
    struct summary m = {.buckets = buckets};
    uint64_t random = 1;
    for (size_t i = 0; i < COUNT; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        values[i] = (int64_t)(random >> (34 + i % 20));
        summary_add(&m, values[i]);
    }
    qsort(values, COUNT, sizeof values[0], compare);
    for (int percent = 1; percent < 100; percent++) {
        double expect = (double)values[COUNT * percent / 100];
        double got = (double)summary_percentile(&m, percent / 100.0);
        assert_true(fabs(got - expect) <= 1 + expect * 0.035);
    }
}

static void buckets_are_ordered_and_bounded(void **state)
{
    (void)state;
    unsigned last = 0;
    for (int64_t v = 0; v < 100000; v++) {
        unsigned b = summary_bucket(v);
        assert_true(b >= last && b <= last + 1);
        last = b;
    }
    assert_int_equal(summary_bucket(INT64_MAX), SUMMARY_BUCKETS - 1);
    assert_int_equal(summary_bucket((INT64_C(1) << SUMMARY_VALUE_LOG2) - 1), SUMMARY_BUCKETS - 1);
    assert_int_equal(summary_bucket(INT64_MIN), 0);
}

static void check_double(double value, const char *expect)
{
    struct buf out = {0};
    summary_print_double(value, &out);
    assert_string_equal(buf_cstr(&out), expect);
    buf_fini(&out);
}

static void doubles_look_like_javas(void **state)
{
    (void)state;
    check_double(0, "0.0");
    check_double(-0.0, "-0.0");
    check_double(1, "1.0");
    check_double(5.9231, "5.9231");
    check_double(0.7206, "0.7206");
    check_double(70.5, "70.5");
    check_double(0.02, "0.02");
    check_double(0.001, "0.001");
    check_double(0.0005, "5.0E-4");
    check_double(100, "100.0");
    check_double(1234567, "1234567.0");
    check_double(9999999.5, "9999999.5");
    check_double(10000000, "1.0E7");
    check_double(12345678.9, "1.23456789E7");
    check_double(-3.25, "-3.25");
    check_double((double)NAN, "NaN");
    check_double((double)INFINITY, "Infinity");
    check_double(-(double)INFINITY, "-Infinity");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_summary_is_all_zero),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(average_is_rounded_half_up),
        cmocka_unit_test(percentiles_of_few_values_are_those_of_java),
        cmocka_unit_test(percentiles_of_many_values_are_close),
        cmocka_unit_test(buckets_are_ordered_and_bounded),
        cmocka_unit_test(doubles_look_like_javas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
