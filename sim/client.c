// SPDX-License-Identifier: Apache-2.0
//
// Frames and sessions of a simulated client.
#include "sim/client.h"

#include "base/assert.h"
#include "base/mem.h"
#include "jute/op.h"

enum {
    SESSION_TIMEOUT_MS = 2000,
    RETRY_NS = 10 * 1000000,
    FRAME_BYTES_MAX = 1024 * 1024,
};

static void retry_after(struct sim_client *c, int64_t delay_ns)
{
    if (!c->is_stopped) {
        world_start(c->world, &c->retry, delay_ns);
    }
}

// Drop the connection, tell, and come back `away_ns` later.
static void lose(struct sim_client *c, int64_t away_ns)
{
    if (c->link != NULL) {
        net_hang_up(c->link);
        c->link = NULL;
    }
    bool was_open = c->is_open;
    c->is_open = false;
    buf_clear(&c->in);
    timers_stop(&c->world->events, &c->ping);
    timers_stop(&c->world->events, &c->retry);
    timers_stop(&c->world->events, &c->watchdog);
    retry_after(c, away_ns);
    if (was_open) {
        c->lost_count++;
        c->handler->on_lost(c->owner);
    }
}

// ---- sending ----

static void send_frame(struct sim_client *c, struct slice header, struct slice body)
{
    struct buf frame = {0};
    buf_put_i32(&frame, (int32_t)(header.len + body.len));
    buf_append_slice(&frame, header);
    buf_append_slice(&frame, body);
    net_send(c->link, buf_slice(&frame));
    buf_fini(&frame);
}

void client_send(struct sim_client *c, int32_t xid, int32_t type, struct slice body)
{
    ASSERT(c->is_open);
    struct buf header = {0};
    jute_request_header_encode(&(struct jute_request_header){.xid = xid, .type = type}, &header);
    send_frame(c, buf_slice(&header), body);
    buf_fini(&header);
}

static void on_ping_time(struct port_timer *timer)
{
    struct sim_client *c = CONTAINER_OF(timer, struct sim_client, ping);
    client_send(c, XID_PING, OP_PING, slice_str(""));
    world_start(c->world, &c->ping, (int64_t)c->timeout_ms * 1000000 / 3);
}

// A third of the timeout is left then to come back elsewhere.
static int64_t patience_ns(const struct sim_client *c)
{
    return (int64_t)(c->is_open ? c->timeout_ms : SESSION_TIMEOUT_MS) * 1000000 / 3 *
           (c->is_open ? 2 : 1);
}

static void on_watchdog_time(struct port_timer *timer)
{
    struct sim_client *c = CONTAINER_OF(timer, struct sim_client, watchdog);
    int64_t due_ns = c->since_ns + patience_ns(c);
    if (due_ns <= c->world->now_ns) {
        lose(c, world_delay(c->world, RETRY_NS / 10));
    } else {
        world_start(c->world, &c->watchdog, due_ns - c->world->now_ns);
    }
}

static void on_retry_time(struct port_timer *timer)
{
    client_start(CONTAINER_OF(timer, struct sim_client, retry));
}

// ---- receiving ----

static void open_session(struct sim_client *c, struct slice frame)
{
    struct jute_in in;
    struct connect_response r;
    jute_in_init(&in, frame, &c->arena, FRAME_BYTES_MAX);
    if (!connect_response_decode(&in, &r)) {
        world_fail(c->world, "a connect response does not decode");
        return;
    }
    if (r.body.session_id == 0) { // expired while away; ask for a new one
        int64_t silence_ms = (c->world->now_ns - c->heard_ns) / 1000000;
        if (silence_ms < c->timeout_ms / 2 - c->slack_ms && !c->is_closing) {
            world_fail(c->world, "session 0x%llx is gone after a silence of %lld ms",
                       (unsigned long long)c->session_id, (long long)silence_ms);
        }
        client_forget(c);
        lose(c, world_delay(c->world, RETRY_NS / 10));
        return;
    }
    bool is_new = r.body.session_id != c->session_id;
    if (is_new && c->session_id != 0) {
        world_fail(c->world, "session 0x%llx was asked for and another came",
                   (unsigned long long)c->session_id);
    }
    c->session_id = r.body.session_id;
    c->timeout_ms = r.body.timeout_ms;
    c->heard_ns = c->world->now_ns;
    if (r.body.passwd.len == CONNECT_PASSWD_BYTES) {
        memcpy(c->passwd, r.body.passwd.data, CONNECT_PASSWD_BYTES);
    } else {
        world_fail(c->world, "a session password of %zu bytes", r.body.passwd.len);
    }
    c->is_open = true;
    c->since_ns = c->world->now_ns;
    world_start(c->world, &c->ping, (int64_t)c->timeout_ms * 1000000 / 3);
    c->handler->on_open(c->owner, is_new);
}

