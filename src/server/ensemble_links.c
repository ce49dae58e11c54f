// SPDX-License-Identifier: Apache-2.0
//
// The quorum port: learners that connect, the leader that is dialled, packets both ways.
#include "base/assert.h"
#include "base/mark.h"
#include "jute/records.h"
#include "server/ensemble_priv.h"

// ---- what links say ----

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

// Syncs are among the requests, and keep their places between the writes: the learner answers its
// clients in the order in which it asked. A learner's own limits bound how much can come.
static void keep(struct ensemble *e, zab_link link, const struct zab_packet *packet)
{
    MARK("a learner's request waits");
    buf_put_i64(&e->kept, (int64_t)link);
    jute_str_encode(packet->data, &e->kept);
    jute_str_encode(packet->authinfo, &e->kept);
}

static void take(struct ensemble *e, zab_link link, const struct zab_packet *packet)
{
    if (e->server->hold.is_on && packet->type == ZAB_REQUEST) {
        keep(e, link, packet);
        return;
    }
    struct zab_event event = {.type = ZAB_EV_PACKET, .link = link, .packet = *packet};
    ensemble_step(e, &event);
}

static void link_packet(struct link *l, const struct zab_packet *packet)
{
    struct ensemble *e = owner_of(l);
    account_received(e->server->stats, packet->type);
    take(e, link_id(l), packet);
}

void ensemble_replay_kept(struct ensemble *e)
{
    if (e->server->hold.is_on || e->kept.len == 0) {
        return;
    }
    struct buf kept = e->kept;
    struct jute_in in;
    int64_t link;
    struct zab_packet packet = {.type = ZAB_REQUEST, .zxid = -1};
    e->kept = (struct buf){0};
    jute_in_init(&in, buf_slice(&kept), &e->server->read_arena, UINT32_MAX);
    while (jute_in_left(&in) > 0 && jute_in_i64(&in, &link) && jute_in_buf(&in, &packet.data) &&
           jute_in_buf(&in, &packet.authinfo)) {
        if (links_find(&e->links, (zab_link)link) != NULL) {
            take(e, (zab_link)link, &packet);
        }
    }
    buf_fini(&kept);
}

static void link_raw(struct link *l, struct slice bytes, size_t *ret_used, bool *ret_done)
{
    ensemble_load_bytes(owner_of(l), bytes, ret_used, ret_done);
}

static void link_room(struct link *l)
{
    struct ensemble *e = owner_of(l);
    ensemble_relay_room(e, link_id(l));
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

const struct link_handler ensemble_link_handler = {
    .on_up = link_up,
    .on_packet = link_packet,
    .on_raw = link_raw,
    .on_room = link_room,
    .on_down = link_down,
};

// ---- learners come ----

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

// A leader without followers is none; a follower goes on without observers. Differs: in Java such a
// follower looks for a leader again, for ever.
static void listen_failed(struct ensemble *e, bool is_master, uint16_t port, enum err reason)
{
    struct log_line l;
    enum log_event what = is_master ? EVENT_OBSERVER_MASTER_FAILED : EVENT_QUORUM_LISTEN_FAILED;
    if (log_begin(&l, e->server->log, what)) {
        log_i64(&l, is_master ? "port" : "quorum_port", port);
        log_err(&l, reason);
        log_end(&l);
    }
    struct zab_event event = {.type = ZAB_EV_FAILED};
    if (!is_master) {
        ensemble_step(e, &event);
    }
}

void ensemble_listen(struct ensemble *e, bool is_master)
{
    struct server *s = e->server;
    const struct config_member *m = self(e);
    ASSERT(m != NULL && e->listener == NULL);
    const char *host = s->config->quorum_listen_on_all_ips ? NULL : m->addresses[0].host;
    uint16_t port =
        is_master ? (uint16_t)s->config->observer_master_port : m->addresses[0].quorum_port;
    enum err reason = s->options.net->listen(s->options.net, host, port, 0, true, &e->listener);
    if (reason != ERR_OK) {
        listen_failed(e, is_master, port, reason);
        return;
    }
    e->listener->on_accept = on_accept;
    e->listener->on_error = on_accept_error;
    e->listener->owner = e;
}

void ensemble_unlisten(struct ensemble *e)
{
    if (e->listener != NULL) {
        e->listener->close(e->listener);
        e->listener = NULL;
    }
}

// ---- what zab/ wants of links ----

void ensemble_dial(struct ensemble *e, const struct zab_effect *effect)
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

void ensemble_close_link(struct ensemble *e, zab_link link)
{
    forget_link(e, link);
    struct link *l = links_find(&e->links, link);
    if (l != NULL) {
        link_close(l);
    }
}

void ensemble_send(struct ensemble *e, zab_link link, const struct zab_packet *packet)
{
    struct link *l = links_find(&e->links, link);
    if (l != NULL) {
        account_sent(e->server->stats, packet->type);
        link_send(l, packet);
    }
}
