// SPDX-License-Identifier: Apache-2.0
//
// Watches: late, missing, repeated and unasked events.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/sim/tale.h"

static int set_up(void **state)
{
    static struct tale tale;
    tale_begin(&tale);
    *state = &tale;
    return 0;
}

static int tear_down(void **state)
{
    tale_end(*state);
    return 0;
}

enum { CREATED = 1, DELETED = 2, CHANGED = 3, CHILDREN = 4 };

// Client 1 reads /a, which was created at 10, with a watch, at zxid 11.
static void watch_a(struct tale *t)
{
    (void)tale_create(t, 0, "/a", 0, 10);
    tale_read(t, 1, "/a", 10, 10, 0, 0, 11)->watch = true;
}

static void ask(struct tale *t, int32_t type, int32_t mode, const char *path, int64_t zxid,
                int32_t code)
{
    struct annals_part part = {.type = type, .mode = mode};
    (void)tale_answer(t, tale_call(t, 1, part, path), zxid, code);
}

static void an_event_before_the_change_is_shown_holds(void **state)
{
    struct tale *t = *state;
    watch_a(t);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    tale_event(t, 1, "/a", CHANGED, 12);
    tale_read(t, 1, "/a", 10, 12, 1, 0, 12);
    (void)tale_set(t, 0, "/a", 10, 2, 13);
    tale_read(t, 1, "/a", 10, 13, 2, 0, 13);
    tale_holds(t, check_watch);
}

static void an_event_behind_the_change_is_caught(void **state)
{
    struct tale *t = *state;
    watch_a(t);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    tale_read(t, 1, "/a", 10, 12, 1, 0, 12);
    tale_event(t, 1, "/a", CHANGED, 12);
    tale_breaks(t, check_watch, "behind an answer");
}

static void an_event_that_never_comes_is_caught(void **state)
{
    struct tale *t = *state;
    watch_a(t);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    tale_missing(t, 1, "/b", 12);
    tale_breaks(t, check_watch, "did not tell of the change");
}

static void an_event_that_never_comes_on_a_lost_connection_is_caught(void **state)
{
    struct tale *t = *state;
    watch_a(t);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    tale_missing(t, 1, "/b", 12);
    tale_lost(t, 1);
    tale_breaks(t, check_watch, "did not tell of the change");
}

static void a_change_that_nobody_was_shown_may_be_untold(void **state)
{
    struct tale *t = *state;
    watch_a(t);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    tale_lost(t, 1);
    tale_holds(t, check_watch);
}

static void a_second_event_of_a_one_shot_watch_is_caught(void **state)
{
    struct tale *t = *state;
    watch_a(t);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    tale_event(t, 1, "/a", CHANGED, 12);
    (void)tale_set(t, 0, "/a", 10, 2, 13);
    tale_event(t, 1, "/a", CHANGED, 13);
    tale_breaks(t, check_watch, "no watch asked for");
}

static void a_watch_that_skips_a_change_is_caught(void **state)
{
    struct tale *t = *state;
    watch_a(t);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    (void)tale_set(t, 0, "/a", 10, 2, 13);
    tale_event(t, 1, "/a", CHANGED, 13);
    tale_breaks(t, check_watch, "did not tell of the change at zxid 0xc");
}

static void an_event_of_another_node_is_caught(void **state)
{
    struct tale *t = *state;
    watch_a(t);
    tale_event(t, 1, "/b", CHANGED, 12);
    tale_breaks(t, check_watch, "no watch asked for");
}

static void a_child_watch_that_misses_a_create_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    struct annals_part part = {.type = OP_GET_CHILDREN, .watch = true};
    (void)tale_answer(t, tale_call(t, 1, part, "/a"), 11, ZK_OK);
    (void)tale_set(t, 0, "/a", 10, 1, 12); // no child
    tale_missing(t, 1, "/b", 12);
    tale_holds(t, check_watch);
    (void)tale_create(t, 0, "/a/c", 0, 13);
    tale_missing(t, 1, "/b", 13);
    tale_breaks(t, check_watch, "a child watch of /a");
}

