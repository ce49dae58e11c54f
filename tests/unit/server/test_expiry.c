// SPDX-License-Identifier: Apache-2.0
//
// Deadlines: never early, at most one interval late.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/prng.h"
#include "server/expiry.h"

enum { TICK_MS = 100 };

static void an_element_is_never_early_and_at_most_one_interval_late(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 1);
    for (int i = 0; i < 1000; i++) {
        struct expiry q;
        struct expiry_item item;
        int64_t start_ms = (int64_t)prng_below(&prng, 100000);
        int64_t timeout_ms = (int64_t)prng_below(&prng, 60000);
        expiry_init(&q, TICK_MS, start_ms);
        expiry_item_init(&item);
        expiry_touch(&q, &item, start_ms, timeout_ms);
        assert_null(expiry_take_due(&q, start_ms + timeout_ms));
        assert_ptr_equal(expiry_take_due(&q, start_ms + timeout_ms + TICK_MS), &item);
        assert_null(expiry_take_due(&q, start_ms + timeout_ms + 10 * TICK_MS));
    }
}

static void a_touch_moves_the_deadline(void **state)
{
    (void)state;
    struct expiry q;
    struct expiry_item item;
    expiry_init(&q, TICK_MS, 0);
    expiry_item_init(&item);
    expiry_touch(&q, &item, 0, 500);
    expiry_touch(&q, &item, 400, 500);
    assert_null(expiry_take_due(&q, 800));
    assert_ptr_equal(expiry_take_due(&q, 1000), &item);
}

static void a_deadline_beyond_one_round_waits_for_its_round(void **state)
{
    (void)state;
    struct expiry q;
    struct expiry_item near;
    struct expiry_item far;
    int64_t round_ms = (int64_t)EXPIRY_SLOTS * TICK_MS;
    expiry_init(&q, TICK_MS, 0);
    expiry_item_init(&near);
    expiry_item_init(&far);
    expiry_touch(&q, &far, 0, 1000 + round_ms);
    expiry_touch(&q, &near, 0, 1000);
    assert_ptr_equal(expiry_take_due(&q, 2000), &near);
    assert_null(expiry_take_due(&q, 2000));
    assert_ptr_equal(expiry_take_due(&q, 2000 + round_ms), &far);
}

static void a_removed_element_does_not_expire(void **state)
{
    (void)state;
    struct expiry q;
    struct expiry_item item;
    expiry_init(&q, TICK_MS, 0);
    expiry_item_init(&item);
    expiry_touch(&q, &item, 0, 100);
    expiry_remove(&q, &item);
    expiry_remove(&q, &item);
    assert_null(expiry_take_due(&q, 10000));
    assert_int_equal(q.count, 0);
}

static void postponed_elements_have_the_time_that_they_had_left(void **state)
{
    (void)state;
    struct expiry q;
    struct expiry_item near;
    struct expiry_item far;
    int64_t round_ms = (int64_t)EXPIRY_SLOTS * TICK_MS;
    expiry_init(&q, TICK_MS, 0);
    expiry_item_init(&near);
    expiry_item_init(&far);
    expiry_touch(&q, &near, 0, 450); // at 500
    expiry_touch(&q, &far, 0, 1000 + round_ms);
    expiry_postpone(&q, 7010); // 7100
    assert_null(expiry_take_due(&q, 7599));
    assert_ptr_equal(expiry_take_due(&q, 7600), &near);
    assert_null(expiry_take_due(&q, 8100 + round_ms));
    assert_ptr_equal(expiry_take_due(&q, 8200 + round_ms), &far);
    assert_int_equal(q.count, 0);
    expiry_postpone(&q, 1000);
    assert_null(expiry_take_due(&q, 9000 + round_ms));
}

static void count_item(void *ctx, const struct expiry_item *item)
{
    (void)item;
    (*(int *)ctx)++;
}

static void each_visits_every_element(void **state)
{
    (void)state;
    struct expiry q;
    struct expiry_item items[50];
    expiry_init(&q, TICK_MS, 0);
    for (int i = 0; i < 50; i++) {
        expiry_item_init(&items[i]);
        expiry_touch(&q, &items[i], 0, i * 997);
    }
    int count = 0;
    expiry_each(&q, count_item, &count);
    assert_int_equal(count, 50);
    assert_int_equal(q.count, 50);
}

static void the_wait_reaches_the_next_bucket(void **state)
{
    (void)state;
    struct expiry q;
    expiry_init(&q, TICK_MS, 250);
    assert_int_equal(expiry_wait_ms(&q, 250), 50);
    assert_int_equal(expiry_wait_ms(&q, 300), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_element_is_never_early_and_at_most_one_interval_late),
        cmocka_unit_test(a_touch_moves_the_deadline),
        cmocka_unit_test(a_deadline_beyond_one_round_waits_for_its_round),
        cmocka_unit_test(a_removed_element_does_not_expire),
        cmocka_unit_test(postponed_elements_have_the_time_that_they_had_left),
        cmocka_unit_test(each_visits_every_element),
        cmocka_unit_test(the_wait_reaches_the_next_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
