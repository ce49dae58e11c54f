// SPDX-License-Identifier: Apache-2.0
//
// Whole requests: multi, sessions, errors, and a random pipeline beside a model.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/prng.h"
#include "jute/multi.h"
#include "jute/op.h"
#include "tests/unit/server/prep_world.h"

static struct jute_acl open_entry = {
    31, {{(const uint8_t *)"world", 5}, {(const uint8_t *)"anyone", 6}}};

static struct multi_op create_op(const char *path)
{
    return (struct multi_op){
        .type = OP_CREATE,
        .create = {slice_str(path), slice_str("d"), {1, &open_entry}, CREATE_PERSISTENT}};
}

static struct multi_op check_op(const char *path, int32_t version)
{
    return (struct multi_op){.type = OP_CHECK, .path_version = {slice_str(path), version}};
}

static enum zk_code write_multi(struct prep_world *w, struct multi_op *ops, int32_t count)
{
    const struct multi m = {.kind = MULTI_WRITES, .count = count, .ops = ops};
    struct buf body = {0};
    multi_encode(&m, &body);
    enum zk_code code = prep_world_write(w, OP_MULTI, &body);
    buf_fini(&body);
    return code;
}

static void a_multi_happens_whole(void **state)
{
    struct prep_world *w = *state;
    struct multi_op ops[] = {create_op("/a"), create_op("/a/b"), check_op("/a/b", 0)};
    assert_int_equal(write_multi(w, ops, 3), ZK_OK);
    prep_world_apply(w, SIZE_MAX);
    assert_non_null(tree_find(w->tree, slice_str("/a/b")));
}

static void a_failed_multi_leaves_nothing_behind(void **state)
{
    struct prep_world *w = *state;
    uint64_t digest = w->changes.digest;
    struct multi_op ops[] = {create_op("/a"), create_op("/missing/x"), create_op("/c")};
    assert_int_equal(write_multi(w, ops, 3), ZK_OK);
    assert_int_equal(w->last.header.type, OP_MULTI);
    assert_int_equal(w->last.ops[0].type, OP_CREATE);
    assert_int_equal(w->last.ops[1].type, OP_ERROR);
    assert_int_equal(w->last.ops[1].error.err, ZK_NO_NODE);
    assert_int_equal(w->last.ops[2].error.err, ZK_RUNTIME_INCONSISTENCY);
    assert_int_equal(w->changes.digest, digest);
    assert_int_equal(prep_world_create(w, "/a", "", 0), ZK_OK);
    prep_world_apply(w, SIZE_MAX);
    assert_null(tree_find(w->tree, slice_str("/c")));
}

static void a_failed_write_is_a_transaction_of_its_own(void **state)
{
    struct prep_world *w = *state;
    assert_int_equal(prep_world_delete(w, "/missing", -1), ZK_NO_NODE);
    assert_int_equal(w->last_zxid, 1);
    assert_int_equal(w->last.header.type, OP_ERROR);
    assert_int_equal(w->last.op.error.err, ZK_NO_NODE);
    assert_false(w->last.has_digest);
    prep_world_apply(w, SIZE_MAX);
    assert_int_equal(tree_last_zxid(w->tree), 1);
}

static void an_undecodable_write_takes_no_zxid_but_a_multi_does(void **state)
{
    struct prep_world *w = *state;
    struct buf body = {0};
    buf_put_i32(&body, 1000);
    assert_int_equal(prep_world_write(w, OP_SET_DATA, &body), ZK_MARSHALLING_ERROR);
    assert_int_equal(w->last_zxid, 0);
    assert_int_equal(prep_world_write(w, OP_MULTI, &body), ZK_MARSHALLING_ERROR);
    assert_int_equal(w->last_zxid, 1);
    buf_fini(&body);
}

static void closing_takes_applied_and_pending_ephemerals(void **state)
{
    struct prep_world *w = *state;
    const struct buf empty = {0};
    prep_world_create(w, "/applied", "", CREATE_EPHEMERAL);
    prep_world_create(w, "/deleted", "", CREATE_EPHEMERAL);
    prep_world_apply(w, SIZE_MAX);
    prep_world_delete(w, "/deleted", -1);
    prep_world_set(w, "/applied", "edited in flight", -1);
    prep_world_create(w, "/pending", "", CREATE_EPHEMERAL);
    assert_int_equal(prep_world_write(w, OP_CLOSE_SESSION, &empty), ZK_OK);
    assert_int_equal(w->last.op.close_session.paths.count, 2);
    assert_int_equal(sessions_check(&w->sessions, w->session, 0), ZK_SESSION_EXPIRED);
    prep_world_apply(w, SIZE_MAX);
    assert_int_equal(tree_ephemeral_count(w->tree), 0);
    assert_null(tree_find(w->tree, slice_str("/pending")));
}

static void reconfig_is_refused_as_java_refuses_it(void **state)
{
    struct prep_world *w = *state;
    const struct jute_reconfig_request r = {slice_null(), slice_null(), slice_null(), -1};
    struct buf body = {0};
    jute_reconfig_request_encode(&r, &body);
    assert_int_equal(prep_world_write(w, OP_RECONFIG, &body), ZK_RECONFIG_DISABLED);
    buf_fini(&body);
}

