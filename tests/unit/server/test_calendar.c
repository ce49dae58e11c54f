// SPDX-License-Identifier: Apache-2.0
//
// Dates, against ones that every calendar knows.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "server/calendar.h"

static void check(int64_t wall_ms, const char *iso, const char *java)
{
    char text[CALENDAR_TEXT_MAX];
    assert_string_equal(calendar_print_iso(wall_ms, text), iso);
    assert_string_equal(calendar_print_java(wall_ms, text), java);
}

static void dates_follow_the_calendar(void **state)
{
    (void)state;
    check(0, "1970-01-01T00:00:00.000Z", "Thu Jan 01 00:00:00 UTC 1970");
    check(-1, "1969-12-31T23:59:59.999Z", "Wed Dec 31 23:59:59 UTC 1969");
    check(951782400000, "2000-02-29T00:00:00.000Z", "Tue Feb 29 00:00:00 UTC 2000");
    check(4107542400000, "2100-03-01T00:00:00.000Z", "Mon Mar 01 00:00:00 UTC 2100");
    check(1735689599000, "2024-12-31T23:59:59.000Z", "Tue Dec 31 23:59:59 UTC 2024");
    check(1795262400123, "2026-11-21T12:00:00.123Z", "Sat Nov 21 12:00:00 UTC 2026");
    check(-62135596800000, "0001-01-01T00:00:00.000Z", "Mon Jan 01 00:00:00 UTC 1");
}

static void extreme_times_fit(void **state)
{
    (void)state;
    char text[CALENDAR_TEXT_MAX];
    assert_true(strlen(calendar_print_iso(INT64_MAX, text)) < CALENDAR_TEXT_MAX - 1);
    assert_true(strlen(calendar_print_java(INT64_MIN, text)) < CALENDAR_TEXT_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_follow_the_calendar),
        cmocka_unit_test(extreme_times_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
