// SPDX-License-Identifier: Apache-2.0
//
// The scheduler: order, repeatability from a seed, reports.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/node.h"

struct alarm {
    struct port_timer timer;
    struct world *world;
    int64_t fired_ns;
};

static void ring(struct port_timer *timer)
{
    struct alarm *a = CONTAINER_OF(timer, struct alarm, timer);
    a->fired_ns = a->world->now_ns;
}

static void empty_world_has_nothing_to_do(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    assert_false(world_step(&w));
    assert_false(world_run(&w, 10));
    world_fini(&w);
}

static void events_never_fire_early(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct world w;
        world_init(&w, seed);
        struct sim_node *n = node_open(&w);
        int64_t start_ns = w.now_ns;
        struct alarm alarms[20];
        for (int i = 0; i < 20; i++) {
            alarms[i] = (struct alarm){.timer = {.fire = ring}, .world = &w};
            if (i % 2 == 0) {
                world_start(&w, &alarms[i].timer, i * 1000000);
            } else {
                n->loop.timer_start(&n->loop, &alarms[i].timer, i);
            }
        }
        while (world_step(&w)) {
        }
        for (int i = 0; i < 20; i++) {
            assert_true(alarms[i].fired_ns >= start_ns + i * 1000000);
            assert_true(alarms[i].fired_ns < start_ns + i * 1000000 + 10000000);
        }
        node_close(n);
        world_fini(&w);
    }
}

static uint64_t trace_of(uint64_t seed)
{
    struct world w;
    world_init(&w, seed);
    struct alarm alarms[50];
    for (int i = 0; i < 50; i++) {
        alarms[i] = (struct alarm){.timer = {.fire = ring}, .world = &w};
        world_start(&w, &alarms[i].timer, world_delay(&w, 1000000));
    }
    while (world_step(&w)) {
    }
    world_fini(&w);
    return w.trace;
}

static void one_seed_decides_the_run(void **state)
{
    (void)state;
    assert_true(trace_of(1) == trace_of(1));
    assert_true(trace_of(1) != trace_of(2));
}

static void first_failure_is_kept_and_stops_the_run(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct alarm a = {.timer = {.fire = ring}, .world = &w};
    world_start(&w, &a.timer, 0);
    world_fail(&w, "lost write %d", 7);
    world_fail(&w, "and more");
    assert_string_equal(w.failure, "lost write 7");
    assert_false(world_step(&w));
    assert_int_equal(a.fired_ns, 0);
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_world_has_nothing_to_do),
        cmocka_unit_test(events_never_fire_early),
        cmocka_unit_test(one_seed_decides_the_run),
        cmocka_unit_test(first_failure_is_kept_and_stops_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
