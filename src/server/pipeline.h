// SPDX-License-Identifier: Apache-2.0
//
// The write path: prep > propose > append and sync > commit > apply > reply.
//
//     pipeline_write ──► batch being filled ──(turn ends, worker idle)──► batch in flight
//                                                                             │ write + sync
//       replies, watches ◄── apply in zxid order ◄── committed ◄── logged batches ◄┘
//
// A transaction is encoded once, where it will be written from; the log worker adds checksums,
// writes, syncs. While it does, the next batch fills: when idle a write is synced alone and at
// once, when busy everything that came meanwhile shares one sync.
//
// What becomes of a write depends on the role of the server:
//
//     alone     what is logged is committed
//     leading   the same, but others decide what is committed (pipeline_commit), and hear of every
//               transaction as soon as it is prepared (peer->propose)
//     learning  clients' writes go to the leader (forward.h); transactions come back from it
//               (pipeline_append), are logged, and applied when it commits them
//     resting   a member without a role: nothing is written
//
//     alone      resting ──pipeline_lead──► leading ──┐
//                  ▲ └────pipeline_learn──► learning ─┤
//                  └── settled ◄──── pipeline_settle ─┘
//
// Invariants:
//  1. zxids are handed out one after the other; those of a batch increase.
//  2. Nothing is applied or answered before it is in the log, synced, and committed.
//  3. At most one batch is in flight; the log worker owns its bytes until it is done.
//  4. Alone: when a batch cannot be logged, it and everything prepared after it is abandoned,
//     answered with SystemError, and its zxids are given again: nobody has seen them.
//     In an ensemble others may have seen them: the role is over (peer->failed).
// Source: SyncRequestProcessor, FinalRequestProcessor, CommitProcessor; DESIGN: group commit.
#ifndef PADDOCK_SERVER_PIPELINE_H
#define PADDOCK_SERVER_PIPELINE_H

#include "port/loop.h"
#include "server/batch.h"
#include "server/forward.h"
#include "server/request.h"
#include "server/syncs.h"
#include "tree/tree.h"
#include "zab/event.h"

struct server;

enum pipeline_mode { PIPELINE_ALONE, PIPELINE_RESTING, PIPELINE_LEADING, PIPELINE_LEARNING };

// What a member tells the executor of its ensemble protocol. Each is the last thing that a function
// here or a finished job does, so all of pipeline.h may be called from within.
// Memory: slices and requests are borrowed for the call.
struct pipeline_peer {
    void *ctx;
    // Leading: `txn` was prepared as `zxid` and is on its way to the log; `config` is the text that
    // a reconfig proposes, else null.
    void (*propose)(void *ctx, int64_t zxid, struct slice txn, struct slice config);
    void (*logged)(void *ctx, int64_t zxid);  // everything up to it is durable here
    void (*applied)(void *ctx, int64_t zxid); // the tree stands there
    // The role cannot go on; until pipeline_settle, writes close their connections, and what is
    // appended is dropped.
    void (*failed)(void *ctx, const char *why);
    // Learning: to the leader as REQUEST (forward_encode). A createSession has its timeout as body;
    // a sync is answered by pipeline_forward_synced, everything else by its transaction.
    void (*forward)(void *ctx, const struct request *request);
    // Leading: answer with pipeline_sync_done when everything proposed so far is committed and this
    // server still leads.
    void (*sync)(void *ctx, uint64_t token);
    // Leading: the configuration, with `zxid` as its version, that a request leads to (reconfig.h).
    // NULL: there is none to change. Not the last thing done: it must only look.
    enum zk_code (*reconfig)(void *ctx, const struct jute_reconfig_request *request, int64_t zxid,
                             struct buf *ret_text);
};

typedef void pipeline_settled(void *ctx, int64_t zxid);

struct pipeline {
    struct server *server;
    enum pipeline_mode mode;
    const struct pipeline_peer *peer; // NULL: alone
    struct port_worker *worker;       // the log's
    struct txnlog *log;               // NULL while paused
    struct batch *filling;
    struct batch *in_flight; // NULL while the worker is idle
    int64_t submitted_ns;    // when it got that
    struct list logged;      // oldest first
    struct list spare;
    size_t spare_count;
    uint64_t bytes;         // of the batches in flight and logged
    int64_t last_zxid;      // newest handed out or appended
    int64_t committed;      // newest that may be applied
    uint32_t counter_end;   // an epoch gives no such number, all ones; less in simulation
    bool is_over;           // the role has failed
    bool is_paused;         // leading: nothing is proposed
    pipeline_settled *done; // not NULL: the role ends as soon as the worker is idle
    void *done_ctx;
    struct forward forward; // learning: writes that the leader has
    struct syncs syncs;
    uint64_t last_order;                     // of what is forwarded; of syncs: their token
    bool roll_next;                          // the next batch begins a new file
    bool is_failing;                         // the last batch could not be written
    struct port_timer flush_timer;           // flushDelay: the filled batch waits for company
    int64_t filling_since_ns, last_added_ns; // of the batch being filled
    struct port_job room_job;                // makes room in the log while nothing else is to do
    bool is_making_room;
    uint64_t bytes_since_room;
    struct port_timer end_timer; // with it the end of a member's log is noted; it runs or not:
    bool is_end_timed;
    bool is_end_due;     // room_job is to do it
    uint64_t mismatches; // of digests that need no line in the log any more
    struct arena arena;  // of the transaction being applied
    struct tree_outcome outcome;
    struct txn txn; // being prepared or applied
};

