// SPDX-License-Identifier: Apache-2.0
//
// Wiring and the turn of the loop.
#include "server/server.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/mem.h"
#include "server/account.h"
#include "server/server_priv.h"
#include "store/epochs.h"
#include "store/healing.h"
#include "store/recover.h"

enum {
    IDLE_INTERVAL_MS = 10000, // buckets of connection deadlines, as in Java
    LEAVE_MS = 1000,          // for the last answers, when the server stops
};

// ---- the end of a turn ----

// Read on where reading had stopped: a session is there, output has drained, work has been settled.
static void resume_connections(struct server *s)
{
    struct list ready;
    list_init(&ready);
    LIST_FOREACH_SAFE (it, tmp, &s->resumable) {
        list_remove(it);
        list_push_back(&ready, it);
    }
    while (!list_is_empty(&ready)) {
        conn_resume(CONTAINER_OF(ready.next, struct conn, resumable));
    }
}

static void flush_connections(struct server *s)
{
    while (!list_is_empty(&s->dirty)) {
        conn_flush(CONTAINER_OF(s->dirty.next, struct conn, dirty));
    }
}

static void free_closed(struct server *s)
{
    while (!list_is_empty(&s->graveyard)) {
        conn_free(CONTAINER_OF(s->graveyard.next, struct conn, link));
    }
}

static void close_connections(struct server *s, const char *reason)
{
    LIST_FOREACH_SAFE (it, tmp, &s->conns) {
        conn_close(CONTAINER_OF(it, struct conn, link), reason);
    }
}

static bool is_all_answered(const struct server *s)
{
    return s->in_process == 0 && pipeline_is_idle(&s->pipeline);
}

static bool has_output(const struct server *s)
{
    LIST_FOREACH (it, &s->conns) {
        const struct conn *c = CONTAINER_OF(it, struct conn, link);
        if (c->out_sent < c->out.len) {
            return true;
        }
    }
    return false;
}

static void end_draining(struct server *s)
{
    s->options.loop->timer_stop(s->options.loop, &s->drain);
    s->state = SERVER_STOPPED;
    close_connections(s, "the server stops");
    free_closed(s);
    s->options.on_stopped(s->options.ctx, s->exit_code);
}

// When everything is answered, the answers get a moment to leave; a client that does not read
// holds nothing up for longer.
static void step_draining(struct server *s)
{
    if (s->state != SERVER_DRAINING || s->ensemble != NULL || !is_all_answered(s)) {
        return; // a member says when it has left (server_left)
    }
    if (!has_output(s)) {
        end_draining(s);
    } else if (!s->is_leaving) {
        s->is_leaving = true;
        s->options.loop->timer_start(s->options.loop, &s->drain, LEAVE_MS);
    }
}

static void on_turn_end(void *ctx)
{
    struct server *s = ctx;
    if (s->state == SERVER_STOPPED) { // by a log that must not be written any more, for example
        return;
    }
    resume_connections(s);
    pipeline_flush(&s->pipeline); // the disk works while replies leave
    flush_connections(s);
    if (s->ensemble != NULL) {
        ensemble_flush(s->ensemble);
    }
    snapper_step(&s->snapper);
    free_closed(s);
    step_draining(s);
}

uint64_t server_outstanding_limit(const struct server *s)
{
    uint64_t limit = (uint64_t)s->config->global_outstanding_limit;
    return s->ensemble != NULL ? ensemble_share(s->ensemble, limit) : limit;
}

void server_settled(struct server *s)
{
    connect_settled(s);
    if (!server_is_open(s)) {
        return; // nothing new is begun
    }
    throttle_settled(&s->throttle, &s->in_process, s->now_ns, dispatch_request);
    if (s->in_process > server_outstanding_limit(s) || pipeline_is_full(&s->pipeline)) {
        return;
    }
    while (!list_is_empty(&s->throttled)) {
        struct list *first = s->throttled.next;
        list_remove(first);
        list_push_back(&s->resumable, first);
    }
}

// ---- connections ----

static void on_accept(struct port_listener *listener, struct port_stream *stream)
{
    struct server *s = listener->owner;
    server_take_time(s);
    conn_open(s, stream);
}

static void on_accept_error(struct port_listener *listener, enum err reason)
{
    struct server *s = listener->owner;
    log_event_err(s->log, EVENT_ACCEPT_FAILED, reason);
}

