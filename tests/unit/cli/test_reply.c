// SPDX-License-Identifier: Apache-2.0
//
// A copy does not point into what it was copied from.
#include "cli/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_copy_outlives_the_result(void **state)
{
    (void)state;
    char name[] = "child", data[] = "va\0lue", scheme[] = "digest", id[] = "joe:x";
    const char *strings[] = {name, ""};
    struct paddock_acl acl[] = {{3, scheme, id}};
    struct paddock_result r = {.code = PADDOCK_OK,
                               .stat = {.version = 4},
                               .data = {data, 6},
                               .strings = strings,
                               .string_count = 2,
                               .acl = acl,
                               .acl_count = 1};
    struct reply copy;
    reply_copy(&copy, &r);
    memset(name, '#', sizeof(name) - 1);
    memset(data, '#', sizeof(data) - 1);
    memset(scheme, '#', sizeof(scheme) - 1);
    memset(id, '#', sizeof(id) - 1);
    assert_int_equal(copy.stat.version, 4);
    assert_int_equal(copy.data.len, 6);
    assert_memory_equal(copy.data.bytes, "va\0lue", 6);
    assert_int_equal(copy.string_count, 2);
    assert_string_equal(copy.strings[0], "child");
    assert_string_equal(copy.strings[1], "");
    assert_null(copy.strings[2]);
    assert_int_equal(copy.acl_count, 1);
    assert_int_equal(copy.acl[0].perms, 3);
    assert_string_equal(copy.acl[0].scheme, "digest");
    assert_string_equal(copy.acl[0].id, "joe:x");
    reply_fini(&copy);
    assert_null(copy.block);
}

static void null_and_empty_data_stay_apart(void **state)
{
    (void)state;
    struct paddock_result null = {.code = PADDOCK_OK},
                          empty = {.code = PADDOCK_OK, .data = {"", 0}};
    struct reply a, b;
    reply_copy(&a, &null);
    reply_copy(&b, &empty);
    assert_null(a.data.bytes);
    assert_non_null(b.data.bytes);
    assert_int_equal(b.data.len, 0);
    reply_fini(&a);
    reply_fini(&b);
}

static void a_failure_has_no_block(void **state)
{
    (void)state;
    struct paddock_result r = {.code = PADDOCK_NO_NODE, .fate = PADDOCK_ANSWERED};
    struct reply copy;
    reply_copy(&copy, &r);
    assert_int_equal(copy.code, PADDOCK_NO_NODE);
    assert_int_equal(copy.bytes, 0);
    assert_null(copy.block);
    reply_fini(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_outlives_the_result),
        cmocka_unit_test(null_and_empty_data_stay_apart),
        cmocka_unit_test(a_failure_has_no_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
