// SPDX-License-Identifier: Apache-2.0
//
// What the files of the session share: session.c decides where it is, session_connect.c finds
// the way to a server, session_read.c takes in what it says, session_write.c sends.
#ifndef PADDOCK_CLIENT_SESSION_PRIV_H
#define PADDOCK_CLIENT_SESSION_PRIV_H

#include "client/session.h"

// Move to another phase; asserts that the table allows it and that the invariants hold.
void session_move(struct session *s, enum session_phase to);

// The attempt failed or the connection is lost: what was sent ends, the next attempt is due.
// `cause` becomes the trouble, behind the name of the server.
void session_lose(struct session *s, const char *cause, ...) __attribute__((format(printf, 2, 3)));

// The server says that the session has expired: the end, or with `renews` the way to a new one.
void session_expired(struct session *s);

// Keep one line about the server at hand.
void session_trouble(struct session *s, const char *cause, ...)
    __attribute__((format(printf, 2, 3)));

// Queue the news of a state.
void session_announce(struct session *s, enum paddock_state state);

// The lease lasts from the sending of a request that was answered.
void session_renew_lease(struct session *s, int64_t sent_ms);

static inline int64_t session_now(const struct session *s)
{
    return clock_mono_ms(s->ports->clock);
}

// While RESTING and the pause is over: begin the next attempt.
void session_attempt(struct session *s, int64_t now_ms);
// The answer of the resolver.
void session_on_resolved(struct port_question *q, enum err err,
                         const struct port_address *addresses, size_t count);

// The stream is connected: greet.
void session_greet(struct session *s);
// The greeting was answered: the session is open on this connection.
void session_opened(struct session *s, bool is_read_only);

// Take in what came. May lose the connection or end the session.
void session_read(struct session *s, struct slice bytes);

// Hand to the socket what it takes. May lose the connection.
void session_flush(struct session *s, int64_t now_ms);
// Queue a ping. Errors: ERR_NO_MEMORY.
enum err session_ping(struct session *s, int64_t now_ms) MUST_CHECK;
// Nothing is left to be written before a closeSession.
bool session_has_said_all(const struct session *s);
enum err session_say_close(struct session *s) MUST_CHECK;

#endif
