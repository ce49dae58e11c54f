// SPDX-License-Identifier: Apache-2.0
//
// Linux's two clocks: CLOCK_MONOTONIC and CLOCK_REALTIME.
#ifndef PADDOCK_HOST_CLOCK_H
#define PADDOCK_HOST_CLOCK_H

#include "port/clock.h"

void clock_init(struct port_clock *c);

#endif
