// SPDX-License-Identifier: Apache-2.0
//
// The log read for a learner: in chunks, while it is written, without a hole and never past what is
// durable.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "store/logchunk.h"
#include "store/logfile.h"
#include "store/record.h"
#include "store/txnlog.h"
#include "tests/unit/store/stage.h"

#define EPOCH(e, counter) ((int64_t)(e) << 32 | (counter))

struct fixture {
    struct stage s;
    struct logchunk_options options;
    struct logchunk *c;
    int64_t at;
    struct logchunk_result got;
    struct txnlog *log;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.options = {.record_bytes_max = WORLD_RECORD_BYTES_MAX}};
    stage_begin(&f.s, 5);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    logchunk_close(f->c);
    txnlog_close(f->log);
    stage_end(&f->s);
    return 0;
}

static enum err open_behind(struct fixture *f, int64_t zxid, int64_t durable)
{
    logchunk_close(f->c);
    f->c = NULL;
    return logchunk_open(f->s.d, zxid, durable, &f->options, &f->c, &f->at, &f->s.e);
}

// Reads one chunk; the zxids must be `first` to `last`. Returns is_end.
static bool next_is(struct fixture *f, int64_t up_to, size_t bytes_max, int64_t first, int64_t last)
{
    assert_int_equal(logchunk_next(f->c, up_to, bytes_max, &f->got, &f->s.e), ERR_OK);
    assert_int_equal(f->got.count, last - first + 1);
    for (size_t i = 0; i < f->got.count; i++) {
        assert_int_equal(f->got.records[i].zxid, first + (int64_t)i);
        assert_int_equal(record_zxid(f->got.records[i].txn), first + (int64_t)i);
    }
    return f->got.is_end;
}

static void records_come_in_chunks_over_the_files(void **state)
{
    struct fixture *f = *state;
    stage_put_log(&f->s, 1, 20);
    stage_put_log(&f->s, 21, 30);
    stage_put_log(&f->s, 31, 40);
    assert_int_equal(open_behind(f, 15, 40), ERR_OK);
    assert_int_equal(f->at, 15);
    int64_t last = 15;
    bool is_end = false;
    int chunks = 0;
    while (!is_end) {
        assert_int_equal(logchunk_next(f->c, 40, 300, &f->got, &f->s.e), ERR_OK);
        assert_in_range(f->got.count, 1, 5); // a record has about 90 bytes
        for (size_t i = 0; i < f->got.count; i++) {
            assert_int_equal(f->got.records[i].zxid, ++last);
        }
        is_end = f->got.is_end;
        chunks++;
    }
    assert_int_equal(last, 40);
    assert_true(chunks > 5);
    assert_true(next_is(f, 40, 300, 41, 40)); // and nothing more
}

static void one_record_is_given_even_when_it_is_larger(void **state)
{
    struct fixture *f = *state;
    stage_put_log(&f->s, 1, 3);
    assert_int_equal(open_behind(f, 1, 3), ERR_OK);
    assert_false(next_is(f, 3, 1, 2, 2));
    assert_true(next_is(f, 3, 1, 3, 3));
}

static void position_is_the_newest_at_or_below(void **state)
{
    struct fixture *f = *state;
    stage_put_log(&f->s, EPOCH(1, 5), EPOCH(1, 9));
    stage_put_log(&f->s, EPOCH(2, 1), EPOCH(2, 4));
    assert_int_equal(open_behind(f, EPOCH(1, 7), EPOCH(2, 4)), ERR_OK);
    assert_int_equal(f->at, EPOCH(1, 7));
    assert_int_equal(open_behind(f, EPOCH(1, 50), EPOCH(2, 4)), ERR_OK); // unknown to us
    assert_int_equal(f->at, EPOCH(1, 9));
    assert_true(next_is(f, EPOCH(2, 4), 1 << 20, EPOCH(2, 1), EPOCH(2, 4)));
    assert_int_equal(open_behind(f, EPOCH(2, 0), EPOCH(2, 4)), ERR_OK); // nobody's transaction
    assert_int_equal(f->at, EPOCH(1, 9));
    assert_int_equal(open_behind(f, EPOCH(2, 4), EPOCH(2, 4)), ERR_OK);
    assert_true(next_is(f, EPOCH(2, 4), 1 << 20, 1, 0));
    assert_int_equal(open_behind(f, EPOCH(1, 4), EPOCH(2, 4)), ERR_NOT_FOUND);
    assert_non_null(strstr(f->s.e.text, "does not reach back"));
    assert_int_equal(open_behind(f, EPOCH(2, 5), EPOCH(2, 4)), ERR_NOT_FOUND);
}

static void empty_log_reaches_back_to_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_behind(f, 0, 0), ERR_NOT_FOUND);
    assert_null(f->c);
}

