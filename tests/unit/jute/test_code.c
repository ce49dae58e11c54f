// SPDX-License-Identifier: Apache-2.0
//
// Result codes: numbers that clients compare, and their names.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jute/code.h"

static void codes_are_those_of_the_protocol(void **state)
{
    (void)state;
    assert_int_equal(ZK_OK, 0);
    assert_int_equal(ZK_RUNTIME_INCONSISTENCY, -2);
    assert_int_equal(ZK_MARSHALLING_ERROR, -5);
    assert_int_equal(ZK_NO_NODE, -101);
    assert_int_equal(ZK_BAD_VERSION, -103);
    assert_int_equal(ZK_NODE_EXISTS, -110);
    assert_int_equal(ZK_SESSION_EXPIRED, -112);
    assert_int_equal(ZK_THROTTLED_OP, -127);
}

static void each_code_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(zk_code_name(ZK_OK), "OK");
    assert_string_equal(zk_code_name(ZK_NO_CHILDREN_FOR_EPHEMERALS), "NO_CHILDREN_FOR_EPHEMERALS");
    assert_string_equal(zk_code_name(-125), "QUOTA_EXCEEDED");
}

static void other_numbers_have_none(void **state)
{
    (void)state;
    static const int32_t none[] = {1, -9, -104, -126, -128, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_string_equal(zk_code_name(none[i]), "?");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_protocol),
        cmocka_unit_test(each_code_has_its_name),
        cmocka_unit_test(other_numbers_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
