// SPDX-License-Identifier: Apache-2.0
//
// Events into zab/, its effects out.
#include "server/ensemble.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/mark.h"
#include "base/mem.h"
#include "jute/op.h"
#include "server/ensemble_priv.h"

// FINALIZE_WAIT is shorter than Java's 200: it decides how long a better vote is waited for, and
// whoever is elected with a worse one is found out when it collects histories.
enum { FINALIZE_WAIT_MS = 20 };

// ---- clients come and go with the role ----

static void learn(struct ensemble *e)
{
    struct pipeline *pl = &e->server->pipeline;
    if (pl->mode == PIPELINE_RESTING) {
        pipeline_learn(pl);
    }
}

static void serve(struct ensemble *e, const struct zab_effect *effect)
{
    ensemble_show_config(e);
    if (zab_role(e->zab) == ZAB_LEADING) {
        pipeline_lead(&e->server->pipeline, effect->zxid);
    } else {
        learn(e);
    }
    account_serving(&e->role, e->server->stats, server_now_ms(e->server));
    server_serve(e->server);
    handover_served(&e->server->handover);
}

static void pause(struct ensemble *e, const struct zab_effect *effect)
{
    (void)effect;
    pipeline_pause(&e->server->pipeline);
    hold_begin(e->server);
}

static void resume(struct ensemble *e, const struct zab_effect *effect)
{
    (void)effect;
    pipeline_resume(&e->server->pipeline);
    hold_end(e->server);
    handover_given_up(&e->server->handover);
}

static void on_settled(void *ctx, int64_t zxid)
{
    struct ensemble *e = ctx;
    e->is_settling = false;
    if (e->is_leaving) {
        server_left(e->server);
        return;
    }
    e->has_settled = true;
    e->settled_zxid = zxid;
    e->logged_zxid = zxid;
    ensemble_wake(e);
}

// The role ends when nothing is under way any more that belongs to it.
void ensemble_settle(struct ensemble *e)
{
    if (e->is_stopping && list_is_empty(&e->jobs)) {
        e->is_stopping = false;
        e->is_settling = true; // the answer may come within the call
        pipeline_settle(&e->server->pipeline, on_settled, e);
    }
}

static void end_role(struct ensemble *e)
{
    e->commit_zxid = 0; // what is in the log is applied anyway
    e->held_link = 0;   // and it is closed
    relay_clear(&e->syncs_asked);
    relay_clear(&e->sessions_asked);
    e->holds_observers = false;
    buf_fini(&e->kept);
    e->is_stopping = true;
    server_rest(e->server);
    ensemble_settle(e);
}

static void stop_serving(struct ensemble *e, const struct zab_effect *effect)
{
    (void)effect;
    end_role(e);
}

// ---- what is the server's business ----

static void deliver_to_leader(struct ensemble *e, const struct zab_effect *effect)
{
    struct server *s = e->server;
    int32_t type = effect->packet.type; // zab/ delivers no other than these
    if (type == ZAB_REQUEST) {
        pipeline_remote(&s->pipeline, effect->link, &effect->packet);
    } else if (type == ZAB_PING) {
        revalidate_heard(s, effect->packet.data);
    } else if (type == ZAB_REVALIDATE) {
        revalidate_requested(s, effect->link, &effect->packet);
    }
}

// Of our own learners, as a leader; or of our leader, or of observers that learn from us.
static void deliver(struct ensemble *e, const struct zab_effect *effect)
{
    const struct zab_packet *packet = &effect->packet;
    if (zab_role(e->zab) == ZAB_LEADING) {
        deliver_to_leader(e, effect);
    } else if (packet->type == ZAB_SYNC) {
        ensemble_relay_synced(e);
    } else if (packet->type == ZAB_REQUEST) {
        ensemble_relay_request(e, effect->link, packet);
    } else if (packet->type == ZAB_PING) {
        ensemble_relay_touched(e, packet->data);
    } else if (effect->link == zab_leader_link(e->zab)) {
        ensemble_relay_revalidated(e, packet);
    } else {
        ensemble_relay_revalidate(e, effect->link, packet);
    }
}

