// SPDX-License-Identifier: Apache-2.0
//
// Frames out, frames in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/assert.h"
#include "tests/unit/server/guest.h"

enum { WAIT_MS = 20000, STRING_MAX = 64 * 1024 * 1024, STATE_SYNC_CONNECTED = 3 };

static struct slice text(const char *s)
{
    return s != NULL ? slice_str(s) : slice_null();
}

// ---- life ----

static void on_bytes(void *owner, struct slice bytes)
{
    buf_append_slice(&((struct guest *)owner)->in, bytes);
}

static void on_end(void *owner, enum err reason)
{
    (void)reason;
    ((struct guest *)owner)->has_ended = true;
}

static const struct net_client_handler handler = {on_bytes, on_end};

static void connect_again(struct guest *g)
{
    g->has_ended = false;
    buf_clear(&g->in);
    g->net = net_connect(g->node, BOX_CLIENT_PORT, &handler, g);
    assert_non_null(g->net);
}

void guest_connect(struct guest *g, struct stage *st)
{
    guest_connect_to(g, st, st->box.node);
}

void guest_connect_to(struct guest *g, struct stage *st, struct sim_node *node)
{
    *g = (struct guest){.stage = st, .node = node};
    list_push_back(&st->guests, &g->link);
    connect_again(g);
}

void guest_open(struct guest *g, struct stage *st)
{
    struct connect_response r;
    guest_connect(g, st);
    guest_ask_session(g, 0, GUEST_TIMEOUT_MS);
    assert_true(guest_take_session(g, &r));
    assert_true(g->session_id != 0);
}

void guest_hang_up(struct guest *g)
{
    if (g->net != NULL) {
        net_hang_up(g->net);
        g->net = NULL;
    }
}

void guest_leave(struct guest *g)
{
    guest_hang_up(g);
    list_remove(&g->link);
    buf_fini(&g->in);
    buf_fini(&g->frame);
    arena_fini(&g->arena);
}

void guest_enter(struct guest *g, struct stage *st, uint64_t seed, const char *zoo_cfg)
{
    stage_open(st, seed, zoo_cfg, NULL);
    guest_open(g, st);
}

void guest_ask_session(struct guest *g, int64_t id, int32_t timeout_ms)
{
    const struct connect_request request = {
        .body = {.timeout_ms = timeout_ms,
                 .session_id = id,
                 .passwd = slice_of(g->passwd, sizeof(g->passwd))},
        .has_read_only = true,
    };
    guest_ask_connect(g, &request);
}

void guest_ask_connect(struct guest *g, const struct connect_request *request)
{
    struct buf frame = {0};
    buf_put_i32(&frame, 0);
    connect_request_encode(request, &frame);
    be32_store(frame.data, (uint32_t)frame.len - 4);
    guest_send(g, buf_slice(&frame));
    buf_fini(&frame);
}

bool guest_take_session(struct guest *g, struct connect_response *ret)
{
    if (!guest_next(g)) {
        return false;
    }
    struct jute_in in;
    jute_in_init(&in, buf_slice(&g->frame), &g->arena, STRING_MAX);
    assert_true(connect_response_decode(&in, ret));
    assert_int_equal(ret->body.passwd.len, CONNECT_PASSWD_BYTES);
    g->session_id = ret->body.session_id;
    g->timeout_ms = ret->body.timeout_ms;
    memcpy(g->passwd, ret->body.passwd.data, CONNECT_PASSWD_BYTES);
    return true;
}

bool guest_come_back(struct guest *g)
{
    struct connect_response r;
    guest_hang_up(g);
    connect_again(g);
    guest_ask_session(g, g->session_id, GUEST_TIMEOUT_MS);
    return guest_take_session(g, &r) && g->session_id != 0;
}

// ---- raw ----

void guest_send(struct guest *g, struct slice bytes)
{
    assert_non_null(g->net);
    net_send(g->net, bytes);
}

static bool has_frame(const struct guest *g)
{
    return g->in.len >= 4 && g->in.len - 4 >= be32_load(g->in.data);
}

bool guest_next(struct guest *g)
{
    int64_t end_ms = stage_now_ms(g->stage) + WAIT_MS;
    while (!has_frame(g)) {
        if (g->has_ended) {
            return false;
        }
        if (stage_now_ms(g->stage) > end_ms) {
            fail_msg("nothing came");
        }
        stage_step(g->stage);
    }
    uint32_t len = be32_load(g->in.data);
    arena_reset(&g->arena);
    buf_clear(&g->frame);
    buf_append(&g->frame, g->in.data + 4, len);
    buf_consume(&g->in, 4 + (size_t)len);
    return true;
}

void guest_end(struct guest *g)
{
    assert_false(guest_next(g));
    assert_int_equal(g->in.len, 0);
}

void guest_silence(struct guest *g, int64_t for_ms)
{
    stage_run(g->stage, for_ms);
    assert_int_equal(g->in.len, 0);
    assert_false(g->has_ended);
}

// ---- requests ----

void guest_frame(struct buf *to, int32_t xid, int32_t type, struct slice body)
{
    buf_put_i32(to, 8 + (int32_t)body.len);
    buf_put_i32(to, xid);
    buf_put_i32(to, type);
    buf_append_slice(to, body);
}

static void send_request(struct guest *g, int32_t xid, int32_t type, struct buf *body)
{
    struct buf frame = {0};
    guest_frame(&frame, xid, type, buf_slice(body));
    guest_send(g, buf_slice(&frame));
    buf_fini(&frame);
    buf_fini(body);
}

int32_t guest_ask(struct guest *g, int32_t type, struct buf *body)
{
    send_request(g, ++g->last_xid, type, body);
    return g->last_xid;
}

