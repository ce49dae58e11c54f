// SPDX-License-Identifier: Apache-2.0
//
// The timers of the server.
#include "server/upkeep.h"

#include "base/assert.h"
#include "base/mark.h"
#include "jute/op.h"
#include "server/locals.h"
#include "server/server_priv.h"

enum {
    STALL_MS = 500,  // a timer this late: the process stood still, not its clients
    GRACE_MS = 1000, // time for what clients sent meanwhile to be read
    MINUTE_MS = 60 * 1000,
    HOUR_MS = 60 * MINUTE_MS,
};

static void write_internal(struct server *s, int64_t session_id, int32_t type, struct slice body)
{
    static const struct ids nobody = {0};
    const struct request request = {
        .ids = &nobody,
        .session_id = session_id,
        .type = type,
        .body = body,
        .arrived_ns = s->now_ns,
    };
    bool is_txn = pipeline_write(&s->pipeline, &request);
    ASSERT(is_txn);
}

// ---- sessions and connections ----

// A learner asks the leader to close sessions whose clients wanted that and did not wait for it.
static void close_ended(struct server *s)
{
    struct session *session;
    while ((session = sessions_take_ended(&s->sessions, server_now_ms(s))) != NULL) {
        MARK("close of a client that has gone is forwarded");
        write_internal(s, session->id, OP_CLOSE_SESSION, slice_str(""));
    }
}

static void expire_sessions(struct server *s)
{
    struct session *session;
    locals_expire(s);
    if (s->pipeline.mode == PIPELINE_LEARNING) {
        close_ended(s);
    }
    if (!pipeline_decides(&s->pipeline)) {
        return;
    }
    while ((session = sessions_take_expired(&s->sessions, server_now_ms(s))) != NULL) {
        struct log_line l;
        trace(server_trace(s), "session 0x%llx expired", (unsigned long long)session->id);
        if (log_begin(&l, s->log, EVENT_SESSION_EXPIRED)) {
            log_hex(&l, "session", session->id);
            log_i64(&l, "timeout_ms", session->timeout_ms);
            log_end(&l);
        }
        stats_session_expired(s->stats);
        write_internal(s, session->id, OP_CLOSE_SESSION, slice_str(""));
    }
}

static void expire_connections(struct server *s)
{
    struct expiry_item *item;
    while ((item = expiry_take_due(&s->idle, server_now_ms(s))) != NULL) {
        struct conn *c = CONTAINER_OF(item, struct conn, idle);
        log_event(s->log, EVENT_CONNECTION_IDLE);
        stats_count(s->stats, STATS_SESSIONLESS_CONNECTIONS_EXPIRED, c->session_id == 0 ? 1 : 0);
        conn_close(c, "idle");
    }
}

