// SPDX-License-Identifier: Apache-2.0
//
// The vectors of RFC 4648.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"

static void check(const char *text, const char *expected)
{
    struct buf out = {0};
    base64_encode(slice_str(text), &out);
    assert_string_equal(buf_cstr(&out), expected);
    struct buf back = {0};
    assert_true(base64_decode(slice_str(expected), &back));
    assert_string_equal(buf_cstr(&back), text);
    buf_fini(&back);
    buf_fini(&out);
}

static void the_vectors_of_the_rfc(void **state)
{
    (void)state;
    check("", "");
    check("f", "Zg==");
    check("fo", "Zm8=");
    check("foo", "Zm9v");
    check("foob", "Zm9vYg==");
    check("fooba", "Zm9vYmE=");
    check("foobar", "Zm9vYmFy");
}

static void bytes_of_any_value(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0xff, 0x00, 0xfe, 0x80};
    struct buf out = {0};
    base64_encode(slice_of(bytes, sizeof(bytes)), &out);
    assert_string_equal(buf_cstr(&out), "/wD+gA==");
    buf_fini(&out);
}

static void what_is_no_base64_adds_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "Z",     "Zg",    "Zg=",  "Zg==Zg==", "=Zg=",   "Zh==", "Zm9=",
        "Zm 9v", "Zm9v=", "====", "Z===",     "Zm9v\n", "Zm-v"};
    struct buf out = {0};
    buf_append_str(&out, "kept");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(base64_decode(slice_str(bad[i]), &out));
        assert_string_equal(buf_cstr(&out), "kept");
    }
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc),
        cmocka_unit_test(bytes_of_any_value),
        cmocka_unit_test(what_is_no_base64_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
