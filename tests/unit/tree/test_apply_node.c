// SPDX-License-Identifier: Apache-2.0
//
// Transactions on nodes, also where they do not fit the tree they meet, and
// the watches they fire.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jute/op.h"
#include "tests/unit/tree/world.h"

static void created_node_has_zxid_and_time_of_its_transaction(void **state)
{
    struct world *w = *state;
    w->zxid = 0x100;
    w->time_ms = 12345;
    assert_int_equal(world_create(w, "/a", "data"), ZK_OK);
    struct jute_stat s = world_stat(w, "/a");
    assert_memory_equal(&s, &w->o.result.stat, sizeof(s));
    assert_true(slice_equal_str(w->o.result.path, "/a"));
    assert_int_equal(s.czxid, 0x101);
    assert_int_equal(s.mzxid, 0x101);
    assert_int_equal(s.pzxid, 0x101);
    assert_int_equal(s.ctime, 12345);
    assert_int_equal(s.mtime, 12345);
    assert_int_equal(s.version | s.cversion | s.aversion | s.num_children, 0);
    assert_int_equal(s.data_length, 4);
    assert_int_equal(world_stat(w, "/").pzxid, 0x101);
    assert_int_equal(world_stored(w, "/").cversion, 1);
    assert_int_equal(world_stat(w, "/").mzxid, 0);
    assert_int_equal(tree_last_zxid(w->t), 0x101);
}

static void create_without_parent_does_nothing(void **state)
{
    struct world *w = *state;
    uint64_t digest = tree_digest(w->t);
    assert_int_equal(world_create(w, "/a/b", ""), ZK_NO_NODE);
    assert_int_equal(tree_digest(w->t), digest);
    assert_int_equal(tree_last_zxid(w->t), 1);
}

static void parent_versions_only_go_up(void **state)
{
    struct world *w = *state;
    world_create(w, "/p", "");
    struct txn_op op = op_create("/p/1", "");
    op.create.parent_cversion = 10;
    world_apply(w, &op);
    assert_int_equal(world_stored(w, "/p").cversion, 10);
    assert_int_equal(world_stored(w, "/p").pzxid, 2);
    op = op_create("/p/2", "");
    op.create.parent_cversion = 10;
    world_apply(w, &op);
    assert_int_equal(world_stored(w, "/p").cversion, 10);
    assert_int_equal(world_stored(w, "/p").pzxid, 2);
    world_create(w, "/p/3", ""); // -1: one more
    assert_int_equal(world_stored(w, "/p").cversion, 11);
    assert_int_equal(world_stored(w, "/p").pzxid, 4);
}

static void create_of_an_existing_node_refreshes_its_acl(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "old");
    struct txn_op op = op_create("/a", "new");
    op.create.acl = world_acl(5);
    assert_int_equal(world_apply(w, &op), ZK_NODE_EXISTS);
    const struct znode *a = world_find(w, "/a");
    assert_int_equal(tree_acl(w->t, znode_acl_id(a))->items[0].perms, 5);
    assert_true(world_has(w, "/a", "old"));
    assert_int_equal(world_stat(w, "/a").aversion, 0);
    assert_int_equal(world_stored(w, "/").cversion, 1);
}

static void only_the_old_create_raises_the_parent_of_an_existing_node(void **state)
{
    struct world *w = *state;
    world_create(w, "/p", "");
    world_create(w, "/p/1", "");
    struct txn_op op = op_create("/p/1", "");
    op.create.parent_cversion = 9;
    assert_int_equal(world_apply(w, &op), ZK_NODE_EXISTS);
    assert_int_equal(world_stored(w, "/p").cversion, 1);
    op.type = OP_CREATE;
    assert_int_equal(world_apply(w, &op), ZK_NODE_EXISTS);
    assert_int_equal(world_stored(w, "/p").cversion, 9);
    assert_int_equal(world_stored(w, "/p").pzxid, 4);
    op.create.parent_cversion = 8;
    world_apply(w, &op);
    assert_int_equal(world_stored(w, "/p").cversion, 9);
    op.create.parent_cversion = -1;
    world_apply(w, &op);
    assert_int_equal(world_stored(w, "/p").cversion, 10);
}

static void root_is_neither_created_nor_deleted(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_create(w, "/", ""), ZK_NODE_EXISTS);
    assert_int_equal(world_delete(w, "/"), ZK_BAD_ARGUMENTS);
    assert_int_equal(world_delete(w, ""), ZK_BAD_ARGUMENTS);
    assert_int_equal(tree_digest(w->t), 0x51c6d660);
}

