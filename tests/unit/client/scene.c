// SPDX-License-Identifier: Apache-2.0
//
// Building the scene.
#include "tests/unit/client/scene.h"

#include <inttypes.h>

#include "base/mem.h"

static void close_ports(struct client_ports *ports)
{
    CONTAINER_OF(ports, struct scene, ports)->open_ports--;
}

void scene_open(struct scene *sc, uint64_t seed, const char *zoo_cfg)
{
    *sc = (struct scene){0};
    world_init(&sc->world, seed);
    box_init(&sc->box, &sc->world, zoo_cfg != NULL ? zoo_cfg : "", false);
    assert_int_equal(box_start(&sc->box), SERVER_EXIT_OK);
    sc->node = node_open(&sc->world);
    struct port_address address = net_address(&sc->box.node->net, 0);
    names_set(&sc->world, "zk", &address, 1);
    sc->ports = (struct client_ports){
        .loop = &sc->node->loop,
        .clock = &sc->node->clock,
        .entropy = &sc->node->entropy,
        .net = &sc->node->net.port,
        .resolver = &sc->node->resolver.port,
        .pump = &sc->node->pump.port,
        .close = close_ports,
    };
    node_enter(sc->node);
}

void scene_close(struct scene *sc)
{
    assert_int_equal(sc->open_ports, 0);
    node_leave(sc->node);
    node_close(sc->node);
    if (box_is_up(&sc->box)) {
        box_kill(&sc->box);
    }
    box_fini(&sc->box);
    assert_string_equal(sc->world.failure, "");
    names_fini(&sc->world);
    world_fini(&sc->world);
}

struct paddock *scene_handle(struct scene *sc, struct paddock_options options)
{
    struct paddock *zk;
    options.servers = options.servers != NULL ? options.servers : "zk:2181";
    options.flags |= PADDOCK_NO_THREAD;
    sc->open_ports++;
    assert_int_equal(client_open(&sc->ports, &options, &zk), PADDOCK_OK);
    return zk;
}

struct paddock *scene_join(struct scene *sc, struct paddock_options options)
{
    struct paddock *zk = scene_handle(sc, options);
    assert_int_equal(paddock_connect(zk, 10000), PADDOCK_OK);
    return zk;
}

void scene_restart_server(struct scene *sc)
{
    node_leave(sc->node);
    box_kill(&sc->box);
    assert_int_equal(box_start(&sc->box), SERVER_EXIT_OK);
    node_enter(sc->node);
}

int64_t scene_now_ms(const struct scene *sc)
{
    return sc->world.now_ns / 1000000;
}

void scene_run(struct scene *sc, struct paddock *zk, int64_t duration_ms)
{
    int64_t end_ms = scene_now_ms(sc) + duration_ms;
    while (scene_now_ms(sc) < end_ms) {
        paddock_turn(zk, (int)(end_ms - scene_now_ms(sc)));
    }
}

// ---- tapes ----

void tape_hear(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    struct tape *t = ctx;
    unsigned countdown = mem_fail_after(0); // the test's own memory does not count
    if (event->type == PADDOCK_EVENT_SESSION) {
        assert_null(event->path);
        buf_printf(&t->text, "session %d\n", (int)event->state);
    } else {
        buf_printf(&t->text, "%s %d\n", event->path, (int)event->type);
    }
    t->lines++;
    (void)mem_fail_after(countdown);
}

struct paddock_watch tape_watch(struct tape *t)
{
    return (struct paddock_watch){tape_hear, t};
}

void tape_expect(struct tape *t, const char *expected)
{
    assert_string_equal(buf_cstr(&t->text), expected);
    buf_clear(&t->text);
    t->lines = 0;
}

void tape_fini(struct tape *t)
{
    buf_fini(&t->text);
}

// ---- answers ----

void answer_keep(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    (void)zk;
    struct answer_box *a = ctx;
    a->count++;
    a->code = result->code;
    a->fate = result->fate;
    a->zxid = result->zxid;
}

void answer_ask(struct paddock *zk, const struct paddock_op *op, struct answer_box *a)
{
    *a = (struct answer_box){0};
    assert_int_equal(paddock_submit(zk, op, answer_keep, a), PADDOCK_OK);
}

void answer_wait(struct scene *sc, struct paddock *zk, const struct answer_box *boxes, size_t count)
{
    int64_t end_ms = scene_now_ms(sc) + 120000;
    for (size_t i = 0; i < count; i++) {
        while (boxes[i].count == 0) {
            assert_true(scene_now_ms(sc) < end_ms);
            paddock_turn(zk, 1000);
        }
        assert_int_equal(boxes[i].count, 1);
    }
}
