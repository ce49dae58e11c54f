// SPDX-License-Identifier: Apache-2.0
//
// What memory keeps of the recent transactions, and what it gives up.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "zab/recent.h"

#define Z(epoch, count) ((int64_t)(epoch) << 32 | (count))

static void add(struct recent *h, int64_t zxid)
{
    char text[32];
    snprintf(text, sizeof(text), "%llx", (unsigned long long)zxid);
    recent_add(h, zxid, slice_str(text));
}

static struct recent filled(size_t count_max, int64_t first, int64_t last)
{
    struct recent h;
    recent_init(&h, count_max, SIZE_MAX);
    recent_reset(&h, first - 1);
    for (int64_t zxid = first; zxid <= last; zxid++) {
        add(&h, zxid);
    }
    return h;
}

static void an_empty_one_stands_at_its_start(void **state)
{
    (void)state;
    struct recent h;
    recent_init(&h, 10, 1000);
    recent_reset(&h, Z(3, 7));
    assert_int_equal(recent_min(&h), Z(3, 7));
    assert_int_equal(recent_max_committed(&h), Z(3, 7));
    assert_int_equal(h.floor, Z(3, 7));
    assert_null(recent_after(&h, 0));
    assert_null(recent_at_or_before(&h, INT64_MAX));
    recent_fini(&h);
}

static void copies_are_kept(void **state)
{
    (void)state;
    struct recent h;
    char text[] = "abc";
    recent_init(&h, 10, 1000);
    recent_add(&h, 1, slice_str(text));
    text[0] = 'x';
    assert_true(slice_equal_str(recent_after(&h, 0)->txn, "abc"));
    recent_fini(&h);
}

static void committed_ones_beyond_the_count_go_when_one_is_added(void **state)
{
    (void)state;
    struct recent h = filled(3, Z(1, 1), Z(1, 10));
    recent_commit(&h, Z(1, 8));
    assert_int_equal(recent_min(&h), Z(1, 1));
    add(&h, Z(1, 11));
    assert_int_equal(recent_min(&h), Z(1, 6));
    assert_int_equal(h.floor, Z(1, 5));
    assert_int_equal(recent_max_committed(&h), Z(1, 8));
    assert_int_equal(h.count, 6);
    recent_fini(&h);
}

static void what_is_in_flight_stays_whatever_the_limits_are(void **state)
{
    (void)state;
    struct recent h = filled(0, Z(1, 1), Z(1, 200));
    assert_int_equal(h.count, 200);
    assert_int_equal(h.floor, Z(1, 0));
    recent_commit(&h, Z(1, 150));
    add(&h, Z(1, 201));
    assert_int_equal(h.count, 51);
    assert_int_equal(recent_after(&h, 0)->zxid, Z(1, 151));
    recent_fini(&h);
}

static void what_is_not_on_disk_yet_stays(void **state)
{
    (void)state;
    struct recent h = filled(2, Z(1, 1), Z(1, 10));
    h.keep_after = Z(1, 4);
    recent_commit(&h, Z(1, 10));
    add(&h, Z(1, 11));
    assert_int_equal(h.floor, Z(1, 4));
    recent_fini(&h);
}

static void bytes_of_committed_ones_are_limited(void **state)
{
    (void)state;
    struct recent h;
    recent_init(&h, 100, 10);
    for (int64_t zxid = 1; zxid <= 5; zxid++) {
        recent_add(&h, zxid, slice_str("1234"));
        recent_commit(&h, zxid);
    }
    assert_int_equal(h.floor, 2);
    assert_int_equal(h.bytes, 12);
    assert_int_equal(h.committed_bytes, 12);
    recent_fini(&h);
}

