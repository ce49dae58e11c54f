// SPDX-License-Identifier: Apache-2.0
//
// The writing end of the log: what is on the disk after each success, failure and crash.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "store/logend.h"
#include "store/logfile.h"
#include "store/logread.h"
#include "store/record.h"
#include "store/txnlog.h"
#include "tests/unit/store/world.h"

struct fixture {
    struct memfs fs;
    struct txnlog *log;
    struct store_error e;
};

static void begin_with(struct fixture *f, const struct txnlog_options *options)
{
    world_disk_init(&f->fs);
    f->log = txnlog_open(&f->fs.port, WORLD_DIR, options);
}

static void begin(struct fixture *f)
{
    begin_with(f, &(struct txnlog_options){.prealloc_bytes = 1 << 26, .force_sync = true});
}

static void end(struct fixture *f)
{
    txnlog_close(f->log);
    world_disk_fini(&f->fs);
}

// Write `count` creates from `zxid` on.
static enum err write_many(struct fixture *f, int64_t zxid, int count, size_t data_bytes)
{
    struct buf batch = {0};
    world_put_many(&batch, zxid, count, data_bytes);
    record_seal(batch.data, batch.len);
    enum err err = txnlog_write(f->log, zxid, buf_slice(&batch), &f->e);
    buf_fini(&batch);
    return err;
}

static void write_synced(struct fixture *f, int64_t zxid, int count, size_t data_bytes)
{
    assert_int_equal(write_many(f, zxid, count, data_bytes), ERR_OK);
    assert_int_equal(txnlog_sync(f->log, &f->e), ERR_OK);
}

// The zxids in the directory are exactly 1 to `last`.
static void assert_readable(struct fixture *f, int64_t last)
{
    struct logread *r;
    struct logread_record record;
    enum err err = logread_open(&f->fs.port, WORLD_DIR, 0, WORLD_RECORD_BYTES_MAX, &r, &f->e);
    assert_int_equal(err, ERR_OK);
    for (int64_t zxid = 1; zxid <= last; zxid++) {
        assert_int_equal(logread_next(r, &record, &f->e), ERR_OK);
        assert_int_equal(record.zxid, zxid);
    }
    assert_int_equal(logread_next(r, &record, &f->e), ERR_STOPPED);
    logread_close(r);
}

static size_t file_bytes(struct fixture *f, const char *path)
{
    struct memfs_file *file = memfs_find(&f->fs, path);
    assert_non_null(file);
    return file->bytes.len;
}

