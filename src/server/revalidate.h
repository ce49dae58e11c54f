// SPDX-License-Identifier: Apache-2.0
//
// Sessions that come back to another server than before. Only the leader knows which ones live: a
// learner asks it before it lets a client in (REVALIDATE), and tells it with every ping which
// sessions it has heard of since the last one.
//
//     ConnectRequest ──► learner ──REVALIDATE──► leader: touch, the learner owns the session now
//     response ◄──────── learner ◄──yes or no───┘
//
// Source: Learner.validateSession, LearnerHandler, LearnerSessionTracker.
#ifndef PADDOCK_SERVER_REVALIDATE_H
#define PADDOCK_SERVER_REVALIDATE_H

#include "base/buf.h"
#include "base/hmap.h"
#include "zab/event.h"

struct conn;
struct server;

// Which sessions were heard of, each once. Bounded by the sessions there are.
struct touched {
    struct hmap by_id;
};

void touched_init(struct touched *t);
void touched_fini(struct touched *t);
void touched_add(struct touched *t, int64_t session, int32_t timeout_ms);
// Append {i64 session, i32 timeout_ms} of each, and forget them.
void touched_take(struct touched *t, struct buf *to);

// A learner: ask for `c`, which is connecting, its session id known. It is answered by
// revalidate_answered, or closed with the role.
void revalidate_ask(struct server *s, struct conn *c);
void revalidate_answered(struct server *s, const struct zab_packet *packet);

// The leader: a learner asks over `link`; and what it has heard of.
void revalidate_requested(struct server *s, zab_link link, const struct zab_packet *packet);
void revalidate_heard(struct server *s, struct slice touched);

#endif
