// SPDX-License-Identifier: Apache-2.0
//
// The log as a leader reads it for one learner: the records behind a zxid, in chunks of bounded
// bytes, while the log goes on being written. The reader stays open from chunk to chunk, so each
// record is read once.
//
// What is not durable is never given: a call says up to where the log is. What cannot be given
// without a hole is refused, and the learner gets a snapshot: records that purge removed meanwhile,
// zxids that do not follow each other, and the hole that zxids do not show, between the log of an
// earlier life and a snapshot that a leader sent (install.h; a Java server leaves such logs
// behind): there a snapshot stands between the end of one epoch and the beginning of the next.
// Thread: any worker, one call at a time.
// Source: ZKDatabase.getProposalsFromTxnLog, FileTxnIterator.
#ifndef PADDOCK_STORE_LOGCHUNK_H
#define PADDOCK_STORE_LOGCHUNK_H

#include "store/datadir.h"

struct logchunk;

struct logchunk_options {
    uint32_t record_bytes_max;   // jute.maxbuffer + extrasize
    double snapshot_size_factor; // zookeeper.snapshotSizeFactor
    // The learner stands at the position already, perhaps by a snapshot: sizes do not matter, and
    // the log need not reach back, it may begin with what comes next.
    bool is_standing;
};

struct logchunk_record {
    int64_t zxid;
    struct slice txn; // as logged: header, body, digest
};

struct logchunk_result {
    const struct logchunk_record *records; // ascending
    size_t count;
    bool is_end; // the log holds nothing more up to the asked zxid
};

// Position behind `zxid`. *ret_at is the newest zxid of the log at or below it. `durable_zxid` as
// in logchunk_next. Memory: returns owned; copies what it needs of `d`, whose port_files it
// borrows; 1 MiB and one
//   chunk.
// Errors: ERR_NOT_FOUND when the log does not reach back to `zxid`; ERR_TOO_BIG when the files
//   behind the first are larger than the newest snapshot times the factor (a product of 0: no
//   limit); ERR_CORRUPT and those of port/file.h.
enum err logchunk_open(struct datadir *d, int64_t zxid, int64_t durable_zxid,
                       const struct logchunk_options *options, struct logchunk **ret,
                       int64_t *ret_at, struct store_error *e) MUST_CHECK;

// The next records up to `up_to_zxid`: about `bytes_max`, at least one if there is one. The log
// must be durable up to there; both zxids may have grown since the last call. Memory: *ret borrows
// the reader until its next call. Errors: ERR_NOT_FOUND for a hole or a file that purge removed,
// ERR_CORRUPT, ERR_TOO_BIG, those of
//   port/file.h; then only close is legal.
enum err logchunk_next(struct logchunk *c, int64_t up_to_zxid, size_t bytes_max,
                       struct logchunk_result *ret, struct store_error *e) MUST_CHECK;

void logchunk_close(struct logchunk *c); // NULL is legal

#endif
