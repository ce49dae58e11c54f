// SPDX-License-Identifier: Apache-2.0
//
// An actor: one client that works on nodes of its own and checks every answer against its model.
//
//     away ──session opens──► reconciling ──found explains──► working ──connection lost──► away
//
// Reconciling: a write that passes through the whole pipeline (so that nothing of the lost
// connection can still come), then a look at every node. What is found must be explained by the
// writes that were open.
//
// Checked on the way: answers come in the order of the requests; codes, versions and data are what
// the model says; zxids of a session do not go back (client.h); a watch event comes before the
// answer of the write that triggers it, and none comes unasked.
#ifndef PADDOCK_SIM_ACTOR_H
#define PADDOCK_SIM_ACTOR_H

#include "sim/client.h"
#include "sim/model.h"

enum actor_state { ACTOR_AWAY, ACTOR_RECONCILING, ACTOR_WORKING };

struct act {
    int32_t xid;
    int32_t type; // of the request
    bool is_write;
    struct model_write write;
    int key;    // of a read
    bool watch; // of a read
};

struct actor {
    struct sim_client client;
    struct world *world;
    int number;
    enum actor_state state;
    struct model model;              // after every answered write
    struct act open[MODEL_OPEN_MAX]; // sent, no answer yet; oldest first
    size_t open_count;
    struct model_write unsettled[MODEL_OPEN_MAX]; // open when the connection was lost
    size_t unsettled_count;
    struct model found;        // while reconciling
    int32_t reconcile_xid;     // of the first request of it
    bool reconcile_refused;    // the barrier failed: once more
    bool session_ended;        // since the model was last settled
    bool is_armed[MODEL_KEYS]; // a watch is set
    bool is_resting;           // sends nothing new
    int64_t think_ns;          // between requests, of the order of
    bool may_refuse;           // the disk has faults: SystemError is a legal answer
    int32_t next_xid;
    uint32_t next_value;
    uint64_t writes_done;
    uint64_t writes_refused;
    struct port_timer think;
};

void actor_init(struct actor *a, struct sim_node *server, uint16_t port, int number);
void actor_fini(struct actor *a);
void actor_start(struct actor *a);

// Working, and no answer is missing.
static inline bool actor_is_quiet(const struct actor *a)
{
    return a->state == ACTOR_WORKING && a->open_count == 0;
}

#endif
