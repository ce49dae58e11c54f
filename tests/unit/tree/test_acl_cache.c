// SPDX-License-Identifier: Apache-2.0
//
// The cache of access control lists: ids as in Java, references, what a sweep frees, loading.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree/acl_cache.h"

static struct jute_acl_vec list_of(struct jute_acl *item, int32_t perms, const char *id)
{
    *item = (struct jute_acl){
        .perms = perms,
        .id = {.scheme = slice_str("digest"), .id = id != NULL ? slice_str(id) : slice_null()}};
    return (struct jute_acl_vec){.count = 1, .items = item};
}

static int set_up(void **state)
{
    static struct acl_cache c;
    acl_cache_init(&c, 1);
    *state = &c;
    return 0;
}

static int tear_down(void **state)
{
    acl_cache_fini(*state);
    return 0;
}

static void equal_lists_share_an_id(void **state)
{
    struct acl_cache *c = *state;
    struct jute_acl a;
    struct jute_acl_vec list = list_of(&a, 1, "a");
    assert_int_equal(acl_cache_intern(c, &list), 1);
    list = list_of(&a, 1, "b");
    assert_int_equal(acl_cache_intern(c, &list), 2);
    list = list_of(&a, 2, "a");
    assert_int_equal(acl_cache_intern(c, &list), 3);
    list = list_of(&a, 1, "a");
    assert_int_equal(acl_cache_intern(c, &list), 1);
    list = list_of(&a, 1, NULL);
    assert_int_equal(acl_cache_intern(c, &list), 4);
    list = list_of(&a, 1, "");
    assert_int_equal(acl_cache_intern(c, &list), 5);
    list.count = 0;
    assert_int_equal(acl_cache_intern(c, &list), 6);
    list.count = -1;
    assert_int_equal(acl_cache_intern(c, &list), ACL_ID_OPEN);
    assert_int_equal(c->count, 6);
    assert_int_equal(acl_cache_references(c), 7);
    assert_true(slice_is_null(acl_cache_find(c, 4)->items[0].id.id));
    assert_false(slice_is_null(acl_cache_find(c, 5)->items[0].id.id));
    assert_int_equal(acl_cache_find(c, 6)->count, 0);
}

static void last_unref_gives_the_list_a_new_id(void **state)
{
    struct acl_cache *c = *state;
    struct jute_acl a;
    struct jute_acl_vec list = list_of(&a, 1, "a");
    int32_t id = acl_cache_intern(c, &list);
    acl_cache_ref(c, id);
    acl_cache_unref(c, id);
    assert_int_equal(acl_cache_intern(c, &list), id);
    acl_cache_unref(c, id);
    acl_cache_unref(c, id);
    assert_int_equal(c->count, 0);
    assert_int_equal(acl_cache_intern(c, &list), 2);
    assert_int_equal(c->count, 1);
    assert_non_null(acl_cache_find(c, id)); // until the sweep
    acl_cache_sweep(c);
    assert_null(acl_cache_find(c, id));
    assert_non_null(acl_cache_find(c, 2));
}

static void reference_before_the_sweep_keeps_the_entry(void **state)
{
    struct acl_cache *c = *state;
    struct jute_acl a;
    struct jute_acl_vec list = list_of(&a, 1, "a");
    int32_t id = acl_cache_intern(c, &list);
    acl_cache_unref(c, id);
    acl_cache_ref(c, id);
    acl_cache_sweep(c);
    assert_int_equal(acl_cache_find(c, id)->items[0].perms, 1);
    assert_int_equal(c->count, 1);
    acl_cache_unref(c, id);
    acl_cache_sweep(c);
    assert_null(acl_cache_find(c, id));
}

static void unknown_ids_are_not_found(void **state)
{
    struct acl_cache *c = *state;
    assert_null(acl_cache_find(c, 1));
    assert_null(acl_cache_find(c, 0));
    assert_null(acl_cache_find(c, 1LL << 40));
    assert_int_equal(acl_cache_find(c, -1)->items[0].perms, 31);
}

static void loaded_ids_are_kept_and_the_counter_goes_on_behind_them(void **state)
{
    struct acl_cache *c = *state;
    struct jute_acl a;
    struct jute_acl_vec list = list_of(&a, 1, "a");
    assert_int_equal(acl_cache_load(c, 7, &list), ERR_OK);
    list = list_of(&a, 2, "a");
    assert_int_equal(acl_cache_load(c, 3, &list), ERR_OK);
    int32_t id = 0;
    assert_true(acl_cache_loaded_id(c, 7, &id));
    assert_int_equal(id, 7);
    acl_cache_ref(c, 7);
    acl_cache_load_end(c);
    assert_null(acl_cache_find(c, 3)); // no node used it
    list = list_of(&a, 3, "a");
    assert_int_equal(acl_cache_intern(c, &list), 8);
    list = list_of(&a, 1, "a");
    assert_int_equal(acl_cache_intern(c, &list), 7);
}

