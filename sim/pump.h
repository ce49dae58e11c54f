// SPDX-License-Identifier: Apache-2.0
//
// The pump of a simulated machine: its turn moves the whole world on, until something happened on
// this machine or the time has passed. There is one thread, so the lock is nothing, `wait` moves
// the world until somebody notifies, and no other thread can be started (ERR_LIMIT).
//
// Only from outside of the world: a callback that the world runs must not turn it.
#ifndef PADDOCK_SIM_PUMP_H
#define PADDOCK_SIM_PUMP_H

#include "port/pump.h"
#include "sim/world.h"

struct sim_node;

struct sim_pump {
    struct port_pump port; // first
    struct sim_node *node;
    struct port_timer awake; // makes a turn of the machine
    bool is_notified;
};

void pump_init(struct sim_pump *p, struct sim_node *node);

#endif
