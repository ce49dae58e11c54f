// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of the scheme key, with the corners of Java's parser and of its remainder.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/auth_key.h"

static bool accepts(const char *key, const char *credentials)
{
    return auth_key_accepts(slice_str(key), slice_str(credentials));
}

static void multiples_of_the_key_are_accepted(void **state)
{
    (void)state;
    assert_true(accepts("5", "25"));
    assert_true(accepts("5", "0"));
    assert_true(accepts("-5", "+125"));
    assert_true(accepts("5", "-10"));
    assert_false(accepts("5", "24"));
    assert_false(accepts("25", "5"));
    assert_true(accepts("-1", "-2147483648"));
}

static void key_zero_accepts_every_number(void **state)
{
    (void)state;
    assert_true(accepts("0", "17"));
    assert_true(accepts("-0", "17"));
    assert_false(accepts("0", "x"));
}

static void what_is_no_int_is_refused(void **state)
{
    (void)state;
    const char *texts[] = {"", "x", " 5", "5 ", "5.0", "0x5", "-", "2147483648", "-2147483649"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(accepts("5", texts[i]));
        assert_false(accepts(texts[i], "0"));
    }
    assert_true(accepts("1", "2147483647"));
}

static void without_a_key_anything_but_null_is_accepted(void **state)
{
    (void)state;
    assert_true(auth_key_accepts(slice_null(), slice_str("x")));
    assert_true(auth_key_accepts(slice_null(), slice_str("")));
    assert_false(auth_key_accepts(slice_null(), slice_null()));
    assert_false(auth_key_accepts(slice_str("5"), slice_null()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiples_of_the_key_are_accepted),
        cmocka_unit_test(key_zero_accepts_every_number),
        cmocka_unit_test(what_is_no_int_is_refused),
        cmocka_unit_test(without_a_key_anything_but_null_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
