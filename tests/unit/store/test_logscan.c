// SPDX-License-Identifier: Apache-2.0
//
// Scanning one log file: what is intact is found, whatever stands in between.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/logscan.h"
#include "store/record.h"
#include "tests/unit/store/world.h"

enum { COUNT = 5 };

struct fixture {
    struct memfs fs;
    struct buf *file;
    uint64_t starts[COUNT + 1]; // of the records, and the end of the last one
    struct logscan *s;
    struct store_error e;
};

static void open_scan(struct fixture *f)
{
    logscan_close(f->s);
    assert_int_equal(
        logscan_open(&f->fs.port, WORLD_DIR "/log.1", WORLD_RECORD_BYTES_MAX, &f->s, &f->e),
        ERR_OK);
}

static struct logscan_item next(struct fixture *f)
{
    struct logscan_item item;
    assert_int_equal(logscan_next(f->s, &item, &f->e), ERR_OK);
    return item;
}

static void assert_record(struct fixture *f, int64_t zxid)
{
    struct logscan_item item = next(f);
    assert_int_equal(item.found, LOGSCAN_RECORD);
    assert_int_equal(item.zxid, zxid);
    assert_int_equal(item.offset, f->starts[zxid - 1]);
    assert_int_equal(item.end_offset, f->starts[zxid]);
}

static void assert_end(struct fixture *f, uint64_t offset)
{
    struct logscan_item item = next(f);
    assert_int_equal(item.found, LOGSCAN_END);
    assert_int_equal(item.offset, offset);
    assert_int_equal(logscan_next(f->s, &item, &f->e), ERR_STOPPED);
}

// Creates 1 to COUNT in log.1.
static void begin(struct fixture *f)
{
    *f = (struct fixture){0};
    world_disk_init(&f->fs);
    world_put_log_many(&f->fs, 1, COUNT, 100);
    f->file = &memfs_find(&f->fs, WORLD_DIR "/log.1")->bytes;
    open_scan(f);
    for (int i = 0; i < COUNT; i++) {
        struct logscan_item item = next(f);
        assert_int_equal(item.zxid, i + 1);
        f->starts[i] = item.offset;
        f->starts[i + 1] = item.end_offset;
    }
    assert_end(f, f->starts[COUNT]);
    assert_null(logscan_header_fault(f->s));
}

static void end(struct fixture *f)
{
    logscan_close(f->s);
    world_disk_fini(&f->fs);
}

static void put_zeros(struct buf *b, size_t count)
{
    memset(buf_reserve(b, count), 0, count);
    b->len += count;
}

static void zeros_behind_the_records_are_the_end(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    put_zeros(f.file, 3 * 1024 * 1024);
    open_scan(&f);
    for (int64_t zxid = 1; zxid <= COUNT; zxid++) {
        assert_record(&f, zxid);
    }
    assert_end(&f, f.starts[COUNT]);
    end(&f);
}

static void record_with_a_wrong_checksum_is_given_as_such(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    f.file->data[f.starts[1] + RECORD_HEAD_BYTES + 40] ^= 1;
    open_scan(&f);
    assert_record(&f, 1);
    struct logscan_item item = next(&f);
    assert_int_equal(item.found, LOGSCAN_BAD_SUM);
    assert_int_equal(item.zxid, 2);
    assert_record(&f, 3);
    end(&f);
}

static void broken_length_is_a_break_up_to_the_next_record(void **state)
{
    static const uint8_t lengths[][4] = {
        {0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 1}, {0, 0, 0, 90}, {0, 0, 0, 0}, {0x7f, 0, 0, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct fixture f;
        begin(&f);
        memcpy(f.file->data + f.starts[1] + 8, lengths[i], 4);
        open_scan(&f);
        assert_record(&f, 1);
        struct logscan_item item = next(&f);
        assert_int_equal(item.found, LOGSCAN_BREAK);
        assert_false(item.is_last);
        assert_int_equal(item.offset, f.starts[1]);
        assert_int_equal(item.end_offset, f.starts[2]);
        assert_record(&f, 3);
        end(&f);
    }
}

static void every_cut_leaves_the_whole_records_and_a_last_break(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    for (uint64_t cut = f.starts[3] + 1; cut < f.starts[4]; cut++) {
        f.file->len = cut;
        open_scan(&f);
        for (int64_t zxid = 1; zxid <= 3; zxid++) {
            assert_record(&f, zxid);
        }
        struct logscan_item item = next(&f);
        bool is_zeros = cut <= f.starts[3] + 4; // a checksum begins with four
        assert_int_equal(item.found, is_zeros ? LOGSCAN_END : LOGSCAN_BREAK);
        assert_true(is_zeros || item.is_last);
        if (!is_zeros) {
            assert_end(&f, item.end_offset);
        }
    }
    end(&f);
}

static void wrong_header_is_said_and_the_records_are_read(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    f.file->data[0] = 'X';
    open_scan(&f);
    assert_non_null(logscan_header_fault(f.s));
    assert_record(&f, 1);
    f.file->len = 7;
    open_scan(&f);
    assert_false(logscan_has_header(f.s));
    struct logscan_item item;
    assert_int_equal(logscan_next(f.s, &item, &f.e), ERR_STOPPED);
    end(&f);
}

static void records_are_found_again_behind_a_large_break(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    struct buf all = {0};
    buf_append(&all, f.file->data, (size_t)f.starts[2]);
    size_t hole = (size_t)LOGSCAN_FIND_BYTES_MAX * 3 + 12345;
    memset(buf_reserve(&all, hole), 0x5a, hole);
    all.len += hole;
    buf_append(&all, f.file->data + f.starts[2], (size_t)(f.starts[3] - f.starts[2]));
    memfs_put(&f.fs, WORLD_DIR "/log.1", all.data, all.len);
    buf_fini(&all);
    open_scan(&f);
    assert_record(&f, 1);
    assert_record(&f, 2);
    struct logscan_item item = next(&f);
    assert_int_equal(item.found, LOGSCAN_BREAK);
    assert_int_equal(item.end_offset, f.starts[2] + hole);
    assert_int_equal(next(&f).zxid, 3);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeros_behind_the_records_are_the_end),
        cmocka_unit_test(record_with_a_wrong_checksum_is_given_as_such),
        cmocka_unit_test(broken_length_is_a_break_up_to_the_next_record),
        cmocka_unit_test(every_cut_leaves_the_whole_records_and_a_last_break),
        cmocka_unit_test(wrong_header_is_said_and_the_records_are_read),
        cmocka_unit_test(records_are_found_again_behind_a_large_break),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
