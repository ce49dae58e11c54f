// SPDX-License-Identifier: Apache-2.0
//
// The write path from the log on: commit, apply, answer; and what becomes of requests whose
// transaction is not applied.
#include "base/assert.h"
#include "base/mark.h"
#include "jute/op.h"
#include "server/account.h"
#include "server/locals.h"
#include "server/pipeline_priv.h"
#include "server/server_priv.h"
#include "store/record.h"

// ---- one request is over ----

void pipeline_settle_one(struct pipeline *pl, const struct pending *p)
{
    struct server *s = pl->server;
    if (p->is_counted) {
        ASSERT(s->in_process > 0);
        s->in_process--;
    }
    throttle_large_done(&s->throttle, p->large_bytes);
    if (p->conn != NULL) {
        conn_write_done(p->conn);
    }
}

static void abandon_one(struct pipeline *pl, const struct pending *p)
{
    struct server *s = pl->server;
    struct session *session = sessions_find(&s->sessions, p->session_id);
    if (p->type == OP_CREATE_SESSION) {
        sessions_remove(&s->sessions, p->session_id);
        if (p->conn != NULL && p->conn->state == CONN_CONNECTING) {
            conn_close(p->conn, "session could not be logged");
        }
    } else if (p->type == OP_CLOSE_SESSION && session != NULL) {
        sessions_reopen(&s->sessions, session, server_now_ms(s));
    }
    if (p->conn != NULL && p->conn->state == CONN_OPEN) {
        reply_code(p->conn, p->xid, tree_last_zxid(s->tree), ZK_SYSTEM_ERROR);
    }
    pipeline_settle_one(pl, p);
}

void pipeline_abandon_batch(struct pipeline *pl, struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        abandon_one(pl, &b->items[i]);
    }
    batch_clear(b);
}

void pipeline_forget_batch(struct pipeline *pl, struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        if (b->items[i].conn != NULL) {
            conn_close(b->items[i].conn, "nobody will know what became of its write");
        }
        pipeline_settle_one(pl, &b->items[i]);
    }
    batch_clear(b);
}

// ---- syncs ----

static void answer_sync(struct pipeline *pl, struct sync *sync)
{
    struct server *s = pl->server;
    const struct request *request = sync_request(sync);
    struct conn *c = request->conn;
    if (c->state == CONN_OPEN) {
        dispatch_deferred(s, request);
    } else {
        throttle_large_done(&s->throttle, request->large_bytes);
    }
    ASSERT(s->in_process > 0);
    s->in_process--;
    conn_write_done(c);
    sync_free(sync);
}

// The oldest transaction that is not applied, wherever it is; INT64_MAX: there is none.
static int64_t next_zxid(const struct pipeline *pl)
{
    if (!list_is_empty(&pl->logged)) {
        const struct pending *p;
        struct slice body;
        const struct batch *b = CONTAINER_OF(pl->logged.next, struct batch, link);
        bool has_more = batch_next(b, INT64_MAX, &body, &p);
        ASSERT(has_more);
        return record_zxid(body);
    }
    if (pl->in_flight != NULL) {
        return pl->in_flight->first_zxid;
    }
    return pl->filling->count > 0 ? pl->filling->first_zxid : INT64_MAX;
}

void pipeline_answer_syncs(struct pipeline *pl)
{
    if (syncs_is_empty(&pl->syncs)) {
        return;
    }
    // A committed zxid need not be a transaction's: an epoch begins with one that is none.
    int64_t applied =
        next_zxid(pl) > pl->committed ? pl->committed : tree_last_zxid(pl->server->tree);
    struct sync *sync;
    while ((sync = syncs_take_due(&pl->syncs, applied)) != NULL) {
        answer_sync(pl, sync);
    }
}

// ---- one transaction ----

static void session_closed(struct pipeline *pl, int64_t session_id, const struct pending *p)
{
    struct server *s = pl->server;
    struct session *session = sessions_find(&s->sessions, session_id);
    if (session != NULL && session->conn != NULL) {
        conn_close(session->conn, "session expired"); // one that closed it itself has left it
    }
    sessions_remove(&s->sessions, session_id);
    touched_remove(&s->touched, session_id);
    trace(server_trace(s), "session 0x%llx closed", (unsigned long long)session_id);
    struct log_line l;
    if (p->conn != NULL && log_begin(&l, s->log, EVENT_SESSION_CLOSED)) {
        log_hex(&l, "session", session_id);
        log_end(&l);
    }
}

// Every learner tells the leader once of a new session, whosever it is.
// Source: LearnerSessionTracker.commitSession.
static void session_committed(struct pipeline *pl)
{
    struct server *s = pl->server;
    int64_t session_id = pl->txn.header.client_id;
    locals_committed(s, session_id);
    if (pl->mode == PIPELINE_LEARNING && pl->done == NULL) {
        touched_add(&s->touched, session_id, pl->txn.op.create_session.timeout_ms);
    }
}

static void session_opened(struct pipeline *pl, const struct pending *p)
{
    if (p->conn == NULL || p->conn->state != CONN_CONNECTING) {
        return;
    }
    if (pl->txn.header.type == OP_CREATE_SESSION) {
        connect_finish(p->conn, p->arrived_ns);
    } else {
        conn_close(p->conn, "the leader refused the session");
    }
}

static void change_sessions(struct pipeline *pl, const struct pending *p)
{
    if (pl->txn.header.type == OP_CREATE_SESSION) {
        session_committed(pl);
    }
    if (p->type == OP_CREATE_SESSION) {
        session_opened(pl, p);
    } else if (pl->txn.header.type == OP_CLOSE_SESSION) {
        session_closed(pl, pl->txn.header.client_id, p);
    }
}

