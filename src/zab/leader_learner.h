// SPDX-License-Identifier: Apache-2.0
//
// One learner, as its leader sees it: the stage of its course, what it was sent and acknowledged,
// and what it waits for. Only leader*.c includes this.
//
// The stages, and what moves it on:
//
//     NEW ─FOLLOWERINFO─► WAITING_EPOCH ─a quorum's epochs─► OFFERED ─ACKEPOCH─►
//     WAITING_HISTORY ─a quorum's histories─► SYNCING ─all is sent─► NEWLEADER_SENT ─ACK─►
//     ACKED ─a quorum's ACKs─► LIVE
//
// Invariants: (1) A link without room gets no proposal and no commit: what a learner lacks is in
// two cursors, not in a queue. (2) `committed <= sent`: no COMMIT before its PROPOSAL.
// (3) A learner that lies or is too slow becomes GONE, and is removed when the step ends.
#ifndef PADDOCK_ZAB_LEADER_LEARNER_H
#define PADDOCK_ZAB_LEADER_LEARNER_H

#include "zab/zab.h"

struct leader;

enum {
    LEADER_WINDOW_BYTES = 4 << 20,    // on a link, since it last had room: more waits
    LEADER_LINK_BYTES_MAX = 32 << 20, // with answers, which do not wait: who reads none is closed
    LEADER_SYNCS_MAX = 1 << 16,       // positions at which a learner's syncs wait
};

enum learner_stage {
    STAGE_NEW,
    STAGE_WAITING_EPOCH,
    STAGE_OFFERED,
    STAGE_WAITING_HISTORY,
    STAGE_SYNCING,
    STAGE_NEWLEADER_SENT,
    STAGE_ACKED,
    STAGE_LIVE,
    STAGE_GONE,
};

struct leader_sample { // a proposal that was sent, to see when it is acknowledged
    int64_t zxid;      // 0: none
    int64_t sent_ms;
};

struct leader_sync {
    uint64_t round;   // that is to be confirmed,
    int64_t position; // and this committed; or something behind it
    uint64_t value;   // a token; of a learner: how many they are
};
struct leader_syncs { // first in, first out; grows
    struct leader_sync *items;
    size_t first, count, cap;
};

struct leader_learner {
    zab_link link;
    enum learner_stage stage;
    bool is_observer;
    int64_t sid;
    int64_t last_zxid;     // of ACKEPOCH
    int64_t heard_ms;      // of its last packet, or what else shows that it goes on
    int64_t deadline_tick; // until then it counts as synced

    // Bringing up to date.
    bool is_choosing; // the log is asked what is around its last zxid
    bool is_snap;
    int64_t snap_min;     // an older tree would take from it what others count on
    bool is_streaming;    // nothing may be sent before the tree has been
    bool is_waiting_tree; // ours is not there yet
    bool is_reading_log;  // an answer is outstanding
    int64_t log_end;      // up to where it was asked for
    int64_t target;       // NEWLEADER follows this one

    // What it was sent and acknowledged.
    size_t queued_bytes; // since the link last had room
    int64_t sent;        // newest PROPOSAL or INFORM
    int64_t committed;   // newest COMMIT or INFORM
    int64_t acked;
    struct leader_sample oldest, newest;

    // Confirming.
    uint64_t pings, pongs;
    uint64_t pongs_needed; // so many show that it answered in the round
    struct leader_syncs syncs;
};

// ---- coming and going ----

void leader_learner_arrive(struct leader *l, zab_link link, struct zab_effects *effects);
void leader_learner_free(struct leader_learner *t);
struct leader_learner *leader_learner_find(const struct leader *l, zab_link link);
void leader_learner_drop(struct leader_learner *t, struct zab_effects *effects, const char *why);
void leader_learner_lost(struct leader_learner *t, struct zab_effects *effects);
void leader_learner_remove_gone(struct leader *l);

// ---- packets ----

void leader_learner_packet(struct leader *l, struct leader_learner *t, const struct zab_packet *p,
                           struct zab_effects *effects);
// `data` is borrowed until the effects are cleared.
void leader_learner_send(struct leader_learner *t, int32_t type, int64_t zxid, struct slice data,
                         struct zab_effects *effects);
// Nothing up to `zxid` remains to be sent.
void leader_learner_has_all(struct leader_learner *t, int64_t zxid);
bool leader_learner_has_room(const struct leader_learner *t);

// ---- asking ----

// In a quorum of now: of the configuration in force, or of a newer one.
bool leader_learner_is_voter(const struct leader *l, const struct leader_learner *t);
bool leader_learner_is_synced(const struct leader *l, const struct leader_learner *t);

#endif
