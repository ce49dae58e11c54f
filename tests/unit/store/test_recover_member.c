// SPDX-License-Identifier: Apache-2.0
//
// A member of an ensemble starts over whatever its disk returns: every sector of every file of its
// directory is damaged in every way, and each time it has everything, or a beginning of it and the
// duty to heal. Never something else, and never less without saying so.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mark.h"
#include "base/mem.h"
#include "store/epochs.h"
#include "store/healing.h"
#include "store/install.h"
#include "store/logend.h"
#include "store/logfile.h"
#include "store/record.h"
#include "store/snapsave.h"
#include "tests/unit/store/stage.h"

#define EPOCH(e, counter) ((int64_t)(e) << 32 | (counter))

enum { SECTOR = 512, HISTORY_MAX = 100, FILES_MAX = 16 };

// ---- a history of two epochs, and what the tree is after each of its transactions ----

struct history {
    int count;
    int64_t zxid[HISTORY_MAX];
    struct buf record[HISTORY_MAX];
    char *text[HISTORY_MAX]; // of the tree behind it
};

static size_t data_bytes_of(int i)
{
    return i % 7 == 3 ? 1500 : (size_t)(10 + i % 5 * 40);
}

static void add(struct history *h, int64_t zxid, bool with_zeros)
{
    char path[32];
    int i = h->count++;
    size_t len = data_bytes_of(i);
    char *data = mem_zalloc(len + 1);
    memset(data, 'a' + i % 26, len);
    h->zxid[i] = zxid;
    (void)snprintf(path, sizeof path, "/n%d", i);
    world_put_create(&h->record[i], zxid, path, data, false);
    if (with_zeros && len > 1000) { // more than two sectors of the record are zeros
        uint8_t *at = memchr(h->record[i].data, 'a' + i % 26, h->record[i].len);
        at = at < h->record[i].data + 60 ? h->record[i].data + 80 : at;
        memset(at, 0, 1300);
    }
    record_seal(h->record[i].data, h->record[i].len);
    mem_free(data);
}

static void history_init(struct history *h, bool with_zeros)
{
    *h = (struct history){0};
    for (int64_t n = 1; n <= 30; n++) {
        add(h, EPOCH(1, n), with_zeros);
    }
    for (int64_t n = 1; n <= 40; n++) {
        add(h, EPOCH(2, n), with_zeros);
    }
    struct tree *t = world_tree();
    for (int i = 0; i < h->count; i++) {
        struct buf text = {0};
        world_apply(t, buf_slice(&h->record[i]));
        world_print(t, &text);
        h->text[i] = mem_strdup(buf_cstr(&text));
        buf_fini(&text);
    }
    tree_free(t);
}

static void history_fini(struct history *h)
{
    for (int i = 0; i < h->count; i++) {
        buf_fini(&h->record[i]);
        mem_free(h->text[i]);
    }
}

static int index_of(const struct history *h, int64_t zxid)
{
    for (int i = 0; i < h->count; i++) {
        if (h->zxid[i] == zxid) {
            return i;
        }
    }
    fail_msg("0x%llx is nobody's transaction", (unsigned long long)zxid);
    return -1;
}

static int64_t end_of(const struct history *h)
{
    return h->zxid[h->count - 1];
}

// ---- a member's directory ----

static void put_log(struct stage *s, const struct history *h, int64_t first, int64_t last,
                    size_t room)
{
    struct buf bytes = {0};
    char name[NAMES_BYTES_MAX];
    logfile_header(buf_reserve(&bytes, LOGFILE_HEADER_BYTES));
    bytes.len = LOGFILE_HEADER_BYTES;
    for (int i = index_of(h, first); i <= index_of(h, last); i++) {
        buf_append_slice(&bytes, buf_slice(&h->record[i]));
    }
    if (room > 0) {
        size_t end = (bytes.len / 4096 + 1) * 4096 + room;
        memset(buf_reserve(&bytes, end - bytes.len), 0, end - bytes.len);
        bytes.len = end;
    }
    names_print_log(first, name);
    stage_put(s, name, buf_slice(&bytes));
    buf_fini(&bytes);
}

