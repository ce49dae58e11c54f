// SPDX-License-Identifier: Apache-2.0
//
// Marks: a wait is content with what was reached since, and with nothing older.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mark.h"

static void what_is_reached_afterwards_counts(void **state)
{
    (void)state;
    struct mark_wait first = mark_expect("first");
    struct mark_wait second = mark_expect("second");
    mark_reach("second");
    mark_reach("first");
    mark_check(&first);
    mark_check(&second);
}

// Whether the wait of `action` ends the process.
static bool aborts(void (*action)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)close(STDERR_FILENO);
        action();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void reach_too_early(void)
{
    mark_reach("early");
    struct mark_wait w = mark_expect("early");
    mark_check(&w);
}

static void reach_another(void)
{
    struct mark_wait w = mark_expect("wanted");
    mark_reach("another");
    mark_check(&w);
}

static void what_is_not_reached_since_fails_the_test(void **state)
{
    (void)state;
    assert_true(aborts(reach_too_early));
    assert_true(aborts(reach_another));
}

static void end_a_block(void)
{
    EXPECT_MARK("end of the block");
}

static void release_builds_expect_nothing(void **state)
{
    (void)state;
#ifdef PADDOCK_DEBUG
    assert_true(aborts(end_a_block));
#else
    assert_false(aborts(end_a_block));
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_reached_afterwards_counts),
        cmocka_unit_test(what_is_not_reached_since_fails_the_test),
        cmocka_unit_test(release_builds_expect_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