// Apparent sizes, behind the first file, against the newest snapshot.
static void large_log_is_refused_at_the_first_read_only(void **state)
{
    struct fixture *f = *state;
    struct buf bytes = {0};
    stage_put_snapshot(&f->s, 1, NAMES_PLAIN);
    stage_put_log(&f->s, 1, 200);
    stage_put_log(&f->s, 201, 210);
    stage_get(&f->s, "snapshot.1", &bytes);
    double snapshot_bytes = (double)bytes.len;
    stage_get(&f->s, "log.c9", &bytes);
    double log_bytes = (double)bytes.len;
    f->options.snapshot_size_factor = log_bytes / snapshot_bytes + 0.01;
    assert_int_equal(open_behind(f, 5, 210), ERR_OK);
    f->options.snapshot_size_factor = log_bytes / snapshot_bytes - 0.01;
    assert_int_equal(open_behind(f, 5, 210), ERR_TOO_BIG);
    assert_int_equal(open_behind(f, 205, 210), ERR_OK); // its file is the first one
    f->options.is_standing = true;
    assert_int_equal(open_behind(f, 5, 210), ERR_OK);
    f->options = (struct logchunk_options){.record_bytes_max = WORLD_RECORD_BYTES_MAX};
    assert_int_equal(open_behind(f, 5, 210), ERR_OK); // 0 is no limit
    buf_fini(&bytes);
}

static void holes_are_refused(void **state)
{
    static const struct {
        int64_t last, next, snapshot;
        bool is_hole;
    } cases[] = {
        {9, 11, 0, true},
        {EPOCH(1, 9), EPOCH(2, 1), 0, false},
        {EPOCH(1, 9), EPOCH(3, 1), 0, false},
        {EPOCH(1, 9), EPOCH(2, 2), 0, true},
        {EPOCH(1, 9), EPOCH(2, 1), EPOCH(2, 0), true},
        {EPOCH(1, 9), EPOCH(2, 1), EPOCH(1, 30), true},
        {EPOCH(1, 9), EPOCH(2, 1), EPOCH(2, 1), false},
        {EPOCH(1, 9), EPOCH(2, 1), EPOCH(1, 9), false},
    };
    struct fixture *f = *state;
    EXPECT_MARK("hole in the log is seen");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tear_down(state);
        set_up(state);
        stage_put_log(&f->s, cases[i].last - 2, cases[i].last);
        stage_put_log(&f->s, cases[i].next, cases[i].next + 1);
        if (cases[i].snapshot > 0) {
            char name[NAMES_BYTES_MAX];
            names_print_snapshot(cases[i].snapshot, NAMES_PLAIN, name);
            stage_put(&f->s, name, slice_str("x"));
        }
        assert_int_equal(open_behind(f, cases[i].last - 1, cases[i].next + 1), ERR_OK);
        enum err err = logchunk_next(f->c, cases[i].next + 1, 1 << 20, &f->got, &f->s.e);
        assert_int_equal(err, cases[i].is_hole ? ERR_NOT_FOUND : ERR_OK);
        assert_true(cases[i].is_hole || f->got.count == 3);
    }
}

static void files_that_purge_removed_are_told(void **state)
{
    struct fixture *f = *state;
    stage_put_log(&f->s, 1, 20);
    stage_put_log(&f->s, 21, 30);
    stage_put_log(&f->s, 31, 40);
    assert_int_equal(open_behind(f, 5, 40), ERR_OK);
    assert_false(next_is(f, 40, 200, 6, 8));
    assert_int_equal(f->s.fs->remove(f->s.fs, WORLD_DIR "/log.1"), ERR_OK);
    assert_int_equal(f->s.fs->remove(f->s.fs, WORLD_DIR "/log.15"), ERR_OK);
    enum err err;
    int64_t last = 8;
    do {
        err = logchunk_next(f->c, 40, 200, &f->got, &f->s.e);
        for (size_t i = 0; err == ERR_OK && i < f->got.count; i++) {
            assert_int_equal(f->got.records[i].zxid, ++last); // the open file goes on
        }
    } while (err == ERR_OK && !f->got.is_end);
    assert_int_equal(err, ERR_NOT_FOUND);
    assert_non_null(strstr(f->s.e.text, "log.15"));
    assert_in_range(last, 15, 20); // of the chunk that failed nothing is given
}

// ---- while the log is written ----

static void open_writer(struct fixture *f, int64_t prealloc_bytes)
{
    const struct txnlog_options options = {.prealloc_bytes = prealloc_bytes, .force_sync = true};
    f->log = txnlog_open(f->s.fs, WORLD_DIR, &options);
}

static void append(struct fixture *f, int64_t first, int count)
{
    struct buf batch = {0};
    world_put_many(&batch, first, count, 10);
    record_seal(batch.data, batch.len);
    assert_int_equal(txnlog_write(f->log, first, buf_slice(&batch), &f->s.e), ERR_OK);
    buf_fini(&batch);
}

