// SPDX-License-Identifier: Apache-2.0
//
// Session order: what the checker accepts, and each way to break it.
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

static void answers_in_order_hold(void **state)
{
    struct tale *t = *state;
    int32_t first = tale_call(t, 0, (struct annals_part){.type = OP_EXISTS}, "/a");
    int32_t other = tale_call(t, 1, (struct annals_part){.type = OP_EXISTS}, "/a");
    int32_t second = tale_call(t, 0, (struct annals_part){.type = OP_EXISTS}, "/b");
    (void)tale_answer(t, other, 7, ZK_NO_NODE);
    (void)tale_answer(t, first, 5, ZK_NO_NODE);
    (void)tale_answer(t, second, 5, ZK_NO_NODE);
    tale_holds(t, check_order);
}

static void an_answer_that_overtakes_is_caught(void **state)
{
    struct tale *t = *state;
    int32_t first = tale_call(t, 0, (struct annals_part){.type = OP_EXISTS}, "/a");
    int32_t second = tale_call(t, 0, (struct annals_part){.type = OP_EXISTS}, "/b");
    (void)tale_answer(t, second, 5, ZK_NO_NODE);
    (void)tale_answer(t, first, 5, ZK_NO_NODE);
    tale_breaks(t, check_order, "is due");
}

static void a_missing_answer_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_call(t, 0, (struct annals_part){.type = OP_EXISTS}, "/a");
    tale_missing(t, 0, "/b", 5);
    tale_breaks(t, check_order, "is due");
}

static void what_a_lost_connection_left_open_is_not_due_on_the_next(void **state)
{
    struct tale *t = *state;
    (void)tale_call(t, 0, (struct annals_part){.type = OP_EXISTS}, "/a");
    tale_lost(t, 0);
    tale_open(t, 0, false);
    tale_missing(t, 0, "/b", 5);
    tale_holds(t, check_order);
}

static void a_client_that_goes_back_in_time_is_caught_over_a_reconnect(void **state)
{
    struct tale *t = *state;
    tale_missing(t, 0, "/a", 9);
    tale_lost(t, 0);
    tale_open(t, 0, false);
    tale_missing(t, 1, "/a", 8);
    tale_holds(t, check_order);
    tale_missing(t, 0, "/a", 8);
    tale_breaks(t, check_order, "a later zxid before");
}

static void a_client_that_forgot_what_it_saw_may_be_shown_the_past(void **state)
{
    struct tale *t = *state;
    tale_missing(t, 0, "/a", 9);
    tale_lost(t, 0);
    tale_open_at(t, 0, true, 6);
    tale_missing(t, 0, "/a", 7);
    tale_holds(t, check_order);
    tale_missing(t, 0, "/a", 6);
    tale_breaks(t, check_order, "a later zxid before");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(answers_in_order_hold),
        T(an_answer_that_overtakes_is_caught),
        T(a_missing_answer_is_caught),
        T(what_a_lost_connection_left_open_is_not_due_on_the_next),
        T(a_client_that_goes_back_in_time_is_caught_over_a_reconnect),
        T(a_client_that_forgot_what_it_saw_may_be_shown_the_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
