// SPDX-License-Identifier: Apache-2.0
//
// The write path.
#include "server/pipeline.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/mark.h"
#include "base/mem.h"
#include "jute/op.h"
#include "server/account.h"
#include "server/server_priv.h"
#include "store/record.h"

enum {
    BATCH_KEPT_BYTES = 1024 * 1024, // larger buffers are given back when a batch is done
    ROOM_EVERY_BYTES = 128 * 1024,  // of log between two looks at the room ahead
};

// ---- filling ----

static struct pending *add_pending(struct batch *b)
{
    if (b->count == b->cap) {
        b->cap = b->cap == 0 ? 64 : 2 * b->cap;
        b->items = mem_realloc(b->items, b->cap * sizeof(*b->items));
    }
    return &b->items[b->count++];
}

// Append the prepared transaction and remember who waits for it.
static void propose(struct pipeline *pl, const struct request *request, enum zk_code code)
{
    struct batch *b = pl->filling;
    int64_t zxid = pl->txn.header.zxid;
    ASSERT(zxid == pl->last_zxid + 1);
    pl->last_zxid = zxid;
    if (b->count == 0) {
        b->first_zxid = zxid;
        pl->filling_since_ns = pl->server->now_ns;
    }
    pl->last_added_ns = pl->server->now_ns;
    size_t start = record_begin(&b->records);
    txn_encode(&pl->txn, &b->records);
    record_end(&b->records, start);
    *add_pending(b) = (struct pending){
        .conn = request->conn,
        .session_id = request->session_id,
        .arrived_ns = request->arrived_ns,
        .xid = request->xid,
        .type = request->type,
        .large_bytes = request->large_bytes,
        .code = code,
    };
    proposals_add(&pl->proposals, zxid);
    pl->server->in_process++;
    if (request->conn != NULL) {
        conn_write_begun(request->conn);
    }
}

bool pipeline_write(struct pipeline *pl, const struct request *request)
{
    struct server *s = pl->server;
    int64_t wall_ms = clock_wall_ms(s->options.clock);
    struct prep_result result =
        prep_request(&s->prep, request, pl->last_zxid + 1, wall_ms, &pl->txn);
    if (result.is_txn) {
        propose(pl, request, result.code);
    }
    arena_reset(&s->prep_arena);
    if (result.is_out_of_memory) {
        throttle_large_done(&s->throttle, request->large_bytes);
        conn_no_memory(request->conn);
        return true;
    }
    return result.is_txn;
}

void pipeline_create_session(struct pipeline *pl, struct conn *conn, int64_t session_id,
                             int32_t timeout_ms)
{
    struct server *s = pl->server;
    const struct request request = {
        .conn = conn,
        .session_id = session_id,
        .type = OP_CREATE_SESSION,
        .arrived_ns = s->now_ns,
    };
    prep_create_session(&s->prep, session_id, timeout_ms, pl->last_zxid + 1,
                        clock_wall_ms(s->options.clock), &pl->txn);
    propose(pl, &request, ZK_OK);
    arena_reset(&s->prep_arena);
}

// ---- the log worker ----

static void batch_run(struct port_job *job)
{
    struct batch *b = CONTAINER_OF(job, struct batch, job);
    if (txnlog_is_broken(b->log)) { // since room was made: nobody else looks at that
        MARK("no batch behind a failed sync");
        b->err = store_fail(&b->error, ERR_IO,
                            "cannot sync the room made in the log; what reached the disk is "
                            "unknown, check the disk and start the server again");
        return;
    }
    record_seal(b->records.data, b->records.len);
    if (b->begins_file) {
        txnlog_roll(b->log);
    }
    b->err = txnlog_write(b->log, b->first_zxid, buf_slice(&b->records), &b->error);
    int64_t start_ns = clock_mono_ns(b->clock);
    if (b->err == ERR_OK) {
        b->err = txnlog_sync(b->log, &b->error);
    }
    b->sync_ns = clock_mono_ns(b->clock) - start_ns;
}

