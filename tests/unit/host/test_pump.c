// SPDX-License-Identifier: Apache-2.0
//
// Turns from outside, the lock, waking, and a thread of the pump's own. Run under TSan too.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "base/list.h"
#include "base/mem.h"
#include "host/clock.h"
#include "host/listener.h"
#include "host/pump.h"

enum { ROUNDS = 2000, CALLERS = 4 };

struct fixture {
    struct host_loop loop;
    struct host_pump host_pump;
    struct port_pump *pump;
    struct port_clock clock;
    struct port_timer timer;
    int fired, hooks, hooks_at_fire;
    bool is_stopping; // with the lock
    int asked, done;  // with the lock: work handed to the thread and finished by it
    bool thread_knows_itself;
    atomic_bool is_waiting;
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    *state = &f;
    clock_init(&f.clock);
    if (loop_init(&f.loop) != ERR_OK || pump_init(&f.host_pump, &f.loop) != ERR_OK) {
        return -1;
    }
    f.pump = &f.host_pump.port;
    f.pump->lock(f.pump);
    f.pump->turn(f.pump, 0); // epoll knows the handles from now on
    f.pump->unlock(f.pump);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    f->pump->join_thread(f->pump);
    pump_fini(&f->host_pump);
    loop_fini(&f->loop);
    return 0;
}

static void count_hook(void *ctx)
{
    ((struct fixture *)ctx)->hooks++;
}

static void on_fire(struct port_timer *timer)
{
    struct fixture *f = CONTAINER_OF(timer, struct fixture, timer);
    f->fired++;
    f->hooks_at_fire = f->hooks;
}

static void locked_turn(struct fixture *f, int timeout_ms)
{
    f->pump->lock(f->pump);
    f->pump->turn(f->pump, timeout_ms);
    f->pump->unlock(f->pump);
}

static void turn_waits_no_longer_than_told(void **state)
{
    struct fixture *f = *state;
    int64_t start_ms = clock_mono_ms(&f->clock);
    locked_turn(f, 0);
    assert_true(clock_mono_ms(&f->clock) - start_ms < 5000);
    locked_turn(f, 20);
    int64_t took_ms = clock_mono_ms(&f->clock) - start_ms;
    assert_true(took_ms >= 19);
    assert_true(took_ms < 10000);
}

static void turn_without_a_bound_ends_with_the_timer_and_its_hook(void **state)
{
    struct fixture *f = *state;
    f->timer.fire = on_fire;
    f->loop.port.on_turn_end(&f->loop.port, count_hook, f);
    f->loop.port.timer_start(&f->loop.port, &f->timer, 10);
    int turns = 0;
    while (f->fired == 0) {
        locked_turn(f, -1);
        turns++;
    }
    assert_true(turns < 4); // it waited
    assert_int_equal(f->hooks, turns);
    assert_int_equal(f->hooks_at_fire, turns - 1); // the hook of that turn came after it
}

static void sockets_are_served_within_a_turn(void **state)
{
    struct fixture *f = *state;
    struct host_net net;
    net_init(&net, &f->loop);
    struct port_listener *listener;
    assert_int_equal(net.port.listen(&net.port, "127.0.0.1", 0, 0, false, &listener), ERR_OK);
    static const struct port_stream_handler handler = {.on_connected = NULL};
    struct port_stream *s;
    const struct port_address to = {.bytes = {127, 0, 0, 1}, .port = listener->port};
    assert_int_equal(net.port.connect(&net.port, &to, false, &s), ERR_OK);
    s->handler = &handler;
    listener->close(listener);
    s->close(s);
    locked_turn(f, 0); // frees both, as the leak check sees
}

static void wake_before_the_wait_ends_it(void **state)
{
    struct fixture *f = *state;
    f->pump->wake(f->pump);
    locked_turn(f, -1); // would not return
}

static void *wake_when_waiting(void *arg)
{
    struct fixture *f = arg;
    while (!atomic_load(&f->is_waiting)) {
        (void)sched_yield();
    }
    f->pump->lock(f->pump); // had only while the turn waits
    f->asked++;
    f->pump->unlock(f->pump);
    f->pump->wake(f->pump);
    return NULL;
}

