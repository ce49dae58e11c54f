// SPDX-License-Identifier: Apache-2.0
//
// The table whose insertion cannot fail.
#include "base/mem.h"
#include "client/table.h"
#include "tests/unit/client/unit.h"

enum { MANY = 5000 };

struct element {
    struct table_link link;
};

static size_t count_of(const struct table *t, uint64_t hash)
{
    size_t count = 0;
    for (struct table_link *l = table_first(t, hash); l != NULL; l = table_next(l)) {
        count++;
    }
    return count;
}

static void fill_and_empty(struct table *t, struct element *elements)
{
    for (size_t i = 0; i < MANY; i++) {
        table_insert(t, &elements[i].link, table_hash(slice_of(&i, sizeof(i))));
    }
    assert_int_equal(t->count, MANY);
    for (size_t i = 0; i < MANY; i++) {
        struct table_link *l = table_first(t, table_hash(slice_of(&i, sizeof(i))));
        assert_ptr_equal(l, &elements[i].link);
    }
    for (size_t i = 0; i < MANY; i += 2) {
        table_remove(t, &elements[i].link);
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(count_of(t, table_hash(slice_of(&i, sizeof(i)))), i % 2);
    }
    for (size_t i = 1; i < MANY; i += 2) {
        table_remove(t, &elements[i].link);
    }
    assert_int_equal(t->count, 0);
}

static void elements_are_found_while_the_table_grows(void **state)
{
    (void)state;
    static struct element elements[MANY];
    struct table t;
    table_init(&t);
    fill_and_empty(&t, elements);
    assert_true(t.bucket_count >= MANY / 2);
    table_fini(&t);
}

static void elements_are_found_when_the_table_cannot_grow(void **state)
{
    (void)state;
    static struct element elements[MANY];
    struct table t;
    table_init(&t);
    for (unsigned n = 1; n < 9; n++) { // each growth fails once, then the next insertion grows
        (void)mem_fail_after(n);
        fill_and_empty(&t, elements);
        (void)mem_fail_after(0);
        table_fini(&t);
    }
}

static void elements_of_one_hash_are_all_there(void **state)
{
    (void)state;
    static struct element elements[40];
    struct table t;
    table_init(&t);
    for (size_t i = 0; i < 40; i++) {
        table_insert(&t, &elements[i].link, 7 + (i % 2) * TABLE_FIRST_BUCKETS * 64);
    }
    assert_int_equal(count_of(&t, 7), 20);
    assert_int_equal(count_of(&t, 8), 0);
    table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_found_while_the_table_grows),
        cmocka_unit_test(elements_are_found_when_the_table_cannot_grow),
        cmocka_unit_test(elements_of_one_hash_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
