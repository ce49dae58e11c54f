// SPDX-License-Identifier: Apache-2.0
//
// A visitor: a client that shares its nodes with the other visitors, so it cannot know what an
// answer will be; it writes down what it sees (annals.h), and the checkers judge afterwards.
//
//     away ──session opens: auth, setWatches, the base nodes──► working ──connection lost──► away
//                                                                  └─ closeSession ──► a new
//                                                                  session
//
// What they share, and what it is for:
//
//     /s/k0../s/k5   plain nodes, all operations, multis, watches    /s/e0../s/e2  ephemerals
//     /q             sequential nodes, plain and ephemeral           /c  containers    /t  TTL
//     nodes /g             nodes that only Alice may change                /z  a subtree with a
//     hard quota
#ifndef PADDOCK_SIM_VISITOR_H
#define PADDOCK_SIM_VISITOR_H

#include "sim/annals.h"
#include "sim/client.h"

enum {
    VISITOR_OPEN_MAX = 6,   // requests without an answer while working
    VISITOR_QUEUE_MAX = 32, // and with those that begin a connection
    VISITOR_MADE_MAX = 8,   // sequential nodes that it remembers
    VISITOR_NODES_MAX = 64, // nodes whose names are fixed
    VISITOR_KEYS = 9,       // of /s: the last VISITOR_EPHEMERALS of them are ephemeral
    VISITOR_EPHEMERALS = 3,
    VISITOR_QUOTA = 5, // countHardLimit of /z, itself included
};

enum visitor_state { VISITOR_AWAY, VISITOR_WORKING };

struct visitor;
typedef void visitor_send_fn(struct visitor *v, int32_t type, struct annals_part *parts,
                             size_t count);

struct visitor {
    struct sim_client client;
    struct world *world;
    struct annals *history;
    visitor_send_fn *send; // what visit() has chosen
    int32_t number;
    enum visitor_state state;
    int32_t connection;
    int32_t open[VISITOR_QUEUE_MAX]; // calls without an answer, oldest first
    size_t open_count;
    bool armed[VISITOR_NODES_MAX][LISTS]; // to be set again on the next connection
    int32_t versions[VISITOR_NODES_MAX];  // last seen
    int32_t made[VISITOR_MADE_MAX];
    size_t made_next;
    int base_left; // answers about base nodes that are missing; 0: all are there
    bool base_failed;
    bool is_alice;
    bool is_closing;
    bool is_resting;    // sends nothing new
    int32_t audit_next; // reads every node from this one on; ANNALS_NONE: it does not
    int64_t think_ns;   // between requests, of the order of
    bool may_refuse;
    int32_t next_xid;
    uint64_t answers;
    struct port_timer think;
};

// Give the fixed nodes their numbers: once per history, before any visitor.
void visitor_name_nodes(struct annals *h);

// Write down what no client did: ANNALS_CLOCK, ANNALS_TROUBLE.
void visitor_mark(struct annals *h, const struct world *w, enum annals_kind kind);

void visitor_init(struct visitor *v, struct sim_node *server, uint16_t port, struct annals *h,
                  int32_t number);
void visitor_fini(struct visitor *v);
void visitor_start(struct visitor *v);

// Read every node that anybody knows, one after the other. Done when audit_next is ANNALS_NONE.
void visitor_audit(struct visitor *v);

// What it knows after a part of an answer, and after a watch event.
void visitor_note(struct visitor *v, const struct annals_part *p);
void visitor_note_event(struct visitor *v, int32_t type, int32_t node);
// Whether a removeWatches of `mode` would find a watch of the node.
bool visitor_has_watch(const struct visitor *v, int32_t node, int32_t mode);

static inline bool visitor_is_quiet(const struct visitor *v)
{
    return v->state == VISITOR_WORKING && v->open_count == 0;
}

#endif