static void paths_that_no_node_can_have_change_nothing(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "");
    uint64_t digest = tree_digest(w->t);
    static const char *const paths[] = {"//", "//x", "/a/", "x", "a/b", "/a//", "/a//b"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_int_not_equal(world_create(w, paths[i], ""), ZK_OK);
        assert_int_not_equal(world_delete(w, paths[i]), ZK_OK);
        assert_int_equal(world_set_data(w, paths[i], "", 1), ZK_NO_NODE);
        assert_int_equal(world_set_acl(w, paths[i], 1, 1), ZK_NO_NODE);
    }
    assert_int_equal(tree_node_count(w->t), 6);
    assert_int_equal(tree_digest(w->t), digest);
}

static void set_data_takes_version_zxid_and_time(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "1");
    w->time_ms = 2000;
    assert_int_equal(world_set_data(w, "/a", "22", 7), ZK_OK);
    struct jute_stat s = world_stat(w, "/a");
    assert_memory_equal(&s, &w->o.result.stat, sizeof(s));
    assert_int_equal(s.version, 7);
    assert_int_equal(s.mzxid, 2);
    assert_int_equal(s.mtime, 2000);
    assert_int_equal(s.czxid, 1);
    assert_int_equal(s.ctime, 1000);
    assert_int_equal(s.pzxid, 1);
    assert_int_equal(s.data_length, 2);
    assert_int_equal(world_set_data(w, "/none", "", 1), ZK_NO_NODE);
}

static void reconfig_is_a_set_data(void **state)
{
    struct world *w = *state;
    struct txn_op op = op_set_data("/zookeeper/config", "version=1", 3);
    op.type = OP_RECONFIG;
    assert_int_equal(world_apply(w, &op), ZK_OK);
    assert_true(world_has(w, "/zookeeper/config", "version=1"));
    assert_int_equal(w->o.result.stat.version, 3);
}

static void set_acl_changes_list_and_aversion_only(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "1");
    w->time_ms = 2000;
    struct jute_stat before = world_stat(w, "/a");
    assert_int_equal(world_set_acl(w, "/a", 3, 1), ZK_OK);
    before.aversion = 1;
    assert_memory_equal(&before, &w->o.result.stat, sizeof(before));
    assert_int_equal(tree_acl(w->t, znode_acl_id(world_find(w, "/a")))->items[0].perms, 3);
    assert_int_equal(world_set_acl(w, "/none", 3, 1), ZK_NO_NODE);
}

static void delete_raises_the_parents_pzxid_only(void **state)
{
    struct world *w = *state;
    world_create(w, "/p", "");
    world_create(w, "/p/1", "");
    assert_int_equal(world_delete(w, "/p/1"), ZK_OK);
    assert_null(world_find(w, "/p/1"));
    assert_int_equal(world_stored(w, "/p").pzxid, 3);
    assert_int_equal(world_stored(w, "/p").cversion, 1);
    assert_int_equal(world_stat(w, "/p").num_children, 0);
    assert_int_equal(world_delete(w, "/none/1"), ZK_NO_NODE);
}

static void delete_of_a_missing_node_raises_the_parents_pzxid(void **state)
{
    struct world *w = *state;
    world_create(w, "/p", "");
    assert_int_equal(world_delete(w, "/p/1"), ZK_NO_NODE);
    assert_int_equal(world_stored(w, "/p").pzxid, 2);
    w->zxid = 0; // replayed from before
    assert_int_equal(world_delete(w, "/p/1"), ZK_NO_NODE);
    assert_int_equal(world_stored(w, "/p").pzxid, 2);
    assert_int_equal(tree_last_zxid(w->t), 2);
}

static void replayed_delete_takes_what_is_below(void **state)
{
    struct world *w = *state;
    world_create(w, "/p", "");
    world_create(w, "/p/1", "");
    world_create(w, "/p/1/x", "");
    world_create(w, "/p/2", "");
    world_create_ephemeral(w, 5, "/p/2/e");
    world_create_ephemeral(w, 5, "/p/3");
    assert_int_equal(world_delete(w, "/p"), ZK_OK);
    assert_int_equal(tree_node_count(w->t), 5);
    assert_int_equal(tree_ephemeral_count(w->t), 0);
}

static void ttl_out_of_range_creates_nothing(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_create_ttl(w, "/t", -1), ZK_BAD_ARGUMENTS);
    assert_int_equal(world_create_ttl(w, "/t", 0), ZK_BAD_ARGUMENTS);
    assert_int_equal(world_create_ttl(w, "/t", 1LL << 40), ZK_BAD_ARGUMENTS);
    assert_null(world_find(w, "/t"));
    assert_int_equal(world_create_ttl(w, "/t", (1LL << 40) - 1), ZK_OK);
}

// ---- watches ----

struct expected {
    enum watch_event event;
    const char *path;
    int32_t perms; // of the list that decides
};

