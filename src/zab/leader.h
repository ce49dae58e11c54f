// SPDX-License-Identifier: Apache-2.0
//
// Leading: discovery of an epoch, bringing learners up to date, broadcast, and knowing when it is
// over. Pure.
//
//     waiting for epochs ──quorum──► waiting for histories ──quorum──► waiting for NEWLEADER acks
//                                                            ──quorum──► broadcasting ──► over
//
// Each learner has a course of its own through the same stages (leader_priv.h). Source: Leader,
// LearnerHandler; Zab (DSN'11) phases 1 to 3.
#ifndef PADDOCK_ZAB_LEADER_H
#define PADDOCK_ZAB_LEADER_H

#include "zab/zab.h"

struct zab_core;
struct leader;

struct leader *leader_new(struct zab_core *core); // borrows `core`
void leader_free(struct leader *l);

// Begin a term. What is in the log is applied, all of it.
void leader_begin(struct leader *l, int64_t now_ms, struct zab_effects *effects);
void leader_step(struct leader *l, const struct zab_event *event, struct zab_effects *effects);

// Or play the leader's part for observers, as a follower that serves (leader_master.c). Our tree
// stands at `applied_zxid`; the log is durable up to `logged_zxid`. Every event of the follower
// goes to leader_host_step, behind its own machine; ZAB_EV_SYNC is that of an observer's link.
void leader_host(struct leader *l, int64_t now_ms, int64_t applied_zxid, int64_t logged_zxid,
                 struct zab_effects *effects);
void leader_host_step(struct leader *l, const struct zab_event *event, struct zab_effects *effects);

// Close every link and the listener; nothing is left of the term.
void leader_end(struct leader *l, struct zab_effects *effects);

// A voter looks for a leader: after leader.maxTimeToWaitForEpoch the wait for epochs ends with
// that.
void leader_voter_looks(struct leader *l, int64_t now_ms);

// Leading is over, for this reason; NULL: it goes on. After a reconfiguration that names another
// leader, *ret_next is its id, else -1.
const char *leader_is_over(const struct leader *l, int64_t *ret_next);
bool leader_is_serving(const struct leader *l);
// Why it cannot hand over to `sid`, or with -1 to anybody; NULL: it can. The text is a constant.
const char *leader_handover_refusal(const struct leader *l, int64_t sid);
bool leader_deadline_ms(const struct leader *l, int64_t *ret);

size_t leader_followers(const struct leader *l, struct zab_follower *ret, size_t max);
size_t leader_pending_syncs(const struct leader *l);
int64_t leader_last_proposed(const struct leader *l);
int64_t leader_last_committed(const struct leader *l);

#endif