static void put_snapshot(struct stage *s, const struct history *h, int64_t zxid)
{
    const struct snapsave_options options = {
        .parts = {.with_digest = true, .with_last_zxid = true}};
    struct tree *t = world_tree();
    for (int i = 0; i <= index_of(h, zxid); i++) {
        world_apply(t, buf_slice(&h->record[i]));
    }
    assert_int_equal(snapsave(s->fs, WORLD_DIR, t, &options, &s->e), ERR_OK);
    tree_free(t);
}

// Two snapshots, four logs, the last with room ahead; epochs, and the note of the log's end.
static void put_member(struct stage *s, const struct history *h)
{
    const struct epochs epochs = {3, 2};
    s->options.is_member = true;
    put_snapshot(s, h, EPOCH(1, 20));
    put_snapshot(s, h, EPOCH(2, 10));
    put_log(s, h, EPOCH(1, 1), EPOCH(1, 20), 0);
    put_log(s, h, EPOCH(1, 21), EPOCH(1, 30), 0);
    put_log(s, h, EPOCH(2, 1), EPOCH(2, 10), 0);
    put_log(s, h, EPOCH(2, 11), EPOCH(2, 40), 4096);
    assert_int_equal(epochs_save(s->d, &epochs, DATADIR_EPOCH_ACCEPTED, &s->e), ERR_OK);
    assert_int_equal(epochs_save(s->d, &epochs, DATADIR_EPOCH_CURRENT, &s->e), ERR_OK);
    const struct logend note = {
        .end = end_of(h),
        .marks = {EPOCH(1, 20), EPOCH(1, 30), EPOCH(2, 10)},
        .mark_count = 3,
    };
    assert_int_equal(logend_note(s->fs, WORLD_DIR, &note, &s->e), ERR_OK);
}

#define OLD_SNAPSHOT "snapshot.100000014"
#define NEW_SNAPSHOT "snapshot.20000000a"

static const char *const member_files[] = {
    OLD_SNAPSHOT,    NEW_SNAPSHOT,    "log.100000001", "log.100000015",   "log.200000001",
    "log.20000000b", "acceptedEpoch", "currentEpoch",  ".paddock.epochs", ".paddock.end"};
enum { MEMBER_FILES = sizeof member_files / sizeof member_files[0] };

// ---- damage ----

enum harm {
    HARM_FLIP_FIRST, // one bit of the first byte
    HARM_FLIP_MIDDLE,
    HARM_FLIP_LAST,
    HARM_ZERO,
    HARM_TEAR,      // its second half is zeros
    HARM_GARBAGE,   // other bytes
    HARM_MISDIRECT, // the sector before it, once more
    HARMS,
};

// False when it changes nothing.
static bool harm(struct buf *bytes, size_t at, size_t block, enum harm how)
{
    size_t len = bytes->len - at < block ? bytes->len - at : block;
    uint8_t *p = bytes->data + at;
    struct buf before = {0};
    buf_append(&before, p, len);
    switch (how) {
    case HARM_FLIP_FIRST:
        p[0] ^= 0x04;
        break;
    case HARM_FLIP_MIDDLE:
        p[len / 2] ^= 0x10;
        break;
    case HARM_FLIP_LAST:
        p[len - 1] ^= 0x01;
        break;
    case HARM_ZERO:
        memset(p, 0, len);
        break;
    case HARM_TEAR:
        memset(p + len / 2, 0, len - len / 2);
        break;
    case HARM_GARBAGE:
        for (size_t i = 0; i < len; i++) {
            p[i] = (uint8_t)(i * 37 + 11);
        }
        break;
    case HARM_MISDIRECT:
        if (at >= len) {
            memmove(p, p - len, len);
        }
        break;
    case HARMS:
        break;
    }
    bool is_changed = memcmp(before.data, p, len) != 0;
    buf_fini(&before);
    return is_changed;
}

// ---- what a start makes of it ----

// Everything, or a beginning and the marker. Returns whether it has to heal.
static bool check_start(struct stage *s, const struct history *h)
{
    assert_int_equal(stage_recover(s), ERR_OK);
    assert_int_equal(s->report.needs_healing, healing_is_pending(s->d));
    if (!s->report.needs_healing) {
        assert_int_equal(s->report.last_zxid, end_of(h));
    }
    if (s->report.last_zxid != -1) {
        assert_string_equal(buf_cstr(&s->text), h->text[index_of(h, s->report.last_zxid)]);
    }
    return s->report.needs_healing;
}

