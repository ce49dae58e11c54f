// SPDX-License-Identifier: Apache-2.0
//
// Threads take no signals, and the thread that starts one goes on taking its own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

#include "host/thread.h"

struct seen {
    sigset_t mask;
    sem_t done;
};

static void look(void *arg)
{
    struct seen *s = arg;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
    (void)sem_post(&s->done);
}

static void assert_takes_no_signal(struct seen *s)
{
    assert_int_equal(sigismember(&s->mask, SIGTERM), 1);
    assert_int_equal(sigismember(&s->mask, SIGCHLD), 1);
    sigset_t here;
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &here), 0);
    assert_int_equal(sigismember(&here, SIGTERM), 0);
}

static void started_thread_takes_no_signals(void **state)
{
    (void)state;
    struct seen s;
    assert_int_equal(sem_init(&s.done, 0, 0), 0);
    uv_thread_t thread;
    assert_int_equal(thread_start(&thread, look, &s), ERR_OK);
    assert_int_equal(uv_thread_join(&thread), 0);
    assert_takes_no_signal(&s);
    assert_int_equal(sem_destroy(&s.done), 0);
}

static void thread_alone_needs_no_join(void **state)
{
    (void)state;
    static struct seen s; // the thread may still be inside sem_post when this function returns
    assert_int_equal(sem_init(&s.done, 0, 0), 0);
    assert_int_equal(thread_start_alone(look, &s), ERR_OK);
    assert_int_equal(sem_wait(&s.done), 0);
    assert_takes_no_signal(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(started_thread_takes_no_signals),
        cmocka_unit_test(thread_alone_needs_no_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
