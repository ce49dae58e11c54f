// SPDX-License-Identifier: Apache-2.0
//
// Buffers between two uses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/spares.h"

static void a_given_buffer_is_taken_again_empty(void **state)
{
    (void)state;
    struct spares s = {0};
    struct buf b = {0};
    buf_append_str(&b, "old");
    const uint8_t *memory = b.data;
    spares_give(&s, &b);
    assert_null(b.data);
    spares_take(&s, &b);
    assert_ptr_equal(b.data, memory);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
    spares_fini(&s);
}

static void only_so_many_and_so_large_are_kept(void **state)
{
    (void)state;
    struct spares s = {0};
    for (int i = 0; i < 2 * SPARES_MAX; i++) {
        struct buf b = {0};
        buf_append_str(&b, "x");
        spares_give(&s, &b);
    }
    assert_int_equal(s.count, SPARES_MAX);
    spares_fini(&s);
    struct buf large = {0};
    buf_reserve(&large, 2 * SPARE_BYTES_MAX);
    spares_give(&s, &large);
    assert_int_equal(s.count, 0);
    assert_null(large.data);
}

static void nothing_is_there_at_first(void **state)
{
    (void)state;
    struct spares s = {0};
    struct buf b = {0};
    spares_take(&s, &b);
    assert_null(b.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_given_buffer_is_taken_again_empty),
        cmocka_unit_test(only_so_many_and_so_large_are_kept),
        cmocka_unit_test(nothing_is_there_at_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
