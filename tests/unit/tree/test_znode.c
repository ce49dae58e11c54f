// SPDX-License-Identifier: Apache-2.0
//
// One node: what its memory costs, and what is read from it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>

#include "jute/op.h"
#include "tests/unit/tree/world.h"
#include "tree/znode_priv.h"

static void null_and_empty_data_stay_apart(void **state)
{
    struct world *w = *state;
    world_create(w, "/null", NULL);
    world_create(w, "/empty", "");
    assert_true(slice_is_null(znode_data(world_find(w, "/null"))));
    assert_true(slice_equal(znode_data(world_find(w, "/empty")), slice_str("")));
    assert_int_equal(world_stat(w, "/null").data_length, 0);
    world_set_data(w, "/null", "abc", 1);
    world_set_data(w, "/empty", NULL, 1);
    assert_true(world_has(w, "/null", "abc"));
    assert_true(world_has(w, "/empty", NULL));
}

static void data_of_any_size_replaces_data(void **state)
{
    struct world *w = *state;
    world_create(w, "/leaf", "1");
    world_create(w, "/parent", "1");
    world_create(w, "/parent/child", "1"); // so that it has an extension
    static const char *const values[] = {"", "22", "a longer value than before", "x", NULL, "y"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        world_set_data(w, "/leaf", values[i], 1);
        world_set_data(w, "/parent", values[i], 1);
        assert_true(world_has(w, "/leaf", values[i]));
        assert_true(world_has(w, "/parent", values[i]));
        assert_true(slice_equal_str(znode_name(world_find(w, "/parent")), "parent"));
    }
}

static void path_is_built_from_the_names(void **state)
{
    struct world *w = *state;
    world_create(w, "/a", "");
    world_create(w, "/a/bc", "");
    world_create(w, "/a/bc/def", "");
    struct buf path = {0};
    buf_append_str(&path, "@");
    znode_path(world_find(w, "/a/bc/def"), &path);
    assert_true(slice_equal_str(buf_slice(&path), "@/a/bc/def"));
    buf_clear(&path);
    znode_path(world_find(w, "/"), &path);
    assert_int_equal(path.len, 0);
    buf_fini(&path);
}

static void new_child_is_the_first(void **state)
{
    struct world *w = *state;
    world_create(w, "/p", "");
    world_create(w, "/p/1", "");
    world_create(w, "/p/2", "");
    world_create(w, "/p/3", "");
    world_delete(w, "/p/2");
    const struct znode *n = znode_first_child(world_find(w, "/p"));
    assert_true(slice_equal_str(znode_name(n), "3"));
    n = znode_next_sibling(n);
    assert_true(slice_equal_str(znode_name(n), "1"));
    assert_null(znode_next_sibling(n));
    assert_ptr_equal(znode_parent(n), world_find(w, "/p"));
    assert_int_equal(znode_child_count(world_find(w, "/p")), 2);
}

static void leaf_gets_no_extension(void **state)
{
    struct world *w = *state;
    world_create(w, "/leaf", "1");
    world_set_data(w, "/leaf", "22", 1);
    assert_null(znode_ext(world_find(w, "/leaf")));
    world_set_acl(w, "/leaf", 1, 1);
    assert_non_null(znode_ext(world_find(w, "/leaf")));
    assert_int_equal(world_stat(w, "/leaf").pzxid, 1);
}

static void shown_cversion_counts_deletes_and_wraps(void **state)
{
    struct world *w = *state;
    world_create(w, "/p", "");
    world_create(w, "/p/1", "");
    world_create(w, "/p/2", "");
    assert_int_equal(world_stat(w, "/p").cversion, 2);
    world_delete(w, "/p/1");
    assert_int_equal(world_stat(w, "/p").cversion, 3);
    assert_int_equal(world_stored(w, "/p").cversion, 2);
    struct txn_op op = op_create("/p/3", "");
    op.create.parent_cversion = INT32_MAX;
    world_apply(w, &op);
    assert_int_equal(world_stored(w, "/p").cversion, INT32_MAX);
    assert_int_equal(world_stat(w, "/p").cversion, -2 - 2);
}

static void owner_is_shown_for_ephemerals_only(void **state)
{
    struct world *w = *state;
    world_create_container(w, "/c");
    world_create_ttl(w, "/t", 5);
    world_create_ephemeral(w, 0x77, "/e");
    assert_int_equal(world_stat(w, "/c").ephemeral_owner, 0);
    assert_int_equal(world_stored(w, "/c").ephemeral_owner, INT64_MIN);
    assert_int_equal(world_stat(w, "/t").ephemeral_owner, 0);
    assert_int_equal((uint64_t)world_stored(w, "/t").ephemeral_owner, 0xff00000000000005);
    assert_int_equal(world_stat(w, "/e").ephemeral_owner, 0x77);
}

static void length_of_a_path_is_in_utf16_units(void **state)
{
    (void)state;
    assert_int_equal(znode_utf16_len(slice_str("/abc")), 4);
    assert_int_equal(znode_utf16_len(slice_str("/\xc3\xa4\xe2\x82\xac")), 3);
    assert_int_equal(znode_utf16_len(slice_str("\xf0\x9f\x98\x80")), 2);
}

// The promise of znode_priv.h: a million nodes with 100 bytes of data, index included.
static void leaf_with_100_bytes_costs_at_most_228(void **state)
{
    struct world *w = *state;
    enum { COUNT = 100000 };
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    world_create(w, "/p", "");
    char data[101];
    memset(data, 'd', 100);
    data[100] = 0;
    for (int i = 0; i < COUNT; i++) {
        char path[32];
        (void)snprintf(path, sizeof(path), "/p/node%08d", i);
        world_create(w, path, data);
    }
    double bytes = (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) / COUNT;
    print_message("bytes per node: %.1f\n", bytes);
    if (before == 0) {
        skip(); // a sanitizer's malloc counts nothing
    }
    assert_true(bytes <= 228);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(null_and_empty_data_stay_apart),
        T(data_of_any_size_replaces_data),
        T(path_is_built_from_the_names),
        T(new_child_is_the_first),
        T(leaf_gets_no_extension),
        T(shown_cversion_counts_deletes_and_wraps),
        T(owner_is_shown_for_ephemerals_only),
        cmocka_unit_test(length_of_a_path_is_in_utf16_units),
        T(leaf_with_100_bytes_costs_at_most_228),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
