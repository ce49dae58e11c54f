// SPDX-License-Identifier: Apache-2.0
//
// A member of an ensemble starts over whatever its disk returns, one case after the other;
// test_every_sector.c damages all of it in turn.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "store/healing.h"
#include "store/logend.h"
#include "store/logfile.h"
#include "store/record.h"
#include "store/snapsave.h"
#include "tests/unit/store/member.h"

enum { SECTOR = 512 };

// The server died within a second of its last write, so nothing says how far the log went. What a
// torn write cannot leave is seen all the same, in the last record, too.
static void flipped_bits_at_the_end_need_no_note(void **state)
{
    (void)state;
    struct member_history h;
    struct buf bytes = {0};
    member_history_init(&h, false);
    size_t end = 0;
    for (int i = member_index(&h, EPOCH(2, 11)); i < h.count; i++) {
        end += h.record[i].len;
    }
    end += LOGFILE_HEADER_BYTES;
    size_t last = end - h.record[h.count - 1].len;
    for (size_t bit = last * 8; bit < end * 8; bit++) {
        struct stage s;
        stage_begin(&s, 1);
        member_put(&s, &h);
        assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK);
        stage_get(&s, MEMBER_LAST_LOG, &bytes);
        bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        stage_put(&s, MEMBER_LAST_LOG, buf_slice(&bytes));
        assert_true(member_starts(&s, &h));
        assert_int_equal(s.report.last_zxid, h.zxid[h.count - 2]);
        assert_true(stage_has(&s, "damaged-1/" MEMBER_LAST_LOG));
        stage_end(&s);
    }
    buf_fini(&bytes);
    member_history_fini(&h);
}

// A power cut leaves a torn batch on every server; nobody may take that for damage.
static void torn_batch_is_no_damage(void **state)
{
    (void)state;
    struct member_history h;
    struct buf bytes = {0};
    member_history_init(&h, false);
    for (unsigned fate = 0; fate < 64; fate++) {
        struct stage s;
        struct buf batch = {0};
        stage_begin(&s, 1);
        member_put(&s, &h);
        world_put_many(&batch, EPOCH(2, 41), 3, 700);
        record_seal(batch.data, batch.len);
        stage_get(&s, MEMBER_LAST_LOG, &bytes);
        size_t at = LOGFILE_HEADER_BYTES;
        for (int i = member_index(&h, EPOCH(2, 11)); i < h.count; i++) {
            at += h.record[i].len;
        }
        // Each sector of the batch is there or not.
        for (size_t i = 0; i < batch.len; i++) {
            size_t sector = (at + i) / SECTOR - at / SECTOR;
            bytes.data[at + i] = (fate >> sector & 1) != 0 ? batch.data[i] : 0;
        }
        stage_put(&s, MEMBER_LAST_LOG, buf_slice(&bytes));
        s.options.is_member = true;
        assert_int_equal(stage_recover(&s), ERR_OK);
        assert_false(s.report.needs_healing);
        assert_in_range(s.report.last_zxid, EPOCH(2, 40), EPOCH(2, 43));
        buf_fini(&batch);
        stage_end(&s);
    }
    buf_fini(&bytes);
    member_history_fini(&h);
}

static void damaged_snapshot_alone_is_no_loss(void **state)
{
    (void)state;
    struct member_history h;
    struct stage s;
    member_history_init(&h, false);
    stage_begin(&s, 1);
    member_put(&s, &h);
    stage_put(&s, MEMBER_NEW_SNAPSHOT, slice_str("not one"));
    assert_false(member_starts(&s, &h));
    assert_string_equal(s.report.snapshot, MEMBER_OLD_SNAPSHOT);
    assert_true(stage_has(&s, "damaged-1/" MEMBER_NEW_SNAPSHOT));
    stage_end(&s);
    member_history_fini(&h);
}

// The marker says what happened, not what somebody without others would have to do now.
static void the_reason_names_no_remedy_for_a_server_alone(void **state)
{
    (void)state;
    struct member_history h;
    struct stage s;
    struct buf why = {0};
    member_history_init(&h, false);
    stage_begin(&s, 1);
    member_put(&s, &h);
    stage_put(&s, MEMBER_NEW_SNAPSHOT, slice_str("not one"));
    stage_put(&s, MEMBER_OLD_SNAPSHOT, slice_str("not one"));
    (void)member_starts(&s, &h);
    assert_true(healing_is_pending(s.d));
    healing_reason(s.d, &why);
    assert_true(why.len > 0);
    assert_null(strstr(buf_cstr(&why), "restore"));
    buf_fini(&why);
    stage_end(&s);
    member_history_fini(&h);
}

