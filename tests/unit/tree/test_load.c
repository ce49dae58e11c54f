// SPDX-License-Identifier: Apache-2.0
//
// Loading snapshots: what was written comes back, orders that Java reads, and damage.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/tree/copy.h"
#include "tests/unit/tree/world.h"

static struct tree *empty_tree(bool extended_types)
{
    struct tree_options options = {
        .hash_seed = 99, .digest_enabled = true, .extended_types_enabled = extended_types};
    struct tree *t = tree_new(&options);
    tree_load_begin(t);
    return t;
}

static enum err load(struct tree *t, const char *path, int64_t acl_id, int64_t owner)
{
    struct jute_stat_persisted stat = {.czxid = 1, .pzxid = 1, .ephemeral_owner = owner};
    return tree_load_node(t, slice_str(path), slice_str("data"), acl_id, &stat);
}

static void loaded_tree_equals_the_saved_one(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create_session(&w, 7, 4000);
    world_create(&w, "/a", NULL);
    world_create(&w, "/a/b", "x");
    world_create(&w, "/a/b/c", "");
    world_create_ephemeral(&w, 7, "/a/e");
    world_create_container(&w, "/c");
    world_create(&w, "/c/x", "");
    world_create_ttl(&w, "/t", 1000);
    world_set_acl(&w, "/a/b", 3, 1);
    world_delete(&w, "/a/b/c");
    struct copy c;
    copy_begin(&c, w.t);
    while (copy_step(&c)) {
    }
    struct tree *t = empty_tree(true);
    assert_int_equal(copy_load(&c, t), ERR_OK);
    assert_true(tree_check(t));
    assert_true(trees_are_equal(w.t, t));
    assert_int_equal(tree_ttl_node_count(t), 1);
    assert_int_equal(copy_load(&c, t), ERR_OK); // a second load replaces the first
    assert_true(trees_are_equal(w.t, t));
    copy_fini(&c);
    tree_free(t);
    world_fini(&w);
}

static void nodes_may_come_in_any_order_with_parents_first(void **state)
{
    (void)state;
    struct tree *t = empty_tree(true);
    static const char *const order[] = {"",       "/a",   "/b",     "/c",      "/a/1",
                                        "/b/1",   "/a/2", "/c/1",   "/b/1/x",  "/a/1/x",
                                        "/b/1/y", "/ab",  "/a/2/z", "/a/2/z/z"};
    size_t count = sizeof(order) / sizeof(order[0]);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(load(t, order[i], -1, 0), ERR_OK);
    }
    assert_int_equal(tree_load_end(t, 5), ERR_OK);
    assert_true(tree_check(t));
    assert_int_equal(tree_node_count(t), count + 1);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(tree_find(t, slice_str(order[i])));
    }
    assert_int_equal(tree_last_zxid(t), 5);
    tree_free(t);
}

static void many_siblings_and_levels_load(void **state)
{
    (void)state;
    enum { PARENTS = 50, CHILDREN = 100 };
    struct tree *t = empty_tree(true);
    assert_int_equal(load(t, "", -1, 0), ERR_OK);
    char path[64];
    for (int p = 0; p < PARENTS; p++) {
        (void)snprintf(path, sizeof(path), "/p%d", p);
        assert_int_equal(load(t, path, -1, 0), ERR_OK);
        for (int c = 0; c < CHILDREN; c++) {
            (void)snprintf(path, sizeof(path), "/p%d/c%d", p, c);
            assert_int_equal(load(t, path, -1, 0), ERR_OK);
            (void)snprintf(path, sizeof(path), "/p%d/c%d/g", p, c);
            assert_int_equal(load(t, path, -1, 0), ERR_OK);
        }
    }
    assert_int_equal(tree_load_end(t, 5), ERR_OK);
    assert_true(tree_check(t));
    assert_int_equal(tree_node_count(t), 2 + PARENTS * (1 + 2 * CHILDREN));
    tree_free(t);
}

static void damage_is_refused(void **state)
{
    (void)state;
    struct tree *t = empty_tree(true);
    assert_int_equal(load(t, "/a", -1, 0), ERR_CORRUPT); // before the root
    assert_int_equal(load(t, "", -1, 0), ERR_OK);
    assert_int_equal(load(t, "", -1, 0), ERR_CORRUPT);
    assert_int_equal(load(t, "/a/b", -1, 0), ERR_CORRUPT);
    assert_int_equal(load(t, "a", -1, 0), ERR_CORRUPT);
    assert_int_equal(load(t, "/", -1, 0), ERR_CORRUPT);
    assert_int_equal(load(t, "/a/", -1, 0), ERR_CORRUPT);
    assert_int_equal(load(t, "/a", 5, 0), ERR_CORRUPT);
    assert_int_equal(load(t, "/a", -1, (int64_t)0xff01000000000001), ERR_CORRUPT);
    tree_free(t);
}

static void root_with_an_owner_is_refused(void **state)
{
    (void)state;
    struct tree *t = empty_tree(true);
    assert_int_equal(load(t, "", -1, 7), ERR_CORRUPT);
    tree_free(t);
}