// The code that a client sees of a transaction that its leader prepared. That of a failed multi is
// in its parts.
static enum zk_code code_from_leader(const struct pipeline *pl)
{
    if (pl->txn.header.type == OP_ERROR) {
        return (enum zk_code)pl->txn.op.error.err;
    }
    return pl->txn.header.type == OP_MULTI ? ZK_OK : pl->outcome.result.code;
}

// Another server serves the session by now. Source: FinalRequestProcessor, SessionMovedException.
static bool is_moved(const struct txn *txn, enum zk_code code)
{
    for (int32_t i = 0; txn->header.type == OP_MULTI && i < txn->op_count; i++) {
        if (txn->ops[i].type == OP_ERROR && txn->ops[i].error.err == ZK_SESSION_MOVED) {
            return true;
        }
    }
    return code == ZK_SESSION_MOVED;
}

static void answer(struct pipeline *pl, const struct pending *p)
{
    if (p->conn == NULL || p->conn->state != CONN_OPEN) {
        return;
    }
    enum zk_code code = pl->mode == PIPELINE_LEARNING ? code_from_leader(pl) : p->code;
    if (pl->mode != PIPELINE_ALONE && is_moved(&pl->txn, code)) {
        MARK("write of a session that has moved");
        conn_close(p->conn, "its session moved to another server");
        return;
    }
    const struct request request = {
        .conn = p->conn,
        .session_id = p->session_id,
        .xid = p->xid,
        .type = p->type,
        .arrived_ns = p->arrived_ns,
    };
    reply_write(pl->server, &request, code, &pl->txn, &pl->outcome);
}

// Learning: who of our clients asked for this, if one did; `nobody` else.
static const struct pending *claim(struct pipeline *pl, const struct pending *nobody,
                                   struct forward_item *item)
{
    if (!forward_take(&pl->forward, &pl->txn.header, item)) {
        return nobody;
    }
    struct sync *sync;
    while ((sync = syncs_take_before(&pl->syncs, item->order)) != NULL) {
        MARK("write confirms a sync before it");
        answer_sync(pl, sync);
    }
    return &item->pending;
}

static void apply(struct pipeline *pl, const struct pending *p, struct slice body)
{
    struct server *s = pl->server;
    enum err e = txn_decode(body, &pl->arena, UINT32_MAX, &pl->txn);
    ASSERT(e == ERR_OK); // we encoded it, or looked when it came
    struct forward_item item;
    if (pl->mode == PIPELINE_LEARNING) {
        p = claim(pl, p, &item);
    }
    struct sync *sync;
    while ((sync = syncs_take_below(&pl->syncs, pl->txn.header.zxid)) != NULL) {
        answer_sync(pl, sync);
    }
    tree_apply(s->tree, &pl->txn, s->watches, &pl->outcome);
    changes_applied(&s->changes, pl->txn.header.zxid);
    account_applied(s->stats, &pl->txn, &pl->outcome, s->wall_ms);
    reply_fired(s);
    answer(pl, p);
    change_sessions(pl, p);
    pipeline_settle_one(pl, p);
    arena_reset(&pl->arena);
}

// ---- what is logged and committed ----

// Said once: after the first difference every later one follows from it, and mntr counts them.
static void look_for_mismatch(struct pipeline *pl)
{
    struct server *s = pl->server;
    if (tree_digest_mismatches(s->tree) <= pl->mismatches) {
        return;
    }
    pl->mismatches = UINT64_MAX;
    struct log_line l;
    if (log_begin(&l, s->log, EVENT_DIGEST_MISMATCH)) {
        log_hex(&l, "up_to_zxid", tree_last_zxid(s->tree));
        log_end(&l);
    }
}

// Returns how many transactions of the batch were applied.
static uint64_t apply_batch(struct pipeline *pl, struct batch *b)
{
    size_t before = b->applied;
    size_t bytes = b->rest.len;
    struct slice body;
    const struct pending *p;
    while (batch_next(b, pl->committed, &body, &p)) {
        apply(pl, p, body);
        batch_advance(b, body);
    }
    bytes -= b->rest.len;
    if (!pl->is_over) { // what is applied then may be cut off again, with none of it in the log
        snapper_count(&pl->server->snapper, b->applied - before, bytes);
    }
    return b->applied - before;
}

static uint64_t apply_batches(struct pipeline *pl)
{
    uint64_t count = 0;
    pl->server->wall_ms = clock_wall_ms(pl->server->options.clock);
    while (!list_is_empty(&pl->logged)) {
        struct batch *b = CONTAINER_OF(pl->logged.next, struct batch, link);
        count += apply_batch(pl, b);
        if (!batch_is_applied(b)) {
            break;
        }
        pl->bytes -= b->records.len;
        pipeline_give_batch(pl, b);
    }
    return count;
}

void pipeline_apply_ready(struct pipeline *pl)
{
    struct server *s = pl->server;
    uint64_t count = apply_batches(pl);
    if (count > 0) {
        look_for_mismatch(pl);
        stats_count(s->stats, STATS_COMMIT_COUNT, pl->mode == PIPELINE_LEADING ? count : 0);
    }
    pipeline_answer_syncs(pl);
    server_settled(s);
    if (count > 0 && pl->peer != NULL && pl->done == NULL) {
        pl->peer->applied(pl->peer->ctx, tree_last_zxid(s->tree));
    }
}
