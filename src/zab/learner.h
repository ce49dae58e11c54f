// SPDX-License-Identifier: Apache-2.0
//
// Following and observing: find the leader, agree on the epoch, take over its history, then log,
// acknowledge and commit what it proposes. Pure.
//
//     dialling ──► discovering ──LEADERINFO──► synchronising ──NEWLEADER, ack──► waiting
//                                                            ──UPTODATE──► broadcasting ──► over
//
// Source: Learner, Follower, Observer (the rules of 3.9.3 and later); Zab (DSN'11) phases 1 to 3.
#ifndef PADDOCK_ZAB_LEARNER_H
#define PADDOCK_ZAB_LEARNER_H

#include "zab/vote.h"

struct zab_core;
struct learner;

struct learner *learner_new(struct zab_core *core); // borrows `core`
void learner_free(struct learner *l);

// Follow or observe (core->role) the leader of `vote`.
void learner_begin(struct learner *l, const struct vote *vote, int64_t now_ms,
                   struct zab_effects *effects);
void learner_step(struct learner *l, const struct zab_event *event, struct zab_effects *effects);
void learner_end(struct learner *l, struct zab_effects *effects); // close the link

// It is over, for this reason; NULL: it goes on. *ret_next as in leader.h.
const char *learner_is_over(const struct learner *l, int64_t *ret_next);
bool learner_is_serving(const struct learner *l);
bool learner_is_accepted(const struct learner *l); // the leader has told its epoch: it does lead
bool learner_deadline_ms(const struct learner *l, int64_t *ret);
zab_link learner_link(const struct learner *l);  // 0: none
int64_t learner_target(const struct learner *l); // whom it learns from
int64_t learner_logged(const struct learner *l); // newest durable zxid of this role; -1: none

#endif
