// SPDX-License-Identifier: Apache-2.0
//
// What a library may say of a request, given what passed the wire.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/account.h"
#include "sim/model.h"

static struct annals history;

static int begin(void **state)
{
    (void)state;
    annals_init(&history);
    return 0;
}

static int end(void **state)
{
    (void)state;
    annals_fini(&history);
    return 0;
}

static struct annals_part part(int32_t type, int32_t code)
{
    return (struct annals_part){.type = type,
                                .node = annals_node(&history, slice_str("/a/b")),
                                .version = -1,
                                .made = ANNALS_NONE,
                                .code = code};
}

static int32_t called(int32_t type, const struct annals_part *parts, size_t count)
{
    struct annals_item call = {.kind = ANNALS_CALL, .type = type};
    return annals_add(&history, &call, parts, count);
}

static void answered(int32_t call, int32_t code, const struct annals_part *parts, size_t count)
{
    struct annals_item answer = {.kind = ANNALS_ANSWER,
                                 .type = history.items[call].type,
                                 .zxid = 9,
                                 .code = code,
                                 .call = call};
    (void)annals_add(&history, &answer, parts, count);
}

static void a_request_leaves_as_it_was_asked_for(void **state)
{
    (void)state;
    struct annals_part asked = part(OP_SET_DATA, ZK_OK);
    asked.value = 5;
    int32_t call = called(OP_SET_DATA, &asked, 1);
    const struct annals_item *item = &history.items[call];
    assert_true(account_is_request(&history, item, OP_SET_DATA, &asked, 1));
    asked.value = 6;
    assert_false(account_is_request(&history, item, OP_SET_DATA, &asked, 1));
    asked.value = 5;
    asked.version = 2;
    assert_false(account_is_request(&history, item, OP_SET_DATA, &asked, 1));
    asked.version = -1;
    asked.node = 0;
    assert_false(account_is_request(&history, item, OP_SET_DATA, &asked, 1));
}

static void what_an_answer_says_is_told(void **state)
{
    (void)state;
    uint8_t data[MODEL_DATA_MAX];
    struct annals_part p = part(OP_GET_DATA, ZK_OK);
    p.has_stat = true;
    p.stat.version = 3;
    p.found = 41;
    int32_t call = called(OP_GET_DATA, &p, 1);
    answered(call, ZK_OK, &p, 1);
    struct paddock_result r = {
        .zxid = 9, .stat.version = 3, .data = paddock_bytes_of(data, model_data(41, data))};
    assert_null(account_of(&history, call, &r));
    r.stat.version = 4;
    assert_non_null(account_of(&history, call, &r));
    r.stat.version = 3;
    r.zxid = 8;
    assert_non_null(account_of(&history, call, &r));
    r.zxid = 9;
    r.data.len = model_data(42, data);
    assert_non_null(account_of(&history, call, &r));
    r.code = PADDOCK_NO_NODE;
    assert_non_null(account_of(&history, call, &r));
}

static void names_are_told_all_and_in_order(void **state)
{
    (void)state;
    struct annals_part p = part(OP_GET_CHILDREN, ZK_OK);
    p.has_names = true;
    p.first_name = annals_add_name(&history, annals_node(&history, slice_str("/a/b/x")));
    (void)annals_add_name(&history, annals_node(&history, slice_str("/a/b/y")));
    p.name_count = 2;
    int32_t call = called(OP_GET_CHILDREN, &p, 1);
    answered(call, ZK_OK, &p, 1);
    const char *right[] = {"x", "y"};
    const char *wrong[] = {"y", "x"};
    struct paddock_result r = {.zxid = 9, .strings = right, .string_count = 2};
    assert_null(account_of(&history, call, &r));
    r.strings = wrong;
    assert_non_null(account_of(&history, call, &r));
    r.strings = right;
    r.string_count = 1;
    assert_non_null(account_of(&history, call, &r));
}

static void parts_of_a_multi_have_their_codes(void **state)
{
    (void)state;
    struct annals_part parts[] = {part(OP_CREATE2, ZK_OK), part(OP_DELETE, ZK_NO_NODE)};
    int32_t call = called(OP_MULTI, parts, 2);
    answered(call, ZK_OK, parts, 2);
    struct paddock_result told[] = {{.code = PADDOCK_OK}, {.code = PADDOCK_NO_NODE}};
    struct paddock_result r = {.code = PADDOCK_NO_NODE, .zxid = 9, .parts = told, .part_count = 2};
    assert_null(account_of(&history, call, &r));
    r.code = PADDOCK_OK;
    assert_non_null(account_of(&history, call, &r));
    r.code = PADDOCK_NO_NODE;
    told[1].code = PADDOCK_BAD_VERSION;
    assert_non_null(account_of(&history, call, &r));
}

static void a_fate_is_what_happened(void **state)
{
    (void)state;
    struct annals_part p = part(OP_DELETE, ZK_OK);
    int32_t answered_one = called(OP_DELETE, &p, 1);
    int32_t open_one = called(OP_DELETE, &p, 1);
    answered(answered_one, ZK_OK, &p, 1);
    struct paddock_result r = {.code = PADDOCK_CONNECTION_LOSS, .fate = PADDOCK_UNKNOWN};
    assert_null(account_of(&history, open_one, &r));
    assert_non_null(account_of(&history, answered_one, &r));
    assert_non_null(account_of(&history, ANNALS_NONE, &r));
    r.code = PADDOCK_OPERATION_TIMEOUT; // half of it left
    assert_null(account_of(&history, ANNALS_NONE, &r));
    r.fate = PADDOCK_NOT_SENT;
    assert_null(account_of(&history, ANNALS_NONE, &r));
    assert_non_null(account_of(&history, open_one, &r));
    r = (struct paddock_result){.zxid = 9};
    assert_null(account_of(&history, answered_one, &r));
    assert_non_null(account_of(&history, open_one, &r));
    assert_non_null(account_of(&history, ANNALS_NONE, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_leaves_as_it_was_asked_for, begin, end),
        cmocka_unit_test_setup_teardown(what_an_answer_says_is_told, begin, end),
        cmocka_unit_test_setup_teardown(names_are_told_all_and_in_order, begin, end),
        cmocka_unit_test_setup_teardown(parts_of_a_multi_have_their_codes, begin, end),
        cmocka_unit_test_setup_teardown(a_fate_is_what_happened, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
