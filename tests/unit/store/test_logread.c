// SPDX-License-Identifier: Apache-2.0
//
// The reading end of the log: every row of the table in logread.h, in the last file and in an
// earlier one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/logfile.h"
#include "store/logread.h"
#include "store/record.h"
#include "tests/unit/store/world.h"

struct fixture {
    struct memfs fs;
    struct logread *r;
    struct store_error e;
};

static void begin(struct fixture *f)
{
    memfs_init(&f->fs);
    f->r = NULL;
    assert_int_equal(f->fs.port.make_dir(&f->fs.port, WORLD_DIR), ERR_OK);
}

static void end(struct fixture *f)
{
    logread_close(f->r);
    world_disk_fini(&f->fs);
}

static struct buf *put_creates(struct fixture *f, int64_t zxid, int count, size_t data_bytes)
{
    char name[NAMES_BYTES_MAX];
    struct buf path = {0};
    world_put_log_many(&f->fs, zxid, count, data_bytes);
    names_print_log(zxid, name);
    struct memfs_file *file = memfs_find(&f->fs, names_join(&path, WORLD_DIR, name));
    buf_fini(&path);
    return &file->bytes;
}

static void put_zeros(struct buf *b, size_t count)
{
    memset(buf_reserve(b, count), 0, count);
    b->len += count;
}

static void open_from(struct fixture *f, int64_t zxid)
{
    logread_close(f->r);
    assert_int_equal(
        logread_open(&f->fs.port, WORLD_DIR, zxid, WORLD_RECORD_BYTES_MAX, &f->r, &f->e), ERR_OK);
}

// Read from `first` on; the records are `first` to `last`, then `end` comes.
static void assert_reads(struct fixture *f, int64_t first, int64_t last, enum err end)
{
    struct logread_record record;
    open_from(f, first);
    for (int64_t zxid = first; zxid <= last; zxid++) {
        assert_int_equal(logread_next(f->r, &record, &f->e), ERR_OK);
        assert_int_equal(record.zxid, zxid);
        assert_int_equal(record.end_offset - record.offset, record.body.len + RECORD_FRAME_BYTES);
    }
    assert_int_equal(logread_next(f->r, &record, &f->e), end);
}

