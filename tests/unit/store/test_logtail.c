// SPDX-License-Identifier: Apache-2.0
//
// The last file of a log is mended: a torn end goes, an empty file goes, a whole one becomes
// durable.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "store/logtail.h"
#include "tests/unit/store/stage.h"

static const struct logread_tail whole = {.file = "log.1", .good_bytes = 5};
static const struct logread_tail torn = {
    .file = "log.1", .good_bytes = 5, .is_torn = true, .what = "an incomplete transaction"};
static const struct logread_tail empty = {.file = "log.1", .is_empty = true};

static enum err mend(struct stage *s, const struct logread_tail *tail, bool is_rehearsal,
                     bool with_sync)
{
    const struct logtail_options options = {.is_rehearsal = is_rehearsal, .with_sync = with_sync};
    buf_clear(&s->notes);
    return logtail_mend(s->fs, WORLD_DIR, tail, &options, &s->notes, &s->e);
}

static size_t size_of(struct stage *s)
{
    struct buf bytes = {0};
    stage_get(s, "log.1", &bytes);
    size_t len = bytes.len;
    buf_fini(&bytes);
    return len;
}

static void torn_end_is_cut_durably(void **state)
{
    (void)state;
    EXPECT_MARK("torn tail is cut");
    struct stage s;
    stage_begin(&s, 1);
    stage_put(&s, "log.1", slice_str("whole and torn"));
    assert_int_equal(mend(&s, &torn, true, true), ERR_OK);
    assert_non_null(strstr(buf_cstr(&s.notes), "a server cuts"));
    assert_int_equal(size_of(&s), 14);
    assert_int_equal(mend(&s, &torn, false, false), ERR_OK);
    assert_non_null(
        strstr(buf_cstr(&s.notes), "log.1 at offset 5: behind it stands an incomplete"));
    stage_crash(&s);
    assert_int_equal(size_of(&s), 5);
    stage_end(&s);
}

static void empty_file_is_removed_durably(void **state)
{
    (void)state;
    EXPECT_MARK("empty log file is removed");
    struct stage s;
    stage_begin(&s, 1);
    stage_put(&s, "log.1", slice_str("x"));
    assert_int_equal(mend(&s, &empty, true, false), ERR_OK);
    assert_true(stage_has(&s, "log.1"));
    assert_int_equal(mend(&s, &empty, false, false), ERR_OK);
    stage_crash(&s);
    assert_false(stage_has(&s, "log.1"));
    stage_end(&s);
}

// The process died, the machine did not; then the power goes.
static void whole_file_becomes_durable_when_it_is_asked_for(void **state)
{
    (void)state;
    int lost = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct stage s;
        struct port_file *f;
        bool with_sync = seed > 20;
        stage_begin(&s, seed);
        assert_int_equal(
            s.fs->open(s.fs, WORLD_DIR "/log.1", PORT_OPEN_WRITE | PORT_OPEN_CREATE, &f), ERR_OK);
        assert_int_equal(f->write(f, 0, "whole", 5), ERR_OK);
        f->close(f);
        assert_int_equal(mend(&s, &whole, false, with_sync), ERR_OK);
        assert_int_equal(s.notes.len, 0);
        stage_crash(&s);
        bool is_there = stage_has(&s, "log.1") && size_of(&s) == 5;
        assert_true(is_there || !with_sync);
        lost += !is_there;
        stage_end(&s);
    }
    assert_true(lost > 0);
}

// A sync failed, and the system forgets that the bytes in its cache are on no disk.
static void what_a_failed_sync_left_in_the_cache_becomes_durable(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct stage s;
        struct port_file *f;
        stage_begin(&s, seed);
        stage_put(&s, "log.1", slice_str("wh"));
        assert_int_equal(s.fs->open(s.fs, WORLD_DIR "/log.1", PORT_OPEN_WRITE, &f), ERR_OK);
        assert_int_equal(f->write(f, 0, "whole", 5), ERR_OK);
        disk_fail_nth(&s.disk, DISK_SYNC, 1, ERR_IO);
        assert_int_equal(f->sync(f), ERR_IO);
        disk_heal(&s.disk);
        f->close(f);
        assert_int_equal(mend(&s, seed % 2 == 0 ? &whole : &torn, false, true), ERR_OK);
        stage_crash(&s);
        assert_int_equal(size_of(&s), 5);
        stage_end(&s);
    }
}

static void failure_is_told(void **state)
{
    (void)state;
    struct stage s;
    stage_begin(&s, 1);
    stage_put(&s, "log.1", slice_str("whole and torn"));
    disk_fail_nth(&s.disk, DISK_TRUNCATE, 1, ERR_READ_ONLY);
    assert_int_equal(mend(&s, &torn, false, false), ERR_READ_ONLY);
    assert_non_null(strstr(s.e.text, "cannot mend the end of"));
    assert_int_equal(mend(&s, &(struct logread_tail){.file = ""}, false, true), ERR_OK);
    stage_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torn_end_is_cut_durably),
        cmocka_unit_test(empty_file_is_removed_durably),
        cmocka_unit_test(whole_file_becomes_durable_when_it_is_asked_for),
        cmocka_unit_test(what_a_failed_sync_left_in_the_cache_becomes_durable),
        cmocka_unit_test(failure_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
