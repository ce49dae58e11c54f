// SPDX-License-Identifier: Apache-2.0
//
// Every row of the two tables, and the zxids at their borders.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "zab/sync_choice.h"

#define Z(epoch, count) ((int64_t)(epoch) << 32 | (count))

struct row {
    const char *name;
    int64_t zxid, last, min, max;
    bool force, use_log;
    enum sync_way way;
    int64_t packet, cursor;
};

// A leader of epoch 5 that has served 5:1 to 5:9, with 4:7 to 4:9 before it in memory; one that has
// just begun epoch 6 behind 5:9; and one without any transaction in memory.
static const struct row ROWS[] = {
    {"forced", Z(5, 9), Z(5, 9), Z(4, 7), Z(5, 9), true, true, SYNC_SNAP, 0, 0},
    {"forced, behind", Z(5, 3), Z(5, 9), Z(4, 7), Z(5, 9), true, true, SYNC_SNAP, 0, 0},
    {"equal", Z(5, 9), Z(5, 9), Z(4, 7), Z(5, 9), false, true, SYNC_DIFF, Z(5, 9), Z(5, 9)},
    {"equal to the epoch", Z(6, 0), Z(6, 0), Z(4, 7), Z(5, 9), false, true, SYNC_DIFF, Z(6, 0),
     Z(6, 0)},
    {"equal, both empty", 0, 0, 0, 0, false, true, SYNC_DIFF, 0, 0},
    {"ahead", Z(5, 10), Z(5, 9), Z(4, 7), Z(5, 9), false, true, SYNC_TRUNC, Z(5, 9), Z(5, 9)},
    {"ahead by an epoch", Z(7, 1), Z(6, 0), Z(4, 7), Z(5, 9), false, true, SYNC_SNAP, 0, 0},
    {"ahead of one that just began", Z(5, 11), Z(6, 0), Z(4, 7), Z(5, 9), false, false, SYNC_TRUNC,
     Z(5, 9), Z(5, 9)},
    {"ahead, nothing in memory", Z(6, 2), Z(6, 0), Z(6, 0), Z(6, 0), false, true, SYNC_SNAP, 0, 0},
    {"ahead by an epoch's beginning", Z(7, 0), Z(6, 0), Z(4, 7), Z(5, 9), false, true, SYNC_SNAP, 0,
     0},
    {"at max, which is not the last", Z(5, 9), Z(6, 0), Z(4, 7), Z(5, 9), false, true,
     SYNC_BY_MEMORY, 0, 0},
    {"at min", Z(4, 7), Z(5, 9), Z(4, 7), Z(5, 9), false, true, SYNC_BY_MEMORY, 0, 0},
    {"between", Z(5, 0), Z(5, 9), Z(4, 7), Z(5, 9), false, false, SYNC_BY_MEMORY, 0, 0},
    {"before min", Z(4, 6), Z(5, 9), Z(4, 7), Z(5, 9), false, true, SYNC_BY_LOG, 0, 0},
    {"before min, no log", Z(4, 6), Z(5, 9), Z(4, 7), Z(5, 9), false, false, SYNC_SNAP, 0, 0},
    {"an epoch's beginning before min", Z(5, 0), Z(5, 9), Z(5, 1), Z(5, 9), false, true,
     SYNC_BY_LOG, 0, 0},
    {"behind, nothing in memory", Z(5, 9), Z(6, 0), Z(6, 0), Z(6, 0), false, true, SYNC_BY_LOG, 0,
     0},
    {"an empty learner", 0, Z(5, 9), Z(4, 7), Z(5, 9), false, true, SYNC_BY_LOG, 0, 0},
    {"a learner without a tree", -1, Z(5, 9), Z(4, 7), Z(5, 9), false, false, SYNC_SNAP, 0, 0},
};

static void check(const char *name, struct sync_choice c, enum sync_way way, int64_t packet,
                  int64_t cursor)
{
    if (c.way != way || c.zxid != packet || c.cursor != cursor) {
        fail_msg("%s: way %d, packet 0x%llx, cursor 0x%llx", name, (int)c.way,
                 (unsigned long long)c.zxid, (unsigned long long)c.cursor);
    }
}

static void the_first_table_row_by_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        const struct row *r = &ROWS[i];
        const struct sync_range range = {.last = r->last, .min = r->min, .max = r->max};
        check(r->name, sync_choose(r->zxid, &range, r->force, r->use_log), r->way, r->packet,
              r->cursor);
    }
}

static void the_second_table_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t zxid, before, after;
        enum sync_way way;
        int64_t packet, cursor;
    } rows[] = {
        {"found", Z(5, 3), Z(5, 3), Z(5, 4), SYNC_DIFF, Z(5, 9), Z(5, 3)},
        {"found, last of its epoch", Z(4, 9), Z(4, 9), Z(5, 1), SYNC_DIFF, Z(5, 9), Z(4, 9)},
        {"found, nothing behind it", Z(5, 9), Z(5, 9), -1, SYNC_DIFF, Z(5, 9), Z(5, 9)},
        {"an epoch's beginning", Z(5, 0), Z(4, 9), Z(5, 1), SYNC_DIFF, Z(5, 9), Z(5, 0)},
        {"an epoch's beginning, nothing behind it", Z(6, 0), Z(5, 9), -1, SYNC_DIFF, Z(5, 9),
         Z(6, 0)},
        {"unknown, the epoch went on", Z(5, 4), Z(5, 3), Z(5, 5), SYNC_TRUNC, Z(5, 3), Z(5, 3)},
        {"unknown, the epoch ended", Z(4, 12), Z(4, 9), Z(5, 1), SYNC_SNAP, 0, 0},
        {"unknown, nothing behind it", Z(5, 12), Z(5, 9), -1, SYNC_SNAP, 0, 0},
    };
    const struct sync_range range = {.last = Z(5, 9), .min = Z(4, 7), .max = Z(5, 9)};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sync_around around = {rows[i].before, rows[i].after};
        check(rows[i].name, sync_choose_around(rows[i].zxid, &range, &around), rows[i].way,
              rows[i].packet, rows[i].cursor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_table_row_by_row),
        cmocka_unit_test(the_second_table_row_by_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
