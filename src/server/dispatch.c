// SPDX-License-Identifier: Apache-2.0
//
// Frames of open connections: who handles which, and in what order the checks before that are made.
// Source: ZooKeeperServer.processPacket, submitRequestNow.
#include "base/assert.h"
#include "base/mark.h"
#include "jute/op.h"
#include "server/eager.h"
#include "server/locals.h"
#include "server/server_priv.h"

enum { HEADER_BYTES = 8 };

// ---- auth and sasl: answered directly, ahead of what waits ----

static void log_auth(struct conn *c, enum log_event event, struct slice scheme)
{
    struct log_line l;
    if (log_begin(&l, c->server->log, event)) {
        log_hex(&l, "session", c->session_id);
        log_slice(&l, "scheme", scheme);
        log_end(&l);
    }
}

// Source: EnsembleAuthenticationProvider.handleAuthentication.
static void count_ensemble(struct server *s, const struct jute_auth_packet *q,
                           enum auth_result result)
{
    if (!slice_equal_str(q->scheme, "ensemble")) {
        return;
    }
    bool has_names = q->auth.len > 0 && s->config->ensemble_auth_name != NULL;
    stats_count(s->stats,
                result != AUTH_OK ? STATS_ENSEMBLE_AUTH_FAIL
                : has_names       ? STATS_ENSEMBLE_AUTH_SUCCESS
                                  : STATS_ENSEMBLE_AUTH_SKIP,
                1);
}

static void handle_auth(struct conn *c, const struct request *request)
{
    struct server *s = c->server;
    struct jute_auth_packet q;
    struct jute_in in;
    jute_in_init(&in, request->body, &s->read_arena, s->string_max);
    if (!jute_auth_packet_decode(&in, &q)) {
        conn_malformed(c, "malformed auth packet");
        return;
    }
    enum auth_result result = auth_handle(&s->auth, q.scheme, q.auth, &c->stream->peer, &c->ids);
    count_ensemble(s, &q, result);
    switch (result) {
    case AUTH_OK:
        log_auth(c, EVENT_AUTH_ADDED, q.scheme);
        reply_code(c, request->xid, 0, ZK_OK);
        return;
    case AUTH_FAILED:
        log_auth(c, EVENT_AUTH_FAILED, q.scheme);
        stats_auth_failed(s->stats);
        reply_code(c, request->xid, 0, ZK_AUTH_FAILED);
        conn_close_flushed(c, "authentication failed");
        return;
    case AUTH_CLOSE:
        log_auth(c, EVENT_AUTH_FAILED, q.scheme);
        conn_close(c, "authentication failed");
        return;
    }
}

// No SASL mechanism is configured here: the answer is an empty token, and when SASL is required,
// its refusal. Source: ZooKeeperServer.processSasl.
static void handle_sasl(struct conn *c, const struct request *request)
{
    struct server *s = c->server;
    struct jute_sasl_token q;
    struct jute_in in;
    jute_in_init(&in, request->body, &s->read_arena, s->string_max);
    if (!jute_sasl_token_decode(&in, &q) || slice_is_null(q.token)) {
        conn_malformed(c, "malformed SASL packet");
        return;
    }
    size_t start;
    struct buf *out = reply_begin(c, request->xid, 0, ZK_OK, &start);
    jute_str_encode(slice_null(), out);
    reply_end(c, start);
}

static bool is_authenticated(struct conn *c, const struct request *request)
{
    struct server *s = c->server;
    if (auth_is_satisfied(&s->auth, &c->ids)) {
        return true;
    }
    reply_code(c, request->xid, 0, ZK_SESSION_CLOSED_REQUIRE_SASL_AUTH);
    conn_close_flushed(c, "not authenticated with a required scheme");
    return false;
}

// ---- requests ----

static void handle_unknown(struct conn *c, const struct request *request)
{
    struct log_line l;
    if (log_begin(&l, c->server->log, EVENT_REQUEST_UNKNOWN)) {
        log_hex(&l, "session", c->session_id);
        log_i64(&l, "type", request->type);
        log_end(&l);
    }
    throttle_large_done(&c->server->throttle, request->large_bytes);
    reply_code(c, request->xid, -1, ZK_UNIMPLEMENTED);
    conn_close_flushed(c, "unknown operation");
}

// Alone, what was applied here is all there is; in an ensemble others may be ahead.
static bool is_waiting_sync(const struct server *s, const struct request *request)
{
    return request->type == OP_SYNC && s->pipeline.mode != PIPELINE_ALONE;
}

// Behind the connection's own writes in flight, else at once.
static void answer_in_order(struct conn *c, const struct request *request)
{
    if (conn_has_writes(c)) {
        conn_defer(c, request);
    } else {
        dispatch_deferred(c->server, request);
    }
}

static bool is_local(const struct conn *c)
{
    return c->session != NULL && c->session->is_local;
}

static void handle_write(struct conn *c, const struct request *request)
{
    struct server *s = c->server;
    if (!server_is_open(s)) {
        throttle_large_done(&s->throttle, request->large_bytes);
        conn_close(c, "the server stops");
        return;
    }
    enum zk_code code = eager_check(s, request);
    if (code != ZK_OK) {
        throttle_large_done(&s->throttle, request->large_bytes);
        reply_code(c, request->xid, 0, code);
        return;
    }
    if (is_local(c) && locals_take(c, request)) {
        answer_in_order(c, request);
    } else if (!pipeline_write(&s->pipeline, request)) {
        answer_in_order(c, request); // the refusal keeps its place
    }
}