static void pong(struct ensemble *e, const struct zab_effect *effect)
{
    struct buf data = {0};
    touched_take(&e->server->touched, &data);
    struct zab_packet answer = effect->packet;
    answer.data = slice_of(data.data != NULL ? data.data : (const uint8_t *)"", data.len);
    ensemble_send(e, effect->link, &answer);
    buf_fini(&data);
}

static void note(struct ensemble *e, const struct zab_effect *effect)
{
    log_event_str(e->server->log, EVENT_ENSEMBLE, "what", effect->text);
}

static void leave_process(struct ensemble *e, const struct zab_effect *effect)
{
    log_event_str(e->server->log, EVENT_ENSEMBLE_FAILED, "why", effect->text);
    server_fail(e->server, (enum server_exit)effect->code);
}

// ---- steps ----

// One function for each effect.
typedef void performer(struct ensemble *e, const struct zab_effect *effect);

static void save_accepted(struct ensemble *e, const struct zab_effect *effect)
{
    ensemble_save_epoch(e, DATADIR_EPOCH_ACCEPTED, effect->epoch);
}

static void save_current(struct ensemble *e, const struct zab_effect *effect)
{
    ensemble_save_epoch(e, DATADIR_EPOCH_CURRENT, effect->epoch);
}

// A leader that is faster than our disk is not read until the log has caught up; its own link is
// full then, and it waits.
static void hold_leader(struct ensemble *e)
{
    struct link *l = links_find(&e->links, zab_leader_link(e->zab));
    if (l != NULL) {
        MARK("leader waits for the log");
        e->held_link = link_id(l);
        link_hold(l);
    }
}

static void release_leader(struct ensemble *e)
{
    struct link *l = links_find(&e->links, e->held_link);
    e->held_link = 0;
    if (l != NULL) {
        link_release(l);
    }
}

static void append(struct ensemble *e, const struct zab_effect *effect)
{
    learn(e);
    pipeline_append(&e->server->pipeline, effect->zxid, effect->bytes);
    if (e->held_link == 0 && pipeline_is_behind(&e->server->pipeline)) {
        hold_leader(e);
    }
}

static void truncate_log(struct ensemble *e, const struct zab_effect *effect)
{
    ensemble_truncate(e, effect->zxid);
}

static void load_snapshot(struct ensemble *e, const struct zab_effect *effect)
{
    ensemble_load(e, effect->link, effect->zxid);
}

static void see_config(struct ensemble *e, const struct zab_effect *effect)
{
    ensemble_see_config(e, effect->config);
}

static void activate_config(struct ensemble *e, const struct zab_effect *effect)
{
    ensemble_activate_config(e, effect->config);
}

static void notify(struct ensemble *e, const struct zab_effect *effect)
{
    mesh_send(e->mesh, effect->sid, effect->bytes);
}

static void send_packet(struct ensemble *e, const struct zab_effect *effect)
{
    ensemble_send(e, effect->link, &effect->packet);
}

static void send_snapshot(struct ensemble *e, const struct zab_effect *effect)
{
    ensemble_feed_snapshot(e, effect->link, effect->zxid);
}

static void listen_for_learners(struct ensemble *e, const struct zab_effect *effect)
{
    ensemble_listen(e, effect->is_master);
}

static void stop_listening(struct ensemble *e, const struct zab_effect *effect)
{
    (void)effect;
    ensemble_unlisten(e);
}

static void close_link(struct ensemble *e, const struct zab_effect *effect)
{
    ensemble_close_link(e, effect->link);
}

// Applied when the step is over; see commit().
static void note_commit(struct ensemble *e, const struct zab_effect *effect)
{
    e->commit_zxid = effect->zxid;
}

static void answer_sync(struct ensemble *e, const struct zab_effect *effect)
{
    pipeline_sync_done(&e->server->pipeline, effect->token);
}

