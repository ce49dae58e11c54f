// SPDX-License-Identifier: Apache-2.0
//
// Assertions end the process, and tell the hook first. Each failing case runs in a child process.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"

// Run `fails` in a child with standard error closed; returns its wait status.
static int status_of(void (*fails)(int hook_pipe), int hook_pipe)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(2);
        fails(hook_pipe);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void fail_plainly(int hook_pipe)
{
    (void)hook_pipe;
    volatile int two = 2;
    ASSERT(two == 3);
}

static void failed_assertion_aborts(void **state)
{
    (void)state;
    int status = status_of(fail_plainly, -1);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void held_assertion_does_nothing(void **state)
{
    (void)state;
    ASSERT(1 + 1 == 2);
    assert_true(ALWAYS(1 + 1 == 2));
    assert_false(NEVER(1 + 1 == 3));
}

static void write_one_byte(void *ctx)
{
    const int *fd = ctx;
    (void)!write(*fd, "h", 1);
    ASSERT(*fd < 0); // a hook that fails itself must not run again
}

static void fail_with_hook(int hook_pipe)
{
    assert_set_hook(write_one_byte, &hook_pipe);
    volatile int two = 2;
    ASSERT(two == 3);
}

static void hook_runs_once_before_abort(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    int status = status_of(fail_with_hook, fds[1]);
    (void)close(fds[1]);
    char bytes[4];
    assert_int_equal(read(fds[0], bytes, sizeof(bytes)), 1);
    (void)close(fds[0]);
    assert_true(WIFSIGNALED(status));
}

static void doubt(int hook_pipe)
{
    (void)hook_pipe;
    volatile int two = 2;
    bool always = ALWAYS(two == 3);
    bool never = NEVER(two == 2);
    _exit(!always && never ? 7 : 1);
}

static void doubt_stops_tests_and_warns_in_release(void **state)
{
    (void)state;
    int status = status_of(doubt, -1);
#ifdef PADDOCK_DEBUG
    assert_true(WIFSIGNALED(status));
#else
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_assertion_aborts),
        cmocka_unit_test(held_assertion_does_nothing),
        cmocka_unit_test(hook_runs_once_before_abort),
        cmocka_unit_test(doubt_stops_tests_and_warns_in_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
