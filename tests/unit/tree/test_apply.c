// SPDX-License-Identifier: Apache-2.0
//
// Every transaction type, also where it does not fit the tree it meets (PROTOCOL 2.12, 4.7).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jute/op.h"
#include "tests/unit/tree/world.h"

static void created_node_has_zxid_and_time_of_its_transaction(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    w.zxid = 0x100;
    w.time_ms = 12345;
    assert_int_equal(world_create(&w, "/a", "data"), ZK_OK);
    struct jute_stat s = world_stat(&w, "/a");
    assert_memory_equal(&s, &w.o.result.stat, sizeof(s));
    assert_true(slice_equal_str(w.o.result.path, "/a"));
    assert_int_equal(s.czxid, 0x101);
    assert_int_equal(s.mzxid, 0x101);
    assert_int_equal(s.pzxid, 0x101);
    assert_int_equal(s.ctime, 12345);
    assert_int_equal(s.mtime, 12345);
    assert_int_equal(s.version | s.cversion | s.aversion | s.num_children, 0);
    assert_int_equal(s.data_length, 4);
    assert_int_equal(world_stat(&w, "/").pzxid, 0x101);
    assert_int_equal(world_stored(&w, "/").cversion, 1);
    assert_int_equal(world_stat(&w, "/").mzxid, 0);
    assert_int_equal(tree_last_zxid(w.t), 0x101);
    world_fini(&w);
}

static void create_without_parent_does_nothing(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    uint64_t digest = tree_digest(w.t);
    assert_int_equal(world_create(&w, "/a/b", ""), ZK_NO_NODE);
    assert_int_equal(tree_digest(w.t), digest);
    assert_int_equal(tree_last_zxid(w.t), 1);
    world_fini(&w);
}

static void parent_versions_only_go_up(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create(&w, "/p", "");
    struct txn_op op = op_create("/p/1", "");
    op.create.parent_cversion = 10;
    world_apply(&w, &op);
    assert_int_equal(world_stored(&w, "/p").cversion, 10);
    assert_int_equal(world_stored(&w, "/p").pzxid, 2);
    op = op_create("/p/2", "");
    op.create.parent_cversion = 10;
    world_apply(&w, &op);
    assert_int_equal(world_stored(&w, "/p").cversion, 10);
    assert_int_equal(world_stored(&w, "/p").pzxid, 2);
    world_create(&w, "/p/3", ""); // -1: one more
    assert_int_equal(world_stored(&w, "/p").cversion, 11);
    assert_int_equal(world_stored(&w, "/p").pzxid, 4);
    world_fini(&w);
}

static void create_of_an_existing_node_refreshes_its_acl(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create(&w, "/a", "old");
    struct txn_op op = op_create("/a", "new");
    op.create.acl = world_acl(5);
    assert_int_equal(world_apply(&w, &op), ZK_NODE_EXISTS);
    const struct znode *a = world_find(&w, "/a");
    assert_int_equal(tree_acl(w.t, znode_acl_id(a))->items[0].perms, 5);
    assert_true(world_has(&w, "/a", "old"));
    assert_int_equal(world_stat(&w, "/a").aversion, 0);
    assert_int_equal(world_stored(&w, "/").cversion, 1);
    world_fini(&w);
}

static void only_the_old_create_raises_the_parent_of_an_existing_node(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create(&w, "/p", "");
    world_create(&w, "/p/1", "");
    struct txn_op op = op_create("/p/1", "");
    op.create.parent_cversion = 9;
    assert_int_equal(world_apply(&w, &op), ZK_NODE_EXISTS);
    assert_int_equal(world_stored(&w, "/p").cversion, 1);
    op.type = OP_CREATE;
    assert_int_equal(world_apply(&w, &op), ZK_NODE_EXISTS);
    assert_int_equal(world_stored(&w, "/p").cversion, 9);
    assert_int_equal(world_stored(&w, "/p").pzxid, 4);
    op.create.parent_cversion = 8;
    world_apply(&w, &op);
    assert_int_equal(world_stored(&w, "/p").cversion, 9);
    op.create.parent_cversion = -1;
    world_apply(&w, &op);
    assert_int_equal(world_stored(&w, "/p").cversion, 10);
    world_fini(&w);
}

