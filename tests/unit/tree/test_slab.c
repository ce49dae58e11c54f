// SPDX-License-Identifier: Apache-2.0
//
// The slab: items do not overlap, and chunks go when their items have gone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "base/prng.h"
#include "tree/slab.h"

enum { ITEM = 40, PER_CHUNK = 16, MANY = 1000 };

static void items_keep_what_is_written_to_them(void **state)
{
    (void)state;
    struct slab s;
    slab_init(&s, ITEM, PER_CHUNK);
    uint8_t *items[MANY];
    for (int i = 0; i < MANY; i++) {
        items[i] = slab_alloc(&s);
        memset(items[i], i & 0xff, ITEM);
    }
    assert_int_equal(s.item_count, MANY);
    assert_int_equal(s.chunk_count, (MANY + PER_CHUNK - 1) / PER_CHUNK);
    for (int i = 0; i < MANY; i++) {
        for (int b = 0; b < ITEM; b++) {
            assert_int_equal(items[i][b], i & 0xff);
        }
    }
    slab_fini(&s);
}

static void empty_chunks_are_released_but_one(void **state)
{
    (void)state;
    struct slab s;
    slab_init(&s, ITEM, PER_CHUNK);
    void *items[MANY];
    for (int i = 0; i < MANY; i++) {
        items[i] = slab_alloc(&s);
    }
    for (int i = 0; i < MANY; i++) {
        slab_free(&s, items[i]);
    }
    assert_int_equal(s.item_count, 0);
    assert_int_equal(s.chunk_count, 1);
    slab_fini(&s);
}

static void freed_item_is_used_again(void **state)
{
    (void)state;
    struct slab s;
    slab_init(&s, ITEM, PER_CHUNK);
    void *a = slab_alloc(&s);
    (void)slab_alloc(&s);
    slab_free(&s, a);
    assert_ptr_equal(slab_alloc(&s), a);
    slab_fini(&s);
}

static void random_use_hands_no_item_out_twice(void **state)
{
    (void)state;
    struct slab s;
    slab_init(&s, ITEM, PER_CHUNK);
    struct prng p;
    prng_init(&p, 1);
    uint32_t *items[MANY] = {0};
    size_t count = 0;
    for (uint32_t step = 0; step < 50000; step++) {
        size_t at = prng_below(&p, MANY);
        if (items[at] != NULL) {
            assert_int_equal(*items[at], at);
            slab_free(&s, items[at]);
            items[at] = NULL;
            count--;
        } else {
            items[at] = slab_alloc(&s);
            *items[at] = (uint32_t)at;
            count++;
        }
        assert_int_equal(s.item_count, count);
    }
    slab_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_keep_what_is_written_to_them),
        cmocka_unit_test(empty_chunks_are_released_but_one),
        cmocka_unit_test(freed_item_is_used_again),
        cmocka_unit_test(random_use_hands_no_item_out_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
