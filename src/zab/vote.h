// SPDX-License-Identifier: Apache-2.0
//
// Votes: who should lead, and by what right. Pure values. Source: Vote, FastLeaderElection.
#ifndef PADDOCK_ZAB_VOTE_H
#define PADDOCK_ZAB_VOTE_H

#include "zab/quorum.h"
#include "zab/zab.h"

struct vote {
    int64_t leader;
    int64_t zxid;
    int64_t election_epoch; // the voter's logical clock
    int64_t peer_epoch;     // currentEpoch of the server voted for
    int32_t version;        // of the notification it came in
    enum zab_role state;    // of the voter
};

// `a` should win against `b`: larger epoch, then zxid, then id. A leader without weight never wins.
bool vote_is_better(const struct quorums *q, const struct vote *a, const struct vote *b);

// Whether two votes count as the same, which depends on states and versions. Source: Vote.equals.
bool vote_is_equal(const struct vote *a, const struct vote *b);

#endif