static void root_is_neither_created_nor_deleted(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    assert_int_equal(world_create(&w, "/", ""), ZK_NODE_EXISTS);
    assert_int_equal(world_delete(&w, "/"), ZK_BAD_ARGUMENTS);
    assert_int_equal(world_delete(&w, ""), ZK_BAD_ARGUMENTS);
    assert_int_equal(tree_digest(w.t), 0x51c6d660);
    world_fini(&w);
}

static void set_data_takes_version_zxid_and_time(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create(&w, "/a", "1");
    w.time_ms = 2000;
    assert_int_equal(world_set_data(&w, "/a", "22", 7), ZK_OK);
    struct jute_stat s = world_stat(&w, "/a");
    assert_memory_equal(&s, &w.o.result.stat, sizeof(s));
    assert_int_equal(s.version, 7);
    assert_int_equal(s.mzxid, 2);
    assert_int_equal(s.mtime, 2000);
    assert_int_equal(s.czxid, 1);
    assert_int_equal(s.ctime, 1000);
    assert_int_equal(s.pzxid, 1);
    assert_int_equal(s.data_length, 2);
    assert_int_equal(world_set_data(&w, "/none", "", 1), ZK_NO_NODE);
    world_fini(&w);
}

static void reconfig_is_a_set_data(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct txn_op op = op_set_data("/zookeeper/config", "version=1", 3);
    op.type = OP_RECONFIG;
    assert_int_equal(world_apply(&w, &op), ZK_OK);
    assert_true(world_has(&w, "/zookeeper/config", "version=1"));
    assert_int_equal(w.o.result.stat.version, 3);
    world_fini(&w);
}

static void set_acl_changes_list_and_aversion_only(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create(&w, "/a", "1");
    w.time_ms = 2000;
    struct jute_stat before = world_stat(&w, "/a");
    assert_int_equal(world_set_acl(&w, "/a", 3, 1), ZK_OK);
    before.aversion = 1;
    assert_memory_equal(&before, &w.o.result.stat, sizeof(before));
    assert_int_equal(tree_acl(w.t, znode_acl_id(world_find(&w, "/a")))->items[0].perms, 3);
    assert_int_equal(world_set_acl(&w, "/none", 3, 1), ZK_NO_NODE);
    world_fini(&w);
}

static void delete_raises_the_parents_pzxid_only(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create(&w, "/p", "");
    world_create(&w, "/p/1", "");
    assert_int_equal(world_delete(&w, "/p/1"), ZK_OK);
    assert_null(world_find(&w, "/p/1"));
    assert_int_equal(world_stored(&w, "/p").pzxid, 3);
    assert_int_equal(world_stored(&w, "/p").cversion, 1);
    assert_int_equal(world_stat(&w, "/p").num_children, 0);
    assert_int_equal(world_delete(&w, "/none/1"), ZK_NO_NODE);
    world_fini(&w);
}

static void delete_of_a_missing_node_raises_the_parents_pzxid(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create(&w, "/p", "");
    assert_int_equal(world_delete(&w, "/p/1"), ZK_NO_NODE);
    assert_int_equal(world_stored(&w, "/p").pzxid, 2);
    w.zxid = 0; // replayed from before
    assert_int_equal(world_delete(&w, "/p/1"), ZK_NO_NODE);
    assert_int_equal(world_stored(&w, "/p").pzxid, 2);
    assert_int_equal(tree_last_zxid(w.t), 2);
    world_fini(&w);
}

static void replayed_delete_takes_what_is_below(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create(&w, "/p", "");
    world_create(&w, "/p/1", "");
    world_create(&w, "/p/1/x", "");
    world_create(&w, "/p/2", "");
    world_create_ephemeral(&w, 5, "/p/2/e");
    world_create_ephemeral(&w, 5, "/p/3");
    assert_int_equal(world_delete(&w, "/p"), ZK_OK);
    assert_int_equal(tree_node_count(w.t), 5);
    assert_int_equal(tree_ephemeral_count(w.t), 0);
    world_fini(&w);
}

