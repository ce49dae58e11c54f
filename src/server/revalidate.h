// SPDX-License-Identifier: Apache-2.0
//
// Sessions that come back to another server than before. Only the leader knows which ones live: a
// learner asks it before it lets a client in (REVALIDATE), and tells it with every ping which
// sessions it has heard of since the last one. Local sessions (sessions.h) are nobody's but the
// server's that has them, and are not asked for.
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
struct session;

// Global sessions that were heard of, each once: by a request, or because they were committed.
// Bounded by the sessions there are. A session of a connection that ended is still told of once.
struct touched {
    struct hmap by_id;
    uint64_t round; // from 1; sessions know the one they are in, and need not be looked up again
};

void touched_init(struct touched *t);
void touched_fini(struct touched *t);
void touched_add(struct touched *t, int64_t session, int32_t timeout_ms);
void touched_remove(struct touched *t, int64_t session); // legal when it is not there
// Append {i64 session, i32 timeout_ms} of each, and forget them.
void touched_take(struct touched *t, struct buf *to);
void touched_clear(struct touched *t);

// A learner: ask for `c`, which is connecting, its session id known. It is answered by
// revalidate_answered, or closed with the role.
void revalidate_ask(struct server *s, struct conn *c);
void revalidate_answered(struct server *s, const struct zab_packet *packet);
// A request of this session came, or its createSession is committed.
void revalidate_touched(struct server *s, struct session *session, int32_t timeout_ms);

// The leader: a learner asks over `link`; and what it has heard of.
void revalidate_requested(struct server *s, zab_link link, const struct zab_packet *packet);
void revalidate_heard(struct server *s, struct slice touched);

#endif
