// SPDX-License-Identifier: Apache-2.0
//
// The loop itself: timers in real time, and the end of a turn before every wait.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include "base/list.h"
#include "host/clock.h"
#include "host/loop.h"

struct fixture {
    struct host_loop loop;
    struct port_timer timer;
    struct port_timer other;
    struct port_clock clock;
    int hooks;
    int fired;
    int hooks_at_fire;
    int64_t fired_at_ms;
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    clock_init(&f.clock);
    *state = &f;
    return loop_init(&f.loop) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    loop_fini(&f->loop);
    return 0;
}

static void count_hook(void *ctx)
{
    ((struct fixture *)ctx)->hooks++;
}

static void stop_on_fire(struct port_timer *timer)
{
    struct fixture *f = CONTAINER_OF(timer, struct fixture, timer);
    f->fired++;
    f->hooks_at_fire = f->hooks;
    f->fired_at_ms = clock_mono_ms(&f->clock);
    uv_stop(&f->loop.uv);
}

static void timer_fires_once_and_not_early(void **state)
{
    struct fixture *f = *state;
    f->timer.fire = stop_on_fire;
    int64_t start_ms = clock_mono_ms(&f->clock);
    f->loop.port.timer_start(&f->loop.port, &f->timer, 20);
    assert_non_null(f->timer.impl);
    loop_run(&f->loop);
    assert_int_equal(f->fired, 1);
    assert_null(f->timer.impl);
    assert_true(f->fired_at_ms - start_ms >= 20);
}

static void hook_runs_after_a_timer_before_the_loop_ends(void **state)
{
    struct fixture *f = *state;
    f->timer.fire = stop_on_fire;
    f->loop.port.on_turn_end(&f->loop.port, count_hook, f);
    f->loop.port.timer_start(&f->loop.port, &f->timer, 0);
    loop_run(&f->loop);
    assert_true(f->hooks > f->hooks_at_fire);
}

static void removed_hook_does_not_run(void **state)
{
    struct fixture *f = *state;
    f->timer.fire = stop_on_fire;
    f->loop.port.on_turn_end(&f->loop.port, count_hook, f);
    f->loop.port.on_turn_end(&f->loop.port, NULL, NULL);
    f->loop.port.timer_start(&f->loop.port, &f->timer, 0);
    loop_run(&f->loop);
    assert_int_equal(f->hooks, 0);
}

static void restart_until_five(struct port_timer *timer)
{
    struct fixture *f = CONTAINER_OF(timer, struct fixture, other);
    if (++f->fired < 5) {
        f->loop.port.timer_start(&f->loop.port, timer, 0);
    } else {
        uv_stop(&f->loop.uv);
    }
}

static void callback_may_start_its_timer_again(void **state)
{
    struct fixture *f = *state;
    f->other.fire = restart_until_five;
    f->loop.port.on_turn_end(&f->loop.port, count_hook, f);
    f->loop.port.timer_start(&f->loop.port, &f->other, 1);
    loop_run(&f->loop);
    assert_int_equal(f->fired, 5);
    assert_true(f->hooks >= 5); // each firing had a turn of its own
}

static void stopped_timer_stays_silent(void **state)
{
    struct fixture *f = *state;
    f->timer.fire = stop_on_fire;
    f->other.fire = restart_until_five;
    f->fired = 3;
    f->loop.port.timer_start(&f->loop.port, &f->timer, 1);
    f->loop.port.timer_start(&f->loop.port, &f->other, 5);
    f->loop.port.timer_stop(&f->loop.port, &f->timer);
    f->loop.port.timer_stop(&f->loop.port, &f->timer);
    loop_run(&f->loop);
    assert_int_equal(f->fired, 5);
}

static void far_deadline_does_not_delay_a_near_one(void **state)
{
    struct fixture *f = *state;
    f->timer.fire = stop_on_fire;
    f->other.fire = restart_until_five;
    f->loop.port.timer_start(&f->loop.port, &f->other, 60000);
    f->loop.port.timer_start(&f->loop.port, &f->timer, 5);
    int64_t start_ms = clock_mono_ms(&f->clock);
    loop_run(&f->loop);
    assert_true(f->fired_at_ms - start_ms < 30000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(timer_fires_once_and_not_early), T(hook_runs_after_a_timer_before_the_loop_ends),
        T(removed_hook_does_not_run),      T(callback_may_start_its_timer_again),
        T(stopped_timer_stays_silent),     T(far_deadline_does_not_delay_a_near_one),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
