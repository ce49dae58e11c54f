// SPDX-License-Identifier: Apache-2.0
//
// A server that lies to the client library. The first input byte says whether greetings are
// answered properly by themselves; then come steps of one byte each, with what they need behind
// them:
//
//     0 LEN BYTES   answer OK to the oldest unanswered request, with this body
//     1 CODE        answer it with a code
//     2 TYPE LEN .. an event of this path
//     3 LEN BYTES   a frame
//     4 LEN BYTES   bytes as they are
//     5 N           time passes, N times 50 ms
//     6             hang up
//     7 TYPE        the program makes one more request
//
// Whatever is said: every request ends exactly once, by the time that the handle is closed.
#include "base/assert.h"
#include "base/mem.h"
#include "client/client.h"
#include "jute/connect.h"
#include "jute/op.h"
#include "sim/node.h"
#include "sim/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { GREETED = 1, REQUESTS_MAX = 64, OP_TYPES = PADDOCK_OP_GET_CONFIG + 1, PORT = 2181 };

struct stage {
    struct client_ports ports; // first
    struct world world;
    struct sim_node *node, *server;
    struct port_listener *listener;
    struct port_stream *stream;
    struct buf in; // frames of the client
    bool is_greeted;
    struct paddock *zk;
    size_t submitted;
    unsigned endings[REQUESTS_MAX];
    struct slice input;
};

// ---- the input ----

static uint8_t take_byte(struct stage *st)
{
    if (st->input.len == 0) {
        return 0;
    }
    uint8_t byte = st->input.data[0];
    st->input = slice_skip(st->input, 1);
    return byte;
}

static struct slice take_bytes(struct stage *st)
{
    size_t len = take_byte(st);
    len = len < st->input.len ? len : st->input.len;
    struct slice bytes = slice_of(st->input.data, len);
    st->input = slice_skip(st->input, len);
    return bytes;
}

// ---- the server's end ----

static void hang_up(struct stage *st)
{
    if (st->stream != NULL) {
        st->stream->close(st->stream);
        st->stream = NULL;
    }
    buf_clear(&st->in);
}

static void say(struct stage *st, struct slice bytes)
{
    if (st->stream != NULL && bytes.len > 0) {
        (void)st->stream->write(st->stream, &bytes, 1); // what does not fit is lost: one more lie
    }
}

static void say_frame(struct stage *st, struct slice frame)
{
    struct buf whole = {0};
    buf_put_i32(&whole, (int32_t)frame.len);
    buf_append_slice(&whole, frame);
    say(st, buf_slice(&whole));
    buf_fini(&whole);
}

static void welcome(struct stage *st)
{
    struct connect_response r = {
        .body = {.timeout_ms = 4000,
                 .session_id = 7,
                 .passwd = slice_of("0123456789abcdef", CONNECT_PASSWD_BYTES)}};
    struct buf frame = {0};
    connect_response_encode(&r, &frame);
    say_frame(st, buf_slice(&frame));
    buf_fini(&frame);
}

static void on_bytes(struct port_stream *s, struct slice bytes)
{
    struct stage *st = s->owner;
    bool is_first = st->in.len == 0;
    buf_append_slice(&st->in, bytes);
    if (is_first && st->is_greeted && bytes.len >= 49) { // the greeting, whole
        buf_consume(&st->in, 49);
        welcome(st);
    }
}

static void on_end(struct port_stream *s, enum err reason)
{
    (void)reason;
    struct stage *st = s->owner;
    if (st->stream == s) {
        hang_up(st);
    }
}

static void on_writable(struct port_stream *s)
{
    (void)s;
}

static const struct port_stream_handler handler = {
    .on_bytes = on_bytes, .on_end = on_end, .on_writable = on_writable};

static void on_accept(struct port_listener *l, struct port_stream *s)
{
    struct stage *st = l->owner;
    hang_up(st);
    s->owner = st;
    s->handler = &handler;
    st->stream = s;
    s->start(s);
}

// The xid of the oldest frame that was not answered; 0 without one.
static int32_t take_xid(struct stage *st)
{
    if (st->in.len < 8 || be32_load(st->in.data) > st->in.len - 4) {
        return 0;
    }
    int32_t xid = (int32_t)be32_load(st->in.data + 4);
    buf_consume(&st->in, 4 + be32_load(st->in.data));
    return xid;
}

static void reply(struct stage *st, int32_t xid, int32_t err, struct slice body)
{
    struct buf frame = {0};
    buf_put_i32(&frame, xid);
    buf_put_i64(&frame, 1);
    buf_put_i32(&frame, err);
    buf_append_slice(&frame, body);
    say_frame(st, buf_slice(&frame));
    buf_fini(&frame);
}

static void say_event(struct stage *st)
{
    int32_t type = take_byte(st);
    struct slice path = take_bytes(st);
    struct buf body = {0};
    buf_put_i32(&body, type);
    buf_put_i32(&body, 3);
    buf_put_i32(&body, (int32_t)path.len);
    buf_append_slice(&body, path);
    reply(st, XID_NOTIFICATION, 0, buf_slice(&body));
    buf_fini(&body);
}

// ---- the program's end ----

static void on_watch(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    (void)ctx;
    ASSERT((event->path == NULL) == (event->type == PADDOCK_EVENT_SESSION));
}