static size_t record_bytes(size_t data_bytes)
{
    struct buf b = {0};
    world_put_many(&b, 1, 1, data_bytes);
    size_t len = b.len;
    buf_fini(&b);
    return len;
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

static void empty_directory_has_no_records(void **state)
{
    struct fixture *f = *state;
    assert_reads(f, 0, -1, ERR_STOPPED);
    assert_string_equal(logread_tail(f->r)->file, "");
    struct logread *r;
    assert_int_equal(logread_open(&f->fs.port, "/none", 0, 100, &r, &f->e), ERR_NOT_FOUND);
}

static void records_run_over_all_files_in_order(void **state)
{
    struct fixture *f = *state;
    put_zeros(put_creates(f, 1, 15, 100), 5000);
    put_creates(f, 16, 2000, 1000); // more than one window
    put_creates(f, 2016, 1, 10);
    assert_reads(f, 1, 2016, ERR_STOPPED);
    const struct logread_tail *tail = logread_tail(f->r);
    assert_string_equal(tail->file, "log.7e0");
    assert_false(tail->is_torn);
    assert_false(tail->is_empty);
    assert_int_equal(tail->good_bytes, LOGFILE_HEADER_BYTES + record_bytes(10) + 3);
}

static void reading_starts_at_the_wanted_zxid(void **state)
{
    struct fixture *f = *state;
    put_creates(f, 1, 9, 10);
    put_creates(f, 10, 10, 10);
    put_creates(f, 20, 10, 10);
    assert_reads(f, 5, 29, ERR_STOPPED);
    assert_reads(f, 10, 29, ERR_STOPPED);
    assert_reads(f, 19, 29, ERR_STOPPED);
    assert_reads(f, 30, 29, ERR_STOPPED);
}

static void tail_cut_at_any_byte_ends_at_the_last_good_record(void **state)
{
    struct fixture *f = *state;
    struct buf *bytes = put_creates(f, 1, 3, 10);
    size_t good = bytes->len - record_bytes(10);
    for (size_t len = bytes->len - 1; len > good; len--) {
        bytes->len = len;
        assert_reads(f, 1, 2, ERR_STOPPED);
        // A checksum begins with four zeros, which are no more than room.
        assert_int_equal(logread_tail(f->r)->is_torn, len > good + 4);
        assert_int_equal(logread_tail(f->r)->good_bytes, good);
        // The same with room behind it.
        put_zeros(bytes, 3000);
        assert_reads(f, 1, 2, ERR_STOPPED);
        assert_int_equal(logread_tail(f->r)->good_bytes, good);
        bytes->len = len;
    }
}

static void bad_checksum_at_the_very_end_is_a_torn_tail(void **state)
{
    struct fixture *f = *state;
    struct buf *bytes = put_creates(f, 1, 3, 10);
    put_zeros(bytes, 1000);
    bytes->data[bytes->len - 1000 - 20] ^= 4;
    assert_reads(f, 1, 2, ERR_STOPPED);
    assert_true(logread_tail(f->r)->is_torn);
    assert_string_equal(logread_tail(f->r)->what, "a transaction with a wrong checksum");
}

static void damage_in_front_of_intact_records_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct buf *bytes = put_creates(f, 1, 5, 10);
    size_t second = LOGFILE_HEADER_BYTES + record_bytes(10);
    bytes->data[second + 30] ^= 4;
    assert_reads(f, 1, 1, ERR_CORRUPT);
    assert_int_equal(second, 114);
    assert_non_null(strstr(f->e.text, WORLD_DIR "/log.1 is damaged at offset 114"));
    bytes->data[second + 30] ^= 4;
    bytes->data[second + 8] = 0xff; // a negative length
    assert_reads(f, 1, 1, ERR_CORRUPT);
    bytes->data[second + 8] = 0;
    be32_store(bytes->data + second + 8, 0); // a hole
    assert_reads(f, 1, 1, ERR_CORRUPT);
    assert_non_null(strstr(f->e.text, "truncate -s 114"));
}

// A power failure may write the sectors of one batch in any order.
static void batch_with_missing_sectors_is_a_torn_tail(void **state)
{
    struct fixture *f = *state;
    struct buf *bytes = put_creates(f, 1, 20, 1000);
    size_t sector = (LOGFILE_HEADER_BYTES + 5 * record_bytes(1000)) / 512 * 512 + 512;
    memset(bytes->data + sector, 0, 512);
    assert_reads(f, 1, 5, ERR_STOPPED);
    assert_true(logread_tail(f->r)->is_torn);
    assert_int_equal(logread_tail(f->r)->good_bytes, LOGFILE_HEADER_BYTES + 5 * record_bytes(1000));
}

// A missing sector may begin with bytes of the batch before, and end with none of zeros.
static void batch_with_any_one_sector_missing_is_a_torn_tail(void **state)
{
    struct fixture *f = *state;
    struct buf *bytes = put_creates(f, 1, 60, 100);
    // Records 1 to 20 were synced before: what the first sector holds of them stays.
    size_t synced = LOGFILE_HEADER_BYTES + 9 * record_bytes(100) + 11 * (record_bytes(100) + 1);
    struct buf whole = {0};
    buf_append_slice(&whole, buf_slice(bytes));
    for (size_t at = synced; at < bytes->len; at = at / 512 * 512 + 512) {
        size_t end = at / 512 * 512 + 512;
        size_t len = end < bytes->len ? end - at : bytes->len - at;
        memset(bytes->data + at, 0, len);
        struct logread_record record;
        int64_t count = 0;
        enum err err;
        open_from(f, 0);
        while ((err = logread_next(f->r, &record, &f->e)) == ERR_OK) {
            count++;
        }
        assert_int_equal(err, ERR_STOPPED);
        assert_true(count >= 20);
        assert_true(count < 60);
        memcpy(bytes->data + at, whole.data + at, len);
    }
    buf_fini(&whole);
}

