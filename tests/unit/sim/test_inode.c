// SPDX-License-Identifier: Apache-2.0
//
// Bytes that are written, synced, torn.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/inode.h"

struct fixture {
    struct list files;
    struct inode *inode;
    struct prng prng;
};

static int setup(void **state)
{
    static struct fixture f;
    list_init(&f.files);
    f.inode = inode_new(&f.files, false);
    prng_init(&f.prng, 3);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    inode_unref(f->inode);
    return list_is_empty(&f->files) ? 0 : -1;
}

static void writes_are_seen_at_once(void **state)
{
    struct fixture *f = *state;
    inode_write(f->inode, 2, slice_str("abc"));
    inode_write(f->inode, 3, slice_str("X"));
    assert_true(slice_equal(buf_slice(&f->inode->seen), slice_of("\0\0aXc", 5)));
    assert_int_equal(f->inode->durable.len, 0);
    inode_resize(f->inode, 3);
    inode_resize(f->inode, 4);
    assert_true(slice_equal(buf_slice(&f->inode->seen), slice_of("\0\0a\0", 4)));
}

static void synced_bytes_survive_every_crash(void **state)
{
    struct fixture *f = *state;
    inode_write(f->inode, 0, slice_str("durable"));
    inode_sync(f->inode);
    for (int i = 0; i < 200; i++) {
        inode_write(f->inode, 7, slice_str("unsynced"));
        inode_crash(f->inode, &f->prng);
        assert_true(slice_starts_with(buf_slice(&f->inode->seen), slice_str("durable")));
        inode_resize(f->inode, 7);
        inode_sync(f->inode);
    }
}

// A planted bug: the last write waits for the next sync.
static void lying_sync_leaves_the_last_change(void **state)
{
    struct fixture *f = *state;
    inode_sync_but_last(f->inode);
    inode_write(f->inode, 0, slice_str("a"));
    inode_sync_but_last(f->inode);
    assert_int_equal(f->inode->durable.len, 0);
    inode_write(f->inode, 1, slice_str("b"));
    inode_write(f->inode, 2, slice_str("c"));
    inode_sync_but_last(f->inode);
    assert_true(slice_equal(buf_slice(&f->inode->durable), slice_str("ab")));
    inode_sync(f->inode);
    assert_true(slice_equal(buf_slice(&f->inode->durable), slice_str("abc")));
}

static void unsynced_bytes_meet_every_fate(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[4096];
    memset(bytes, 'x', sizeof(bytes));
    int lost = 0;
    int kept = 0;
    int torn = 0;
    int holes = 0;
    for (int i = 0; i < 300; i++) {
        inode_write(f->inode, 0, slice_of(bytes, sizeof(bytes)));
        inode_crash(f->inode, &f->prng);
        struct slice seen = buf_slice(&f->inode->seen);
        bool has_hole = seen.len > 0 && memchr(seen.data, 0, seen.len) != NULL;
        lost += seen.len == 0;
        kept += seen.len == sizeof(bytes) && !has_hole;
        torn += seen.len > 0 && seen.len < sizeof(bytes) && !has_hole;
        holes += has_hole;
        inode_resize(f->inode, 0);
        inode_sync(f->inode);
    }
    assert_true(lost > 20);
    assert_true(kept > 20);
    assert_true(torn > 20);
    assert_true(holes > 20);
}

static void settling_keeps_what_the_process_sees(void **state)
{
    struct fixture *f = *state;
    inode_write(f->inode, 0, slice_str("seen"));
    inode_settle(f->inode, &f->prng);
    assert_true(slice_equal_str(buf_slice(&f->inode->seen), "seen"));
    assert_true(list_is_empty(&f->inode->changes)); // a later sync will not bring them back
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(writes_are_seen_at_once),
        T(synced_bytes_survive_every_crash),
        T(lying_sync_leaves_the_last_change),
        T(unsynced_bytes_meet_every_fate),
        T(settling_keeps_what_the_process_sees),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
