// SPDX-License-Identifier: Apache-2.0
//
// The handle against a whole server in a simulated world.
#include "base/mem.h"
#include "tests/unit/client/scene.h"

static const struct paddock_options plain = {.session_timeout_ms = 4000};

static void handle_creates_reads_writes_and_deletes(void **state)
{
    (void)state;
    struct scene sc;
    scene_open(&sc, 1, NULL);
    struct paddock *zk = scene_join(&sc, plain);
    struct paddock_result *r;
    assert_int_equal(paddock_create(zk, "/a", paddock_text("one"), PADDOCK_PERSISTENT, &r),
                     PADDOCK_OK);
    assert_string_equal(r->path, "/a");
    assert_int_equal(r->stat.data_length, 3);
    assert_int_equal(r->fate, PADDOCK_ANSWERED);
    assert_true(r->zxid > 0);
    paddock_result_free(r);
    struct paddock_stat stat;
    assert_int_equal(paddock_set(zk, "/a", paddock_text("two"), 0, &stat), PADDOCK_OK);
    assert_int_equal(stat.version, 1);
    assert_int_equal(paddock_set(zk, "/a", paddock_text("x"), 0, &stat), PADDOCK_BAD_VERSION);
    assert_int_equal(paddock_get(zk, "/a", &r), PADDOCK_OK);
    assert_memory_equal(r->data.bytes, "two", 4); // and the zero behind it
    paddock_result_free(r);
    assert_int_equal(paddock_delete(zk, "/a", -1), PADDOCK_OK);
    assert_int_equal(paddock_exists(zk, "/a", NULL), PADDOCK_NO_NODE);
    assert_int_equal(paddock_close_within(zk, 1000), PADDOCK_OK);
    scene_close(&sc);
}

static void event_comes_before_the_answer_that_caused_it(void **state)
{
    (void)state;
    struct scene sc;
    struct tape tape = {0};
    scene_open(&sc, 2, NULL);
    struct paddock *zk = scene_join(&sc, plain);
    struct paddock_op op = {.type = PADDOCK_OP_EXISTS, .path = "/w", .watch = tape_watch(&tape)};
    assert_int_equal(paddock_call(zk, &op, NULL), PADDOCK_NO_NODE);
    assert_int_equal(paddock_create(zk, "/w", paddock_text(""), PADDOCK_PERSISTENT, NULL),
                     PADDOCK_OK);
    tape_expect(&tape, "/w 1\n");
    assert_int_equal(paddock_set(zk, "/w", paddock_text("1"), -1, NULL), PADDOCK_OK);
    tape_expect(&tape, ""); // once
    paddock_close(zk);
    tape_fini(&tape);
    scene_close(&sc);
}

static void session_outlives_a_restart_of_the_server(void **state)
{
    (void)state;
    struct scene sc;
    struct tape tape = {0};
    scene_open(&sc, 3, NULL);
    struct paddock_options o = plain;
    o.on_event = tape_hear;
    o.ctx = &tape;
    struct paddock *zk = scene_join(&sc, o);
    struct paddock_session_info before, after;
    paddock_session(zk, &before);
    assert_int_equal(paddock_create(zk, "/e", paddock_text("mine"), PADDOCK_EPHEMERAL, NULL),
                     PADDOCK_OK);
    scene_restart_server(&sc);
    struct paddock_stat stat;
    assert_int_equal(paddock_exists(zk, "/e", &stat), PADDOCK_OK);
    paddock_session(zk, &after);
    assert_true(before.id == after.id && stat.ephemeral_owner == before.id);
    tape_expect(&tape, "session 3\nsession 0\nsession 3\n");
    paddock_close(zk);
    tape_fini(&tape);
    scene_close(&sc);
}

static void callbacks_may_submit_and_may_not_block(void **state);

struct chain {
    struct paddock *zk;
    int left;
    int blocked_code;
};

static void next_in_chain(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    struct chain *c = ctx;
    assert_int_equal(result->code, PADDOCK_OK);
    c->blocked_code = paddock_exists(zk, "/", NULL);
    if (--c->left > 0) {
        struct paddock_op op = {.type = PADDOCK_OP_GET, .path = "/"};
        assert_int_equal(paddock_submit(zk, &op, next_in_chain, c), PADDOCK_OK);
    }
}

static void callbacks_may_submit_and_may_not_block(void **state)
{
    (void)state;
    struct scene sc;
    scene_open(&sc, 4, NULL);
    struct paddock *zk = scene_join(&sc, plain);
    struct chain c = {.zk = zk, .left = 5};
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = "/"};
    assert_int_equal(paddock_submit(zk, &op, next_in_chain, &c), PADDOCK_OK);
    scene_run(&sc, zk, 1000);
    assert_int_equal(c.left, 0);
    assert_int_equal(c.blocked_code, PADDOCK_WOULD_DEADLOCK);
    paddock_close(zk);
    scene_close(&sc);
}

