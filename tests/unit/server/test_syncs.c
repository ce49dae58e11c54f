// SPDX-License-Identifier: Apache-2.0
//
// When a waiting sync may be answered.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "jute/op.h"
#include "server/syncs.h"

static void add(struct syncs *q, uint64_t order, int64_t barrier)
{
    const struct request request = {
        .xid = (int32_t)order, .type = OP_SYNC, .body = slice_str("the path")};
    assert_true(syncs_add(q, &request, order, barrier));
}

// The xid of what was taken; 0: nothing.
static int32_t release(struct sync *sync)
{
    if (sync == NULL) {
        return 0;
    }
    assert_true(slice_equal_str(sync_request(sync)->body, "the path"));
    int32_t xid = sync_request(sync)->xid;
    sync_free(sync);
    return xid;
}

static void a_leaders_sync_needs_its_token_and_its_barrier(void **state)
{
    (void)state;
    struct syncs q;
    syncs_init(&q);
    assert_true(syncs_is_empty(&q));
    assert_null(syncs_take_due(&q, INT64_MAX));
    add(&q, 1, 10);
    add(&q, 2, 10);
    add(&q, 3, 12);
    assert_null(syncs_take_due(&q, 100));
    syncs_confirm(&q, 2); // of both
    assert_null(syncs_take_due(&q, 9));
    assert_int_equal(release(syncs_take_due(&q, 10)), 1);
    assert_int_equal(release(syncs_take_due(&q, 10)), 2);
    assert_null(syncs_take_due(&q, 100));
    syncs_confirm(&q, 3);
    assert_int_equal(release(syncs_take_due(&q, 12)), 3);
    syncs_confirm(&q, 3);
    assert_true(syncs_is_empty(&q));
}

static void a_newer_transaction_answers_the_syncs_before_it(void **state)
{
    (void)state;
    struct syncs q;
    syncs_init(&q);
    add(&q, 1, 10);
    add(&q, 2, 11);
    assert_null(syncs_take_below(&q, 10));
    assert_int_equal(release(syncs_take_below(&q, 11)), 1);
    assert_null(syncs_take_below(&q, 11));
    add(&q, 3, 11);
    syncs_confirm(&q, 1); // late
    assert_null(syncs_take_due(&q, 100));
    syncs_confirm(&q, 3);
    assert_int_equal(release(syncs_take_due(&q, 11)), 2);
    assert_int_equal(release(syncs_take_due(&q, 11)), 3);
}

static void a_learners_confirmations_come_one_by_one(void **state)
{
    (void)state;
    struct syncs q;
    syncs_init(&q);
    syncs_confirm_next(&q, 5); // nobody asked
    add(&q, 1, INT64_MAX);
    add(&q, 4, INT64_MAX);
    syncs_confirm_next(&q, 20);
    assert_null(syncs_take_due(&q, 19));
    assert_int_equal(release(syncs_take_due(&q, 20)), 1);
    assert_null(syncs_take_due(&q, INT64_MAX));
    syncs_confirm_next(&q, 21);
    assert_int_equal(release(syncs_take_due(&q, 21)), 4);
}

// The packet for what was answered early still comes, and is not for the next one.
static void a_confirmation_of_what_was_answered_early_is_not_the_next_ones(void **state)
{
    (void)state;
    struct syncs q;
    syncs_init(&q);
    add(&q, 1, INT64_MAX);
    add(&q, 2, INT64_MAX);
    add(&q, 5, INT64_MAX);
    assert_null(syncs_take_before(&q, 1));
    assert_int_equal(release(syncs_take_before(&q, 3)), 1);
    assert_int_equal(release(syncs_take_before(&q, 3)), 2);
    assert_null(syncs_take_before(&q, 3));
    syncs_confirm_next(&q, 7);
    syncs_confirm_next(&q, 7);
    assert_null(syncs_take_due(&q, INT64_MAX - 1));
    syncs_confirm_next(&q, 8);
    assert_int_equal(release(syncs_take_due(&q, 8)), 5);
}

static void one_that_was_confirmed_may_be_answered_by_a_write_too(void **state)
{
    (void)state;
    struct syncs q;
    syncs_init(&q);
    add(&q, 1, INT64_MAX);
    syncs_confirm_next(&q, 30);
    assert_int_equal(release(syncs_take_before(&q, 2)), 1); // applied with the write behind it
    add(&q, 3, INT64_MAX);
    syncs_confirm_next(&q, 31); // nothing is owed: this is its own
    assert_int_equal(release(syncs_take_due(&q, 31)), 3);
}

static void all_of_them_can_be_taken_away(void **state)
{
    (void)state;
    struct syncs q;
    syncs_init(&q);
    for (uint64_t i = 1; i <= 10; i++) {
        add(&q, i, (int64_t)i);
    }
    syncs_confirm(&q, 4);
    for (int32_t i = 1; i <= 10; i++) {
        assert_int_equal(release(syncs_take(&q)), i);
    }
    assert_null(syncs_take(&q));
}

static void a_sync_without_memory_is_refused(void **state)
{
    (void)state;
    struct syncs q;
    syncs_init(&q);
    const struct request request = {.type = OP_SYNC, .body = slice_str("the path")};
    unsigned before = mem_fail_after(1);
    assert_false(syncs_add(&q, &request, 1, 1));
    (void)mem_fail_after(before);
    assert_true(syncs_is_empty(&q));
    add(&q, 2, 2);
    assert_int_equal(release(syncs_take(&q)), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaders_sync_needs_its_token_and_its_barrier),
        cmocka_unit_test(a_newer_transaction_answers_the_syncs_before_it),
        cmocka_unit_test(a_learners_confirmations_come_one_by_one),
        cmocka_unit_test(a_confirmation_of_what_was_answered_early_is_not_the_next_ones),
        cmocka_unit_test(one_that_was_confirmed_may_be_answered_by_a_write_too),
        cmocka_unit_test(all_of_them_can_be_taken_away),
        cmocka_unit_test(a_sync_without_memory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
