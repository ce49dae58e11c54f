// SPDX-License-Identifier: Apache-2.0
//
// Texts as Java makes them. What TxnLogToolkit prints of whole files is compared with Java's in
// tests/interop/test_cli_files.py.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "cli/java_text.h"
#include "jute/op.h"

static struct jute_acl acls[] = {
    {.perms = 31, .id = {{(const uint8_t *)"world", 5}, {(const uint8_t *)"anyone", 6}}},
    {.perms = 1, .id = {{(const uint8_t *)"ip", 2}, {(const uint8_t *)"a,b}%\n", 6}}},
};

static void assert_txn(const struct txn_op *op, const char *expected)
{
    struct txn t = {.header = {.type = op->type}, .op = *op};
    struct buf text = {0};
    java_text_txn(&t, slice_str(""), &text);
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
}

static void times_are_in_the_short_and_medium_form(void **state)
{
    struct buf text = {0};
    (void)state;
    java_text_time(INT64_C(1795280185000), &text);
    assert_string_equal(buf_cstr(&text), "11/21/26, 4:56:25 PM UTC");
    buf_clear(&text);
    java_text_date(0, &text);
    assert_string_equal(buf_cstr(&text), "Jan 1, 1970, 12:00:00 AM");
    buf_fini(&text);
}

static void malformed_bytes_become_replacement_characters(void **state)
{
    struct buf text = {0};
    (void)state;
    java_text_utf8(slice_str("a\x80z"), &text);
    assert_string_equal(buf_cstr(&text), "a\xef\xbf\xbdz");
    buf_fini(&text);
}

static void lists_of_records_end_each_with_a_line(void **state)
{
    (void)state;
    assert_txn(&(struct txn_op){.type = OP_CREATE,
                                .create = {.path = slice_str("/a"),
                                           .data = slice_str("x"),
                                           .acl = {2, acls},
                                           .ephemeral = true,
                                           .parent_cversion = 7}},
               "/a,x,[31,s{'world,'anyone}\n, 1,s{'ip,'a%2Cb%7D%25%0A}\n],true,7");
    assert_txn(
        &(struct txn_op){.type = OP_SET_ACL,
                         .set_acl = {.path = slice_str("/a"), .acl = {1, acls}, .version = 2}},
        "'/a,v{s{31,s{'world,'anyone}}},2\n");
}

static void sessions_and_errors_are_numbers(void **state)
{
    struct slice paths[] = {slice_str("/a"), slice_str("/b")};
    (void)state;
    assert_txn(&(struct txn_op){.type = OP_CREATE_SESSION, .create_session = {30000}}, "30000\n");
    assert_txn(&(struct txn_op){.type = OP_ERROR, .error = {-101}}, "-101\n");
    assert_txn(&(struct txn_op){.type = OP_CLOSE_SESSION, .close_session = {{2, paths}}},
               "v{'/a,'/b}\n");
    assert_txn(&(struct txn_op){.type = OP_CLOSE_SESSION, .close_session = {{-1, NULL}}}, "");
}

static void parts_of_a_multi_are_their_bytes(void **state)
{
    static const uint8_t body[] = {0,   0,   0,   2, 0, 0, 0,  2, 0, 0, 0, 3,
                                   'a', 'b', 'c', 0, 0, 0, 99, 0, 0, 0, 1, 'd'};
    struct txn t = {.op = {.type = OP_MULTI}};
    struct buf text = {0};
    (void)state;
    java_text_txn(&t, slice_of(body, sizeof body), &text);
    assert_string_equal(buf_cstr(&text), "delete:abc;unknown 99:d");
    buf_fini(&text);
}

int main(void)
{
    (void)setenv("TZ", "UTC", 1);
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_in_the_short_and_medium_form),
        cmocka_unit_test(malformed_bytes_become_replacement_characters),
        cmocka_unit_test(lists_of_records_end_each_with_a_line),
        cmocka_unit_test(sessions_and_errors_are_numbers),
        cmocka_unit_test(parts_of_a_multi_are_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