static void check_epochs(struct stage *s)
{
    struct epochs epochs;
    int64_t zxid = s->report.last_zxid;
    assert_int_equal(epochs_load(s->d, zxid, NULL, NULL, &epochs, &s->e), ERR_OK);
    assert_true(epochs.accepted >= 3);
    assert_int_equal(epochs.current, 2);
}

static void check_healed(struct stage *s, const struct history *h)
{
    const struct snapsave_options options = {
        .parts = {.with_digest = true, .with_last_zxid = true}};
    struct tree *t = world_tree();
    for (int i = 0; i < h->count; i++) {
        world_apply(t, buf_slice(&h->record[i]));
    }
    assert_int_equal(install_tree(s->d, t, &options, &s->e), ERR_OK);
    assert_true(check_start(s, h)); // not before it is done
    assert_int_equal(healing_done(s->d, &s->e), ERR_OK);
    assert_false(check_start(s, h));
    tree_free(t);
}

struct totals {
    int starts, healing;
};

// What the damaged directories have in common.
struct scene {
    struct history *history;
    size_t block;
    bool has_old_base; // the log is replayed from the older snapshot, over the end of an epoch
};

static void put_scene(struct stage *s, const struct scene *scene)
{
    put_member(s, scene->history);
    if (scene->has_old_base) {
        assert_int_equal(s->fs->remove(s->fs, WORLD_DIR "/" NEW_SNAPSHOT), ERR_OK);
    }
}

static void start_harmed(const struct scene *scene, const char *name, size_t at, enum harm how,
                         struct totals *totals)
{
    const struct history *h = scene->history;
    size_t block = scene->block;
    struct stage s;
    struct buf bytes = {0};
    stage_begin(&s, 1);
    put_scene(&s, scene);
    stage_get(&s, name, &bytes);
    if (harm(&bytes, at, block, how)) {
        stage_put(&s, name, buf_slice(&bytes));
        bool is_healing = check_start(&s, h);
        check_epochs(&s);
        stage_crash(&s); // what was done is durable, and is not done again
        assert_int_equal(check_start(&s, h), is_healing);
        if (is_healing && totals->healing % 20 == 0) {
            check_healed(&s, h);
        }
        totals->starts++;
        totals->healing += is_healing;
    }
    buf_fini(&bytes);
    stage_end(&s);
}

// 0 when there is no such file.
static size_t bytes_of(const struct scene *scene, const char *name)
{
    struct stage s;
    struct buf bytes = {0};
    stage_begin(&s, 1);
    put_scene(&s, scene);
    if (stage_has(&s, name)) {
        stage_get(&s, name, &bytes);
    }
    size_t len = bytes.len;
    buf_fini(&bytes);
    stage_end(&s);
    return len;
}

static void harm_all(size_t block, bool with_zeros, bool has_old_base, struct totals *totals)
{
    struct history h;
    const struct scene scene = {.history = &h, .block = block, .has_old_base = has_old_base};
    history_init(&h, with_zeros);
    for (size_t i = 0; i < MEMBER_FILES; i++) {
        size_t len = bytes_of(&scene, member_files[i]);
        for (size_t at = 0; at < len; at += block) {
            for (enum harm how = HARM_FLIP_FIRST; how < HARMS; how++) {
                start_harmed(&scene, member_files[i], at, how, totals);
            }
        }
    }
    history_fini(&h);
    print_message("%d damaged directories so far, %d had to heal\n", totals->starts,
                  totals->healing);
}

static void every_damaged_sector_is_survived(void **state)
{
    (void)state;
    struct totals totals = {0};
    harm_all(SECTOR, false, false, &totals);
    harm_all(SECTOR, true, false, &totals);
    assert_true(totals.starts > 500);
    assert_in_range(totals.healing, totals.starts / 10, totals.starts / 2);
}

static void every_damaged_sector_behind_an_old_base_is_survived(void **state)
{
    (void)state;
    EXPECT_MARK("hole in front of a record");
    struct totals totals = {0};
    harm_all(SECTOR, true, true, &totals);
    assert_true(totals.healing > 100);
}

static void every_damaged_block_is_survived(void **state)
{
    (void)state;
    struct totals totals = {0};
    harm_all(4096, true, false, &totals);
    harm_all(4096, true, true, &totals);
    assert_true(totals.healing > 10);
}

