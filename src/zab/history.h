// SPDX-License-Identifier: Apache-2.0
//
// The recent transactions in memory, oldest first: the committed ones kept for learners that are a
// little behind, then those in flight. One sequence of zxids with one committed mark in it.
//
//     min ... committed | in flight ... max
//
// Invariants: (1) zxids increase; within an epoch by one; (2) committed <= max; (3) what is in
// flight, or behind `keep_after`, is never dropped by the limits; (4) every transaction behind
// `floor` is here. Source: ZKDatabase.committedLog; differs: transactions in flight are here, too,
// and bytes are limited.
#ifndef PADDOCK_ZAB_HISTORY_H
#define PADDOCK_ZAB_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct history_entry {
    int64_t zxid;
    struct slice txn; // owned by the history
};

struct history {
    struct history_entry *ring;
    size_t first, count, cap;
    size_t count_max, bytes_max; // of committed ones; applied when one is added
    size_t bytes;                // of all
    size_t committed_count, committed_bytes;
    int64_t floor;      // newest zxid that is no longer here, or the starting point
    int64_t last;       // newest zxid ever added, or the starting point
    int64_t committed;  // newest committed zxid, or the starting point
    int64_t keep_after; // nothing behind it is dropped: it may not be on disk yet
};

void history_init(struct history *h, size_t count_max, size_t bytes_max);
void history_fini(struct history *h);

// Nothing is known any more but that everything up to `zxid` is committed.
void history_reset(struct history *h, int64_t zxid);
// A committed transaction from the replayed log, oldest first, before anything else happens.
// Memory: copies. One that does not follow the one before it makes that one forgotten.
void history_remember(struct history *h, int64_t zxid, struct slice txn);
void history_add(struct history *h, int64_t zxid, struct slice txn); // in flight; copies
void history_commit(struct history *h, int64_t zxid);
void history_truncate(struct history *h, int64_t zxid); // drops what is behind it
// An epoch begins at `zxid`, which is nobody's transaction: both marks move to it.
void history_begin_epoch(struct history *h, int64_t zxid);

// `zxid` comes directly behind `before`: one more, or the first of a later epoch.
bool history_is_next(int64_t before, int64_t zxid);

// Zxid of the oldest committed entry and of the newest; both `committed` when there is none.
int64_t history_min(const struct history *h);
int64_t history_max_committed(const struct history *h);
// The first entry with a zxid above `zxid`; NULL when there is none.
const struct history_entry *history_after(const struct history *h, int64_t zxid);
// The newest entry with a zxid at or below `zxid`; NULL when there is none.
const struct history_entry *history_at_or_before(const struct history *h, int64_t zxid);

#endif
