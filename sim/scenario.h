// SPDX-License-Identifier: Apache-2.0
//
// A scenario: one server, some actors with nodes of their own, some visitors that share theirs, and
// troubles, all from one seed.
//
//     trouble for a while ──► everything healed: progress is demanded ──► quiet, clean stop,
//     start ──► every actor finds exactly what it knows ──► a visitor reads all nodes when what
//     was to go has had time to go ──► the checkers judge the history of the visitors
//
// Troubles: power cuts at any moment and inside a disk operation, kills, clean restarts,
// connections dropped, clients away until their session ends, clock jumps, and (with disk faults)
// operations that fail and a disk that is full for a while.
#ifndef PADDOCK_SIM_SCENARIO_H
#define PADDOCK_SIM_SCENARIO_H

#include "sim/actor.h"
#include "sim/annals.h"
#include "sim/box.h"

enum scenario_plan {
    SCENARIO_QUIET,       // no trouble but the planned one
    SCENARIO_CALM,        // dropped connections
    SCENARIO_CRASHES,     // and power cuts, kills, restarts
    SCENARIO_DISK_FAULTS, // and failing operations, a full disk
    SCENARIO_PLANS,
};

struct scenario_options {
    uint64_t seed;
    enum scenario_plan plan;
    int64_t trouble_ms; // virtual
    bool is_verbose;
    bool sync_lies;                   // a planted bug: the disk forgets what it promised
    void (*tamper)(struct annals *h); // another: what visitors saw is changed; NULL
    // One planned fault: the n-th operation of a kind after the start; nth 0: none.
    enum disk_op fail_op;
    uint64_t fail_nth;
    enum err fail_with;
    unsigned try_nth;   // this try_ allocation of the server fails; 0: none
    uint64_t cut_at_op; // power goes at this disk operation; 0: never
};

struct scenario_result {
    char failure[512]; // "" when every property held
    char story[2048];  // lines of the history that contradict each other; ""
    uint64_t steps, trace;
    uint64_t writes_done, writes_refused; // of actors
    uint64_t answers, seen;               // of visitors: answers, items of their history
    uint64_t starts, power_cuts;
    uint64_t disk_ops; // all, in this run
    uint64_t disk_counts[DISK_OPS];
    unsigned try_count; // try_ allocations of the server
};

// True when every property held.
bool scenario_run(const struct scenario_options *options, struct scenario_result *ret);

const char *scenario_plan_name(enum scenario_plan plan);

#endif
