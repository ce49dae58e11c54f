// SPDX-License-Identifier: Apache-2.0
//
// The walk of a snapshot, undisturbed and with changes between its steps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/tree/copy.h"
#include "tests/unit/tree/world.h"

static void walk_all(struct copy *c)
{
    while (copy_step(c)) {
    }
}

static void walk_gives_every_node_once_parents_first(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "1");
    world_create(w, "/a/b", "2");
    world_create(w, "/a/b/c", "3");
    world_create(w, "/d", "4");
    struct copy c;
    copy_begin(&c, w->t);
    assert_int_equal(tree_walk_zxid(c.walk), 4);
    walk_all(&c);
    assert_int_equal(c.node_count, 8);
    assert_int_equal(c.nodes[0].path.len, 0);
    size_t at_a = 0;
    for (size_t i = 0; i < c.node_count; i++) {
        at_a = slice_equal_str(c.nodes[i].path, "/a") ? i : at_a;
    }
    assert_true(slice_equal_str(c.nodes[at_a + 1].path, "/a/b"));
    assert_true(slice_equal_str(c.nodes[at_a + 2].path, "/a/b/c"));
    copy_fini(&c);
}

static void nodes_created_during_the_walk_are_left_out(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "");
    world_create(w, "/a/old", "");
    struct copy c;
    copy_begin(&c, w->t);
    copy_step(&c);
    world_create(w, "/new", "");
    world_create(w, "/a/new", "");
    world_create(w, "/a/new/below", "");
    world_create(w, "/a/old/below", "");
    walk_all(&c);
    assert_int_equal(c.node_count, 6);
    assert_true(copy_has(&c, "/a/old"));
    assert_false(copy_has(&c, "/new"));
    copy_fini(&c);
    // The next walk sees them.
    copy_begin(&c, w->t);
    walk_all(&c);
    assert_int_equal(c.node_count, 10);
    copy_fini(&c);
}

static void nodes_deleted_before_their_turn_are_not_seen(void **state)
{
    struct world *w = *state;
    world_create(w, "/1", "");
    world_create(w, "/1/x", "");
    world_create(w, "/2", "");
    world_create(w, "/3", "");
    struct copy c;
    copy_begin(&c, w->t);
    copy_step(&c);         // the root; /3 is next
    world_delete(w, "/3"); // so /2 is
    world_delete(w, "/2");
    world_delete(w, "/1/x");
    world_create(w, "/2", ""); // again, but new
    walk_all(&c);
    assert_false(copy_has(&c, "/3"));
    assert_false(copy_has(&c, "/2"));
    assert_false(copy_has(&c, "/1/x"));
    assert_true(copy_has(&c, "/1"));
    assert_int_equal(c.node_count, 5);
    copy_fini(&c);
}

static void first_old_child_may_go_after_new_ones_came(void **state)
{
    struct world *w = *state;
    world_create(w, "/p", "");
    world_create(w, "/p/1", "");
    world_create(w, "/p/2", "");
    struct copy c;
    copy_begin(&c, w->t);
    world_create(w, "/p/new", "");
    world_delete(w, "/p/2"); // was the first of the old ones
    walk_all(&c);
    assert_true(copy_has(&c, "/p/1"));
    assert_false(copy_has(&c, "/p/2"));
    assert_false(copy_has(&c, "/p/new"));
    copy_fini(&c);
}

static void acl_ids_are_those_of_the_beginning(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "");
    int64_t old = znode_acl_id(world_find(w, "/a"));
    struct copy c;
    copy_begin(&c, w->t);
    world_set_acl(w, "/a", 1, 1);
    world_set_acl(w, "/a", 2, 2);
    walk_all(&c);
    for (size_t i = 0; i < c.node_count; i++) {
        if (slice_equal_str(c.nodes[i].path, "/a")) {
            assert_int_equal(c.nodes[i].acl_id, old);
        }
    }
    copy_fini(&c);
    copy_begin(&c, w->t);
    walk_all(&c);
    for (size_t i = 0; i < c.node_count; i++) {
        if (slice_equal_str(c.nodes[i].path, "/a")) {
            assert_int_equal(c.nodes[i].acl_id, znode_acl_id(world_find(w, "/a")));
            assert_int_not_equal(c.nodes[i].acl_id, old);
        }
    }
    copy_fini(&c);
}

struct lists {
    bool has[4096];
};

static void note_list(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl)
{
    struct lists *lists = ctx;
    assert_in_range(acl_id, 1, 4095);
    assert_int_equal(acl->count, 1);
    assert_false(lists->has[acl_id]); // each once
    lists->has[acl_id] = true;
}

static void lists_that_nodes_let_go_of_meanwhile_are_given(void **state)
{
    enum { NODES = 200 };
    struct world *w = *state;
    char path[16];
    for (int i = 0; i < NODES; i++) {
        (void)snprintf(path, sizeof(path), "/n%d", i);
        world_create(w, path, "");
        world_set_acl(w, path, i + 1, 1);
    }
    static struct lists lists;
    struct tree_walk *walk = tree_walk_open(w->t);
    int next = NODES;
    while (tree_walk_acls(walk, note_list, &lists)) {
        if (next > 0) { // from the other end: mostly lists that were not given yet
            (void)snprintf(path, sizeof(path), "/n%d", --next);
            assert_int_equal(next % 3 == 0 ? world_delete(w, path)
                                           : world_set_acl(w, path, 1000 + next, 2),
                             ZK_OK);
        }
    }
    assert_int_equal(next, 0);
    struct buf node = {0};
    int64_t acl_id;
    int count = 0;
    while (tree_walk_next(walk, &node, &acl_id) != NULL) {
        assert_true(acl_id == -1 || lists.has[acl_id]);
        count++;
    }
    assert_true(count >= NODES * 2 / 3);
    tree_walk_close(walk);
    buf_fini(&node);
}

static void walk_may_be_closed_early(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "");
    struct copy c;
    copy_begin(&c, w->t);
    copy_step(&c);
    copy_fini(&c);
    assert_int_equal(world_delete(w, "/a"), ZK_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(walk_gives_every_node_once_parents_first),
        T(nodes_created_during_the_walk_are_left_out),
        T(nodes_deleted_before_their_turn_are_not_seen),
        T(first_old_child_may_go_after_new_ones_came),
        T(acl_ids_are_those_of_the_beginning),
        T(lists_that_nodes_let_go_of_meanwhile_are_given),
        T(walk_may_be_closed_early),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
