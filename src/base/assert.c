// SPDX-License-Identifier: Apache-2.0
//
// How an assertion ends the process: one line on standard error, the hook, abort. The hook is the
// one place of the project where a layer keeps process-wide state: a failed assertion has no
// context argument to find its way by.
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

static struct {
    void (*hook)(void *ctx);
    void *ctx;
} at_failure;

void assert_set_hook(void (*hook)(void *ctx), void *ctx)
{
    at_failure.hook = hook;
    at_failure.ctx = ctx;
}

_Noreturn void assert_failed(const char *what, const char *file, int line)
{
    (void)fprintf(stderr, "assertion failed: %s at %s:%d\n", what, file, line);
    void (*hook)(void *ctx) = at_failure.hook;
    at_failure.hook = NULL; // a hook that fails an assertion must not come back here
    if (hook != NULL) {
        hook(at_failure.ctx);
    }
    abort();
}

bool assert_doubt(bool held, const char *what, const char *file, int line)
{
    if (!held) {
#ifdef PADDOCK_DEBUG
        assert_failed(what, file, line);
#else
        (void)fprintf(stderr, "unexpected: %s at %s:%d; continuing\n", what, file, line);
#endif
    }
    return held;
}
