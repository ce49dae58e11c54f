// SPDX-License-Identifier: Apache-2.0
//
// A guest: a visitor whose connection is the client library's, on a machine of its own. It asks
// what visitors ask; reconnects, the session, its watches and the fate of what was under way are
// the library's business.
//
//     visit() ──► guest ──► library ──► tap ──► network
//                   ▲          │         │
//                   └─ results ┘         └──► transcript ──► annals ──► check_*.c
//
// So the checkers judge what passed the wire, and the guest judges the library by it:
//
// 1. A request leaves as it was asked for, once; results come in the order of requests, once each.
// 2. Its result is the answer that came; NOT_SENT when it never left; UNKNOWN only when it left and
//    no answer came (account.h).
// 3. Every watch event that came is told, in order, also to a watch that waited for it.
// 4. Whoever comes back names what it has seen, and sets exactly the watches that the program has,
//    before any other request.
#ifndef PADDOCK_SIM_GUEST_H
#define PADDOCK_SIM_GUEST_H

#include "client/client.h"
#include "sim/plant.h"
#include "sim/tap.h"
#include "sim/transcript.h"
#include "sim/visitor.h"

enum { GUEST_PARTS_MAX = 4 };

// A request without a result.
struct guest_ticket {
    struct guest *guest;
    bool is_open;
    int32_t xid, type;
    int32_t call; // its item, once it has left; or ANNALS_NONE
    struct annals_part parts[GUEST_PARTS_MAX];
    size_t count;
};

struct guest {
    struct visitor visitor; // what it chooses from and has seen; its own client is not used
    struct sim_node *node;
    struct client_ports ports;
    struct tap tap;
    struct transcript *transcript;
    struct paddock *zk; // NULL once it has stopped
    char servers[128];
    struct guest_ticket tickets[VISITOR_OPEN_MAX];
    int32_t event_next;                 // item from which on events are not told yet
    bool awaits_watch;                  // the event at hand has a watch that was not called
    bool due[VISITOR_NODES_MAX][LISTS]; // to be set on this connection
    bool is_due;
    int64_t shown; // greatest zxid of its handle's answers
    enum plant plant;
    bool has_lied;
    struct port_timer think; // of its machine
    struct port_timer back;  // of the world: the machine is reached again
    uint64_t lost;           // results with fate UNKNOWN
    uint64_t not_sent;
    uint64_t returns; // connections that set watches again
    uint64_t sessions;
};

// `servers` of the ensemble are named node-1, node-2, ...
void guest_start(struct guest *g, struct world *w, struct annals *h, int32_t number, int servers,
                 enum plant plant);
void guest_fini(struct guest *g); // it has stopped, and the servers are gone

// Its connection breaks; or, when `is_long`, its machine stands still or is cut off meanwhile.
void guest_rest(struct guest *g, int64_t away_ms, bool is_long);
// It leaves for good, and its session stays behind. What was told must be all that came.
void guest_stop(struct guest *g);

bool guest_is_quiet(const struct guest *g);

#endif
