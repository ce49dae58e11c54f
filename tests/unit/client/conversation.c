// SPDX-License-Identifier: Apache-2.0
//
// The words of the conversation, and its checks.
#include "tests/unit/client/conversation.h"

#include <stdio.h>

#include "base/mem.h"

enum { WATCHES = 3, CREATES = 4, QUIET_MS = 3000 };

struct firing {
    enum paddock_event_type expected;
    size_t count;
    struct answer_box registration;
};

// Everything of one run.
struct run {
    struct conversation *c;
    struct paddock *zk;
    struct firing firings[WATCHES]; // of /d, /x, /k
    struct answer_box auth;
    struct answer_box creates[CREATES]; // of /own-<sequence>
    struct answer_box multi;
};

// ---- the witness ----

static void close_nothing(struct client_ports *ports)
{
    (void)ports;
}

// The test is inside the troubled process; the witness is another one.
static void enter_witness(struct conversation *c)
{
    node_leave(c->sc->node);
    node_enter(c->witness_node);
}

static void leave_witness(struct conversation *c)
{
    node_leave(c->witness_node);
    node_enter(c->sc->node);
}

static int witness(struct conversation *c, const struct paddock_op *op, struct paddock_result **ret)
{
    enter_witness(c);
    int code = paddock_call(c->witness, op, ret);
    leave_witness(c);
    return code;
}

static int witness_do(struct conversation *c, enum paddock_op_type type, const char *path)
{
    struct paddock_op op = {.type = type, .path = path, .data = paddock_text("w")};
    return witness(c, &op, NULL);
}

void conversation_begin(struct conversation *c, struct scene *sc)
{
    *c = (struct conversation){.sc = sc, .witness_node = node_open(&sc->world)};
    struct sim_node *n = c->witness_node;
    c->witness_ports = (struct client_ports){.loop = &n->loop,
                                             .clock = &n->clock,
                                             .entropy = &n->entropy,
                                             .net = &n->net.port,
                                             .resolver = &n->resolver.port,
                                             .pump = &n->pump.port,
                                             .close = close_nothing};
    struct paddock_options o = {
        .servers = "zk", .flags = PADDOCK_NO_THREAD, .request_timeout_ms = 60000};
    enter_witness(c);
    assert_int_equal(client_open(&c->witness_ports, &o, &c->witness), PADDOCK_OK);
    assert_int_equal(paddock_connect(c->witness, 10000), PADDOCK_OK);
    leave_witness(c);
    assert_int_equal(witness_do(c, PADDOCK_OP_CREATE, "/d"), PADDOCK_OK);
    assert_int_equal(witness_do(c, PADDOCK_OP_CREATE, "/k"), PADDOCK_OK);
    assert_int_equal(witness_do(c, PADDOCK_OP_CREATE, "/own"), PADDOCK_OK);
}

void conversation_end(struct conversation *c)
{
    enter_witness(c);
    paddock_close(c->witness);
    node_leave(c->witness_node);
    node_close(c->witness_node);
    node_enter(c->sc->node);
}

// ---- what is said ----

static void count_firing(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    struct firing *f = ctx;
    if (event->type != PADDOCK_EVENT_SESSION) {
        assert_int_equal(event->type, f->expected);
        f->count++;
    }
}

static void ask(struct run *r, struct paddock_op op, struct answer_box *a)
{
    *a = (struct answer_box){0};
    int code = paddock_submit(r->zk, &op, answer_keep, a);
    if (code != PADDOCK_OK) {
        assert_true(r->c->may_lack_memory);
        assert_int_equal(code, PADDOCK_NO_MEMORY);
        *a = (struct answer_box){.count = 1, .code = code, .fate = PADDOCK_NOT_SENT};
    }
}

static void set_watches(struct run *r)
{
    static const struct {
        enum paddock_op_type type;
        const char *path;
        enum paddock_event_type fires;
    } wanted[WATCHES] = {
        {PADDOCK_OP_GET, "/d", PADDOCK_EVENT_DATA_CHANGED},
        {PADDOCK_OP_EXISTS, "/x", PADDOCK_EVENT_CREATED},
        {PADDOCK_OP_GET_CHILDREN, "/k", PADDOCK_EVENT_CHILDREN_CHANGED},
    };
    for (int i = 0; i < WATCHES; i++) {
        struct firing *f = &r->firings[i];
        f->expected = wanted[i].fires;
        ask(r,
            (struct paddock_op){
                .type = wanted[i].type, .path = wanted[i].path, .watch = {count_firing, f}},
            &f->registration);
    }
    for (int i = 0; i < WATCHES; i++) {
        answer_wait(r->c->sc, r->zk, &r->firings[i].registration, 1);
    }
}

