// SPDX-License-Identifier: Apache-2.0
//
// Events into zab/, its effects out.
#include "server/ensemble.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/mem.h"
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

static void stop_serving(struct ensemble *e)
{
    e->commit_zxid = 0; // what is in the log is applied anyway
    e->is_stopping = true;
    server_rest(e->server);
    ensemble_settle(e);
}

// ---- links ----

static struct ensemble *owner_of(struct link *l)
{
    struct ensemble *e = link_links(l)->options.owner;
    server_take_time(e->server);
    return e;
}

static void link_up(struct link *l)
{
    struct ensemble *e = owner_of(l);
    struct zab_event event = {.type = ZAB_EV_LINK_UP, .link = link_id(l)};
    ensemble_step(e, &event);
}

static void link_packet(struct link *l, const struct zab_packet *packet)
{
    struct ensemble *e = owner_of(l);
    account_received(e->server->stats, packet->type);
    struct zab_event event = {.type = ZAB_EV_PACKET, .link = link_id(l), .packet = *packet};
    ensemble_step(e, &event);
}

static void link_raw(struct link *l, struct slice bytes, size_t *ret_used, bool *ret_done)
{
    ensemble_load_bytes(owner_of(l), bytes, ret_used, ret_done);
}

static void link_room(struct link *l)
{
    struct ensemble *e = owner_of(l);
    if (!ensemble_feed_room(e, link_id(l))) {
        struct zab_event event = {.type = ZAB_EV_LINK_ROOM, .link = link_id(l)};
        ensemble_step(e, &event);
    }
}

static void forget_link(struct ensemble *e, zab_link link)
{
    ensemble_feed_stop(e, link);
    if (e->load_link == link) {
        ensemble_load_stop(e);
    }
}

static void link_down(struct link *l, enum err reason)
{
    struct ensemble *e = owner_of(l);
    zab_link link = link_id(l);
    trace(server_trace(e->server), "link 0x%llx is down: %s", (unsigned long long)link,
          err_text(reason));
    forget_link(e, link);
    struct zab_event event = {.type = ZAB_EV_LINK_DOWN, .link = link};
    ensemble_step(e, &event);
}

static const struct link_handler link_handler = {
    .on_up = link_up,
    .on_packet = link_packet,
    .on_raw = link_raw,
    .on_room = link_room,
    .on_down = link_down,
};

static void on_accept(struct port_listener *listener, struct port_stream *stream)
{
    struct ensemble *e = listener->owner;
    server_take_time(e->server);
    zab_link link = ++e->next_link;
    if (link_accept(&e->links, stream, link) != NULL) {
        struct zab_event event = {.type = ZAB_EV_LINK_UP, .link = link};
        ensemble_step(e, &event);
    }
}

static void on_accept_error(struct port_listener *listener, enum err reason)
{
    struct ensemble *e = listener->owner;
    log_event_err(e->server->log, EVENT_ACCEPT_FAILED, reason);
}

// Where others look for us: in the configuration in force, which a proposed one may leave us out
// of; a newcomer stands in what it has seen. Source: QuorumPeer.getQuorumAddress.
static const struct config_member *self(const struct ensemble *e)
{
    int64_t sid = e->server->config->server_id;
    const struct config_member *m = config_servers_find(zab_committed_config(e->zab), sid);
    return m != NULL ? m : config_servers_find(zab_seen_config(e->zab), sid);
}

static void listen_failed(struct ensemble *e, uint16_t port, enum err reason)
{
    struct log_line l;
    if (log_begin(&l, e->server->log, EVENT_QUORUM_LISTEN_FAILED)) {
        log_i64(&l, "quorum_port", port);
        log_err(&l, reason);
        log_end(&l);
    }
    struct zab_event event = {.type = ZAB_EV_FAILED};
    ensemble_step(e, &event);
}