// What a leader's snapshot left behind: an older snapshot, and a log that begins behind a hole.
static void hole_behind_an_older_snapshot_is_seen(void **state)
{
    (void)state;
    EXPECT_MARK("log ends before it did");
    struct member_history h;
    struct stage s;
    member_history_init(&h, false);
    stage_begin(&s, 1);
    member_put(&s, &h);
    member_put_log(&s, &h, EPOCH(2, 1), EPOCH(2, 9), 0);
    assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK);
    assert_int_equal(s.fs->remove(s.fs, WORLD_DIR "/" MEMBER_LAST_LOG), ERR_OK);
    stage_put(&s, MEMBER_NEW_SNAPSHOT, slice_str("not one"));
    assert_int_equal(stage_recover(&s), ERR_OK);
    assert_true(s.report.needs_healing);
    stage_end(&s);
    member_history_fini(&h);
}

// A log that lost its end cleanly, with the next epoch's file behind it: zxids tell nothing,
// digests do.
static void lost_end_of_an_epoch_is_seen(void **state)
{
    (void)state;
    EXPECT_MARK("the end of an epoch is missing");
    struct member_history h;
    struct stage s;
    member_history_init(&h, false);
    stage_begin(&s, 1);
    member_put(&s, &h);
    member_put_log(&s, &h, EPOCH(1, 21), EPOCH(1, 28), 0);
    assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK);
    stage_put(&s, MEMBER_NEW_SNAPSHOT, slice_str("not one"));
    assert_true(member_starts(&s, &h));
    assert_int_equal(s.report.last_zxid, EPOCH(1, 28));
    stage_end(&s);
    member_history_fini(&h);
}

// Intact records that do not follow each other: some are missing, or come once more.
static void records_out_of_order_are_damage(void **state)
{
    static const int orders[][4] = {
        {0, 1, 3, 4}, {0, 2, 1, 3}, {0, 1, 1, 2}, {0, 1, 2, 0}, {1, 2, 3, 4}};
    (void)state;
    struct member_history h;
    member_history_init(&h, false);
    int first = member_index(&h, EPOCH(2, 11));
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct stage s;
        struct buf bytes = {0};
        stage_begin(&s, 1);
        member_put(&s, &h);
        assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK);
        stage_get(&s, MEMBER_LAST_LOG, &bytes);
        bytes.len = LOGFILE_HEADER_BYTES;
        int good = 0; // records before the first that is out of order
        for (int j = 0; j < 4; j++) {
            buf_append_slice(&bytes, buf_slice(&h.record[first + orders[i][j]]));
            good += good == j && orders[i][j] == j;
        }
        stage_put(&s, MEMBER_LAST_LOG, buf_slice(&bytes));
        assert_true(member_starts(&s, &h));
        assert_int_equal(s.report.last_zxid, h.zxid[first + good - 1]);
        buf_fini(&bytes);
        stage_end(&s);
    }
    member_history_fini(&h);
}

static void log_that_lost_its_end_is_seen(void **state)
{
    (void)state;
    EXPECT_MARK("log ends before it did");
    struct member_history h;
    struct stage s;
    member_history_init(&h, false);
    stage_begin(&s, 1);
    member_put(&s, &h);
    member_put_log(&s, &h, EPOCH(2, 11), EPOCH(2, 39), 4096); // cut cleanly behind a record
    assert_true(member_starts(&s, &h));
    assert_int_equal(s.report.last_zxid, EPOCH(2, 39));
    stage_end(&s);
    member_history_fini(&h);
}

