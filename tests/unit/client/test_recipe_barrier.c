// SPDX-License-Identifier: Apache-2.0
//
// In one thread only one member can wait: the others' part is done by hand, with Curator's nodes.
#include "tests/unit/client/crowd.h"

static void barrier_keeps_out_until_it_is_removed(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 1, 2, 0);
    assert_int_equal(paddock_barrier_wait(crowd_be(&c, 0), "/a/b", 100), PADDOCK_OK);
    assert_int_equal(paddock_barrier_set(crowd_be(&c, 0), "/a/b", 5000), PADDOCK_OK);
    assert_int_equal(paddock_barrier_set(crowd_be(&c, 0), "/a/b", 5000), PADDOCK_OK);
    assert_int_equal(paddock_barrier_wait(crowd_be(&c, 1), "/a/b", 300), PADDOCK_OPERATION_TIMEOUT);
    struct paddock_op op = {.type = PADDOCK_OP_DELETE, .path = "/a/b"};
    assert_int_equal(paddock_submit(crowd_be(&c, 0), &op, NULL, NULL), PADDOCK_OK);
    crowd_run(&c, 0); // it is on its way
    assert_int_equal(paddock_barrier_wait(crowd_be(&c, 1), "/a/b", 3000), PADDOCK_OK);
    assert_int_equal(paddock_barrier_remove(crowd_be(&c, 1), "/a/b", 3000), PADDOCK_OK);
    crowd_close(&c);
}

static void set_and_remove_are_done_wherever_they_are_cut(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 2, 2, 0);
    for (uint64_t cut = 1; cut < 160; cut++) {
        crowd_net(&c, 0)->break_after_bytes = cut;
        assert_int_equal(paddock_barrier_set(crowd_be(&c, 0), "/b", 30000), PADDOCK_OK);
        assert_int_equal(paddock_exists(crowd_be(&c, 1), "/b", NULL), PADDOCK_OK);
        assert_int_equal(paddock_barrier_remove(crowd_be(&c, 0), "/b", 30000), PADDOCK_OK);
        assert_int_equal(paddock_exists(crowd_be(&c, 1), "/b", NULL), PADDOCK_NO_NODE);
        crowd_net(&c, 0)->break_after_bytes = 0;
        crowd_be(&c, 0);
        crowd_run(&c, 20);
    }
    crowd_close(&c);
}

static int make(struct crowd *c, size_t i, const char *path)
{
    return paddock_create(crowd_be(c, i), path, paddock_text(""), PADDOCK_EPHEMERAL, NULL);
}

static void members_begin_and_end_together(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 3, 3, 0);
    struct paddock_double_barrier *a, *b;
    assert_int_equal(paddock_double_barrier_new(crowd_be(&c, 0), "/m", 2, &a), PADDOCK_OK);
    assert_int_equal(paddock_double_barrier_new(crowd_be(&c, 1), "/m", 2, &b), PADDOCK_OK);
    crowd_be(&c, 0);
    assert_int_equal(paddock_double_barrier_enter(a, 300), PADDOCK_OPERATION_TIMEOUT);
    crowd_run(&c, 200);
    assert_int_equal(crowd_count(&c, 2, "/m"), 0); // it went out again
    // Another member is there, and is the lowest.
    assert_int_equal(make(&c, 2, "/m/00000000-other"), PADDOCK_OK);
    crowd_be(&c, 0);
    assert_int_equal(paddock_double_barrier_enter(a, 3000), PADDOCK_OK);
    assert_int_equal(crowd_count(&c, 2, "/m"), 3); // two and "ready"
    assert_int_equal(paddock_double_barrier_leave(a, 300), PADDOCK_OPERATION_TIMEOUT);
    assert_int_equal(crowd_count(&c, 2, "/m"), 2); // it waits for the lowest
    assert_int_equal(paddock_delete(crowd_be(&c, 2), "/m/00000000-other", -1), PADDOCK_OK);
    crowd_be(&c, 0);
    assert_int_equal(paddock_double_barrier_leave(a, 3000), PADDOCK_OK);
    assert_int_equal(crowd_count(&c, 2, "/m"), 0);
    paddock_double_barrier_free(a);
    crowd_be(&c, 1);
    paddock_double_barrier_free(b);
    crowd_close(&c);
}

static void the_lowest_leaves_last(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 4, 2, 0);
    struct paddock_double_barrier *a;
    assert_int_equal(paddock_create(crowd_be(&c, 1), "/m", paddock_text(""), 0, NULL), PADDOCK_OK);
    assert_int_equal(make(&c, 1, "/m/zzz-other"), PADDOCK_OK);
    assert_int_equal(paddock_double_barrier_new(crowd_be(&c, 0), "/m", 2, &a), PADDOCK_OK);
    assert_int_equal(paddock_double_barrier_enter(a, 3000), PADDOCK_OK);
    assert_int_equal(paddock_double_barrier_leave(a, 300), PADDOCK_OPERATION_TIMEOUT);
    assert_int_equal(crowd_count(&c, 1, "/m"), 3); // still in
    assert_int_equal(paddock_delete(crowd_be(&c, 1), "/m/zzz-other", -1), PADDOCK_OK);
    crowd_be(&c, 0);
    assert_int_equal(paddock_double_barrier_leave(a, 3000), PADDOCK_OK);
    assert_int_equal(crowd_count(&c, 1, "/m"), 0);
    paddock_double_barrier_free(a);
    crowd_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(barrier_keeps_out_until_it_is_removed),
        cmocka_unit_test(set_and_remove_are_done_wherever_they_are_cut),
        cmocka_unit_test(members_begin_and_end_together),
        cmocka_unit_test(the_lowest_leaves_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
