// SPDX-License-Identifier: Apache-2.0
//
// The common shapes of JSON: numbers that JSON would round are text, bytes keep their value.
#include "cli/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cli/fake.h"

static void assert_json(struct json *value, const char *expected)
{
    struct buf text = {0};
    json_print(value, false, &text);
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
    json_free(value);
}

static void zxids_are_hexadecimal_text(void **state)
{
    (void)state;
    assert_json(cli_json_hex(0), "\"0x0\"");
    assert_json(cli_json_hex(INT64_C(0x100000002)), "\"0x100000002\"");
    assert_json(cli_json_hex(-1), "\"0xffffffffffffffff\"");
}

static void times_are_rfc_3339_or_null(void **state)
{
    (void)state;
    assert_json(cli_json_time(INT64_C(1700000000042)), "\"2023-11-14T22:13:20.042Z\"");
    assert_json(cli_json_time(0), "\"1970-01-01T00:00:00.000Z\"");
    assert_json(cli_json_time(-1), "null");
    assert_json(cli_json_time(INT64_MAX), "null");
}

static void a_stat_has_all_its_fields(void **state)
{
    (void)state;
    assert_json(cli_json_stat(&(struct paddock_stat){
                    .czxid = 1, .mzxid = 2, .pzxid = 3, .version = 4, .num_children = 5}),
                "{\"czxid\":\"0x1\",\"mzxid\":\"0x2\",\"pzxid\":\"0x3\",\"ctime_ms\":0,"
                "\"mtime_ms\":0,\"ctime\":\"1970-01-01T00:00:00.000Z\","
                "\"mtime\":\"1970-01-01T00:00:00.000Z\",\"version\":4,\"cversion\":0,"
                "\"aversion\":0,\"ephemeral_owner\":\"0x0\",\"data_length\":0,"
                "\"num_children\":5}");
}

static void an_acl_is_a_list_of_entries(void **state)
{
    (void)state;
    const struct paddock_acl acl[] = {{.perms = PADDOCK_ALL, .scheme = "world", .id = "anyone"},
                                      {.perms = PADDOCK_READ, .scheme = "digest", .id = "u:p"}};
    assert_json(cli_json_acl(acl, 2),
                "[{\"scheme\":\"world\",\"id\":\"anyone\",\"perms\":\"cdrwa\"},"
                "{\"scheme\":\"digest\",\"id\":\"u:p\",\"perms\":\"r\"}]");
}

static void assert_data(const void *bytes, size_t len, const char *expected)
{
    struct json *o = json_new_object();
    cli_json_data(o, paddock_bytes_of(bytes, len));
    assert_json(o, expected);
}

static void data_is_text_base64_or_null(void **state)
{
    (void)state;
    assert_data("gr\u00fc\u00df \"x\"", 10, "{\"data\":\"gr\u00fc\u00df \\\"x\\\"\"}");
    assert_data("\xff\x00", 2, "{\"data_base64\":\"/wA=\"}");
    assert_data("", 0, "{\"data\":\"\"}");
    assert_data(NULL, 0, "{\"data\":null}");
}

static void an_event_has_type_state_path_and_zxid(void **state)
{
    (void)state;
    assert_json(cli_json_event(&(struct paddock_event){.type = PADDOCK_EVENT_CREATED,
                                                       .state = PADDOCK_STATE_CONNECTED,
                                                       .path = "/a",
                                                       .zxid = 16}),
                "{\"type\":\"NodeCreated\",\"state\":\"SyncConnected\",\"path\":\"/a\","
                "\"zxid\":\"0x10\"}");
    assert_json(cli_json_event(&(struct paddock_event){
                    .type = PADDOCK_EVENT_SESSION, .state = PADDOCK_STATE_EXPIRED, .zxid = -1}),
                "{\"type\":\"None\",\"state\":\"Expired\",\"path\":null,\"zxid\":null}");
}

static void a_document_is_indented_on_terminals_only(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    struct json *o = json_new_object();
    json_put(o, "a", json_new_int(1));
    assert_int_equal(cli_print_json(&f.cli, o), CLI_DONE);
    assert_string_equal(fake_out(&f), "{\"a\":1}\n");
    f.host.out_is_tty = true;
    o = json_new_object();
    json_put(o, "a", json_new_int(1));
    (void)cli_print_json(&f.cli, o);
    assert_non_null(strstr(fake_out(&f), "{\n  \"a\": 1\n}\n"));
    fake_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zxids_are_hexadecimal_text),
        cmocka_unit_test(times_are_rfc_3339_or_null),
        cmocka_unit_test(a_stat_has_all_its_fields),
        cmocka_unit_test(an_acl_is_a_list_of_entries),
        cmocka_unit_test(data_is_text_base64_or_null),
        cmocka_unit_test(an_event_has_type_state_path_and_zxid),
        cmocka_unit_test(a_document_is_indented_on_terminals_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
