// SPDX-License-Identifier: Apache-2.0
//
// What each server voted last, and whether enough of them agree. Pure.
//
// Bound: only voters of the one or two configurations in play are put in. Source: the maps recvset
// and outofelection of FastLeaderElection, getVoteTracker.
#ifndef PADDOCK_ZAB_BALLOTS_H
#define PADDOCK_ZAB_BALLOTS_H

#include "zab/vote.h"

enum { BALLOTS_MAX = 2 * QUORUM_VOTERS_MAX };

struct ballot {
    int64_t sid; // of the voter
    struct vote vote;
};
struct ballots {
    struct ballot items[BALLOTS_MAX];
    size_t count;
};

void ballots_clear(struct ballots *b);
// In place of what `sid` voted before. When the configuration changed so often meanwhile that there
// is no room, all before it are forgotten: votes are repeated, places of the dead are not needed.
void ballots_put(struct ballots *b, int64_t sid, const struct vote *vote);
void ballots_drop(struct ballots *b, int64_t sid);                     // legal when it did not vote
const struct vote *ballots_find(const struct ballots *b, int64_t sid); // NULL: did not vote

// Do those whose vote equals `vote` form a quorum, or are they even all voters there are?
bool ballots_have_quorum(const struct ballots *b, const struct quorums *q, const struct vote *vote);
bool ballots_are_unanimous(const struct ballots *b, const struct quorums *q,
                           const struct vote *vote);

#endif
