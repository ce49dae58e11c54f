// SPDX-License-Identifier: Apache-2.0
//
// Every sector of every file of a member's directory, damaged in every way: each time the server
// has everything, or a beginning of it and the duty to heal. Never something else, and never less
// without saying so.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "store/epochs.h"
#include "tests/unit/store/member.h"

enum { SECTOR = 512 };

static const char *const member_files[] = {
    MEMBER_OLD_SNAPSHOT, MEMBER_NEW_SNAPSHOT, "log.100000001", "log.100000015",  "log.200000001",
    "log.20000000b",     "acceptedEpoch",     "currentEpoch",  "paddock.epochs", "paddock.end"};
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

static void check_epochs(struct stage *s)
{
    struct epochs epochs;
    int64_t zxid = s->report.last_zxid;
    assert_int_equal(epochs_load(s->d, zxid, NULL, NULL, &epochs, &s->e), ERR_OK);
    assert_true(epochs.accepted >= 3);
    assert_int_equal(epochs.current, 2);
}

struct totals {
    int starts, healing;
};

// What the damaged directories have in common.
struct scene {
    struct member_history *history;
    size_t block;
    bool has_old_base; // the log is replayed from the older snapshot, over the end of an epoch
};

static void put_scene(struct stage *s, const struct scene *scene)
{
    member_put(s, scene->history);
    if (scene->has_old_base) {
        assert_int_equal(s->fs->remove(s->fs, WORLD_DIR "/" MEMBER_NEW_SNAPSHOT), ERR_OK);
    }
}

static void start_harmed(const struct scene *scene, const char *name, size_t at, enum harm how,
                         struct totals *totals)
{
    const struct member_history *h = scene->history;
    size_t block = scene->block;
    struct stage s;
    struct buf bytes = {0};
    stage_begin(&s, 1);
    put_scene(&s, scene);
    stage_get(&s, name, &bytes);
    if (harm(&bytes, at, block, how)) {
        stage_put(&s, name, buf_slice(&bytes));
        bool is_healing = member_starts(&s, h);
        check_epochs(&s);
        stage_crash(&s); // what was done is durable, and is not done again
        assert_int_equal(member_starts(&s, h), is_healing);
        if (is_healing && totals->healing % 20 == 0) {
            member_heals(&s, h);
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
    struct member_history h;
    const struct scene scene = {.history = &h, .block = block, .has_old_base = has_old_base};
    member_history_init(&h, with_zeros);
    for (size_t i = 0; i < MEMBER_FILES; i++) {
        size_t len = bytes_of(&scene, member_files[i]);
        for (size_t at = 0; at < len; at += block) {
            for (enum harm how = HARM_FLIP_FIRST; how < HARMS; how++) {
                start_harmed(&scene, member_files[i], at, how, totals);
            }
        }
    }
    member_history_fini(&h);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_damaged_sector_is_survived),
        cmocka_unit_test(every_damaged_sector_behind_an_old_base_is_survived),
        cmocka_unit_test(every_damaged_block_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
