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
        T(a_random_pipeline_predicts_every_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
