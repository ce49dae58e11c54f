// SPDX-License-Identifier: Apache-2.0
//
// The tree as a whole: what a fresh one holds, how paths are found, what is counted.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "tests/unit/tree/world.h"

static void check_built_in(const struct world *w, const char *path, int32_t cversion,
                           int32_t children, int32_t aversion)
{
    struct jute_stat s = world_stat(w, path);
    assert_true(world_has(w, path, ""));
    assert_int_equal(s.cversion, cversion);
    assert_int_equal(s.num_children, children);
    assert_int_equal(s.aversion, aversion);
    assert_int_equal(s.czxid | s.mzxid | s.pzxid | s.ctime | s.mtime | s.version, 0);
    assert_int_equal(s.ephemeral_owner | s.data_length, 0);
}

static void fresh_tree_is_that_of_java(void **state)
{
    struct world *w = *state;
    check_built_in(w, "/", -1, 1, 0);
    check_built_in(w, "/zookeeper", -2, 2, 0);
    check_built_in(w, "/zookeeper/quota", 0, 0, 0);
    check_built_in(w, "/zookeeper/config", 0, 0, -1);
    assert_int_equal(tree_node_count(w->t), 5);
    assert_int_equal(tree_approximate_data_size(w->t), 44);
    assert_int_equal(znode_acl_id(world_find(w, "/zookeeper")), -1);
    assert_int_equal(znode_acl_id(world_find(w, "/zookeeper/config")), 1);
    assert_int_equal(tree_acl(w->t, 1)->items[0].perms, 1);
    assert_int_equal(tree_acl(w->t, -1)->items[0].perms, 31);
    assert_int_equal(tree_acl_count(w->t), 1);
    assert_int_equal(tree_last_zxid(w->t), 0);
    assert_true(tree_check(w->t));
}

static void root_has_two_names(void **state)
{
    struct world *w = *state;
    assert_non_null(world_find(w, "/"));
    assert_ptr_equal(world_find(w, ""), world_find(w, "/"));
    assert_int_equal(tree_path_hash(w->t, slice_str("")), tree_path_hash(w->t, slice_str("/")));
    assert_null(znode_parent(world_find(w, "/")));
}

static void only_the_exact_path_is_found(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "");
    world_create(w, "/a/b", "");
    assert_non_null(world_find(w, "/a/b"));
    static const char *const absent[] = {"/b",   "a/b",    "/a/",   "/a//b", "//a/b",
                                         "/a/c", "/x/a/b", "/a/b/", "/ab",   "b"};
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_null(world_find(w, absent[i]));
        // Also when the hash leads to a wrong node.
        uint32_t hash = tree_path_hash(w->t, slice_str("/a/b"));
        assert_null(tree_find_hashed(w->t, slice_str(absent[i]), hash));
    }
}

static void data_size_counts_paths_and_data(void **state)
{
    struct world *w = *state;
    world_create(w, "/ab", "1234");
    assert_int_equal(tree_approximate_data_size(w->t), 44 + 3 + 4);
    world_set_data(w, "/ab", "12", 1);
    assert_int_equal(tree_approximate_data_size(w->t), 44 + 3 + 2);
    world_set_data(w, "/", "123", 1); // the root is in Java's map twice
    assert_int_equal(tree_approximate_data_size(w->t), 44 + 3 + 2 + 2 * 3);
    world_delete(w, "/ab");
    assert_int_equal(tree_approximate_data_size(w->t), 44 + 2 * 3);
    assert_int_equal(tree_node_count(w->t), 5);
}

static void all_children_are_counted_without_walking(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "");
    world_create(w, "/a/b", "");
    world_create(w, "/a/b/c", "");
    world_create(w, "/ab", "");
    const struct znode *a = world_find(w, "/a");
    assert_int_equal(tree_all_children_count(w->t, slice_str("/a"), a), 2);
    const struct znode *root = world_find(w, "/");
    assert_int_equal(tree_all_children_count(w->t, slice_str("/"), root), 7);
    assert_int_equal(tree_all_children_count(w->t, slice_str(""), root), 8);
    world_delete(w, "/a/b/c");
    assert_int_equal(tree_all_children_count(w->t, slice_str("/a"), a), 1);
}

static enum znode_kind kind_of(bool extended, bool emulate, uint64_t owner)
{
    struct tree_options options = {.hash_seed = WORLD_SEED,
                                   .extended_types_enabled = extended,
                                   .emulate_353_ttl_nodes = emulate};
    struct world w;
    world_init_with(&w, &options);
    enum znode_kind kind = tree_kind_of_owner(w.t, (int64_t)owner);
    world_fini(&w);
    return kind;
}

static void owner_tells_the_kind(void **state)
{
    (void)state;
    assert_int_equal(kind_of(true, false, 0), ZNODE_PERSISTENT);
    assert_int_equal(kind_of(true, false, 0x0100000000000001), ZNODE_EPHEMERAL);
    assert_int_equal(kind_of(true, false, 0x8000000000000000), ZNODE_CONTAINER);
    assert_int_equal(kind_of(false, true, 0x8000000000000000), ZNODE_CONTAINER);
    assert_int_equal(kind_of(true, true, 0x8000000000000000), ZNODE_CONTAINER);
    assert_int_equal(kind_of(true, false, 0xff00000000000005), ZNODE_TTL);
    assert_int_equal(kind_of(false, false, 0xff00000000000005), ZNODE_EPHEMERAL);
    assert_int_equal(kind_of(true, false, 0x8000000000000005), ZNODE_EPHEMERAL);
    assert_int_equal(kind_of(true, true, 0x8000000000000005), ZNODE_TTL);
    assert_int_equal(kind_of(false, true, 0x8000000000000005), ZNODE_EPHEMERAL);
}

static void ttl_is_the_low_40_bits(void **state)
{
    struct world *w = *state;
    assert_int_equal(tree_ttl_of_owner(w->t, (int64_t)0xff000000000003e8), 1000);
    assert_int_equal(tree_ttl_of_owner(w->t, (int64_t)0x80000000000003e8), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(fresh_tree_is_that_of_java),
        T(root_has_two_names),
        T(only_the_exact_path_is_found),
        T(data_size_counts_paths_and_data),
        T(all_children_are_counted_without_walking),
        cmocka_unit_test(owner_tells_the_kind),
        T(ttl_is_the_low_40_bits),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