static const char *remedy_of_listen(enum err e)
{
    if (e == ERR_ADDRESS_IN_USE) {
        return "another process listens there; stop it or change clientPort";
    }
    if (e == ERR_ACCESS) {
        return "ports below 1024 need the capability CAP_NET_BIND_SERVICE";
    }
    if (e == ERR_ADDRESS || e == ERR_UNRESOLVED) {
        return "clientPortAddress must be an address of this machine";
    }
    return "see the reason";
}

static enum server_exit start_failed(struct server *s, enum server_exit code, const char *what,
                                     const char *text)
{
    struct log_line l;
    if (log_begin(&l, s->log, EVENT_START_FAILED)) {
        log_str(&l, "what", what);
        log_str(&l, "error", text);
        log_end(&l);
    }
    return code;
}

// An error of the disk says nothing about what it holds: whoever started the server tries again.
static enum server_exit start_failed_by_files(struct server *s, enum err err, const char *what,
                                              const struct store_error *error)
{
    struct buf text = {0};
    if (!store_is_of_system(err)) {
        return start_failed(s, SERVER_EXIT_UNEXPECTED, what, error->text);
    }
    buf_printf(&text,
               "%s; remedy: nothing was decided or lost by this; start again, and when it stays, "
               "look after the disk and the rights of the directory",
               error->text);
    enum server_exit code = start_failed(s, SERVER_EXIT_DATADIR, what, buf_cstr(&text));
    buf_fini(&text);
    return code;
}

static enum err listen_at(struct server *s, const char *host, uint16_t port,
                          struct port_listener **ret)
{
    const struct config *cfg = s->config;
    struct port_net *net = s->options.net;
    struct port_listener *listener;
    enum err e = net->listen(net, host, port, cfg->client_port_listen_backlog,
                             cfg->client_tcp_keep_alive, &listener);
    if (e == ERR_OK) {
        listener->on_accept = on_accept;
        listener->on_error = on_accept_error;
        listener->owner = s;
        log_event_i64(s->log, EVENT_LISTENING, "clientPort", listener->port);
        *ret = listener;
    }
    return e;
}

static void log_listen_failed(struct server *s, enum log_event event, int32_t port, enum err e)
{
    struct log_line l;
    if (log_begin(&l, s->log, event)) {
        log_str(&l, "what", "listen");
        log_i64(&l, "clientPort", port);
        log_err(&l, e);
        log_str(&l, "remedy", remedy_of_listen(e));
        log_end(&l);
    }
}

static enum server_exit open_listener(struct server *s)
{
    const struct config *cfg = s->config;
    if (!cfg->has_client_port) {
        return SERVER_EXIT_OK;
    }
    s->client_host = cfg->client_port_address != NULL ? mem_strdup(cfg->client_port_address) : NULL;
    s->client_port = (uint16_t)cfg->client_port;
    enum err e = listen_at(s, s->client_host, s->client_port, &s->listener);
    if (e != ERR_OK) {
        log_listen_failed(s, EVENT_START_FAILED, cfg->client_port, e);
        return SERVER_EXIT_UNEXPECTED;
    }
    return SERVER_EXIT_OK;
}