static void first_sector_of_the_file_may_be_missing(void **state)
{
    struct fixture *f = *state;
    put_creates(f, 1, 5, 10);
    struct buf *bytes = put_creates(f, 6, 50, 100);
    memset(bytes->data, 0, 512);
    assert_reads(f, 1, 5, ERR_STOPPED);
    assert_true(logread_tail(f->r)->is_empty);
    bytes->data[300] = 1; // not a missing sector
    assert_reads(f, 1, 5, ERR_CORRUPT);
}

static void hole_further_from_the_end_than_a_batch_is_damage(void **state)
{
    struct fixture *f = *state;
    struct buf *bytes = put_creates(f, 1, 100, 100000);
    memset(bytes->data + 1024, 0, 1024);
    assert_reads(f, 1, 0, ERR_CORRUPT);
}

static void torn_earlier_file_is_passed_over(void **state)
{
    struct fixture *f = *state;
    struct buf *bytes = put_creates(f, 1, 6, 10);
    bytes->len -= 20;
    put_creates(f, 6, 5, 10); // the same zxid again, after a restart
    assert_reads(f, 1, 10, ERR_STOPPED);
    assert_false(logread_tail(f->r)->is_torn);
}

static void garbage_behind_an_earlier_file_counts_when_the_next_does_not_go_on(void **state)
{
    struct fixture *f = *state;
    struct buf *bytes = put_creates(f, 1, 6, 10);
    bytes->data[bytes->len - 20] ^= 1; // a complete record with a wrong checksum
    put_creates(f, 6, 5, 10);
    assert_reads(f, 1, 10, ERR_STOPPED);
    assert_int_equal(f->fs.port.remove(&f->fs.port, WORLD_DIR "/log.6"), ERR_OK);
    put_creates(f, 9, 5, 10);
    assert_reads(f, 1, 5, ERR_CORRUPT);
}

static void header_that_was_not_written_ends_the_last_file(void **state)
{
    (void)state;
    for (size_t len = 0; len < LOGFILE_HEADER_BYTES; len++) {
        struct fixture f;
        begin(&f);
        put_creates(&f, 1, 2, 10);
        memfs_put(&f.fs, WORLD_DIR "/log.3", "ZKLG\0\0\0\2\0\0\0\0\0\0\0\0", len);
        assert_reads(&f, 1, 2, ERR_STOPPED);
        assert_string_equal(logread_tail(f.r)->file, "log.3");
        assert_true(logread_tail(f.r)->is_empty);
        assert_int_equal(logread_tail(f.r)->good_bytes, 0);
        end(&f);
    }
}

static void header_alone_is_an_empty_file(void **state)
{
    struct fixture *f = *state;
    struct buf none = {0};
    put_creates(f, 1, 2, 10);
    world_put_log(&f->fs, 3, &none);
    assert_reads(f, 1, 2, ERR_STOPPED);
    assert_true(logread_tail(f->r)->is_empty);
    assert_false(logread_tail(f->r)->is_torn);
}

static void short_or_foreign_file_elsewhere_is_damage(void **state)
{
    struct fixture *f = *state;
    memfs_put(&f->fs, WORLD_DIR "/log.1", "ZKLG", 4);
    put_creates(f, 3, 2, 10);
    assert_reads(f, 0, -1, ERR_CORRUPT);
    memfs_put(&f->fs, WORLD_DIR "/log.1", "this is another kind of file", 28);
    assert_reads(f, 0, -1, ERR_CORRUPT);
    assert_non_null(strstr(f->e.text, "magic number"));
    assert_int_equal(f->fs.port.remove(&f->fs.port, WORLD_DIR "/log.3"), ERR_OK);
    assert_reads(f, 0, -1, ERR_CORRUPT); // also as the last file
}

static void intact_record_above_the_limit_is_not_damage(void **state)
{
    struct fixture *f = *state;
    struct logread_record record;
    put_creates(f, 1, 1, 5000);
    assert_int_equal(logread_open(&f->fs.port, WORLD_DIR, 0, 4096, &f->r, &f->e), ERR_OK);
    assert_int_equal(logread_next(f->r, &record, &f->e), ERR_TOO_BIG);
    assert_non_null(strstr(f->e.text, "raise jute.maxbuffer"));
}

