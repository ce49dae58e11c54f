// SPDX-License-Identifier: Apache-2.0
//
// The digest against the values of real servers, its log, and its comparison.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "jute/op.h"
#include "tests/unit/tree/world.h"

static void fresh_tree_has_the_digest_of_java(void **state)
{
    struct world *w = *state;
    assert_int_equal(tree_digest(w->t), 0x51c6d660);
    assert_int_equal(znode_digest(w->t, world_find(w, "/")), 0x04128908);
    assert_int_equal(znode_digest(w->t, world_find(w, "/zookeeper")), 0x4db44d58);
    assert_int_equal(znode_digest(w->t, world_find(w, "/zookeeper/config")), 0);
}

// The log of a 3.8.0 server: createSession, then create /a = "x" at 0x1a1fb8c3b77.
static void recorded_transactions_lead_to_the_recorded_digest(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_create_session(w, 0x01000034651d0000, 10000), ZK_OK);
    assert_int_equal(tree_digest(w->t), 0x51c6d660);
    w->time_ms = 0x1a1fb8c3b77;
    struct txn_op op = op_create("/a", "x");
    op.type = OP_CREATE;
    op.create.parent_cversion = 1;
    assert_int_equal(world_apply(w, &op), ZK_OK);
    assert_int_equal(znode_digest(w->t, world_find(w, "/")), 0x031578f2);
    assert_int_equal(znode_digest(w->t, world_find(w, "/a")), 0x8e3b30d4);
    assert_int_equal(tree_digest(w->t), 0xdf04f71e);
}

static void digest_in_two_steps_is_the_digest(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "data");
    struct jute_stat_persisted stat = world_stored(w, "/a");
    struct slice path = slice_str("/a");
    uint32_t prefix = tree_digest_prefix(path, slice_str("data"));
    uint64_t digest = znode_digest(w->t, world_find(w, "/a"));
    assert_int_equal(tree_digest_finish(path, prefix, &stat), digest);
    assert_int_equal(tree_node_digest(path, slice_str("data"), &stat), digest);
    assert_int_equal(tree_node_digest(slice_str("/zookeeper/a"), slice_str("data"), &stat), 0);
}

static void digest_of_a_parent_follows_children_and_data(void **state)
{
    struct world *w = *state;
    struct slice path = slice_str("/p");
    world_create(w, "/p", "data");
    for (int i = 0; i < 3; i++) {
        const char *data = i == 1 ? "longer data" : i == 2 ? "DATA" : "data";
        assert_int_equal(world_set_data(w, "/p", data, i + 1), ZK_OK);
        assert_int_equal(world_create(w, "/p/c", "child"), ZK_OK);
        assert_int_equal(world_delete(w, "/p/c"), ZK_OK);
        uint32_t prefix = tree_digest_prefix(path, slice_str(data));
        assert_int_equal(znode_digest_prefix(world_find(w, "/p"), path), prefix);
        struct jute_stat_persisted stat = world_stored(w, "/p");
        assert_int_equal(znode_digest(w->t, world_find(w, "/p")),
                         tree_digest_finish(path, prefix, &stat));
    }
}

static void nodes_below_zookeeper_do_not_count(void **state)
{
    struct world *w = *state;
    world_create(w, "/zookeeper/quota/a", "x");
    assert_int_equal(tree_digest(w->t), 0x51c6d660);
    world_create(w, "/zookeeperx", "x");
    assert_int_not_equal(tree_digest(w->t), 0x51c6d660);
}

static void disabled_digest_stays_zero(void **state)
{
    (void)state;
    struct world w;
    struct tree_options options = {.hash_seed = WORLD_SEED};
    world_init_with(&w, &options);
    world_create(&w, "/a", "x");
    assert_int_equal(tree_digest(w.t), 0);
    assert_int_equal(znode_digest(w.t, world_find(&w, "/a")), 0);
    world_fini(&w);
}

static void every_128th_transaction_is_logged(void **state)
{
    struct world *w = *state;
    static struct tree_digest_entry log[TREE_DIGEST_LOG_MAX];
    world_create(w, "/a", "x");
    assert_int_equal(tree_digest_log(w->t, log), 0);
    struct txn_op op = {.type = OP_ERROR, .error = {.err = ZK_NO_NODE}};
    w->zxid = 127;
    world_apply(w, &op);
    assert_int_equal(tree_digest_log(w->t, log), 1);
    assert_int_equal(log[0].zxid, 128);
    assert_int_equal(log[0].digest, tree_digest(w->t));
    for (int i = 2; i <= TREE_DIGEST_LOG_MAX + 1; i++) {
        w->zxid = i * 128 - 1;
        world_apply(w, &op);
    }
    assert_int_equal(tree_digest_log(w->t, log), TREE_DIGEST_LOG_MAX);
    assert_int_equal(log[0].zxid, 256);
    assert_int_equal(log[TREE_DIGEST_LOG_MAX - 1].zxid, 128 * (TREE_DIGEST_LOG_MAX + 1));
    assert_int_equal(tree_digest_point(w->t).zxid, w->zxid);
}

static void apply_with_digest(struct world *w, int32_t version, uint64_t digest)
{
    struct txn txn = {.header = {.zxid = ++w->zxid, .type = OP_ERROR},
                      .op = {.type = OP_ERROR, .error = {.err = ZK_NO_NODE}},
                      .has_digest = true,
                      .digest = {.version = version, .tree_digest = (int64_t)digest}};
    tree_apply(w->t, &txn, NULL, &w->o);
}