static void refuse_throttled(struct conn *c, const struct request *request)
{
    struct server *s = c->server;
    throttle_large_done(&s->throttle, request->large_bytes);
    stats_count(s->stats, STATS_THROTTLED_OPS, 1);
    MARK("throttled request is refused");
    reply_code(c, request->xid, tree_last_zxid(s->tree), ZK_THROTTLED_OP);
    log_event(s->log, EVENT_THROTTLED);
}

static void refuse_read_only(struct conn *c, const struct request *request)
{
    struct server *s = c->server;
    throttle_large_done(&s->throttle, request->large_bytes);
    MARK("request is refused in read-only mode");
    reply_code(c, request->xid, tree_last_zxid(s->tree), ZK_NOT_READ_ONLY);
}

// deleteContainer belongs to the server itself: Java takes it from any client, without any check of
// rights. Here it is an unknown operation.
static enum op_kind kind_of(int32_t type)
{
    return type == OP_DELETE_CONTAINER ? OP_KIND_INTERNAL : op_kind(type);
}

// The way of every request but auth and sasl, once the throttle lets it.
void dispatch_request(struct conn *c, const struct request *request)
{
    struct server *s = c->server;
    if (!sessions_touch(&s->sessions, c->session, c->timeout_ms, server_now_ms(s))) {
        throttle_large_done(&s->throttle, request->large_bytes);
        return; // closing: no reply, as Java
    }
    if (s->pipeline.mode == PIPELINE_LEARNING && !c->session->is_local) {
        revalidate_touched(s, c->session, c->timeout_ms);
    }
    if (request->is_throttled) {
        refuse_throttled(c, request);
        return;
    }
    if (s->state == SERVER_READING && read_only_refuses(request->type)) {
        refuse_read_only(c, request);
        return;
    }
    stats_add(s->stats, STATS_REQUEST_THROTTLE_QUEUE_TIME_MS,
              (s->now_ns - request->arrived_ns) / 1000000);
    switch (kind_of(request->type)) {
    case OP_KIND_READ:
        if (is_waiting_sync(s, request)) {
            pipeline_sync(&s->pipeline, request);
        } else {
            answer_in_order(c, request);
        }
        return;
    case OP_KIND_WRITE:
        handle_write(c, request);
        return;
    case OP_KIND_NONE:
    case OP_KIND_SPECIAL:
    case OP_KIND_INTERNAL:
        handle_unknown(c, request);
        return;
    }
}

static bool exceeds_outstanding(const struct server *s)
{
    uint64_t limit = server_outstanding_limit(s);
    return s->in_process > limit || s->throttle.waiting > limit || pipeline_is_full(&s->pipeline);
}

static void admit(struct conn *c, struct request *request)
{
    struct server *s = c->server;
    if (throttle_admit_large(&s->throttle, request->body.len, &request->large_bytes)) {
        uint64_t waiting = s->throttle.waiting;
        throttle_submit(&s->throttle, s->in_process, request, dispatch_request);
        bool must_wait = s->throttle.waiting > waiting;
        stats_count(s->stats, STATS_REQUEST_THROTTLE_WAIT_COUNT, must_wait ? 1 : 0);
        c->is_leaving = c->is_leaving || (must_wait && request->type == OP_CLOSE_SESSION);
        return;
    }
    stats_count(s->stats, STATS_LARGE_REQUESTS_REJECTED, 1);
    struct log_line l;
    if (log_begin(&l, s->log, EVENT_LARGE_REQUEST_REFUSED)) {
        log_hex(&l, "session", c->session_id);
        log_i64(&l, "bytes", (int64_t)request->body.len);
        log_end(&l);
    }
    conn_close(c, "largeRequestMaxBytes would be passed");
}

void dispatch_frame(struct conn *c, struct slice frame)
{
    struct server *s = c->server;
    if (frame.len < HEADER_BYTES) {
        conn_malformed(c, "frame without a header");
        return;
    }
    struct request request = {
        .conn = c,
        .ids = &c->ids,
        .session_id = c->session_id,
        .xid = (int32_t)be32_load(frame.data),
        .type = (int32_t)be32_load(frame.data + 4),
        .body = slice_skip(frame, HEADER_BYTES),
        .arrived_ns = s->now_ns,
    };
    if (request.type == OP_AUTH) {
        handle_auth(c, &request);
    } else if (request.type == OP_SASL) {
        handle_sasl(c, &request);
    } else if (is_authenticated(c, &request)) {
        stats_count(s->stats, STATS_PREP_PROCESSOR_REQUEST_QUEUED, 1);
        admit(c, &request);
    }
    if (c->state == CONN_OPEN && request.xid > 0 && conn_outstanding(c) > 0 &&
        exceeds_outstanding(s)) {
        conn_throttle(c);
    }
    arena_reset(&s->read_arena);
}

// Only a leader knows. Writes are refused in preparation; a connection that stays must not be read
// from as if nothing had happened. Source: PrepRequestProcessor checks the owner at reads, too.
static bool has_moved(const struct conn *c)
{
    const struct session *session = c->session;
    return c->server->pipeline.mode == PIPELINE_LEADING && session != NULL && session->owner != 0;
}

void dispatch_deferred(struct server *s, const struct request *request)
{
    struct conn *c = request->conn;
    if (has_moved(c)) {
        MARK("read of a session that has moved");
        conn_close_flushed(c, "its session moved to another server");
    } else if (!is_local(c) || !locals_try_answer(c, request)) {
        read_answer(s, request);
    }
    throttle_large_done(&s->throttle, request->large_bytes);
}