static performer *const performers[] = {
    [ZAB_DO_SAVE_ACCEPTED] = save_accepted,
    [ZAB_DO_SAVE_CURRENT] = save_current,
    [ZAB_DO_APPEND] = append,
    [ZAB_DO_TRUNCATE] = truncate_log,
    [ZAB_DO_LOAD_SNAP] = load_snapshot,
    [ZAB_DO_SEE_CONFIG] = see_config,
    [ZAB_DO_ACTIVATE_CONFIG] = activate_config,
    [ZAB_DO_NOTIFY] = notify,
    [ZAB_DO_SEND] = send_packet,
    [ZAB_DO_SEND_SNAP] = send_snapshot,
    [ZAB_DO_READ_LOG] = ensemble_feed_log,
    [ZAB_DO_LISTEN] = listen_for_learners,
    [ZAB_DO_DIAL] = ensemble_dial,
    [ZAB_DO_CLOSE] = close_link,
    [ZAB_DO_UNLISTEN] = stop_listening,
    [ZAB_DO_COMMIT] = note_commit,
    [ZAB_DO_SERVE] = serve,
    [ZAB_DO_PAUSE] = pause,
    [ZAB_DO_RESUME] = resume,
    [ZAB_DO_STOP_SERVING] = stop_serving,
    [ZAB_DO_DELIVER] = deliver,
    [ZAB_DO_SYNCED] = answer_sync,
    [ZAB_DO_PONG] = pong,
    [ZAB_DO_NOTE] = note,
    [ZAB_DO_EXIT] = leave_process,
};

static void perform(struct ensemble *e, const struct zab_effect *effect)
{
    ASSERT((size_t)effect->type < sizeof(performers) / sizeof(performers[0]));
    performers[effect->type](e, effect);
}

// Something waits to be told in a turn of its own.
void ensemble_wake(struct ensemble *e)
{
    struct port_loop *loop = e->server->options.loop;
    loop->timer_start(loop, &e->deadline, 0);
    e->deadline_ms = 0;
}

static void set_deadline(struct ensemble *e)
{
    if (e->has_settled) {
        return; // the timer runs for that
    }
    struct port_loop *loop = e->server->options.loop;
    int64_t due_ms;
    if (!zab_deadline_ms(e->zab, &due_ms)) {
        loop->timer_stop(loop, &e->deadline);
        e->deadline_ms = INT64_MAX;
    } else if (due_ms != e->deadline_ms) {
        int64_t wait_ms = due_ms - server_now_ms(e->server);
        loop->timer_start(loop, &e->deadline, wait_ms > 0 ? wait_ms : 0);
        e->deadline_ms = due_ms;
    }
}

// Applying fires events of its own, so it waits until the step that said so is over.
static void commit(struct ensemble *e)
{
    while (e->depth == 0 && e->commit_zxid != 0) {
        int64_t zxid = e->commit_zxid;
        e->commit_zxid = 0;
        pipeline_commit(&e->server->pipeline, zxid);
    }
}

// It looks for a leader, and nothing of an earlier role is under way.
static bool is_at_rest(const struct ensemble *e)
{
    return zab_role(e->zab) == ZAB_LOOKING && !e->is_stopping && !e->is_settling &&
           !e->has_settled && !e->lacks_history;
}

void ensemble_step(struct ensemble *e, struct zab_event *event)
{
    if (e->is_leaving || e->server->state == SERVER_STOPPED) {
        return;
    }
    ASSERT(e->depth < ENSEMBLE_DEPTH_MAX);
    struct zab_effects *effects = &e->effects[e->depth++];
    event->now_ms = server_now_ms(e->server);
    zab_step(e->zab, event, effects);
    account_role(&e->role, e->server->stats, zab_role(e->zab), event->now_ms);
    for (size_t i = 0; i < effects->count; i++) {
        perform(e, &effects->items[i]);
    }
    zab_effects_clear(effects);
    e->depth--;
    if (e->depth == 0) {
        read_only_look(&e->server->read_only, is_at_rest(e)); // no role changes a tree so soon
        set_deadline(e);
        commit(e);
        ensemble_replay_kept(e);
    }
}

