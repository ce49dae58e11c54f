// SPDX-License-Identifier: Apache-2.0
//
// What a member knows across its roles; only files of zab/ include this. The machine that is active
// changes it, the next one goes on from it.
//
// Invariants: (1) epochs never go back; they are set here when EPOCH_SAVED has come, not before.
// (2) `last_zxid` is the end of our history: everything appended or proposed, durable or on the way
// to the log. (3) `seen` is never older than `committed`.
#ifndef PADDOCK_ZAB_CORE_H
#define PADDOCK_ZAB_CORE_H

#include "base/prng.h"
#include "zab/recent.h"
#include "zab/vote.h"
#include "zab/zab.h"

enum { CORE_CLAIMS = 64 };

// The epoch that a voter's data is of, as it said when it looked for a leader last.
struct core_claim {
    bool is_known;
    int64_t sid, epoch;
};

struct zab_core {
    struct zab_options options;
    enum zab_role role;
    int64_t accepted_epoch, current_epoch;
    int64_t told_epoch; // the highest one that a voter says it has accepted; we lead only above it
    struct core_claim claims[CORE_CLAIMS]; // by the voter's id; a place may be another one's
    int64_t last_zxid;
    struct vote vote;      // the current one; what notifications say while not looking
    struct vote favourite; // whom a leader that went votes for in its next round, once
    bool has_favourite;
    struct config_servers committed, seen;
    struct quorums quorums; // of committed, and of seen while that is newer
    struct recent history;
    struct prng prng;
    zab_link next_link; // links that we dial count from here; ZAB_LINK_DIALLED is set in them
};

// A zxid is an epoch and a counter; the counter of an epoch's first transaction is 1.
static inline int64_t zab_epoch_of(int64_t zxid)
{
    return zxid >> 32;
}
static inline int64_t zab_epoch_start(int64_t epoch)
{
    return (int64_t)((uint64_t)epoch << 32);
}

// Links that zab/ itself names have this bit, so they never meet those of the executor's listener.
#define ZAB_LINK_DIALLED (UINT64_C(1) << 63)

// Memory: copies options and configurations; `seen` may be NULL. The configurations are checked
// ones. What the log held comes by recent_add and recent_commit.
void core_init(struct zab_core *core, const struct zab_options *options,
               const struct zab_recovered *recovered, const struct config_servers *committed,
               const struct config_servers *seen);
void core_fini(struct zab_core *core);

// ZAB_EV_EPOCH_SAVED has come.
void core_set_accepted_epoch(struct zab_core *core, int64_t epoch);
void core_set_current_epoch(struct zab_core *core, int64_t epoch);

// False: it said nothing so far, or what it said was forgotten for another's.
void core_hear_claim(struct zab_core *core, int64_t sid, int64_t epoch);
bool core_find_claim(const struct zab_core *core, int64_t sid, int64_t *ret_epoch);

// Take over a configuration: one that was proposed, or the one in force. Keeps `quorums` right.
// Does nothing when reconfiguration is not enabled, and for a version that is not newer than the
// one known; who has to tell the executor compares the versions before and after. Memory: copies.
// Errors: ERR_INVALID, ERR_LIMIT for a text that is none; nothing is changed then.
enum err core_see_config(struct zab_core *core, struct slice text) MUST_CHECK;
// The last seen one as a new leader knows it: what is newer here was given up.
enum err core_follow_seen_config(struct zab_core *core, struct slice text) MUST_CHECK;
enum err core_activate_config(struct zab_core *core, struct slice text) MUST_CHECK;
void core_print_config(const struct config_servers *config, struct buf *to);

#endif