static void snapshot_knows_what_the_log_lost(void **state)
{
    (void)state;
    EXPECT_MARK("log ends before the snapshot does");
    const struct snapsave_options options = {
        .parts = {.with_digest = true, .with_last_zxid = true}};
    struct member_history h;
    struct stage s;
    member_history_init(&h, false);
    stage_begin(&s, 1);
    member_put(&s, &h);
    // Its writing went on until (2,40) was applied.
    struct tree *t = world_tree();
    for (int i = 0; i < h.count; i++) {
        world_apply(t, buf_slice(&h.record[i]));
    }
    assert_int_equal(snapsave(s.fs, WORLD_DIR, t, &options, &s.e), ERR_OK);
    assert_int_equal(
        s.fs->rename(s.fs, WORLD_DIR "/snapshot.200000028", WORLD_DIR "/snapshot.200000014"),
        ERR_OK);
    member_put_log(&s, &h, EPOCH(2, 11), EPOCH(2, 30), 0);
    assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK);
    assert_int_equal(stage_recover(&s), ERR_OK);
    assert_true(s.report.needs_healing);
    tree_free(t);
    stage_end(&s);
    member_history_fini(&h);
}

static void used_directory_without_data_is_no_beginning(void **state)
{
    (void)state;
    struct member_history h;
    struct stage s;
    member_history_init(&h, false);
    stage_begin(&s, 1);
    member_put(&s, &h);
    static const char *const data[] = {MEMBER_OLD_SNAPSHOT, MEMBER_NEW_SNAPSHOT, "log.100000001",
                                       "log.100000015",     "log.200000001",     MEMBER_LAST_LOG};
    for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
        struct buf path = {0};
        assert_int_equal(s.fs->remove(s.fs, names_join(&path, WORLD_DIR, data[i])), ERR_OK);
        buf_fini(&path);
    }
    assert_true(member_starts(&s, &h));
    assert_int_equal(s.report.last_zxid, -1);
    assert_false(stage_has(&s, "snapshot.0"));
    stage_end(&s);

    stage_begin(&s, 1); // but a new one begins
    s.options.is_member = true;
    assert_int_equal(stage_recover(&s), ERR_OK);
    assert_false(s.report.needs_healing);
    assert_int_equal(s.report.last_zxid, 0);
    stage_end(&s);
    member_history_fini(&h);
}

static void damaged_install_marker_heals(void **state)
{
    (void)state;
    EXPECT_MARK("member begins to heal");
    struct member_history h;
    struct stage s;
    member_history_init(&h, false);
    stage_begin(&s, 1);
    member_put(&s, &h);
    stage_put(&s, "paddock.install", slice_str("snapshot"));
    assert_true(member_starts(&s, &h));
    assert_true(stage_has(&s, "damaged-1/paddock.install"));
    member_heals(&s, &h);
    stage_end(&s);
    member_history_fini(&h);
}

// No other server has more: then an operator may say so.
static void who_removes_the_marker_has_decided(void **state)
{
    (void)state;
    struct member_history h;
    struct stage s;
    struct buf bytes = {0};
    member_history_init(&h, false);
    stage_begin(&s, 1);
    member_put(&s, &h);
    stage_get(&s, MEMBER_LAST_LOG, &bytes);
    bytes.data[bytes.len / 3] ^= 1;
    stage_put(&s, MEMBER_LAST_LOG, buf_slice(&bytes));
    assert_true(member_starts(&s, &h));
    assert_non_null(strstr(buf_cstr(&s.notes), "paddock.healing stands for that"));
    int64_t last = s.report.last_zxid;
    assert_int_equal(healing_done(s.d, &s.e), ERR_OK);
    assert_int_equal(stage_recover(&s), ERR_OK);
    assert_false(s.report.needs_healing);
    assert_int_equal(s.report.last_zxid, last);
    buf_fini(&bytes);
    stage_end(&s);
    member_history_fini(&h);
}

// An operation that fails tells nothing about what the disk holds: nothing is set aside, and the
// next start has everything.
static void errors_of_the_disk_are_no_damage(void **state)
{
    (void)state;
    static const enum disk_op ops[] = {DISK_OPEN, DISK_READ, DISK_WRITE, DISK_SYNC};
    struct member_history h;
    member_history_init(&h, false);
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        bool has_failed = true;
        for (uint64_t n = 1; has_failed; n++) {
            struct stage s;
            stage_begin(&s, 1);
            member_put(&s, &h);
            disk_fail_nth(&s.disk, ops[i], n, ERR_IO);
            has_failed = stage_recover(&s) == ERR_IO;
            if (has_failed) {
                assert_non_null(strstr(s.e.text, WORLD_DIR));
            }
            disk_heal(&s.disk);
            assert_false(member_starts(&s, &h));
            assert_true(stage_has(&s, MEMBER_NEW_SNAPSHOT));
            stage_end(&s);
            assert_true(n > 1 || has_failed);
        }
    }
    member_history_fini(&h);
}

