// SPDX-License-Identifier: Apache-2.0
//
// Arenas: alignment, many blocks, and what a reset keeps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

static void pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    uint8_t *pieces[300];
    for (size_t i = 0; i < 300; i++) {
        pieces[i] = arena_alloc(&a, i);
        assert_int_equal((uintptr_t)pieces[i] % 8, 0);
        memset(pieces[i], (int)(i & 0xff), i);
    }
    for (size_t i = 0; i < 300; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_equal(pieces[i][j], i & 0xff);
        }
    }
    arena_fini(&a);
}

static void reset_reuses_the_first_block(void **state)
{
    (void)state;
    struct arena a = {0};
    void *first = arena_alloc(&a, 100);
    for (int i = 0; i < 1000; i++) {
        assert_non_null(arena_alloc(&a, 1000));
    }
    arena_reset(&a);
    assert_ptr_equal(arena_alloc(&a, 16), first);
    mem_fail_after(1);
    assert_non_null(arena_try_alloc(&a, 3000)); // still in the kept block: no malloc
    mem_fail_after(0);
    arena_fini(&a);
}

static void reset_of_an_untouched_arena_is_legal(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    arena_reset(&a);
    assert_non_null(arena_alloc(&a, 1));
    arena_fini(&a);
    arena_fini(&a);
}

static void reset_gives_a_huge_first_block_back(void **state)
{
    (void)state;
    struct arena a = {0};
    memset(arena_alloc(&a, 10000000), 1, 10000000);
    arena_reset(&a);
    assert_null(a.blocks);
    arena_fini(&a);
}

static void copy_keeps_null_and_empty_apart(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_true(slice_is_null(arena_copy(&a, slice_null())));
    struct slice empty = arena_copy(&a, slice_str(""));
    assert_false(slice_is_null(empty));
    assert_int_equal(empty.len, 0);
    char text[] = "borrowed";
    struct slice copy = arena_copy(&a, slice_str(text));
    text[0] = 'X';
    assert_true(slice_equal_str(copy, "borrowed"));
    arena_fini(&a);
}

static void refused_memory_leaves_the_arena_usable(void **state)
{
    (void)state;
    struct arena a = {0};
    mem_fail_after(1);
    assert_null(arena_try_alloc(&a, 10));
    mem_fail_after(0);
    assert_null(arena_try_alloc(&a, SIZE_MAX));
    assert_null(arena_try_alloc(&a, SIZE_MAX - 6));
    assert_non_null(arena_try_alloc(&a, 10));
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(reset_reuses_the_first_block),
        cmocka_unit_test(reset_of_an_untouched_arena_is_legal),
        cmocka_unit_test(reset_gives_a_huge_first_block_back),
        cmocka_unit_test(copy_keeps_null_and_empty_apart),
        cmocka_unit_test(refused_memory_leaves_the_arena_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
