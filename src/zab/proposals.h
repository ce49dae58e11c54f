// SPDX-License-Identifier: Apache-2.0
//
// Proposals: the transactions that were proposed and are not committed yet, and who has
// acknowledged them. Pure: the caller proposes, reports durable acknowledgements (its own included,
// and only after its own sync), and learns up to which zxid it may commit.
//
//     committed | part 0: the configuration in force | part 1: both, since a reconfig | proposed
//
// A proposal needs a quorum of the configuration in force. A reconfiguration, and what is proposed
// behind it, needs one of the new configuration, too. What is still in flight when the new one
// comes into force needs only that: who votes no longer may have left, and would be waited for in
// vain. That is safe because from then on nobody leads without a quorum of the new configuration
// (an election needs both as long as it may still be unknown).
//
// Invariants:
//  1. zxids in flight increase, and all of them are larger than `committed`.
//  2. A proposal commits only when each of its quorums has acknowledged it and all before it
//     committed.
//  3. An acknowledgement of z covers everything up to z (the channel of a server is FIFO).
//  4. Nothing behind `hold` commits.
// Source: Leader.propose, Leader.tryToCommit; differs: there the rest goes on waiting for the old
// quorum; Shraer, Reed, Malkhi, Junqueira: Dynamic Reconfiguration (ATC'12).
#ifndef PADDOCK_ZAB_PROPOSALS_H
#define PADDOCK_ZAB_PROPOSALS_H

#include "zab/quorum.h"

enum {
    PROPOSALS_PARTS_MAX = 2, // one reconfiguration is in flight at a time
    PROPOSALS_SERVERS_MAX = 2 * QUORUM_VOTERS_MAX,
};

struct proposals_part {
    int64_t first; // zxid from which on these are needed
    struct quorums quorums;
};

struct proposals_ack {
    int64_t sid;
    int64_t zxid; // newest one that it has made durable
};

struct proposals {
    struct proposals_part parts[PROPOSALS_PARTS_MAX];
    size_t part_count;
    struct proposals_ack acks[PROPOSALS_SERVERS_MAX];
    size_t ack_count;
    int64_t proposed;  // newest zxid in flight or committed
    int64_t committed; // newest zxid that may be applied
    int64_t hold;      // a reconfiguration in flight: what follows waits until it is in force
};

// Start with nothing in flight behind `zxid`, and one configuration.
void proposals_init(struct proposals *p, const struct quorum *quorum, int64_t zxid);

// What is proposed from now on needs these.
void proposals_require(struct proposals *p, const struct quorums *quorums);
// A configuration is in force: everything that is in flight needs these and no others.
void proposals_settle(struct proposals *p, const struct quorums *quorums);

// Propose `zxid`, larger than every one before it.
void proposals_add(struct proposals *p, int64_t zxid);

// Server `sid` holds everything up to `zxid` on disk. Returns the zxid up to which to commit now.
// Acknowledgements of servers that do not vote, and stale ones, change nothing.
int64_t proposals_ack(struct proposals *p, int64_t sid, int64_t zxid);

// Server `sid` may have lost what is behind `zxid`: it is brought up to date again.
void proposals_retract(struct proposals *p, int64_t sid, int64_t zxid);

// Commit nothing behind `zxid`; INT64_MAX: everything may. Returns as proposals_ack.
int64_t proposals_hold(struct proposals *p, int64_t zxid);

// The newest zxid that `sid` has acknowledged; INT64_MIN: none.
int64_t proposals_acked(const struct proposals *p, int64_t sid);

// Forget what is in flight: it could not be logged here and nobody else has seen it. Legal only
// while this server is the whole quorum.
void proposals_abandon(struct proposals *p);

#endif
