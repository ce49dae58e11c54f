// SPDX-License-Identifier: Apache-2.0
//
// errno to enum err.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "host/errno.h"

static void known_numbers_have_their_row(void **state)
{
    (void)state;
    assert_int_equal(host_err(ENOENT), ERR_NOT_FOUND);
    assert_int_equal(host_err(ENOSPC), ERR_NO_SPACE);
    assert_int_equal(host_err(EMFILE), ERR_TOO_MANY_FILES);
    assert_int_equal(host_err(EADDRINUSE), ERR_ADDRESS_IN_USE);
    assert_int_equal(host_err_uv(-EACCES), ERR_ACCESS);
}

static void no_number_becomes_ok(void **state)
{
    (void)state;
    for (int number = 0; number < 200; number++) {
        assert_int_not_equal(host_err(number), ERR_OK);
    }
    assert_int_equal(host_err(EIO), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_numbers_have_their_row),
        cmocka_unit_test(no_number_becomes_ok),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