static void append_durably(struct fixture *f, int64_t first, int count)
{
    append(f, first, count);
    assert_int_equal(txnlog_sync(f->log, &f->s.e), ERR_OK);
}

static void reader_follows_the_writer(void **state)
{
    struct fixture *f = *state;
    open_writer(f, 1 << 16);
    append_durably(f, 1, 10);
    assert_int_equal(open_behind(f, 1, 10), ERR_OK);
    assert_true(next_is(f, 10, 1 << 20, 2, 10));
    int64_t end = 10;
    for (int round = 0; round < 60; round++) {
        int count = 1 + round % 7;
        append_durably(f, end + 1, count);
        append(f, end + count + 1, 1); // not durable yet: must not be seen
        assert_true(next_is(f, end + count, 1 << 20, end + 1, end + count));
        assert_int_equal(txnlog_sync(f->log, &f->s.e), ERR_OK);
        end += count;
        assert_true(next_is(f, end + 1, 1 << 20, end + 1, end + 1));
        end++;
        if (round % 9 == 8) {
            txnlog_roll(f->log);
        }
    }
}

// The end that is asked for is no record: an epoch has begun, and nothing in it.
static void reader_goes_on_behind_an_end(void **state)
{
    struct fixture *f = *state;
    open_writer(f, 1 << 16);
    append_durably(f, EPOCH(1, 1), 5);
    assert_int_equal(open_behind(f, EPOCH(1, 2), EPOCH(2, 0)), ERR_OK);
    assert_true(next_is(f, EPOCH(2, 0), 1 << 20, EPOCH(1, 3), EPOCH(1, 5)));
    assert_true(next_is(f, EPOCH(2, 0), 1 << 20, 1, 0));
    append_durably(f, EPOCH(2, 1), 3);
    assert_true(next_is(f, EPOCH(2, 3), 1 << 20, EPOCH(2, 1), EPOCH(2, 3)));
    txnlog_roll(f->log);
    append_durably(f, EPOCH(2, 4), 2);
    assert_true(next_is(f, EPOCH(2, 5), 1 << 20, EPOCH(2, 4), EPOCH(2, 5)));
}

// Half of a batch is on its way to the disk behind the durable end.
static void write_under_way_is_not_looked_at(void **state)
{
    struct fixture *f = *state;
    struct buf bytes = {0};
    stage_put_log(&f->s, 1, 10);
    stage_get(&f->s, "log.1", &bytes);
    size_t whole = bytes.len;
    struct buf batch = {0};
    world_put_many(&batch, 11, 4, 600);
    record_seal(batch.data, batch.len);
    for (size_t part = 1; part < batch.len; part += 37) {
        bytes.len = whole;
        buf_append(&bytes, batch.data, part);
        stage_put(&f->s, "log.1", buf_slice(&bytes));
        assert_int_equal(open_behind(f, 3, 10), ERR_OK);
        assert_true(next_is(f, 10, 1 << 20, 4, 10));
        bytes.len = whole;
        buf_append_slice(&bytes, buf_slice(&batch));
        stage_put(&f->s, "log.1", buf_slice(&bytes));
        assert_true(next_is(f, 14, 1 << 20, 11, 14)); // and then it is there
    }
    buf_fini(&batch);
    buf_fini(&bytes);
}

// A chunk ended in the middle of what had been read ahead, zeros included; then the log grew.
static void bytes_read_ahead_do_not_become_stale(void **state)
{
    struct fixture *f = *state;
    open_writer(f, 1 << 16);
    append_durably(f, 1, 10);
    assert_int_equal(open_behind(f, 1, 10), ERR_OK);
    assert_false(next_is(f, 10, 300, 2, 5));
    append_durably(f, 11, 10);
    assert_true(next_is(f, 20, 1 << 20, 6, 20));
}

static void damage_is_told(void **state)
{
    struct fixture *f = *state;
    struct buf bytes = {0};
    stage_put_log(&f->s, 1, 40);
    stage_get(&f->s, "log.1", &bytes);
    bytes.data[bytes.len / 2] ^= 1;
    stage_put(&f->s, "log.1", buf_slice(&bytes));
    assert_int_equal(open_behind(f, 5, 40), ERR_OK);
    assert_int_equal(logchunk_next(f->c, 40, 1 << 20, &f->got, &f->s.e), ERR_CORRUPT);
    assert_non_null(strstr(f->s.e.text, "log.1 is damaged"));
    buf_fini(&bytes);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(records_come_in_chunks_over_the_files),
        T(one_record_is_given_even_when_it_is_larger),
        T(position_is_the_newest_at_or_below),
        T(empty_log_reaches_back_to_nothing),
        T(large_log_is_refused_at_the_first_read_only),
        T(holes_are_refused),
        T(files_that_purge_removed_are_told),
        T(reader_follows_the_writer),
        T(reader_goes_on_behind_an_end),
        T(write_under_way_is_not_looked_at),
        T(bytes_read_ahead_do_not_become_stale),
        T(damage_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
