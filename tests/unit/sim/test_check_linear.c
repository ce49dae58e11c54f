// SPDX-License-Identifier: Apache-2.0
//
// Linearizable writes: one order, that agrees with time and explains every answer.
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

static void writes_of_several_sessions_hold(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    uint32_t value = tale_set(t, 1, "/a", 10, 1, 11);
    (void)tale_set(t, 2, "/a", 10, 2, 12);
    tale_read(t, 0, "/a", 10, 12, 2, 0, 12);
    assert_true(value != 0);
    tale_delete(t, 0, "/a", 14);
    tale_holds(t, check_linear);
}

static void two_writes_with_one_zxid_are_caught(void **state)
{
    struct tale *t = *state;
    int32_t a = tale_call(t, 0, (struct annals_part){.type = OP_DELETE, .version = -1}, "/a");
    int32_t b = tale_call(t, 1, (struct annals_part){.type = OP_DELETE, .version = -1}, "/b");
    (void)tale_answer(t, a, 10, ZK_NO_NODE);
    (void)tale_answer(t, b, 10, ZK_NO_NODE);
    tale_breaks(t, check_linear, "two writes have zxid");
}

static void an_order_against_time_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_create(t, 1, "/b", 0, 9);
    tale_breaks(t, check_linear, "ordered before it");
}

static void a_lost_update_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_set(t, 0, "/a", 10, 1, 11);
    (void)tale_set(t, 1, "/a", 10, 1, 12); // both set version 0
    tale_breaks(t, check_linear, "comes after version");
}

static void a_version_that_jumps_needs_a_set_in_doubt(void **state)
{
    struct tale *t = *state;
    struct annals_part open = {
        .type = OP_SET_DATA, .version = -1, .value = annals_new_value(&t->h)};
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_call(t, 0, open, "/a");
    (void)tale_set(t, 1, "/a", 10, 2, 12);
    tale_holds(t, check_linear);
    (void)tale_set(t, 1, "/a", 10, 5, 13);
    tale_breaks(t, check_linear, "comes after version");
}

static void an_answer_against_the_state_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    int32_t call = tale_call(t, 1, (struct annals_part){.type = OP_CREATE}, "/a");
    (void)tale_answer(t, call, 11, ZK_NODE_EXISTS);
    tale_holds(t, check_linear);
    (void)tale_create(t, 1, "/a", 0, 12);
    tale_breaks(t, check_linear, "but the node was there");
}

static void a_node_that_is_there_is_not_missing(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    int32_t call = tale_call(t, 1, (struct annals_part){.type = OP_DELETE, .version = -1}, "/a");
    (void)tale_answer(t, call, 11, ZK_NO_NODE);
    tale_breaks(t, check_linear, "but the node was there");
}

static void a_delete_in_doubt_explains_a_missing_node(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_call(t, 0, (struct annals_part){.type = OP_DELETE, .version = -1}, "/a");
    int32_t call = tale_call(t, 1, (struct annals_part){.type = OP_DELETE, .version = -1}, "/a");
    (void)tale_answer(t, call, 12, ZK_NO_NODE);
    tale_holds(t, check_linear);
}

static void what_was_in_doubt_is_settled_when_its_client_is_back(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_call(t, 0, (struct annals_part){.type = OP_DELETE, .version = -1}, "/a");
    tale_lost(t, 0);
    tale_open(t, 0, false);
    tale_read(t, 0, "/a", 10, 10, 0, 0, 12);
    int32_t call = tale_call(t, 1, (struct annals_part){.type = OP_DELETE, .version = -1}, "/a");
    (void)tale_answer(t, call, 13, ZK_NO_NODE); // too late for that delete
    tale_breaks(t, check_linear, "but the node was there");
}

static void a_wrong_version_that_passes_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    int32_t call = tale_call(t, 1, (struct annals_part){.type = OP_DELETE, .version = 3}, "/a");
    (void)tale_answer(t, call, 11, ZK_OK);
    tale_breaks(t, check_linear, "expects version 3");
}

static void a_right_version_that_is_refused_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    int32_t call = tale_call(t, 1, (struct annals_part){.type = OP_DELETE, .version = 0}, "/a");
    (void)tale_answer(t, call, 11, ZK_BAD_VERSION);
    tale_breaks(t, check_linear, "expects version 0");
}

static void a_refused_write_that_is_seen_is_caught(void **state)
{
    struct tale *t = *state;
    struct annals_part set = {.type = OP_SET_DATA, .version = -1, .value = annals_new_value(&t->h)};
    (void)tale_create(t, 0, "/a", 0, 10);
    int32_t call = tale_call(t, 1, set, "/a");
    (void)tale_answer(t, call, 10, ZK_SYSTEM_ERROR);
    tale_holds(t, check_linear);
    tale_read(t, 0, "/a", 10, 11, 1, set.value, 12);
    tale_breaks(t, check_linear, "cannot have written");
}

static void a_value_before_its_request_is_caught(void **state)
{
    struct tale *t = *state;
    struct annals_part set = {.type = OP_SET_DATA, .version = -1, .value = annals_new_value(&t->h)};
    (void)tale_create(t, 0, "/a", 0, 10);
    tale_missing(t, 0, "/b", 20);
    (void)tale_call(t, 1, set, "/a");
    tale_read(t, 0, "/a", 10, 15, 1, set.value, 21);
    tale_breaks(t, check_linear, "cannot have written");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(writes_of_several_sessions_hold),
        T(two_writes_with_one_zxid_are_caught),
        T(an_order_against_time_is_caught),
        T(a_lost_update_is_caught),
        T(a_version_that_jumps_needs_a_set_in_doubt),
        T(an_answer_against_the_state_is_caught),
        T(a_node_that_is_there_is_not_missing),
        T(a_delete_in_doubt_explains_a_missing_node),
        T(what_was_in_doubt_is_settled_when_its_client_is_back),
        T(a_wrong_version_that_passes_is_caught),
        T(a_right_version_that_is_refused_is_caught),
        T(a_refused_write_that_is_seen_is_caught),
        T(a_value_before_its_request_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
