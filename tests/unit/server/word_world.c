// SPDX-License-Identifier: Apache-2.0
//
// Driving the simulated server.
#include "tests/unit/server/word_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "jute/op.h"
#include "jute/records.h"

enum { PATIENCE_MS = 10000 };

// ---- clients ----

static void on_open(void *owner, bool is_new)
{
    (void)owner;
    (void)is_new;
}

static void on_reply(void *owner, const struct jute_reply_header *header, struct jute_in *body)
{
    struct word_world_client *c = owner;
    (void)body;
    if (header->xid == c->last_xid) {
        c->last_code = header->err;
        c->replies++;
    }
}

static void on_event(void *owner, const struct jute_watcher_event *event, int64_t zxid)
{
    (void)owner;
    (void)event;
    (void)zxid;
}

static void on_lost(void *owner)
{
    (void)owner;
}

static const struct client_handler client_handler = {on_open, on_reply, on_event, on_lost};

struct word_world *word_world_open(const char *extra)
{
    struct word_world *w = mem_zalloc(sizeof *w);
    world_init(&w->world, 1);
    box_init(&w->box, &w->world, extra, false);
    assert_int_equal(box_start(&w->box), SERVER_EXIT_OK);
    for (size_t i = 0; i < WORD_WORLD_CLIENTS; i++) {
        client_init(&w->clients[i].sim, w->box.node, BOX_CLIENT_PORT, &client_handler,
                    &w->clients[i]);
    }
    return w;
}

void word_world_close(struct word_world *w)
{
    for (size_t i = 0; i < WORD_WORLD_CLIENTS; i++) {
        client_stop(&w->clients[i].sim);
        client_fini(&w->clients[i].sim);
    }
    box_stop(&w->box);
    while (!box_reap(&w->box)) {
        assert_true(world_step(&w->world));
    }
    assert_false(world_has_failed(&w->world));
    box_fini(&w->box);
    world_fini(&w->world);
    buf_fini(&w->answer);
    mem_free(w);
}

void word_world_run(struct word_world *w, int64_t ms)
{
    assert_true(world_run(&w->world, ms));
}

// Step until `*count` is at least `value`.
static void wait_for(struct word_world *w, const uint64_t *count, uint64_t value)
{
    int64_t end_ns = w->world.now_ns + (int64_t)PATIENCE_MS * 1000000;
    while (*count < value) {
        assert_true(w->world.now_ns < end_ns);
        assert_true(world_step(&w->world));
    }
}

void word_world_connect(struct word_world *w, size_t client)
{
    struct sim_client *c = &w->clients[client].sim;
    client_start(c);
    while (!c->is_open) {
        assert_true(world_step(&w->world));
    }
}

int64_t word_world_session(const struct word_world *w, size_t client)
{
    return w->clients[client].sim.session_id;
}

static int32_t call(struct word_world *w, size_t client, int32_t type, struct buf *body)
{
    struct word_world_client *c = &w->clients[client];
    c->last_xid++;
    client_send(&c->sim, c->last_xid, type, buf_slice(body));
    buf_fini(body);
    wait_for(w, &c->replies, c->replies + 1);
    return c->last_code;
}

int32_t word_world_create(struct word_world *w, size_t client, const char *path, int32_t flags)
{
    struct jute_acl anyone = {.perms = PERM_ALL,
                              .id = {.scheme = slice_str("world"), .id = slice_str("anyone")}};
    const struct jute_create_request q = {.path = slice_str(path),
                                          .data = slice_str("x"),
                                          .acl = {.count = 1, .items = &anyone},
                                          .flags = flags};
    struct buf body = {0};
    jute_create_request_encode(&q, &body);
    return call(w, client, OP_CREATE, &body);
}

int32_t word_world_get(struct word_world *w, size_t client, const char *path, bool watch)
{
    const struct jute_path_watch q = {.path = slice_str(path), .watch = watch};
    struct buf body = {0};
    jute_path_watch_encode(&q, &body);
    return call(w, client, OP_EXISTS, &body);
}

// ---- words ----

static void on_answer(void *owner, struct slice bytes)
{
    struct word_world *w = owner;
    buf_append_slice(&w->answer, bytes);
}

static void on_end(void *owner, enum err reason)
{
    struct word_world *w = owner;
    (void)reason;
    w->has_ended = true;
}

const char *word_world_ask_bytes(struct word_world *w, struct slice bytes)
{
    static const struct net_client_handler handler = {on_answer, on_end};
    buf_clear(&w->answer);
    w->has_ended = false;
    struct net_link *link = net_connect(w->box.node, BOX_CLIENT_PORT, &handler, w);
    assert_non_null(link);
    net_send(link, bytes);
    while (!w->has_ended) {
        assert_true(world_step(&w->world));
    }
    net_hang_up(link);
    return buf_cstr(&w->answer);
}

const char *word_world_ask(struct word_world *w, const char *word)
{
    return word_world_ask_bytes(w, slice_str(word));
}
