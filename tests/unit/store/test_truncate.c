// SPDX-License-Identifier: Apache-2.0
//
// Truncation: exactly the transactions behind a zxid are forgotten, and only when it is known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/install.h"
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

// Snapshots at 10, 25 and 35; logs of 1-20, 21-30 and 31-40.
static void begin(struct fixture *f)
{
    world_disk_init(&f->fs);
    world_put_snapshot_many(&f->fs, 10);
    world_put_snapshot_many(&f->fs, 25);
    world_put_snapshot_many(&f->fs, 35);
    world_put_log_many(&f->fs, 1, 20, 10);
    world_put_log_many(&f->fs, 21, 10, 10);
    world_put_log_many(&f->fs, 31, 10, 10);
    assert_int_equal(datadir_open(&f->fs.port, "/d", NULL, true, &f->d, &f->e), ERR_OK);
}

static void end(struct fixture *f)
{
    datadir_close(f->d);
    world_disk_fini(&f->fs);
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
    world_put_log_many(&f.fs, 26, 5, 10);
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

#define EPOCH_1 (INT64_C(1) << 32)

// Transactions 1 to 20, then the first five of epoch 1, in a file of their own or behind them; a
// snapshot at 10.
static void begin_two_epochs(struct fixture *f, bool in_one_file)
{
    struct buf batch = {0};
    world_disk_init(&f->fs);
    world_put_snapshot_many(&f->fs, 10);
    world_put_many(&batch, 1, 20, 10);
    if (in_one_file) {
        world_put_many(&batch, EPOCH_1 + 1, 5, 10);
    } else {
        world_put_log_many(&f->fs, EPOCH_1 + 1, 5, 10);
    }
    world_put_log(&f->fs, 1, &batch);
    buf_fini(&batch);
    assert_int_equal(datadir_open(&f->fs.port, "/d", NULL, true, &f->d, &f->e), ERR_OK);
}

static void the_beginning_of_an_epoch_cuts_all_of_it(void **state)
{
    (void)state;
    for (int in_one_file = 0; in_one_file <= 1; in_one_file++) {
        struct fixture f;
        begin_two_epochs(&f, in_one_file != 0);
        assert_int_equal(truncate_after(f.d, EPOCH_1, WORLD_RECORD_BYTES_MAX, &f.e), ERR_OK);
        memfs_crash(&f.fs);
        assert_int_equal(recovered_zxid(&f), 20);
        end(&f);
    }
}

static void the_tree_then_stands_at_that_beginning(void **state)
{
    (void)state;
    struct fixture f;
    struct tree *t;
    struct port_clock clock = {.mono_ns = no_time, .wall_ms = no_time};
    struct recover_options options = {.tree = world_options(),
                                      .record_bytes_max = WORLD_RECORD_BYTES_MAX};
    begin_two_epochs(&f, false);
    assert_int_equal(install_truncated(f.d, EPOCH_1, &clock, &options, NULL, NULL, &t, &f.e),
                     ERR_OK);
    assert_int_equal(tree_last_zxid(t), EPOCH_1);
    assert_int_equal(tree_node_count(t), 5 + 20);
    tree_free(t);
    end(&f);
}

// The log begins with epoch 1: whether the snapshot at 10 is all there was before, nothing shows.
static void a_beginning_that_the_log_does_not_cross_is_unknown(void **state)
{
    (void)state;
    struct fixture f;
    begin_two_epochs(&f, false);
    assert_int_equal(f.fs.port.remove(&f.fs.port, WORLD_DIR "/log.1"), ERR_OK);
    assert_int_equal(truncate_after(f.d, EPOCH_1, WORLD_RECORD_BYTES_MAX, &f.e), ERR_NOT_FOUND);
    assert_non_null(memfs_find(&f.fs, WORLD_DIR "/log.100000001"));
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
        cmocka_unit_test(the_beginning_of_an_epoch_cuts_all_of_it),
        cmocka_unit_test(the_tree_then_stands_at_that_beginning),
        cmocka_unit_test(a_beginning_that_the_log_does_not_cross_is_unknown),
        cmocka_unit_test(failing_half_way_loses_nothing_that_was_to_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
