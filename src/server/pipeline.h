// SPDX-License-Identifier: Apache-2.0
//
// The write path: prep > propose > append and sync > commit > apply > reply.
//
//     pipeline_write ──► batch being filled ──(turn ends, worker idle)──► batch in flight
//                                                                             │ write + sync
//       replies, watches ◄── apply in zxid order ◄── commit ◄── ack of ourselves ◄┘
//
// A transaction is encoded once, where it will be written from; the log worker adds checksums,
// writes, syncs. While it does, the next batch fills: when idle a write is synced alone and at
// once, when busy everything that came meanwhile shares one sync.
//
// Invariants:
//  1. zxids are handed out one after the other, and a batch holds consecutive ones.
//  2. Nothing is applied or answered before its batch is durable and committed.
//  3. At most one batch is in flight; the log worker owns its bytes until it is done.
//  4. When a batch cannot be logged, it and everything prepared after it is abandoned, answered
//  with
//     SystemError, and its zxids are given again: nobody has seen them.
// Source: SyncRequestProcessor, FinalRequestProcessor; DESIGN: group commit.
#ifndef PADDOCK_SERVER_PIPELINE_H
#define PADDOCK_SERVER_PIPELINE_H

#include "port/loop.h"
#include "server/request.h"
#include "store/error.h"
#include "store/txnlog.h"
#include "tree/tree.h"
#include "zab/proposals.h"

struct server;

enum { PIPELINE_BATCHES = 3 }; // filling, in flight, being applied

// Who waits for a transaction, and how it was asked for.
struct pending {
    struct conn *conn; // NULL: nobody waits
    int64_t session_id;
    int64_t arrived_ns;
    int32_t xid;
    int32_t type;
    int32_t large_bytes; // as in struct request
    enum zk_code code;   // from preparation
};

struct batch {
    struct port_job job;
    struct pipeline *pipeline;
    struct txnlog *log;
    struct buf records;
    struct pending *items; // one per record
    size_t count, cap;
    int64_t first_zxid;
    bool begins_file; // roll the log before writing
    enum err err;     // of the job
    struct store_error error;
    int64_t sync_ns; // duration of the sync
    struct port_clock *clock;
};

struct pipeline {
    struct server *server;
    struct port_worker *worker; // the log's
    struct txnlog *log;
    struct proposals proposals;
    struct batch batches[PIPELINE_BATCHES];
    struct batch *filling;
    struct batch *in_flight;                 // NULL while the worker is idle
    int64_t last_zxid;                       // newest handed out
    bool roll_next;                          // the next batch begins a new file
    bool is_failing;                         // the last batch could not be written
    struct port_timer flush_timer;           // flushDelay: the filled batch waits for company
    int64_t filling_since_ns, last_added_ns; // of the batch being filled
    struct port_job room_job;                // makes room in the log while nothing else is to do
    bool is_making_room;
    uint64_t bytes_since_room;
    uint64_t mismatches; // of digests that need no line in the log any more
    struct arena arena;  // of the transaction being applied
    struct tree_outcome outcome;
    struct txn txn; // being prepared or applied
};

// Open the log of the server's data directory and its worker, behind the tree's last zxid.
enum err pipeline_open(struct pipeline *pl, struct server *server) MUST_CHECK;
// Wait for the worker, close the log. Batches not done are dropped.
void pipeline_close(struct pipeline *pl);

// Prepare a write and queue its transaction. False: the request does not decode and becomes no
// transaction; the caller answers MarshallingError in order.
bool pipeline_write(struct pipeline *pl, const struct request *request);
// Queue createSession; the session is tracked already and `conn` is connecting.
void pipeline_create_session(struct pipeline *pl, struct conn *conn, int64_t session_id,
                             int32_t timeout_ms);

// End of the turn: hand the filled batch to the worker unless it is busy.
void pipeline_flush(struct pipeline *pl);

// The next batch begins a new log file; a snapshot is about to be taken.
void pipeline_roll(struct pipeline *pl);

bool pipeline_is_idle(const struct pipeline *pl);
bool pipeline_is_full(const struct pipeline *pl); // the batch being filled is at its limit

#endif
