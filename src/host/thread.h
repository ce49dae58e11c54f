// SPDX-License-Identifier: Apache-2.0
//
// Threads of ours inside a program whose signals are its own: every signal is blocked in them, so
// it always interrupts another thread.
#ifndef PADDOCK_HOST_THREAD_H
#define PADDOCK_HOST_THREAD_H

#include <uv.h>

#include "base/err.h"

// Errors: ERR_LIMIT when no thread can be had.
enum err thread_start(uv_thread_t *ret, void (*run)(void *arg), void *arg) MUST_CHECK;

// The same for a thread that nobody waits for.
enum err thread_start_alone(void (*run)(void *arg), void *arg) MUST_CHECK;

#endif
