// SPDX-License-Identifier: Apache-2.0
//
// Checksums against published values, in one piece and in parts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

static void adler32_gives_known_values(void **state)
{
    (void)state;
    assert_int_equal(hash_adler32(1, slice_str("")), 1);
    assert_int_equal(hash_adler32(1, slice_null()), 1);
    assert_int_equal(hash_adler32(1, slice_str("Wikipedia")), 0x11e60398);
}

static void crc32_gives_known_values(void **state)
{
    (void)state;
    assert_int_equal(hash_crc32(0, slice_str("")), 0);
    assert_int_equal(hash_crc32(0, slice_str("123456789")), 0xcbf43926);
}

static void checksums_continue_over_parts(void **state)
{
    (void)state;
    uint8_t bytes[20000];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(255 - i % 7);
    }
    struct slice all = slice_of(bytes, sizeof(bytes));
    for (size_t cut = 0; cut <= sizeof(bytes); cut += 1999) {
        struct slice head = slice_of(bytes, cut);
        struct slice tail = slice_skip(all, cut);
        assert_int_equal(hash_adler32(hash_adler32(1, head), tail), hash_adler32(1, all));
        assert_int_equal(hash_crc32(hash_crc32(0, head), tail), hash_crc32(0, all));
    }
}

static void keyed_hash_depends_on_key_and_bytes(void **state)
{
    (void)state;
    struct slice path = slice_str("/services/web-0");
    assert_true(hash_keyed(1, path) == hash_keyed(1, path));
    assert_true(hash_keyed(1, path) != hash_keyed(2, path));
    assert_true(hash_keyed(1, path) != hash_keyed(1, slice_str("/services/web-1")));
    assert_true(hash_keyed(1, slice_str("")) != hash_keyed(2, slice_str("")));
    // Source: the published XXH3_64bits of no bytes under seed 0.
    assert_true(hash_keyed(0, slice_str("")) == UINT64_C(0x2d06800538d394c2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adler32_gives_known_values),
        cmocka_unit_test(crc32_gives_known_values),
        cmocka_unit_test(checksums_continue_over_parts),
        cmocka_unit_test(keyed_hash_depends_on_key_and_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
