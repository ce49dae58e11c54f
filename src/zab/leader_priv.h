// SPDX-License-Identifier: Apache-2.0
//
// What the files of the leader share; only leader*.c includes this.
//
//     leader.c          the phases, and which file an event belongs to
//     leader_learner.c  one learner's course: which packet is legal at which stage
//     leader_sync.c     bringing one up to date: DIFF, TRUNC or SNAP, then NEWLEADER
//     leader_feed.c     proposals and commits, as a link has room
//     leader_commit.c   acknowledgements, commits, configurations coming into force
//     leader_confirm.c  who asks whether this server still leads
//     leader_handover.c another server is to lead
//     leader_pulse.c    pings, ticks, who is too slow
//     leader_master.c   the same for observers, by a follower
#ifndef PADDOCK_ZAB_LEADER_PRIV_H
#define PADDOCK_ZAB_LEADER_PRIV_H

#include "zab/core.h"
#include "zab/leader.h"
#include "zab/leader_learner.h"
#include "zab/proposals.h"

enum {
    LEADER_LEARNERS_MAX = 1024,
    LEADER_RETIRE_TICKS = 2, // for learners to hear of a new configuration, and leave
};

enum leader_phase {
    LEADER_GATHERING,      // accepted epochs of a quorum
    LEADER_SAVING_EPOCH,   // acceptedEpoch is on its way to disk
    LEADER_COMPARING,      // histories of a quorum with our own
    LEADER_SAVING_CURRENT, // currentEpoch is on its way to disk
    LEADER_SYNCHRONISING,  // until a quorum has acknowledged NEWLEADER
    LEADER_SERVING,
    LEADER_RETIRING, // a configuration in force names another leader: nothing commits any more
    LEADER_HOSTING,  // it is none: a follower, and these are its observers
};

struct leader {
    struct zab_core *core;
    enum leader_phase phase;
    bool has_quorum; // of NEWLEADER acks: the epoch's transactions begin
    bool is_serving; // and the executor was told so
    const char *over;
    int64_t next_leader;
    int64_t now_ms;
    int64_t began_ms;
    int64_t phase_deadline_ms;

    // Discovery.
    int64_t epoch;                           // the new one
    int64_t summary_epoch, summary_zxid;     // what we had before
    struct quorum_set connected, comparable; // voters that told their epoch, their history
    struct quorums_set acked_newleader;

    // Broadcast.
    struct proposals proposals;
    int64_t reconfig_zxid;    // of the one in flight; 0: none
    int64_t activated_zxid;   // of the last one that came into force in this epoch; 0: none
    int64_t activated_leader; // whom it named
    int64_t applied_zxid;     // where our tree stands
    int64_t hosted_zxid;      // of a host: what observers were last fed up to
    bool is_log_broken;       // it did not hold what it should: learners get snapshots
    int64_t event_zxid;       // the transaction of this step's event lies in `event_txn`
    struct slice event_txn;

    // Confirming.
    uint64_t round_begun, round_confirmed, round_wanted;
    struct leader_syncs syncs;

    // Liveness.
    int64_t tick;
    bool is_half_tick; // the next pulse ends no tick
    int64_t pulse_at_ms;
    int64_t retire_at_ms;

    zab_link heir; // of the server that is to lead; 0: none is
    int64_t handover_until_ms;
    bool is_handed_over; // the heir has everything: the role ends with the next ZAB_EV_TIME

    struct leader_learner **learners; // in the order of their coming
    size_t learner_count, learner_cap;
};

// ---- leader.c ----

void leader_give_up(struct leader *l, const char *why);
int64_t leader_epoch_zxid(const struct leader *l); // where the new epoch begins
// A learner said which epoch it accepted; its stage is WAITING_EPOCH.
void leader_epoch_told(struct leader *l, struct leader_learner *t, int64_t accepted_epoch,
                       struct zab_effects *effects);
void leader_offer(struct leader *l, struct leader_learner *t, struct zab_effects *effects);
// A learner told its history in ACKEPOCH; its stage is WAITING_HISTORY.
void leader_history_told(struct leader *l, struct leader_learner *t, int64_t epoch,
                         struct zab_effects *effects);