static void on_deadline(struct port_timer *timer)
{
    struct ensemble *e = CONTAINER_OF(timer, struct ensemble, deadline);
    server_take_time(e->server);
    e->deadline_ms = INT64_MAX;
    struct zab_event event = {.type = ZAB_EV_TIME};
    if (e->has_settled) {
        e->has_settled = false;
        event = (struct zab_event){
            .type = ZAB_EV_SETTLED, .zxid = e->lacks_history ? -1 : e->settled_zxid, .is_ok = true};
    }
    ensemble_step(e, &event);
}

static void on_message(void *ctx, int64_t from, struct slice bytes)
{
    struct ensemble *e = ctx;
    server_take_time(e->server);
    struct zab_event event = {.type = ZAB_EV_NOTIFICATION, .sid = from, .bytes = bytes};
    ensemble_step(e, &event);
}

// ---- what the write path says ----

static void peer_propose(void *ctx, int64_t zxid, struct slice txn, struct slice config)
{
    struct zab_event event = {.type = ZAB_EV_PROPOSE, .zxid = zxid, .bytes = txn, .config = config};
    ensemble_step(ctx, &event);
}

static void peer_logged(void *ctx, int64_t zxid)
{
    struct ensemble *e = ctx;
    e->logged_zxid = zxid;
    struct zab_event event = {.type = ZAB_EV_LOGGED, .zxid = zxid};
    ensemble_step(e, &event);
    if (e->held_link != 0 && !pipeline_is_behind(&e->server->pipeline)) {
        release_leader(e);
    }
}

static void peer_applied(void *ctx, int64_t zxid)
{
    struct zab_event event = {.type = ZAB_EV_APPLIED, .zxid = zxid};
    ensemble_step(ctx, &event);
}

static void peer_failed(void *ctx, const char *why)
{
    struct ensemble *e = ctx;
    log_event_str(e->server->log, EVENT_ENSEMBLE, "what", why);
    struct zab_event event = {.type = ZAB_EV_FAILED};
    ensemble_step(e, &event);
}

static void peer_forward(void *ctx, const struct request *request)
{
    ensemble_forward(ctx, request);
}

static void peer_sync(void *ctx, uint64_t token)
{
    struct zab_event event = {.type = ZAB_EV_SYNC, .token = token};
    ensemble_step(ctx, &event);
}

// ---- a learner's requests ----

void ensemble_forward(struct ensemble *e, const struct request *request)
{
    if (request->type == OP_SYNC) {
        (void)relay_ask(&e->syncs_asked, (struct relay_question){0});
    }
    buf_clear(&e->request_data);
    buf_clear(&e->request_ids);
    forward_encode(request, &e->request_data, &e->request_ids);
    const struct zab_packet packet = {
        .type = ZAB_REQUEST,
        .zxid = -1,
        .data = buf_slice(&e->request_data),
        .authinfo = e->request_ids.len > 0 ? buf_slice(&e->request_ids) : slice_null(),
    };
    ensemble_ask_leader(e, &packet);
}

void ensemble_ask_leader(struct ensemble *e, const struct zab_packet *packet)
{
    ensemble_send(e, zab_leader_link(e->zab), packet);
}

void ensemble_ask_session(struct ensemble *e, const struct zab_packet *packet)
{
    (void)relay_ask(&e->sessions_asked, (struct relay_question){0});
    ensemble_ask_leader(e, packet);
}

void ensemble_answer(struct ensemble *e, zab_link link, const struct zab_packet *packet)
{
    ensemble_send(e, link, packet);
}

// ---- life cycle ----