// A record that was written like this, or a setting: nothing that the others could heal.
static void what_is_no_damage_is_refused(void **state)
{
    (void)state;
    struct member_history h;
    struct stage s;
    struct buf bytes = {0};
    member_history_init(&h, false);
    stage_begin(&s, 1);
    member_put(&s, &h);
    s.options.record_bytes_max = 500;
    assert_int_equal(stage_recover(&s), ERR_TOO_BIG);
    assert_non_null(strstr(s.e.text, "jute.maxbuffer"));
    assert_false(healing_is_pending(s.d));
    assert_true(stage_has(&s, MEMBER_NEW_SNAPSHOT));
    stage_end(&s);

    stage_begin(&s, 1);
    member_put(&s, &h);
    be32_store(h.record[50].data + 12 + 28, 77); // the type
    record_seal(h.record[50].data, h.record[50].len);
    member_put_log(&s, &h, EPOCH(2, 11), EPOCH(2, 40), 0);
    assert_int_equal(stage_recover(&s), ERR_CORRUPT);
    assert_non_null(strstr(s.e.text, "cannot be read although its checksum is right"));
    assert_false(healing_is_pending(s.d));
    assert_true(stage_has(&s, MEMBER_LAST_LOG));
    buf_fini(&bytes);
    stage_end(&s);
    member_history_fini(&h);
}

static void power_may_go_while_damage_is_set_aside(void **state)
{
    (void)state;
    struct member_history h;
    struct buf bytes = {0};
    member_history_init(&h, false);
    bool is_done = false;
    for (uint64_t op = 1; !is_done; op++) {
        struct stage s;
        stage_begin(&s, op);
        member_put(&s, &h);
        assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK); // only the marker knows
        stage_get(&s, MEMBER_LAST_LOG, &bytes);
        bytes.data[bytes.len / 3] ^= 1;
        stage_put(&s, MEMBER_LAST_LOG, buf_slice(&bytes));
        stage_cut_power_in(&s, op);
        is_done = stage_recover(&s) == ERR_OK;
        stage_crash(&s);
        assert_true(member_starts(&s, &h));
        assert_true(s.report.last_zxid >= EPOCH(2, 10)); // the snapshot is whole
        stage_end(&s);
    }
    buf_fini(&bytes);
    member_history_fini(&h);
}

// Without the others there is nothing to heal from.
static void standalone_server_refuses_as_ever(void **state)
{
    (void)state;
    struct member_history h;
    struct stage s;
    struct buf bytes = {0};
    member_history_init(&h, false);
    stage_begin(&s, 1);
    member_put(&s, &h);
    s.options.is_member = false;
    stage_get(&s, MEMBER_LAST_LOG, &bytes);
    bytes.data[bytes.len / 3] ^= 1;
    stage_put(&s, MEMBER_LAST_LOG, buf_slice(&bytes));
    assert_int_equal(stage_recover(&s), ERR_CORRUPT);
    assert_non_null(strstr(s.e.text, "log.20000000b is damaged at offset"));
    assert_false(healing_is_pending(s.d));
    assert_true(stage_has(&s, MEMBER_LAST_LOG));
    buf_fini(&bytes);
    stage_end(&s);
    member_history_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flipped_bits_at_the_end_need_no_note),
        cmocka_unit_test(torn_batch_is_no_damage),
        cmocka_unit_test(damaged_snapshot_alone_is_no_loss),
        cmocka_unit_test(the_reason_names_no_remedy_for_a_server_alone),
        cmocka_unit_test(hole_behind_an_older_snapshot_is_seen),
        cmocka_unit_test(lost_end_of_an_epoch_is_seen),
        cmocka_unit_test(records_out_of_order_are_damage),
        cmocka_unit_test(log_that_lost_its_end_is_seen),
        cmocka_unit_test(snapshot_knows_what_the_log_lost),
        cmocka_unit_test(used_directory_without_data_is_no_beginning),
        cmocka_unit_test(damaged_install_marker_heals),
        cmocka_unit_test(who_removes_the_marker_has_decided),
        cmocka_unit_test(errors_of_the_disk_are_no_damage),
        cmocka_unit_test(what_is_no_damage_is_refused),
        cmocka_unit_test(power_may_go_while_damage_is_set_aside),
        cmocka_unit_test(standalone_server_refuses_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