static void every_zxid_finds_its_neighbours_across_epochs(void **state)
{
    (void)state;
    struct recent h = filled(100, Z(1, 5), Z(1, 9));
    recent_begin_epoch(&h, Z(3, 0));
    add(&h, Z(3, 1));
    add(&h, Z(3, 2));
    static const struct {
        int64_t zxid, before, after;
    } rows[] = {
        {Z(1, 4), -1, Z(1, 5)},      {Z(1, 5), Z(1, 5), Z(1, 6)},
        {Z(1, 9), Z(1, 9), Z(3, 1)}, {Z(1, 10), Z(1, 9), Z(3, 1)},
        {Z(2, 1), Z(1, 9), Z(3, 1)}, {Z(3, 0), Z(1, 9), Z(3, 1)},
        {Z(3, 1), Z(3, 1), Z(3, 2)}, {Z(3, 2), Z(3, 2), -1},
        {Z(3, 3), Z(3, 2), -1},      {0, -1, Z(1, 5)},
        {INT64_MAX, Z(3, 2), -1},    {-1, -1, Z(1, 5)},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct recent_entry *before = recent_at_or_before(&h, rows[i].zxid);
        const struct recent_entry *after = recent_after(&h, rows[i].zxid);
        assert_int_equal(before != NULL ? before->zxid : -1, rows[i].before);
        assert_int_equal(after != NULL ? after->zxid : -1, rows[i].after);
    }
    recent_fini(&h);
}

static void an_epoch_commits_what_was_before_it(void **state)
{
    (void)state;
    struct recent h = filled(100, Z(1, 1), Z(1, 3));
    recent_begin_epoch(&h, Z(2, 0));
    assert_int_equal(h.committed_count, 3);
    assert_int_equal(h.committed, Z(2, 0));
    assert_int_equal(h.last, Z(2, 0));
    assert_int_equal(recent_max_committed(&h), Z(1, 3));
    assert_int_equal(h.floor, Z(1, 0));
    recent_fini(&h);
}

static void what_is_truncated_can_be_added_again(void **state)
{
    (void)state;
    struct recent h = filled(100, Z(1, 1), Z(1, 9));
    recent_commit(&h, Z(1, 7));
    recent_truncate(&h, Z(1, 5));
    assert_int_equal(h.last, Z(1, 5));
    assert_int_equal(h.committed, Z(1, 5));
    assert_int_equal(h.committed_count, 5);
    add(&h, Z(1, 6));
    assert_int_equal(h.count, 6);
    assert_int_equal(h.committed_count, 5);
    recent_truncate(&h, Z(0, 9)); // behind everything
    assert_int_equal(h.count, 0);
    assert_int_equal(h.bytes, 0);
    assert_int_equal(h.floor, Z(0, 9));
    recent_fini(&h);
}

static void a_hole_in_the_replayed_log_forgets_what_is_before_it(void **state)
{
    (void)state;
    struct recent h;
    recent_init(&h, 100, 1000);
    recent_reset(&h, Z(2, 9));
    recent_remember(&h, Z(1, 7), slice_str("a"));
    recent_remember(&h, Z(1, 8), slice_str("b"));
    assert_int_equal(h.floor, Z(1, 6));
    recent_remember(&h, Z(2, 1), slice_str("c"));
    assert_int_equal(h.committed_count, 3);
    recent_remember(&h, Z(2, 8), slice_str("d"));
    assert_int_equal(h.floor, Z(2, 7));
    assert_int_equal(recent_min(&h), Z(2, 8));
    assert_int_equal(h.committed, Z(2, 8));
    recent_fini(&h);
}

static void the_ring_turns_around(void **state)
{
    (void)state;
    struct recent h;
    recent_init(&h, 50, 100000);
    for (int64_t zxid = 1; zxid <= 1000; zxid++) {
        add(&h, zxid);
        recent_commit(&h, zxid - zxid % 7);
        const struct recent_entry *e = recent_at_or_before(&h, zxid);
        assert_int_equal(e->zxid, zxid);
        assert_int_equal(recent_after(&h, h.floor)->zxid, h.floor + 1);
    }
    assert_true(h.count < 64);
    recent_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_stands_at_its_start),
        cmocka_unit_test(copies_are_kept),
        cmocka_unit_test(committed_ones_beyond_the_count_go_when_one_is_added),
        cmocka_unit_test(what_is_in_flight_stays_whatever_the_limits_are),
        cmocka_unit_test(what_is_not_on_disk_yet_stays),
        cmocka_unit_test(bytes_of_committed_ones_are_limited),
        cmocka_unit_test(every_zxid_finds_its_neighbours_across_epochs),
        cmocka_unit_test(an_epoch_commits_what_was_before_it),
        cmocka_unit_test(what_is_truncated_can_be_added_again),
        cmocka_unit_test(a_hole_in_the_replayed_log_forgets_what_is_before_it),
        cmocka_unit_test(the_ring_turns_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
