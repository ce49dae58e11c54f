// SPDX-License-Identifier: Apache-2.0
//
// The peer's connection, and frames by hand.
#include "tests/unit/client/peer.h"

#include <string.h>

#include "base/mem.h"
#include "sim/world.h"

enum { PATIENCE_MS = 60000 };

// ---- the connection ----

static void on_bytes(struct port_stream *s, struct slice bytes)
{
    struct peer *p = s->owner;
    if (!p->is_deaf) {
        buf_append_slice(&p->in, bytes);
    }
}

static void on_end(struct port_stream *s, enum err reason)
{
    (void)reason;
    struct peer *p = s->owner;
    if (p->stream == s) {
        p->stream = NULL;
    }
    s->close(s);
}

static void on_writable(struct port_stream *s)
{
    (void)s;
}

static const struct port_stream_handler handler = {
    .on_bytes = on_bytes, .on_end = on_end, .on_writable = on_writable};

static void on_accept(struct port_listener *l, struct port_stream *s)
{
    struct peer *p = l->owner;
    peer_hang_up(p);
    buf_clear(&p->in);
    s->owner = p;
    s->handler = &handler;
    p->stream = s;
    p->accepted++;
    s->start(s);
}

void peer_hang_up(struct peer *p)
{
    if (p->stream != NULL) {
        p->stream->close(p->stream);
        p->stream = NULL;
    }
}

// ---- life ----

static void close_ports(struct client_ports *ports)
{
    CONTAINER_OF(ports, struct peer, ports)->is_closed = true;
}

void peer_open(struct peer *p, struct paddock_options options)
{
    *p = (struct peer){0};
    world_init(&p->world, 77);
    p->server = node_open(&p->world);
    p->node = node_open(&p->world);
    assert_int_equal(
        p->server->net.port.listen(&p->server->net.port, NULL, PEER_PORT, 0, false, &p->listener),
        ERR_OK);
    p->listener->owner = p;
    p->listener->on_accept = on_accept;
    struct port_address address = net_address(&p->server->net, 0);
    names_set(&p->world, "peer", &address, 1);
    struct sim_node *n = p->node;
    p->ports = (struct client_ports){.loop = &n->loop,
                                     .clock = &n->clock,
                                     .entropy = &n->entropy,
                                     .net = &n->net.port,
                                     .resolver = &n->resolver.port,
                                     .pump = &n->pump.port,
                                     .close = close_ports};
    options.servers = options.servers != NULL ? options.servers : "peer";
    options.session_timeout_ms =
        options.session_timeout_ms > 0 ? options.session_timeout_ms : PEER_TIMEOUT_MS;
    options.flags |= PADDOCK_NO_THREAD;
    node_enter(p->node);
    assert_int_equal(client_open(&p->ports, &options, &p->zk), PADDOCK_OK);
}

void peer_close(struct peer *p)
{
    paddock_abandon(p->zk);
    assert_true(p->is_closed);
    node_leave(p->node);
    peer_hang_up(p);
    p->listener->close(p->listener);
    buf_fini(&p->in);
    buf_fini(&p->frame);
    arena_fini(&p->arena);
    node_close(p->node);
    node_close(p->server);
    assert_string_equal(p->world.failure, "");
    names_fini(&p->world);
    world_fini(&p->world);
}

int64_t peer_now_ms(const struct peer *p)
{
    return p->world.now_ns / 1000000;
}

// Let the handle turn once; by its own clock, so that nothing depends on how the world steps.
static void step(struct peer *p)
{
    paddock_turn(p->zk, 20);
}

void peer_run(struct peer *p, int64_t duration_ms)
{
    int64_t end_ms = peer_now_ms(p) + duration_ms;
    while (peer_now_ms(p) < end_ms) {
        step(p);
    }
}

// ---- frames that came ----

static bool has_frame(const struct peer *p)
{
    return p->in.len >= 4 && p->in.len - 4 >= be32_load(p->in.data);
}