static void start_listening(struct ensemble *e)
{
    struct server *s = e->server;
    const struct config_member *m = self(e);
    ASSERT(m != NULL && e->listener == NULL);
    const char *host = s->config->quorum_listen_on_all_ips ? NULL : m->addresses[0].host;
    uint16_t port = m->addresses[0].quorum_port;
    enum err reason = s->options.net->listen(s->options.net, host, port, 0, true, &e->listener);
    if (reason != ERR_OK) {
        listen_failed(e, port, reason);
        return;
    }
    e->listener->on_accept = on_accept;
    e->listener->on_error = on_accept_error;
    e->listener->owner = e;
}

static void stop_listening(struct ensemble *e)
{
    if (e->listener != NULL) {
        e->listener->close(e->listener);
        e->listener = NULL;
    }
}

static void dial(struct ensemble *e, const struct zab_effect *effect)
{
    const struct config_servers *config = zab_committed_config(e->zab);
    const struct config_member *m = config_servers_find(config, effect->sid);
    if (m == NULL) {
        m = config_servers_find(zab_seen_config(e->zab), effect->sid);
    }
    struct link_dialling where = {.tries = 1,
                                  .try_ms = e->server->config->cnx_timeout_ms,
                                  .whole_ms = e->server->config->cnx_timeout_ms};
    for (size_t i = 0; m != NULL && i < m->address_count; i++) {
        uint16_t port = effect->is_master ? (uint16_t)e->server->config->observer_master_port
                                          : m->addresses[i].quorum_port;
        where.targets[where.target_count++] =
            (struct link_target){.host = m->addresses[i].host, .port = port};
    }
    if (where.target_count > 0) { // else, and above the limit, zab/ waits in vain and tries again
        (void)link_dial(&e->links, effect->link, &where);
    }
}

static void close_link(struct ensemble *e, zab_link link)
{
    forget_link(e, link);
    struct link *l = links_find(&e->links, link);
    if (l != NULL) {
        link_close(l);
    }
}

static void send_packet(struct ensemble *e, zab_link link, const struct zab_packet *packet)
{
    struct link *l = links_find(&e->links, link);
    if (l != NULL) {
        account_sent(e->server->stats, packet->type);
        link_send(l, packet);
    }
}

// ---- what is the server's business ----

static void deliver(struct ensemble *e, const struct zab_effect *effect)
{
    struct server *s = e->server;
    switch (effect->packet.type) {
    case ZAB_REQUEST:
        pipeline_remote(&s->pipeline, effect->link, &effect->packet);
        return;
    case ZAB_SYNC:
        pipeline_forward_synced(&s->pipeline);
        return;
    case ZAB_PING:
        revalidate_heard(s, effect->packet.data);
        return;
    case ZAB_REVALIDATE:
        if (zab_role(e->zab) == ZAB_LEADING) {
            revalidate_requested(s, effect->link, &effect->packet);
        } else {
            revalidate_answered(s, &effect->packet);
        }
        return;
    default: // a number from the wire; zab/ delivers no other
        return;
    }
}

static void pong(struct ensemble *e, const struct zab_effect *effect)
{
    struct buf data = {0};
    touched_take(&e->server->touched, &data);
    struct zab_packet answer = effect->packet;
    answer.data = slice_of(data.data != NULL ? data.data : (const uint8_t *)"", data.len);
    send_packet(e, effect->link, &answer);
    buf_fini(&data);
}

static void note(struct ensemble *e, const char *text)
{
    log_event_str(e->server->log, EVENT_ENSEMBLE, "what", text);
}

static void leave_process(struct ensemble *e, const struct zab_effect *effect)
{
    log_event_str(e->server->log, EVENT_ENSEMBLE_FAILED, "why", effect->text);
    server_fail(e->server, (enum server_exit)effect->code);
}

// ---- steps ----