// The server died within a second of its last write, so nothing says how far the log went. What a
// torn write cannot leave is seen all the same, in the last record, too.
static void flipped_bits_at_the_end_need_no_note(void **state)
{
    (void)state;
    struct history h;
    struct buf bytes = {0};
    history_init(&h, false);
    size_t end = 0;
    for (int i = index_of(&h, EPOCH(2, 11)); i < h.count; i++) {
        end += h.record[i].len;
    }
    end += LOGFILE_HEADER_BYTES;
    size_t last = end - h.record[h.count - 1].len;
    for (size_t bit = last * 8; bit < end * 8; bit++) {
        struct stage s;
        stage_begin(&s, 1);
        put_member(&s, &h);
        assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK);
        stage_get(&s, "log.20000000b", &bytes);
        bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        stage_put(&s, "log.20000000b", buf_slice(&bytes));
        assert_true(check_start(&s, &h));
        assert_int_equal(s.report.last_zxid, h.zxid[h.count - 2]);
        assert_true(stage_has(&s, "damaged-1/log.20000000b"));
        stage_end(&s);
    }
    buf_fini(&bytes);
    history_fini(&h);
}

// A power cut leaves a torn batch on every server; nobody may take that for damage.
static void torn_batch_is_no_damage(void **state)
{
    (void)state;
    struct history h;
    struct buf bytes = {0};
    history_init(&h, false);
    for (unsigned fate = 0; fate < 64; fate++) {
        struct stage s;
        struct buf batch = {0};
        stage_begin(&s, 1);
        put_member(&s, &h);
        world_put_many(&batch, EPOCH(2, 41), 3, 700);
        record_seal(batch.data, batch.len);
        stage_get(&s, "log.20000000b", &bytes);
        size_t at = LOGFILE_HEADER_BYTES;
        for (int i = index_of(&h, EPOCH(2, 11)); i < h.count; i++) {
            at += h.record[i].len;
        }
        // Each sector of the batch is there or not.
        for (size_t i = 0; i < batch.len; i++) {
            size_t sector = (at + i) / SECTOR - at / SECTOR;
            bytes.data[at + i] = (fate >> sector & 1) != 0 ? batch.data[i] : 0;
        }
        stage_put(&s, "log.20000000b", buf_slice(&bytes));
        s.options.is_member = true;
        assert_int_equal(stage_recover(&s), ERR_OK);
        assert_false(s.report.needs_healing);
        assert_in_range(s.report.last_zxid, EPOCH(2, 40), EPOCH(2, 43));
        buf_fini(&batch);
        stage_end(&s);
    }
    buf_fini(&bytes);
    history_fini(&h);
}

static void damaged_snapshot_alone_is_no_loss(void **state)
{
    (void)state;
    struct history h;
    struct stage s;
    history_init(&h, false);
    stage_begin(&s, 1);
    put_member(&s, &h);
    stage_put(&s, "snapshot.20000000a", slice_str("not one"));
    assert_false(check_start(&s, &h));
    assert_string_equal(s.report.snapshot, "snapshot.100000014");
    assert_true(stage_has(&s, "damaged-1/snapshot.20000000a"));
    stage_end(&s);
    history_fini(&h);
}

// What a leader's snapshot left behind: an older snapshot, and a log that begins behind a hole.
static void hole_behind_an_older_snapshot_is_seen(void **state)
{
    (void)state;
    EXPECT_MARK("log ends before it did");
    struct history h;
    struct stage s;
    history_init(&h, false);
    stage_begin(&s, 1);
    put_member(&s, &h);
    put_log(&s, &h, EPOCH(2, 1), EPOCH(2, 9), 0);
    assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK);
    assert_int_equal(s.fs->remove(s.fs, WORLD_DIR "/log.20000000b"), ERR_OK);
    stage_put(&s, "snapshot.20000000a", slice_str("not one"));
    assert_int_equal(stage_recover(&s), ERR_OK);
    assert_true(s.report.needs_healing);
    stage_end(&s);
    history_fini(&h);
}

