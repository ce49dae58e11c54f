// SPDX-License-Identifier: Apache-2.0
//
// Quorum predicates: is this set of servers enough to decide? Majority counts voters; a standalone
// server is the majority of one. Pure. Source: QuorumMaj.containsQuorum.
#ifndef PADDOCK_ZAB_QUORUM_H
#define PADDOCK_ZAB_QUORUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUORUM_VOTERS_MAX = 64 }; // one bit each in a quorum_set

// Voters by position, not by server id: bit i is voter i of `struct quorum`.
struct quorum_set {
    uint64_t bits;
};

struct quorum {
    int64_t voters[QUORUM_VOTERS_MAX]; // server ids
    size_t count;
};

// The quorum of a standalone server whose id is `sid`.
void quorum_init_single(struct quorum *q, int64_t sid);

// Add `sid` to `set` when it is a voter; others do not count and change nothing.
void quorum_add(const struct quorum *q, struct quorum_set *set, int64_t sid);

// More than half of the voters are in `set`.
bool quorum_is_reached(const struct quorum *q, struct quorum_set set);

#endif
