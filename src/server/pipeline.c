// SPDX-License-Identifier: Apache-2.0
//
// The write path as far as the log.
#include "server/pipeline.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/mark.h"
#include "jute/op.h"
#include "server/account.h"
#include "server/pipeline_priv.h"
#include "server/server_priv.h"

enum {
    ROOM_EVERY_BYTES = 128 * 1024, // of log between two looks at the room ahead
    SPARE_BATCHES = 3,             // kept for the next use
    END_NOTED_MS = 1000,           // between two notes of how far a member's log goes
};

static void batch_done(struct port_job *job);

// ---- batches ----

struct batch *pipeline_take_batch(struct pipeline *pl)
{
    if (list_is_empty(&pl->spare)) {
        return batch_new(pl->server->options.clock, batch_done, pl);
    }
    struct batch *b = CONTAINER_OF(pl->spare.next, struct batch, link);
    list_remove(&b->link);
    pl->spare_count--;
    return b;
}

void pipeline_give_batch(struct pipeline *pl, struct batch *b)
{
    list_remove(&b->link);
    if (pl->spare_count == SPARE_BATCHES) {
        batch_free(b);
        return;
    }
    batch_clear(b);
    list_push_front(&pl->spare, &b->link);
    pl->spare_count++;
}

// ---- filling ----

bool pipeline_is_closed(const struct pipeline *pl)
{
    return pl->mode == PIPELINE_RESTING || pl->is_over || pl->is_paused;
}

struct pending pipeline_pending(const struct request *request, enum zk_code code)
{
    return (struct pending){
        .conn = request->conn,
        .session_id = request->session_id,
        .arrived_ns = request->arrived_ns,
        .xid = request->xid,
        .type = request->type,
        .large_bytes = request->large_bytes,
        .code = code,
        .is_counted = request->link == 0,
    };
}

// Append the prepared transaction and remember who waits for it. Ends the preparation; the executor
// hears of it at last.
static void propose(struct pipeline *pl, const struct request *request,
                    const struct prep_result *result)
{
    struct batch *b = pl->filling;
    int64_t zxid = pl->txn.header.zxid;
    ASSERT(zxid == pl->last_zxid + 1);
    pl->last_zxid = zxid;
    if (b->count == 0) {
        pl->filling_since_ns = pl->server->now_ns;
    }
    pl->last_added_ns = pl->server->now_ns;
    struct pending p = pipeline_pending(request, result->code);
    struct slice body;
    batch_add(b, &pl->txn, &p, &body);
    pl->server->in_process += p.is_counted ? 1 : 0;
    if (request->conn != NULL) {
        conn_write_begun(request->conn);
    }
    if (pl->mode == PIPELINE_LEADING) {
        stats_proposal(pl->server->stats, (int64_t)body.len);
        pl->peer->propose(pl->peer->ctx, zxid, body, result->config);
    }
}

void pipeline_lose(struct pipeline *pl, const struct request *request)
{
    throttle_large_done(&pl->server->throttle, request->large_bytes);
    if (request->conn != NULL) {
        conn_close(request->conn, "this server's role in the ensemble is over");
    }
}

// An epoch has no further number. Source: Leader.propose.
static bool may_propose(struct pipeline *pl, const struct request *request)
{
    bool is_closed = pipeline_is_closed(pl);
    if (!is_closed && (uint32_t)((uint64_t)pl->last_zxid + 1) != pl->counter_end) {
        return true;
    }
    pipeline_lose(pl, request);
    if (!is_closed) {
        MARK("zxids of the epoch are used up");
        pipeline_fail(pl, "zxid lower 32 bits have rolled over, forcing re-election, and therefore "
                          "new epoch start");
    }
    return false;
}

bool pipeline_write(struct pipeline *pl, const struct request *request)
{
    struct server *s = pl->server;
    if (pl->mode == PIPELINE_LEARNING) {
        return pipeline_forward(pl, request);
    }
    if (pl->mode != PIPELINE_ALONE && !may_propose(pl, request)) {
        return true;
    }
    int64_t wall_ms = clock_wall_ms(s->options.clock);
    struct prep_result result =
        prep_request(&s->prep, request, pl->last_zxid + 1, wall_ms, &pl->txn);
    if (result.is_txn) {
        propose(pl, request, &result);
    }
    arena_reset(&s->prep_arena);
    if (result.is_out_of_memory) {
        throttle_large_done(&s->throttle, request->large_bytes);
        conn_no_memory(request->conn);
        return true;
    }
    return result.is_txn;
}