// Everything that a result points to is there.
static size_t touch(const struct paddock_result *r)
{
    size_t sum = r->path != NULL ? strlen(r->path) : 0;
    for (size_t i = 0; i < r->data.len; i++) {
        sum += ((const uint8_t *)r->data.bytes)[i];
    }
    for (size_t i = 0; i < r->string_count; i++) {
        sum += strlen(r->strings[i]);
    }
    for (size_t i = 0; i < r->acl_count; i++) {
        sum += strlen(r->acl[i].scheme) + strlen(r->acl[i].id);
    }
    return sum;
}

static void on_done(struct paddock *zk, const struct paddock_result *r, void *ctx)
{
    (void)zk;
    unsigned *endings = ctx;
    *endings += 1;
    size_t sum = touch(r);
    for (size_t i = 0; i < r->part_count; i++) {
        sum += touch(&r->parts[i]);
    }
    ASSERT(sum < SIZE_MAX);
}

static void submit(struct stage *st, unsigned type)
{
    static const struct paddock_op writes[] = {
        {.type = PADDOCK_OP_CREATE, .path = "/m"},
        {.type = PADDOCK_OP_SET, .path = "/m"},
        {.type = PADDOCK_OP_CHECK, .path = "/"},
        {.type = PADDOCK_OP_DELETE, .path = "/m"},
    };
    static const struct paddock_op reads[] = {
        {.type = PADDOCK_OP_GET, .path = "/r"},
        {.type = PADDOCK_OP_GET_CHILDREN, .path = "/r"},
    };
    if (st->submitted == REQUESTS_MAX) {
        return;
    }
    bool is_read = type == PADDOCK_OP_MULTI_READ;
    bool may_watch = type == PADDOCK_OP_GET || type == PADDOCK_OP_EXISTS ||
                     type == PADDOCK_OP_GET_CHILDREN || type == PADDOCK_OP_ADD_WATCH ||
                     type == PADDOCK_OP_GET_CONFIG;
    struct paddock_op op = {
        .type = (enum paddock_op_type)type,
        .path = "/a",
        .scheme = "digest",
        .data = paddock_text("u:p"),
        .watch = {may_watch ? on_watch : NULL, NULL},
        .watch_kind = PADDOCK_WATCH_ANY,
        .parts = is_read ? reads : writes,
        .part_count = is_read ? 2 : 4,
    };
    unsigned *endings = &st->endings[st->submitted];
    if (paddock_submit(st->zk, &op, on_done, endings) == PADDOCK_OK) {
        st->submitted++;
    }
}

// ---- the whole ----

static void close_ports(struct client_ports *ports)
{
    (void)ports;
}

static void open_stage(struct stage *st, uint8_t flags)
{
    world_init(&st->world, 1);
    st->is_greeted = (flags & GREETED) != 0;
    st->server = node_open(&st->world);
    st->node = node_open(&st->world);
    struct port_net *net = &st->server->net.port;
    ASSERT(net->listen(net, NULL, PORT, 0, false, &st->listener) == ERR_OK);
    st->listener->owner = st;
    st->listener->on_accept = on_accept;
    struct port_address address = net_address(&st->server->net, 0);
    names_set(&st->world, "liar", &address, 1);
    struct sim_node *n = st->node;
    st->ports = (struct client_ports){.loop = &n->loop,
                                      .clock = &n->clock,
                                      .entropy = &n->entropy,
                                      .net = &n->net.port,
                                      .resolver = &n->resolver.port,
                                      .pump = &n->pump.port,
                                      .close = close_ports};
    struct paddock_options o = {.servers = "liar/a",
                                .flags = PADDOCK_NO_THREAD,
                                .session_timeout_ms = 4000,
                                .reply_bytes_max = 4096,
                                .on_event = on_watch};
    ASSERT(client_open(&st->ports, &o, &st->zk) == PADDOCK_OK);
}

static void close_stage(struct stage *st)
{
    paddock_abandon(st->zk);
    for (size_t i = 0; i < st->submitted; i++) {
        ASSERT(st->endings[i] == 1);
    }
    hang_up(st);
    st->listener->close(st->listener);
    buf_fini(&st->in);
    node_close(st->node);
    node_close(st->server);
    ASSERT(!world_has_failed(&st->world));
    names_fini(&st->world);
    world_fini(&st->world);
}

static void run(struct stage *st, int duration_ms)
{
    int64_t end_ns = st->world.now_ns + (int64_t)duration_ms * 1000000;
    while (st->world.now_ns < end_ns) {
        paddock_turn(st->zk, 50);
    }
}

static void step(struct stage *st)
{
    switch (take_byte(st) & 7) {
    case 0:
        reply(st, take_xid(st), 0, take_bytes(st));
        break;
    case 1:
        reply(st, take_xid(st), (int8_t)take_byte(st), slice_null());
        break;
    case 2:
        say_event(st);
        break;
    case 3:
        say_frame(st, take_bytes(st));
        break;
    case 4:
        say(st, take_bytes(st));
        break;
    case 5:
        run(st, take_byte(st) * 50);
        break;
    case 6:
        hang_up(st);
        break;
    case 7:
        submit(st, take_byte(st) % OP_TYPES);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct stage st = {.input = slice_of(data + 1, size - 1)};
    open_stage(&st, data[0]);
    for (unsigned type = 0; type < OP_TYPES; type++) {
        submit(&st, type);
    }
    run(&st, 20);
    for (int steps = 0; st.input.len > 0 && steps < 500; steps++) {
        step(&st);
        run(&st, 3);
    }
    close_stage(&st);
    return 0;
}
