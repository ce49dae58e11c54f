// SPDX-License-Identifier: Apache-2.0
//
// The growable buffer and its big-endian writers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/prng.h"

static void zeroed_struct_is_an_empty_buffer(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_false(slice_is_null(buf_slice(&b)));
    assert_int_equal(buf_slice(&b).len, 0);
    buf_append(&b, NULL, 0);
    assert_null(b.data);
    assert_string_equal(buf_cstr(&b), "");
    assert_int_equal(b.len, 0);
    buf_fini(&b);
    buf_fini(&b);
}

static void appended_bytes_stay_in_order_over_growth(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    struct prng p;
    prng_init(&p, 7);
    uint8_t expected[5000];
    size_t len = 0;
    while (len < sizeof(expected)) {
        size_t part = (size_t)prng_below(&p, 97) % (sizeof(expected) - len) + 1;
        for (size_t i = 0; i < part; i++) {
            expected[len + i] = (uint8_t)prng_next(&p);
        }
        buf_append(&b, expected + len, part);
        len += part;
        assert_true(b.cap >= b.len);
    }
    assert_int_equal(b.len, len);
    assert_memory_equal(b.data, expected, len);
    buf_fini(&b);
}

static void growth_doubles(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    unsigned growths = 0;
    for (unsigned i = 0; i < 1000000; i++) {
        size_t cap = b.cap;
        buf_put_u8(&b, (uint8_t)i);
        growths += b.cap != cap;
    }
    assert_true(growths <= 16);
    buf_fini(&b);
}

static void numbers_are_big_endian(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    buf_put_u8(&b, 0xfe);
    buf_put_i32(&b, -2);
    buf_put_i64(&b, 0x0102030405060708);
    const uint8_t expected[] = {0xfe, 0xff, 0xff, 0xff, 0xfe, 1, 2, 3, 4, 5, 6, 7, 8};
    assert_int_equal(b.len, sizeof(expected));
    assert_memory_equal(b.data, expected, sizeof(expected));
    assert_int_equal(be32_load(b.data + 1), 0xfffffffe);
    assert_true(be64_load(b.data + 5) == 0x0102030405060708);
    be32_store(b.data, 0x0a0b0c0d);
    be64_store(b.data + 4, UINT64_MAX - 1);
    assert_int_equal(b.data[0], 0x0a);
    assert_int_equal(b.data[11], 0xfe);
    buf_fini(&b);
}

static void consume_moves_the_rest_to_the_front(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    buf_append_str(&b, "headtail");
    buf_consume(&b, 4);
    assert_true(slice_equal_str(buf_slice(&b), "tail"));
    buf_consume(&b, 0);
    assert_true(slice_equal_str(buf_slice(&b), "tail"));
    buf_consume(&b, 4);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
}

static void printf_appends_at_every_fill_level(void **state)
{
    (void)state;
    for (size_t fill = 0; fill < 140; fill++) {
        struct buf b;
        buf_init(&b);
        for (size_t i = 0; i < fill; i++) {
            buf_put_u8(&b, 'x');
        }
        buf_printf(&b, "%s=%d", "answer", 42);
        assert_int_equal(b.len, fill + 9);
        assert_memory_equal(b.data + fill, "answer=42", 9);
        buf_fini(&b);
    }
}

static void cstr_ends_with_a_zero_that_does_not_count(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < 64; i++) {
        buf_append_str(&b, "a");
    }
    assert_int_equal(strlen(buf_cstr(&b)), 64);
    assert_int_equal(b.len, 64);
    buf_clear(&b);
    assert_string_equal(buf_cstr(&b), "");
    buf_fini(&b);
}

static void refused_growth_changes_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    buf_append_str(&b, "kept");
    size_t cap = b.cap;
    mem_fail_after(1);
    assert_null(buf_try_reserve(&b, 100000));
    mem_fail_after(0);
    assert_null(buf_try_reserve(&b, SIZE_MAX - 2));
    assert_int_equal(b.cap, cap);
    assert_true(slice_equal_str(buf_slice(&b), "kept"));
    assert_non_null(buf_try_reserve(&b, 100000));
    assert_true(b.cap - b.len >= 100000);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_struct_is_an_empty_buffer),
        cmocka_unit_test(appended_bytes_stay_in_order_over_growth),
        cmocka_unit_test(growth_doubles),
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(consume_moves_the_rest_to_the_front),
        cmocka_unit_test(printf_appends_at_every_fill_level),
        cmocka_unit_test(cstr_ends_with_a_zero_that_does_not_count),
        cmocka_unit_test(refused_growth_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
