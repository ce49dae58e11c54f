// SPDX-License-Identifier: Apache-2.0
//
// Transactions that must be in a log: each is met once, in order, or is missing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/expected.h"

static void put(struct expected *x)
{
    expected_add(x, 30, "c");
    expected_add(x, 10, "a");
    expected_add(x, 20, "b");
    expected_add(x, 20, "again");
}

static void all_of_them_are_met(void **state)
{
    (void)state;
    struct expected x = {0};
    put(&x);
    expected_begin(&x, 5);
    for (int64_t zxid = 6; zxid < 40; zxid++) {
        assert_true(expected_see(&x, zxid));
    }
    assert_null(expected_missing(&x));
    expected_fini(&x);
}

static void one_that_is_missing_is_told_at_the_next_record(void **state)
{
    (void)state;
    struct expected x = {0};
    put(&x);
    expected_begin(&x, 5);
    assert_true(expected_see(&x, 10));
    assert_true(expected_see(&x, 19));
    assert_false(expected_see(&x, 21));
    assert_int_equal(expected_missing(&x)->zxid, 20);
    expected_fini(&x);
}

static void what_the_base_holds_need_not_come(void **state)
{
    (void)state;
    struct expected x = {0};
    put(&x);
    expected_begin(&x, 20);
    assert_true(expected_see(&x, 21));
    assert_string_equal(expected_missing(&x)->who, "c");
    assert_int_equal(expected_missing(&x)->zxid, 30); // the log ended before it
    expected_fini(&x);
}

static void nothing_is_expected_of_an_empty_list(void **state)
{
    (void)state;
    struct expected x = {0};
    expected_begin(&x, 1);
    assert_true(expected_see(&x, INT64_MAX));
    assert_null(expected_missing(&x));
    expected_fini(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_them_are_met),
        cmocka_unit_test(one_that_is_missing_is_told_at_the_next_record),
        cmocka_unit_test(what_the_base_holds_need_not_come),
        cmocka_unit_test(nothing_is_expected_of_an_empty_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