static void room_run(struct port_job *job)
{
    struct pipeline *pl = CONTAINER_OF(job, struct pipeline, room_job);
    txnlog_make_room(pl->log);
}

static void room_done(struct port_job *job)
{
    CONTAINER_OF(job, struct pipeline, room_job)->is_making_room = false;
}

// One of the batches is neither filling nor in flight nor being applied.
static struct batch *unused_batch(struct pipeline *pl)
{
    for (size_t i = 0; i < PIPELINE_BATCHES; i++) {
        struct batch *b = &pl->batches[i];
        if (b != pl->filling && b != pl->in_flight && b->count == 0) {
            return b;
        }
    }
    ASSERT(false && "three batches are in use");
    return NULL;
}

static void submit(struct pipeline *pl)
{
    struct batch *b = pl->filling;
    ASSERT(pl->in_flight == NULL && b->count > 0);
    pl->in_flight = b;
    pl->filling = unused_batch(pl);
    pl->bytes_since_room += b->records.len;
    b->begins_file = pl->roll_next;
    pl->roll_next = false;
    trace_numbers(server_trace(pl->server), "batch 0x@: # transactions, # bytes to the log",
                  (uint64_t)b->first_zxid, b->count, b->records.len);
    pl->worker->submit(pl->worker, &b->job);
}

static void make_room(struct pipeline *pl)
{
    if (!pl->is_making_room && pl->bytes_since_room >= ROOM_EVERY_BYTES) {
        pl->is_making_room = true;
        pl->bytes_since_room = 0;
        pl->worker->submit(pl->worker, &pl->room_job);
    }
}

// Nanoseconds that the filled batch should still wait for company; 0: none. By default there is no
// delay: what arrives during a sync is company enough. Source: SyncRequestProcessor.shouldFlush.
static int64_t company_wait_ns(const struct pipeline *pl)
{
    const struct server *s = pl->server;
    const struct config *cfg = s->config;
    bool is_large = cfg->max_batch_size > 0 && pl->filling->count >= (size_t)cfg->max_batch_size;
    if (cfg->flush_delay_ms <= 0 || is_large || s->state != SERVER_SERVING) {
        return 0;
    }
    int64_t all_ns = pl->filling_since_ns + cfg->flush_delay_ms * 1000000 - s->now_ns;
    int64_t next_ns = pl->last_added_ns + cfg->max_write_queue_poll_ms * 1000000 - s->now_ns;
    int64_t wait_ns = next_ns < all_ns ? next_ns : all_ns;
    return wait_ns > 0 ? wait_ns : 0;
}

static void on_flush_timer(struct port_timer *timer)
{
    server_take_time(CONTAINER_OF(timer, struct pipeline, flush_timer)->server);
}

void pipeline_flush(struct pipeline *pl)
{
    if (pl->in_flight != NULL) {
        return;
    }
    if (pl->filling->count == 0) {
        make_room(pl);
        return;
    }
    int64_t wait_ns = company_wait_ns(pl);
    if (wait_ns > 0) {
        struct port_loop *loop = pl->server->options.loop;
        loop->timer_start(loop, &pl->flush_timer, wait_ns / 1000000 + 1); // the turn then ends here
    } else {
        submit(pl);
    }
}

void pipeline_roll(struct pipeline *pl)
{
    pl->roll_next = true;
}

bool pipeline_is_idle(const struct pipeline *pl)
{
    return pl->in_flight == NULL && pl->filling->count == 0;
}

bool pipeline_is_full(const struct pipeline *pl)
{
    return pl->filling->records.len > LIMIT_LOG_BATCH_BYTES;
}

// ---- commit and apply ----

static void session_applied(struct server *s, const struct pending *p)
{
    if (p->type == OP_CREATE_SESSION) {
        if (p->conn != NULL && p->conn->state == CONN_CONNECTING) {
            connect_finish(p->conn, p->arrived_ns);
        }
        return;
    }
    struct session *session = sessions_find(&s->sessions, p->session_id);
    if (session != NULL && session->conn != NULL) {
        conn_close(session->conn, "session expired"); // one that closed it itself has left it
    }
    sessions_remove(&s->sessions, p->session_id);
    trace(server_trace(s), "session 0x%llx closed", (unsigned long long)p->session_id);
    struct log_line l;
    if (p->conn != NULL && log_begin(&l, s->log, EVENT_SESSION_CLOSED)) {
        log_hex(&l, "session", p->session_id);
        log_end(&l);
    }
}