static bool is_same_host(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

// The new port may be the old one at another address, which cannot be bound beside it.
void server_listen_at(struct server *s, const char *host, uint16_t port)
{
    host = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 ? NULL : host;
    bool is_open = s->listener != NULL;
    if ((is_open && port == s->client_port && is_same_host(host, s->client_host)) ||
        s->state == SERVER_DRAINING || s->state == SERVER_STOPPED) {
        return;
    }
    if (is_open) {
        s->listener->close(s->listener);
        s->listener = NULL;
    }
    enum err e = listen_at(s, host, port, &s->listener);
    if (e == ERR_OK) {
        mem_free(s->client_host);
        s->client_host = host != NULL ? mem_strdup(host) : NULL;
        s->client_port = port;
        return;
    }
    log_listen_failed(s, EVENT_LISTEN_FAILED, port, e);
    if (is_open && listen_at(s, s->client_host, s->client_port, &s->listener) != ERR_OK) {
        log_listen_failed(s, EVENT_LISTEN_FAILED, s->client_port, e);
    }
}

// ---- recovery ----

static void on_recovery_note(void *ctx, const char *text)
{
    struct server *s = ctx;
    log_event_str(s->log, EVENT_RECOVERY_NOTE, "note", text);
}

static void log_recovered(struct server *s, const struct recover_report *r)
{
    struct log_line l;
    if (log_begin(&l, s->log, EVENT_RECOVERED)) {
        log_str(&l, "snapshot", r->snapshot);
        log_i64(&l, "nodes", (int64_t)tree_node_count(s->tree));
        log_i64(&l, "txns", (int64_t)r->txns_replayed);
        log_hex(&l, "zxid", r->last_zxid);
        log_i64(&l, "snapshot_ms", r->snapshot_ms);
        log_i64(&l, "replay_ms", r->replay_ms);
        log_end(&l);
    }
}

void server_recover_options(const struct server *s, uint64_t hash_seed, struct recover_options *ret)
{
    const struct config *cfg = s->config;
    bool is_member = config_is_distributed(cfg);
    *ret = (struct recover_options){
        .tree = {.hash_seed = hash_seed,
                 .digest_enabled = cfg->digest_enabled,
                 .extended_types_enabled = cfg->extended_types_enabled,
                 .emulate_353_ttl_nodes = cfg->emulate_353_ttl_nodes},
        .record_bytes_max = s->string_max,
        .trust_empty_snapshot = cfg->snapshot_trust_empty,
        // A standalone server has nobody to get its data from.
        .db_autocreate = !is_member || cfg->db_autocreate,
        .drop_dead_ephemerals = !is_member,
        .is_member = is_member,
        .method = names_method_parse(cfg->snapshot_compression_method),
        .snapshot_with_last_zxid = cfg->serialize_last_processed_zxid,
        .trace = s->options.trace,
    };
}

static void on_replayed(void *ctx, int64_t zxid, struct slice txn)
{
    struct server *s = ctx;
    recent_remember(&s->replayed, zxid, txn);
}

static enum server_exit recover_tree(struct server *s, uint64_t hash_seed,
                                     struct recover_report *report)
{
    struct recover_options options;
    server_recover_options(s, hash_seed, &options);
    options.on_txn = options.is_member ? on_replayed : NULL;
    recent_init(&s->replayed, (size_t)s->config->commit_log_count, LIMIT_HISTORY_BYTES);
    struct store_error error = {0};
    enum err e = recover(s->datadir, s->options.clock, &options, on_recovery_note, s, &s->tree,
                         report, &error);
    if (e != ERR_OK) {
        return start_failed_by_files(s, e, "recovery", &error);
    }
    account_recovered(s->stats, report);
    log_recovered(s, report);
    return SERVER_EXIT_OK;
}

static enum server_exit open_datadir(struct server *s)
{
    struct store_error error = {0};
    enum err e = datadir_open(s->options.files, s->config->data_dir, s->config->data_log_dir,
                              s->config->datadir_autocreate, &s->datadir, &error);
    return e == ERR_OK ? SERVER_EXIT_OK
                       : start_failed(s, SERVER_EXIT_DATADIR, "data directory", error.text);
}

// ---- life cycle ----

static void track_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    struct server *s = ctx;
    sessions_track(&s->sessions, session, timeout_ms, server_now_ms(s));
}

static uint32_t string_max_of(const struct config *cfg)
{
    int64_t max = (int64_t)cfg->jute_max_buffer + cfg->jute_extra_size;
    return max > INT32_MAX ? INT32_MAX : (uint32_t)max;
}

static void init_lists(struct server *s)
{
    list_init(&s->conns);
    list_init(&s->dirty);
    list_init(&s->resumable);
    list_init(&s->throttled);
    list_init(&s->revalidating);
    list_init(&s->rejoining);
    list_init(&s->orphans);
    list_init(&s->graveyard);
}

static void init_core(struct server *s, const struct recover_report *report)
{
    struct port_entropy *entropy = s->options.entropy;
    int64_t now_ms = server_now_ms(s);
    int64_t sid = config_is_distributed(s->config) ? s->config->server_id : SERVER_STANDALONE_ID;
    sessions_init(&s->sessions, s->config->tick_time_ms, sid, now_ms);
    s->sessions.allows_local = s->config->local_sessions_enabled;
    tree_sessions_each(s->tree, track_session, s);
    auth_use_tree(&s->auth, s->tree);
    touched_init(&s->touched);
    changes_init(&s->changes, s->tree, s->config->digest_enabled);
    s->watches = watches_new(entropy_next(entropy));
    peers_init(&s->peers, entropy_next(entropy));
    expiry_init(&s->idle, IDLE_INTERVAL_MS, now_ms);
    throttle_init(&s->throttle, s->config, entropy_next(entropy), now_ms);
    bool is_on_disk = report->snapshot[0] != '\0' || report->wrote_snapshot;
    int64_t snapshot_zxid = report->wrote_snapshot ? report->last_zxid : report->snapshot_zxid;
    snapper_init(&s->snapper, s, entropy_next(entropy), is_on_disk ? snapshot_zxid : -1);
    s->prep = (struct prep){
        .config = s->config,
        .auth = &s->auth,
        .tree = s->tree,
        .changes = &s->changes,
        .sessions = &s->sessions,
        .stats = s->stats,
        .log = s->log,
        .arena = &s->prep_arena,
        .string_max = s->string_max,
    };
}

