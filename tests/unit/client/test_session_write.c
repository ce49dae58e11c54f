// SPDX-License-Identifier: Apache-2.0
//
// What goes out, and in which order: watches that are set again, requests in pieces.
#include <stdio.h>

#include "base/mem.h"
#include "tests/unit/client/peer.h"
#include "tests/unit/client/scene.h"

enum { MANY = 50000 };

struct counted {
    size_t events;
    size_t sessions;
};

static void count(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    struct counted *c = ctx;
    if (event->type == PADDOCK_EVENT_SESSION) {
        c->sessions++;
    } else {
        assert_int_equal(event->type, PADDOCK_EVENT_CREATED);
        c->events++;
    }
}

struct progress {
    size_t done;
    size_t failed;
};

static void note(struct paddock *zk, const struct paddock_result *r, void *ctx)
{
    (void)zk;
    struct progress *p = ctx;
    p->done++;
    p->failed += r->code != PADDOCK_NO_NODE && r->code != PADDOCK_OK ? 1 : 0;
}

static void submit_many(struct scene *sc, struct paddock *zk, enum paddock_op_type type,
                        struct paddock_watch watch, size_t many)
{
    struct progress p = {0};
    for (size_t i = 0; i < many; i++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "/a-watched-node-%06zu", i);
        struct paddock_op op = {.type = type, .path = path, .watch = watch, .timeout_ms = 600000};
        assert_int_equal(paddock_submit(zk, &op, note, &p), PADDOCK_OK);
    }
    while (p.done < many) {
        scene_run(sc, zk, 10);
    }
    assert_int_equal(p.failed, 0);
}

// A whole server is restarted under 50,000 watches; afterwards every one fires, once.
static void fifty_thousand_watches_survive_a_restart(void **state)
{
    (void)state;
    struct scene sc;
    struct counted c = {0};
    scene_open(&sc, 31, NULL);
    struct paddock *zk = scene_join(&sc, (struct paddock_options){.session_timeout_ms = 4000});
    struct paddock_watch watch = {count, &c};
    submit_many(&sc, zk, PADDOCK_OP_EXISTS, watch, MANY);
    scene_restart_server(&sc);
    scene_run(&sc, zk, 10000);
    assert_int_equal(paddock_state(zk), PADDOCK_STATE_CONNECTED);
    scene_run(&sc, zk, 1000);
    assert_int_equal(c.sessions, 2); // one listener, told once of each state
    assert_int_equal(c.events, 0);
    submit_many(&sc, zk, PADDOCK_OP_CREATE, (struct paddock_watch){0}, MANY);
    assert_int_equal(c.events, MANY);
    assert_true(list_is_empty(&zk->session.watchers.all));
    paddock_close(zk);
    scene_close(&sc);
}

// ---- frames, seen by a peer ----

static void answer_all(struct peer *p, size_t many, int32_t type, int32_t err, struct slice body)
{
    for (size_t i = 0; i < many; i++) {
        peer_reply(p, peer_take(p, type), 1, err, body);
    }
    peer_run(p, 50);
}

static void watch_one(struct peer *p, enum paddock_op_type type, const char *path,
                      struct paddock_watch watch, bool is_recursive)
{
    struct paddock_op op = {
        .type = type, .path = path, .watch = watch, .is_recursive = is_recursive};
    assert_int_equal(paddock_submit(p->zk, &op, NULL, NULL), PADDOCK_OK);
}

static void come_back(struct peer *p)
{
    peer_hang_up(p);
    peer_accept(p);
    peer_welcome(p, PEER_SESSION, PEER_TIMEOUT_MS, false);
}

static void watches_go_in_frames_of_bounded_size(void **state)
{
    (void)state;
    enum { WATCHES = 3000, PATH_BYTES = 100 };
    struct peer p;
    struct counted c = {0};
    peer_open(&p, (struct paddock_options){.request_timeout_ms = 60000});
    peer_join(&p);
    for (int i = 0; i < WATCHES; i++) {
        char path[PATH_BYTES + 1];
        (void)snprintf(path, sizeof(path), "/%0*d", PATH_BYTES - 1, i);
        watch_one(&p, PADDOCK_OP_EXISTS, path, (struct paddock_watch){count, &c}, false);
    }
    answer_all(&p, WATCHES, OP_EXISTS, PADDOCK_NO_NODE, slice_null());
    come_back(&p);
    watch_one(&p, PADDOCK_OP_SYNC, "/behind", (struct paddock_watch){0}, false);
    int32_t seen = 0;
    size_t frames = 0;
    while (seen < WATCHES) {
        struct jute_set_watches w;
        assert_int_equal(peer_take(&p, OP_SET_WATCHES), XID_SET_WATCHES);
        assert_true(p.frame.len + 4 <= WATCHERS_FRAME_BYTES);
        assert_true(jute_set_watches_decode(&p.body, &w));
        assert_int_equal(w.data.count + w.child.count, 0);
        assert_int_equal(w.relative_zxid, 1);
        seen += w.exist.count;
        frames++;
    }
    assert_int_equal(seen, WATCHES);
    assert_int_equal(frames, 3);  // 300 KiB
    (void)peer_take(&p, OP_SYNC); // behind them all
    peer_close(&p);
}

