// SPDX-License-Identifier: Apache-2.0
//
// A simulated machine: turns, workers, clocks, and what a process may not leave behind.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/node.h"

enum { JOBS = 20 };

struct fixture {
    struct world world;
    struct sim_node *node;
    struct port_worker *worker;
    int hooks, runs, dones;
    int hooks_at_last_done;
};

struct work {
    struct port_job job;
    struct fixture *f;
    int number;
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    world_init(&f.world, 5);
    f.node = node_open(&f.world);
    *state = &f;
    return f.node->loop.worker_open(&f.node->loop, "log", &f.worker) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->worker != NULL) {
        f->worker->close(f->worker);
    }
    node_close(f->node);
    world_fini(&f->world);
    return 0;
}

static void count_hook(void *ctx)
{
    ((struct fixture *)ctx)->hooks++;
}

static void run(struct port_job *job)
{
    struct work *w = CONTAINER_OF(job, struct work, job);
    assert_int_equal(w->number, w->f->runs);
    w->f->runs++;
}

static void done(struct port_job *job)
{
    struct work *w = CONTAINER_OF(job, struct work, job);
    assert_int_equal(w->number, w->f->dones);
    assert_true(w->f->runs > w->number);
    w->f->dones++;
    w->f->hooks_at_last_done = w->f->hooks;
}

static void jobs_run_and_finish_in_order(void **state)
{
    struct fixture *f = *state;
    f->node->loop.on_turn_end(&f->node->loop, count_hook, f);
    struct work work[JOBS];
    for (int i = 0; i < JOBS; i++) {
        work[i] = (struct work){.job = {.run = run, .done = done}, .f = f, .number = i};
        f->worker->submit(f->worker, &work[i].job);
    }
    assert_int_equal(f->runs, 0);
    while (world_step(&f->world)) {
    }
    assert_int_equal(f->dones, JOBS);
    assert_true(f->hooks > f->hooks_at_last_done);
}

static void closing_a_worker_runs_its_jobs_and_tells_nobody(void **state)
{
    struct fixture *f = *state;
    struct work work[3];
    for (int i = 0; i < 3; i++) {
        work[i] = (struct work){.job = {.run = run, .done = done}, .f = f, .number = i};
        f->worker->submit(f->worker, &work[i].job);
    }
    f->worker->close(f->worker);
    f->worker = NULL;
    while (world_step(&f->world)) {
    }
    assert_int_equal(f->runs, 3);
    assert_int_equal(f->dones, 0);
}

static void wall_clock_jumps_and_monotonic_does_not(void **state)
{
    struct fixture *f = *state;
    int64_t mono = clock_mono_ms(&f->node->clock);
    int64_t wall = clock_wall_ms(&f->node->clock);
    f->node->wall_offset_ms = -3600000;
    assert_int_equal(clock_mono_ms(&f->node->clock), mono);
    assert_int_equal(clock_wall_ms(&f->node->clock), wall - 3600000);
}

static void worker_left_behind_is_reported(void **state)
{
    struct fixture *f = *state;
    node_stop_process(f->node);
    assert_true(world_has_failed(&f->world));
}

static void nothing(struct port_timer *timer)
{
    (void)timer;
}

static void timer_left_behind_is_reported(void **state)
{
    struct fixture *f = *state;
    f->worker->close(f->worker);
    f->worker = NULL;
    static struct port_timer timer = {.fire = nothing};
    f->node->loop.timer_start(&f->node->loop, &timer, 5);
    node_stop_process(f->node);
    assert_true(world_has_failed(&f->world));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(jobs_run_and_finish_in_order),
        T(closing_a_worker_runs_its_jobs_and_tells_nobody),
        T(wall_clock_jumps_and_monotonic_does_not),
        T(worker_left_behind_is_reported),
        T(timer_left_behind_is_reported),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
