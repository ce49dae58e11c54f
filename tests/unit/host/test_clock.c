// SPDX-License-Identifier: Apache-2.0
//
// The two clocks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "host/clock.h"

static void monotonic_clock_never_goes_back(void **state)
{
    (void)state;
    struct port_clock c;
    clock_init(&c);
    int64_t last = clock_mono_ns(&c);
    int64_t first = last;
    while (last == first) { // it advances too
        int64_t now = clock_mono_ns(&c);
        assert_true(now >= last);
        last = now;
    }
    assert_true(clock_mono_ms(&c) >= last / 1000000);
}

static void wall_clock_is_that_of_the_system(void **state)
{
    (void)state;
    struct port_clock c;
    clock_init(&c);
    int64_t before_s = (int64_t)time(NULL);
    int64_t now_ms = clock_wall_ms(&c);
    assert_in_range(now_ms / 1000, before_s - 1, before_s + 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_clock_never_goes_back),
        cmocka_unit_test(wall_clock_is_that_of_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
