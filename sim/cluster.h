// SPDX-License-Identifier: Apache-2.0
//
// The machines of an ensemble: each with a zoo.cfg of its own, a disk, and a server process that
// comes and goes. "node-1" is the name of the first.
//
//     cluster_init ──► cluster_start_all ──► world_step, cluster_tend ... ──► cluster_fini
//
// A server that is meant to run is started again when it ends. One that ends by itself is a failure
// unless its disk has faults.
#ifndef PADDOCK_SIM_CLUSTER_H
#define PADDOCK_SIM_CLUSTER_H

#include "sim/box.h"
#include "sim/image.h"
#include "sim/look.h"
#include "sim/schedule.h"

enum {
    CLUSTER_TICK_MS = 100,
    CLUSTER_INIT_LIMIT = 20,
    CLUSTER_SYNC_LIMIT = 5,
};

struct cluster;

struct member {
    struct box box;
    struct cluster *cluster;
    int number;
    struct port_timer restart;
    bool is_held;     // not started until cluster_start
    bool is_stopping; // it was told to end
    bool is_damaged;  // its disk was exchanged or damaged; until it serves again
    bool was_refused; // it did not start with that disk; who runs it gives it an empty one
    int64_t down_ms;  // until the next start
    uint64_t turns;   // of its machine, when it was looked at
};

struct cluster_options {
    int voters, observers;
    const char *extra;                      // more text for every zoo.cfg
    const char *only[SCHEDULE_SERVERS_MAX]; // more text for one; NULL: none
    bool may_fail;                          // disks fail: servers may end by themselves
    bool is_verbose;
};

struct cluster {
    struct world *world;
    struct cluster_options options; // texts are borrowed
    struct member members[SCHEDULE_SERVERS_MAX];
    int count, voters;
    bool may_fail;
    bool is_healed; // from now on a server that does not start is a failure
    struct look look;
    uint64_t power_cuts, refusals;
};

void cluster_init(struct cluster *c, struct world *w, const struct cluster_options *options);
void cluster_fini(struct cluster *c);
// From its next start on the server, which is down, knows the first `voters` voters only.
void cluster_configure(struct cluster *c, int number, int voters);

void cluster_start_all(struct cluster *c); // those that are not held
void cluster_start(struct cluster *c, int number);
// After every step of the world: power that went inside a disk operation, processes that ended, a
// look inside of whoever moved.
void cluster_tend(struct cluster *c);

// End a process; it is started again after `down_ms`.
void cluster_kill(struct cluster *c, int number, int64_t down_ms);
void cluster_cut_power(struct cluster *c, int number, int64_t down_ms);
void cluster_stop(struct cluster *c, int number, int64_t down_ms);
// The next disk operations bring down the power: within `ops` of them.
void cluster_cut_power_at(struct cluster *c, int number, uint64_t ops, int64_t down_ms);
// Kill it and let its disk hold `image` from now on; NULL: nothing but directories.
void cluster_exchange_disk(struct cluster *c, int number, const struct image *image,
                           int64_t down_ms);
// Kill it and damage its disk; `note` gets words for people.
void cluster_damage(struct cluster *c, int number, uint64_t dice, int64_t down_ms,
                    struct buf *note);

static inline struct sim_node *cluster_node(const struct cluster *c, int number)
{
    return c->members[number].box.node;
}

// ---- asking ----

int cluster_leader(const struct cluster *c); // who leads the newest epoch and serves; -1: nobody
bool cluster_is_serving(const struct cluster *c, int number);
// Of those that are not held: all serve in the epoch of one leader; and their trees are at one
// zxid.
bool cluster_all_serve(const struct cluster *c);
bool cluster_is_level(const struct cluster *c);
// For people: what each server is and where.
void cluster_print(const struct cluster *c, struct buf *to);

#endif
