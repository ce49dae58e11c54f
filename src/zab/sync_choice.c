// SPDX-License-Identifier: Apache-2.0
//
// The two tables of the header, row by row.
#include "zab/sync_choice.h"

// The zxid with which an epoch begins is nobody's transaction: a learner stands there when it got
// a snapshot from a leader that had just begun.
static bool is_epoch_begin(int64_t zxid)
{
    return (zxid & 0xffffffff) == 0;
}

static bool is_same_epoch(int64_t a, int64_t b)
{
    return a >> 32 == b >> 32;
}

// Whether a log that ends with `zxid` can be cut behind `end`: that must be a transaction in it.
static bool can_cut(int64_t zxid, int64_t end)
{
    return is_same_epoch(zxid, end) && !is_epoch_begin(end);
}

static struct sync_choice choice(enum sync_way way, int64_t zxid, int64_t cursor)
{
    return (struct sync_choice){.way = way, .zxid = zxid, .cursor = cursor};
}

struct sync_choice sync_choose(int64_t zxid, const struct sync_range *range, bool force_snapshot,
                               bool use_log)
{
    if (force_snapshot) {
        return choice(SYNC_SNAP, 0, 0);
    }
    if (zxid == range->last) {
        return choice(SYNC_DIFF, zxid, zxid);
    }
    if (zxid > range->max && !is_epoch_begin(zxid)) {
        return can_cut(zxid, range->max) ? choice(SYNC_TRUNC, range->max, range->max)
                                         : choice(SYNC_SNAP, 0, 0);
    }
    if (range->min <= zxid && zxid <= range->max) {
        return choice(SYNC_BY_MEMORY, 0, 0);
    }
    if (zxid < range->min && use_log) {
        return choice(SYNC_BY_LOG, 0, 0);
    }
    return choice(SYNC_SNAP, 0, 0);
}

struct sync_choice sync_choose_around(int64_t zxid, const struct sync_range *range,
                                      const struct sync_around *around)
{
    if (around->at_or_before == zxid || is_epoch_begin(zxid)) {
        return choice(SYNC_DIFF, range->max, zxid);
    }
    if (around->after == -1 || !is_same_epoch(around->after, zxid)) {
        return choice(SYNC_SNAP, 0, 0);
    }
    return choice(SYNC_TRUNC, around->at_or_before, around->at_or_before);
}
