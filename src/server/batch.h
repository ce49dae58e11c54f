// SPDX-License-Identifier: Apache-2.0
//
// A batch: consecutive transactions that share one write and one sync of the log, with who waits
// for each. A transaction is encoded once, where it will be written from, and stays there until it
// is applied from the same bytes: all at once, or in parts as others agree.
//
//     spare ──► filling ──► in flight ──written and synced──► logged ──all applied──► spare
//
// Invariants:
//  1. zxids increase within a batch; `rest` begins with the record of items[applied].
//  2. While a batch is in flight its bytes are the log worker's.
#ifndef PADDOCK_SERVER_BATCH_H
#define PADDOCK_SERVER_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "jute/code.h"
#include "jute/txn.h"
#include "port/clock.h"
#include "port/loop.h"
#include "store/error.h"
#include "store/txnlog.h"

struct conn;

// Who waits for a transaction, and how it was asked for.
struct pending {
    struct conn *conn; // NULL: nobody waits here
    int64_t session_id;
    int64_t arrived_ns;
    int32_t xid;
    int32_t type;
    int32_t large_bytes; // as in struct request
    enum zk_code code;   // from preparation
    bool is_counted;     // in the server's requests in process
};

struct batch {
    struct port_job job;
    struct list link; // of the logged or of the spare ones
    struct txnlog *log;
    struct port_clock *clock;
    void *owner; // for job.done
    struct buf records;
    struct pending *items; // one per record
    size_t count, cap;
    size_t applied;    // of count
    struct slice rest; // records that are not applied; set when the batch is logged
    int64_t first_zxid, last_zxid;
    bool begins_file; // roll the log before writing
    enum err err;     // of the job
    struct store_error error;
    int64_t sync_ns; // duration of the sync
};

// `done` is called on the loop when the batch was written, or could not be.
struct batch *batch_new(struct port_clock *clock, void (*done)(struct port_job *job), void *owner);
void batch_free(struct batch *b); // NULL is legal
// Empty, for the next use; large buffers are given back.
void batch_clear(struct batch *b);

// Append a transaction, or the bytes of one, larger in zxid than all before it.
// Memory: *ret_body, if wanted, is borrowed until the next one is added.
void batch_add(struct batch *b, const struct txn *txn, const struct pending *p,
               struct slice *ret_body);
void batch_add_bytes(struct batch *b, int64_t zxid, struct slice body, const struct pending *p);

// Write and sync it, as a job of the log worker.
void batch_submit(struct batch *b, struct port_worker *worker, struct txnlog *log,
                  bool begins_file);

// It is durable: applying may begin.
void batch_logged(struct batch *b);
// The next transaction to apply, if its zxid is at most `limit`.
// Memory: both are borrowed until the batch is cleared.
bool batch_next(const struct batch *b, int64_t limit, struct slice *ret_body,
                const struct pending **ret_pending);
void batch_advance(struct batch *b, struct slice body); // that one is applied
static inline bool batch_is_applied(const struct batch *b)
{
    return b->applied == b->count;
}

#endif
