// SPDX-License-Identifier: Apache-2.0
//
// Assertions stay on in release builds: a server that continues on a broken assumption corrupts
// its replicas. ASSERT states what we know; ALWAYS and NEVER state what we believe: they stop a
// test build and, in release, report and yield the condition so that the caller takes the safe
// branch; CHECK_SLOW walks a structure and exists in debug builds and in the simulator only.
// None of them is for input, disk contents or peers: those return errors.
#ifndef PADDOCK_BASE_ASSERT_H
#define PADDOCK_BASE_ASSERT_H

#include <stdbool.h>

// Print `what` with its place, run the hook (the trace ring dump), abort. Never returns.
_Noreturn void assert_failed(const char *what, const char *file, int line);

// Report a belief that did not hold. Aborts when PADDOCK_DEBUG is defined. Returns `held`.
bool assert_doubt(bool held, const char *what, const char *file, int line);

// `hook(ctx)` runs once before abort; for main/ to dump the trace ring. NULL removes it.
void assert_set_hook(void (*hook)(void *ctx), void *ctx);

#define ASSERT(x) ((x) ? (void)0 : assert_failed(#x, __FILE__, __LINE__))
#define ALWAYS(x) (__builtin_expect(!!(x), 1) || assert_doubt(false, #x, __FILE__, __LINE__))
#define NEVER(x) (__builtin_expect(!!(x), 0) && !assert_doubt(false, #x, __FILE__, __LINE__))

#ifdef PADDOCK_DEBUG
#define CHECK_SLOW(x) ASSERT(x)
#else
#define CHECK_SLOW(x) ((void)sizeof(x))
#endif

#endif
