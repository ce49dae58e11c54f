// SPDX-License-Identifier: Apache-2.0
//
// The seeded generator: published numbers, repeatability, bounds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/prng.h"

static void first_numbers_are_the_published_ones(void **state)
{
    (void)state;
    struct prng p;
    prng_init(&p, 1234567);
    assert_true(prng_next(&p) == UINT64_C(6457827717110365317));
    assert_true(prng_next(&p) == UINT64_C(3203168211198807973));
    assert_true(prng_next(&p) == UINT64_C(9817491932198370423));
}

static void numbers_stay_below_the_bound_and_reach_all(void **state)
{
    (void)state;
    struct prng p;
    prng_init(&p, 3);
    unsigned hits[7] = {0};
    for (int i = 0; i < 7000; i++) {
        uint64_t n = prng_below(&p, 7);
        assert_true(n < 7);
        hits[n]++;
    }
    for (int i = 0; i < 7; i++) {
        assert_in_range(hits[i], 800, 1200);
    }
    assert_true(prng_below(&p, 1) == 0);
    assert_true(prng_below(&p, UINT64_MAX) < UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_numbers_are_the_published_ones),
        cmocka_unit_test(numbers_stay_below_the_bound_and_reach_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
