// SPDX-License-Identifier: Apache-2.0
//
// Recovery: from the files of a data directory to a tree that serves. The newest whole snapshot is
// loaded, the log behind it replayed, a torn tail cut off, ephemerals of dead sessions dropped.
// Nothing is guessed: damage that could hide acknowledged transactions stops it with the file, the
// offset and the remedy. A member of an ensemble goes on with what is left and the duty to heal
// from the others (healing.h; docs/design/healing.md). Source: FileTxnSnapLog.restore,
// ZKDatabase.loadDataBase, ZooKeeperServer.loadData.
#ifndef PADDOCK_STORE_RECOVER_H
#define PADDOCK_STORE_RECOVER_H

#include "base/trace.h"
#include "port/clock.h"
#include "store/datadir.h"
#include "store/logread.h"
#include "tree/tree.h"

// A transaction of the log that was just replayed; borrowed for the call. They count only when the
// report says nothing of healing.
typedef void recover_txn(void *ctx, int64_t zxid, struct slice txn);

struct recover_options {
    struct tree_options tree;
    uint32_t record_bytes_max;    // jute.maxbuffer + extrasize
    bool trust_empty_snapshot;    // zookeeper.snapshot.trust.empty
    bool db_autocreate;           // zookeeper.db.autocreate
    bool is_member;               // there are others: damage is set aside, and heals
    bool drop_dead_ephemerals;    // standalone and leader; a member waits for its role
    enum names_method method;     // of a snapshot that recovery itself has to write
    bool snapshot_with_last_zxid; // serializeLastProcessedZxid.enabled
    bool is_rehearsal;            // change no file: the notes say what a server would do
    recover_txn *on_txn;          // called with the `ctx` of recover(); NULL: nobody asks
    struct trace_sink *trace;     // NULL: none
};

// A change of the files or a doubt that an operator should know of, in the order it came up.
typedef void recover_note(void *ctx, const char *text);

struct recover_report {
    char snapshot[NAMES_BYTES_MAX]; // the file that was loaded; "" when none
    int64_t snapshot_zxid;
    uint64_t snapshots_skipped; // newer ones that were damaged
    uint64_t nodes;             // in that snapshot
    uint64_t txns_replayed;
    uint64_t log_bytes_replayed;
    uint64_t dead_ephemerals;
    int64_t last_zxid;        // of the tree; -1: empty and creation is not allowed
    bool wrote_snapshot;      // snapshot.0, or the one that replaces trust in an empty one
    struct logread_tail tail; // where the log ended; "" in `file`: there is none
    // The marker of healing.h is there: this server may offer no zxid but -1, serve nobody, and
    // must get a snapshot from a leader. The tree is what is left.
    bool needs_healing;
    int64_t snapshot_ms, replay_ms;
};

// Build the tree. Each transaction is applied with `watches` NULL. `note` may be NULL.
// Memory: *ret is owned by the caller.
// Errors: with text; ERR_CORRUPT for damage, ERR_NOT_FOUND for logs without a snapshot,
//   ERR_UNSUPPORTED for TTL nodes while extendedTypesEnabled is false, those of port/file.h.
enum err recover(struct datadir *d, struct port_clock *clock, const struct recover_options *options,
                 recover_note *note, void *ctx, struct tree **ret,
                 struct recover_report *ret_report, struct store_error *e) MUST_CHECK;

#endif
