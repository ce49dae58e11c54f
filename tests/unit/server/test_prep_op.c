// SPDX-License-Identifier: Apache-2.0
//
// The checks of one operation, in the order that decides which error is seen.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "jute/op.h"
#include "tests/unit/server/prep_world.h"

static int set_up_extended(void **state)
{
    const char *defines[] = {"zookeeper.extendedTypesEnabled=true", NULL};
    return prep_world_set_up_with(state, defines);
}

static void a_missing_parent_comes_before_a_bad_path(void **state)
{
    struct prep_world *w = *state;
    assert_int_equal(prep_world_create(w, "/missing//x", "", 0), ZK_NO_NODE);
    assert_int_equal(prep_world_create(w, "/a", "", 0), ZK_OK);
    assert_int_equal(prep_world_create(w, "/a/", "", 0), ZK_BAD_ARGUMENTS);
    assert_int_equal(prep_world_create(w, "/a/..", "", 0), ZK_BAD_ARGUMENTS);
    assert_int_equal(prep_world_create(w, "nothing", "", 0), ZK_BAD_ARGUMENTS);
    assert_int_equal(prep_world_create(w, "/", "", 0), ZK_NODE_EXISTS);
}

static void pipelined_writes_see_each_other(void **state)
{
    struct prep_world *w = *state;
    assert_int_equal(prep_world_create(w, "/a", "", 0), ZK_OK);
    assert_int_equal(prep_world_create(w, "/a", "", 0), ZK_NODE_EXISTS);
    assert_int_equal(prep_world_create(w, "/a/b", "", 0), ZK_OK);
    assert_int_equal(prep_world_delete(w, "/a", -1), ZK_NOT_EMPTY);
    assert_int_equal(prep_world_set(w, "/a/b", "x", 0), ZK_OK);
    assert_int_equal(prep_world_set(w, "/a/b", "y", 0), ZK_BAD_VERSION);
    assert_int_equal(prep_world_set(w, "/a/b", "y", 1), ZK_OK);
    assert_int_equal(prep_world_delete(w, "/a/b", 2), ZK_OK);
    assert_int_equal(prep_world_delete(w, "/a/b", -1), ZK_NO_NODE);
    assert_int_equal(prep_world_delete(w, "/a", 0), ZK_OK);
    assert_int_equal(prep_world_create(w, "/a", "again", 0), ZK_OK);
    prep_world_apply(w, SIZE_MAX);
    assert_non_null(tree_find(w->tree, slice_str("/a")));
}

static void versions_come_before_children_at_delete(void **state)
{
    struct prep_world *w = *state;
    prep_world_create(w, "/a", "", 0);
    prep_world_create(w, "/a/b", "", 0);
    assert_int_equal(prep_world_delete(w, "/a", 7), ZK_BAD_VERSION);
    assert_int_equal(prep_world_delete(w, "/a", 0), ZK_NOT_EMPTY);
}

static void built_in_nodes_stay(void **state)
{
    struct prep_world *w = *state;
    const char *paths[] = {"/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config", "x"};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(prep_world_delete(w, paths[i], -1), ZK_BAD_ARGUMENTS);
    }
}

static void sequence_numbers_count_all_creates_under_a_parent(void **state)
{
    struct prep_world *w = *state;
    prep_world_create(w, "/p", "", 0);
    prep_world_create(w, "/p/plain", "", 0);
    assert_int_equal(prep_world_create(w, "/p/s-", "", CREATE_PERSISTENT_SEQUENTIAL), ZK_OK);
    assert_true(slice_equal_str(w->last.op.create.path, "/p/s-0000000001"));
    prep_world_delete(w, "/p/plain", -1);
    assert_int_equal(prep_world_create(w, "/p/", "", CREATE_PERSISTENT_SEQUENTIAL), ZK_OK);
    assert_true(slice_equal_str(w->last.op.create.path, "/p/0000000002"));
    prep_world_apply(w, SIZE_MAX);
}

static void an_ephemeral_has_no_children(void **state)
{
    struct prep_world *w = *state;
    assert_int_equal(prep_world_create(w, "/e", "", CREATE_EPHEMERAL), ZK_OK);
    assert_int_equal(prep_world_create(w, "/e/x", "", 0), ZK_NO_CHILDREN_FOR_EPHEMERALS);
    prep_world_apply(w, SIZE_MAX);
    assert_int_equal(prep_world_create(w, "/e/x", "", 0), ZK_NO_CHILDREN_FOR_EPHEMERALS);
}

static void an_ended_session_writes_nothing(void **state)
{
    struct prep_world *w = *state;
    sessions_set_closing(&w->sessions, sessions_find(&w->sessions, w->session));
    assert_int_equal(prep_world_create(w, "/a", "", 0), ZK_SESSION_EXPIRED);
    sessions_remove(&w->sessions, w->session);
    assert_int_equal(prep_world_create(w, "/a", "", 0), ZK_UNKNOWN_SESSION);
    assert_int_equal(prep_world_create(w, "/a", "", CREATE_EPHEMERAL), ZK_SESSION_EXPIRED);
    assert_int_equal(prep_world_delete(w, "/a", -1), ZK_UNKNOWN_SESSION);
}

