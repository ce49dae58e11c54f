// SPDX-License-Identifier: Apache-2.0
//
// Transactions as a whole: multis that succeed and fail, errors, and the zxid.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jute/op.h"
#include "tests/unit/tree/world.h"

static void error_and_check_only_advance_the_zxid(void **state)
{
    struct world *w = *state;
    struct txn_op op = {.type = OP_ERROR, .error = {.err = -9999}};
    assert_int_equal(world_apply(w, &op), -9999);
    op = (struct txn_op){.type = OP_CHECK, .check = {.path = slice_str("/none"), .version = 4}};
    assert_int_equal(world_apply(w, &op), ZK_OK);
    assert_int_equal(tree_last_zxid(w->t), 2);
    assert_int_equal(tree_digest(w->t), 0x51c6d660);
}

static void the_configuration_is_written_here_alone(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "1");
    uint64_t digest = tree_digest(w->t);
    struct watcher x;
    watcher_init(&x);
    watches_add(w->ws, WATCH_DATA, slice_str("/zookeeper/config"), &x, WATCH_STANDARD);
    tree_set_config(w->t, slice_str("version=100"), 0x100, 77, w->ws);
    assert_true(world_has(w, "/zookeeper/config", "version=100"));
    struct jute_stat stat = world_stat(w, "/zookeeper/config");
    assert_int_equal(stat.version, -1);
    assert_int_equal(stat.mzxid, 0x100);
    assert_int_equal(stat.mtime, 77);
    assert_int_equal(stat.czxid, 0);
    assert_int_equal(stat.pzxid, 0);
    assert_int_equal(stat.aversion, -1);
    assert_int_equal(tree_last_zxid(w->t), 1);
    assert_int_equal(tree_digest(w->t), digest);
    size_t fired_count;
    const struct watch_fired *fired = watches_fired(w->ws, &fired_count);
    assert_int_equal(fired_count, 1);
    assert_int_equal(fired->event, WATCH_EVENT_DATA_CHANGED);
    watches_clear_fired(w->ws);
    watches_drop_watcher(w->ws, &x);
}

static void a_configuration_node_that_is_missing_is_made(void **state)
{
    struct world *w = *state;
    world_delete(w, "/zookeeper/config"); // as in a snapshot of an old release
    assert_null(world_find(w, "/zookeeper/config"));
    tree_set_config(w->t, slice_str("version=5"), 5, 1, NULL);
    assert_true(world_has(w, "/zookeeper/config", "version=5"));
    assert_int_equal(world_stat(w, "/zookeeper/config").aversion, -1);
    assert_true(tree_check(w->t));
}

// ---- multi ----

static void multi_applies_all_parts(void **state)
{
    struct world *w = *state;
    struct txn_op ops[] = {
        op_create("/a", "1"),
        op_create("/a/b", "2"),
        op_set_data("/a", "3", 1),
        op_delete("/a/b"),
        {.type = OP_CHECK, .check = {.path = slice_str("/a"), .version = 1}},
    };
    assert_int_equal(world_multi(w, ops, 5), ZK_OK);
    assert_int_equal(w->o.result_count, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(w->o.results[i].code, ZK_OK);
    }
    assert_true(world_has(w, "/a", "3"));
    assert_true(slice_equal_str(w->o.results[1].path, "/a/b"));
    assert_int_equal(w->o.results[2].stat.version, 1);
    assert_int_equal(world_stat(w, "/a").czxid, 1);
    assert_int_equal(world_stat(w, "/a").mzxid, 1);
}

static void failed_multi_applies_nothing_and_reports_codes(void **state)
{
    struct world *w = *state;
    struct txn_op ops[] = {
        op_create("/a", "1"),
        {.type = OP_ERROR, .error = {.err = ZK_NO_NODE}},
        {.type = OP_ERROR, .error = {.err = ZK_RUNTIME_INCONSISTENCY}},
        op_create("/b", "1"),
    };
    assert_int_equal(world_multi(w, ops, 4), ZK_NO_NODE);
    assert_int_equal(w->o.result_count, 4);
    assert_int_equal(w->o.results[0].code, ZK_OK);
    assert_int_equal(w->o.results[1].code, ZK_NO_NODE);
    assert_int_equal(w->o.results[2].code, ZK_RUNTIME_INCONSISTENCY);
    assert_int_equal(w->o.results[3].code, ZK_RUNTIME_INCONSISTENCY);
    assert_int_equal(tree_digest(w->t), 0x51c6d660);
    assert_int_equal(tree_last_zxid(w->t), 1);
}

static void replayed_multi_goes_on_behind_a_part_that_fails(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "1");
    struct txn_op ops[] = {op_create("/a", "1"), op_create("/b", "1")};
    assert_int_equal(world_multi(w, ops, 2), ZK_NODE_EXISTS);
    assert_int_equal(w->o.results[1].code, ZK_OK);
    assert_non_null(world_find(w, "/b"));
}

static void empty_multi_is_fine(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_multi(w, NULL, 0), ZK_OK);
    assert_int_equal(w->o.result_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(error_and_check_only_advance_the_zxid),
        T(the_configuration_is_written_here_alone),
        T(a_configuration_node_that_is_missing_is_made),
        T(multi_applies_all_parts),
        T(failed_multi_applies_nothing_and_reports_codes),
        T(replayed_multi_goes_on_behind_a_part_that_fails),
        T(empty_multi_is_fine),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
