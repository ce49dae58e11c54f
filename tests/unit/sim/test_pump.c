// SPDX-License-Identifier: Apache-2.0
//
// Turning a simulated world from outside: time, the end of a turn, waking.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sim/node.h"

struct fixture {
    struct world world;
    struct sim_node *mine, *other;
    struct port_pump *pump;
    struct port_timer timer, others;
    int fired, others_fired, hooks, hooks_at_fire;
};

static void on_fire(struct port_timer *timer)
{
    struct fixture *f = CONTAINER_OF(timer, struct fixture, timer);
    f->fired++;
    f->hooks_at_fire = f->hooks;
    f->pump->notify(f->pump);
}

static void others_on_fire(struct port_timer *timer)
{
    struct fixture *f = CONTAINER_OF(timer, struct fixture, others);
    f->others_fired++;
    f->other->loop.timer_start(&f->other->loop, timer, 10);
}

static void count_hook(void *ctx)
{
    ((struct fixture *)ctx)->hooks++;
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.timer = {.fire = on_fire}, .others = {.fire = others_on_fire}};
    world_init(&f.world, 8);
    f.mine = node_open(&f.world);
    f.other = node_open(&f.world);
    f.pump = &f.mine->pump.port;
    f.mine->loop.on_turn_end(&f.mine->loop, count_hook, &f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    f->other->loop.timer_stop(&f->other->loop, &f->others);
    node_close(f->mine);
    node_close(f->other);
    world_fini(&f->world);
    return 0;
}

static int64_t now_ms(const struct fixture *f)
{
    return f->world.now_ns / 1000000;
}

static void turn_lasts_until_something_happens_here(void **state)
{
    struct fixture *f = *state;
    f->other->loop.timer_start(&f->other->loop, &f->others, 10); // again and again, not here
    f->mine->loop.timer_start(&f->mine->loop, &f->timer, 500);
    int64_t start_ms = now_ms(f);
    f->pump->turn(f->pump, -1);
    assert_int_equal(f->fired, 1);
    assert_in_range(now_ms(f) - start_ms, 500, 510);
    assert_in_range(f->others_fired, 30, 50);
    assert_int_equal(f->hooks, f->hooks_at_fire + 1);
    assert_false(world_has_failed(&f->world));
}

static void turn_ends_when_the_time_has_passed(void **state)
{
    struct fixture *f = *state;
    f->mine->loop.timer_start(&f->mine->loop, &f->timer, 500);
    int64_t start_ms = now_ms(f);
    f->pump->turn(f->pump, 0);
    assert_int_equal(now_ms(f), start_ms);
    f->pump->turn(f->pump, 100);
    assert_int_equal(now_ms(f), start_ms + 100);
    assert_int_equal(f->fired, 0);
    assert_int_equal(f->hooks, 2); // each turn had its end
    f->mine->loop.timer_stop(&f->mine->loop, &f->timer);
    f->pump->turn(f->pump, 100); // in a world without events, too
    assert_int_equal(now_ms(f), start_ms + 200);
}

static void wake_ends_the_next_wait(void **state)
{
    struct fixture *f = *state;
    int64_t start_ms = now_ms(f);
    f->pump->wake(f->pump);
    f->pump->turn(f->pump, 60000);
    assert_in_range(now_ms(f) - start_ms, 0, 10);
    f->pump->wake(f->pump); // makes a turn also when the world is stepped by somebody else
    assert_true(world_step(&f->world));
    assert_int_equal(f->hooks, 2);
}

static void wait_moves_the_world_until_notified(void **state)
{
    struct fixture *f = *state;
    f->mine->loop.timer_start(&f->mine->loop, &f->timer, 300);
    int64_t start_ms = now_ms(f);
    assert_false(f->pump->wait(f->pump, 100));
    assert_int_equal(now_ms(f), start_ms + 100);
    assert_true(f->pump->wait(f->pump, 100000));
    assert_in_range(now_ms(f) - start_ms, 300, 310);
}

static void waiting_for_nothing_for_ever_is_a_failure(void **state)
{
    struct fixture *f = *state;
    f->pump->turn(f->pump, -1);
    assert_true(world_has_failed(&f->world));
}

static void there_is_no_other_thread(void **state)
{
    struct fixture *f = *state;
    f->pump->lock(f->pump);
    assert_int_equal(f->pump->start_thread(f->pump, count_hook, f), ERR_LIMIT);
    assert_int_equal(f->hooks, 0);
    f->pump->join_thread(f->pump);
    assert_false(f->pump->is_on_thread(f->pump));
    f->pump->unlock(f->pump);
}

static void allocate_later(struct port_timer *timer)
{
    struct fixture *f = CONTAINER_OF(timer, struct fixture, timer);
    void *p = mem_try_alloc(1);
    f->fired += p == NULL ? 1 : 0;
    mem_free(p);
}

static void countdown_of_allocations_goes_on_within_a_turn(void **state)
{
    struct fixture *f = *state;
    f->timer.fire = allocate_later;
    f->mine->loop.timer_start(&f->mine->loop, &f->timer, 5);
    (void)mem_fail_after(2);
    void *first = mem_try_alloc(1);
    assert_non_null(first);
    f->pump->turn(f->pump, -1);
    assert_int_equal(f->fired, 1);
    assert_int_equal(mem_fail_after(0), 0);
    mem_free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(turn_lasts_until_something_happens_here),
        T(turn_ends_when_the_time_has_passed),
        T(wake_ends_the_next_wait),
        T(wait_moves_the_world_until_notified),
        T(waiting_for_nothing_for_ever_is_a_failure),
        T(there_is_no_other_thread),
        T(countdown_of_allocations_goes_on_within_a_turn),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
