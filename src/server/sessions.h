// SPDX-License-Identifier: Apache-2.0
//
// The sessions this server tracks: who is alive until when, and which connection serves it. The
// replicated table of sessions is part of the tree; this one holds what only the deciding server
// knows: deadlines, the closing mark, the connection. Source: SessionTrackerImpl.
//
//     open ──(close request or deadline)──► closing ──(closeSession applied)──► gone
//
// A closing session answers SessionExpired to writes and is not touched any more.
//
// In an ensemble the leader decides: it tracks every session of the tree, and knows over which link
// a session writes, so that what an earlier server of it still forwards is refused. A learner has
// those of its own connections, and decides about none of them.
//
// A local session is known to one server of an ensemble alone, which decides about it whatever its
// role is. It may become global, never the other way. Source: UpgradeableSessionTracker.
#ifndef PADDOCK_SERVER_SESSIONS_H
#define PADDOCK_SERVER_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hmap.h"
#include "jute/code.h"
#include "server/expiry.h"

struct conn;

struct session {
    struct hmap_link link;
    struct expiry_item expiry;
    int64_t id;
    int32_t timeout_ms; // negotiated
    bool is_local;
    bool is_closing;
    bool has_owner;
    uint64_t owner;         // a learner's link, 0 for this server; the first one that writes
    uint64_t touched_round; // of the table of touches that has it (revalidate.h); 0: none
    struct conn *conn;      // that serves it now; NULL when none
};

struct sessions {
    struct hmap by_id;
    struct expiry expiry; // of global sessions
    struct expiry local;  // of local ones
    uint64_t local_count; // those that are closing included
    int64_t next_id;
    int64_t sid;
    bool is_leading;   // an unknown session has expired then
    bool allows_local; // unless it may be another server's local one
};

// `tick_ms` is the bucket width; ids start as Java's do for server `sid` at `now_ms`.
void sessions_init(struct sessions *s, int64_t tick_ms, int64_t sid, int64_t now_ms);
void sessions_fini(struct sessions *s);

// Forget all of them, none of which has a connection; ids go on.
void sessions_clear(struct sessions *s, int64_t now_ms);

int64_t sessions_new_id(struct sessions *s);
uint32_t sessions_hash(int64_t id); // for tables by session id

// Track a session with a full timeout, or touch the one that is tracked already.
struct session *sessions_track(struct sessions *s, int64_t id, int32_t timeout_ms, int64_t now_ms);
// The same of a session that is new, and local.
struct session *sessions_track_local(struct sessions *s, int64_t id, int32_t timeout_ms,
                                     int64_t now_ms);
// A local session is global from now on, with a full timeout.
void sessions_make_global(struct sessions *s, struct session *session, int64_t now_ms);
struct session *sessions_find(const struct sessions *s, int64_t id); // borrowed, or NULL
void sessions_remove(struct sessions *s, int64_t id);                // legal when unknown

// Extend the life of an open session; false when it is unknown or closing.
bool sessions_touch(struct sessions *s, struct session *session, int32_t timeout_ms,
                    int64_t now_ms);
// Its time is over: sessions_take_expired gives it next, unless it is closing.
void sessions_end(struct sessions *s, struct session *session, int64_t now_ms);
// No deadline any more; prep answers SessionExpired from now on.
void sessions_set_closing(struct sessions *s, struct session *session);
// The closing transaction could not be logged: open again with a full timeout.
void sessions_reopen(struct sessions *s, struct session *session, int64_t now_ms);

// The server behind `link`, 0 for this one, serves the session from now on.
static inline void session_set_owner(struct session *session, uint64_t link)
{
    session->has_owner = true;
    session->owner = link;
}

// May `id` write over `link`? OK; UnknownSession, or SessionExpired on a leader; SessionExpired
// when closing; SessionMoved when another link owns it. Source: LeaderSessionTracker.checkSession.
enum zk_code sessions_check(const struct sessions *s, int64_t id, uint64_t link);
// May it own an ephemeral, too? EphemeralOnLocalSession when it is local here; SessionExpired when
// it is unknown, and so perhaps local elsewhere. Source: LeaderSessionTracker.checkGlobalSession.
enum zk_code sessions_check_global(const struct sessions *s, int64_t id, uint64_t link);

// Time in which this server heard nobody is given back: every deadline comes so much later.
void sessions_postpone(struct sessions *s, int64_t by_ms);

// A session whose deadline has come, marked closing; NULL when there is none. Call until NULL.
struct session *sessions_take_expired(struct sessions *s, int64_t now_ms);
struct session *sessions_take_expired_local(struct sessions *s, int64_t now_ms);
// The same on a learner, which decides about those alone that sessions_end was called for; their
// connections are gone.
struct session *sessions_take_ended(struct sessions *s, int64_t now_ms);

#endif
