// SPDX-License-Identifier: Apache-2.0
//
// A member of an ensemble, pure: it votes, and then leads, follows or observes, until that ends and
// it votes again. No clock, no I/O, no randomness but a seed: zab_step takes an event and says what
// is to be done.
//
//     LOOKING ──elected──► LEADING ──────────────┐
//        ▲   └───────────► FOLLOWING, OBSERVING ─┤ lost leader, lost quorum, failure, reconfig
//        └────── SETTLED ◄── STOP_SERVING ◄──────┘
//
// Each state has its own machine: election.h, leader.h, learner.h; this one switches between them
// and owns what outlives a role: epochs, configurations, the recent transactions (recent.h).
//
// Invariants:
//  1. acceptedEpoch and currentEpoch never go back; acceptedEpoch >= currentEpoch.
//  2. Nothing is promised in a packet before what it promises is durable (effects before it are
//     answered first).
//  3. At most one of the machines is active.
// Source: QuorumPeer; Junqueira, Reed, Serafini: Zab (DSN'11), phases 0 to 3.
#ifndef PADDOCK_ZAB_ZAB_H
#define PADDOCK_ZAB_ZAB_H

#include "config/servers.h"
#include "zab/effect.h"

struct zab;

// The states, with the numbers of the wire (Notification).
enum zab_role { ZAB_LOOKING = 0, ZAB_FOLLOWING = 1, ZAB_LEADING = 2, ZAB_OBSERVING = 3 };

struct zab_options {
    int64_t sid;
    int64_t tick_ms;
    int64_t init_limit, sync_limit; // ticks
    int64_t connect_limit;          // ticks; connectToLearnerMasterLimit, or initLimit when 0
    bool reconfig_enabled;
    bool has_master_port;     // observerMasterPort is set: followers serve observers on it
    bool force_snapshot_sync; // zookeeper.forceSnapshotSync
    bool log_sync_enabled;    // snapshotSizeFactor >= 0
    int64_t epoch_wait_ms;    // leader.maxTimeToWaitForEpoch + 1; 0: only initLimit ends the wait
    int64_t observer_election_delay_ms;
    int64_t observer_reconnect_delay_ms;
    int64_t notification_min_ms, notification_max_ms;
    int64_t finalize_wait_ms;
    size_t history_count;        // commitLogCount
    size_t history_bytes;        // of transactions kept in memory, committed ones
    size_t master_history_bytes; // the same while observers learn from us; 0: it does not change
    size_t snap_syncs_max;       // leader.maxConcurrentSnapSyncs
    size_t diff_syncs_max;       // leader.maxConcurrentDiffSyncs
    uint64_t seed;
};

// What recovery found.
struct zab_recovered {
    int64_t accepted_epoch, current_epoch;
    int64_t last_zxid; // of the tree after the whole log; -1: nothing, and it may not vote
};

// Memory: copies options and both configurations; `seen` may be NULL (none newer than committed).
struct zab *zab_new(const struct zab_options *options, const struct zab_recovered *recovered,
                    const struct config_servers *committed, const struct config_servers *seen);
void zab_free(struct zab *z); // NULL is legal

// A transaction of the replayed log, oldest first, before ZAB_EV_START: for learners that are only
// a little behind.
void zab_remember(struct zab *z, int64_t zxid, struct slice txn);

// The effects are appended.
void zab_step(struct zab *z, const struct zab_event *event, struct zab_effects *effects);

// When to send ZAB_EV_TIME; false: never, as things are.
bool zab_deadline_ms(const struct zab *z, int64_t *ret);

// ---- asking ----

enum zab_role zab_role(const struct zab *z);
const char *zab_role_name(enum zab_role role); // "leader", "follower", "observer", "looking"
bool zab_is_serving(const struct zab *z);      // between ZAB_DO_SERVE and ZAB_DO_STOP_SERVING
int64_t zab_leader_sid(const struct zab *z);   // -1 while looking
int64_t zab_learns_from(const struct zab *z);  // the leader, or an observer's master; -1
zab_link zab_leader_link(const struct zab *z); // of a learner; 0: none
int64_t zab_epoch(const struct zab *z);        // currentEpoch
const struct config_servers *zab_committed_config(const struct zab *z);
const struct config_servers *zab_seen_config(const struct zab *z); // never older than committed
bool zab_is_voter(const struct zab *z);      // this server, in the committed configuration
size_t zab_voter_count(const struct zab *z); // of that configuration

// Of a leader that serves, for words, metrics and the checks of reconfig; of an observer master its
// observers.
struct zab_follower {
    zab_link link;
    int64_t sid;
    bool is_observer;
    bool is_synced; // within syncLimit
    bool is_forwarding;
    int64_t acked_zxid;
    int64_t sent_zxid; // the newest proposal that left for it
};
size_t zab_followers(const struct zab *z, struct zab_follower *ret,
                     size_t max); // how many there are
// Why leadership cannot go to server `sid`, or, with -1, to anybody; NULL: it can. The text is a
// constant, for people.
const char *zab_refuses_handover(const struct zab *z, int64_t sid);
size_t zab_pending_syncs(const struct zab *z); // those of its own clients, too
int64_t zab_last_proposed(const struct zab *z);
int64_t zab_last_committed(const struct zab *z);

#endif