// Intact records that do not follow each other: some are missing, or come once more.
static void records_out_of_order_are_damage(void **state)
{
    static const int orders[][4] = {
        {0, 1, 3, 4}, {0, 2, 1, 3}, {0, 1, 1, 2}, {0, 1, 2, 0}, {1, 2, 3, 4}};
    (void)state;
    struct history h;
    history_init(&h, false);
    int first = index_of(&h, EPOCH(2, 11));
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct stage s;
        struct buf bytes = {0};
        stage_begin(&s, 1);
        put_member(&s, &h);
        assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK);
        stage_get(&s, "log.20000000b", &bytes);
        bytes.len = LOGFILE_HEADER_BYTES;
        int good = 0; // records before the first that is out of order
        for (int j = 0; j < 4; j++) {
            buf_append_slice(&bytes, buf_slice(&h.record[first + orders[i][j]]));
            good += good == j && orders[i][j] == j;
        }
        stage_put(&s, "log.20000000b", buf_slice(&bytes));
        assert_true(check_start(&s, &h));
        assert_int_equal(s.report.last_zxid, h.zxid[first + good - 1]);
        buf_fini(&bytes);
        stage_end(&s);
    }
    history_fini(&h);
}

static void log_that_lost_its_end_is_seen(void **state)
{
    (void)state;
    EXPECT_MARK("log ends before it did");
    struct history h;
    struct stage s;
    history_init(&h, false);
    stage_begin(&s, 1);
    put_member(&s, &h);
    put_log(&s, &h, EPOCH(2, 11), EPOCH(2, 39), 4096); // cut cleanly behind a record
    assert_true(check_start(&s, &h));
    assert_int_equal(s.report.last_zxid, EPOCH(2, 39));
    stage_end(&s);
    history_fini(&h);
}

static void snapshot_knows_what_the_log_lost(void **state)
{
    (void)state;
    EXPECT_MARK("log ends before the snapshot does");
    const struct snapsave_options options = {
        .parts = {.with_digest = true, .with_last_zxid = true}};
    struct history h;
    struct stage s;
    history_init(&h, false);
    stage_begin(&s, 1);
    put_member(&s, &h);
    // Its writing went on until (2,40) was applied.
    struct tree *t = world_tree();
    for (int i = 0; i < h.count; i++) {
        world_apply(t, buf_slice(&h.record[i]));
    }
    assert_int_equal(snapsave(s.fs, WORLD_DIR, t, &options, &s.e), ERR_OK);
    assert_int_equal(
        s.fs->rename(s.fs, WORLD_DIR "/snapshot.200000028", WORLD_DIR "/snapshot.200000014"),
        ERR_OK);
    put_log(&s, &h, EPOCH(2, 11), EPOCH(2, 30), 0);
    assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK);
    assert_int_equal(stage_recover(&s), ERR_OK);
    assert_true(s.report.needs_healing);
    tree_free(t);
    stage_end(&s);
    history_fini(&h);
}

static void used_directory_without_data_is_no_beginning(void **state)
{
    (void)state;
    struct history h;
    struct stage s;
    history_init(&h, false);
    stage_begin(&s, 1);
    put_member(&s, &h);
    for (size_t i = 0; i < 6; i++) {
        struct buf path = {0};
        assert_int_equal(s.fs->remove(s.fs, names_join(&path, WORLD_DIR, member_files[i])), ERR_OK);
        buf_fini(&path);
    }
    assert_true(check_start(&s, &h));
    assert_int_equal(s.report.last_zxid, -1);
    assert_false(stage_has(&s, "snapshot.0"));
    stage_end(&s);

    stage_begin(&s, 1); // but a new one begins
    s.options.is_member = true;
    assert_int_equal(stage_recover(&s), ERR_OK);
    assert_false(s.report.needs_healing);
    assert_int_equal(s.report.last_zxid, 0);
    stage_end(&s);
    history_fini(&h);
}

static void damaged_install_marker_heals(void **state)
{
    (void)state;
    EXPECT_MARK("member begins to heal");
    struct history h;
    struct stage s;
    history_init(&h, false);
    stage_begin(&s, 1);
    put_member(&s, &h);
    stage_put(&s, ".paddock.install", slice_str("snapshot"));
    assert_true(check_start(&s, &h));
    assert_true(stage_has(&s, "damaged-1/.paddock.install"));
    check_healed(&s, &h);
    stage_end(&s);
    history_fini(&h);
}

// Blocks that the disk cannot read, one operation after the other.
static void unreadable_blocks_are_damage(void **state)
{
    (void)state;
    struct history h;
    history_init(&h, false);
    int healing = 0;
    for (uint64_t n = 1; n < 40; n++) {
        struct stage s;
        stage_begin(&s, 1);
        put_member(&s, &h);
        disk_fail_nth(&s.disk, DISK_READ, n, ERR_IO);
        healing += check_start(&s, &h);
        disk_heal(&s.disk);
        stage_end(&s);
    }
    assert_true(healing > 0);
    history_fini(&h);
}