static void damaged_lists_are_refused(void **state)
{
    struct acl_cache *c = *state;
    struct jute_acl a;
    struct jute_acl_vec list = list_of(&a, 1, "a");
    assert_int_equal(acl_cache_load(c, 7, &list), ERR_OK);
    assert_int_equal(acl_cache_load(c, 7, &list), ERR_CORRUPT);
    assert_int_equal(acl_cache_load(c, -1, &list), ERR_CORRUPT);
    list.count = -1;
    assert_int_equal(acl_cache_load(c, 8, &list), ERR_CORRUPT);
}

static void ids_beyond_31_bits_are_renamed(void **state)
{
    struct acl_cache *c = *state;
    struct jute_acl a;
    const int64_t big = 1LL << 40;
    struct jute_acl_vec list = list_of(&a, 1, "a");
    assert_int_equal(acl_cache_load(c, big, &list), ERR_OK); // becomes 1
    list = list_of(&a, 2, "a");
    assert_int_equal(acl_cache_load(c, 1, &list), ERR_OK); // which is taken
    list = list_of(&a, 3, "a");
    assert_int_equal(acl_cache_load(c, big + 1, &list), ERR_OK);
    static const int64_t file_ids[] = {1LL << 40, 1, (1LL << 40) + 1};
    for (int32_t i = 0; i < 3; i++) {
        int32_t id = 0;
        assert_true(acl_cache_loaded_id(c, file_ids[i], &id));
        assert_int_equal(acl_cache_find(c, id)->items[0].perms, i + 1);
    }
    int32_t id;
    assert_false(acl_cache_loaded_id(c, 2, &id)); // a name of ours, not of the file
}

static void counter_looks_for_unused_ids_after_its_end(void **state)
{
    struct acl_cache *c = *state;
    struct jute_acl a;
    struct jute_acl_vec list = list_of(&a, 1, "a");
    assert_int_equal(acl_cache_intern(c, &list), 1);
    list = list_of(&a, 2, "a");
    assert_int_equal(acl_cache_load(c, INT32_MAX, &list), ERR_OK);
    list = list_of(&a, 3, "a");
    assert_int_equal(acl_cache_intern(c, &list), 2);
}

static void equal_lists_of_a_snapshot_stay_apart(void **state)
{
    struct acl_cache *c = *state;
    struct jute_acl a;
    struct jute_acl_vec list = list_of(&a, 1, "a");
    assert_int_equal(acl_cache_load(c, 1, &list), ERR_OK);
    assert_int_equal(acl_cache_load(c, 2, &list), ERR_OK);
    acl_cache_ref(c, 1);
    acl_cache_ref(c, 2);
    acl_cache_load_end(c);
    assert_int_equal(acl_cache_intern(c, &list), 2);
    acl_cache_unref(c, 1);
    acl_cache_sweep(c);
    assert_null(acl_cache_find(c, 1));
    assert_int_equal(acl_cache_intern(c, &list), 2);
}

static void count_list(void *ctx, int64_t id, const struct jute_acl_vec *acl)
{
    (void)acl;
    *(int64_t *)ctx += id;
}

static int64_t sum_of_pass(struct acl_cache *c, uint32_t pass)
{
    int64_t sum = 0;
    for (size_t i = 0; acl_cache_step(c, i, pass, count_list, &sum); i++) {
    }
    return sum;
}

static void held_lists_are_given_until_they_are_let_go(void **state)
{
    struct acl_cache *c = *state;
    struct jute_acl a;
    struct jute_acl_vec list = list_of(&a, 1, "a");
    int32_t id = acl_cache_intern(c, &list);
    acl_cache_hold(c, true);
    acl_cache_unref(c, id);
    acl_cache_sweep(c);
    assert_int_equal(acl_cache_intern(c, &list), id + 1); // it is not found by list
    assert_int_equal(sum_of_pass(c, 1), id + id + 1);
    acl_cache_hold(c, false);
    acl_cache_sweep(c);
    assert_int_equal(sum_of_pass(c, 2), id + 1);
}

static void only_lists_in_use_are_given(void **state)
{
    struct acl_cache *c = *state;
    struct jute_acl a;
    struct jute_acl_vec list = list_of(&a, 1, "a");
    acl_cache_intern(c, &list);
    list = list_of(&a, 2, "a");
    acl_cache_unref(c, acl_cache_intern(c, &list));
    list = list_of(&a, 3, "a");
    acl_cache_intern(c, &list);
    acl_cache_sweep(c);
    assert_int_equal(sum_of_pass(c, 1), 1 + 3);
    assert_int_equal(sum_of_pass(c, 2), 1 + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(equal_lists_share_an_id),
        T(last_unref_gives_the_list_a_new_id),
        T(reference_before_the_sweep_keeps_the_entry),
        T(unknown_ids_are_not_found),
        T(loaded_ids_are_kept_and_the_counter_goes_on_behind_them),
        T(damaged_lists_are_refused),
        T(ids_beyond_31_bits_are_renamed),
        T(counter_looks_for_unused_ids_after_its_end),
        T(equal_lists_of_a_snapshot_stay_apart),
        T(held_lists_are_given_until_they_are_let_go),
        T(only_lists_in_use_are_given),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