// A learner waits for the answer to everything that it has sent, so what does not decode, or what
// there was no memory for, becomes an error transaction, too.
void pipeline_write_remote(struct pipeline *pl, const struct request *request)
{
    struct server *s = pl->server;
    if (!may_propose(pl, request)) {
        return;
    }
    int64_t wall_ms = clock_wall_ms(s->options.clock);
    int64_t zxid = pl->last_zxid + 1;
    struct prep_result result = prep_request(&s->prep, request, zxid, wall_ms, &pl->txn);
    if (!result.is_txn) {
        MARK("forwarded request does not decode");
        prep_refuse(request, result.code, zxid, wall_ms, &pl->txn);
    }
    propose(pl, request, &result);
    arena_reset(&s->prep_arena);
}

void pipeline_create_session(struct pipeline *pl, struct conn *conn, int64_t session_id,
                             int32_t timeout_ms)
{
    struct server *s = pl->server;
    uint8_t body[sizeof(timeout_ms)];
    be32_store(body, (uint32_t)timeout_ms);
    const struct request request = {
        .conn = conn,
        .ids = conn != NULL ? &conn->ids : NULL,
        .session_id = session_id,
        .type = OP_CREATE_SESSION,
        .body = slice_of(body, sizeof(body)),
        .arrived_ns = s->now_ns,
    };
    (void)pipeline_write(pl, &request);
}

void pipeline_fail(struct pipeline *pl, const char *why)
{
    trace(server_trace(pl->server), "the role fails: %s", why);
    pl->is_over = true;
    pl->peer->failed(pl->peer->ctx, why);
}

// ---- the log worker ----

static void room_run(struct port_job *job)
{
    struct pipeline *pl = CONTAINER_OF(job, struct pipeline, room_job);
    txnlog_make_room(pl->log);
    if (pl->is_end_due) {
        txnlog_note_end(pl->log);
    }
}

static void room_done(struct port_job *job)
{
    struct pipeline *pl = CONTAINER_OF(job, struct pipeline, room_job);
    pl->is_making_room = false;
    pl->is_end_due = false;
    pipeline_end_role(pl);
}

int64_t pipeline_log_silence_ms(const struct pipeline *pl)
{
    return pl->in_flight == NULL ? 0 : (pl->server->now_ns - pl->submitted_ns) / 1000000;
}

static void submit(struct pipeline *pl)
{
    struct batch *b = pl->filling;
    ASSERT(pl->in_flight == NULL && b->count > 0);
    pl->in_flight = b;
    pl->submitted_ns = pl->server->now_ns;
    pl->filling = pipeline_take_batch(pl);
    pl->bytes += b->records.len;
    pl->bytes_since_room += b->records.len;
    trace_numbers(server_trace(pl->server), "batch 0x@: # transactions, # bytes to the log",
                  (uint64_t)b->first_zxid, b->count, b->records.len);
    batch_submit(b, pl->worker, pl->log, pl->roll_next);
    pl->roll_next = false;
}

static void make_room(struct pipeline *pl)
{
    bool is_used = pl->mode != PIPELINE_RESTING && pl->done == NULL;
    bool is_wanted = pl->bytes_since_room >= ROOM_EVERY_BYTES || pl->is_end_due;
    if (is_used && !pl->is_making_room && is_wanted) {
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
        if (pl->is_end_due) {
            make_room(pl); // behind the batch, for there may be no moment without one
        }
    }
}

void pipeline_roll(struct pipeline *pl)
{
    pl->roll_next = true;
}

bool pipeline_is_idle(const struct pipeline *pl)
{
    return pl->in_flight == NULL && pl->filling->count == 0 && list_is_empty(&pl->logged);
}

bool pipeline_is_clogged(const struct pipeline *pl)
{
    return pl->bytes > LIMIT_UNAPPLIED_BYTES || pl->forward.bytes > LIMIT_FORWARDED_BYTES;
}

bool pipeline_is_full(const struct pipeline *pl)
{
    return pl->filling->records.len > LIMIT_LOG_BATCH_BYTES || pipeline_is_clogged(pl);
}

bool pipeline_is_behind(const struct pipeline *pl)
{
    size_t in_flight = pl->in_flight != NULL ? pl->in_flight->records.len : 0;
    return pl->filling->records.len + in_flight > LIMIT_UNLOGGED_BYTES;
}

bool pipeline_decides(const struct pipeline *pl)
{
    return pl->mode == PIPELINE_ALONE ||
           (pl->mode == PIPELINE_LEADING && !pl->is_over && !pl->is_paused);
}

// ---- what cannot be logged ----