static void wrong_digest_of_a_transaction_is_counted(void **state)
{
    EXPECT_MARK("first digest mismatch");
    struct world *w = *state;
    apply_with_digest(w, 2, tree_digest(w->t));
    assert_int_equal(tree_digest_mismatches(w->t), 0);
    apply_with_digest(w, 1, 5); // another way to compute it: not compared
    assert_int_equal(tree_digest_mismatches(w->t), 0);
    assert_int_equal(tree_digest_first_mismatch(w->t), 0);
    apply_with_digest(w, 2, 5);
    assert_int_equal(tree_digest_mismatches(w->t), 1);
    apply_with_digest(w, 2, 5);
    assert_int_equal(tree_digest_mismatches(w->t), 2);
    assert_int_equal(tree_digest_first_mismatch(w->t), 3);
}

static void snapshot_digest_is_compared_at_its_zxid(void **state)
{
    struct world *w = *state;
    tree_load_digest(w->t, 3, 5);
    apply_with_digest(w, 2, 5); // zxid 1: not compared before the point
    apply_with_digest(w, 2, 5);
    assert_int_equal(tree_digest_mismatches(w->t), 0);
    assert_int_equal(tree_digest_point(w->t).zxid, 0);
    apply_with_digest(w, 2, tree_digest(w->t));
    assert_int_equal(tree_digest_mismatches(w->t), 1);
    apply_with_digest(w, 2, tree_digest(w->t));
    assert_int_equal(tree_digest_mismatches(w->t), 1);
    assert_int_equal(tree_digest_point(w->t).zxid, 4);
}

static void snapshot_and_transaction_are_both_compared_at_the_zxid_they_share(void **state)
{
    struct world *w = *state;
    tree_load_digest(w->t, 2, 5);
    apply_with_digest(w, 2, 5);
    apply_with_digest(w, 2, 5);
    assert_int_equal(tree_digest_mismatches(w->t), 2);
    assert_int_equal(tree_digest_first_mismatch(w->t), 2);
}

static void snapshot_digest_of_the_present_is_compared_at_once(void **state)
{
    struct world *w = *state;
    tree_set_last_zxid(w->t, 7);
    tree_load_digest(w->t, 7, tree_digest(w->t));
    assert_int_equal(tree_digest_mismatches(w->t), 0);
    tree_load_digest(w->t, 7, 5);
    assert_int_equal(tree_digest_mismatches(w->t), 1);
    assert_int_equal(tree_digest_first_mismatch(w->t), 7);
    tree_load_digest(w->t, 6, 5); // of the past: ignored
    w->zxid = 7;
    apply_with_digest(w, 2, 5);
    assert_int_equal(tree_digest_mismatches(w->t), 2);
}

static void load_root(struct world *w, int64_t zxid)
{
    static const struct jute_stat_persisted stat;
    tree_load_begin(w->t);
    assert_int_equal(tree_load_node(w->t, slice_str(""), slice_str(""), -1, &stat), ERR_OK);
    assert_int_equal(tree_load_end(w->t, zxid), ERR_OK);
    w->zxid = zxid;
}

// A walk that was under way while the leader applied: what it saw of the future comes again.
static void tree_without_a_digest_is_proven_by_the_first_right_one(void **state)
{
    EXPECT_MARK("tree is proven by a digest");
    struct world *w = *state;
    load_root(w, 7);
    apply_with_digest(w, 2, 5);
    apply_with_digest(w, 1, tree_digest(w->t)); // another way to compute it proves nothing
    apply_with_digest(w, 2, 5);
    assert_int_equal(tree_digest_mismatches(w->t), 0);
    assert_int_equal(tree_digest_point(w->t).zxid, 0);
    apply_with_digest(w, 2, tree_digest(w->t));
    assert_int_equal(tree_digest_point(w->t).zxid, w->zxid);
    apply_with_digest(w, 2, 5);
    assert_int_equal(tree_digest_mismatches(w->t), 1);
    assert_int_equal(tree_digest_first_mismatch(w->t), w->zxid);
}

static void tree_that_nothing_proves_is_wrong_in_the_end(void **state)
{
    enum { BOUND = 1024 };
    struct world *w = *state;
    load_root(w, 7);
    for (int i = 1; i < BOUND; i++) {
        apply_with_digest(w, 2, 5);
    }
    assert_int_equal(tree_digest_mismatches(w->t), 0);
    apply_with_digest(w, 2, 5);
    assert_int_equal(tree_digest_mismatches(w->t), 1);
}

static void empty_tree_needs_no_proof(void **state)
{
    struct world *w = *state;
    load_root(w, 0);
    apply_with_digest(w, 2, 5);
    assert_int_equal(tree_digest_mismatches(w->t), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(fresh_tree_has_the_digest_of_java),
        T(recorded_transactions_lead_to_the_recorded_digest),
        T(digest_in_two_steps_is_the_digest),
        T(digest_of_a_parent_follows_children_and_data),
        T(nodes_below_zookeeper_do_not_count),
        cmocka_unit_test(disabled_digest_stays_zero),
        T(every_128th_transaction_is_logged),
        T(wrong_digest_of_a_transaction_is_counted),
        T(snapshot_digest_is_compared_at_its_zxid),
        T(snapshot_and_transaction_are_both_compared_at_the_zxid_they_share),
        T(snapshot_digest_of_the_present_is_compared_at_once),
        T(tree_without_a_digest_is_proven_by_the_first_right_one),
        T(tree_that_nothing_proves_is_wrong_in_the_end),
        T(empty_tree_needs_no_proof),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