static void perform(struct ensemble *e, const struct zab_effect *effect)
{
    struct server *s = e->server;
    switch (effect->type) {
    case ZAB_DO_SAVE_ACCEPTED:
        ensemble_save_epoch(e, DATADIR_EPOCH_ACCEPTED, effect->epoch);
        return;
    case ZAB_DO_SAVE_CURRENT:
        ensemble_save_epoch(e, DATADIR_EPOCH_CURRENT, effect->epoch);
        return;
    case ZAB_DO_APPEND:
        learn(e);
        pipeline_append(&s->pipeline, effect->zxid, effect->bytes);
        return;
    case ZAB_DO_TRUNCATE:
        ensemble_truncate(e, effect->zxid);
        return;
    case ZAB_DO_LOAD_SNAP:
        ensemble_load(e, effect->link, effect->zxid);
        return;
    case ZAB_DO_SEE_CONFIG:
        ensemble_see_config(e, effect->config);
        return;
    case ZAB_DO_ACTIVATE_CONFIG:
        ensemble_activate_config(e, effect->config);
        return;
    case ZAB_DO_NOTIFY:
        mesh_send(e->mesh, effect->sid, effect->bytes);
        return;
    case ZAB_DO_SEND:
        send_packet(e, effect->link, &effect->packet);
        return;
    case ZAB_DO_SEND_SNAP:
        ensemble_feed_snapshot(e, effect->link, effect->zxid);
        return;
    case ZAB_DO_READ_LOG:
        ensemble_feed_log(e, effect);
        return;
    case ZAB_DO_LISTEN:
        start_listening(e);
        return;
    case ZAB_DO_DIAL:
        dial(e, effect);
        return;
    case ZAB_DO_CLOSE:
        close_link(e, effect->link);
        return;
    case ZAB_DO_UNLISTEN:
        stop_listening(e);
        return;
    case ZAB_DO_COMMIT:
        e->commit_zxid = effect->zxid;
        return;
    case ZAB_DO_SERVE:
        serve(e, effect);
        return;
    case ZAB_DO_STOP_SERVING:
        stop_serving(e);
        return;
    case ZAB_DO_DELIVER:
        deliver(e, effect);
        return;
    case ZAB_DO_SYNCED:
        pipeline_sync_done(&s->pipeline, effect->token);
        return;
    case ZAB_DO_PONG:
        pong(e, effect);
        return;
    case ZAB_DO_NOTE:
        note(e, effect->text);
        return;
    case ZAB_DO_EXIT:
        leave_process(e, effect);
        return;
    }
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
    if (!is_at_rest(e)) {
        read_only_look(&e->server->read_only, false); // before the role changes anything
    }
    for (size_t i = 0; i < effects->count; i++) {
        perform(e, &effects->items[i]);
    }
    zab_effects_clear(effects);
    e->depth--;
    if (e->depth == 0) {
        read_only_look(&e->server->read_only, is_at_rest(e));
        set_deadline(e);
        commit(e);
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
    send_packet(e, zab_leader_link(e->zab), packet);
}

void ensemble_answer(struct ensemble *e, zab_link link, const struct zab_packet *packet)
{
    send_packet(e, link, packet);
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
        .learns_from_master = cfg->observer_master_port > 0,
        .force_snapshot_sync = cfg->force_snapshot_sync,
        .log_sync_enabled = cfg->snapshot_size_factor >= 0,
        .observer_election_delay_ms = cfg->observer_election_delay_ms,
        .observer_reconnect_delay_ms = cfg->observer_reconnect_delay_ms,
        .notification_min_ms = cfg->min_notification_interval_ms,
        .notification_max_ms = cfg->max_notification_interval_ms,
        .finalize_wait_ms = FINALIZE_WAIT_MS,
        .history_count = (size_t)cfg->commit_log_count,
        .history_bytes = LIMIT_HISTORY_BYTES,
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
        .handler = &link_handler,
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
        stop_listening(e);
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
        stop_serving(e);
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
    buf_fini(&e->request_data);
    buf_fini(&e->request_ids);
    zab_free(e->zab);
    mem_free(e);
}

void ensemble_flush(struct ensemble *e)
{
    if (e->mesh != NULL) {
        ensemble_feed_wait(e);
        links_flush(&e->links);
    }
}

const struct zab *ensemble_zab(const struct ensemble *e)
{
    return e->zab;
}