static void request_without_a_server_ends_at_its_deadline_not_sent(void **state)
{
    (void)state;
    struct scene sc;
    scene_open(&sc, 5, NULL);
    struct paddock_options o = plain;
    o.servers = "zk:1"; // nobody listens
    struct paddock *zk = scene_handle(&sc, o);
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = "/", .timeout_ms = 700};
    struct paddock_result *r;
    int64_t start_ms = scene_now_ms(&sc);
    assert_int_equal(paddock_call(zk, &op, &r), PADDOCK_OPERATION_TIMEOUT);
    assert_int_equal(r->fate, PADDOCK_NOT_SENT);
    assert_in_range(scene_now_ms(&sc) - start_ms, 700, 720);
    paddock_result_free(r);
    char trouble[200];
    paddock_trouble(zk, trouble, sizeof(trouble));
    assert_non_null(strstr(trouble, "zk:1"));
    assert_int_equal(paddock_connect(zk, 100), PADDOCK_OPERATION_TIMEOUT);
    assert_int_equal(paddock_close_within(zk, 1000), PADDOCK_OK); // there was nothing to end
    scene_close(&sc);
}

static void abandoned_session_is_taken_over(void **state)
{
    (void)state;
    struct scene sc;
    scene_open(&sc, 6, NULL);
    struct paddock *zk = scene_join(&sc, plain);
    assert_int_equal(paddock_create(zk, "/e", paddock_text(""), PADDOCK_EPHEMERAL, NULL),
                     PADDOCK_OK);
    struct paddock_session_info session;
    paddock_session(zk, &session);
    paddock_abandon(zk);
    struct paddock_options o = plain;
    o.session_id = session.id;
    o.password = paddock_bytes_of(session.password, sizeof(session.password));
    zk = scene_join(&sc, o);
    struct paddock_stat stat;
    assert_int_equal(paddock_exists(zk, "/e", &stat), PADDOCK_OK);
    assert_true(stat.ephemeral_owner == session.id);
    assert_int_equal(paddock_close_within(zk, 1000), PADDOCK_OK);
    zk = scene_join(&sc, plain);
    assert_int_equal(paddock_exists(zk, "/e", NULL), PADDOCK_NO_NODE);
    paddock_close(zk);
    scene_close(&sc);
}

static void expired_session_ends_everything(void **state)
{
    (void)state;
    struct scene sc;
    struct tape tape = {0};
    struct tape watch = {0};
    scene_open(&sc, 7, NULL);
    struct paddock_options o = plain;
    o.on_event = tape_hear;
    o.ctx = &tape;
    struct paddock *zk = scene_join(&sc, o);
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = "/", .watch = tape_watch(&watch)};
    assert_int_equal(paddock_call(zk, &op, NULL), PADDOCK_OK);
    net_cut_off(&sc.node->net, true);
    scene_run(&sc, zk, 12000);
    assert_int_equal(paddock_lease_ms(zk), 0);
    assert_int_equal(paddock_state(zk), PADDOCK_STATE_CONNECTING); // nobody said otherwise yet
    struct answer_box a;
    answer_ask(zk, &(struct paddock_op){.type = PADDOCK_OP_GET, .path = "/"}, &a);
    net_cut_off(&sc.node->net, false);
    answer_wait(&sc, zk, &a, 1);
    assert_int_equal(a.code, PADDOCK_SESSION_EXPIRED);
    assert_int_equal(a.fate, PADDOCK_NOT_SENT);
    tape_expect(&tape, "session 3\nsession 0\nsession -112\n");
    tape_expect(&watch, "session 0\nsession -112\n");
    assert_int_equal(paddock_exists(zk, "/", NULL), PADDOCK_SESSION_EXPIRED);
    assert_int_equal(paddock_connect(zk, 100), PADDOCK_SESSION_EXPIRED);
    assert_int_equal(paddock_close_within(zk, 1000), PADDOCK_SESSION_EXPIRED);
    tape_fini(&tape);
    tape_fini(&watch);
    scene_close(&sc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handle_creates_reads_writes_and_deletes),
        cmocka_unit_test(event_comes_before_the_answer_that_caused_it),
        cmocka_unit_test(session_outlives_a_restart_of_the_server),
        cmocka_unit_test(callbacks_may_submit_and_may_not_block),
        cmocka_unit_test(request_without_a_server_ends_at_its_deadline_not_sent),
        cmocka_unit_test(abandoned_session_is_taken_over),
        cmocka_unit_test(expired_session_ends_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
