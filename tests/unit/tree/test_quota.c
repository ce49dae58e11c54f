// SPDX-License-Identifier: Apache-2.0
//
// Quotas: usage kept up to date in place, the longest prefix, limits that are read back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tree/world.h"

static void make_quota_dirs(struct world *w)
{
    world_create(w, "/a", "12345");
    world_create(w, "/a/b", "123");
    world_create(w, "/zookeeper/quota/a", "");
}

static void set_quota(struct world *w, const char *limits)
{
    world_create(w, "/zookeeper/quota/a/zookeeper_limits", limits);
    world_create(w, "/zookeeper/quota/a/zookeeper_stats", "count=0,bytes=0");
}

#define STATS "/zookeeper/quota/a/zookeeper_stats"

static void creating_the_stats_node_counts_the_subtree(void **state)
{
    struct world *w = *state;
    make_quota_dirs(w);
    set_quota(w, "count=5,bytes=100");
    assert_true(world_has(w, STATS, "count=2,bytes=8"));
    assert_int_equal(w->o.result.stat.data_length, 15); // the reply shows what was asked for
}

static void every_change_below_updates_the_usage_in_place(void **state)
{
    struct world *w = *state;
    make_quota_dirs(w);
    set_quota(w, "count=5,bytes=100");
    struct jute_stat before = world_stat(w, STATS);
    world_create(w, "/a/c", "1");
    assert_true(world_has(w, STATS, "count=3,bytes=9"));
    world_set_data(w, "/a", "1234567890", 1);
    assert_true(world_has(w, STATS, "count=3,bytes=14"));
    world_set_data(w, "/a", NULL, 2);
    assert_true(world_has(w, STATS, "count=3,bytes=4"));
    world_delete(w, "/a/b");
    assert_true(world_has(w, STATS, "count=2,bytes=1"));
    world_create(w, "/ab", "x"); // not below /a
    assert_true(world_has(w, STATS, "count=2,bytes=1"));
    struct jute_stat after = world_stat(w, STATS);
    assert_memory_equal(&before, &after, sizeof(before));
}

static void other_keys_of_the_usage_stay(void **state)
{
    struct world *w = *state;
    make_quota_dirs(w);
    set_quota(w, "count=5");
    world_set_data(w, STATS, "zz=1;bytes=2;aa=3", 1);
    world_create(w, "/a/c", "1");
    assert_true(world_has(w, STATS, "count=0,bytes=3=;aa=3;zz=1"));
    world_set_data(w, STATS, "broken", 1);
    world_create(w, "/a/d", "1");
    assert_true(world_has(w, STATS, "broken"));
}

static void longest_limited_prefix_is_charged(void **state)
{
    struct world *w = *state;
    make_quota_dirs(w);
    set_quota(w, "count=5");
    world_create(w, "/zookeeper/quota/a/b", "");
    world_create(w, "/zookeeper/quota/a/b/zookeeper_limits", "count=7");
    world_create(w, "/zookeeper/quota/a/b/zookeeper_stats", "");
    assert_true(world_has(w, "/zookeeper/quota/a/b/zookeeper_stats", "count=1,bytes=3"));
    world_create(w, "/a/b/c", "12");
    assert_true(world_has(w, "/zookeeper/quota/a/b/zookeeper_stats", "count=2,bytes=5"));
    assert_true(world_has(w, STATS, "count=2,bytes=8"));
    struct tree_quota q;
    assert_true(tree_quota_find(w->t, slice_str("/a/b/c/d/e"), &q));
    assert_true(slice_equal_str(q.path, "/a/b"));
    assert_int_equal(q.count, 7);
    world_delete(w, "/zookeeper/quota/a/b/zookeeper_limits");
    world_create(w, "/a/b/d", "12");
    assert_true(world_has(w, STATS, "count=3,bytes=10"));
}

static void limits_and_usage_are_read_back(void **state)
{
    struct world *w = *state;
    make_quota_dirs(w);
    struct tree_quota q;
    assert_false(tree_quota_find(w->t, slice_str("/a"), &q));
    set_quota(w, "count=5,bytes=-1=;byteHardLimit=100;countHardLimit=9");
    assert_true(tree_quota_find(w->t, slice_str("/a/x"), &q));
    assert_int_equal(q.count, 5);
    assert_int_equal(q.bytes, -1);
    assert_int_equal(q.count_hard_limit, 9);
    assert_int_equal(q.byte_hard_limit, 100);
    assert_int_equal(q.used_count, 2);
    assert_int_equal(q.used_bytes, 8);
    assert_false(q.is_malformed);
    assert_false(tree_quota_find(w->t, slice_str("/b"), &q));
    assert_false(tree_quota_find(w->t, slice_str("/"), &q));
    assert_false(tree_quota_find(w->t, slice_str("/ab"), &q));
}

static void damaged_limits_are_told(void **state)
{
    struct world *w = *state;
    make_quota_dirs(w);
    set_quota(w, "garbage");
    struct tree_quota q;
    assert_true(tree_quota_find(w->t, slice_str("/a"), &q));
    assert_true(q.is_malformed);
    world_set_data(w, "/zookeeper/quota/a/zookeeper_limits", NULL, 1);
    assert_true(tree_quota_find(w->t, slice_str("/a"), &q));
    assert_true(q.is_malformed);
}

static void quota_without_a_usage_node_limits_nothing(void **state)
{
    struct world *w = *state;
    make_quota_dirs(w);
    world_create(w, "/zookeeper/quota/a/zookeeper_limits", "count=1");
    struct tree_quota q;
    assert_false(tree_quota_find(w->t, slice_str("/a/x"), &q));
    assert_int_equal(world_create(w, "/a/x", ""), ZK_OK);
}

static void quota_of_the_root_is_ignored(void **state)
{
    struct world *w = *state;
    world_create(w, "/zookeeper/quota/zookeeper_limits", "count=1");
    world_create(w, "/zookeeper/quota/zookeeper_stats", "");
    struct tree_quota q;
    assert_false(tree_quota_find(w->t, slice_str("/a"), &q));
    world_create(w, "/a", "");
    // Counted once, when it was created: itself and the limits node included.
    assert_true(world_has(w, "/zookeeper/quota/zookeeper_stats", "count=6,bytes=7"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(creating_the_stats_node_counts_the_subtree),
        T(every_change_below_updates_the_usage_in_place),
        T(other_keys_of_the_usage_stay),
        T(longest_limited_prefix_is_charged),
        T(limits_and_usage_are_read_back),
        T(damaged_limits_are_told),
        T(quota_without_a_usage_node_limits_nothing),
        T(quota_of_the_root_is_ignored),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
