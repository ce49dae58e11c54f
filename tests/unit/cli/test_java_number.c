// SPDX-License-Identifier: Apache-2.0
//
// What Java takes for a number, and what not.
#include "cli/java_number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_number(const char *text, unsigned radix, int64_t expected)
{
    int64_t value = 0;
    assert_true(java_number(text, radix, INT64_MIN, INT64_MAX, &value));
    assert_int_equal(value, expected);
}

static void assert_none(const char *text, unsigned radix)
{
    int64_t value = 42;
    assert_false(java_number(text, radix, INT64_MIN, INT64_MAX, &value));
    assert_int_equal(value, 42);
}

static void a_sign_and_digits_are_a_number(void **state)
{
    (void)state;
    assert_number("0", 10, 0);
    assert_number("+7", 10, 7);
    assert_number("-12", 10, -12);
    assert_number("007", 10, 7);
    assert_number("fF", 16, 255);
    assert_number("9223372036854775807", 10, INT64_MAX);
    assert_number("-9223372036854775808", 10, INT64_MIN);
}

static void blanks_letters_and_overflow_are_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "-",
                                        "+",
                                        " 1",
                                        "1 ",
                                        "1x",
                                        "0x1",
                                        "--1",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "99999999999999999999"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_none(texts[i], 10);
    }
    assert_none("g", 16);
}

static void the_range_holds(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_false(java_number("2147483648", 10, INT32_MIN, INT32_MAX, &value));
    assert_true(java_number("-2147483648", 10, INT32_MIN, INT32_MAX, &value));
    assert_int_equal(value, INT32_MIN);
}

static void decode_knows_prefixes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},   {"10", 10},     {"0x1f", 31}, {"#A", 10},
                {"010", 8}, {"-0X10", -16}, {"+3", 3}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t value = 0;
        assert_true(java_number_decode(good[i].text, &value));
        assert_int_equal(value, good[i].value);
    }
    static const char *const bad[] = {"", "-", "x", "0x", "08", "--1", "0x-1", "2147483648"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t value;
        assert_false(java_number_decode(bad[i], &value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sign_and_digits_are_a_number),
        cmocka_unit_test(blanks_letters_and_overflow_are_none),
        cmocka_unit_test(the_range_holds),
        cmocka_unit_test(decode_knows_prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