static void ttl_out_of_range_creates_nothing(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    assert_int_equal(world_create_ttl(&w, "/t", -1), ZK_BAD_ARGUMENTS);
    assert_int_equal(world_create_ttl(&w, "/t", 0), ZK_BAD_ARGUMENTS);
    assert_int_equal(world_create_ttl(&w, "/t", 1LL << 40), ZK_BAD_ARGUMENTS);
    assert_null(world_find(&w, "/t"));
    assert_int_equal(world_create_ttl(&w, "/t", (1LL << 40) - 1), ZK_OK);
    world_fini(&w);
}

static void error_and_check_only_advance_the_zxid(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct txn_op op = {.type = OP_ERROR, .error = {.err = -9999}};
    assert_int_equal(world_apply(&w, &op), -9999);
    op = (struct txn_op){.type = OP_CHECK, .check = {.path = slice_str("/none"), .version = 4}};
    assert_int_equal(world_apply(&w, &op), ZK_OK);
    assert_int_equal(tree_last_zxid(w.t), 2);
    assert_int_equal(tree_digest(w.t), 0x51c6d660);
    world_fini(&w);
}

static void sessions_come_and_go(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create_session(&w, 7, 4000);
    int32_t timeout_ms = 0;
    assert_true(tree_session_find(w.t, 7, &timeout_ms));
    assert_int_equal(timeout_ms, 4000);
    assert_int_equal(tree_session_count(w.t), 1);
    world_close_session(&w, 7, NULL, 0);
    assert_false(tree_session_find(w.t, 7, &timeout_ms));
    world_fini(&w);
}

static void closing_without_body_deletes_the_ephemerals(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create_ephemeral(&w, 7, "/e1");
    world_create_ephemeral(&w, 7, "/e2");
    world_create_ephemeral(&w, 8, "/other");
    assert_int_equal(world_close_session(&w, 7, NULL, 0), ZK_OK);
    assert_null(world_find(&w, "/e1"));
    assert_null(world_find(&w, "/e2"));
    assert_non_null(world_find(&w, "/other"));
    assert_int_equal(world_stored(&w, "/").pzxid, 4);
    world_fini(&w);
}

static void closing_with_a_body_deletes_the_list_then_the_rest(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create_ephemeral(&w, 7, "/e1");
    world_create_ephemeral(&w, 7, "/e2");
    world_create(&w, "/p", "");
    struct watcher watcher;
    watcher_init(&watcher);
    static const char *const order[] = {"/p", "/e2", "/e1"};
    for (int i = 0; i < 3; i++) {
        watches_add(w.ws, WATCH_DATA, slice_str(order[i]), &watcher, WATCH_STANDARD);
    }
    struct slice paths[] = {slice_str("/missing"), slice_str("/p"), slice_str("/e2")};
    assert_int_equal(world_close_session(&w, 7, paths, 3), ZK_OK);
    size_t count;
    const struct watch_fired *fired = watches_fired(w.ws, &count);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fired[i].event, WATCH_EVENT_DELETED);
        assert_true(slice_equal_str(fired[i].path, order[i]));
        assert_int_equal(fired[i].zxid, 4);
    }
    assert_int_equal(tree_node_count(w.t), 5);
    watches_drop_watcher(w.ws, &watcher);
    world_fini(&w);
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
    (void)state;
    struct world w;
    world_init(&w);
    struct watcher x;
    watcher_init(&x);
    world_create(&w, "/p", "");
    world_set_acl(&w, "/p", 17, 1);
    watches_add(w.ws, WATCH_DATA, slice_str("/p/n"), &x, WATCH_PERSISTENT);
    watches_add(w.ws, WATCH_CHILD, slice_str("/p"), &x, WATCH_PERSISTENT);
    watches_add(w.ws, WATCH_CHILD, slice_str("/"), &x, WATCH_PERSISTENT);
    struct txn_op op = op_create("/p/n", "");
    op.create.acl = world_acl(9);
    world_apply(&w, &op);
    expect_fired(&w,
                 (struct expected[]){{WATCH_EVENT_CREATED, "/p/n", 9},
                                     {WATCH_EVENT_CHILDREN_CHANGED, "/p", 17}},
                 2);
    world_set_data(&w, "/p/n", "x", 1);
    expect_fired(&w, (struct expected[]){{WATCH_EVENT_DATA_CHANGED, "/p/n", 9}}, 1);
    world_set_acl(&w, "/p/n", 10, 1);
    expect_fired(&w, NULL, 0);
    world_delete(&w, "/p/n"); // its list has no other node, and is still readable
    expect_fired(&w,
                 (struct expected[]){{WATCH_EVENT_DELETED, "/p/n", 10},
                                     {WATCH_EVENT_CHILDREN_CHANGED, "/p", 17}},
                 2);
    world_delete(&w, "/p");
    expect_fired(&w,
                 (struct expected[]){{WATCH_EVENT_DELETED, "/p", 17},
                                     {WATCH_EVENT_CHILDREN_CHANGED, "/", 31}},
                 2);
    watches_drop_watcher(w.ws, &x);
    world_fini(&w);
}