// The room behind the data is zeros, and no sign that sectors are missing.
static void flipped_header_in_front_of_room_is_damage(void **state)
{
    struct fixture *f = *state;
    struct logread_record record;
    struct buf *b = put_creates(f, 1, 3, 100);
    put_zeros(b, 5000);
    b->data[1] ^= 4;
    open_from(f, 1);
    assert_int_equal(logread_next(f->r, &record, &f->e), ERR_CORRUPT);
}

// Strictly from 1 on: how it ends; *ret_last is the last record.
static enum err read_strictly(struct fixture *f, int64_t *ret_last)
{
    struct logread_record record;
    enum err err;
    *ret_last = 0;
    open_from(f, 1);
    logread_be_strict(f->r);
    while ((err = logread_next(f->r, &record, &f->e)) == ERR_OK) {
        *ret_last = record.zxid;
    }
    return err;
}

// A member takes only for torn what a write explains that reached the disk in part.
static void strict_reader_tells_damage_from_a_torn_end(void **state)
{
    struct fixture *f = *state;
    int64_t last;
    char file[NAMES_BYTES_MAX];
    uint64_t offset = 0;
    struct buf *b = put_creates(f, 1, 3, 100);
    put_zeros(b, 5000);
    b->data[(b->len - 5000) / 3 * 2 + 50] ^= 1; // in the third record
    assert_reads(f, 1, 2, ERR_STOPPED);         // the usual reader cuts it off
    assert_int_equal(read_strictly(f, &last), ERR_CORRUPT);
    assert_int_equal(last, 2);
    logread_where(f->r, file, &offset);
    assert_string_equal(file, "log.1");
    assert_in_range(offset, 300, b->len - 5000);
    memset(b->data + offset, 0, b->len - (size_t)offset); // nothing of it was written
    memset(b->data + offset + 600, 'x', 20);              // but a part of what followed
    assert_int_equal(read_strictly(f, &last), ERR_STOPPED);
    assert_int_equal(last, 2);
    assert_true(logread_tail(f->r)->is_torn);
}

// Its length says so, its checksum does not: then it is damage, and no matter of configuration.
static void length_above_the_limit_needs_its_checksum(void **state)
{
    struct fixture *f = *state;
    struct buf *b = put_creates(f, 1, 3, 100);
    put_zeros(b, WORLD_RECORD_BYTES_MAX * 2);
    uint32_t len = WORLD_RECORD_BYTES_MAX + 100;
    be32_store(b->data + LOGFILE_HEADER_BYTES + 8, len);
    b->data[LOGFILE_HEADER_BYTES + RECORD_HEAD_BYTES + len] = RECORD_END_MARK;
    open_from(f, 1);
    assert_reads(f, 1, 0, ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(empty_directory_has_no_records),
        T(records_run_over_all_files_in_order),
        T(reading_starts_at_the_wanted_zxid),
        T(tail_cut_at_any_byte_ends_at_the_last_good_record),
        T(bad_checksum_at_the_very_end_is_a_torn_tail),
        T(damage_in_front_of_intact_records_is_an_error),
        T(batch_with_missing_sectors_is_a_torn_tail),
        T(batch_with_any_one_sector_missing_is_a_torn_tail),
        T(first_sector_of_the_file_may_be_missing),
        T(hole_further_from_the_end_than_a_batch_is_damage),
        T(torn_earlier_file_is_passed_over),
        T(garbage_behind_an_earlier_file_counts_when_the_next_does_not_go_on),
        cmocka_unit_test(header_that_was_not_written_ends_the_last_file),
        T(header_alone_is_an_empty_file),
        T(short_or_foreign_file_elsewhere_is_damage),
        T(intact_record_above_the_limit_is_not_damage),
        T(flipped_header_in_front_of_room_is_damage),
        T(strict_reader_tells_damage_from_a_torn_end),
        T(length_above_the_limit_needs_its_checksum),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