static void answer(struct server *s, const struct pending *p)
{
    if (p->conn == NULL) {
        return;
    }
    if (p->conn->state == CONN_OPEN) {
        const struct request request = {
            .conn = p->conn,
            .session_id = p->session_id,
            .xid = p->xid,
            .type = p->type,
            .arrived_ns = p->arrived_ns,
        };
        reply_write(s, &request, p->code, &s->pipeline.txn, &s->pipeline.outcome);
    }
}

static bool is_session_change(const struct pending *p)
{
    return p->type == OP_CREATE_SESSION || p->type == OP_CLOSE_SESSION;
}

static void settle(struct server *s, const struct pending *p)
{
    ASSERT(s->in_process > 0);
    s->in_process--;
    throttle_large_done(&s->throttle, p->large_bytes);
    if (p->conn != NULL) {
        conn_write_done(p->conn);
    }
}

static void apply(struct pipeline *pl, const struct pending *p, struct slice body)
{
    struct server *s = pl->server;
    enum err e = txn_decode(body, &pl->arena, UINT32_MAX, &pl->txn);
    ASSERT(e == ERR_OK); // we encoded it
    tree_apply(s->tree, &pl->txn, s->watches, &pl->outcome);
    changes_applied(&s->changes, pl->txn.header.zxid);
    account_applied(s->stats, &pl->txn, &pl->outcome, s->wall_ms);
    reply_fired(s);
    answer(s, p);
    if (is_session_change(p)) {
        session_applied(s, p);
    }
    settle(s, p);
    arena_reset(&pl->arena);
}

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

static void apply_batch(struct pipeline *pl, struct batch *b)
{
    struct slice rest = buf_slice(&b->records);
    struct slice body;
    pl->server->wall_ms = clock_wall_ms(pl->server->options.clock);
    for (size_t i = 0; i < b->count; i++) {
        bool has_more = record_next(&rest, &body);
        ASSERT(has_more);
        apply(pl, &b->items[i], body);
    }
    look_for_mismatch(pl);
    snapper_count(&pl->server->snapper, b->count, b->records.len);
}

static void clear_batch(struct batch *b)
{
    b->count = 0;
    b->error.text[0] = '\0';
    if (b->records.cap > BATCH_KEPT_BYTES) {
        buf_fini(&b->records);
    }
    buf_clear(&b->records);
}

// ---- what cannot be logged ----

static void abandon_one(struct server *s, const struct pending *p)
{
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
    settle(s, p);
}

static void abandon_batch(struct pipeline *pl, struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        abandon_one(pl->server, &b->items[i]);
    }
    clear_batch(b);
}

// Nothing after the committed zxid was seen by anybody: forget it, as if it had not been asked.
static void abandon(struct pipeline *pl, struct batch *failed)
{
    MARK("batch is abandoned");
    proposals_abandon(&pl->proposals);
    pl->last_zxid = pl->proposals.committed;
    changes_abandon(&pl->server->changes);
    abandon_batch(pl, failed);
    abandon_batch(pl, pl->filling);
}

static void log_failure(struct pipeline *pl, const struct batch *b)
{
    struct log_line l;
    if (!pl->is_failing && log_begin(&l, pl->server->log, EVENT_LOG_FAILED)) {
        log_str(&l, "error", b->error.text);
        log_end(&l);
    }
    pl->is_failing = true;
}

static void batch_failed(struct pipeline *pl, struct batch *b)
{
    log_failure(pl, b);
    trace(server_trace(pl->server), "batch 0x%llx failed: %s", (unsigned long long)b->first_zxid,
          b->error.text);
    if (txnlog_is_broken(pl->log)) {
        server_fail(pl->server, SERVER_EXIT_LOG);
        return;
    }
    abandon(pl, b);
}