// Open the log of the server's data directory and its worker, behind the tree's last zxid. Alone.
enum err pipeline_open(struct pipeline *pl, struct server *server) MUST_CHECK;
// Wait for the worker, close the log. Batches not done are dropped.
void pipeline_close(struct pipeline *pl);

// ---- what clients want ----

// Prepare a write and queue its transaction, or forward it. False: the request does not decode and
// becomes no transaction; the caller answers MarshallingError in order.
bool pipeline_write(struct pipeline *pl, const struct request *request);
// Queue createSession; the session is tracked already and `conn` is connecting.
void pipeline_create_session(struct pipeline *pl, struct conn *conn, int64_t session_id,
                             int32_t timeout_ms);
// Queue a sync of an ensemble's client; alone, syncs are reads.
void pipeline_sync(struct pipeline *pl, const struct request *request);

// For how long the log has not answered; 0 while nothing waits for it.
int64_t pipeline_log_silence_ms(const struct pipeline *pl);

// End of the turn: hand the filled batch to the worker unless it is busy.
void pipeline_flush(struct pipeline *pl);

// The next batch begins a new log file; a snapshot is about to be taken.
void pipeline_roll(struct pipeline *pl);

bool pipeline_is_idle(const struct pipeline *pl);
bool pipeline_is_full(const struct pipeline *pl); // no more requests should be read
// Because of what waits for others, in bytes; not one large request more.
bool pipeline_is_clogged(const struct pipeline *pl);
// Learning: the log takes longer than the leader; nothing more should be appended for now.
bool pipeline_is_behind(const struct pipeline *pl);
// Sessions expire and containers go by decision of this server, not of another one.
bool pipeline_decides(const struct pipeline *pl);

// ---- roles ----

// From alone, before anything is written: rest, as a member of an ensemble. Borrows `peer`.
void pipeline_join(struct pipeline *pl, const struct pipeline_peer *peer);

// From resting: lead; the tree's last zxid becomes `epoch_zxid`, which no transaction has. Every
// session of the tree is tracked anew; ephemerals of unknown sessions are closed away.
void pipeline_lead(struct pipeline *pl, int64_t epoch_zxid);
// From resting: learn, behind the tree's last zxid.
void pipeline_learn(struct pipeline *pl);

// Leading: a REQUEST that came over `link`; syncs, reads and what does not make sense are ignored.
void pipeline_remote(struct pipeline *pl, zab_link link, const struct zab_packet *packet);
// Learning: a transaction of the leader, to the log.
void pipeline_append(struct pipeline *pl, int64_t zxid, struct slice txn);
// Everything up to `zxid` may be applied as soon as it is durable here.
void pipeline_commit(struct pipeline *pl, int64_t zxid);

// Leading: propose nothing, until resumed or the end of the role. Learners' requests are kept away
// meanwhile (ensemble_links.c).
void pipeline_pause(struct pipeline *pl);
void pipeline_resume(struct pipeline *pl);

// Learning: the oldest forwarded sync came back.
void pipeline_forward_synced(struct pipeline *pl);
// Leading: peer->sync is confirmed.
void pipeline_sync_done(struct pipeline *pl, uint64_t token);

// End of leading or learning. What was never written is forgotten, and so are requests in flight
// (connections that still wait are closed); everything in the log is applied, committed or not;
// then the server rests and `done` is told the tree's zxid, perhaps before this returns.
void pipeline_settle(struct pipeline *pl, pipeline_settled *done, void *ctx);

// ---- resting: the log and the tree may be replaced ----

// The log is closed, so that others may cut its files; and opened anew.
void pipeline_pause_log(struct pipeline *pl);
void pipeline_resume_log(struct pipeline *pl);
// The server's tree is this one from now on; the old one is freed, a snapshot of it given up.
void pipeline_replace_tree(struct pipeline *pl, struct tree *tree);

#endif