static void tree_without_root_is_refused(void **state)
{
    (void)state;
    struct tree *t = empty_tree(true);
    assert_int_equal(tree_load_end(t, 5), ERR_CORRUPT);
    tree_free(t);
}

static void second_node_of_a_path_is_refused(void **state)
{
    (void)state;
    struct tree *t = empty_tree(true);
    assert_int_equal(load(t, "", -1, 0), ERR_OK);
    assert_int_equal(load(t, "/a", -1, 0), ERR_OK);
    assert_int_equal(load(t, "/b", -1, 0), ERR_OK);
    assert_int_equal(load(t, "/a", -1, 0), ERR_OK); // found when the index is built
    assert_int_equal(tree_load_end(t, 5), ERR_CORRUPT);
    tree_free(t);
    t = empty_tree(true);
    assert_int_equal(load(t, "", -1, 0), ERR_OK);
    assert_int_equal(load(t, "/a", -1, 0), ERR_OK);
    assert_int_equal(load(t, "/a", -1, 0), ERR_OK);
    assert_int_equal(load(t, "/b", -1, 0), ERR_OK);
    assert_int_equal(load(t, "/a/x", -1, 0), ERR_CORRUPT); // needs the index
    tree_free(t);
}

static void extended_owner_is_a_session_while_the_types_are_off(void **state)
{
    (void)state;
    struct tree *t = empty_tree(false);
    assert_int_equal(load(t, "", -1, 0), ERR_OK);
    assert_int_equal(load(t, "/a", -1, (int64_t)0xff01000000000001), ERR_OK);
    assert_int_equal(load(t, "/t", -1, (int64_t)0xff00000000000001), ERR_OK);
    assert_int_equal(tree_load_end(t, 5), ERR_OK);
    assert_int_equal(tree_ephemeral_count(t), 2);
    assert_int_equal(tree_ttl_node_count(t), 1);
    assert_true(tree_check(t));
    tree_free(t);
}

static void quotas_are_counted_again(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create(&w, "/a", "123");
    world_create(&w, "/a/b", "4567");
    world_create(&w, "/zookeeper/quota/a", "");
    world_create(&w, "/zookeeper/quota/a/zookeeper_limits", "count=10");
    world_create(&w, "/zookeeper/quota/a/zookeeper_stats", "");
    world_set_data(&w, "/zookeeper/quota/a/zookeeper_stats", "count=77,bytes=77", 1);
    struct copy c;
    copy_begin(&c, w.t);
    while (copy_step(&c)) {
    }
    struct tree *t = empty_tree(true);
    assert_int_equal(copy_load(&c, t), ERR_OK);
    struct tree_quota q;
    assert_true(tree_quota_find(t, slice_str("/a/b"), &q));
    assert_int_equal(q.count, 10);
    assert_int_equal(q.used_count, 2);
    assert_int_equal(q.used_bytes, 7);
    assert_true(tree_check(t));
    copy_fini(&c);
    tree_free(t);
    world_fini(&w);
}

static void unused_lists_do_not_stay(void **state)
{
    (void)state;
    struct tree *t = empty_tree(true);
    struct jute_acl_vec list = world_acl(3);
    assert_int_equal(tree_load_acl(t, 4, &list), ERR_OK);
    assert_int_equal(tree_load_acl(t, 5, &list), ERR_OK);
    assert_int_equal(tree_load_acl(t, 5, &list), ERR_CORRUPT);
    assert_int_equal(load(t, "", 4, 0), ERR_OK);
    assert_int_equal(tree_load_end(t, 5), ERR_OK);
    assert_int_equal(tree_acl_count(t), 1);
    assert_non_null(tree_acl(t, 4));
    assert_null(tree_acl(t, 5));
    tree_free(t);
}

static void digest_of_the_snapshot_waits_for_its_zxid(void **state)
{
    (void)state;
    struct tree *t = empty_tree(true);
    assert_int_equal(load(t, "", -1, 0), ERR_OK);
    tree_load_digest(t, 4, 1234); // of the past
    assert_int_equal(tree_load_end(t, 5), ERR_OK);
    assert_int_equal(tree_digest_mismatches(t), 0);
    tree_load_begin(t);
    assert_int_equal(load(t, "", -1, 0), ERR_OK);
    tree_load_digest(t, 5, 1234);
    assert_int_equal(tree_load_end(t, 5), ERR_OK);
    assert_int_equal(tree_digest_mismatches(t), 1);
    tree_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loaded_tree_equals_the_saved_one),
        cmocka_unit_test(nodes_may_come_in_any_order_with_parents_first),
        cmocka_unit_test(many_siblings_and_levels_load),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(root_with_an_owner_is_refused),
        cmocka_unit_test(tree_without_root_is_refused),
        cmocka_unit_test(second_node_of_a_path_is_refused),
        cmocka_unit_test(extended_owner_is_a_session_while_the_types_are_off),
        cmocka_unit_test(quotas_are_counted_again),
        cmocka_unit_test(unused_lists_do_not_stay),
        cmocka_unit_test(digest_of_the_snapshot_waits_for_its_zxid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