static void a_persistent_watch_without_gaps_holds(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    ask(t, OP_ADD_WATCH, ADD_WATCH_PERSISTENT, "/a", 10, ZK_OK);
    (void)tale_set(t, 0, "/a", 10, 1, 11);
    (void)tale_create(t, 0, "/a/c", 0, 12);
    tale_event(t, 1, "/a", CHANGED, 11);
    tale_event(t, 1, "/a", CHILDREN, 12);
    tale_missing(t, 1, "/b", 12);
    ask(t, OP_REMOVE_WATCHES, 4, "/a", 12, ZK_OK);
    (void)tale_set(t, 0, "/a", 10, 2, 13);
    tale_missing(t, 1, "/b", 13);
    tale_holds(t, check_watch);
}

static void a_gap_of_a_persistent_watch_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    ask(t, OP_ADD_WATCH, ADD_WATCH_PERSISTENT, "/a", 10, ZK_OK);
    (void)tale_set(t, 0, "/a", 10, 1, 11);
    (void)tale_set(t, 0, "/a", 10, 2, 12);
    tale_event(t, 1, "/a", CHANGED, 12);
    tale_missing(t, 1, "/b", 12);
    tale_breaks(t, check_watch, "a persistent watch");
}

static void a_gap_of_a_recursive_watch_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    ask(t, OP_ADD_WATCH, ADD_WATCH_RECURSIVE, "/a", 10, ZK_OK);
    (void)tale_create(t, 0, "/a/c", 0, 11);
    tale_event(t, 1, "/a/c", CREATED, 11);
    (void)tale_create(t, 0, "/a/c/d", 0, 12);
    tale_event(t, 1, "/a/c/d", CREATED, 12);
    tale_missing(t, 1, "/b", 12);
    tale_holds(t, check_watch);
    tale_delete(t, 0, "/a/c/d", 13);
    tale_missing(t, 1, "/b", 13);
    tale_breaks(t, check_watch, "a recursive watch");
}

static void an_event_that_comes_twice_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    ask(t, OP_ADD_WATCH, ADD_WATCH_PERSISTENT, "/a", 10, ZK_OK);
    tale_event(t, 1, "/a", CHANGED, 11);
    tale_event(t, 1, "/a", CHANGED, 11);
    tale_breaks(t, check_watch, "comes twice");
}

static void a_removal_that_finds_what_is_not_there_is_caught(void **state)
{
    struct tale *t = *state;
    ask(t, OP_REMOVE_WATCHES, 3, "/a", 10, ZK_NO_WATCHER);
    tale_holds(t, check_watch);
    ask(t, OP_REMOVE_WATCHES, 3, "/a", 10, ZK_OK);
    tale_breaks(t, check_watch, "where there is no watch");
}

static int32_t set_watches(struct tale *t, enum annals_list list, int64_t relative_zxid)
{
    struct annals_part part = {.type = OP_SET_WATCHES2, .mode = (int32_t)list};
    int32_t call = tale_call(t, 1, part, "/a");
    t->h.items[call].zxid = relative_zxid;
    return call;
}

static void what_was_missed_is_told_at_once(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    int32_t call = set_watches(t, LIST_DATA, 11);
    tale_event(t, 1, "/a", CHANGED, -1);
    (void)tale_answer(t, call, 12, ZK_OK);
    tale_holds(t, check_watch);
    tale_event(t, 1, "/a", CHANGED, -1);
    tale_breaks(t, check_watch, "no setWatches asked for");
}

static void what_was_missed_and_is_not_told_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    (void)tale_answer(t, set_watches(t, LIST_DATA, 11), 12, ZK_OK);
    tale_breaks(t, check_watch, "did not tell of the change");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(an_event_before_the_change_is_shown_holds),
        T(an_event_behind_the_change_is_caught),
        T(an_event_that_never_comes_is_caught),
        T(an_event_that_never_comes_on_a_lost_connection_is_caught),
        T(a_change_that_nobody_was_shown_may_be_untold),
        T(a_second_event_of_a_one_shot_watch_is_caught),
        T(a_watch_that_skips_a_change_is_caught),
        T(an_event_of_another_node_is_caught),
        T(a_child_watch_that_misses_a_create_is_caught),
        T(a_persistent_watch_without_gaps_holds),
        T(a_gap_of_a_persistent_watch_is_caught),
        T(a_gap_of_a_recursive_watch_is_caught),
        T(an_event_that_comes_twice_is_caught),
        T(a_removal_that_finds_what_is_not_there_is_caught),
        T(what_was_missed_is_told_at_once),
        T(what_was_missed_and_is_not_told_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