// Source: AuthenticationHelper.validateConfiguredProperties.
static enum server_exit check_schemes(struct server *s)
{
    const char *schemes = s->config->enforce_auth_schemes;
    if (!s->config->enforce_auth_enabled || auth_schemes_exist(&s->auth, schemes)) {
        return SERVER_EXIT_OK;
    }
    return start_failed(s, SERVER_EXIT_INVALID, "enforce.auth.schemes",
                        "names a scheme that is not enabled here, and nobody can satisfy; "
                        "remedy: add its authProvider, or take it from the list");
}

// What recovery replayed last is for learners that are a little behind.
static void hand_over_replayed(struct server *s)
{
    const struct recent_entry *entry = recent_after(&s->replayed, -1);
    for (; entry != NULL; entry = recent_after(&s->replayed, entry->zxid)) {
        ensemble_remember(s->ensemble, entry->zxid, entry->txn);
    }
    recent_fini(&s->replayed);
    recent_init(&s->replayed, 1, 0);
}

// A member: it has a past that others know of, and rests until it has a role.
static enum server_exit open_ensemble(struct server *s, const struct recover_report *report)
{
    struct store_error error = {0};
    struct epochs epochs;
    if (report->needs_healing) {
        struct buf reason = {0};
        healing_reason(s->datadir, &reason);
        log_event_str(s->log, EVENT_HEALING, "why", buf_cstr(&reason));
        buf_fini(&reason);
    }
    enum err e =
        epochs_load(s->datadir, tree_last_zxid(s->tree), on_recovery_note, s, &epochs, &error);
    if (e != ERR_OK) {
        return start_failed_by_files(s, e, "epochs", &error);
    }
    e = ensemble_open(s, &epochs, report->needs_healing ? -1 : report->last_zxid, &s->ensemble);
    if (e != ERR_OK) {
        return start_failed(s, SERVER_EXIT_UNEXPECTED, "workers of the ensemble", err_text(e));
    }
    if (!report->needs_healing) {
        hand_over_replayed(s);
    }
    s->state = SERVER_RESTING;
    return SERVER_EXIT_OK;
}

static enum server_exit open_parts(struct server *s)
{
    enum server_exit code = check_schemes(s);
    if (code == SERVER_EXIT_OK) {
        code = open_datadir(s);
    }
    struct recover_report report = {0};
    if (code == SERVER_EXIT_OK) {
        code = recover_tree(s, entropy_next(s->options.entropy), &report);
    }
    if (code != SERVER_EXIT_OK) {
        return code;
    }
    server_take_time(s);
    init_core(s, &report);
    s->has_core = true;
    enum err e = pipeline_open(&s->pipeline, s);
    if (e != ERR_OK) {
        return start_failed(s, SERVER_EXIT_UNEXPECTED, "log worker", err_text(e));
    }
    if (config_is_distributed(s->config)) {
        code = open_ensemble(s, &report);
    }
    return code == SERVER_EXIT_OK ? open_listener(s) : code;
}

enum server_exit server_open(const struct server_options *options, struct server **ret)
{
    struct server *s = mem_zalloc(sizeof(*s));
    s->options = *options;
    s->config = options->config;
    s->state = SERVER_SERVING;
    s->log = options->log;
    s->string_max = string_max_of(s->config);
    s->stats = stats_new(entropy_next(options->entropy));
    auth_init(&s->auth, s->config, options->digest);
    init_lists(s);
    server_take_time(s);
    s->started_ms = server_now_ms(s);
    s->role_ms = s->started_ms;
    enum server_exit code = open_parts(s);
    if (code != SERVER_EXIT_OK) {
        server_close(s);
        return code;
    }
    upkeep_start(&s->upkeep, s);
    read_only_init(&s->read_only, s);
    handover_init(&s->handover, s);
    options->loop->on_turn_end(options->loop, on_turn_end, s);
    if (s->ensemble != NULL) {
        ensemble_start(s->ensemble);
    } else {
        snapper_start(&s->snapper);
        log_event_i64(s->log, EVENT_SERVING, "ms", clock_mono_ms(options->clock) - s->started_ms);
    }
    *ret = s;
    return SERVER_EXIT_OK;
}

static void close_listener(struct server *s)
{
    if (s->listener != NULL) {
        s->listener->close(s->listener);
        s->listener = NULL;
    }
}

