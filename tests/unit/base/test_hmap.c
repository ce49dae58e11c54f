// SPDX-License-Identifier: Apache-2.0
//
// The hash table against a plain array of truth, up to a million elements.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/prng.h"

struct thing {
    struct hmap_link link;
    uint32_t key;
    bool is_in;
    bool was_seen;
};

static uint32_t hash_of(uint32_t key)
{
    struct prng p;
    prng_init(&p, key);
    return (uint32_t)prng_next(&p);
}

static struct thing *find(const struct hmap *m, uint32_t key)
{
    uint32_t hash = hash_of(key);
    for (struct hmap_link *l = hmap_first(m, hash); l != NULL; l = hmap_next(l, hash)) {
        struct thing *t = CONTAINER_OF(l, struct thing, link);
        if (t->key == key) {
            return t;
        }
    }
    return NULL;
}

static struct thing *make_things(uint32_t count)
{
    struct thing *things = mem_zalloc(count * sizeof(*things));
    for (uint32_t i = 0; i < count; i++) {
        things[i].key = i;
    }
    return things;
}

static void insert(struct hmap *m, struct thing *t)
{
    hmap_insert(m, &t->link, hash_of(t->key));
    t->is_in = true;
}

// Every element is seen exactly once by iteration, and nothing else is.
static void check_iteration(const struct hmap *m, struct thing *things, uint32_t count)
{
    size_t seen = 0;
    for (struct hmap_link *l = hmap_any(m); l != NULL; l = hmap_after(m, l)) {
        struct thing *t = CONTAINER_OF(l, struct thing, link);
        assert_true(t->is_in);
        assert_false(t->was_seen);
        t->was_seen = true;
        seen++;
    }
    assert_int_equal(seen, m->count);
    for (uint32_t i = 0; i < count; i++) {
        things[i].was_seen = false;
    }
}

static void empty_table_finds_nothing(void **state)
{
    (void)state;
    struct hmap m;
    hmap_init(&m);
    assert_null(hmap_first(&m, 0));
    assert_null(hmap_any(&m));
    hmap_fini(&m);
}

static void million_elements_are_found_and_removed(void **state)
{
    (void)state;
    enum { COUNT = 1000000 };
    struct hmap m;
    hmap_init(&m);
    struct thing *things = make_things(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        insert(&m, &things[i]);
    }
    assert_int_equal(m.count, COUNT);
    assert_true(m.count <= m.bucket_count);
    check_iteration(&m, things, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_ptr_equal(find(&m, i), &things[i]);
    }
    assert_null(find(&m, COUNT + 1));
    for (uint32_t i = 0; i < COUNT; i += 2) {
        hmap_remove(&m, &things[i].link);
        things[i].is_in = false;
    }
    check_iteration(&m, things, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(find(&m, i) != NULL, i % 2 == 1);
    }
    hmap_fini(&m);
    mem_free(things);
}

static void random_inserts_and_removes_match_an_array(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    struct hmap m;
    hmap_init(&m);
    struct thing *things = make_things(COUNT);
    struct prng p;
    prng_init(&p, 11);
    for (int step = 0; step < 60000; step++) {
        struct thing *t = &things[prng_below(&p, COUNT)];
        if (t->is_in) {
            assert_ptr_equal(find(&m, t->key), t);
            hmap_remove(&m, &t->link);
            t->is_in = false;
        } else {
            assert_null(find(&m, t->key));
            insert(&m, t);
        }
        if (step % 10000 == 0) {
            check_iteration(&m, things, COUNT);
        }
    }
    hmap_fini(&m);
    mem_free(things);
}

static void equal_hashes_are_all_found(void **state)
{
    (void)state;
    struct hmap m;
    hmap_init(&m);
    struct thing *things = make_things(100);
    for (int i = 0; i < 100; i++) {
        hmap_insert(&m, &things[i].link, i < 50 ? 0xffffffff : 0);
    }
    int found = 0;
    for (struct hmap_link *l = hmap_first(&m, 0xffffffff); l != NULL;
         l = hmap_next(l, 0xffffffff)) {
        found++;
    }
    assert_int_equal(found, 50);
    hmap_fini(&m);
    mem_free(things);
}

static void element_may_go_once_the_following_is_known(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct hmap m;
    hmap_init(&m);
    struct thing *things = make_things(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        insert(&m, &things[i]);
    }
    struct hmap_link *next = NULL;
    for (struct hmap_link *l = hmap_any(&m); l != NULL; l = next) {
        next = hmap_after(&m, l);
        hmap_remove(&m, l);
    }
    assert_int_equal(m.count, 0);
    assert_null(hmap_any(&m));
    hmap_fini(&m);
    mem_free(things);
}

static void one_insertion_splits_one_bucket(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    struct hmap m;
    hmap_init(&m);
    struct thing *things = make_things(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        size_t buckets = m.bucket_count;
        insert(&m, &things[i]);
        assert_true(buckets == 0 || m.bucket_count - buckets <= 1);
    }
    hmap_fini(&m);
    mem_free(things);
}

static void ascending_buckets_meet_all_that_stay(void **state)
{
    (void)state;
    enum { OLD = 1000, COUNT = 20000 };
    struct hmap m;
    hmap_init(&m);
    struct thing *things = make_things(COUNT);
    uint32_t next = 0;
    while (next < OLD) {
        insert(&m, &things[next++]);
    }
    for (size_t bucket = 0; bucket < m.bucket_count; bucket++) {
        for (struct hmap_link *l = hmap_bucket(&m, bucket); l != NULL; l = l->next) {
            CONTAINER_OF(l, struct thing, link)->was_seen = true;
        }
        for (int i = 0; i < 3 && next < COUNT; i++) { // splits everything, and more than once
            insert(&m, &things[next++]);
        }
    }
    assert_int_equal(next, COUNT);
    for (uint32_t i = 0; i < OLD; i++) {
        assert_true(things[i].was_seen);
    }
    hmap_fini(&m);
    mem_free(things);
}

static void reserved_table_splits_no_bucket(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct hmap m;
    hmap_init(&m);
    hmap_reserve(&m, COUNT);
    size_t buckets = m.bucket_count;
    assert_true(buckets >= COUNT);
    struct thing *things = make_things(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        hmap_prefetch_bucket(&m, hash_of(i));
        hmap_prefetch_element(&m, hash_of(i));
        insert(&m, &things[i]);
    }
    assert_int_equal(m.bucket_count, buckets);
    check_iteration(&m, things, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_ptr_equal(find(&m, i), &things[i]);
    }
    hmap_fini(&m);
    mem_free(things);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_table_finds_nothing),
        cmocka_unit_test(million_elements_are_found_and_removed),
        cmocka_unit_test(random_inserts_and_removes_match_an_array),
        cmocka_unit_test(equal_hashes_are_all_found),
        cmocka_unit_test(element_may_go_once_the_following_is_known),
        cmocka_unit_test(one_insertion_splits_one_bucket),
        cmocka_unit_test(ascending_buckets_meet_all_that_stay),
        cmocka_unit_test(reserved_table_splits_no_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
