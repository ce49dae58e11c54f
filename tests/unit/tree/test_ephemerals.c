// SPDX-License-Identifier: Apache-2.0
//
// Ephemerals by owner, through the tree.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tree/world.h"

static void count_node(void *ctx, const struct znode *n)
{
    (void)n;
    (*(int *)ctx)++;
}

static void count_owner(void *ctx, int64_t session)
{
    (void)session;
    (*(int *)ctx)++;
}

static int nodes_of(const struct world *w, int64_t session)
{
    int count = 0;
    tree_ephemerals_each(w->t, session, count_node, &count);
    return count;
}

static int owners(const struct world *w)
{
    int count = 0;
    tree_ephemeral_owners_each(w->t, count_owner, &count);
    return count;
}

static void nodes_are_listed_under_their_owner(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create_ephemeral(&w, 1, "/a");
    world_create_ephemeral(&w, 1, "/b");
    world_create_ephemeral(&w, 2, "/c");
    world_create(&w, "/d", "");
    assert_int_equal(nodes_of(&w, 1), 2);
    assert_int_equal(nodes_of(&w, 2), 1);
    assert_int_equal(nodes_of(&w, 3), 0);
    assert_int_equal(tree_ephemeral_count(w.t), 3);
    world_delete(&w, "/a");
    assert_int_equal(nodes_of(&w, 1), 1);
    world_fini(&w);
}

static void owner_without_nodes_stays_until_it_closes(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_create_ephemeral(&w, 1, "/a");
    world_delete(&w, "/a");
    assert_int_equal(owners(&w), 1);
    world_close_session(&w, 1, NULL, 0);
    assert_int_equal(owners(&w), 0);
    world_close_session(&w, 1, NULL, 0); // never known: fine
    world_fini(&w);
}

static void ttl_nodes_are_ephemerals_while_the_types_are_off(void **state)
{
    (void)state;
    struct world w;
    struct tree_options options = {.hash_seed = WORLD_SEED, .digest_enabled = true};
    world_init_with(&w, &options);
    world_create_ttl(&w, "/t", 1000);
    world_create_ephemeral(&w, 7, "/e");
    assert_int_equal(tree_ephemeral_count(w.t), 2);
    assert_int_equal(tree_ttl_node_count(w.t), 1);
    assert_int_equal((uint64_t)world_stat(&w, "/t").ephemeral_owner, 0xff000000000003e8);
    world_create_session(&w, 7, 1000);
    assert_int_equal(tree_drop_dead_ephemerals(w.t), 1);
    assert_null(world_find(&w, "/t"));
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_listed_under_their_owner),
        cmocka_unit_test(owner_without_nodes_stays_until_it_closes),
        cmocka_unit_test(ttl_nodes_are_ephemerals_while_the_types_are_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