static void take_frame(struct peer *p)
{
    int64_t end_ms = peer_now_ms(p) + PATIENCE_MS;
    while (!has_frame(p)) {
        assert_true(peer_now_ms(p) < end_ms);
        step(p);
    }
    size_t len = be32_load(p->in.data);
    buf_clear(&p->frame);
    buf_append(&p->frame, p->in.data + 4, len);
    buf_consume(&p->in, 4 + len);
    arena_reset(&p->arena);
    jute_in_init(&p->body, buf_slice(&p->frame), &p->arena, INT32_MAX);
}

void peer_accept(struct peer *p)
{
    size_t before = p->accepted;
    int64_t end_ms = peer_now_ms(p) + PATIENCE_MS;
    while (p->stream == NULL && p->accepted == before) {
        assert_true(peer_now_ms(p) < end_ms);
        step(p);
    }
    take_frame(p);
    assert_true(connect_request_decode(&p->body, &p->greeting));
}

int32_t peer_take(struct peer *p, int32_t type)
{
    take_frame(p);
    assert_true(jute_request_header_decode(&p->body, &p->header));
    assert_int_equal(p->header.type, type);
    return p->header.xid;
}

void peer_hear_nothing(struct peer *p, int64_t for_ms)
{
    peer_run(p, for_ms);
    assert_int_equal(p->in.len, 0);
}

// ---- what is said ----

void peer_say_raw(struct peer *p, struct slice bytes)
{
    int64_t end_ms = peer_now_ms(p) + PATIENCE_MS;
    while (bytes.len > 0 && p->stream != NULL) {
        int64_t taken = p->stream->write(p->stream, &bytes, 1);
        assert_true(taken >= 0 && peer_now_ms(p) < end_ms);
        bytes = slice_skip(bytes, (size_t)taken);
        if (bytes.len > 0) {
            step(p);
        }
    }
}

void peer_say(struct peer *p, struct slice frame)
{
    uint8_t length[4];
    be32_store(length, (uint32_t)frame.len);
    peer_say_raw(p, slice_of(length, 4));
    peer_say_raw(p, frame);
}

void peer_welcome(struct peer *p, int64_t session, int32_t timeout_ms, bool is_read_only)
{
    struct connect_response r = {
        .body = {.timeout_ms = timeout_ms,
                 .session_id = session,
                 .passwd = slice_of("0123456789abcdef", CONNECT_PASSWD_BYTES)},
        .has_read_only = true,
        .read_only = is_read_only,
    };
    struct buf frame = {0};
    connect_response_encode(&r, &frame);
    peer_say(p, buf_slice(&frame));
    buf_fini(&frame);
}

void peer_join(struct peer *p)
{
    peer_accept(p);
    peer_welcome(p, PEER_SESSION, PEER_TIMEOUT_MS, false);
    assert_int_equal(paddock_connect(p->zk, 1000), PADDOCK_OK);
}

void peer_reply(struct peer *p, int32_t xid, int64_t zxid, int32_t err, struct slice body)
{
    struct buf frame = {0};
    struct jute_reply_header h = {.xid = xid, .zxid = zxid, .err = err};
    jute_reply_header_encode(&h, &frame);
    buf_append_slice(&frame, body);
    peer_say(p, buf_slice(&frame));
    buf_fini(&frame);
}

void peer_event(struct peer *p, int32_t type, const char *path, int64_t zxid)
{
    struct buf body = {0};
    struct jute_watcher_event e = {
        .type = type, .state = 3, .path = path != NULL ? slice_str(path) : slice_null()};
    jute_watcher_event_encode(&e, &body);
    peer_reply(p, XID_NOTIFICATION, zxid, 0, buf_slice(&body));
    buf_fini(&body);
}

void peer_expect_dropped(struct peer *p, const char *cause)
{
    int64_t end_ms = peer_now_ms(p) + PATIENCE_MS;
    while (p->stream != NULL) {
        assert_true(peer_now_ms(p) < end_ms);
        step(p);
    }
    char trouble[SESSION_TROUBLE_BYTES];
    paddock_trouble(p->zk, trouble, sizeof(trouble));
    if (strstr(trouble, cause) == NULL) {
        print_error("trouble is: %s\n", trouble);
    }
    assert_non_null(strstr(trouble, cause));
}
