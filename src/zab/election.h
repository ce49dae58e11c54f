// SPDX-License-Identifier: Apache-2.0
//
// Leader election: notifications in, notifications out, at the end a vote that a quorum shares.
// Also answers, in every other state, those who still look. Pure.
//
//     idle ──election_begin──► looking ──quorum agrees──► waiting a moment for a better vote ──►
//     decided
//                                 ▲                                    └── better vote ──► looking
//
// Source: FastLeaderElection.lookForLeader and its WorkerReceiver.
#ifndef PADDOCK_ZAB_ELECTION_H
#define PADDOCK_ZAB_ELECTION_H

#include "zab/vote.h"

struct zab_core;
struct election;

struct election *election_new(struct zab_core *core); // borrows `core`
void election_free(struct election *e);

// Begin a round: a new logical clock, our own vote to everybody. Or, when the decision of the last
// one was reopened, go on with that.
void election_begin(struct election *e, int64_t now_ms, struct zab_effects *effects);

// ZAB_EV_NOTIFICATION in any state, ZAB_EV_TIME while looking.
void election_step(struct election *e, const struct zab_event *event, struct zab_effects *effects);

bool election_is_decided(const struct election *e, struct vote *ret); // looking is over
// The decision came too early, or its time is over: voters that it stood on look again, and vote
// for others. Who has not seen its role confirmed does better to end it and to look again.
bool election_is_reopened(const struct election *e);
// The last notification came from a voter that looks, while we have a role.
bool election_heard_looking(const struct election *e);
void election_confirm(struct election *e); // it is too late for that: the role is what it is
bool election_deadline_ms(const struct election *e, int64_t *ret);
int64_t election_clock(const struct election *e);

#endif
