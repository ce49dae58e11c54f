// SPDX-License-Identifier: Apache-2.0
//
// Proposals: the transactions that were proposed and are not committed yet, oldest first, and who
// has acknowledged them. Pure: the caller proposes, reports durable acknowledgements (its own
// included, and only after its own sync), and learns up to which zxid it may commit.
//
// Invariants:
//  1. zxids in flight increase, and all of them are larger than `committed`.
//  2. A proposal commits only when a quorum has acknowledged it and all before it committed.
//  3. An acknowledgement of z covers everything up to z (the channel of a server is FIFO).
// Source: Leader.propose, Leader.tryToCommit.
#ifndef PADDOCK_ZAB_PROPOSALS_H
#define PADDOCK_ZAB_PROPOSALS_H

#include "zab/quorum.h"

struct proposals {
    struct quorum quorum;
    int64_t acked[QUORUM_VOTERS_MAX]; // newest zxid that voter i has made durable
    int64_t proposed;                 // newest zxid in flight or committed
    int64_t committed;                // newest zxid that may be applied
};

// Start with nothing in flight behind `zxid`.
void proposals_init(struct proposals *p, const struct quorum *quorum, int64_t zxid);

// Propose `zxid`, larger than every one before it.
void proposals_add(struct proposals *p, int64_t zxid);

// Server `sid` holds everything up to `zxid` on disk. Returns the zxid up to which to commit now.
// Acknowledgements of servers that do not vote, and stale ones, change nothing.
int64_t proposals_ack(struct proposals *p, int64_t sid, int64_t zxid);

// Forget what is in flight: it could not be logged here and nobody else has seen it. Legal only
// while this server is the whole quorum.
void proposals_abandon(struct proposals *p);

#endif