static bool has_clients(const struct server *s)
{
    return s->state == SERVER_SERVING || s->state == SERVER_READING;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// Only queues that are looked at when the time comes; the others stand still.
static void start_tick(struct upkeep *u)
{
    struct server *s = u->server;
    int64_t now_ms = server_now_ms(s);
    int64_t wait_ms = least(s->config->tick_time_ms, expiry_wait_ms(&s->idle, now_ms));
    if (has_clients(s)) {
        wait_ms = least(wait_ms, expiry_wait_ms(&s->sessions.local, now_ms));
    }
    if (has_clients(s) && pipeline_decides(&s->pipeline)) {
        wait_ms = least(wait_ms, expiry_wait_ms(&s->sessions.expiry, now_ms));
    }
    u->tick_due_ms = now_ms + wait_ms;
    s->options.loop->timer_start(s->options.loop, &u->tick, wait_ms);
}

static void give_back(struct server *s, int64_t ms)
{
    sessions_postpone(&s->sessions, ms);
    expiry_postpone(&s->idle, ms);
}

// A stall of this process is not charged to the sessions: each has as much time left as it had when
// it began, and first everything that clients sent meanwhile is read, and what learners have heard
// comes; then deadlines are looked at.
static bool give_grace(struct upkeep *u)
{
    struct server *s = u->server;
    int64_t late_ms = server_now_ms(s) - u->tick_due_ms;
    if (late_ms < STALL_MS) {
        return false;
    }
    log_event_i64(s->log, EVENT_STALL, "ms", late_ms);
    MARK("stall is not charged");
    stats_add(s->stats, STATS_JVM_PAUSE_TIME_MS, late_ms);
    give_back(s, late_ms);
    u->tick_ms = server_now_ms(s);
    u->tick_due_ms = u->tick_ms + GRACE_MS;
    s->options.loop->timer_start(s->options.loop, &u->tick, GRACE_MS);
    return true;
}

// Who waits for a write that the disk holds up gets no answer, not even to a ping behind it, and is
// let in elsewhere or here only when it is settled. So while the log says nothing for longer than a
// tick, time stands still for sessions; a shorter wait is part of any disk's day.
static void forgive_log(struct upkeep *u)
{
    struct server *s = u->server;
    int64_t since_ms = u->tick_ms;
    u->tick_ms = server_now_ms(s);
    if (pipeline_log_silence_ms(&s->pipeline) >= s->config->tick_time_ms) {
        MARK("silence of the log is not charged");
        give_back(s, u->tick_ms - since_ms);
    }
}

static void on_tick(struct port_timer *timer)
{
    struct upkeep *u = CONTAINER_OF(timer, struct upkeep, tick);
    struct server *s = u->server;
    server_take_time(s);
    if (give_grace(u)) {
        return;
    }
    forgive_log(u);
    if (s->state != SERVER_DRAINING && s->state != SERVER_STOPPED) {
        expire_connections(s);
    }
    if (has_clients(s)) {
        expire_sessions(s);
    }
    handover_look(&s->handover);
    start_tick(u);
}

// ---- containers and TTL nodes ----

static void add_candidate(void *ctx, const struct znode *node)
{
    struct upkeep *u = ctx;
    size_t start = u->reap_paths.len;
    buf_put_i32(&u->reap_paths, 0);
    znode_path(node, &u->reap_paths);
    be32_store(u->reap_paths.data + start, (uint32_t)(u->reap_paths.len - start - sizeof(int32_t)));
}

static void forget_candidates(struct upkeep *u)
{
    buf_clear(&u->reap_paths);
    u->reap_at = 0;
}

static bool has_candidate(const struct upkeep *u)
{
    return u->reap_at < u->reap_paths.len;
}

// At least this long between two deletions.
static int64_t reap_pause_ms(const struct upkeep *u)
{
    int32_t per_minute = u->server->config->container_max_per_minute;
    return per_minute > 0 && per_minute < MINUTE_MS ? MINUTE_MS / per_minute : 1;
}

static void count_ttl_node(struct server *s, struct slice path)
{
    const struct znode *node = tree_find(s->tree, path);
    bool is_ttl = node != NULL && tree_kind_of_owner(s->tree, znode_owner(node)) == ZNODE_TTL;
    stats_count(s->stats, STATS_TTL_NODE_DELETED_COUNT, is_ttl ? 1 : 0);
}

static void on_reap_one(struct port_timer *timer)
{
    struct upkeep *u = CONTAINER_OF(timer, struct upkeep, reap_one);
    struct server *s = u->server;
    server_take_time(s);
    if (!has_candidate(u) || s->state != SERVER_SERVING) {
        return;
    }
    if (!pipeline_decides(&s->pipeline)) { // by now another server does
        forget_candidates(u);
        return;
    }
    // A candidate is stored as the body of the request: a length and a path.
    uint8_t *entry = u->reap_paths.data + u->reap_at;
    size_t bytes = sizeof(int32_t) + be32_load(entry);
    count_ttl_node(s, slice_of(entry + sizeof(int32_t), bytes - sizeof(int32_t)));
    write_internal(s, 0, OP_DELETE_CONTAINER, slice_of(entry, bytes));
    log_event(s->log, EVENT_REAPED);
    u->reap_at += bytes;
    if (has_candidate(u)) {
        s->options.loop->timer_start(s->options.loop, &u->reap_one, reap_pause_ms(u));
    }
}

static void on_reap_scan(struct port_timer *timer)
{
    struct upkeep *u = CONTAINER_OF(timer, struct upkeep, reap_scan);
    struct server *s = u->server;
    server_take_time(s);
    if (!has_candidate(u) && pipeline_decides(&s->pipeline)) {
        forget_candidates(u);
        tree_reapable_each(s->tree, clock_wall_ms(s->options.clock),
                           s->config->container_max_never_used_ms, add_candidate, u);
        if (has_candidate(u)) {
            s->options.loop->timer_start(s->options.loop, &u->reap_one, 0);
        }
    }
    s->options.loop->timer_start(s->options.loop, &u->reap_scan,
                                 s->config->container_check_interval_ms);
}

// ---- purge: at start, then at intervals. Source: DatadirCleanupManager ----

static void purge_job_run(struct port_job *job)
{
    struct upkeep_purge *p = CONTAINER_OF(job, struct upkeep_purge, job);
    struct server *s = p->server;
    p->err = purge_run(s->options.files, datadir_snap_dir(s->datadir), datadir_log_dir(s->datadir),
                       (uint32_t)s->config->purge_snap_retain_count, &p->report, &p->error);
}

static void purge_in(struct server *s, int64_t delay_ms)
{
    s->options.loop->timer_start(s->options.loop, &s->upkeep.purge_timer, delay_ms);
}

static void purge_job_done(struct port_job *job)
{
    struct upkeep_purge *p = CONTAINER_OF(job, struct upkeep_purge, job);
    struct server *s = p->server;
    struct log_line l;
    if (p->err != ERR_OK) {
        log_event_str(s->log, EVENT_PURGE_FAILED, "error", p->error.text);
    } else if (p->report.bytes_removed > 0 && log_begin(&l, s->log, EVENT_PURGED)) {
        log_i64(&l, "snapshots", (int64_t)p->report.snapshots_removed);
        log_i64(&l, "logs", (int64_t)p->report.logs_removed);
        log_i64(&l, "bytes", (int64_t)p->report.bytes_removed);
        log_end(&l);
    }
    purge_in(s, (int64_t)s->config->purge_interval_hours * HOUR_MS);
}

static void on_purge(struct port_timer *timer)
{
    struct upkeep *u = CONTAINER_OF(timer, struct upkeep, purge_timer);
    struct port_loop *loop = u->server->options.loop;
    if (u->purge_worker == NULL) {
        enum err e = loop->worker_open(loop, "purge", &u->purge_worker);
        if (e != ERR_OK) {
            log_event_err(u->server->log, EVENT_PURGE_FAILED, e);
            purge_in(u->server, HOUR_MS);
            return;
        }
    }
    u->purge.server = u->server;
    u->purge.job = (struct port_job){.run = purge_job_run, .done = purge_job_done};
    u->purge_worker->submit(u->purge_worker, &u->purge.job);
}

// ---- life cycle ----

void upkeep_start(struct upkeep *u, struct server *server)
{
    struct port_loop *loop = server->options.loop;
    const struct config *cfg = server->config;
    *u = (struct upkeep){
        .server = server,
        .tick = {.fire = on_tick},
        .tick_ms = server_now_ms(server),
        .reap_scan = {.fire = on_reap_scan},
        .reap_one = {.fire = on_reap_one},
        .purge_timer = {.fire = on_purge},
    };
    start_tick(u);
    if (cfg->container_check_interval_ms > 0) {
        loop->timer_start(loop, &u->reap_scan, cfg->container_check_interval_ms);
    }
    if (cfg->purge_interval_hours > 0) {
        purge_in(server, 0); // one that is started again and again purges, too
    }
}

void upkeep_stop(struct upkeep *u)
{
    if (u->server == NULL) {
        return;
    }
    struct port_loop *loop = u->server->options.loop;
    loop->timer_stop(loop, &u->tick);
    loop->timer_stop(loop, &u->reap_scan);
    loop->timer_stop(loop, &u->reap_one);
    loop->timer_stop(loop, &u->purge_timer);
    if (u->purge_worker != NULL) {
        u->purge_worker->close(u->purge_worker);
        u->purge_worker = NULL;
    }
    buf_fini(&u->reap_paths);
}
