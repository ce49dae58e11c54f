// SPDX-License-Identifier: Apache-2.0
//
// Members come and go inside of their own processes.
#include "tests/unit/client/crowd.h"

static void close_nothing(struct client_ports *ports)
{
    (void)ports;
}

static struct sim_node *node_of(struct crowd *c, size_t i)
{
    return i == CROWD_MAX ? c->sc.node : c->members[i].node;
}

static void go_inside(struct crowd *c, size_t i)
{
    if (c->inside != i) {
        node_leave(node_of(c, c->inside));
        c->inside = i;
        node_enter(node_of(c, i));
    }
}

struct paddock *crowd_be(struct crowd *c, size_t i)
{
    go_inside(c, i);
    return c->members[i].zk;
}

struct sim_net *crowd_net(struct crowd *c, size_t i)
{
    return &c->members[i].node->net;
}

void crowd_open(struct crowd *c, uint64_t seed, size_t count, unsigned flags)
{
    assert_true(count <= CROWD_MAX);
    *c = (struct crowd){.count = count, .inside = CROWD_MAX};
    scene_open(&c->sc, seed, NULL);
    for (size_t i = 0; i < count; i++) {
        struct member *m = &c->members[i];
        m->node = node_open(&c->sc.world);
        m->ports = (struct client_ports){.loop = &m->node->loop,
                                         .clock = &m->node->clock,
                                         .entropy = &m->node->entropy,
                                         .net = &m->node->net.port,
                                         .resolver = &m->node->resolver.port,
                                         .pump = &m->node->pump.port,
                                         .close = close_nothing};
        struct paddock_options o = {
            .servers = "zk", .flags = PADDOCK_NO_THREAD | flags, .session_timeout_ms = 4000};
        go_inside(c, i);
        assert_int_equal(client_open(&m->ports, &o, &m->zk), PADDOCK_OK);
        assert_int_equal(paddock_connect(m->zk, 10000), PADDOCK_OK);
    }
    go_inside(c, 0);
}

void crowd_close(struct crowd *c)
{
    for (size_t i = 0; i < c->count; i++) {
        go_inside(c, i);
        paddock_close(c->members[i].zk);
    }
    go_inside(c, CROWD_MAX);
    for (size_t i = 0; i < c->count; i++) {
        node_close(c->members[i].node);
    }
    scene_close(&c->sc);
}

void crowd_run(struct crowd *c, int64_t duration_ms)
{
    scene_run(&c->sc, c->members[c->inside].zk, duration_ms);
}

size_t crowd_count(struct crowd *c, size_t i, const char *path)
{
    size_t before = c->inside;
    struct paddock_result *r;
    int code = paddock_children(crowd_be(c, i), path, &r);
    assert_true(code == PADDOCK_OK || code == PADDOCK_NO_NODE);
    size_t count = code == PADDOCK_OK ? r->string_count : 0;
    paddock_result_free(r);
    go_inside(c, before);
    return count;
}

void holds_hear(struct paddock *zk, enum paddock_hold hold, void *ctx)
{
    (void)zk;
    struct holds *h = ctx;
    assert_true(h->len + 1 < sizeof(h->text));
    h->text[h->len++] = "HUL"[hold];
}
