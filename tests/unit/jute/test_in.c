// SPDX-License-Identifier: Apache-2.0
//
// The reader: bounds, limits, null, and failure that lasts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "jute/in.h"
#include "tests/unit/jute/hex.h"

struct fixture {
    struct buf bytes;
    struct arena arena;
    struct jute_in in;
};

static void open_hex(struct fixture *f, const char *text)
{
    f->bytes = hex_bytes(text);
    f->arena = (struct arena){0};
    jute_in_init(&f->in, buf_slice(&f->bytes), &f->arena, 64);
}

static void close_hex(struct fixture *f)
{
    buf_fini(&f->bytes);
    arena_fini(&f->arena);
}

static void scalars_are_big_endian_and_signed(void **state)
{
    (void)state;
    struct fixture f;
    open_hex(&f, "00 00 01 02  ff ff ff fe  80 00 00 00 00 00 00 01  00 01 7f");
    int32_t i;
    int64_t l;
    bool b;
    assert_true(jute_in_i32(&f.in, &i) && i == 258);
    assert_true(jute_in_i32(&f.in, &i) && i == -2);
    assert_true(jute_in_i64(&f.in, &l) && l == INT64_MIN + 1);
    assert_true(jute_in_boolean(&f.in, &b) && !b);
    assert_true(jute_in_boolean(&f.in, &b) && b);
    assert_true(jute_in_boolean(&f.in, &b) && b); // any byte but 0
    assert_int_equal(jute_in_left(&f.in), 0);
    assert_false(f.in.failed);
    close_hex(&f);
}

static void first_failure_fails_the_rest(void **state)
{
    (void)state;
    struct fixture f;
    open_hex(&f, "00 00 00 05 61 62");
    struct slice s = slice_str("before");
    int32_t i = 7;
    bool b = true;
    assert_false(jute_in_buf(&f.in, &s));
    assert_true(slice_equal_str(s, "before"));
    assert_true(f.in.failed);
    assert_int_equal(jute_in_left(&f.in), 0);
    assert_false(jute_in_boolean(&f.in, &b));
    assert_false(jute_in_i32(&f.in, &i));
    assert_int_equal(i, 7);
    assert_true(f.in.failed);
    close_hex(&f);
}

static void scalars_need_all_their_bytes(void **state)
{
    (void)state;
    struct fixture f;
    int32_t i;
    int64_t l;
    bool b;
    open_hex(&f, "00 00 00");
    assert_false(jute_in_i32(&f.in, &i));
    close_hex(&f);
    open_hex(&f, "00 00 00 00 00 00 00");
    assert_false(jute_in_i64(&f.in, &l));
    close_hex(&f);
    open_hex(&f, "");
    assert_false(jute_in_boolean(&f.in, &b));
    close_hex(&f);
    jute_in_init(&f.in, slice_null(), NULL, 64);
    assert_false(jute_in_i32(&f.in, &i));
}

static void null_and_empty_are_kept_apart(void **state)
{
    (void)state;
    struct fixture f;
    open_hex(&f, "ff ff ff ff  00 00 00 00  ff ff ff ff  00 00 00 00");
    struct slice s;
    assert_true(jute_in_buf(&f.in, &s) && slice_is_null(s));
    assert_true(jute_in_buf(&f.in, &s) && !slice_is_null(s) && s.len == 0);
    assert_true(jute_in_str(&f.in, &s) && slice_is_null(s));
    assert_true(jute_in_str(&f.in, &s) && !slice_is_null(s) && s.len == 0);
    close_hex(&f);
}

static void negative_length_other_than_null_fails(void **state)
{
    (void)state;
    struct fixture f;
    struct slice s;
    open_hex(&f, "ff ff ff fe 61 61");
    assert_false(jute_in_buf(&f.in, &s));
    close_hex(&f);
    open_hex(&f, "80 00 00 00 61 61");
    assert_false(jute_in_str(&f.in, &s));
    close_hex(&f);
}

static void strings_above_the_limit_fail(void **state)
{
    (void)state;
    struct fixture f;
    struct slice s;
    open_hex(&f, "00 00 00 03 61 62 63  00 00 00 04 61 62 63 64");
    f.in.string_max = 3;
    assert_true(jute_in_str(&f.in, &s));
    assert_true(slice_equal_str(s, "abc"));
    assert_false(jute_in_str(&f.in, &s));
    close_hex(&f);
}