static struct zab_options zab_options_of(const struct config *cfg, struct port_entropy *entropy)
{
    const struct zab_options options = {
        .sid = cfg->server_id,
        .tick_ms = cfg->tick_time_ms,
        .init_limit = cfg->init_limit,
        .sync_limit = cfg->sync_limit,
        .connect_limit = cfg->connect_limit,
        .reconfig_enabled = cfg->reconfig_enabled,
        .has_master_port = cfg->observer_master_port > 0,
        .force_snapshot_sync = cfg->force_snapshot_sync,
        .log_sync_enabled = cfg->snapshot_size_factor >= 0,
        .epoch_wait_ms = (int64_t)cfg->max_time_to_wait_for_epoch_ms + 1,
        .observer_election_delay_ms = cfg->observer_election_delay_ms,
        .observer_reconnect_delay_ms = cfg->observer_reconnect_delay_ms,
        .notification_min_ms = cfg->min_notification_interval_ms,
        .notification_max_ms = cfg->max_notification_interval_ms,
        .finalize_wait_ms = FINALIZE_WAIT_MS,
        .history_count = (size_t)cfg->commit_log_count,
        .history_bytes = LIMIT_HISTORY_BYTES,
        .master_history_bytes = (size_t)cfg->observer_master_bytes_max,
        .snap_syncs_max = (size_t)cfg->max_concurrent_snap_syncs,
        .diff_syncs_max = (size_t)cfg->max_concurrent_diff_syncs,
        .seed = entropy_next(entropy),
    };
    return options;
}

static const struct pipeline_peer peer_template = {
    .propose = peer_propose,
    .logged = peer_logged,
    .applied = peer_applied,
    .failed = peer_failed,
    .forward = peer_forward,
    .sync = peer_sync,
    .reconfig = ensemble_reconfig,
};

static void on_bind_failed(void *ctx)
{
    struct ensemble *e = ctx;
    log_event_str(e->server->log, EVENT_ENSEMBLE_FAILED, "why",
                  "the election port cannot be bound; stop what listens there, or change it");
    server_fail(e->server, SERVER_EXIT_ELECTION_PORT);
}

static void open_ports(struct ensemble *e)
{
    struct server *s = e->server;
    const struct config *cfg = s->config;
    const struct links_options links = {
        .loop = s->options.loop,
        .clock = s->options.clock,
        .net = s->options.net,
        .resolver = s->options.resolver,
        .log = s->log,
        .trace = s->options.trace,
        .handler = &ensemble_link_handler,
        .owner = e,
        .data_max = s->string_max,
        .stall_timeout_ms = (int64_t)cfg->tick_time_ms * cfg->sync_limit,
    };
    links_init(&e->links, &links);
    const struct mesh_options mesh = {
        .sid = cfg->server_id,
        .net = s->options.net,
        .loop = s->options.loop,
        .resolver = s->options.resolver,
        .log = s->log,
        .trace = s->options.trace,
        .connect_timeout_ms = cfg->cnx_timeout_ms,
        .handshake_timeout_ms = cfg->quorum_cnxn_timeout_ms,
        .listens_on_all = cfg->quorum_listen_on_all_ips,
        .many_addresses = cfg->multi_address_enabled,
        .keepalive = cfg->tcp_keep_alive,
        .bind_retries = cfg->election_port_bind_retry,
        .on_message = on_message,
        .on_bind_failed = on_bind_failed,
        .ctx = e,
    };
    e->mesh = mesh_new(&mesh);
    mesh_configure(e->mesh, zab_committed_config(e->zab), zab_seen_config(e->zab));
}

