// SPDX-License-Identifier: Apache-2.0
//
// Reads: the state at the zxid of the answer, nothing older, newer or made up.
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

static void reads_of_each_state_hold(void **state)
{
    struct tale *t = *state;
    tale_missing(t, 1, "/a", 9);
    uint32_t first = tale_create(t, 0, "/a", 0, 10);
    tale_read(t, 1, "/a", 10, 10, 0, first, 11);
    uint32_t second = tale_set(t, 0, "/a", 10, 1, 12);
    tale_read(t, 2, "/a", 10, 10, 0, first, 11); // behind, and says so
    tale_read(t, 1, "/a", 10, 12, 1, second, 13);
    tale_delete(t, 0, "/a", 14);
    tale_missing(t, 1, "/a", 14);
    tale_holds(t, check_read);
}

static void a_stale_read_is_caught(void **state)
{
    struct tale *t = *state;
    uint32_t first = tale_create(t, 0, "/a", 0, 10);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    tale_read(t, 1, "/a", 10, 10, 0, first, 12);
    tale_breaks(t, check_read, "data of /a are shown as of");
}

static void a_read_from_the_future_is_caught(void **state)
{
    struct tale *t = *state;
    uint32_t first = tale_create(t, 0, "/a", 0, 10);
    tale_read(t, 1, "/a", 10, 10, 0, first, 9);
    tale_breaks(t, check_read, "impossible");
}

static void a_node_read_after_its_delete_is_caught(void **state)
{
    struct tale *t = *state;
    uint32_t first = tale_create(t, 0, "/a", 0, 10);
    tale_delete(t, 0, "/a", 12);
    tale_read(t, 1, "/a", 10, 10, 0, first, 13);
    tale_breaks(t, check_read, "data of /a are shown as of");
}

static void a_node_that_is_not_found_though_there_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    tale_missing(t, 1, "/a", 10);
    tale_breaks(t, check_read, "but was there");
}

static struct annals_part *list(struct tale *t, int64_t pzxid, int64_t zxid, const char *child)
{
    struct annals_part part = {.type = OP_GET_CHILDREN2};
    int32_t call = tale_call(t, 1, part, "/a");
    size_t name = annals_add_name(&t->h, annals_node(&t->h, slice_str(child)));
    struct annals_part *p = tale_answer(t, call, zxid, ZK_OK);
    p->has_stat = p->has_names = true;
    p->stat = (struct jute_stat){.czxid = 10, .mzxid = 10, .pzxid = pzxid, .num_children = 1};
    p->first_name = name;
    p->name_count = 1;
    return p;
}

static void lists_of_children_hold(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_create(t, 0, "/a/b", 0, 11);
    list(t, 11, 12, "/a/b");
    tale_holds(t, check_read);
}

static void a_child_that_never_was_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    list(t, 10, 12, "/a/b");
    tale_breaks(t, check_read, "listed");
}

static void a_child_that_is_left_out_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_create(t, 0, "/a/b", 0, 11);
    (void)tale_create(t, 0, "/a/c", 0, 12);
    list(t, 12, 12, "/a/b");
    tale_breaks(t, check_read, "but is not listed");
}

static void an_old_list_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_create(t, 0, "/a/b", 0, 11);
    (void)tale_create(t, 0, "/a/c", 0, 12);
    list(t, 11, 12, "/a/b");
    tale_breaks(t, check_read, "children of /a are shown as of");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(reads_of_each_state_hold),
        T(a_stale_read_is_caught),
        T(a_read_from_the_future_is_caught),
        T(a_node_read_after_its_delete_is_caught),
        T(a_node_that_is_not_found_though_there_is_caught),
        T(lists_of_children_hold),
        T(a_child_that_never_was_is_caught),
        T(a_child_that_is_left_out_is_caught),
        T(an_old_list_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
