// SPDX-License-Identifier: Apache-2.0
//
// What a local session does differently.
#include "server/locals.h"

#include "base/assert.h"
#include "base/mark.h"
#include "jute/multi.h"
#include "jute/op.h"
#include "server/server_priv.h"

bool locals_are_opened(const struct server *s)
{
    bool is_member = s->pipeline.mode != PIPELINE_ALONE;
    return s->state == SERVER_READING || (is_member && s->config->local_sessions_enabled);
}

// ---- does a request need a global session? ----

static bool is_ephemeral(int32_t flags)
{
    return flags == CREATE_EPHEMERAL || flags == CREATE_EPHEMERAL_SEQUENTIAL;
}

static bool creates_ephemeral(struct jute_in *in)
{
    struct jute_create_request r;
    return jute_create_request_decode(in, &r) && is_ephemeral(r.flags);
}

static bool has_ephemeral(struct jute_in *in)
{
    struct multi m;
    if (!multi_decode(in, &m)) {
        return false;
    }
    for (int32_t i = 0; i < m.count; i++) {
        bool is_create = m.ops[i].type == OP_CREATE || m.ops[i].type == OP_CREATE2;
        if (is_create && is_ephemeral(m.ops[i].create.flags)) {
            return true;
        }
    }
    return false;
}

// What does not decode needs nothing: it is refused where every such request is.
static bool needs_global(struct server *s, const struct request *request)
{
    struct jute_in in;
    bool result = false;
    jute_in_init(&in, request->body, &s->prep_arena, s->string_max);
    if (request->type == OP_CREATE || request->type == OP_CREATE2) {
        result = creates_ephemeral(&in);
    } else if (request->type == OP_MULTI) {
        result = has_ephemeral(&in);
    }
    arena_reset(&s->prep_arena);
    return result;
}

// ---- a write comes ----

static void log_session(struct server *s, enum log_event event, int64_t id)
{
    struct log_line l;
    if (log_begin(&l, s->log, event)) {
        log_hex(&l, "session", id);
        log_end(&l);
    }
}

static void upgrade(struct conn *c)
{
    struct server *s = c->server;
    struct session *session = c->session;
    MARK("session is upgraded");
    trace(server_trace(s), "session 0x%llx becomes global", (unsigned long long)session->id);
    log_session(s, EVENT_SESSION_UPGRADED, session->id);
    sessions_make_global(&s->sessions, session, server_now_ms(s));
    pipeline_create_session(&s->pipeline, NULL, session->id, session->timeout_ms);
}

// Leaders refuse it in preparation; what a learner forwards fails there with SessionExpired, which
// the client must not be told. A multi tells it in its parts, as in Java.
static bool is_refused(struct server *s, const struct request *request)
{
    return !s->config->local_sessions_upgrading_enabled && request->type != OP_MULTI &&
           s->pipeline.mode == PIPELINE_LEARNING && needs_global(s, request);
}

bool locals_take(struct conn *c, const struct request *request)
{
    struct server *s = c->server;
    ASSERT(c->session->is_local);
    if (request->type == OP_CLOSE_SESSION) {
        sessions_set_closing(&s->sessions, c->session); // what comes behind it is dropped
        return true;
    }
    if (s->config->local_sessions_upgrading_enabled && needs_global(s, request)) {
        upgrade(c);
        return false;
    }
    return is_refused(s, request);
}

// ---- its turn has come ----

static void close_session(struct conn *c, const struct request *request)
{
    int64_t zxid = tree_last_zxid(c->server->tree);
    reply_code(c, request->xid, zxid, ZK_OK);
    conn_replied(c, request, zxid, op_last_name(request->type));
    log_session(c->server, EVENT_SESSION_CLOSED, c->session_id);
    conn_close_flushed(c, "local session closed by client"); // and the session is gone
}

bool locals_try_answer(struct conn *c, const struct request *request)
{
    ASSERT(c->session->is_local);
    if (request->type == OP_CLOSE_SESSION) {
        close_session(c, request);
        return true;
    }
    if (!is_refused(c->server, request)) {
        return false;
    }
    MARK("ephemeral on a local session");
    int64_t zxid = tree_last_zxid(c->server->tree);
    reply_code(c, request->xid, zxid, ZK_EPHEMERAL_ON_LOCAL_SESSION);
    conn_replied(c, request, zxid, "NA");
    return true;
}

// ---- the end ----

void locals_expire(struct server *s)
{
    struct session *session;
    while ((session = sessions_take_expired_local(&s->sessions, server_now_ms(s))) != NULL) {
        int64_t id = session->id;
        log_session(s, EVENT_SESSION_EXPIRED, id);
        stats_session_expired(s->stats);
        if (session->conn != NULL) {
            conn_close(session->conn, "local session expired"); // and the session is gone
        }
        sessions_remove(&s->sessions, id);
    }
}

void locals_committed(struct server *s, int64_t id)
{
    struct session *session = sessions_find(&s->sessions, id);
    if (session != NULL && session->is_local) {
        MARK("local session became global elsewhere");
        sessions_make_global(&s->sessions, session, server_now_ms(s));
    }
}