enum err ensemble_open(struct server *s, const struct epochs *epochs, int64_t last_zxid,
                       struct ensemble **ret)
{
    struct ensemble *e = mem_zalloc(sizeof(*e));
    e->server = s;
    e->epochs = *epochs;
    e->logged_zxid = tree_last_zxid(s->tree);
    e->lacks_history = last_zxid == -1;
    e->deadline = (struct port_timer){.fire = on_deadline};
    e->deadline_ms = INT64_MAX;
    e->role.looking_ms = -1;
    e->peer = peer_template;
    e->peer.ctx = e;
    list_init(&e->feeds);
    list_init(&e->jobs);
    for (size_t i = 0; i < ENSEMBLE_DEPTH_MAX; i++) {
        zab_effects_init(&e->effects[i]);
    }
    struct port_loop *loop = s->options.loop;
    enum err err = loop->worker_open(loop, "disk", &e->worker);
    err = err == ERR_OK ? loop->worker_open(loop, "feed", &e->feeder) : err;
    if (err != ERR_OK) {
        ensemble_close(e);
        return err;
    }
    const struct zab_options options = zab_options_of(s->config, s->options.entropy);
    const struct zab_recovered recovered = {.accepted_epoch = epochs->accepted,
                                            .current_epoch = epochs->current,
                                            .last_zxid = last_zxid};
    ensemble_config_open(e);
    e->zab = zab_new(&options, &recovered, &s->config->servers, e->seen_at_start);
    *ret = e;
    return ERR_OK;
}

void ensemble_remember(struct ensemble *e, int64_t zxid, struct slice txn)
{
    zab_remember(e->zab, zxid, txn);
}

void ensemble_start(struct ensemble *e)
{
    pipeline_join(&e->server->pipeline, &e->peer);
    open_ports(e);
    struct zab_event event = {.type = ZAB_EV_START};
    ensemble_step(e, &event);
}

static void close_ports(struct ensemble *e)
{
    if (e->mesh != NULL) {
        ensemble_feed_stop_all(e);
        ensemble_unlisten(e);
        mesh_close(e->mesh);
        links_fini(&e->links);
        e->mesh = NULL;
    }
}

void ensemble_leave(struct ensemble *e)
{
    ASSERT(!e->is_leaving);
    e->is_leaving = true;
    close_ports(e);
    if (e->has_settled) {
        server_left(e->server);
    } else if (!e->is_stopping && !e->is_settling) {
        end_role(e);
    }
}

void ensemble_close(struct ensemble *e)
{
    if (e == NULL) {
        return;
    }
    e->is_leaving = true;
    close_ports(e);
    struct port_loop *loop = e->server->options.loop;
    loop->timer_stop(loop, &e->deadline);
    if (e->worker != NULL) {
        e->worker->close(e->worker);
    }
    if (e->feeder != NULL) {
        e->feeder->close(e->feeder);
    }
    ensemble_disk_close(e);
    ensemble_feed_close(e);
    ensemble_config_close(e);
    for (size_t i = 0; i < ENSEMBLE_DEPTH_MAX; i++) {
        zab_effects_fini(&e->effects[i]);
    }
    learner_queues_fini(&e->queues);
    buf_fini(&e->kept);
    buf_fini(&e->request_data);
    buf_fini(&e->request_ids);
    relay_fini(&e->syncs_asked);
    relay_fini(&e->sessions_asked);
    zab_free(e->zab);
    mem_free(e);
}

void ensemble_flush(struct ensemble *e)
{
    if (e->mesh != NULL) {
        ensemble_feed_wait(e);
        learner_queues_look(&e->queues, e->zab, e->server->stats, e->server->now_ns);
        links_flush(&e->links);
    }
}

const char *ensemble_hand_over(struct ensemble *e, int64_t sid)
{
    const char *refusal = zab_refuses_handover(e->zab, sid);
    if (refusal == NULL) {
        struct zab_event event = {.type = ZAB_EV_HAND_OVER, .sid = sid};
        ensemble_step(e, &event);
    }
    return refusal;
}

const struct zab *ensemble_zab(const struct ensemble *e)
{
    return e->zab;
}

// Source: getGlobalOutstandingLimit of LeaderZooKeeperServer and FollowerZooKeeperServer; without a
// leader, and as an observer, it is the whole one.
uint64_t ensemble_share(const struct ensemble *e, uint64_t limit)
{
    enum zab_role role = zab_role(e->zab);
    uint64_t voters = zab_voter_count(e->zab);
    bool shares = role == ZAB_LEADING || role == ZAB_FOLLOWING;
    return shares && voters > 2 ? limit / (voters - 1) : limit;
}