static const struct jute_acl_vec *open_acl(void)
{
    static const uint8_t world[] = "world";
    static const uint8_t anyone[] = "anyone";
    static struct jute_acl acl = {PERM_ALL, {{world, 5}, {anyone, 6}}};
    static const struct jute_acl_vec vec = {1, &acl};
    return &vec;
}

int32_t guest_create(struct guest *g, const char *path, const char *data, int32_t flags)
{
    const struct jute_create_request r = {text(path), text(data), *open_acl(), flags};
    struct buf body = {0};
    jute_create_request_encode(&r, &body);
    return guest_ask(g, flags == CREATE_CONTAINER ? OP_CREATE_CONTAINER : OP_CREATE, &body);
}

int32_t guest_create_acl(struct guest *g, const char *path, const struct jute_acl_vec *acl)
{
    const struct jute_create_request r = {text(path), text("secret"), *acl, 0};
    struct buf body = {0};
    jute_create_request_encode(&r, &body);
    return guest_ask(g, OP_CREATE, &body);
}

int32_t guest_create_ttl(struct guest *g, const char *path, int64_t ttl_ms)
{
    const struct jute_create_ttl_request r = {text(path), text(""), *open_acl(),
                                              CREATE_PERSISTENT_TTL, ttl_ms};
    struct buf body = {0};
    jute_create_ttl_request_encode(&r, &body);
    return guest_ask(g, OP_CREATE_TTL, &body);
}

int32_t guest_delete(struct guest *g, const char *path, int32_t version)
{
    struct buf body = {0};
    jute_path_version_encode(&(struct jute_path_version){text(path), version}, &body);
    return guest_ask(g, OP_DELETE, &body);
}

int32_t guest_set(struct guest *g, const char *path, const char *data, int32_t version)
{
    const struct jute_set_data_request r = {text(path), text(data), version};
    struct buf body = {0};
    jute_set_data_request_encode(&r, &body);
    return guest_ask(g, OP_SET_DATA, &body);
}

int32_t guest_read(struct guest *g, int32_t type, const char *path, bool watch)
{
    struct buf body = {0};
    jute_path_watch_encode(&(struct jute_path_watch){text(path), watch}, &body);
    return guest_ask(g, type, &body);
}

int32_t guest_path(struct guest *g, int32_t type, const char *path)
{
    struct buf body = {0};
    jute_path_encode(&(struct jute_path){text(path)}, &body);
    return guest_ask(g, type, &body);
}

int32_t guest_path_type(struct guest *g, int32_t type, const char *path, int32_t number)
{
    struct buf body = {0};
    jute_path_type_encode(&(struct jute_path_type){text(path), number}, &body);
    return guest_ask(g, type, &body);
}

int32_t guest_plain(struct guest *g, int32_t type)
{
    struct buf none = {0};
    return guest_ask(g, type, &none);
}

int32_t guest_auth(struct guest *g, const char *scheme, const char *credentials)
{
    struct buf body = {0};
    jute_auth_packet_encode(&(struct jute_auth_packet){0, text(scheme), text(credentials)}, &body);
    send_request(g, XID_AUTH, OP_AUTH, &body);
    return XID_AUTH;
}

// ---- answers ----

static void take_header(struct guest *g)
{
    if (!guest_next(g)) {
        fail_msg("the connection ended instead of a frame");
    }
    jute_in_init(&g->body, buf_slice(&g->frame), &g->arena, STRING_MAX);
    assert_true(jute_reply_header_decode(&g->body, &g->header));
}

enum zk_code guest_answer(struct guest *g, int32_t xid)
{
    take_header(g);
    assert_int_equal(g->header.xid, xid);
    return (enum zk_code)g->header.err;
}

void guest_make(struct guest *g, const char *path, int32_t flags)
{
    assert_int_equal(guest_answer(g, guest_create(g, path, "", flags)), ZK_OK);
}

void guest_event(struct guest *g, enum watch_event type, const char *path)
{
    struct jute_watcher_event event;
    assert_int_equal(guest_answer(g, XID_NOTIFICATION), ZK_OK);
    assert_true(jute_watcher_event_decode(&g->body, &event));
    assert_int_equal(event.type, type);
    assert_int_equal(event.state, STATE_SYNC_CONNECTED);
    assert_true(slice_equal_str(event.path, path));
    guest_body_end(g);
}

struct slice guest_str(struct guest *g)
{
    struct slice s = slice_null();
    assert_true(jute_in_str(&g->body, &s));
    return s;
}

int32_t guest_i32(struct guest *g)
{
    int32_t v = 0;
    assert_true(jute_in_i32(&g->body, &v));
    return v;
}

struct jute_stat guest_stat(struct guest *g)
{
    struct jute_stat stat = {0};
    assert_true(jute_stat_decode(&g->body, &stat));
    return stat;
}

struct jute_str_vec guest_strs(struct guest *g)
{
    struct jute_str_vec v = {0};
    assert_true(jute_str_vec_decode(&g->body, &v));
    return v;
}

void guest_body_end(struct guest *g)
{
    assert_int_equal(jute_in_left(&g->body), 0);
}

// ---- two on a stage ----

int guest_pair_open(void **state, uint64_t seed, const char *zoo_cfg)
{
    static struct guest_pair p;
    guest_enter(&p.g, &p.st, seed, zoo_cfg);
    guest_open(&p.other, &p.st);
    *state = &p;
    return 0;
}

int guest_pair_close(void **state)
{
    struct guest_pair *p = *state;
    stage_close(&p->st);
    return 0;
}
