// SPDX-License-Identifier: Apache-2.0
//
// The order of votes, and when two are the same one.
#include "zab/vote.h"

// A majority gives everybody the same weight, also a candidate of the configuration to come; in
// groups the configuration in force speaks first. Source: QuorumMaj.getWeight,
// QuorumHierarchical.getWeight; differs: who is in no group weighs nothing, and that is no error.
static bool has_weight(const struct quorums *q, int64_t sid)
{
    if (!q->of[0].is_hierarchical) {
        return true;
    }
    if (q->count == 2 && !quorum_has(&q->of[0], sid)) {
        return quorum_weight(&q->of[1], sid) > 0;
    }
    return quorum_weight(&q->of[0], sid) > 0;
}

// Source: FastLeaderElection.totalOrderPredicate.
bool vote_is_better(const struct quorums *q, const struct vote *a, const struct vote *b)
{
    if (!has_weight(q, a->leader)) {
        return false;
    }
    if (a->peer_epoch != b->peer_epoch) {
        return a->peer_epoch > b->peer_epoch;
    }
    if (a->zxid != b->zxid) {
        return a->zxid > b->zxid;
    }
    return a->leader > b->leader;
}

// Votes of servers that have a leader may differ in zxid and clock, as those are from before their
// synchronisation; and releases before 3.4.6 report another epoch. Source: Vote.equals.
bool vote_is_equal(const struct vote *a, const struct vote *b)
{
    if (a->state == ZAB_LOOKING || b->state == ZAB_LOOKING) {
        return a->leader == b->leader && a->zxid == b->zxid &&
               a->election_epoch == b->election_epoch && a->peer_epoch == b->peer_epoch;
    }
    if ((a->version > 0) != (b->version > 0)) {
        return a->leader == b->leader;
    }
    return a->leader == b->leader && a->peer_epoch == b->peer_epoch;
}
