// SPDX-License-Identifier: Apache-2.0
//
// Opening a session: a new one through the log, or coming back to one that lives.
// Source: ZooKeeperServer.processConnectRequest, finishSessionInit.
#include "jute/connect.h"

#include "base/assert.h"
#include "base/mark.h"
#include "jute/op.h"
#include "server/locals.h"
#include "server/server_priv.h"

static void respond(struct conn *c, const struct connect_response *r)
{
    struct buf *out = conn_out(c);
    size_t start = out->len;
    buf_put_i32(out, 0);
    connect_response_encode(r, out);
    reply_end(c, start);
}

static void refuse(struct conn *c, const char *reason)
{
    struct log_line l;
    if (log_begin(&l, c->server->log, EVENT_SESSION_REFUSED)) {
        log_str(&l, "reason", reason);
        log_end(&l);
    }
    struct connect_response r = connect_refused(!c->is_old_client);
    respond(c, &r);
    conn_close_flushed(c, reason);
}

static void log_opened(const struct conn *c, enum log_event event)
{
    trace(server_trace(c->server), "%s session 0x%llx", log_event_name(event),
          (unsigned long long)c->session_id);
    struct log_line l;
    if (log_begin(&l, c->server->log, event)) {
        log_hex(&l, "session", c->session_id);
        log_i64(&l, "timeout_ms", c->timeout_ms);
        log_end(&l);
    }
}

// The session exists and this connection serves it from now on.
static void accept_session(struct conn *c, struct session *session)
{
    session->conn = c;
    session_set_owner(session, 0);
    c->session = session;
    uint8_t passwd[CONNECT_PASSWD_BYTES];
    connect_passwd(c->session_id, passwd);
    const struct connect_response r = {
        .body = {.timeout_ms = c->timeout_ms,
                 .session_id = c->session_id,
                 .passwd = slice_of(passwd, sizeof(passwd))},
        .has_read_only = !c->is_old_client,
        .read_only = c->server->state == SERVER_READING,
    };
    respond(c, &r);
    conn_connected(c);
}

// A learner learns of its own sessions when they are there; until then the leader alone has them.
static struct session *find_or_learn(struct server *s, const struct conn *c)
{
    if (s->pipeline.mode == PIPELINE_LEARNING) {
        return sessions_track(&s->sessions, c->session_id, c->timeout_ms, server_now_ms(s));
    }
    return sessions_find(&s->sessions, c->session_id);
}

void connect_finish(struct conn *c, int64_t asked_ns)
{
    struct server *s = c->server;
    struct session *session = find_or_learn(s, c);
    if (session == NULL || session->is_closing) {
        refuse(c, "session expired while it was opened");
        return;
    }
    const struct request request = {
        .conn = c, .type = OP_CREATE_SESSION, .arrived_ns = asked_ns, .ids = &c->ids};
    accept_session(c, session);
    conn_replied(c, &request, tree_last_zxid(s->tree), op_last_name(OP_CREATE_SESSION));
    log_opened(c, EVENT_SESSION_OPENED);
}

static void open_new(struct conn *c)
{
    struct server *s = c->server;
    int64_t now_ms = server_now_ms(s);
    c->session_id = sessions_new_id(&s->sessions);
    if (locals_are_opened(s)) {
        sessions_track_local(&s->sessions, c->session_id, c->timeout_ms, now_ms);
        connect_finish(c, s->now_ns);
        return;
    }
    if (s->pipeline.mode != PIPELINE_LEARNING) {
        sessions_track(&s->sessions, c->session_id, c->timeout_ms, now_ms);
    }
    pipeline_create_session(&s->pipeline, c, c->session_id, c->timeout_ms);
}

// ---- coming back ----

// A write of an earlier connection of this session is not settled yet.
static bool has_unfinished_writes(const struct server *s, int64_t session_id)
{
    LIST_FOREACH (it, &s->orphans) {
        if (CONTAINER_OF(it, struct conn, link)->session_id == session_id) {
            return true;
        }
    }
    return false;
}

// A client that lost its connection looks whether its last write was done; so it is let in when
// that is decided. Until then it is `connecting`.
static void rejoin(struct conn *c)
{
    struct server *s = c->server;
    if (has_unfinished_writes(s, c->session_id)) {
        MARK("session waits for its writes");
        list_push_back(&s->rejoining, &c->resumable);
        return;
    }
    accept_session(c, c->session);
    log_opened(c, EVENT_SESSION_RENEWED);
}

void connect_settled(struct server *s)
{
    struct list waiting;
    list_init(&waiting);
    LIST_FOREACH_SAFE (it, tmp, &s->rejoining) {
        list_remove(it);
        list_push_back(&waiting, it);
    }
    while (!list_is_empty(&waiting)) {
        struct conn *c = CONTAINER_OF(waiting.next, struct conn, resumable);
        list_remove(&c->resumable);
        rejoin(c);
    }
}

static void close_moved(struct conn *c)
{
    log_opened(c, EVENT_SESSION_MOVED);
    MARK("session has moved");
    conn_close(c, "its session moved to another connection");
}

// Any connection of the session but `c`; one that still waits for the leader's word, too.
static void close_others(struct conn *c, int64_t session_id)
{
    struct server *s = c->server;
    struct session *session = sessions_find(&s->sessions, session_id);
    if (session != NULL && session->conn != NULL) {
        close_moved(session->conn);
    }
    LIST_FOREACH_SAFE (it, tmp, &s->revalidating) {
        struct conn *waiting = CONTAINER_OF(it, struct conn, resumable);
        if (waiting->session_id == session_id) {
            close_moved(waiting);
        }
    }
}

