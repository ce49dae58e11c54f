// SPDX-License-Identifier: Apache-2.0
//
// Blocking calls: what they return, and whom they wait for.
#include "base/mem.h"
#include "tests/unit/client/peer.h"
#include "tests/unit/client/scene.h"

static const struct paddock_options plain = {.session_timeout_ms = 4000};

static void short_forms_do_what_their_names_say(void **state)
{
    (void)state;
    struct scene sc;
    struct paddock_result *r;
    struct paddock_stat stat;
    scene_open(&sc, 41, NULL);
    struct paddock *zk = scene_join(&sc, plain);
    assert_int_equal(paddock_create(zk, "/a", paddock_bytes_of(NULL, 0), PADDOCK_PERSISTENT, NULL),
                     PADDOCK_OK);
    assert_int_equal(paddock_get(zk, "/a", &r), PADDOCK_OK);
    assert_null(r->data.bytes);
    paddock_result_free(r);
    assert_int_equal(paddock_set(zk, "/a", paddock_text(""), 0, NULL), PADDOCK_OK);
    assert_int_equal(paddock_exists(zk, "/a", &stat), PADDOCK_OK);
    assert_int_equal(stat.version, 1);
    assert_int_equal(paddock_children(zk, "/", &r), PADDOCK_OK);
    assert_int_equal(r->string_count, 2);
    paddock_result_free(r);
    assert_int_equal(paddock_sync(zk, "/"), PADDOCK_OK);
    assert_int_equal(paddock_add_auth(zk, "digest", paddock_text("u:p")), PADDOCK_OK);
    const struct paddock_op parts[] = {{.type = PADDOCK_OP_DELETE, .path = "/a"},
                                       {.type = PADDOCK_OP_CHECK, .path = "/a"}};
    assert_int_equal(paddock_multi(zk, parts, 2, &r), PADDOCK_NO_NODE);
    assert_int_equal(r->part_count, 2);
    assert_int_equal(r->parts[1].code, PADDOCK_NO_NODE);
    paddock_result_free(r);
    assert_int_equal(paddock_delete(zk, "/a", 0), PADDOCK_BAD_VERSION);
    assert_int_equal(paddock_delete(zk, "/a", 1), PADDOCK_OK);
    paddock_close(zk);
    scene_close(&sc);
}

static void failed_call_untouches_the_stat_and_has_a_result(void **state)
{
    (void)state;
    struct scene sc;
    scene_open(&sc, 42, NULL);
    struct paddock *zk = scene_join(&sc, plain);
    struct paddock_stat stat = {.version = 77};
    assert_int_equal(paddock_exists(zk, "/none", &stat), PADDOCK_NO_NODE);
    assert_int_equal(stat.version, 77);
    struct paddock_result *r;
    assert_int_equal(paddock_get(zk, "/none", &r), PADDOCK_NO_NODE);
    assert_int_equal(r->code, PADDOCK_NO_NODE);
    assert_int_equal(r->fate, PADDOCK_ANSWERED);
    assert_true(r->zxid > 0);
    paddock_result_free(r);
    assert_int_equal(paddock_get(zk, "bad", &r), PADDOCK_BAD_ARGUMENTS); // nothing was queued
    assert_null(r);
    paddock_close(zk);
    scene_close(&sc);
}

static void full_queue_refuses_more(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){.requests_max = 2});
    struct paddock_op op = {.type = PADDOCK_OP_SYNC, .path = "/"};
    struct answer_box a[2];
    answer_ask(p.zk, &op, &a[0]);
    answer_ask(p.zk, &op, &a[1]);
    assert_int_equal(paddock_submit(p.zk, &op, NULL, NULL), PADDOCK_QUEUE_FULL);
    assert_int_equal(paddock_sync(p.zk, "/"), PADDOCK_QUEUE_FULL);
    peer_join(&p);
    const struct slice path = slice_of("\0\0\0\1/", 5);
    peer_reply(&p, peer_take(&p, OP_SYNC), 1, 0, path);
    peer_run(&p, 50);
    assert_int_equal(paddock_submit(p.zk, &op, NULL, NULL), PADDOCK_OK);
    peer_close(&p);
}

static void own_deadline_goes_before_the_handles(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){.request_timeout_ms = 900});
    struct paddock_op op = {.type = PADDOCK_OP_SYNC, .path = "/"};
    int64_t start_ms = peer_now_ms(&p);
    assert_int_equal(paddock_call(p.zk, &op, NULL), PADDOCK_OPERATION_TIMEOUT);
    assert_in_range(peer_now_ms(&p) - start_ms, 899, 910);
    op.timeout_ms = 200;
    start_ms = peer_now_ms(&p);
    assert_int_equal(paddock_call(p.zk, &op, NULL), PADDOCK_OPERATION_TIMEOUT);
    assert_in_range(peer_now_ms(&p) - start_ms, 199, 210);
    peer_close(&p);
}

static void lack_of_memory_for_a_result_leaves_its_code(void **state)
{
    (void)state;
    struct scene sc;
    scene_open(&sc, 43, NULL);
    struct paddock *zk = scene_join(&sc, plain);
    bool has_lacked_result = false;
    for (unsigned i = 0; i < 100; i++) { // answers come in pieces, which decide the allocations
        struct paddock_result *r;
        (void)mem_fail_after(1 + i % 5);
        int code = paddock_get(zk, "/none", &r);
        (void)mem_fail_after(0);
        assert_true(code == PADDOCK_NO_NODE || code == PADDOCK_NO_MEMORY ||
                    code == PADDOCK_CONNECTION_LOSS);
        has_lacked_result |= code == PADDOCK_NO_NODE && r == NULL;
        paddock_result_free(r);
    }
    assert_true(has_lacked_result);
    paddock_close(zk);
    scene_close(&sc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_forms_do_what_their_names_say),
        cmocka_unit_test(failed_call_untouches_the_stat_and_has_a_result),
        cmocka_unit_test(full_queue_refuses_more),
        cmocka_unit_test(own_deadline_goes_before_the_handles),
        cmocka_unit_test(lack_of_memory_for_a_result_leaves_its_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
