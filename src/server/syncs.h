// SPDX-License-Identifier: Apache-2.0
//
// Syncs of our own clients that wait for others. A sync promises that what is read behind it is not
// older than the leader's state when the sync was asked for. Two things make that true: somebody
// confirms it (the leader answers a learner's SYNC; a quorum tells a leader that it still leads),
// and everything up to the zxid of that moment, the barrier, is applied here.
//
//     waiting ──confirmed──► confirmed ──barrier is applied──► answered
//        └── a write that came after it is about to be applied ──►┘
//
// Both kinds of confirmation come in the order of the syncs. The short cut keeps the order of the
// session, and it is as good: such a write was proposed later, and a quorum has agreed to it.
// Source: Learner.syncWithLeader, Leader.processSync, CommitProcessor.
#ifndef PADDOCK_SERVER_SYNCS_H
#define PADDOCK_SERVER_SYNCS_H

#include "server/request.h"

struct sync;

struct syncs {
    struct sync *first, *last;
    struct sync *waiting;  // the oldest that is not confirmed; all behind it are not, either
    uint64_t count_passed; // answered before they were confirmed: that is still to come
};

void syncs_init(struct syncs *q);

// Queue a sync; `order` is larger than that of every one before it: a token of a leader, a place
// among the forwarded requests of a learner. `barrier` is INT64_MAX when only the confirmation will
// tell. Copies the body; false without memory for it.
bool syncs_add(struct syncs *q, const struct request *request, uint64_t order, int64_t barrier);

// The oldest that waits is confirmed, and needs what is committed up to `barrier`.
void syncs_confirm_next(struct syncs *q, int64_t barrier);
// Everything up to `order` is confirmed. Legal when all that was answered already.
void syncs_confirm(struct syncs *q, uint64_t order);

// Take one that is due, oldest first, or NULL; the caller frees it with sync_free.
struct sync *syncs_take_due(struct syncs *q, int64_t applied); // confirmed, barrier reached
struct sync *syncs_take_below(struct syncs *q, int64_t zxid);  // barrier < zxid
struct sync *syncs_take_before(struct syncs *q, uint64_t order);
struct sync *syncs_take(struct syncs *q); // any; when all is over

static inline bool syncs_is_empty(const struct syncs *q)
{
    return q->first == NULL;
}

const struct request *sync_request(const struct sync *sync); // valid until sync_free
void sync_free(struct sync *sync);

#endif
