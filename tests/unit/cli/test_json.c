// SPDX-License-Identifier: Apache-2.0
//
// Our JSON: what scripts find under which name, and that no bit of a number or of data is lost.
#include "cli/json.h"

#include <setjmp.h>
#include <stdarg.h>

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
    assert_json(cli_json_hex(0x1f), "\"0x1f\"");
    assert_json(cli_json_hex(-1), "\"0xffffffffffffffff\"");
}

static void times_are_utc_or_null(void **state)
{
    (void)state;
    assert_json(cli_json_time(0), "\"1970-01-01T00:00:00.000Z\"");
    assert_json(cli_json_time(INT64_C(1700000000042)), "\"2023-11-14T22:13:20.042Z\"");
    assert_json(cli_json_time(-1), "null");
    assert_json(cli_json_time(INT64_C(253402300799999)), "\"9999-12-31T23:59:59.999Z\"");
    assert_json(cli_json_time(INT64_C(253402300800000)), "null");
    assert_json(cli_json_time(INT64_MAX), "null");
}

static void a_stat_has_all_its_members(void **state)
{
    (void)state;
    struct paddock_stat s = {.czxid = 1,
                             .mzxid = 0x100000002,
                             .pzxid = 3,
                             .ctime_ms = 4,
                             .mtime_ms = 5,
                             .version = 6,
                             .cversion = 7,
                             .aversion = 8,
                             .ephemeral_owner = 9,
                             .data_length = 10,
                             .num_children = 11};
    assert_json(cli_json_stat(&s),
                "{\"czxid\":\"0x1\",\"mzxid\":\"0x100000002\",\"pzxid\":\"0x3\","
                "\"ctime_ms\":4,\"mtime_ms\":5,\"ctime\":\"1970-01-01T00:00:00.004Z\","
                "\"mtime\":\"1970-01-01T00:00:00.005Z\",\"version\":6,\"cversion\":7,"
                "\"aversion\":8,\"ephemeral_owner\":\"0x9\",\"data_length\":10,"
                "\"num_children\":11}");
}

static void an_acl_has_zkclis_letters(void **state)
{
    (void)state;
    static const struct paddock_acl acl[] = {{PADDOCK_READ, "world", "anyone"},
                                             {PADDOCK_ALL, "digest", "joe:hash"}};
    assert_json(cli_json_acl(acl, 2),
                "[{\"scheme\":\"world\",\"id\":\"anyone\",\"perms\":\"r\"},"
                "{\"scheme\":\"digest\",\"id\":\"joe:hash\",\"perms\":\"cdrwa\"}]");
}

static void assert_data(struct paddock_bytes data, const char *expected)
{
    struct json *o = json_new_object();
    cli_json_data(o, data);
    assert_json(o, expected);
}

static void data_is_text_or_base64(void **state)
{
    (void)state;
    assert_data(paddock_text("caf\xc3\xa9"), "{\"data\":\"caf\xc3\xa9\"}");
    assert_data(paddock_text(""), "{\"data\":\"\"}");
    assert_data((struct paddock_bytes){0}, "{\"data\":null}");
    assert_data(paddock_text("\xff\xfe"), "{\"data_base64\":\"//4=\"}");
    assert_data(paddock_text("a\xc3"), "{\"data_base64\":\"YcM=\"}");
}

static void an_event_without_zxid_says_so(void **state)
{
    (void)state;
    struct paddock_event event = {
        .type = PADDOCK_EVENT_CREATED, .state = PADDOCK_STATE_CONNECTED, .path = "/a", .zxid = -1};
    assert_json(cli_json_event(&event),
                "{\"type\":\"NodeCreated\",\"state\":\"SyncConnected\",\"path\":\"/a\","
                "\"zxid\":null}");
    event.zxid = 16;
    event.path = NULL;
    assert_json(cli_json_event(&event),
                "{\"type\":\"NodeCreated\",\"state\":\"SyncConnected\",\"path\":null,"
                "\"zxid\":\"0x10\"}");
}

static struct json *small(void)
{
    struct json *o = json_new_object();
    json_put(o, "n", json_new_int(1));
    return o;
}

static void documents_are_indented_for_people_and_streams_are_lines(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    assert_int_equal(cli_print_json(&f.cli, small()), CLI_DONE);
    f.host.out_is_tty = true;
    assert_int_equal(cli_print_json(&f.cli, small()), CLI_DONE);
    f.cli.is_stream = true;
    assert_int_equal(cli_print_json(&f.cli, small()), CLI_DONE);
    assert_string_equal(fake_out(&f), "{\"n\":1}\n{\n  \"n\": 1\n}\n{\"n\":1}\n");
    fake_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zxids_are_hexadecimal_text),
        cmocka_unit_test(times_are_utc_or_null),
        cmocka_unit_test(a_stat_has_all_its_members),
        cmocka_unit_test(an_acl_has_zkclis_letters),
        cmocka_unit_test(data_is_text_or_base64),
        cmocka_unit_test(an_event_without_zxid_says_so),
        cmocka_unit_test(documents_are_indented_for_people_and_streams_are_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