void leader_newleader_acked(struct leader *l, struct leader_learner *t,
                            struct zab_effects *effects);

// ---- leader_sync.c ----

void leader_sync_begin(struct leader *l, struct leader_learner *t, struct zab_effects *effects);
void leader_sync_feed(struct leader *l, struct leader_learner *t, struct zab_effects *effects);
// Ours has moved on: perhaps it is what the learner waits for.
void leader_sync_tree_stands(struct leader *l, struct leader_learner *t,
                             struct zab_effects *effects);
void leader_sync_snap_begun(struct leader *l, struct leader_learner *t, int64_t zxid,
                            struct zab_effects *effects);
void leader_sync_snap_sent(struct leader *l, struct leader_learner *t, bool is_ok,
                           struct zab_effects *effects);
void leader_sync_log_read(struct leader *l, struct leader_learner *t, const struct zab_event *event,
                          struct zab_effects *effects);

// ---- leader_feed.c ----

// Send what the learner lacks, as its link has room.
void leader_feed(struct leader *l, struct leader_learner *t, struct zab_effects *effects);
void leader_feed_all(struct leader *l, struct zab_effects *effects);
// PROPOSAL and COMMIT, as a learner gets them before NEWLEADER.
void leader_feed_pair(struct leader_learner *t, int64_t zxid, struct slice txn,
                      struct zab_effects *effects);
// A transaction from the log, in the form of the learner's stage.
void leader_feed_record(struct leader *l, struct leader_learner *t, const struct zab_record *record,
                        struct zab_effects *effects);
void leader_feed_ask_log(struct leader *l, struct leader_learner *t, bool is_first,
                         struct zab_effects *effects);
// A transaction of history, in bytes that outlive it.
struct slice leader_feed_bytes(const struct leader *l, const struct recent_entry *e,
                               struct zab_effects *effects);

// ---- leader_commit.c ----

void leader_commit_begin(struct leader *l,
                         struct zab_effects *effects); // the leader begins to serve
void leader_commit_propose(struct leader *l, const struct zab_event *event,
                           struct zab_effects *effects);
// The configuration of `zxid`, which names `designated`, is in force.
void leader_commit_activated(struct leader *l, int64_t zxid, int64_t designated,
                             struct zab_effects *effects);
void leader_commit_acked(struct leader *l, int64_t sid, int64_t zxid, struct zab_effects *effects);

// ---- leader_confirm.c ----

void leader_confirm_local(struct leader *l, uint64_t token, struct zab_effects *effects);
void leader_confirm_forwarded(struct leader *l, struct leader_learner *t,
                              struct zab_effects *effects);
// Of a host: the leader has answered a sync of this observer.
void leader_confirm_relayed(struct leader *l, struct leader_learner *t,
                            struct zab_effects *effects);
void leader_confirm_pong(struct leader *l, struct leader_learner *t, struct zab_effects *effects);
void leader_confirm_ping(struct leader *l, struct leader_learner *t, struct zab_effects *effects);
// Something was committed, or sent to `t`.
void leader_confirm_answer_local(struct leader *l, struct zab_effects *effects);
void leader_confirm_answer(struct leader *l, struct leader_learner *t, struct zab_effects *effects);

// ---- leader_handover.c ----

void leader_handover_begin(struct leader *l, int64_t sid, struct zab_effects *effects);
// At the end of a step: is it time to go, or to go on?
void leader_handover_look(struct leader *l, struct zab_effects *effects);
void leader_handover_end(struct leader *l); // at a deadline
// This server cannot lead: who should, if nobody has more?
void leader_handover_failed(struct leader *l);

// ---- leader_pulse.c ----

void leader_pulse_begin(struct leader *l);
void leader_pulse(struct leader *l, struct zab_effects *effects); // when pulse_at_ms has come
void leader_pulse_sent(struct leader *l, struct leader_learner *t, int64_t zxid);
void leader_pulse_acked(struct leader_learner *t, int64_t zxid);

#endif
