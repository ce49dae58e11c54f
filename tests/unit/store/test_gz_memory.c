// SPDX-License-Identifier: Apache-2.0
//
// zlib with our memory.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/gz_memory.h"

enum { LEVEL = 6, BYTES = 100000 };

static void what_was_deflated_inflates_to_the_same(void **state)
{
    (void)state;
    static uint8_t plain[BYTES];
    static uint8_t packed[BYTES];
    static uint8_t again[BYTES];
    for (size_t i = 0; i < BYTES; i++) {
        plain[i] = (uint8_t)(i / 7 % 100);
    }
    z_stream z = {0};
    gz_memory_use(&z);
    assert_int_equal(deflateInit(&z, LEVEL), Z_OK);
    z.next_in = plain;
    z.avail_in = BYTES;
    z.next_out = packed;
    z.avail_out = BYTES;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    assert_true(z.total_out < BYTES / 2);
    uInt packed_bytes = (uInt)z.total_out;
    assert_int_equal(deflateEnd(&z), Z_OK);

    z = (z_stream){0};
    gz_memory_use(&z);
    assert_int_equal(inflateInit(&z), Z_OK);
    z.next_in = packed;
    z.avail_in = packed_bytes;
    z.next_out = again;
    z.avail_out = BYTES;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(inflateEnd(&z), Z_OK);
    assert_memory_equal(plain, again, BYTES);
}

static void zlib_asks_us_and_not_malloc(void **state)
{
    (void)state;
    z_stream z = {0};
    assert_int_equal(inflateInit(&z), Z_OK);
    alloc_func of_zlib = z.zalloc;
    assert_int_equal(inflateEnd(&z), Z_OK);
    gz_memory_use(&z);
    assert_int_equal(inflateInit(&z), Z_OK);
    assert_true(z.zalloc != of_zlib);
    assert_int_equal(inflateEnd(&z), Z_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_deflated_inflates_to_the_same),
        cmocka_unit_test(zlib_asks_us_and_not_malloc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
