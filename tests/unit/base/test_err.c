// SPDX-License-Identifier: Apache-2.0
//
// Internal failures: their values and their words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"

static void values_run_down_from_minus_1001(void **state)
{
    (void)state;
    assert_int_equal(ERR_INVALID, -1001);
    assert_int_equal(ERR_MALFORMED, -1002);
    assert_int_equal(ERR_STOPPED, -1001 - (ERR_COUNT - 1));
}

static void every_row_has_a_name_and_a_text(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        enum err e = (enum err)(-1001 - i);
        assert_string_not_equal(err_name(e), "?");
        assert_string_not_equal(err_text(e), "unknown error");
    }
    assert_string_equal(err_name(ERR_NO_SPACE), "NO_SPACE");
    assert_string_equal(err_text(ERR_NO_SPACE), "no space left on device");
}

static void ok_and_strangers_have_words_too(void **state)
{
    (void)state;
    assert_string_equal(err_name(ERR_OK), "OK");
    assert_string_equal(err_text(ERR_OK), "no error");
    assert_string_equal(err_name((enum err)(-1001 - ERR_COUNT)), "?");
    assert_string_equal(err_text((enum err) - 110), "unknown error");
    assert_string_equal(err_name((enum err)1), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_run_down_from_minus_1001),
        cmocka_unit_test(every_row_has_a_name_and_a_text),
        cmocka_unit_test(ok_and_strangers_have_words_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