static void take_event(struct sim_client *c, struct jute_in *in, int64_t zxid)
{
    struct jute_watcher_event event;
    if (jute_watcher_event_decode(in, &event)) {
        c->handler->on_event(c->owner, &event, zxid);
    } else {
        world_fail(c->world, "a watch event does not decode");
    }
}

static void take_frame(struct sim_client *c, struct slice frame)
{
    if (!c->is_open) {
        open_session(c, frame);
        return;
    }
    struct jute_in in;
    struct jute_reply_header header;
    c->heard_ns = c->since_ns = c->world->now_ns;
    jute_in_init(&in, frame, &c->arena, FRAME_BYTES_MAX);
    if (!jute_reply_header_decode(&in, &header)) {
        world_fail(c->world, "a reply header does not decode");
    } else if (header.xid == XID_NOTIFICATION) {
        take_event(c, &in, header.zxid);
    } else if (header.xid != XID_PING) {
        if (header.zxid < c->last_zxid && header.xid != XID_AUTH) {
            world_fail(c->world, "session 0x%llx saw zxid 0x%llx after 0x%llx",
                       (unsigned long long)c->session_id, (unsigned long long)header.zxid,
                       (unsigned long long)c->last_zxid);
        }
        c->last_zxid = header.zxid > 0 ? header.zxid : c->last_zxid;
        c->handler->on_reply(c->owner, &header, &in);
    }
}

static void on_bytes(void *owner, struct slice bytes)
{
    struct sim_client *c = owner;
    buf_append_slice(&c->in, bytes);
    const struct net_link *link = c->link;
    while (c->link == link && c->in.len >= 4) {
        uint32_t len = be32_load(c->in.data);
        if (len > FRAME_BYTES_MAX) {
            world_fail(c->world, "a frame of %u bytes", len);
            return;
        }
        if (c->in.len < 4 + (size_t)len) {
            return;
        }
        struct buf frame = {0};
        buf_append(&frame, c->in.data + 4, len);
        buf_consume(&c->in, 4 + (size_t)len);
        take_frame(c, buf_slice(&frame)); // may lose the connection
        arena_reset(&c->arena);
        buf_fini(&frame);
    }
}

static void on_end(void *owner, enum err reason)
{
    (void)reason;
    struct sim_client *c = owner;
    lose(c, world_delay(c->world, RETRY_NS));
}

// ---- life cycle ----

static const struct net_client_handler net_handler = {on_bytes, on_end};

void client_start(struct sim_client *c)
{
    ASSERT(c->link == NULL);
    if (c->server_count > 1) {
        c->server = c->servers[prng_below(&c->world->prng, c->server_count)];
        c->since_ns = c->world->now_ns;
        world_start(c->world, &c->watchdog, patience_ns(c));
    }
    c->link = net_connect(c->server, c->port, &net_handler, c);
    if (c->link == NULL) {
        timers_stop(&c->world->events, &c->watchdog);
        retry_after(c, world_delay(c->world, RETRY_NS));
        return;
    }
    struct connect_request request = {
        .body = {.last_zxid_seen = c->last_zxid,
                 .timeout_ms = SESSION_TIMEOUT_MS,
                 .session_id = c->session_id,
                 .passwd = slice_of(c->passwd, sizeof(c->passwd))},
        .has_read_only = true,
    };
    struct buf body = {0};
    connect_request_encode(&request, &body);
    send_frame(c, slice_str(""), buf_slice(&body));
    buf_fini(&body);
}

void client_expect_end(struct sim_client *c)
{
    c->is_closing = true;
}

void client_forget(struct sim_client *c)
{
    c->session_id = 0;
    c->is_closing = false;
}

void client_rest(struct sim_client *c, int64_t away_ms)
{
    lose(c, away_ms * 1000000);
}

void client_stop(struct sim_client *c)
{
    c->is_stopped = true;
    lose(c, 0);
}

void client_init(struct sim_client *c, struct sim_node *server, uint16_t port,
                 const struct client_handler *handler, void *owner)
{
    *c = (struct sim_client){.handler = handler,
                             .owner = owner,
                             .world = server->world,
                             .servers = {server},
                             .server_count = 1,
                             .server = server,
                             .port = port,
                             .retry = {.fire = on_retry_time},
                             .ping = {.fire = on_ping_time},
                             .watchdog = {.fire = on_watchdog_time}};
    arena_init(&c->arena);
}

void client_add_server(struct sim_client *c, struct sim_node *server)
{
    ASSERT(c->server_count < CLIENT_SERVERS_MAX);
    c->servers[c->server_count++] = server;
}

void client_fini(struct sim_client *c)
{
    if (!c->is_stopped) {
        client_stop(c);
    }
    buf_fini(&c->in);
    arena_fini(&c->arena);
}
