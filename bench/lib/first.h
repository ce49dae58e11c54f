// SPDX-License-Identifier: Apache-2.0
//
// When does a server that is being started give its first session?
#ifndef PADDOCK_BENCH_LIB_FIRST_H
#define PADDOCK_BENCH_LIB_FIRST_H

#include <stdint.h>

// Try until a session opens and print when that was, on the monotonic clock.
void first_run(uint16_t port, uint32_t timeout_ms, double seconds_max);

#endif
