// SPDX-License-Identifier: Apache-2.0
//
// JSON strings: escapes, and bytes that are no text.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

static void expect(struct slice text, const char *json)
{
    struct buf b = {0};
    json_append_string(&b, text);
    assert_string_equal(buf_cstr(&b), json);
    buf_fini(&b);
}

static void plain_text_is_quoted(void **state)
{
    (void)state;
    expect(slice_str("/a b/c"), "\"/a b/c\"");
    expect(slice_str(""), "\"\"");
    expect(slice_null(), "null");
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    expect(slice_of("\"\\\n\r\t\0\x1f\x7f", 8), "\"\\\"\\\\\\n\\r\\t\\u0000\\u001f\\u007f\"");
}

static void well_formed_utf8_passes(void **state)
{
    (void)state;
    expect(slice_str("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
           "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

static void malformed_utf8_is_replaced(void **state)
{
    (void)state;
    expect(slice_str("a\xff"), "\"a\xef\xbf\xbd\"");
    expect(slice_str("\xc0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 // overlong
    expect(slice_str("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 // cut short
    expect(slice_str("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); // surrogate
    expect(slice_str("\xe2\x28\xa1"), "\"\xef\xbf\xbd(\xef\xbf\xbd\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_quoted),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(well_formed_utf8_passes),
        cmocka_unit_test(malformed_utf8_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
