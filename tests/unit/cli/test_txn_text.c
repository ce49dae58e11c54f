// SPDX-License-Identifier: Apache-2.0
//
// Transactions as lines and as JSON.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/txn_text.h"
#include "jute/op.h"

static struct jute_acl open_acl[] = {
    {.perms = 31, .id = {{(const uint8_t *)"world", 5}, {(const uint8_t *)"anyone", 6}}}};

static struct txn create_of(const char *data, size_t len)
{
    return (struct txn){
        .header = {.zxid = 5, .time_ms = 1000, .client_id = 0x10, .cxid = 3, .type = OP_CREATE},
        .op = {.type = OP_CREATE,
               .create = {.path = slice_str("/a"),
                          .data = data == NULL ? slice_null() : slice_of(data, len),
                          .acl = {1, open_acl},
                          .parent_cversion = 1}},
        .has_digest = true,
        .digest = {.version = 2, .tree_digest = 0xab},
    };
}

static void assert_text(const struct txn *t, bool is_whole, const char *expected)
{
    struct buf text = {0};
    txn_text(t, is_whole, &text);
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
}

static void create_says_all_on_one_line(void **state)
{
    (void)state;
    struct txn t = create_of("hi", 2);
    assert_text(&t, false,
                "0x5  1970-01-01T00:00:01.000Z  session 0x10 cxid 3  create /a data 2 bytes hi acl "
                "world:anyone:cdrwa parent-cversion 1  digest 0xab\n");
}

static void data_is_null_text_or_base64_and_cut(void **state)
{
    (void)state;
    struct buf text = {0};
    txn_text_data(slice_null(), false, &text);
    txn_text_data(slice_str(""), false, &text);
    txn_text_data(slice_of("\x01\x02", 2), false, &text);
    assert_string_equal(buf_cstr(&text), " data null data 0 bytes data 2 bytes base64:AQI=");
    buf_clear(&text);
    char many[TXN_TEXT_DATA_BYTES + 10];
    memset(many, 'x', sizeof many);
    memcpy(many + TXN_TEXT_DATA_BYTES - 1, "\xc3\xa4", 2); // a character across the cut
    txn_text_data(slice_of(many, sizeof many), false, &text);
    assert_non_null(strstr(buf_cstr(&text), " data 58 bytes xxxx"));
    assert_non_null(strstr(buf_cstr(&text), "xxx..."));
    buf_clear(&text);
    txn_text_data(slice_of(many, sizeof many), true, &text);
    assert_null(strstr(buf_cstr(&text), "..."));
    buf_fini(&text);
}

static void parts_of_a_multi_stand_below_it(void **state)
{
    (void)state;
    struct txn_op parts[] = {
        {.type = OP_CHECK, .check = {.path = slice_str("/a"), .version = 2}},
        {.type = OP_ERROR, .error = {.err = -101}},
    };
    struct txn t = {.header = {.zxid = 1, .type = OP_MULTI},
                    .op = {.type = OP_MULTI},
                    .ops = parts,
                    .op_count = 2};
    assert_text(&t, false,
                "0x1  1970-01-01T00:00:00.000Z  session 0x0 cxid 0  multi of 2\n"
                "    check /a version 2\n    error NO_NODE\n");
}

static void assert_json(const struct txn *t, const char *expected)
{
    struct buf text = {0};
    struct json *o = txn_json(t);
    json_print(o, false, &text);
    assert_string_equal(buf_cstr(&text), expected);
    json_free(o);
    buf_fini(&text);
}

static void json_has_the_members_of_the_operation(void **state)
{
    (void)state;
    struct txn t = create_of("\xff", 1);
    assert_json(&t, "{\"zxid\":\"0x5\",\"time_ms\":1000,\"time\":\"1970-01-01T00:00:01.000Z\","
                    "\"session\":\"0x10\",\"cxid\":3,\"type\":\"create\",\"path\":\"/a\","
                    "\"data_base64\":\"/w==\",\"acl\":[{\"scheme\":\"world\",\"id\":\"anyone\","
                    "\"perms\":\"cdrwa\"}],\"parent_cversion\":1,\"is_ephemeral\":false,"
                    "\"digest\":\"0xab\"}");
    struct txn closed = {.header = {.type = OP_CLOSE_SESSION},
                         .op = {.type = OP_CLOSE_SESSION, .close_session = {{-1, NULL}}}};
    struct json *o = txn_json(&closed);
    assert_true(json_null_of(json_get(o, "paths")));
    assert_true(json_null_of(json_get(o, "digest")));
    json_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_says_all_on_one_line),
        cmocka_unit_test(data_is_null_text_or_base64_and_cut),
        cmocka_unit_test(parts_of_a_multi_stand_below_it),
        cmocka_unit_test(json_has_the_members_of_the_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
