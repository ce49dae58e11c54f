// SPDX-License-Identifier: Apache-2.0
//
// Ages, sizes and moments as people type them.
#include "cli/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int64_t duration(const char *text)
{
    int64_t ms = -1;
    return duration_parse(text, &ms) ? ms : -2;
}

static void durations_have_units_and_add_up(void **state)
{
    (void)state;
    assert_int_equal(duration("0"), 0);
    assert_int_equal(duration("90"), 90000);
    assert_int_equal(duration("500ms"), 500);
    assert_int_equal(duration("5m"), 300000);
    assert_int_equal(duration("2min"), 120000);
    assert_int_equal(duration("1h30m"), 5400000);
    assert_int_equal(duration("1w1d"), 691200000);
}

static void what_is_no_duration_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "-1s",
                                      "s",
                                      "1y",
                                      "1 h",
                                      "1.5h",
                                      "5m ",
                                      "1hm",
                                      "99999999999999999999",
                                      "9223372036854775807w"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(duration(bad[i]), -2);
    }
}

static void a_refused_duration_leaves_the_result_alone(void **state)
{
    (void)state;
    int64_t ms = 7;
    assert_false(duration_parse("1h x", &ms));
    assert_int_equal(ms, 7);
}

static void sizes_count_in_1024(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0", 0},
                {"100", 100},
                {"10k", 10240},
                {"10K", 10240},
                {"1M", 1048576},
                {"1MiB", 1048576},
                {"2kB", 2048},
                {"3G", 3221225472},
                {"12b", 12},
                {"1T", 1099511627776},
                {"18446744073709551615", UINT64_MAX}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t bytes = 1;
        assert_true(size_parse(good[i].text, &bytes));
        assert_true(bytes == good[i].bytes);
    }
    static const char *const bad[] = {
        "", "k", "-1", "1x", "1kk", "1 k", "18446744073709551616", "99999999999999T", "1MiBs"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t bytes = 5;
        assert_false(size_parse(bad[i], &bytes));
        assert_true(bytes == 5);
    }
}

static void moments_are_utc(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms, unit_ms;
    } good[] = {{"@0", 0, 1000},
                {"@1795276800", 1795276800000, 1000},
                {"2026-11-21", 1795219200000, 86400000},
                {"2026-11-21T16:00", 1795276800000, 60000},
                {"2026-11-21T16:00Z", 1795276800000, 60000},
                {"2026-11-21 16:00:31", 1795276831000, 1000},
                {"2026-11-21T16:00:31.250Z", 1795276831250, 1},
                {"1969-12-31T23:59:59", -1000, 1000}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t ms = 1, unit_ms = 0;
        assert_true(moment_parse(good[i].text, &ms, &unit_ms));
        assert_int_equal(ms, good[i].ms);
        assert_int_equal(unit_ms, good[i].unit_ms);
    }
    static const char *const bad[] = {"",
                                      "@",
                                      "@1x",
                                      "2026",
                                      "2026-13-01",
                                      "2026-11-31",
                                      "2026-11-21T",
                                      "2026-11-21T16:00:",
                                      "2026-11-21T16:00:31.25",
                                      "2026-11-21T16:00:31+01:00"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t ms = 1, unit_ms = 2;
        assert_false(moment_parse(bad[i], &ms, &unit_ms));
        assert_int_equal(ms, 1);
        assert_int_equal(unit_ms, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_units_and_add_up),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(a_refused_duration_leaves_the_result_alone),
        cmocka_unit_test(sizes_count_in_1024),
        cmocka_unit_test(moments_are_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
