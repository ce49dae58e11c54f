// SPDX-License-Identifier: Apache-2.0
//
// The number in a member's name, whoever wrote it, and who stands before whom.
#include "client/contender.h"

#include <string.h>

#include "tests/unit/client/unit.h"

static int64_t number_of(const char *name)
{
    struct contender c;
    return contender_parse(name, &c) ? c.number : -1;
}

static bool reads(const char *name)
{
    struct contender c;
    assert_true(contender_parse(name, &c));
    return c.is_reader;
}

static void names_of_others_are_understood(void **state)
{
    (void)state;
    assert_int_equal(number_of("_c_0b5c3a1e-0000-4000-8000-000000000001-lock-0000000007"), 7);
    assert_int_equal(number_of("_c_0b5c3a1e-0000-4000-8000-000000000001-latch-0000000012"), 12);
    assert_int_equal(number_of("6a1b__lock__0000000003"), 3);
    assert_int_equal(number_of("x-139283-0000000009"), 9);
    assert_int_equal(number_of("lock-0000000004"), 4);
    assert_true(reads("_c_u-__READ__0000000001"));
    assert_true(reads("6a1b__rlock__0000000001"));
    assert_false(reads("_c_u-__WRIT__0000000001"));
    assert_false(reads("6a1b__lock__0000000001"));
}

static void other_names_are_no_contenders(void **state)
{
    (void)state;
    assert_int_equal(number_of("leader"), -1);
    assert_int_equal(number_of("config-12"), -1);
    assert_int_equal(number_of(""), -1);
    assert_int_equal(number_of("_c_u-lock-"), -1);
}

static void numbers_beyond_the_wrap_are_negative(void **state)
{
    (void)state;
    struct contender c;
    assert_true(contender_parse("_c_u-lock--2147483648", &c));
    assert_true(c.number == INT64_C(-2147483648));
    assert_int_equal(number_of("_c_u-lock-2147483647"), 2147483647);
}

static void predecessor_is_the_nearest_that_excludes(void **state)
{
    (void)state;
    const char *names[] = {"c-lock-0000000005", "ready", "a-lock-0000000001", "d__READ__0000000004",
                           "b-lock-0000000003"};
    assert_int_equal(contender_find_predecessor(names, 5, "c-lock-0000000005"), 3);
    assert_int_equal(contender_find_predecessor(names, 5, "e__READ__0000000006"), 0);
    assert_int_equal(contender_find_predecessor(names, 5, "d__READ__0000000004"), 4);
    assert_int_equal(contender_find_predecessor(names, 5, "a-lock-0000000001"), 5);
    const char *readers[] = {"d__READ__0000000004", "f__READ__0000000002"};
    assert_int_equal(contender_find_predecessor(readers, 2, "d__READ__0000000004"), 2);
}

static void sorting_keeps_contenders_in_the_order_of_their_turns(void **state)
{
    (void)state;
    const char *names[] = {"z-lock-0000000002", "other", "a-lock-0000000010", "m-lock-0000000001"};
    assert_int_equal(contender_sort(names, 4), 3);
    assert_string_equal(names[0], "m-lock-0000000001");
    assert_string_equal(names[1], "z-lock-0000000002");
    assert_string_equal(names[2], "a-lock-0000000010");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_others_are_understood),
        cmocka_unit_test(other_names_are_no_contenders),
        cmocka_unit_test(numbers_beyond_the_wrap_are_negative),
        cmocka_unit_test(predecessor_is_the_nearest_that_excludes),
        cmocka_unit_test(sorting_keeps_contenders_in_the_order_of_their_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