static void modes_are_checked_first(void **state)
{
    struct prep_world *w = *state;
    assert_int_equal(prep_world_create(w, "bad", "", 7), ZK_BAD_ARGUMENTS);
    assert_int_equal(prep_world_create(w, "/a", "", -1), ZK_BAD_ARGUMENTS);
    assert_int_equal(prep_world_create(w, "bad", "", CREATE_PERSISTENT_TTL), ZK_UNIMPLEMENTED);
}

static enum zk_code create_ttl(struct prep_world *w, int32_t flags, int64_t ttl_ms)
{
    struct jute_acl open = {31, {slice_str("world"), slice_str("anyone")}};
    const struct jute_create_ttl_request r = {
        slice_str("/t"), slice_null(), {1, &open}, flags, ttl_ms};
    struct buf body = {0};
    jute_create_ttl_request_encode(&r, &body);
    enum zk_code code = prep_world_write(w, OP_CREATE_TTL, &body);
    buf_fini(&body);
    return code;
}

static void a_ttl_must_be_in_range_and_meant(void **state)
{
    struct prep_world *w = *state;
    assert_int_equal(prep_world_create(w, "/t", "", CREATE_PERSISTENT_TTL), ZK_BAD_ARGUMENTS);
    assert_int_equal(create_ttl(w, CREATE_PERSISTENT_TTL, 0), ZK_BAD_ARGUMENTS);
    assert_int_equal(create_ttl(w, CREATE_PERSISTENT_TTL, INT64_C(1) << 40), ZK_BAD_ARGUMENTS);
    assert_int_equal(create_ttl(w, CREATE_PERSISTENT, -1), ZK_BAD_ARGUMENTS); // poison for Java
    assert_int_equal(create_ttl(w, CREATE_PERSISTENT_TTL, 1000), ZK_OK);
    prep_world_apply(w, SIZE_MAX);
    assert_int_equal(tree_ttl_node_count(w->tree), 1);
}

static void create_container(struct prep_world *w, const char *path)
{
    struct jute_acl open = {31, {slice_str("world"), slice_str("anyone")}};
    const struct jute_create_request r = {
        slice_str(path), slice_null(), {1, &open}, CREATE_CONTAINER};
    struct buf body = {0};
    jute_create_request_encode(&r, &body);
    assert_int_equal(prep_world_write(w, OP_CREATE_CONTAINER, &body), ZK_OK);
    buf_fini(&body);
}

static enum zk_code reap(struct prep_world *w, const char *path)
{
    struct buf body = {0};
    jute_str_encode(slice_str(path), &body);
    enum zk_code code = prep_world_write(w, OP_DELETE_CONTAINER, &body);
    buf_fini(&body);
    return code;
}

// A request in flight may have changed what was found to be old: that node is not taken.
static void only_what_may_still_go_is_reaped(void **state)
{
    struct prep_world *w = *state;
    create_container(w, "/used");
    assert_int_equal(prep_world_create(w, "/used/child", "", 0), ZK_OK);
    assert_int_equal(reap(w, "/used"), ZK_NOT_EMPTY);
    assert_int_equal(prep_world_delete(w, "/used/child", -1), ZK_OK);
    assert_int_equal(prep_world_create(w, "/plain", "", 0), ZK_OK);
    assert_int_equal(create_ttl(w, CREATE_PERSISTENT_TTL, 1000), ZK_OK);
    create_container(w, "/fresh");
    assert_int_equal(reap(w, "/plain"), ZK_BAD_VERSION);
    assert_int_equal(reap(w, "/t"), ZK_BAD_VERSION);
    assert_int_equal(reap(w, "/fresh"), ZK_BAD_VERSION);
    assert_int_equal(reap(w, "/used"), ZK_OK);
    assert_int_equal(reap(w, "/used"), ZK_NO_NODE);
}

static void the_opcode_decides_the_kind(void **state)
{
    struct prep_world *w = *state;
    assert_int_equal(prep_world_create(w, "/plain", "", CREATE_CONTAINER), ZK_OK);
    prep_world_apply(w, SIZE_MAX); // checks that the digest is that of a plain node
    assert_int_equal(znode_owner(tree_find(w->tree, slice_str("/plain"))), 0);
}

static void a_version_wraps_as_in_java(void **state)
{
    struct prep_world *w = *state;
    prep_world_create(w, "/v", "", 0);
    changes_begin(&w->changes);
    struct change *node = changes_find(&w->changes, slice_str("/v"));
    changes_edit(&w->changes, node);
    node->now.stat.version = INT32_MAX;
    changes_edited(&w->changes, node);
    changes_commit(&w->changes, 1);
    assert_int_equal(prep_world_set(w, "/v", "x", INT32_MAX), ZK_OK);
    assert_int_equal(w->last.op.set_data.version, INT32_MIN);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, prep_world_set_up, prep_world_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_missing_parent_comes_before_a_bad_path),
        T(pipelined_writes_see_each_other),
        T(versions_come_before_children_at_delete),
        T(built_in_nodes_stay),
        T(sequence_numbers_count_all_creates_under_a_parent),
        T(an_ephemeral_has_no_children),
        T(an_ended_session_writes_nothing),
        T(modes_are_checked_first),
        cmocka_unit_test_setup_teardown(a_ttl_must_be_in_range_and_meant, set_up_extended,
                                        prep_world_tear_down),
        cmocka_unit_test_setup_teardown(only_what_may_still_go_is_reaped, set_up_extended,
                                        prep_world_tear_down),
        T(the_opcode_decides_the_kind),
        T(a_version_wraps_as_in_java),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