static void write_things(struct run *r)
{
    for (int i = 0; i < CREATES; i++) {
        ask(r,
            (struct paddock_op){.type = PADDOCK_OP_CREATE,
                                .path = "/own/n-",
                                .data = paddock_text("data of mine"),
                                .mode = PADDOCK_PERSISTENT_SEQUENTIAL},
            &r->creates[i]);
    }
    const struct paddock_op parts[] = {
        {.type = PADDOCK_OP_CREATE, .path = "/m", .data = paddock_text("multi")},
        {.type = PADDOCK_OP_CREATE, .path = "/m/1", .data = paddock_text("multi")},
    };
    ask(r, (struct paddock_op){.type = PADDOCK_OP_MULTI, .parts = parts, .part_count = 2},
        &r->multi);
    answer_wait(r->c->sc, r->zk, r->creates, CREATES);
    answer_wait(r->c->sc, r->zk, &r->multi, 1);
}

// ---- what must hold ----

static void check_ending(const struct conversation *c, const struct answer_box *a, int answer)
{
    if (a->fate == PADDOCK_ANSWERED) {
        assert_int_equal(a->code, answer);
    } else if (a->code == PADDOCK_NO_MEMORY) {
        assert_true(c->may_lack_memory);
    } else {
        assert_int_equal(a->code, PADDOCK_CONNECTION_LOSS);
        assert_int_equal(a->fate, PADDOCK_UNKNOWN);
    }
}

static void check_endings(const struct run *r)
{
    check_ending(r->c, &r->auth, PADDOCK_OK);
    for (int i = 0; i < WATCHES; i++) {
        const struct firing *f = &r->firings[i];
        check_ending(r->c, &f->registration, i == 1 ? PADDOCK_NO_NODE : PADDOCK_OK);
        assert_int_equal(f->count, f->registration.fate == PADDOCK_ANSWERED ? 1 : 0);
    }
    for (int i = 0; i < CREATES; i++) {
        check_ending(r->c, &r->creates[i], PADDOCK_OK);
    }
    check_ending(r->c, &r->multi, PADDOCK_OK);
}

static void check_deeds(struct run *r)
{
    struct paddock_result *children;
    struct paddock_op op = {.type = PADDOCK_OP_GET_CHILDREN, .path = "/own"};
    assert_int_equal(witness(r->c, &op, &children), PADDOCK_OK);
    size_t least = 0;
    size_t most = 0;
    for (int i = 0; i < CREATES; i++) {
        least += r->creates[i].fate == PADDOCK_ANSWERED ? 1 : 0;
        most += r->creates[i].fate != PADDOCK_NOT_SENT ? 1 : 0;
    }
    assert_in_range(children->string_count, least, most);
    for (size_t i = 0; i < children->string_count; i++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "/own/%s", children->strings[i]);
        assert_int_equal(witness_do(r->c, PADDOCK_OP_DELETE, path), PADDOCK_OK);
    }
    paddock_result_free(children);
    int code = witness_do(r->c, PADDOCK_OP_DELETE, "/m/1");
    if (r->multi.fate == PADDOCK_ANSWERED) {
        assert_int_equal(code, PADDOCK_OK);
    }
    assert_int_equal(witness_do(r->c, PADDOCK_OP_DELETE, "/m"), code); // both or none
}

// Once more, until it works: trouble is over by now.
static void check_usable(const struct run *r)
{
    int code = paddock_exists(r->zk, "/d", NULL);
    for (int i = 0; i < 3 && code != PADDOCK_OK; i++) {
        assert_true(code == PADDOCK_CONNECTION_LOSS || code == PADDOCK_NO_MEMORY);
        code = paddock_exists(r->zk, "/d", NULL);
    }
    assert_int_equal(code, PADDOCK_OK);
}

bool conversation_hold(struct conversation *c)
{
    struct run r = {.c = c};
    struct paddock_options o = {.servers = "zk",
                                .session_timeout_ms = 4000,
                                .request_timeout_ms = 60000,
                                .flags = PADDOCK_NO_THREAD};
    c->sc->open_ports++;
    int code = client_open(&c->sc->ports, &o, &r.zk);
    if (code != PADDOCK_OK) {
        assert_int_equal(code, PADDOCK_NO_MEMORY);
        assert_true(c->may_lack_memory);
        return false;
    }
    ask(&r,
        (struct paddock_op){
            .type = PADDOCK_OP_ADD_AUTH, .scheme = "digest", .data = paddock_text("bob:secret")},
        &r.auth);
    set_watches(&r);
    answer_wait(c->sc, r.zk, &r.auth, 1);
    assert_int_equal(witness_do(c, PADDOCK_OP_SET, "/d"), PADDOCK_OK);
    assert_int_equal(witness_do(c, PADDOCK_OP_CREATE, "/x"), PADDOCK_OK);
    assert_int_equal(witness_do(c, PADDOCK_OP_CREATE, "/k/1"), PADDOCK_OK);
    write_things(&r);
    scene_run(c->sc, r.zk, QUIET_MS);
    check_usable(&r);
    check_endings(&r);
    check_deeds(&r);
    assert_int_equal(paddock_close_within(r.zk, 10000), PADDOCK_OK);
    assert_int_equal(witness_do(c, PADDOCK_OP_DELETE, "/k/1"), PADDOCK_OK);
    assert_int_equal(witness_do(c, PADDOCK_OP_DELETE, "/x"), PADDOCK_OK);
    return true;
}