// Nothing after the committed zxid was seen by anybody: forget it, as if it had not been asked.
static void abandon(struct pipeline *pl, struct batch *failed)
{
    MARK("batch is abandoned");
    pl->last_zxid = pl->committed;
    changes_abandon(&pl->server->changes);
    pipeline_abandon_batch(pl, failed);
    pipeline_abandon_batch(pl, pl->filling);
    pipeline_give_batch(pl, failed);
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
        batch_free(b);
        server_fail(pl->server, SERVER_EXIT_LOG);
        return;
    }
    if (pl->mode == PIPELINE_ALONE) {
        abandon(pl, b);
        server_settled(pl->server);
        return;
    }
    MARK("role ends with a batch");
    bool is_news = !pl->is_over;
    pipeline_forget_batch(pl, b);
    pipeline_forget_batch(pl, pl->filling);
    pipeline_give_batch(pl, b);
    if (is_news) {
        pipeline_fail(pl, "the log cannot be written");
    }
    pipeline_end_role(pl);
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

// A second after a write a member notes how far its log goes (store/logend.h).
static void time_end(struct pipeline *pl)
{
    if (pl->mode != PIPELINE_ALONE && !pl->is_end_timed) {
        struct port_loop *loop = pl->server->options.loop;
        pl->is_end_timed = true;
        loop->timer_start(loop, &pl->end_timer, END_NOTED_MS);
    }
}

static void on_end_timer(struct port_timer *timer)
{
    struct pipeline *pl = CONTAINER_OF(timer, struct pipeline, end_timer);
    server_take_time(pl->server);
    pl->is_end_timed = false;
    if (!pl->is_making_room) {
        pl->is_end_due = true; // at the end of the turn
    } else {
        time_end(pl);
    }
}

static void batch_done(struct port_job *job)
{
    struct batch *b = CONTAINER_OF(job, struct batch, job);
    struct pipeline *pl = b->owner;
    server_take_time(pl->server);
    ASSERT(pl->in_flight == b);
    pl->in_flight = NULL;
    if (b->err != ERR_OK) {
        pl->bytes -= b->records.len;
        batch_failed(pl, b);
        return;
    }
    note_sync(pl, b);
    time_end(pl);
    pipeline_flush(pl); // the disk works while we apply
    batch_logged(b);
    list_push_back(&pl->logged, &b->link);
    trace_numbers(server_trace(pl->server), "logged 0x@", (uint64_t)b->last_zxid, 0, 0);
    if (pl->mode == PIPELINE_ALONE) {
        pl->committed = b->last_zxid; // we are the quorum
    } else if (pl->done == NULL) {
        pl->peer->logged(pl->peer->ctx, b->last_zxid);
    }
    pipeline_apply_ready(pl);
    pipeline_end_role(pl);
}

// ---- life cycle ----

enum err pipeline_open(struct pipeline *pl, struct server *server)
{
    int64_t zxid = tree_last_zxid(server->tree);
    *pl = (struct pipeline){
        .server = server, .last_zxid = zxid, .committed = zxid, .counter_end = UINT32_MAX};
    list_init(&pl->logged);
    list_init(&pl->spare);
    forward_init(&pl->forward);
    syncs_init(&pl->syncs);
    struct port_loop *loop = server->options.loop;
    enum err e = loop->worker_open(loop, "log", &pl->worker);
    if (e != ERR_OK) {
        return e;
    }
    pipeline_resume_log(pl);
    pl->filling = pipeline_take_batch(pl);
    pl->mismatches = tree_digest_mismatches(server->tree); // recovery has noted these
    pl->flush_timer = (struct port_timer){.fire = on_flush_timer};
    pl->end_timer = (struct port_timer){.fire = on_end_timer};
    pl->room_job = (struct port_job){.run = room_run, .done = room_done};
    arena_init(&pl->arena);
    return ERR_OK;
}

static void free_batches(struct list *batches)
{
    LIST_FOREACH_SAFE (it, tmp, batches) {
        batch_free(CONTAINER_OF(it, struct batch, link));
    }
}

void pipeline_close(struct pipeline *pl)
{
    if (pl->worker == NULL) {
        return;
    }
    pl->server->options.loop->timer_stop(pl->server->options.loop, &pl->flush_timer);
    pl->server->options.loop->timer_stop(pl->server->options.loop, &pl->end_timer);
    pl->worker->close(pl->worker);
    txnlog_close(pl->log);
    batch_free(pl->filling);
    batch_free(pl->in_flight);
    free_batches(&pl->logged);
    free_batches(&pl->spare);
    forward_fini(&pl->forward);
    while (!syncs_is_empty(&pl->syncs)) {
        sync_free(syncs_take(&pl->syncs));
    }
    tree_outcome_fini(&pl->outcome);
    arena_fini(&pl->arena);
    pl->worker = NULL;
}
