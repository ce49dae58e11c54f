// SPDX-License-Identifier: Apache-2.0
//
// Names of codes.
#include <string.h>

#include "jute/code.h"
#include "paddock/paddock.h"
#include "tests/unit/client/unit.h"

// "NO_NODE" and "NoNode" have the same letters.
static void expect_same_letters(const char *ours, const char *protocol)
{
    while (*protocol != 0) {
        if (*protocol == '_') {
            protocol++;
        }
        assert_int_equal(*ours | 0x20, *protocol | 0x20);
        ours++;
        protocol++;
    }
    assert_int_equal(*ours, 0);
}

static void every_code_of_the_protocol_has_its_name(void **state)
{
    (void)state;
#define X(name, value) expect_same_letters(paddock_code_name(value), #name);
    ZK_CODES(X)
#undef X
}

static void codes_of_the_library_have_names_and_others_are_unknown(void **state)
{
    (void)state;
    for (int code = PADDOCK_NO_RESOURCES; code <= PADDOCK_NO_MEMORY; code++) {
        assert_string_not_equal(paddock_code_name(code), "Unknown");
    }
    assert_string_equal(paddock_code_name(PADDOCK_WOULD_DEADLOCK), "WouldDeadlock");
    assert_string_equal(paddock_code_name(-126), "Unknown");
    assert_string_equal(paddock_code_name(INT32_MIN), "Unknown");
}

static void text_keeps_null_and_empty_apart(void **state)
{
    (void)state;
    assert_null(paddock_text(NULL).bytes);
    assert_non_null(paddock_text("").bytes);
    assert_int_equal(paddock_text("").len, 0);
    assert_int_equal(paddock_text("abc").len, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_of_the_protocol_has_its_name),
        cmocka_unit_test(codes_of_the_library_have_names_and_others_are_unknown),
        cmocka_unit_test(text_keeps_null_and_empty_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
