// SPDX-License-Identifier: Apache-2.0
//
// When does a server that is being started, or one of several, give its first session?
#ifndef PADDOCK_BENCH_LIB_FIRST_H
#define PADDOCK_BENCH_LIB_FIRST_H

#include <stdint.h>

#include "bench/lib/servers.h"

// Try until one of them opens a session, and print when that was on the monotonic clock.
void first_run(const struct servers *servers, uint32_t timeout_ms, double seconds_max);

#endif
