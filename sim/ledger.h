// SPDX-License-Identifier: Apache-2.0
//
// What a history proves about each node: the changes that are known, in the order of their zxids,
// and how far the requests whose fate is open leave room for others.
//
//     zxid          10          14                 20
//     /s/k1   ──────●───────────●──────────────────●────────►
//                 create      set v1             delete
//               (answered)  (a read's Stat)     (answered)
//
// A change is known because its request was answered, or because a Stat shows it: czxid tells a
// create, mzxid a set. The header of every answer holds the zxid up to which the server had applied
// when it answered, so a read at Z is a statement about exactly the state at Z.
//
// A request without an answer took effect, if at all, behind everything that anybody had been
// answered before it was sent, and not behind the first answer that its client got on its next
// connection: a server lets a client back in when the fate of its requests is settled. In an
// ensemble the first write's answer counts: the leader refuses what comes later over the old
// connection.
#ifndef PADDOCK_SIM_LEDGER_H
#define PADDOCK_SIM_LEDGER_H

#include "sim/annals.h"

enum change_kind { CHANGE_CREATE, CHANGE_SET, CHANGE_DELETE };

struct ledger_change {
    int32_t node;
    int64_t zxid;
    enum change_kind kind;
    int32_t version;    // after it
    int64_t czxid;      // of the life it belongs to; 0 for a delete
    uint32_t value;     // written, or found; 0: not known
    int64_t owner;      // of an ephemeral; -1: not known
    int32_t item;       // the answer that told first
    bool is_answered;   // not only seen
    int64_t seen_until; // of a create: the newest zxid at which this life was seen
};

// A part of a request without an answer.
struct ledger_open {
    int32_t node;
    int32_t type;
    int32_t call;
    bool is_sequential;     // a create: of a name that begins with the node's
    int64_t floor, ceiling; // it may have had a zxid in (floor, ceiling]
};

enum ledger_presence { IS_ABSENT, IS_PRESENT, IS_UNKNOWN };

struct ledger {
    const struct annals *history;
    struct ledger_change *changes; // by node, then zxid
    size_t count, cap;
    size_t *first;                         // of each node, and one behind the last
    const struct ledger_change **children; // creates and deletes, by parent, then zxid
    size_t child_count;
    size_t *first_child;
    struct ledger_open *open;
    size_t open_count, open_cap;
    bool *may_vanish;    // by node: was asked for as an ephemeral, a container or with a TTL
    int64_t *floors;     // by item: the greatest zxid of the answers before it
    int32_t *writers;    // by value: the call that brought it; ANNALS_NONE
    int32_t conflict[2]; // two answers that tell different things of one zxid, or ANNALS_NONE
};

// Memory: borrows `h`.
void ledger_init(struct ledger *l, const struct annals *h);
void ledger_fini(struct ledger *l);

// The last known change of a node at or before `zxid`, and the first one behind it; NULL.
const struct ledger_change *ledger_last(const struct ledger *l, int32_t node, int64_t zxid);
const struct ledger_change *ledger_next(const struct ledger *l, int32_t node, int64_t zxid);
// The first known create or delete of a child behind `zxid`.
const struct ledger_change *ledger_next_child(const struct ledger *l, int32_t parent, int64_t zxid);

// How many requests of `type` with an open fate may have changed the node in (after, until].
size_t ledger_hidden(const struct ledger *l, int32_t node, int32_t type, int64_t after,
                     int64_t until);
size_t ledger_hidden_creates(const struct ledger *l, int32_t node, int64_t after, int64_t until);

// Whether the node was there right after `zxid`.
enum ledger_presence ledger_presence(const struct ledger *l, int32_t node, int64_t zxid);

// True when the request of an answer was done: no part of it failed.
bool ledger_is_done(const struct annals *h, const struct annals_item *answer);

#endif