// A record that was written like this, or a setting: nothing that the others could heal.
static void what_is_no_damage_is_refused(void **state)
{
    (void)state;
    struct history h;
    struct stage s;
    struct buf bytes = {0};
    history_init(&h, false);
    stage_begin(&s, 1);
    put_member(&s, &h);
    s.options.record_bytes_max = 500;
    assert_int_equal(stage_recover(&s), ERR_TOO_BIG);
    assert_non_null(strstr(s.e.text, "jute.maxbuffer"));
    assert_false(healing_is_pending(s.d));
    assert_true(stage_has(&s, NEW_SNAPSHOT));
    stage_end(&s);

    stage_begin(&s, 1);
    put_member(&s, &h);
    be32_store(h.record[50].data + 12 + 28, 77); // the type
    record_seal(h.record[50].data, h.record[50].len);
    put_log(&s, &h, EPOCH(2, 11), EPOCH(2, 40), 0);
    assert_int_equal(stage_recover(&s), ERR_CORRUPT);
    assert_non_null(strstr(s.e.text, "cannot be read although its checksum is right"));
    assert_false(healing_is_pending(s.d));
    assert_true(stage_has(&s, "log.20000000b"));
    buf_fini(&bytes);
    stage_end(&s);
    history_fini(&h);
}

static void power_may_go_while_damage_is_set_aside(void **state)
{
    (void)state;
    struct history h;
    struct buf bytes = {0};
    history_init(&h, false);
    bool is_done = false;
    for (uint64_t op = 1; !is_done; op++) {
        struct stage s;
        stage_begin(&s, op);
        put_member(&s, &h);
        assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK); // only the marker knows
        stage_get(&s, "log.20000000b", &bytes);
        bytes.data[bytes.len / 3] ^= 1;
        stage_put(&s, "log.20000000b", buf_slice(&bytes));
        stage_cut_power_in(&s, op);
        is_done = stage_recover(&s) == ERR_OK;
        stage_crash(&s);
        assert_true(check_start(&s, &h));
        assert_true(s.report.last_zxid >= EPOCH(2, 10)); // the snapshot is whole
        stage_end(&s);
    }
    buf_fini(&bytes);
    history_fini(&h);
}

// Without the others there is nothing to heal from.
static void standalone_server_refuses_as_ever(void **state)
{
    (void)state;
    struct history h;
    struct stage s;
    struct buf bytes = {0};
    history_init(&h, false);
    stage_begin(&s, 1);
    put_member(&s, &h);
    s.options.is_member = false;
    stage_get(&s, "log.20000000b", &bytes);
    bytes.data[bytes.len / 3] ^= 1;
    stage_put(&s, "log.20000000b", buf_slice(&bytes));
    assert_int_equal(stage_recover(&s), ERR_CORRUPT);
    assert_non_null(strstr(s.e.text, "log.20000000b is damaged at offset"));
    assert_false(healing_is_pending(s.d));
    assert_true(stage_has(&s, "log.20000000b"));
    buf_fini(&bytes);
    stage_end(&s);
    history_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_damaged_sector_is_survived),
        cmocka_unit_test(every_damaged_sector_behind_an_old_base_is_survived),
        cmocka_unit_test(every_damaged_block_is_survived),
        cmocka_unit_test(flipped_bits_at_the_end_need_no_note),
        cmocka_unit_test(torn_batch_is_no_damage),
        cmocka_unit_test(damaged_snapshot_alone_is_no_loss),
        cmocka_unit_test(hole_behind_an_older_snapshot_is_seen),
        cmocka_unit_test(records_out_of_order_are_damage),
        cmocka_unit_test(log_that_lost_its_end_is_seen),
        cmocka_unit_test(snapshot_knows_what_the_log_lost),
        cmocka_unit_test(used_directory_without_data_is_no_beginning),
        cmocka_unit_test(damaged_install_marker_heals),
        cmocka_unit_test(unreadable_blocks_are_damage),
        cmocka_unit_test(what_is_no_damage_is_refused),
        cmocka_unit_test(power_may_go_while_damage_is_set_aside),
        cmocka_unit_test(standalone_server_refuses_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