static int set_up(void **state)
{
    static struct fixture f;
    begin(&f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    end(*state);
    return 0;
}

static void synced_batches_survive_a_crash(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(memfs_count(&f->fs), 0);
    write_synced(f, 1, 3, 100);
    write_synced(f, 4, 1, 100);
    assert_int_equal(write_many(f, 5, 1, 100), ERR_OK);
    memfs_crash(&f->fs);
    assert_readable(f, 4);
}

static void without_forced_sync_nothing_is_synced(void **state)
{
    (void)state;
    struct fixture f;
    begin_with(&f, &(struct txnlog_options){.prealloc_bytes = 1 << 26, .force_sync = false});
    write_synced(&f, 1, 1, 100);
    assert_int_equal(f.fs.syncs, 0);
    assert_readable(&f, 1);
    end(&f);
}

static void file_is_named_after_its_first_transaction(void **state)
{
    struct fixture *f = *state;
    write_synced(f, 1, 2, 10);
    txnlog_roll(f->log);
    write_synced(f, 3, 14, 10);
    txnlog_roll(f->log);
    write_synced(f, 17, 1, 10);
    assert_non_null(memfs_find(&f->fs, WORLD_DIR "/log.1"));
    assert_non_null(memfs_find(&f->fs, WORLD_DIR "/log.3"));
    assert_non_null(memfs_find(&f->fs, WORLD_DIR "/log.11"));
    struct txnlog_stats stats;
    txnlog_stats(f->log, &stats);
    assert_int_equal(stats.files_begun, 3);
    assert_readable(f, 17);
}

static uint64_t whole_blocks(uint64_t bytes)
{
    return (bytes + PORT_FILE_BLOCK_BYTES - 1) / PORT_FILE_BLOCK_BYTES * PORT_FILE_BLOCK_BYTES;
}

static void small_batches_find_room_and_large_ones_do_not_pay(void **state)
{
    struct fixture *f = *state;
    struct txnlog_stats stats;
    write_synced(f, 1, 1, 100);
    assert_int_equal(file_bytes(f, WORLD_DIR "/log.1"), 256 * 1024);
    txnlog_stats(f->log, &stats);
    uint64_t zeroed = stats.zeroed_bytes;
    unsigned writes = f->fs.writes;
    write_synced(f, 2, 1, 100);
    assert_int_equal(f->fs.writes, writes + 1);
    write_synced(f, 3, 400, 1000);
    txnlog_stats(f->log, &stats);
    assert_int_equal(stats.zeroed_bytes, zeroed);
    assert_int_equal(file_bytes(f, WORLD_DIR "/log.1"), whole_blocks(stats.file_bytes));
    assert_readable(f, 402);
}

static void room_grows_with_the_file_up_to_a_limit(void **state)
{
    struct fixture *f = *state;
    size_t most = 0;
    for (int i = 0; i < 400; i++) {
        write_synced(f, 1 + 40 * i, 40, 1000);
        struct txnlog_stats stats;
        txnlog_stats(f->log, &stats);
        size_t room = file_bytes(f, WORLD_DIR "/log.1") - (size_t)stats.file_bytes;
        assert_true(room <= stats.file_bytes || room <= 256 * 1024);
        most = room > most ? room : most;
    }
    assert_in_range(most, 384 * 1024, 512 * 1024);
    assert_readable(f, 400 * 40);
}

static void no_room_is_made_when_it_is_off(void **state)
{
    (void)state;
    struct fixture f;
    begin_with(&f, &(struct txnlog_options){.prealloc_bytes = 0, .force_sync = true});
    write_synced(&f, 1, 1, 100);
    txnlog_make_room(f.log);
    struct txnlog_stats stats;
    txnlog_stats(f.log, &stats);
    assert_int_equal(stats.zeroed_bytes, 0);
    assert_int_equal(file_bytes(&f, WORLD_DIR "/log.1"), stats.file_bytes);
    end(&f);
}

static void room_is_made_in_a_quiet_moment(void **state)
{
    struct fixture *f = *state;
    write_synced(f, 1, 150, 1000);
    size_t before = file_bytes(f, WORLD_DIR "/log.1");
    txnlog_make_room(f->log);
    size_t after = file_bytes(f, WORLD_DIR "/log.1");
    assert_true(after > before);
    unsigned writes = f->fs.writes;
    txnlog_make_room(f->log); // enough is left
    assert_int_equal(f->fs.writes, writes);
    memfs_crash(&f->fs);
    assert_int_equal(file_bytes(f, WORLD_DIR "/log.1"), after);
    assert_readable(f, 150);
}

// Batches of every length, so that they end and begin at every place of a block.
static void batches_meet_inside_blocks(void **state)
{
    struct fixture *f = *state;
    int64_t zxid = 1;
    for (size_t bytes = 1; bytes < 3000; bytes += 37) {
        write_synced(f, zxid++, 1, bytes);
        write_synced(f, zxid, 90, bytes); // some above the limit of room
        zxid += 90;
    }
    memfs_crash(&f->fs);
    assert_readable(f, zxid - 1);
}

static void closing_cuts_the_room(void **state)
{
    struct fixture *f = *state;
    struct txnlog_stats stats;
    write_synced(f, 1, 1, 100);
    txnlog_stats(f->log, &stats);
    txnlog_close(f->log);
    f->log = NULL;
    assert_int_equal(file_bytes(f, WORLD_DIR "/log.1"), stats.file_bytes);
    assert_readable(f, 1);
}

static void file_ends_behind_its_size_limit(void **state)
{
    (void)state;
    struct fixture f;
    begin_with(&f, &(struct txnlog_options){
                       .prealloc_bytes = 1 << 20, .size_limit_bytes = 1000, .force_sync = true});
    write_synced(&f, 1, 5, 100);
    write_synced(&f, 6, 5, 100);
    write_synced(&f, 11, 1, 100);
    assert_non_null(memfs_find(&f.fs, WORLD_DIR "/log.1"));
    assert_null(memfs_find(&f.fs, WORLD_DIR "/log.6"));
    assert_non_null(memfs_find(&f.fs, WORLD_DIR "/log.b"));
    assert_readable(&f, 11);
    end(&f);
}

static void failed_write_leaves_nothing_of_itself(void **state)
{
    (void)state;
    EXPECT_MARK("refused batch is taken back");
    for (unsigned n = 1; n <= 4; n++) {
        struct fixture f;
        begin_with(&f, &(struct txnlog_options){.prealloc_bytes = 0, .force_sync = true});
        write_synced(&f, 1, 2, 100);
        f.fs.fail_write_in = 1;
        assert_int_equal(write_many(&f, 3, 5, 100), ERR_IO);
        assert_non_null(strstr(f.e.text, WORLD_DIR "/log.1 at offset "));
        assert_false(txnlog_is_broken(f.log));
        assert_readable(&f, 2);
        memfs_crash(&f.fs);
        assert_readable(&f, 2);
        write_synced(&f, 3, (int)n, 50);
        assert_readable(&f, 2 + (int64_t)n);
        end(&f);
    }
}

static void failed_first_write_leaves_no_file(void **state)
{
    (void)state;
    // 1: the room fails, which does not matter; 2: the batch fails.
    for (unsigned n = 1; n <= 2; n++) {
        struct fixture f;
        begin(&f);
        f.fs.fail_write_in = n;
        enum err err = write_many(&f, 1, 2, 100);
        assert_false(txnlog_is_broken(f.log));
        assert_int_equal(err, n == 1 ? ERR_OK : ERR_IO);
        if (err != ERR_OK) {
            assert_int_equal(memfs_count(&f.fs), 0);
            write_synced(&f, 1, 2, 100);
        }
        assert_readable(&f, 2);
        end(&f);
    }
}

static void full_disk_refuses_and_recovers(void **state)
{
    struct fixture *f = *state;
    write_synced(f, 1, 2, 100);
    f->fs.space_bytes = 300 * 1024; // the room of the first step fits, nothing large does
    assert_int_equal(write_many(f, 3, 1000, 1000), ERR_NO_SPACE);
    assert_false(txnlog_is_broken(f->log));
    assert_readable(f, 2);
    write_synced(f, 3, 1, 100); // what fits is taken
    f->fs.space_bytes = 0;
    write_synced(f, 4, 1000, 1000);
    assert_readable(f, 1003);
}

static void room_that_does_not_fit_does_not_fail_the_write(void **state)
{
    EXPECT_MARK("no room ahead");
    struct fixture *f = *state;
    f->fs.space_bytes = 100 * 1024; // less than a step of room
    for (int64_t zxid = 1; zxid <= 50; zxid++) {
        write_synced(f, zxid, 1, 1000);
    }
    assert_readable(f, 50);
}

static void write_that_cannot_be_undone_breaks_the_log(void **state)
{
    (void)state;
    struct fixture f;
    begin_with(&f, &(struct txnlog_options){.prealloc_bytes = 0, .force_sync = true});
    write_synced(&f, 1, 1, 100);
    f.fs.fail_write_in = 1;
    f.fs.fail_truncate_in = 1;
    assert_int_equal(write_many(&f, 2, 1, 100), ERR_IO);
    assert_true(txnlog_is_broken(f.log));
    end(&f);
}

static void failed_sync_breaks_the_log(void **state)
{
    (void)state;
    EXPECT_MARK("failed sync breaks the log");
    for (unsigned n = 1; n <= 2; n++) { // the file, then the directory
        struct fixture f;
        begin(&f);
        assert_int_equal(write_many(&f, 1, 1, 100), ERR_OK);
        f.fs.fail_sync_in = n;
        assert_int_equal(txnlog_sync(f.log, &f.e), ERR_IO);
        assert_true(txnlog_is_broken(f.log));
        end(&f);
    }
}

static void file_that_cannot_be_created_is_no_disaster(void **state)
{
    struct fixture *f = *state;
    f->fs.fail_open_in = 1;
    assert_int_equal(write_many(f, 1, 1, 100), ERR_TOO_MANY_FILES);
    assert_string_equal(f->e.text, "cannot create " WORLD_DIR "/log.1: too many open files");
    write_synced(f, 1, 1, 100);
    assert_readable(f, 1);
}

static void name_is_durable_with_the_first_sync_only(void **state)
{
    struct fixture *f = *state;
    write_synced(f, 1, 1, 100);
    assert_int_equal(f->fs.syncs, 2); // the file and its directory
    write_synced(f, 2, 1, 100);
    assert_int_equal(f->fs.syncs, 3);
    assert_int_equal(txnlog_sync(f->log, &f->e), ERR_OK); // nothing to do
    assert_int_equal(f->fs.syncs, 3);
}

static void unreadable_file_of_the_same_name_is_written_over(void **state)
{
    struct fixture *f = *state;
    memfs_put(&f->fs, WORLD_DIR "/log.1", "ZKLGrest of a torn file", 23);
    write_synced(f, 1, 1, 100);
    assert_readable(f, 1);
}

static struct logend noted(struct fixture *f)
{
    struct logend note;
    assert_int_equal(logend_read(&f->fs.port, WORLD_DIR, &note, NULL), ERR_OK);
    return note;
}

static void end_of_the_log_is_noted_when_it_is_kept(void **state)
{
    struct fixture *f = *state;
    write_synced(f, 1, 5, 10);
    txnlog_note_end(f->log);
    assert_int_equal(noted(f).end, -1); // not asked for
    txnlog_keep_end(f->log);
    txnlog_note_end(f->log);
    assert_int_equal(noted(f).end, -1); // nothing was written since
    write_synced(f, 6, 3, 10);
    assert_int_equal(write_many(f, 9, 2, 10), ERR_OK);
    txnlog_note_end(f->log);
    assert_int_equal(noted(f).end, 8); // only what is durable
    assert_int_equal(txnlog_sync(f->log, &f->e), ERR_OK);
    unsigned syncs = f->fs.syncs;
    txnlog_note_end(f->log);
    assert_int_equal(f->fs.syncs, syncs + 1);
    assert_int_equal(noted(f).end, 10);
    txnlog_note_end(f->log);
    assert_int_equal(f->fs.syncs, syncs + 1); // nothing new
}

static void files_that_end_leave_marks(void **state)
{
    struct fixture *f = *state;
    txnlog_keep_end(f->log);
    write_synced(f, 1, 5, 10);
    txnlog_roll(f->log);
    write_synced(f, 6, 5, 10);
    txnlog_roll(f->log);
    write_synced(f, 11, 1, 10);
    txnlog_close(f->log); // notes it
    f->log = txnlog_open(&f->fs.port, WORLD_DIR, &(struct txnlog_options){.force_sync = true});
    struct logend note = noted(f);
    assert_int_equal(note.end, 11);
    assert_int_equal(note.mark_count, 3);
    assert_int_equal(note.marks[1], 10);
    txnlog_keep_end(f->log);
    write_synced(f, 12, 2, 10); // another process: what it found becomes a mark
    txnlog_note_end(f->log);
    note = noted(f);
    assert_int_equal(note.end, 13);
    assert_int_equal(note.mark_count, 3);
    assert_int_equal(note.marks[2], 11);
}

static void refused_batch_is_never_noted(void **state)
{
    struct fixture *f = *state;
    txnlog_keep_end(f->log);
    write_synced(f, 1, 5, 10);
    f->fs.fail_write_in = 1;
    assert_int_not_equal(write_many(f, 6, 5, 10), ERR_OK);
    txnlog_note_end(f->log);
    assert_int_equal(noted(f).end, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(synced_batches_survive_a_crash),
        T(end_of_the_log_is_noted_when_it_is_kept),
        T(files_that_end_leave_marks),
        T(refused_batch_is_never_noted),
        cmocka_unit_test(without_forced_sync_nothing_is_synced),
        T(file_is_named_after_its_first_transaction),
        T(small_batches_find_room_and_large_ones_do_not_pay),
        T(room_grows_with_the_file_up_to_a_limit),
        cmocka_unit_test(no_room_is_made_when_it_is_off),
        T(room_is_made_in_a_quiet_moment),
        T(batches_meet_inside_blocks),
        T(closing_cuts_the_room),
        cmocka_unit_test(file_ends_behind_its_size_limit),
        cmocka_unit_test(failed_write_leaves_nothing_of_itself),
        cmocka_unit_test(failed_first_write_leaves_no_file),
        T(full_disk_refuses_and_recovers),
        T(room_that_does_not_fit_does_not_fail_the_write),
        cmocka_unit_test(write_that_cannot_be_undone_breaks_the_log),
        cmocka_unit_test(failed_sync_breaks_the_log),
        T(file_that_cannot_be_created_is_no_disaster),
        T(name_is_durable_with_the_first_sync_only),
        T(unreadable_file_of_the_same_name_is_written_over),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
