// SPDX-License-Identifier: Apache-2.0
//
// The transaction log, writing end. Batches of sealed records (record.h) are appended to
// version-2/log.<hex of the first zxid in the file>; what has been synced survives a crash.
//
// Room is made ahead with written zeros when batches are small, because a sync that finds its
// blocks already written needs no metadata and is a third faster; large batches are appended as
// they are, so that no byte is written twice when bandwidth counts. Either way whole blocks are
// written past the system's cache (txnlog.c says why). Zeros mean "no record" to every reader.
//
// Invariants:
//  1. Behind the last record of a file there are only zeros, or nothing.
//  2. A file that holds no record does not stay: a failed first write and close remove it.
//  3. After a failed write the file holds exactly the batches that succeeded, durably.
//  4. Files of an earlier process are never appended to.
//
// Thread: the log worker only, from open to close (open and close may run elsewhere while no job
// is under way).
#ifndef PADDOCK_STORE_TXNLOG_H
#define PADDOCK_STORE_TXNLOG_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/trace.h"
#include "port/file.h"
#include "store/error.h"

struct txnlog;

struct txnlog_options {
    int64_t prealloc_bytes;   // <= 0: make no room ahead (zookeeper.preAllocSize)
    int64_t size_limit_bytes; // a file ends behind it; <= 0: no limit (txnLogSizeLimitInKb)
    bool force_sync;          // false: txnlog_sync does nothing (zookeeper.forceSync=no)
    struct trace_sink *trace; // NULL: none
};

struct txnlog_stats {
    uint64_t file_bytes;   // of records and header in the current file; 0: no file is open
    uint64_t total_bytes;  // written since open, headers included
    uint64_t files_begun;  // since open
    uint64_t zeroed_bytes; // room made ahead since open
};

// `dir` is the version-2 directory; it must exist. Nothing is created before the first write.
// Memory: copies `dir` and `options`; borrows `fs` until close.
struct txnlog *txnlog_open(struct port_files *fs, const char *dir,
                           const struct txnlog_options *options);

// Append one sealed batch whose first record is `first_zxid`. Durable only after txnlog_sync().
// Errors: ERR_NO_SPACE, ERR_TOO_MANY_FILES, ERR_ACCESS, ERR_READ_ONLY, ERR_IO: nothing of the batch
//   is in the file, and a later write may succeed; when even that cannot be established, the log is
//   broken (txnlog_is_broken) and only close is legal.
enum err txnlog_write(struct txnlog *l, int64_t first_zxid, struct slice batch,
                      struct store_error *e) MUST_CHECK;

// Make everything written durable, the name of a new file included.
// Errors: any, and the log is then broken: what a failed sync left behind is unknown.
enum err txnlog_sync(struct txnlog *l, struct store_error *e) MUST_CHECK;

// The next write begins a new file. Everything written must have been synced.
void txnlog_roll(struct txnlog *l);

// Make room ahead if little is left; for a moment without work. Never fails: room is a convenience.
void txnlog_make_room(struct txnlog *l);

// From now on paddock.end (logend.h) is kept, as a member of an ensemble needs it.
void txnlog_keep_end(struct txnlog *l);
// Note how far the log goes, if it is to be kept and changed since the last note: about a second
// after a write, and close does it. Never fails: without a note less is known of damage.
void txnlog_note_end(struct txnlog *l);

bool txnlog_is_broken(const struct txnlog *l);
void txnlog_stats(const struct txnlog *l, struct txnlog_stats *ret);

// Cut the room behind the last record and close; an unsynced batch stays unsynced. NULL is legal.
void txnlog_close(struct txnlog *l);

#endif
