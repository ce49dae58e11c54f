// SPDX-License-Identifier: Apache-2.0
//
// Which containers and TTL nodes may go.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tree/world.h"

static void collect_name(void *ctx, const struct znode *n)
{
    buf_append_slice(ctx, znode_name(n));
    buf_append_str(ctx, " ");
}

static void expect_reapable(const struct world *w, int64_t wall_ms, int64_t never_used_ms,
                            const char *names)
{
    struct buf found = {0};
    tree_reapable_each(w->t, wall_ms, never_used_ms, collect_name, &found);
    assert_string_equal(buf_cstr(&found), names);
    buf_fini(&found);
}

static void container_goes_when_its_children_have_gone(void **state)
{
    struct world *w = *state;
    world_create_container(w, "/c");
    expect_reapable(w, 1000000, 0, "");
    world_create(w, "/c/x", "");
    world_create(w, "/c/y", "");
    expect_reapable(w, 1000000, 0, "");
    world_delete(w, "/c/x");
    expect_reapable(w, 1000000, 0, "");
    world_delete(w, "/c/y");
    expect_reapable(w, 1000000, 0, "c ");
    world_create(w, "/c/z", "");
    expect_reapable(w, 1000000, 0, "");
    world_delete(w, "/c/z");
    world_delete(w, "/c");
    expect_reapable(w, 1000000, 0, "");
}

static void container_never_used_goes_after_its_time(void **state)
{
    struct world *w = *state;
    world_create_container(w, "/c"); // at 1000
    expect_reapable(w, 1000000, 0, "");
    expect_reapable(w, 1500, 500, "");
    expect_reapable(w, 1501, 500, "c ");
}

static void ttl_node_goes_when_it_was_not_set_for_its_ttl(void **state)
{
    struct world *w = *state;
    world_create_ttl(w, "/t", 500); // at 1000
    expect_reapable(w, 1500, 0, "");
    expect_reapable(w, 1501, 0, "t ");
    w->time_ms = 2000;
    world_set_data(w, "/t", "x", 1);
    expect_reapable(w, 2500, 0, "");
    expect_reapable(w, 2501, 0, "t ");
    world_create(w, "/t/x", ""); // children keep it
    expect_reapable(w, 9999, 0, "");
    world_delete(w, "/t/x"); // and do not extend its time
    expect_reapable(w, 2501, 0, "t ");
    assert_int_equal(tree_ttl_node_count(w->t), 1);
    world_delete(w, "/t");
    assert_int_equal(tree_ttl_node_count(w->t), 0);
}

// The ends of their times lie minutes apart, so each has a bucket of its own.
static void ttl_nodes_of_many_minutes_go_in_their_time(void **state)
{
    struct world *w = *state;
    for (int64_t i = 9; i >= 1; i--) {
        char path[] = "/0";
        path[1] = (char)('0' + i);
        world_create_ttl(w, path, i * 100000); // at 1000
    }
    expect_reapable(w, 101000, 0, "");
    expect_reapable(w, 101001, 0, "1 ");
    world_delete(w, "/1");
    expect_reapable(w, 201001, 0, "2 ");
    w->time_ms = 202000;
    world_set_data(w, "/2", "x", 1); // ends at 402000, with or after /4
    expect_reapable(w, 301001, 0, "3 ");
    world_delete(w, "/3");
    expect_reapable(w, 401001, 0, "4 ");
    world_delete(w, "/4");
    expect_reapable(w, 402001, 0, "2 ");
    w->time_ms = INT64_MAX;
    world_set_data(w, "/2", "x", 2); // never ends
    expect_reapable(w, 402001, 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(container_goes_when_its_children_have_gone),
        T(container_never_used_goes_after_its_time),
        T(ttl_node_goes_when_it_was_not_set_for_its_ttl),
        T(ttl_nodes_of_many_minutes_go_in_their_time),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
