// SPDX-License-Identifier: Apache-2.0
//
// Every schedule with a name exists, says what its bug was, and passes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/named.h"

enum { SEEDS = 3 };

static void known_bugs_have_their_schedules(void **state)
{
    (void)state;
    static const int numbers[] = {2845, 2846, 3104, 3642, 3911, 4394,
                                  4785, 4925, 3829, 4352, 2332, 3082};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_non_null(named_find(numbers[i]));
        assert_true(strlen(named_find(numbers[i])->bug) > 40);
    }
    assert_null(named_find(1));
}

static void their_conditions_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < named_count; i++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            char failure[512];
            if (!named_run(&named_schedules[i], seed, false, failure)) {
                print_error("ZOOKEEPER-%d, seed %llu: %s\n", named_schedules[i].number,
                            (unsigned long long)seed, failure);
                fail();
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_bugs_have_their_schedules),
        cmocka_unit_test(their_conditions_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
