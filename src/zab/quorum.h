// SPDX-License-Identifier: Apache-2.0
//
// Quorum predicates: is this set of servers enough to decide? Majority counts voters; in a
// hierarchical ensemble a group agrees by weight, and a majority of groups decides. While a
// configuration is being replaced, both the old and the new one must agree (struct quorums). Pure.
// Source: QuorumMaj, QuorumHierarchical, SyncedLearnerTracker.
#ifndef PADDOCK_ZAB_QUORUM_H
#define PADDOCK_ZAB_QUORUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/servers.h"

enum { QUORUM_VOTERS_MAX = 64 }; // one bit each in a quorum_set

struct quorum_voter {
    int64_t sid;
    int64_t group;  // of a hierarchical ensemble, else 0
    int64_t weight; // 1 in a majority
};

struct quorum {
    struct quorum_voter voters[QUORUM_VOTERS_MAX];
    size_t count;
    bool is_hierarchical;
};

// Voters by position, not by server id: bit i is voter i of `struct quorum`.
struct quorum_set {
    uint64_t bits;
};

// The quorum of a standalone server whose id is `sid`.
void quorum_init_single(struct quorum *q, int64_t sid);
// The voters of a checked configuration. Errors: ERR_LIMIT above QUORUM_VOTERS_MAX.
enum err quorum_init_config(struct quorum *q, const struct config_servers *config) MUST_CHECK;

bool quorum_has(const struct quorum *q, int64_t sid);
int64_t quorum_weight(const struct quorum *q, int64_t sid); // 0 for one that does not vote

// Add `sid` to `set` when it is a voter; others do not count and change nothing.
void quorum_add(const struct quorum *q, struct quorum_set *set, int64_t sid);
bool quorum_is_reached(const struct quorum *q, struct quorum_set set);

// ---- the configuration in force, and the one that is to replace it ----

struct quorums {
    struct quorum of[2];
    size_t count; // 1 or 2
};
struct quorums_set {
    struct quorum_set of[2];
};

// `seen` counts when its version is larger. Errors: ERR_LIMIT.
enum err quorums_init(struct quorums *qs, const struct config_servers *committed,
                      const struct config_servers *seen) MUST_CHECK;
bool quorums_has(const struct quorums *qs, int64_t sid); // a voter of one of them
void quorums_add(const struct quorums *qs, struct quorums_set *set, int64_t sid);
bool quorums_is_reached(const struct quorums *qs, struct quorums_set set); // in each of them

#endif
