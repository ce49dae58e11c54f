// SPDX-License-Identifier: Apache-2.0
//
// Operation codes: numbers that clients send, and the words that operators read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "jute/op.h"

static void codes_are_those_of_the_protocol(void **state)
{
    (void)state;
    assert_int_equal(OP_CREATE, 1);
    assert_int_equal(OP_SET_DATA, 5);
    assert_int_equal(OP_PING, 11);
    assert_int_equal(OP_CHECK, 13);
    assert_int_equal(OP_CREATE2, 15);
    assert_int_equal(OP_CREATE_TTL, 21);
    assert_int_equal(OP_MULTI_READ, 22);
    assert_int_equal(OP_AUTH, 100);
    assert_int_equal(OP_WHO_AM_I, 107);
    assert_int_equal(OP_CREATE_SESSION, -10);
    assert_int_equal(OP_CLOSE_SESSION, -11);
    assert_int_equal(OP_ERROR, -1);
}

static void kind_says_how_a_request_is_served(void **state)
{
    (void)state;
    assert_int_equal(op_kind(OP_CREATE), OP_KIND_WRITE);
    assert_int_equal(op_kind(OP_CLOSE_SESSION), OP_KIND_WRITE);
    assert_int_equal(op_kind(OP_GET_DATA), OP_KIND_READ);
    assert_int_equal(op_kind(OP_MULTI_READ), OP_KIND_READ);
    assert_int_equal(op_kind(OP_AUTH), OP_KIND_SPECIAL);
    assert_int_equal(op_kind(OP_CHECK), OP_KIND_INTERNAL);
    assert_int_equal(op_kind(OP_ERROR), OP_KIND_INTERNAL);
}

static void codes_that_are_none_are_told_apart(void **state)
{
    (void)state;
    static const int32_t none[] = {10, 23, 99, 108, -2, -12, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(op_kind(none[i]), OP_KIND_NONE);
        assert_string_equal(op_name(none[i]), "unknown");
        assert_string_equal(op_last_name(none[i]), "NA");
    }
}

static void as_many_codes_exist_as_in_java(void **state)
{
    (void)state;
    int count = 0;
    for (int32_t type = -20; type < 200; type++) {
        bool is_known = op_kind(type) != OP_KIND_NONE;
        assert_true(is_known == (strcmp(op_name(type), "unknown") != 0));
        count += is_known ? 1 : 0;
    }
    assert_int_equal(count, 33);
}

static void names_are_those_of_java(void **state)
{
    (void)state;
    assert_string_equal(op_name(OP_GET_CHILDREN2), "getChildren2");
    assert_string_equal(op_name(OP_CREATE_SESSION), "createSession");
    assert_string_equal(op_last_name(OP_GET_CHILDREN2), "GETC");
    assert_string_equal(op_last_name(OP_GET_ALL_CHILDREN_NUMBER), "GETACN");
    assert_string_equal(op_last_name(OP_CREATE_SESSION), "SESS");
    assert_string_equal(op_last_name(OP_SET_WATCHES2), "STW2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_protocol),
        cmocka_unit_test(kind_says_how_a_request_is_served),
        cmocka_unit_test(codes_that_are_none_are_told_apart),
        cmocka_unit_test(as_many_codes_exist_as_in_java),
        cmocka_unit_test(names_are_those_of_java),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
