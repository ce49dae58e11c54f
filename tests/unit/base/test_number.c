// SPDX-License-Identifier: Apache-2.0
//
// What is a number, and what is none; what is none leaves the result alone.
#include "base/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static void assert_number(const char *text, unsigned radix, int64_t expected)
{
    int64_t value = 0;
    assert_true(number_parse_radix(slice_str(text), radix, INT64_MIN, INT64_MAX, &value));
    assert_int_equal(value, expected);
}

static void assert_none(const char *text, unsigned radix)
{
    int64_t value = 42;
    assert_false(number_parse_radix(slice_str(text), radix, INT64_MIN, INT64_MAX, &value));
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
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_none(texts[i], 10);
    }
    assert_none("g", 16);
}

static void the_range_holds(void **state)
{
    (void)state;
    int64_t value = 42;
    assert_false(number_parse(slice_str("2147483648"), INT32_MIN, INT32_MAX, &value));
    assert_false(number_parse(slice_str("-2147483649"), INT32_MIN, INT32_MAX, &value));
    assert_int_equal(value, 42);
    assert_true(number_parse(slice_str("-2147483648"), INT32_MIN, INT32_MAX, &value));
    assert_int_equal(value, INT32_MIN);
}

static void bytes_end_where_the_slice_ends(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(number_parse(slice_of("1234", 2), 0, 100, &value));
    assert_int_equal(value, 12);
    assert_false(number_parse(slice_of("12\0", 3), 0, 100, &value));
    assert_false(number_parse(slice_null(), 0, 100, &value));
}

static void decode_knows_prefixes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},   {"10", 10},     {"0x1f", 31}, {"#A", 10},
                {"010", 8}, {"-0X10", -16}, {"+3", 3},    {"-0x8000000000000000", INT64_MIN}};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int64_t value = 0;
        assert_true(number_decode(slice_str(good[i].text), INT64_MIN, INT64_MAX, &value));
        assert_int_equal(value, good[i].value);
    }
    static const char *const bad[] = {"", "-", "#", "x", "0x", "08", "--1", "0x-1", "2147483648"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t value = 42;
        assert_false(number_decode(slice_str(bad[i]), INT32_MIN, INT32_MAX, &value));
        assert_int_equal(value, 42);
    }
}

static void digits_take_no_sign(void **state)
{
    (void)state;
    uint64_t value = 42;
    assert_false(number_parse_digits(slice_str("+1"), 10, UINT64_MAX, &value));
    assert_false(number_parse_digits(slice_str("18446744073709551616"), 10, UINT64_MAX, &value));
    assert_false(number_parse_digits(slice_str("8"), 10, 7, &value));
    assert_int_equal(value, 42);
    assert_true(number_parse_digits(slice_str("18446744073709551615"), 10, UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_true(number_parse_digits(slice_str("ffffffffffffffff"), 16, UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
}

static void a_fraction_is_decimal(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {{"2", 2}, {"0.5", 0.5}, {".25", 0.25}, {"3.", 3}, {"-1.5", -1.5}, {"+0.1", 0.1}};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        double value = 42;
        assert_true(number_parse_real(slice_str(good[i].text), -2, 3, &value));
        assert_true(value == good[i].value);
    }
    static const char *const bad[] = {"",      ".",    "-",     "1e0",
                                      "nan",   "inf",  "0x1p",  " 1",
                                      "1.1.1", "3.01", "-2.01", "0000000000000000001"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        double value = 42;
        assert_false(number_parse_real(slice_str(bad[i]), -2, 3, &value));
        assert_true(value == 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sign_and_digits_are_a_number),
        cmocka_unit_test(blanks_letters_and_overflow_are_none),
        cmocka_unit_test(the_range_holds),
        cmocka_unit_test(bytes_end_where_the_slice_ends),
        cmocka_unit_test(decode_knows_prefixes),
        cmocka_unit_test(digits_take_no_sign),
        cmocka_unit_test(a_fraction_is_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
