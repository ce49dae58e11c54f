// SPDX-License-Identifier: Apache-2.0
//
// The text of a failure.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/error.h"

static void failing_returns_the_code_and_fills_the_text(void **state)
{
    (void)state;
    struct store_error e = {.text = "old"};
    assert_int_equal(store_fail(&e, ERR_IO, "cannot read %s at %d", "log.1", 16), ERR_IO);
    assert_string_equal(e.text, "cannot read log.1 at 16");
    assert_int_equal(store_fail(NULL, ERR_CORRUPT, "nobody reads this"), ERR_CORRUPT);
}

static void long_text_is_cut_and_terminated(void **state)
{
    (void)state;
    struct store_error e;
    char path[2 * STORE_ERROR_TEXT_MAX];
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_int_equal(store_fail(&e, ERR_IO, "%s", path), ERR_IO);
    assert_int_equal(strlen(e.text), STORE_ERROR_TEXT_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_returns_the_code_and_fills_the_text),
        cmocka_unit_test(long_text_is_cut_and_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