static void lasting_watches_need_the_newer_request_and_twins_go_once(void **state)
{
    (void)state;
    struct peer p;
    struct counted c[2] = {{0}, {0}};
    static const uint8_t stat_and_data[4 + 68] = {0};
    peer_open(&p, (struct paddock_options){0});
    peer_join(&p);
    watch_one(&p, PADDOCK_OP_GET, "/twin", (struct paddock_watch){count, &c[0]}, false);
    watch_one(&p, PADDOCK_OP_GET, "/twin", (struct paddock_watch){count, &c[1]}, false);
    answer_all(&p, 2, OP_GET_DATA, 0, slice_of(stat_and_data, sizeof(stat_and_data)));
    watch_one(&p, PADDOCK_OP_ADD_WATCH, "/p", (struct paddock_watch){count, &c[0]}, false);
    watch_one(&p, PADDOCK_OP_ADD_WATCH, "/r", (struct paddock_watch){count, &c[0]}, true);
    answer_all(&p, 2, OP_ADD_WATCH, 0, slice_of("\0\0\0\0", 4));
    come_back(&p);
    struct jute_set_watches2 w;
    assert_int_equal(peer_take(&p, OP_SET_WATCHES2), XID_SET_WATCHES);
    assert_true(jute_set_watches2_decode(&p.body, &w));
    assert_int_equal(w.data.count, 1);
    assert_true(slice_equal_str(w.data.items[0], "/twin"));
    assert_int_equal(w.exist.count + w.child.count, 0);
    assert_int_equal(w.persistent.count, 1);
    assert_int_equal(w.persistent_recursive.count, 1);
    peer_reply(&p, XID_SET_WATCHES, 5, 0, slice_null());
    // The answer must not count as seen: another frame of watches may still be on its way.
    come_back(&p);
    assert_int_equal(p.greeting.body.last_zxid_seen, 1);
    peer_close(&p);
}

static void keep_code(struct paddock *zk, const struct paddock_result *r, void *ctx)
{
    (void)zk;
    *(int *)ctx = r->code;
}

// The caller is told, and for the client there is no such watch: neither for events nor for the
// next connection.
static void refused_watch_is_no_watch(void **state)
{
    (void)state;
    static const int codes[] = {PADDOCK_UNIMPLEMENTED, PADDOCK_MARSHALLING_ERROR};
    struct peer p;
    struct counted c = {0};
    peer_open(&p, (struct paddock_options){0});
    peer_join(&p);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        int code = PADDOCK_OK;
        struct paddock_op op = {.type = PADDOCK_OP_ADD_WATCH,
                                .path = "/foo",
                                .watch = {count, &c},
                                .is_recursive = true};
        assert_int_equal(paddock_submit(p.zk, &op, keep_code, &code), PADDOCK_OK);
        answer_all(&p, 1, OP_ADD_WATCH, codes[i], slice_null());
        assert_int_equal(code, codes[i]);
        assert_true(list_is_empty(&p.zk->session.watchers.all));
    }
    peer_event(&p, PADDOCK_EVENT_CREATED, "/foo", 2);
    peer_run(&p, 50);
    assert_int_equal(c.events, 0);
    assert_int_equal(paddock_state(p.zk), PADDOCK_STATE_CONNECTED);
    come_back(&p);
    watch_one(&p, PADDOCK_OP_SYNC, "/behind", (struct paddock_watch){0}, false);
    (void)peer_take(&p, OP_SYNC); // and nothing in front of it
    peer_close(&p);
}

static void server_that_cannot_set_watches_is_left(void **state)
{
    (void)state;
    struct peer p;
    struct counted c = {0};
    peer_open(&p, (struct paddock_options){0});
    peer_join(&p);
    watch_one(&p, PADDOCK_OP_EXISTS, "/x", (struct paddock_watch){count, &c}, false);
    answer_all(&p, 1, OP_EXISTS, PADDOCK_NO_NODE, slice_null());
    come_back(&p);
    (void)peer_take(&p, OP_SET_WATCHES);
    peer_reply(&p, XID_SET_WATCHES, 5, PADDOCK_UNIMPLEMENTED, slice_null());
    peer_expect_dropped(&p, "refused to set watches again: Unimplemented");
    peer_close(&p);
}

// The simulated socket takes 16 KiB at most, so this goes in many pieces, with pings in between
// that must not get into the middle of it.
static void large_request_goes_out_whole(void **state)
{
    (void)state;
    enum { BYTES = 900000 };
    struct peer p;
    peer_open(&p, (struct paddock_options){.request_timeout_ms = 60000});
    peer_join(&p);
    uint8_t *data = mem_alloc(BYTES);
    for (size_t i = 0; i < BYTES; i++) {
        data[i] = (uint8_t)(i * 7);
    }
    struct paddock_op op = {
        .type = PADDOCK_OP_SET, .path = "/big", .data = paddock_bytes_of(data, BYTES)};
    assert_int_equal(paddock_submit(p.zk, &op, NULL, NULL), PADDOCK_OK);
    struct jute_set_data_request r;
    (void)peer_take(&p, OP_SET_DATA);
    assert_true(jute_set_data_request_decode(&p.body, &r));
    assert_int_equal(r.data.len, BYTES);
    assert_memory_equal(r.data.data, data, BYTES);
    mem_free(data);
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifty_thousand_watches_survive_a_restart),
        cmocka_unit_test(watches_go_in_frames_of_bounded_size),
        cmocka_unit_test(lasting_watches_need_the_newer_request_and_twins_go_once),
        cmocka_unit_test(refused_watch_is_no_watch),
        cmocka_unit_test(server_that_cannot_set_watches_is_left),
        cmocka_unit_test(large_request_goes_out_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
