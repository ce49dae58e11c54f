// SPDX-License-Identifier: Apache-2.0
//
// The order of Java's hash tables. The expected orders were printed by Java 17.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "cli/java_order.h"

enum { COUNT_MAX = 64 };

static void order_of(const char *const *names, size_t count, struct buf *ret)
{
    uint32_t hashes[COUNT_MAX];
    size_t order[COUNT_MAX];
    assert_true(count <= COUNT_MAX);
    for (size_t i = 0; i < count; i++) {
        hashes[i] = java_string_hash(slice_str(names[i]));
    }
    java_order(hashes, count, JAVA_ORDER_CHILDREN, order);
    buf_clear(ret);
    for (size_t i = 0; i < count; i++) {
        buf_printf(ret, "%s%s", i > 0 ? " " : "", names[order[i]]);
    }
}

static void strings_hash_by_utf16_units(void **state)
{
    (void)state;
    assert_int_equal(java_string_hash(slice_str("")), 0);
    assert_int_equal(java_string_hash(slice_str("zookeeper")), 0x5f68774c);
    assert_int_equal(java_string_hash(slice_str("\xc3\xa4\xe2\x82\xac")), 0xe4 * 31 + 0x20ac);
    // U+1F600 is the surrogates d83d de00; a lone 0x80 is U+FFFD.
    assert_int_equal(java_string_hash(slice_str("\xf0\x9f\x98\x80")), 0xd83d * 31 + 0xde00);
    assert_int_equal(java_string_hash(slice_str("\x80")), 0xfffd);
}

static void longs_hash_by_both_halves(void **state)
{
    (void)state;
    assert_int_equal(java_long_hash(5), 5);
    assert_int_equal(java_long_hash(INT64_C(0x100000002)), 3);
    assert_int_equal(java_long_hash(-1), 0);
}

static void few_keys_stand_by_their_buckets(void **state)
{
    static const char *const names[] = {"zookeeper", "a", "b", "c"};
    struct buf text = {0};
    (void)state;
    order_of(names, 4, &text);
    assert_string_equal(buf_cstr(&text), "a b c zookeeper");
    buf_fini(&text);
}

static void a_bucket_keeps_the_order_of_insertion(void **state)
{
    static const char *const names[] = {"Aa", "BB"}; // of one hash
    static const char *const turned[] = {"BB", "Aa"};
    struct buf text = {0};
    (void)state;
    order_of(names, 2, &text);
    assert_string_equal(buf_cstr(&text), "Aa BB");
    order_of(turned, 2, &text);
    assert_string_equal(buf_cstr(&text), "BB Aa");
    buf_fini(&text);
}

// Seven keys of hash 0 to 48 in steps of 8: one bucket of eight, until the seventh doubles the
// table to 16 and splits it.
static void the_table_doubles_above_three_quarters(void **state)
{
    uint32_t hashes[7];
    size_t order[7];
    (void)state;
    for (uint32_t i = 0; i < 7; i++) {
        hashes[i] = 8 * i;
    }
    java_order(hashes, 6, JAVA_ORDER_CHILDREN, order);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(order[i], i);
    }
    static const size_t split[] = {0, 2, 4, 6, 1, 3, 5};
    java_order(hashes, 7, JAVA_ORDER_CHILDREN, order);
    assert_memory_equal(order, split, sizeof split);
}

// The ninth key in one bucket doubles a small table even when it is not full.
static void long_buckets_double_small_tables(void **state)
{
    uint32_t hashes[9];
    size_t order[9];
    (void)state;
    for (uint32_t i = 0; i < 9; i++) {
        hashes[i] = 16 * i;
    }
    java_order(hashes, 9, JAVA_ORDER_MAP, order);
    static const size_t split[] = {0, 2, 4, 6, 8, 1, 3, 5, 7};
    assert_memory_equal(order, split, sizeof split);
}

static void comparing_puts_surrogates_below_the_last_characters(void **state)
{
    (void)state;
    assert_true(java_compare(slice_str("a"), slice_str("b")) < 0);
    assert_true(java_compare(slice_str("a"), slice_str("ab")) < 0);
    assert_int_equal(java_compare(slice_str("/a"), slice_str("/a")), 0);
    struct slice last = slice_str("\xef\xbf\xbd"), emoji = slice_str("\xf0\x9f\x98\x80");
    assert_true(java_compare(emoji, last) < 0);
    assert_true(java_compare(slice_str("\xed\x9f\xbf"), emoji) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_hash_by_utf16_units),
        cmocka_unit_test(longs_hash_by_both_halves),
        cmocka_unit_test(few_keys_stand_by_their_buckets),
        cmocka_unit_test(a_bucket_keeps_the_order_of_insertion),
        cmocka_unit_test(the_table_doubles_above_three_quarters),
        cmocka_unit_test(long_buckets_double_small_tables),
        cmocka_unit_test(comparing_puts_surrogates_below_the_last_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
