// SPDX-License-Identifier: Apache-2.0
//
// The table that netty prints.
#include "cli/hexdump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_dump(const char *bytes, size_t len, const char *expected)
{
    struct buf text = {0};
    hexdump(slice_of(bytes, len), &text);
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
}

#define HEAD                                                                                       \
    "         +-------------------------------------------------+\n"                               \
    "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n"                               \
    "+--------+-------------------------------------------------+----------------+\n"
#define FOOT "+--------+-------------------------------------------------+----------------+"

static void no_bytes_have_no_table(void **state)
{
    (void)state;
    assert_dump("", 0, "");
}

static void a_short_row_is_filled_up(void **state)
{
    (void)state;
    assert_dump(
        "A\x00z\xff", 4,
        HEAD
        "|00000000| 41 00 7a ff                                     |A.z.            |\n" FOOT);
}

static void rows_have_sixteen_bytes(void **state)
{
    (void)state;
    assert_dump(
        "0123456789abcdefg", 17,
        HEAD
        "|00000000| 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 |0123456789abcdef|\n"
        "|00000010| 67                                              |g               |\n" FOOT);
}

static void what_is_not_printable_ascii_is_a_dot(void **state)
{
    (void)state;
    assert_dump(
        "\x1f ~\x7f", 4,
        HEAD
        "|00000000| 1f 20 7e 7f                                     |. ~.            |\n" FOOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_bytes_have_no_table),
        cmocka_unit_test(a_short_row_is_filled_up),
        cmocka_unit_test(rows_have_sixteen_bytes),
        cmocka_unit_test(what_is_not_printable_ascii_is_a_dot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