static void strings_are_repaired_and_buffers_are_not(void **state)
{
    (void)state;
    struct fixture f;
    struct slice s;
    open_hex(&f, "00 00 00 02 61 ff  00 00 00 02 61 ff");
    assert_true(jute_in_buf(&f.in, &s));
    hex_assert(s, "61 ff");
    assert_true(jute_in_str(&f.in, &s));
    hex_assert(s, "61 ef bf bd");
    close_hex(&f);
}

static void valid_strings_borrow_the_input(void **state)
{
    (void)state;
    struct fixture f;
    struct slice s;
    open_hex(&f, "00 00 00 04 2f c3 a9 2f");
    assert_true(jute_in_str(&f.in, &s));
    assert_ptr_equal(s.data, f.bytes.data + 4);
    close_hex(&f);
}

static void counts_are_bounded_by_the_bytes_left(void **state)
{
    (void)state;
    struct fixture f;
    int32_t count = 9;
    open_hex(&f, "00 00 00 02  00 00 00 00 00 00 00 00");
    assert_true(jute_in_count(&f.in, 4, &count));
    assert_int_equal(count, 2);
    close_hex(&f);
    open_hex(&f, "00 00 00 03  00 00 00 00 00 00 00 00");
    assert_false(jute_in_count(&f.in, 4, &count));
    assert_int_equal(count, 2);
    close_hex(&f);
    open_hex(&f, "7f ff ff ff");
    assert_false(jute_in_count(&f.in, 1, &count));
    close_hex(&f);
}

static void negative_counts_are_null_or_empty_as_in_java(void **state)
{
    (void)state;
    struct fixture f;
    int32_t count = 9;
    open_hex(&f, "ff ff ff ff  ff ff ff fe  80 00 00 00");
    assert_true(jute_in_count(&f.in, 4, &count));
    assert_int_equal(count, -1);
    assert_true(jute_in_count(&f.in, 4, &count));
    assert_int_equal(count, 0);
    assert_true(jute_in_count(&f.in, 4, &count));
    assert_int_equal(count, 0);
    close_hex(&f);
}

// ---- memory ----

static void no_memory_fails_a_request_and_says_so(void **state)
{
    (void)state;
    struct fixture f;
    open_hex(&f, "00 00 00 02 61 ff  00 00 00 01");
    struct slice s = slice_str("before");
    int32_t i;
    mem_fail_after(1);
    assert_false(jute_in_str(&f.in, &s)); // its repaired copy
    mem_fail_after(0);
    assert_true(f.in.is_out_of_memory);
    assert_true(slice_equal_str(s, "before"));
    assert_false(jute_in_i32(&f.in, &i));
    close_hex(&f);
}

static void bytes_of_a_server_never_meet_a_refused_allocation(void **state)
{
    (void)state;
    struct fixture f;
    open_hex(&f, "00 00 00 02 61 ff");
    struct slice s;
    f.in.is_own = true;
    mem_fail_after(1);
    assert_true(jute_in_str(&f.in, &s));
    mem_fail_after(0);
    assert_true(slice_equal_str(s, "a\xef\xbf\xbd"));
    close_hex(&f);
}

static void malformed_is_not_out_of_memory(void **state)
{
    (void)state;
    struct fixture f;
    open_hex(&f, "00 00 00 02 61");
    struct slice s;
    assert_false(jute_in_str(&f.in, &s));
    assert_false(f.in.is_out_of_memory);
    close_hex(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_are_big_endian_and_signed),
        cmocka_unit_test(first_failure_fails_the_rest),
        cmocka_unit_test(scalars_need_all_their_bytes),
        cmocka_unit_test(null_and_empty_are_kept_apart),
        cmocka_unit_test(negative_length_other_than_null_fails),
        cmocka_unit_test(strings_above_the_limit_fail),
        cmocka_unit_test(strings_are_repaired_and_buffers_are_not),
        cmocka_unit_test(valid_strings_borrow_the_input),
        cmocka_unit_test(counts_are_bounded_by_the_bytes_left),
        cmocka_unit_test(negative_counts_are_null_or_empty_as_in_java),
        cmocka_unit_test(no_memory_fails_a_request_and_says_so),
        cmocka_unit_test(bytes_of_a_server_never_meet_a_refused_allocation),
        cmocka_unit_test(malformed_is_not_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