static void lock_is_free_during_the_wait(void **state)
{
    struct fixture *f = *state;
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, wake_when_waiting, f), 0);
    f->pump->lock(f->pump);
    atomic_store(&f->is_waiting, true);
    while (f->asked == 0) {
        f->pump->turn(f->pump, -1);
    }
    f->pump->unlock(f->pump);
    assert_int_equal(pthread_join(other, NULL), 0);
}

static void wait_times_out(void **state)
{
    struct fixture *f = *state;
    int64_t start_ms = clock_mono_ms(&f->clock);
    f->pump->lock(f->pump);
    bool is_notified = f->pump->wait(f->pump, 20);
    f->pump->unlock(f->pump);
    assert_false(is_notified);
    assert_true(clock_mono_ms(&f->clock) - start_ms >= 19);
}

// ---- a thread of its own ----

static void serve(void *ctx)
{
    struct fixture *f = ctx;
    f->pump->lock(f->pump);
    f->thread_knows_itself = f->pump->is_on_thread(f->pump);
    while (!f->is_stopping) {
        f->pump->turn(f->pump, -1);
        if (f->done != f->asked) {
            f->done = f->asked;
            f->pump->notify(f->pump);
        }
    }
    f->pump->unlock(f->pump);
}

static void *call_often(void *arg)
{
    struct fixture *f = arg;
    for (int i = 0; i < ROUNDS; i++) {
        f->pump->lock(f->pump);
        int mine = ++f->asked;
        f->pump->wake(f->pump);
        while (f->done < mine) {
            (void)f->pump->wait(f->pump, 10000);
        }
        f->pump->unlock(f->pump);
    }
    assert_false(f->pump->is_on_thread(f->pump));
    return NULL;
}

static void callers_meet_the_thread_under_the_lock(void **state)
{
    struct fixture *f = *state;
    assert_false(f->pump->is_on_thread(f->pump));
    assert_int_equal(f->pump->start_thread(f->pump, serve, f), ERR_OK);
    pthread_t callers[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_create(&callers[i], NULL, call_often, f), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(callers[i], NULL), 0);
    }
    f->pump->lock(f->pump);
    assert_int_equal(f->done, CALLERS * ROUNDS);
    f->is_stopping = true;
    f->pump->unlock(f->pump);
    f->pump->wake(f->pump);
    f->pump->join_thread(f->pump);
    assert_true(f->thread_knows_itself);
    assert_false(f->pump->is_on_thread(f->pump));
    f->pump->join_thread(f->pump); // there is none any more
}

static void timer_of_a_caller_is_heard_by_the_waiting_thread(void **state)
{
    struct fixture *f = *state;
    f->timer.fire = on_fire;
    assert_int_equal(f->pump->start_thread(f->pump, serve, f), ERR_OK);
    f->pump->lock(f->pump);
    f->loop.port.timer_start(&f->loop.port, &f->timer, 5);
    f->pump->wake(f->pump);
    while (f->fired == 0) {
        (void)f->pump->wait(f->pump, 1);
    }
    f->is_stopping = true;
    f->pump->unlock(f->pump);
    f->pump->wake(f->pump);
}

static void memory_that_is_out_is_an_error(void **state)
{
    (void)state;
    for (unsigned n = 1;; n++) {
        struct host_loop loop;
        (void)mem_fail_after(n);
        enum err e = loop_init(&loop);
        unsigned left = mem_fail_after(0);
        if (e == ERR_OK) {
            loop_fini(&loop);
            assert_int_not_equal(left, 0);
            assert_true(n > 1);
            return;
        }
        assert_int_equal(e, ERR_NO_MEMORY);
    }
}

static void descriptors_that_are_out_are_an_error(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = 3, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct host_loop loop;
    enum err e = loop_init(&loop);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(e, ERR_TOO_MANY_FILES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(turn_waits_no_longer_than_told),
        T(turn_without_a_bound_ends_with_the_timer_and_its_hook),
        T(sockets_are_served_within_a_turn),
        T(wake_before_the_wait_ends_it),
        T(lock_is_free_during_the_wait),
        T(wait_times_out),
        T(callers_meet_the_thread_under_the_lock),
        T(timer_of_a_caller_is_heard_by_the_waiting_thread),
        cmocka_unit_test(memory_that_is_out_is_an_error),
        cmocka_unit_test(descriptors_that_are_out_are_an_error),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