static void on_drain_timeout(struct port_timer *timer)
{
    struct server *s = CONTAINER_OF(timer, struct server, drain);
    if (is_all_answered(s)) {
        end_draining(s);
    } else {
        server_fail(s, SERVER_EXIT_UNEXPECTED);
    }
}

void server_left(struct server *s)
{
    if (s->state == SERVER_DRAINING) {
        end_draining(s);
    }
}

void server_stop(struct server *s)
{
    bool is_stopping = s->state == SERVER_DRAINING || s->state == SERVER_STOPPED;
    if (is_stopping || handover_before_stop(&s->handover)) {
        return;
    }
    trace(server_trace(s), "server stops, %llu requests in process",
          (unsigned long long)s->in_process);
    log_event(s->log, EVENT_STOPPING);
    s->state = SERVER_DRAINING;
    close_listener(s);
    LIST_FOREACH_SAFE (it, tmp, &s->conns) {
        struct conn *c = CONTAINER_OF(it, struct conn, link);
        if (c->state == CONN_OPEN) {
            conn_throttle(c);
        }
    }
    struct port_loop *loop = s->options.loop;
    s->drain = (struct port_timer){.fire = on_drain_timeout};
    loop->timer_start(loop, &s->drain, s->config->request_throttler_shutdown_timeout_ms);
    if (s->ensemble != NULL) {
        ensemble_leave(s->ensemble);
    }
}

void server_serve(struct server *s)
{
    ASSERT(s->state == SERVER_RESTING);
    s->state = SERVER_SERVING;
    s->role_ms = server_now_ms(s);
    log_event_i64(s->log, EVENT_SERVING, "ms", server_now_ms(s) - s->started_ms);
}

void server_read(struct server *s)
{
    ASSERT(s->state == SERVER_RESTING);
    ASSERT(s->pipeline.mode == PIPELINE_RESTING);
    s->state = SERVER_READING;
    s->role_ms = server_now_ms(s);
    sessions_clear(&s->sessions, s->role_ms);
    log_event(s->log, EVENT_READ_ONLY);
}

void server_rest(struct server *s)
{
    if (s->state == SERVER_SERVING || s->state == SERVER_READING) {
        s->state = SERVER_RESTING;
    }
    close_connections(s, "the server has lost its role in the ensemble");
    hold_forget(s);
    touched_clear(&s->touched); // what another leader would have wanted to hear
}

void server_fail(struct server *s, enum server_exit code)
{
    s->options.loop->timer_stop(s->options.loop, &s->drain);
    trace(server_trace(s), "server fails with exit code %d", (int)code);
    s->exit_code = code;
    s->state = SERVER_STOPPED;
    close_listener(s);
    s->options.on_stopped(s->options.ctx, code);
}

static void close_core(struct server *s)
{
    upkeep_stop(&s->upkeep);
    read_only_fini(&s->read_only);
    handover_fini(&s->handover);
    snapper_close(&s->snapper);
    pipeline_close(&s->pipeline);
    LIST_FOREACH_SAFE (it, tmp, &s->conns) {
        struct conn *c = CONTAINER_OF(it, struct conn, link);
        c->writes_done = c->writes_begun; // nothing in flight will be settled any more
        conn_close(c, "the server stops");
    }
    LIST_FOREACH_SAFE (it, tmp, &s->orphans) {
        struct conn *c = CONTAINER_OF(it, struct conn, link);
        c->writes_done = c->writes_begun;
        conn_free(c);
    }
    free_closed(s);
    throttle_fini(&s->throttle);
    changes_fini(&s->changes);
    sessions_fini(&s->sessions);
    touched_fini(&s->touched);
    peers_fini(&s->peers);
    watches_free(s->watches);
}

void server_close(struct server *s)
{
    if (s == NULL) {
        return;
    }
    s->options.loop->on_turn_end(s->options.loop, NULL, NULL);
    s->options.loop->timer_stop(s->options.loop, &s->drain);
    close_listener(s);
    ensemble_close(s->ensemble);
    if (s->has_core) {
        close_core(s);
    }
    if (!s->options.ends_process) {
        tree_free(s->tree);
    }
    datadir_close(s->datadir);
    recent_fini(&s->replayed);
    spares_fini(&s->spares);
    arena_fini(&s->read_arena);
    arena_fini(&s->prep_arena);
    stats_free(s->stats);
    mem_free(s->client_host);
    mem_free(s);
}

uint16_t server_client_port(const struct server *s)
{
    return s->listener != NULL ? s->listener->port : 0;
}