static void a_session_is_made_with_the_timeout_of_the_request(void **state)
{
    struct prep_world *w = *state;
    struct buf body = {0};
    buf_put_i32(&body, 12345);
    assert_int_equal(prep_world_write(w, OP_CREATE_SESSION, &body), ZK_OK);
    assert_int_equal(w->last.header.type, OP_CREATE_SESSION);
    assert_int_equal(w->last.op.create_session.timeout_ms, 12345);
    assert_true(w->last.has_digest);
    prep_world_apply(w, SIZE_MAX);
    int32_t timeout_ms;
    assert_true(tree_session_find(w->tree, w->session, &timeout_ms));
    assert_int_equal(timeout_ms, 12345);
    body.len = 3;
    assert_int_equal(prep_world_write(w, OP_CREATE_SESSION, &body), ZK_MARSHALLING_ERROR);
    assert_int_equal(w->last_zxid, 1);
    buf_fini(&body);
}

// A learner forwards a request if and only if the leader will make a transaction of it.
static void is_decodable_says_what_preparing_would(void **state)
{
    static const int32_t types[] = {
        OP_CREATE,   OP_CREATE2, OP_CREATE_CONTAINER, OP_CREATE_TTL, OP_DELETE,
        OP_SET_DATA, OP_SET_ACL, OP_RECONFIG,         OP_MULTI,      OP_DELETE_CONTAINER};
    struct prep_world *w = *state;
    struct prng prng;
    prng_init(&prng, 11);
    size_t refused = 0;
    enum { TRIES = 20000 };
    for (int i = 0; i < TRIES; i++) {
        struct buf body = {0};
        uint64_t fields = prng_below(&prng, 6);
        for (uint64_t f = 0; f < fields; f++) { // what looks like strings, counts, numbers
            uint64_t len = prng_below(&prng, 4);
            buf_put_i32(&body, (int32_t)len - 1);
            buf_append(&body, "/ab", len > 0 ? len - 1 : 0);
        }
        const struct request request = {.ids = &w->ids,
                                        .session_id = w->session,
                                        .type = types[prng_below(&prng, 10)],
                                        .body = buf_slice(&body)};
        bool has_no_memory;
        bool is_decodable = prep_is_decodable(&w->prep, &request, &has_no_memory);
        assert_false(has_no_memory);
        int64_t before = w->last_zxid;
        (void)prep_world_write(w, request.type, &body);
        assert_int_equal(w->last_zxid, before + (is_decodable ? 1 : 0));
        refused += is_decodable ? 0 : 1;
        prep_world_apply(w, SIZE_MAX);
        buf_fini(&body);
    }
    assert_true(refused > TRIES / 10 && refused < TRIES - TRIES / 10);
}

static void a_refusal_keeps_session_and_cxid(void **state)
{
    (void)state;
    const struct request request = {.session_id = 77, .xid = 5, .type = OP_SET_DATA};
    struct txn txn;
    prep_refuse(&request, ZK_MARSHALLING_ERROR, 9, 1000, &txn);
    assert_int_equal(txn.header.client_id, 77);
    assert_int_equal(txn.header.cxid, 5);
    assert_int_equal(txn.header.zxid, 9);
    assert_int_equal(txn.header.time_ms, 1000);
    assert_int_equal(txn.header.type, OP_ERROR);
    assert_int_equal(txn.op.error.err, ZK_MARSHALLING_ERROR);
    assert_false(txn.has_digest);
}

// A random pipeline over few paths, applied with a random delay: every digest must be that of the
// tree (prep_world_apply checks it), and in the end nothing is left in flight.
static void a_random_pipeline_predicts_every_digest(void **state)
{
    struct prep_world *w = *state;
    struct prng prng;
    prng_init(&prng, 42);
    for (int i = 0; i < 20000; i++) {
        char path[32];
        uint64_t a = prng_below(&prng, 4);
        uint64_t b = prng_below(&prng, 5);
        (void)snprintf(path, sizeof(path), b == 4 ? "/n%u" : "/n%u/m%u", (unsigned)a, (unsigned)b);
        switch (prng_below(&prng, 6)) {
        case 0:
        case 1:
            prep_world_create(w, path, path, prng_below(&prng, 4) == 0 ? CREATE_EPHEMERAL : 0);
            break;
        case 2:
            prep_world_delete(w, path, prng_below(&prng, 2) == 0 ? -1 : 0);
            break;
        case 3:
            prep_world_set(w, path, path + b, -1);
            break;
        case 4: {
            struct multi_op ops[] = {create_op(path), check_op(path, 0), create_op("/n0/z")};
            write_multi(w, ops, 3);
            break;
        }
        case 5:
            prep_world_apply(w, prng_below(&prng, 20));
            break;
        }
    }
    prep_world_apply(w, SIZE_MAX);
    assert_int_equal(w->changes.by_path.count, 0);
    assert_int_equal(w->changes.digest, tree_digest(w->tree));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, prep_world_set_up, prep_world_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_multi_happens_whole),
        T(a_failed_multi_leaves_nothing_behind),
        T(a_failed_write_is_a_transaction_of_its_own),
        T(an_undecodable_write_takes_no_zxid_but_a_multi_does),
        T(closing_takes_applied_and_pending_ephemerals),
        T(reconfig_is_refused_as_java_refuses_it),
        T(a_session_is_made_with_the_timeout_of_the_request),
        T(is_decodable_says_what_preparing_would),
        T(a_refusal_keeps_session_and_cxid),
        T(a_random_pipeline_predicts_every_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
