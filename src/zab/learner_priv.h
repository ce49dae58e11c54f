// SPDX-License-Identifier: Apache-2.0
//
// What the files of the learner share: learner.c (the way to the leader, discovery, deadlines),
// learner_sync.c (taking over the leader's history), learner_broadcast.c (live traffic),
// learner_config.c (configurations that come in transactions).
//
// Invariants:
//  1. Nothing is acknowledged before NEWLEADER's acknowledgement, which follows a durable log and a
//     saved currentEpoch; proposals are acknowledged in order, each after it is durable.
//  2. What waits in memory was proposed and never appended; everything appended is in the history.
//  3. Zxids only grow, by one within an epoch: a hole means a lost packet, and ends the role.
#ifndef PADDOCK_ZAB_LEARNER_PRIV_H
#define PADDOCK_ZAB_LEARNER_PRIV_H

#include "zab/core.h"
#include "zab/learner.h"

enum learner_stage {
    LEARNER_IDLE,
    LEARNER_PAUSING,     // before the next try to connect
    LEARNER_DIALLING,    // LINK_UP is awaited
    LEARNER_DISCOVERING, // LEADERINFO is awaited
    LEARNER_PROMISING,   // acceptedEpoch is being saved
    LEARNER_CHOOSING,    // DIFF, TRUNC or SNAP is awaited
    LEARNER_REBUILDING,  // the log is being cut, or a snapshot loaded
    LEARNER_SYNCING,     // proposals and commits of the leader's history, then NEWLEADER
    LEARNER_LOGGING,     // what was appended is becoming durable
    LEARNER_SAVING,      // currentEpoch is being saved
    LEARNER_WAITING,     // UPTODATE is awaited
    LEARNER_BROADCASTING,
    LEARNER_OVER,
    LEARNER_STAGES,
};

enum {
    LEARNER_TRIES = 8,
    LEARNER_RETRY_MIN_MS = 10, // doubled with every try: a new leader listens in a moment
    LEARNER_RETRY_MAX_MS = 100,
    // Proposals that wait for NEWLEADER's acknowledgement to come through; more ends the role.
    LEARNER_WAITING_BYTES_MAX = 256 * 1024 * 1024,
    // Source: ExitCode.UNMATCHED_TXN_COMMIT, ExitCode.QUORUM_PACKET_ERROR.
    LEARNER_EXIT_UNMATCHED_COMMIT = 12,
    LEARNER_EXIT_NO_SYNC = 13,
};

#define LEARNER_MOVED "a reconfiguration ends this role"

// A proposal in memory that is not in the log yet.
struct learner_proposal {
    int64_t zxid;
    struct slice txn; // owned
};

struct learner {
    struct zab_core *core;
    enum learner_stage stage;
    const char *reason; // of OVER
    int64_t next;       // of OVER: who leads by a reconfiguration; -1: an election decides
    bool is_moving;     // a configuration came into force that ends the role
    int64_t now_ms;

    // The way there.
    zab_link link; // 0: none
    int64_t target;
    bool is_master; // `target` is an observer master
    int tries;
    int64_t dial_until_ms;
    int64_t deadline_ms; // of the stage; -1: none
    int64_t read_ticks;  // a packet moves the deadline so far; 0: it does not
    int64_t masters[QUORUM_VOTERS_MAX];
    size_t master_count, master_next;

    // Synchronisation.
    int64_t epoch;     // of the leader
    int64_t snap_zxid; // the point of a loaded snapshot, which may hold what comes behind it; -1
    struct learner_proposal *waiting;
    size_t waiting_first, waiting_count, waiting_cap;
    size_t waiting_bytes;
    size_t waiting_committed; // so many of them from the first on, after NEWLEADER
    struct buf config;        // text of NEWLEADER
    int64_t appended;         // newest zxid appended in this role; -1: none
    int64_t logged;           // newest durable one
    int64_t ack_next;         // the proposal to acknowledge next; -1: none
};

// A packet's handler. Each ends with the learner in a stage that learner_move allowed.
typedef void learner_handler(struct learner *l, const struct zab_packet *p,
                             struct zab_effects *effects);

// ---- learner.c ----

void learner_move(struct learner *l, enum learner_stage to);
// The stage waits for the leader: at most so many ticks without a packet.
void learner_expect(struct learner *l, enum learner_stage to, int64_t ticks);
// It is over; `reason` is a constant.
void learner_fail(struct learner *l, const char *reason, struct zab_effects *effects);
void learner_exit(struct learner *l, int code, const char *text, struct zab_effects *effects);
static inline bool learner_observes(const struct learner *l)
{
    return l->core->role == ZAB_OBSERVING;
}

// ---- learner_sync.c ----

learner_handler learner_on_diff, learner_on_trunc, learner_on_snap, learner_on_early_proposal,
    learner_on_early_commit, learner_on_early_activate, learner_on_early_inform,
    learner_on_early_inform_activate, learner_on_newleader, learner_on_uptodate;
void learner_rebuilt(struct learner *l, const struct zab_event *e, struct zab_effects *effects);
void learner_try_save_current(struct learner *l, struct zab_effects *effects);
void learner_current_saved(struct learner *l, struct zab_effects *effects);
void learner_drop_waiting(struct learner *l); // all of it

// ---- learner_broadcast.c ----

learner_handler learner_on_proposal, learner_on_commit, learner_on_activate, learner_on_inform,
    learner_on_inform_activate;
// To the log and the history. Borrows `txn` for the step.
void learner_append(struct learner *l, int64_t zxid, struct slice txn, struct zab_effects *effects);
void learner_commit(struct learner *l, int64_t zxid, struct zab_effects *effects);
void learner_acknowledge(struct learner *l, struct zab_effects *effects);

// ---- learner_config.c ----

// Look at a proposed transaction; a configuration in it is seen. False: the learner is over.
bool learner_see(struct learner *l, int64_t zxid, struct slice txn, struct zab_effects *effects);
// Tell the executor when the last seen configuration is not that of `before` any more.
void learner_tell_seen(struct learner *l, int64_t before, struct zab_effects *effects);
// What a configuration that came into force means to this role.
enum learner_change {
    LEARNER_GOES_ON,
    LEARNER_MOVES,  // another role, or another leader: it is to end, l->next says how it goes on
    LEARNER_FAILED, // no such configuration; the learner is over
};
// The configuration in the reconfig transaction `txn` comes into force, `designated` is to lead.
enum learner_change learner_activate_txn(struct learner *l, struct slice txn, int64_t zxid,
                                         int64_t designated, struct zab_effects *effects);
// The same for NEWLEADER's text, which designates nobody. It may be only proposed, when its version
// is above `committed`: then it waits for its commit.
enum learner_change learner_activate_text(struct learner *l, struct slice text, int64_t committed,
                                          struct zab_effects *effects);

#endif