static void take_session(struct conn *c, struct session *session)
{
    ASSERT(session->conn == NULL);
    session_set_owner(session, 0);
    c->session = session;
    session->conn = c;
    rejoin(c);
}

// In read-only mode a session that this server does not know may be one of another such server.
static struct session *find_to_join(struct conn *c)
{
    struct server *s = c->server;
    struct session *session = sessions_find(&s->sessions, c->session_id);
    int64_t now_ms = server_now_ms(s);
    if (session == NULL && s->state == SERVER_READING && !s->config->local_sessions_enabled) {
        return sessions_track_local(&s->sessions, c->session_id, c->timeout_ms, now_ms);
    }
    return sessions_touch(&s->sessions, session, c->timeout_ms, now_ms) ? session : NULL;
}

// Is this a matter for the leader?
static bool must_ask(const struct server *s, int64_t session_id)
{
    const struct session *session = sessions_find(&s->sessions, session_id);
    bool is_local = session != NULL && session->is_local;
    return s->pipeline.mode == PIPELINE_LEARNING && !is_local;
}

// Other connections of the session are closed first, even before the password is checked.
static void reattach(struct conn *c, int64_t session_id, struct slice passwd)
{
    struct server *s = c->server;
    stats_count(s->stats, STATS_CONNECTION_REVALIDATE_COUNT, 1);
    close_others(c, session_id);
    if (!connect_passwd_matches(session_id, passwd)) {
        refuse(c, "wrong session password");
        return;
    }
    c->session_id = session_id;
    if (must_ask(s, session_id)) {
        revalidate_ask(s, c);
        return;
    }
    struct session *session = find_to_join(c);
    if (session == NULL) {
        refuse(c, "session has ended");
        return;
    }
    take_session(c, session);
}

void connect_revalidated(struct conn *c, bool is_valid)
{
    struct server *s = c->server;
    if (!is_valid) {
        refuse(c, "session has ended, says the leader");
        return;
    }
    take_session(c, sessions_track(&s->sessions, c->session_id, c->timeout_ms, server_now_ms(s)));
}

static int32_t negotiate(const struct config *cfg, int32_t wanted_ms)
{
    if (wanted_ms < cfg->min_session_timeout_ms) {
        return cfg->min_session_timeout_ms;
    }
    return wanted_ms > cfg->max_session_timeout_ms ? cfg->max_session_timeout_ms : wanted_ms;
}

static bool is_ahead(const struct conn *c, int64_t last_zxid_seen)
{
    struct server *s = c->server;
    if (last_zxid_seen <= tree_last_zxid(s->tree)) {
        return false;
    }
    struct log_line l;
    if (log_begin(&l, s->log, EVENT_CLIENT_AHEAD)) {
        log_hex(&l, "client_zxid", last_zxid_seen);
        log_hex(&l, "our_zxid", tree_last_zxid(s->tree));
        log_end(&l);
    }
    return true;
}

// Who wants more than to read, or has a session that the majority has to know of, tries elsewhere.
// Source: ReadOnlyZooKeeperServer.validateSession.
static bool is_refused_read_only(struct conn *c, const struct connect_request *q)
{
    int32_t unused;
    if (!q->read_only) {
        MARK("client that writes is refused in read-only mode");
        conn_close(c, "only read-only clients are served now");
        return true;
    }
    if (tree_session_find(c->server->tree, q->body.session_id, &unused)) {
        MARK("global session is refused in read-only mode");
        conn_close(c, "a global session cannot be renewed in read-only mode");
        return true;
    }
    return false;
}

void connect_frame(struct conn *c, struct slice frame)
{
    struct server *s = c->server;
    struct connect_request q;
    struct jute_in in;
    if (!server_is_open(s)) {
        stats_count(s->stats, STATS_CNXN_CLOSED_WITHOUT_ZK_SERVER_RUNNING, 1);
        conn_close(c, "this server does not serve clients now");
        return;
    }
    jute_in_init(&in, frame, &s->read_arena, s->string_max);
    bool is_decoded = connect_request_decode(&in, &q);
    arena_reset(&s->read_arena);
    if (!is_decoded) {
        conn_malformed(c, "malformed connect request");
        return;
    }
    stats_count(s->stats, STATS_CONNECTION_REQUEST_COUNT, 1);
    stats_add(s->stats, STATS_CONNECTION_TOKEN_DEFICIT,
              s->throttle.tokens_max - s->throttle.tokens);
    enum throttle_kind kind = q.body.session_id != 0 ? THROTTLE_RENEW
                              : locals_are_opened(s) ? THROTTLE_LOCAL
                                                     : THROTTLE_GLOBAL;
    if (!throttle_admit_connection(&s->throttle, kind, server_now_ms(s))) {
        stats_count(s->stats, STATS_CONNECTION_REJECTED, 1);
        conn_close(c, "connection throttle");
        return;
    }
    if (s->state == SERVER_READING && is_refused_read_only(c, &q)) {
        return;
    }
    if (is_ahead(c, q.body.last_zxid_seen)) {
        MARK("client is ahead");
        conn_close(c, "client has seen a later zxid");
        return;
    }
    c->is_old_client = !q.has_read_only;
    c->timeout_ms = negotiate(s->config, q.body.timeout_ms);
    c->state = CONN_CONNECTING;
    if (q.body.session_id == 0) {
        open_new(c);
    } else {
        reattach(c, q.body.session_id, q.body.passwd);
    }
}
