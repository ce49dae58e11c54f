// SPDX-License-Identifier: Apache-2.0
//
// The heap of timers: order, stopping, restarting from a callback.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/prng.h"
#include "port/timers.h"

struct alarm {
    struct port_timer timer;
    struct timers *timers;
    int64_t due_ms;
    int *fired; // shared counter
    int place;  // value of the counter when this one fired, from 1
    int64_t restart_ms;
};

static void ring(struct port_timer *timer)
{
    struct alarm *a = CONTAINER_OF(timer, struct alarm, timer);
    assert_null(timer->impl);
    a->place = ++*a->fired;
    if (a->restart_ms >= 0) {
        timers_start(a->timers, timer, a->restart_ms);
    }
}

static struct alarm alarm_of(struct timers *ts, int *fired)
{
    return (struct alarm){.timer = {.fire = ring}, .timers = ts, .fired = fired, .restart_ms = -1};
}

static void timers_fire_in_order_of_deadline_then_of_starting(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct timers ts;
    timers_init(&ts);
    int fired = 0;
    struct prng p;
    prng_init(&p, 5);
    struct alarm alarms[COUNT];
    for (int i = 0; i < COUNT; i++) {
        alarms[i] = alarm_of(&ts, &fired);
        alarms[i].due_ms = (int64_t)prng_below(&p, 50);
        timers_start(&ts, &alarms[i].timer, alarms[i].due_ms);
    }
    timers_fire(&ts, 100);
    assert_int_equal(fired, COUNT);
    for (int i = 0; i < COUNT; i++) {
        for (int j = i + 1; j < COUNT; j++) {
            bool i_first = alarms[i].due_ms <= alarms[j].due_ms;
            assert_int_equal(alarms[i].place < alarms[j].place, i_first);
        }
    }
    timers_fini(&ts);
}

static void only_due_timers_fire(void **state)
{
    (void)state;
    struct timers ts;
    timers_init(&ts);
    int fired = 0;
    struct alarm a = alarm_of(&ts, &fired);
    struct alarm b = alarm_of(&ts, &fired);
    timers_start(&ts, &a.timer, 10);
    timers_start(&ts, &b.timer, 20);
    timers_fire(&ts, 9);
    assert_int_equal(fired, 0);
    timers_fire(&ts, 10);
    assert_int_equal(a.place, 1);
    int64_t due = 0;
    assert_true(timers_next_due(&ts, &due));
    assert_int_equal(due, 20);
    timers_fini(&ts);
    assert_null(b.timer.impl);
}

static void stopped_timers_do_not_fire(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct timers ts;
    timers_init(&ts);
    int fired = 0;
    struct prng p;
    prng_init(&p, 9);
    struct alarm alarms[COUNT];
    for (int i = 0; i < COUNT; i++) {
        alarms[i] = alarm_of(&ts, &fired);
        timers_start(&ts, &alarms[i].timer, (int64_t)prng_below(&p, 1000));
    }
    for (int i = 0; i < COUNT; i += 2) {
        timers_stop(&ts, &alarms[i].timer);
        timers_stop(&ts, &alarms[i].timer);
    }
    timers_fire(&ts, 1000);
    assert_int_equal(fired, COUNT / 2);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(alarms[i].place > 0, i % 2 == 1);
    }
    int64_t due = 0;
    assert_false(timers_next_due(&ts, &due));
    timers_fini(&ts);
}

static void starting_again_moves_a_timer(void **state)
{
    (void)state;
    struct timers ts;
    timers_init(&ts);
    int fired = 0;
    struct alarm a = alarm_of(&ts, &fired);
    timers_start(&ts, &a.timer, 10);
    timers_start(&ts, &a.timer, 30);
    assert_int_equal(ts.count, 1);
    timers_fire(&ts, 29);
    assert_int_equal(fired, 0);
    timers_fire(&ts, 30);
    assert_int_equal(fired, 1);
    timers_fini(&ts);
}

static void timer_started_by_a_callback_waits_for_the_next_round(void **state)
{
    (void)state;
    struct timers ts;
    timers_init(&ts);
    int fired = 0;
    struct alarm a = alarm_of(&ts, &fired);
    struct alarm b = alarm_of(&ts, &fired);
    a.restart_ms = 50; // already due, for ever
    timers_start(&ts, &a.timer, 50);
    timers_start(&ts, &b.timer, 50);
    timers_fire(&ts, 50);
    assert_int_equal(fired, 2);
    timers_fire(&ts, 50);
    assert_int_equal(fired, 3);
    timers_fini(&ts);
}

static void reserved_timers_need_no_memory(void **state)
{
    (void)state;
    struct timers ts;
    timers_init(&ts);
    (void)mem_fail_after(1);
    assert_false(timers_try_reserve(&ts, 4));
    assert_true(timers_try_reserve(&ts, 4));
    const struct timers_slot *slots = ts.slots;
    assert_true(timers_try_reserve(&ts, 3));
    struct port_timer t[4] = {0};
    for (int i = 0; i < 4; i++) {
        t[i].fire = alarm_of(&ts, NULL).timer.fire;
        timers_start(&ts, &t[i], i);
    }
    assert_ptr_equal(ts.slots, slots);
    timers_fini(&ts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order_of_deadline_then_of_starting),
        cmocka_unit_test(only_due_timers_fire),
        cmocka_unit_test(stopped_timers_do_not_fire),
        cmocka_unit_test(starting_again_moves_a_timer),
        cmocka_unit_test(timer_started_by_a_callback_waits_for_the_next_round),
        cmocka_unit_test(reserved_timers_need_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
