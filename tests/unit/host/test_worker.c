// SPDX-License-Identifier: Apache-2.0
//
// Workers: order, threads, completions on the loop, closing under way. Run under TSan too.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/list.h"
#include "host/loop.h"
#include "host/worker.h"

enum { JOBS = 300 };

struct fixture;

struct work {
    struct port_job job;
    struct fixture *f;
    int number;
    int ran_as; // order of running, from 1; written by the worker, read after done
    bool other_thread;
};

struct fixture {
    struct host_loop loop;
    struct port_worker *worker;
    struct port_worker *second;
    struct work work[JOBS];
    int ran; // of the worker thread
    int done;
    int again;
    int hooks;
    int done_at_hook;
    pthread_t loop_thread;
    char thread_name[32];
};

static void run(struct port_job *job)
{
    struct work *w = CONTAINER_OF(job, struct work, job);
    w->ran_as = ++w->f->ran;
    w->other_thread = pthread_equal(pthread_self(), w->f->loop_thread) == 0;
    if (w->number == 0) {
        (void)pthread_getname_np(pthread_self(), w->f->thread_name, sizeof(w->f->thread_name));
    }
}

static void done_in_order(struct port_job *job)
{
    struct work *w = CONTAINER_OF(job, struct work, job);
    assert_int_equal(w->number, w->f->done);
    assert_int_equal(w->ran_as, w->number + 1);
    assert_true(w->other_thread);
    assert_true(pthread_equal(pthread_self(), w->f->loop_thread) != 0);
    if (++w->f->done == JOBS) {
        uv_stop(&w->f->loop.uv);
    }
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.loop_thread = pthread_self()};
    *state = &f;
    if (loop_init(&f.loop) != ERR_OK) {
        return -1;
    }
    for (int i = 0; i < JOBS; i++) {
        f.work[i] = (struct work){.job = {.run = run, .done = done_in_order}, .f = &f, .number = i};
    }
    return f.loop.port.worker_open(&f.loop.port, "log-writer-long-name", &f.worker) == ERR_OK ? 0
                                                                                              : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->worker != NULL) {
        f->worker->close(f->worker);
    }
    loop_fini(&f->loop);
    return 0;
}

static void jobs_run_elsewhere_and_finish_in_order(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < JOBS; i++) {
        f->worker->submit(f->worker, &f->work[i].job);
    }
    loop_run(&f->loop);
    assert_int_equal(f->done, JOBS);
    assert_string_equal(f->thread_name, "log-writer-long");
}

static void done_and_submit_again(struct port_job *job)
{
    struct work *w = CONTAINER_OF(job, struct work, job);
    if (++w->f->again < 1000) {
        w->f->worker->submit(w->f->worker, job);
    } else {
        uv_stop(&w->f->loop.uv);
    }
}

static void finished_job_may_be_submitted_again(void **state)
{
    struct fixture *f = *state;
    f->work[0].job.done = done_and_submit_again;
    f->worker->submit(f->worker, &f->work[0].job);
    loop_run(&f->loop);
    assert_int_equal(f->again, 1000);
    assert_int_equal(f->ran, 1000);
}

static void note_hook(void *ctx)
{
    struct fixture *f = ctx;
    f->hooks++;
    f->done_at_hook = f->done;
}

static void turn_ends_after_completions(void **state)
{
    struct fixture *f = *state;
    f->loop.port.on_turn_end(&f->loop.port, note_hook, f);
    for (int i = 0; i < JOBS; i++) {
        f->worker->submit(f->worker, &f->work[i].job);
    }
    loop_run(&f->loop);
    assert_int_equal(f->done_at_hook, JOBS);
}

static void closing_runs_the_jobs_and_tells_nobody(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < JOBS; i++) {
        f->worker->submit(f->worker, &f->work[i].job);
    }
    f->worker->close(f->worker);
    f->worker = NULL;
    assert_int_equal(f->ran, JOBS);
    (void)uv_run(&f->loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(f->done, 0);
}

static void run_nothing(struct port_job *job)
{
    (void)job;
}

static void never_done(struct port_job *job)
{
    (void)job;
    fail_msg("a closed worker delivered a completion");
}

static void done_closes_second(struct port_job *job)
{
    struct fixture *f = CONTAINER_OF(job, struct work, job)->f;
    f->second->close(f->second);
    f->second = NULL;
    f->done++;
    uv_stop(&f->loop.uv);
}

// Until a completion is first in the loop's queue.
static void wait_for_completion(struct host_loop *l)
{
    bool is_there = false;
    while (!is_there) {
        uv_mutex_lock(&l->mutex);
        is_there = l->done.head != NULL;
        uv_mutex_unlock(&l->mutex);
    }
}

static void closing_inside_a_completion_drops_what_was_about_to_come(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->loop.port.worker_open(&f->loop.port, "second", &f->second), ERR_OK);
    f->work[0].job = (struct port_job){.run = run_nothing, .done = done_closes_second};
    f->worker->submit(f->worker, &f->work[0].job);
    wait_for_completion(&f->loop);
    for (int i = 1; i < JOBS; i++) {
        f->work[i].job = (struct port_job){.run = run_nothing, .done = never_done};
        f->second->submit(f->second, &f->work[i].job);
    }
    loop_run(&f->loop);
    (void)uv_run(&f->loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(f->done, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(jobs_run_elsewhere_and_finish_in_order),
        T(finished_job_may_be_submitted_again),
        T(turn_ends_after_completions),
        T(closing_runs_the_jobs_and_tells_nobody),
        T(closing_inside_a_completion_drops_what_was_about_to_come),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
