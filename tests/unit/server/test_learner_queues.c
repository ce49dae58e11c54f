// SPDX-License-Identifier: Apache-2.0
//
// What waits for a learner: how many proposals, and how long.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/learner_queues.h"

static const int64_t EPOCH = INT64_C(0x300000000);
static const int64_t MS = 1000000;

struct seen {
    int count;
    struct summary of[2]; // of learners 1 and 2
};

static void see(void *ctx, struct slice name, const struct summary *m)
{
    struct seen *seen = ctx;
    assert_int_equal(name.len, 1);
    assert_in_range(name.data[0], '1', '2');
    seen->of[name.data[0] - '1'] = *m;
    seen->count++;
}

static struct seen told(const struct stats *s, enum stats_namespaces set)
{
    struct seen seen = {0};
    stats_namespaces_each(s, set, see, &seen);
    return seen;
}

// Learner 1 was sent up to `first`, learner 2 up to `second`; `now_ms` counts from anywhere.
static void look(struct learner_queues *q, struct stats *s, int64_t first, int64_t second,
                 int64_t last_proposed, int64_t now_ms)
{
    const struct zab_follower followers[] = {{.sid = 1, .sent_zxid = EPOCH + first},
                                             {.sid = 2, .sent_zxid = EPOCH + second}};
    learner_queues_take(q, followers, 2, EPOCH + last_proposed, s, now_ms * MS);
}

static void who_is_sent_all_at_once_has_no_queue(void **state)
{
    (void)state;
    struct learner_queues q = {0};
    struct stats *s = stats_new(1);
    look(&q, s, 4, 4, 4, 100); // they came
    assert_int_equal(told(s, STATS_LEARNER_QUEUE_SIZE).count, 0);
    look(&q, s, 4, 4, 4, 110); // nothing happens
    assert_int_equal(told(s, STATS_LEARNER_QUEUE_SIZE).count, 0);
    look(&q, s, 9, 9, 9, 120);
    struct seen size = told(s, STATS_LEARNER_QUEUE_SIZE);
    struct seen time = told(s, STATS_LEARNER_QUEUE_TIME);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(size.of[i].count, 1);
        assert_int_equal(summary_max(&size.of[i]), 0);
        assert_int_equal(time.of[i].count, 1);
        assert_int_equal(summary_max(&time.of[i]), 0);
    }
    stats_free(s);
    learner_queues_fini(&q);
}

static void a_slow_learner_has_what_waits_and_how_long(void **state)
{
    (void)state;
    struct learner_queues q = {0};
    struct stats *s = stats_new(1);
    look(&q, s, 0, 0, 0, 100);
    look(&q, s, 50, 0, 50, 110);  // 50 wait for 2
    look(&q, s, 80, 20, 80, 150); // some left, the first of them is still there
    look(&q, s, 80, 60, 80, 180);
    struct seen size = told(s, STATS_LEARNER_QUEUE_SIZE);
    struct seen time = told(s, STATS_LEARNER_QUEUE_TIME);
    assert_int_equal(summary_max(&size.of[0]), 0);
    assert_int_equal(size.of[1].count, 2);
    assert_int_equal(summary_max(&size.of[1]), 60);
    assert_int_equal(summary_min(&size.of[1]), 20);
    assert_int_equal(time.of[1].count, 1);
    assert_int_equal(summary_max(&time.of[1]), 70);
    stats_free(s);
    learner_queues_fini(&q);
}

// Its cursor stands in an epoch before; and one that comes back begins anew.
static void a_cursor_may_stand_in_an_epoch_before(void **state)
{
    (void)state;
    struct learner_queues q = {0};
    struct stats *s = stats_new(1);
    const int64_t before = -(INT64_C(1) << 32);
    look(&q, s, before + 5, 0, 0, 100);
    look(&q, s, before + 9, 0, 7, 110);
    assert_int_equal(summary_max(&told(s, STATS_LEARNER_QUEUE_SIZE).of[0]), 7);
    look(&q, s, before, 0, 7, 120); // it was cut back
    assert_int_equal(told(s, STATS_LEARNER_QUEUE_SIZE).of[0].count, 1);
    look(&q, s, 7, 7, 7, 140);
    assert_int_equal(told(s, STATS_LEARNER_QUEUE_SIZE).of[0].count, 2);
    assert_int_equal(summary_max(&told(s, STATS_LEARNER_QUEUE_TIME).of[0]), 30);
    stats_free(s);
    learner_queues_fini(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_sent_all_at_once_has_no_queue),
        cmocka_unit_test(a_slow_learner_has_what_waits_and_how_long),
        cmocka_unit_test(a_cursor_may_stand_in_an_epoch_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