static void deleted_node_tells_child_watchers_unless_told_already(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct watcher both;
    struct watcher child;
    watcher_init(&both);
    watcher_init(&child);
    world_create(&w, "/a", "");
    watches_add(w.ws, WATCH_DATA, slice_str("/a"), &both, WATCH_STANDARD);
    watches_add(w.ws, WATCH_CHILD, slice_str("/a"), &both, WATCH_STANDARD);
    watches_add(w.ws, WATCH_CHILD, slice_str("/a"), &child, WATCH_STANDARD);
    world_delete(&w, "/a");
    size_t count;
    const struct watch_fired *fired = watches_fired(w.ws, &count);
    assert_int_equal(count, 2);
    assert_ptr_equal(fired[0].watcher, &both);
    assert_ptr_equal(fired[1].watcher, &child);
    assert_int_equal(watches_count(w.ws), 0);
    world_fini(&w);
}

static void failed_apply_triggers_nothing(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct watcher x;
    watcher_init(&x);
    watches_add(w.ws, WATCH_DATA, slice_str("/"), &x, WATCH_RECURSIVE);
    watches_add(w.ws, WATCH_CHILD, slice_str("/"), &x, WATCH_PERSISTENT);
    world_create(&w, "/", "");
    world_create(&w, "/a/b", "");
    world_delete(&w, "/a");
    world_set_data(&w, "/a", "", 1);
    world_create_session(&w, 3, 1000);
    expect_fired(&w, NULL, 0);
    watches_drop_watcher(w.ws, &x);
    world_fini(&w);
}

// ---- multi ----

static void multi_applies_all_parts(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct txn_op ops[] = {
        op_create("/a", "1"),
        op_create("/a/b", "2"),
        op_set_data("/a", "3", 1),
        op_delete("/a/b"),
        {.type = OP_CHECK, .check = {.path = slice_str("/a"), .version = 1}},
    };
    assert_int_equal(world_multi(&w, ops, 5), ZK_OK);
    assert_int_equal(w.o.result_count, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(w.o.results[i].code, ZK_OK);
    }
    assert_true(world_has(&w, "/a", "3"));
    assert_true(slice_equal_str(w.o.results[1].path, "/a/b"));
    assert_int_equal(w.o.results[2].stat.version, 1);
    assert_int_equal(world_stat(&w, "/a").czxid, 1);
    assert_int_equal(world_stat(&w, "/a").mzxid, 1);
    world_fini(&w);
}

