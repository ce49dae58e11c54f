// SPDX-License-Identifier: Apache-2.0
//
// The queue of those who ask a leader through its follower.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/relay.h"

static bool ask(struct relay *r, uint64_t link)
{
    return relay_ask(r, (struct relay_question){.link = link, .timeout_ms = (int32_t)link * 10});
}

static void answers_go_round_in_the_order_of_asking(void **state)
{
    (void)state;
    struct relay r = {0};
    uint64_t asked = 0;
    uint64_t answered = 0;
    for (int round = 0; round < 100; round++) { // the ring wraps and grows
        for (int i = 0; i < 3; i++) {
            assert_true(ask(&r, asked++));
        }
        for (int i = 0; i < 2; i++) {
            struct relay_question q = relay_answer(&r);
            assert_int_equal(q.link, answered);
            assert_int_equal(q.timeout_ms, answered * 10);
            answered++;
        }
    }
    assert_int_equal(r.count, 100);
    relay_fini(&r);
}

static void an_answer_that_nobody_asked_for_is_ours(void **state)
{
    (void)state;
    struct relay r = {0};
    assert_int_equal(relay_answer(&r).link, 0);
    assert_true(ask(&r, 5));
    relay_clear(&r);
    assert_int_equal(relay_answer(&r).link, 0);
    assert_true(ask(&r, 6));
    assert_int_equal(relay_answer(&r).link, 6);
    relay_fini(&r);
}

static void observers_may_not_ask_without_end(void **state)
{
    (void)state;
    struct relay r = {0};
    for (int i = 0; i < RELAY_FOREIGN_MAX; i++) {
        assert_true(ask(&r, 1));
        assert_true(ask(&r, 0)); // our own are bounded elsewhere
    }
    assert_false(ask(&r, 1));
    assert_true(ask(&r, 0));
    assert_int_equal(relay_answer(&r).link, 1);
    assert_true(ask(&r, 1));
    assert_false(ask(&r, 1));
    relay_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_go_round_in_the_order_of_asking),
        cmocka_unit_test(an_answer_that_nobody_asked_for_is_ours),
        cmocka_unit_test(observers_may_not_ask_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
