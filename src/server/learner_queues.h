// SPDX-License-Identifier: Apache-2.0
//
// How far a leader's learners are behind what it has proposed, as metrics: how many proposals wait
// for each learner when one leaves for it, and how long one of them waits. A leader here has no
// queue per learner but a cursor in its history (docs/design/broadcast.md); what is between the
// cursor and the end is what Java's queue would hold. Source: LearnerHandler.sendPackets.
#ifndef PADDOCK_SERVER_LEARNER_QUEUES_H
#define PADDOCK_SERVER_LEARNER_QUEUES_H

#include <stddef.h>

#include "server/stats.h"
#include "zab/zab.h"

struct learner_queue {
    int64_t sid;
    int64_t sent_zxid;
    int64_t marked_zxid, marked_ns; // a proposal whose way out is measured; 0: none
};

struct learner_queues {
    struct learner_queue *items;
    size_t count, cap;
    struct zab_follower *followers; // room for an answer
    size_t follower_cap;
};

void learner_queues_fini(struct learner_queues *q); // zeros are a legal beginning

// At the end of a turn. One that does not lead forgets what it had seen.
void learner_queues_look(struct learner_queues *q, const struct zab *z, struct stats *stats,
                         int64_t now_ns);
// The same with an answer of zab_followers.
void learner_queues_take(struct learner_queues *q, const struct zab_follower *followers,
                         size_t count, int64_t last_proposed, struct stats *stats, int64_t now_ns);

#endif
