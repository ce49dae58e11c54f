// SPDX-License-Identifier: Apache-2.0
//
// Programs that a command starts and outlives: they have our terminal and streams.
#ifndef PADDOCK_MAIN_CHILD_H
#define PADDOCK_MAIN_CHILD_H

#include <stdbool.h>
#include <stddef.h>

struct cli_child;

// `vars` are lines NAME=value, ending with NULL, beside our environment; NULL for none.
// Errors: NULL with errno set, also when the program cannot be executed.
struct cli_child *child_start(const char *const *argv, const char *const *vars);

// The same, but the kernel kills the child (SIGKILL) when we end, however we end; what it has
// started itself is not reached by that. Unless `input` is NULL it is what the child reads. Thread:
// the child ends with the calling thread, too.
struct cli_child *child_guard(const char *const *argv, const char *const *vars, const void *input,
                              size_t input_len);

// Until the child is done, a signal comes or the time is over.
void child_wait(struct cli_child *child, int timeout_ms);

// Does not wait. 128 + n for a child that signal n ended, as shells have it. Frees when done.
bool child_is_done(struct cli_child *child, int *ret_exit_code);

void child_signal(struct cli_child *child, int signal_number);

#endif