static void failed_multi_applies_nothing_and_reports_codes(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct txn_op ops[] = {
        op_create("/a", "1"),
        {.type = OP_ERROR, .error = {.err = ZK_NO_NODE}},
        {.type = OP_ERROR, .error = {.err = ZK_RUNTIME_INCONSISTENCY}},
        op_create("/b", "1"),
    };
    assert_int_equal(world_multi(&w, ops, 4), ZK_NO_NODE);
    assert_int_equal(w.o.result_count, 4);
    assert_int_equal(w.o.results[0].code, ZK_OK);
    assert_int_equal(w.o.results[1].code, ZK_NO_NODE);
    assert_int_equal(w.o.results[2].code, ZK_RUNTIME_INCONSISTENCY);
    assert_int_equal(w.o.results[3].code, ZK_RUNTIME_INCONSISTENCY);
    assert_int_equal(tree_digest(w.t), 0x51c6d660);
    assert_int_equal(tree_last_zxid(w.t), 1);
    world_fini(&w);
}

static void replayed_multi_goes_on_behind_a_part_that_fails(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create(&w, "/a", "1");
    struct txn_op ops[] = {op_create("/a", "1"), op_create("/b", "1")};
    assert_int_equal(world_multi(&w, ops, 2), ZK_NODE_EXISTS);
    assert_int_equal(w.o.results[1].code, ZK_OK);
    assert_non_null(world_find(&w, "/b"));
    world_fini(&w);
}

static void empty_multi_is_fine(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    assert_int_equal(world_multi(&w, NULL, 0), ZK_OK);
    assert_int_equal(w.o.result_count, 0);
    world_fini(&w);
}

static void ephemerals_of_unknown_sessions_are_dropped(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create_session(&w, 7, 1000);
    world_create_ephemeral(&w, 7, "/alive");
    for (int64_t session = 100; session < 200; session++) {
        char path[] = "/dead100";
        path[5] = (char)('0' + session / 100);
        path[6] = (char)('0' + session / 10 % 10);
        path[7] = (char)('0' + session % 10);
        world_create_ephemeral(&w, session, path);
    }
    tree_set_last_zxid(w.t, 500);
    assert_int_equal(tree_drop_dead_ephemerals(w.t), 100);
    assert_non_null(world_find(&w, "/alive"));
    assert_int_equal(tree_ephemeral_count(w.t), 1);
    assert_int_equal(world_stored(&w, "/").pzxid, 500);
    assert_int_equal(tree_last_zxid(w.t), 500);
    assert_true(tree_check(w.t));
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(created_node_has_zxid_and_time_of_its_transaction),
        cmocka_unit_test(create_without_parent_does_nothing),
        cmocka_unit_test(parent_versions_only_go_up),
        cmocka_unit_test(create_of_an_existing_node_refreshes_its_acl),
        cmocka_unit_test(only_the_old_create_raises_the_parent_of_an_existing_node),
        cmocka_unit_test(root_is_neither_created_nor_deleted),
        cmocka_unit_test(set_data_takes_version_zxid_and_time),
        cmocka_unit_test(reconfig_is_a_set_data),
        cmocka_unit_test(set_acl_changes_list_and_aversion_only),
        cmocka_unit_test(delete_raises_the_parents_pzxid_only),
        cmocka_unit_test(delete_of_a_missing_node_raises_the_parents_pzxid),
        cmocka_unit_test(replayed_delete_takes_what_is_below),
        cmocka_unit_test(ttl_out_of_range_creates_nothing),
        cmocka_unit_test(error_and_check_only_advance_the_zxid),
        cmocka_unit_test(sessions_come_and_go),
        cmocka_unit_test(closing_without_body_deletes_the_ephemerals),
        cmocka_unit_test(closing_with_a_body_deletes_the_list_then_the_rest),
        cmocka_unit_test(each_transaction_triggers_in_order_with_its_acls),
        cmocka_unit_test(deleted_node_tells_child_watchers_unless_told_already),
        cmocka_unit_test(failed_apply_triggers_nothing),
        cmocka_unit_test(multi_applies_all_parts),
        cmocka_unit_test(failed_multi_applies_nothing_and_reports_codes),
        cmocka_unit_test(replayed_multi_goes_on_behind_a_part_that_fails),
        cmocka_unit_test(empty_multi_is_fine),
        cmocka_unit_test(ephemerals_of_unknown_sessions_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
