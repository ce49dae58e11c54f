// SPDX-License-Identifier: Apache-2.0
//
// A simulated machine: a loop, clocks, randomness, a disk, a network card and a way to names. A
// process runs on it by being given its ports; the process ends by node_stop_process, after a clean
// stop as after a crash.
//
// Workers: a job runs as an event of its own, at some moment between submit and done, so that the
// loop's turns come before and after it; its disk operations take virtual time.
#ifndef PADDOCK_SIM_NODE_H
#define PADDOCK_SIM_NODE_H

#include "port/clock.h"
#include "port/entropy.h"
#include "sim/disk.h"
#include "sim/net.h"
#include "sim/pump.h"
#include "sim/resolver.h"
#include "sim/world.h"

struct sim_node {
    struct port_loop loop; // first
    struct port_clock clock;
    struct port_entropy entropy;
    struct sim_disk disk;
    struct sim_net net;
    struct sim_resolver resolver;
    struct sim_pump pump;
    struct world *world;
    struct list link;     // of the world
    struct timers events; // timers, arrivals, finished jobs: each runs in a turn of the loop
    void (*hook)(void *ctx);
    void *hook_ctx;
    uint64_t turns;
    struct list workers;
    int64_t wall_offset_ms;  // change it to make the wall clock jump
    int64_t paused_until_ns; // the loop makes no turn before; its workers go on
    unsigned try_countdown;  // the process's try_ allocation that fails, as in mem_fail_after
};

struct sim_node *node_open(struct world *w);
void node_close(struct sim_node *n); // the process must be gone

// The loop stands still for a while, as if the process got no time.
void node_pause(struct sim_node *n, int64_t duration_ms);

// Fire what is due and end the turn.
void node_turn(struct sim_node *n);

// Between the two runs the process of this machine: its allocations count, the world's do not.
void node_enter(struct sim_node *n);
void node_leave(struct sim_node *n);

// The wall clocks of all machines: the one furthest behind, and the one furthest ahead.
void node_walls(const struct world *w, int64_t *ret_least, int64_t *ret_most);

// The process that ran here has closed what it had: forget its hook and check that no timer, worker
// or listener of it is left. Reports by world_fail.
void node_stop_process(struct sim_node *n);

// Power off: connections break, and from now on every disk operation fails and changes nothing. The
// caller then closes the process, whose last words reach nobody, and calls node_power_on, which
// decides what of the unsynced bytes and names is left on the disk.
void node_power_off(struct sim_node *n);
void node_power_on(struct sim_node *n);

#endif
