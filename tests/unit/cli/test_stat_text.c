// SPDX-License-Identifier: Apache-2.0
//
// Times as java.util.Date prints them, and the eleven lines of a stat.
#include "cli/stat_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

static void set_zone(const char *zone)
{
    assert_int_equal(setenv("TZ", zone, 1), 0);
    tzset();
}

static void times_look_as_in_java(void **state)
{
    (void)state;
    char text[TIME_TEXT_BYTES];
    set_zone("UTC");
    assert_string_equal(time_text(0, text), "Thu Jan 01 00:00:00 UTC 1970");
    assert_string_equal(time_text(INT64_C(1700000000999), text), "Tue Nov 14 22:13:20 UTC 2023");
    assert_string_equal(time_text(-1, text), "Wed Dec 31 23:59:59 UTC 1969");
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_string_equal(time_text(INT64_C(1720000000000), text), "Wed Jul 03 11:46:40 CEST 2024");
}

static void the_first_and_the_last_time_have_years(void **state)
{
    (void)state;
    char text[TIME_TEXT_BYTES];
    set_zone("UTC");
    assert_string_equal(time_text(INT64_MAX, text), "Sun Aug 17 07:12:55 UTC 292278994");
    assert_non_null(strstr(time_text(INT64_MIN, text), "16:47:04 UTC -"));
}

static void a_stat_has_eleven_lines(void **state)
{
    (void)state;
    set_zone("UTC");
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    stat_text_print(&(struct paddock_stat){.czxid = 0x10,
                                           .mzxid = -1,
                                           .pzxid = 3,
                                           .version = 7,
                                           .cversion = -8,
                                           .aversion = 9,
                                           .ephemeral_owner = INT64_MIN,
                                           .data_length = 5,
                                           .num_children = 6},
                    to);
    (void)fclose(to);
    assert_string_equal(text, "cZxid = 0x10\nctime = Thu Jan 01 00:00:00 UTC 1970\n"
                              "mZxid = 0xffffffffffffffff\nmtime = Thu Jan 01 00:00:00 UTC 1970\n"
                              "pZxid = 0x3\ncversion = -8\ndataVersion = 7\naclVersion = 9\n"
                              "ephemeralOwner = 0x8000000000000000\ndataLength = 5\n"
                              "numChildren = 6\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_look_as_in_java),
        cmocka_unit_test(the_first_and_the_last_time_have_years),
        cmocka_unit_test(a_stat_has_eleven_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
