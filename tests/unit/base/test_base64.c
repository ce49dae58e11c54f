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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc),
        cmocka_unit_test(bytes_of_any_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
