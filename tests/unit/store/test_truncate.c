// SPDX-License-Identifier: Apache-2.0
//
// Truncation: exactly the transactions behind a zxid are forgotten, and only when it is known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/recover.h"
#include "store/truncate.h"
#include "tests/unit/store/world.h"

struct fixture {
    struct memfs fs;
    struct datadir *d;
    struct store_error e;
};

static int64_t no_time(struct port_clock *clock)
{
    (void)clock;
    return 0;
}

static void put_snapshot(struct fixture *f, int zxid)
{
    struct tree *t = world_tree();
    struct buf batch = {0};
    world_put_many(&batch, 1, zxid, 10);
    world_apply(t, buf_slice(&batch));
    world_put_snapshot(&f->fs, t, NAMES_PLAIN);
    buf_fini(&batch);
    tree_free(t);
}

static void put_log(struct fixture *f, int64_t zxid, int count)
{
    struct buf batch = {0};
    world_put_many(&batch, zxid, count, 10);
    world_put_log(&f->fs, zxid, &batch);
    buf_fini(&batch);
}

// Snapshots at 10, 25 and 35; logs of 1-20, 21-30 and 31-40.
static void begin(struct fixture *f)
{
    memfs_init(&f->fs);
    assert_int_equal(f->fs.port.make_dir(&f->fs.port, WORLD_DIR), ERR_OK);
    put_snapshot(f, 10);
    put_snapshot(f, 25);
    put_snapshot(f, 35);
    put_log(f, 1, 20);
    put_log(f, 21, 10);
    put_log(f, 31, 10);
    assert_int_equal(datadir_open(&f->fs.port, "/d", NULL, true, &f->d, &f->e), ERR_OK);
}

static void end(struct fixture *f)
{
    datadir_close(f->d);
    assert_int_equal(f->fs.opened, 0);
    memfs_fini(&f->fs);
}

static int64_t recovered_zxid(struct fixture *f)
{
    struct port_clock clock = {.mono_ns = no_time, .wall_ms = no_time};
    struct recover_options options = {.tree = world_options(),
                                      .record_bytes_max = WORLD_RECORD_BYTES_MAX};
    struct tree *t;
    struct recover_report report;
    assert_int_equal(recover(f->d, &clock, &options, NULL, NULL, &t, &report, &f->e), ERR_OK);
    int64_t zxid = tree_last_zxid(t);
    assert_int_equal(tree_node_count(t), 5 + zxid);
    tree_free(t);
    return zxid;
}

static void history_ends_at_the_wanted_zxid(void **state)
{
    (void)state;
    for (int64_t zxid = 10; zxid <= 40; zxid++) {
        struct fixture f;
        begin(&f);
        assert_int_equal(truncate_after(f.d, zxid, WORLD_RECORD_BYTES_MAX, &f.e), ERR_OK);
        memfs_crash(&f.fs);
        assert_int_equal(recovered_zxid(&f), zxid);
        assert_int_equal(memfs_find(&f.fs, WORLD_DIR "/snapshot.23") != NULL, zxid >= 35);
        assert_int_equal(memfs_find(&f.fs, WORLD_DIR "/log.15") != NULL, zxid >= 21);
        end(&f);
    }
}

static void unknown_zxid_changes_nothing(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    unsigned count = memfs_count(&f.fs);
    assert_int_equal(truncate_after(f.d, 41, WORLD_RECORD_BYTES_MAX, &f.e), ERR_NOT_FOUND);
    assert_int_equal(truncate_after(f.d, 0, WORLD_RECORD_BYTES_MAX, &f.e), ERR_NOT_FOUND);
    assert_non_null(strstr(f.e.text, "does not hold transaction 0x0"));
    // Without a snapshot at or below it, nothing could be built from what stays.
    assert_int_equal(truncate_after(f.d, 9, WORLD_RECORD_BYTES_MAX, &f.e), ERR_NOT_FOUND);
    assert_int_equal(memfs_count(&f.fs), count);
    assert_int_equal(recovered_zxid(&f), 40);
    end(&f);
}

static void zxid_that_only_a_snapshot_knows_may_stay(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    assert_int_equal(f.fs.port.remove(&f.fs.port, WORLD_DIR "/log.1"), ERR_OK);
    assert_int_equal(f.fs.port.remove(&f.fs.port, WORLD_DIR "/log.15"), ERR_OK);
    put_log(&f, 26, 5);
    assert_int_equal(truncate_after(f.d, 25, WORLD_RECORD_BYTES_MAX, &f.e), ERR_OK);
    assert_int_equal(recovered_zxid(&f), 25);
    end(&f);
}

static void directory_without_a_log_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    assert_int_equal(f.fs.port.remove(&f.fs.port, WORLD_DIR "/log.1"), ERR_OK);
    assert_int_equal(f.fs.port.remove(&f.fs.port, WORLD_DIR "/log.15"), ERR_OK);
    assert_int_equal(f.fs.port.remove(&f.fs.port, WORLD_DIR "/log.1f"), ERR_OK);
    assert_int_equal(truncate_after(f.d, 25, WORLD_RECORD_BYTES_MAX, &f.e), ERR_NOT_FOUND);
    end(&f);
}

// Whatever fails on the way: the history is either as long as before, or shorter but never below.
static void failing_half_way_loses_nothing_that_was_to_stay(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 3; n++) {
        struct fixture f;
        begin(&f);
        f.fs.fail_sync_in = n;
        assert_int_not_equal(truncate_after(f.d, 15, WORLD_RECORD_BYTES_MAX, &f.e), ERR_OK);
        f.fs.fail_sync_in = 0;
        assert_true(recovered_zxid(&f) >= 15);
        assert_int_equal(truncate_after(f.d, 15, WORLD_RECORD_BYTES_MAX, &f.e), ERR_OK);
        assert_int_equal(recovered_zxid(&f), 15);
        end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_ends_at_the_wanted_zxid),
        cmocka_unit_test(unknown_zxid_changes_nothing),
        cmocka_unit_test(zxid_that_only_a_snapshot_knows_may_stay),
        cmocka_unit_test(directory_without_a_log_is_refused),
        cmocka_unit_test(failing_half_way_loses_nothing_that_was_to_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
