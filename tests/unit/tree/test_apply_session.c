// SPDX-License-Identifier: Apache-2.0
//
// Sessions that come and go, and what becomes of their ephemerals.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tree/world.h"

static void sessions_come_and_go(void **state)
{
    struct world *w = *state;
    world_create_session(w, 7, 4000);
    int32_t timeout_ms = 0;
    assert_true(tree_session_find(w->t, 7, &timeout_ms));
    assert_int_equal(timeout_ms, 4000);
    assert_int_equal(tree_session_count(w->t), 1);
    world_close_session(w, 7, NULL, 0);
    assert_false(tree_session_find(w->t, 7, &timeout_ms));
}

static void closing_without_body_deletes_the_ephemerals(void **state)
{
    struct world *w = *state;
    world_create_ephemeral(w, 7, "/e1");
    world_create_ephemeral(w, 7, "/e2");
    world_create_ephemeral(w, 8, "/other");
    assert_int_equal(world_close_session(w, 7, NULL, 0), ZK_OK);
    assert_null(world_find(w, "/e1"));
    assert_null(world_find(w, "/e2"));
    assert_non_null(world_find(w, "/other"));
    assert_int_equal(world_stored(w, "/").pzxid, 4);
}

static void closing_with_a_body_deletes_the_list_then_the_rest(void **state)
{
    struct world *w = *state;
    world_create_ephemeral(w, 7, "/e1");
    world_create_ephemeral(w, 7, "/e2");
    world_create(w, "/p", "");
    struct watcher watcher;
    watcher_init(&watcher);
    static const char *const order[] = {"/p", "/e2", "/e1"};
    for (int i = 0; i < 3; i++) {
        watches_add(w->ws, WATCH_DATA, slice_str(order[i]), &watcher, WATCH_STANDARD);
    }
    struct slice paths[] = {slice_str("/missing"), slice_str("/p"), slice_str("/e2")};
    assert_int_equal(world_close_session(w, 7, paths, 3), ZK_OK);
    size_t count;
    const struct watch_fired *fired = watches_fired(w->ws, &count);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fired[i].event, WATCH_EVENT_DELETED);
        assert_true(slice_equal_str(fired[i].path, order[i]));
        assert_int_equal(fired[i].zxid, 4);
    }
    assert_int_equal(tree_node_count(w->t), 5);
    watches_drop_watcher(w->ws, &watcher);
}

static void ephemerals_of_unknown_sessions_are_dropped(void **state)
{
    struct world *w = *state;
    world_create_session(w, 7, 1000);
    world_create_ephemeral(w, 7, "/alive");
    for (int64_t session = 100; session < 200; session++) {
        char path[] = "/dead100";
        path[5] = (char)('0' + session / 100);
        path[6] = (char)('0' + session / 10 % 10);
        path[7] = (char)('0' + session % 10);
        world_create_ephemeral(w, session, path);
    }
    tree_set_last_zxid(w->t, 500);
    assert_int_equal(tree_drop_dead_ephemerals(w->t), 100);
    assert_non_null(world_find(w, "/alive"));
    assert_int_equal(tree_ephemeral_count(w->t), 1);
    assert_int_equal(world_stored(w, "/").pzxid, 500);
    assert_int_equal(tree_last_zxid(w->t), 500);
    assert_true(tree_check(w->t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(sessions_come_and_go),
        T(closing_without_body_deletes_the_ephemerals),
        T(closing_with_a_body_deletes_the_list_then_the_rest),
        T(ephemerals_of_unknown_sessions_are_dropped),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
