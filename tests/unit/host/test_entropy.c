// SPDX-License-Identifier: Apache-2.0
//
// Kernel randomness over several blocks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/entropy.h"

static void numbers_differ_and_use_all_bits(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct host_entropy e;
    entropy_init(&e);
    uint64_t seen[COUNT];
    uint64_t ones = 0;
    uint64_t zeros = 0;
    for (int i = 0; i < COUNT; i++) {
        seen[i] = entropy_next(&e.port);
        ones |= seen[i];
        zeros |= ~seen[i];
        for (int j = 0; j < i; j++) {
            assert_true(seen[i] != seen[j]);
        }
    }
    assert_true(ones == UINT64_MAX);
    assert_true(zeros == UINT64_MAX);
}

static void handed_out_numbers_are_not_kept(void **state)
{
    (void)state;
    struct host_entropy e;
    entropy_init(&e);
    uint64_t number = entropy_next(&e.port);
    for (size_t i = 0; i < sizeof(e.block) / sizeof(e.block[0]); i++) {
        assert_true(e.block[i] != number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_differ_and_use_all_bits),
        cmocka_unit_test(handed_out_numbers_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