static void expect_fired(struct world *w, const struct expected *expected, size_t count)
{
    size_t fired_count;
    const struct watch_fired *fired = watches_fired(w->ws, &fired_count);
    assert_int_equal(fired_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fired[i].event, expected[i].event);
        assert_true(slice_equal_str(fired[i].path, expected[i].path));
        assert_int_equal(tree_acl(w->t, fired[i].acl_id)->items[0].perms, expected[i].perms);
    }
    watches_clear_fired(w->ws);
}

static void each_transaction_triggers_in_order_with_its_acls(void **state)
{
    struct world *w = *state;
    struct watcher x;
    watcher_init(&x);
    world_create(w, "/p", "");
    world_set_acl(w, "/p", 17, 1);
    watches_add(w->ws, WATCH_DATA, slice_str("/p/n"), &x, WATCH_PERSISTENT);
    watches_add(w->ws, WATCH_CHILD, slice_str("/p"), &x, WATCH_PERSISTENT);
    watches_add(w->ws, WATCH_CHILD, slice_str("/"), &x, WATCH_PERSISTENT);
    struct txn_op op = op_create("/p/n", "");
    op.create.acl = world_acl(9);
    world_apply(w, &op);
    expect_fired(w,
                 (struct expected[]){{WATCH_EVENT_CREATED, "/p/n", 9},
                                     {WATCH_EVENT_CHILDREN_CHANGED, "/p", 17}},
                 2);
    world_set_data(w, "/p/n", "x", 1);
    expect_fired(w, (struct expected[]){{WATCH_EVENT_DATA_CHANGED, "/p/n", 9}}, 1);
    world_set_acl(w, "/p/n", 10, 1);
    expect_fired(w, NULL, 0);
    world_delete(w, "/p/n"); // its list has no other node, and is still readable
    expect_fired(w,
                 (struct expected[]){{WATCH_EVENT_DELETED, "/p/n", 10},
                                     {WATCH_EVENT_CHILDREN_CHANGED, "/p", 17}},
                 2);
    world_delete(w, "/p");
    expect_fired(w,
                 (struct expected[]){{WATCH_EVENT_DELETED, "/p", 17},
                                     {WATCH_EVENT_CHILDREN_CHANGED, "/", 31}},
                 2);
    watches_drop_watcher(w->ws, &x);
}

static void deleted_node_tells_child_watchers_unless_told_already(void **state)
{
    struct world *w = *state;
    struct watcher both;
    struct watcher child;
    watcher_init(&both);
    watcher_init(&child);
    world_create(w, "/a", "");
    watches_add(w->ws, WATCH_DATA, slice_str("/a"), &both, WATCH_STANDARD);
    watches_add(w->ws, WATCH_CHILD, slice_str("/a"), &both, WATCH_STANDARD);
    watches_add(w->ws, WATCH_CHILD, slice_str("/a"), &child, WATCH_STANDARD);
    world_delete(w, "/a");
    size_t count;
    const struct watch_fired *fired = watches_fired(w->ws, &count);
    assert_int_equal(count, 2);
    assert_ptr_equal(fired[0].watcher, &both);
    assert_ptr_equal(fired[1].watcher, &child);
    assert_int_equal(watches_count(w->ws), 0);
}

static void failed_apply_triggers_nothing(void **state)
{
    struct world *w = *state;
    struct watcher x;
    watcher_init(&x);
    watches_add(w->ws, WATCH_DATA, slice_str("/"), &x, WATCH_RECURSIVE);
    watches_add(w->ws, WATCH_CHILD, slice_str("/"), &x, WATCH_PERSISTENT);
    world_create(w, "/", "");
    world_create(w, "/a/b", "");
    world_delete(w, "/a");
    world_set_data(w, "/a", "", 1);
    world_create_session(w, 3, 1000);
    expect_fired(w, NULL, 0);
    watches_drop_watcher(w->ws, &x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(created_node_has_zxid_and_time_of_its_transaction),
        T(create_without_parent_does_nothing),
        T(parent_versions_only_go_up),
        T(create_of_an_existing_node_refreshes_its_acl),
        T(only_the_old_create_raises_the_parent_of_an_existing_node),
        T(root_is_neither_created_nor_deleted),
        T(paths_that_no_node_can_have_change_nothing),
        T(set_data_takes_version_zxid_and_time),
        T(reconfig_is_a_set_data),
        T(set_acl_changes_list_and_aversion_only),
        T(delete_raises_the_parents_pzxid_only),
        T(delete_of_a_missing_node_raises_the_parents_pzxid),
        T(replayed_delete_takes_what_is_below),
        T(ttl_out_of_range_creates_nothing),
        T(each_transaction_triggers_in_order_with_its_acls),
        T(deleted_node_tells_child_watchers_unless_told_already),
        T(failed_apply_triggers_nothing),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