// ---- done ----

static void note_sync(struct pipeline *pl, const struct batch *b)
{
    struct server *s = pl->server;
    account_batch(s->stats, b, s->now_ns);
    int64_t ms = b->sync_ns / 1000000;
    struct log_line l;
    if (ms > s->config->fsync_warning_threshold_ms && log_begin(&l, s->log, EVENT_SYNC_SLOW)) {
        log_i64(&l, "ms", ms);
        log_i64(&l, "bytes", (int64_t)b->records.len);
        log_end(&l);
    }
    if (pl->is_failing) {
        pl->is_failing = false;
        log_event(s->log, EVENT_LOG_RESUMED);
    }
}

static void batch_done(struct port_job *job)
{
    struct batch *b = CONTAINER_OF(job, struct batch, job);
    struct pipeline *pl = b->pipeline;
    server_take_time(pl->server);
    ASSERT(pl->in_flight == b);
    pl->in_flight = NULL;
    if (b->err != ERR_OK) {
        batch_failed(pl, b);
        server_settled(pl->server);
        return;
    }
    note_sync(pl, b);
    pipeline_flush(pl); // the disk works while we apply
    int64_t durable = b->first_zxid + (int64_t)b->count - 1;
    int64_t committed = proposals_ack(&pl->proposals, SERVER_STANDALONE_ID, durable);
    ASSERT(committed == durable); // we are the quorum
    trace_numbers(server_trace(pl->server), "committed 0x@", (uint64_t)committed, 0, 0);
    apply_batch(pl, b);
    clear_batch(b);
    server_settled(pl->server);
}

// ---- life cycle ----

static void init_batch(struct pipeline *pl, struct batch *b)
{
    *b = (struct batch){
        .job = {.run = batch_run, .done = batch_done},
        .pipeline = pl,
        .log = pl->log,
        .clock = pl->server->options.clock,
    };
}

enum err pipeline_open(struct pipeline *pl, struct server *server)
{
    const struct config *cfg = server->config;
    *pl = (struct pipeline){.server = server, .last_zxid = tree_last_zxid(server->tree)};
    struct port_loop *loop = server->options.loop;
    enum err e = loop->worker_open(loop, "log", &pl->worker);
    if (e != ERR_OK) {
        return e;
    }
    const struct txnlog_options options = {
        .prealloc_bytes = cfg->prealloc_kb * 1024,
        .size_limit_bytes = cfg->txn_log_size_limit_kb * 1024,
        .force_sync = cfg->force_sync,
        .trace = server->options.trace,
    };
    pl->log = txnlog_open(server->options.files, datadir_log_dir(server->datadir), &options);
    struct quorum quorum;
    quorum_init_single(&quorum, SERVER_STANDALONE_ID);
    proposals_init(&pl->proposals, &quorum, pl->last_zxid);
    for (size_t i = 0; i < PIPELINE_BATCHES; i++) {
        init_batch(pl, &pl->batches[i]);
    }
    pl->filling = &pl->batches[0];
    pl->mismatches = tree_digest_mismatches(server->tree); // recovery has noted these
    pl->flush_timer = (struct port_timer){.fire = on_flush_timer};
    pl->room_job = (struct port_job){.run = room_run, .done = room_done};
    arena_init(&pl->arena);
    return ERR_OK;
}

void pipeline_close(struct pipeline *pl)
{
    if (pl->worker == NULL) {
        return;
    }
    pl->server->options.loop->timer_stop(pl->server->options.loop, &pl->flush_timer);
    pl->worker->close(pl->worker);
    txnlog_close(pl->log);
    for (size_t i = 0; i < PIPELINE_BATCHES; i++) {
        buf_fini(&pl->batches[i].records);
        mem_free(pl->batches[i].items);
    }
    tree_outcome_fini(&pl->outcome);
    arena_fini(&pl->arena);
    pl->worker = NULL;
}
