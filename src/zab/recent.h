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
#ifndef PADDOCK_ZAB_RECENT_H
#define PADDOCK_ZAB_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct recent_entry {
    int64_t zxid;
    struct slice txn; // owned by the history
};

struct recent {
    struct recent_entry *ring;
    size_t first, count, cap;
    size_t count_max, bytes_max; // of committed ones; applied when one is added
    size_t bytes;                // of all
    size_t committed_count, committed_bytes;
    int64_t floor;      // newest zxid that is no longer here, or the starting point
    int64_t last;       // newest zxid ever added, or the starting point
    int64_t committed;  // newest committed zxid, or the starting point
    int64_t keep_after; // nothing behind it is dropped: it may not be on disk yet
};

void recent_init(struct recent *h, size_t count_max, size_t bytes_max);
void recent_fini(struct recent *h);

// Nothing is known any more but that everything up to `zxid` is committed.
void recent_reset(struct recent *h, int64_t zxid);
// A committed transaction from the replayed log, oldest first, before anything else happens.
// Memory: copies. One that does not follow the one before it makes that one forgotten.
void recent_remember(struct recent *h, int64_t zxid, struct slice txn);
void recent_add(struct recent *h, int64_t zxid, struct slice txn); // in flight; copies
void recent_commit(struct recent *h, int64_t zxid);
void recent_truncate(struct recent *h, int64_t zxid); // drops what is behind it
// An epoch begins at `zxid`, which is nobody's transaction: both marks move to it.
void recent_begin_epoch(struct recent *h, int64_t zxid);

// `zxid` comes directly behind `before`: one more, or the first of a later epoch.
bool recent_is_next(int64_t before, int64_t zxid);

// Zxid of the oldest committed entry and of the newest; both `committed` when there is none.
int64_t recent_min(const struct recent *h);
int64_t recent_max_committed(const struct recent *h);
// The first entry with a zxid above `zxid`; NULL when there is none.
const struct recent_entry *recent_after(const struct recent *h, int64_t zxid);
// The newest entry with a zxid at or below `zxid`; NULL when there is none.
const struct recent_entry *recent_at_or_before(const struct recent *h, int64_t zxid);

#endif
