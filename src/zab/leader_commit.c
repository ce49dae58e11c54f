// SPDX-License-Identifier: Apache-2.0
//
// Proposals become commits. A transaction commits when every quorum it needs has made it durable
// and everything before it has committed; a reconfiguration that commits puts its configuration
// in force, and perhaps another leader in our place.
//
// Source: Leader.propose, processAck, tryToCommit, getDesignatedLeader, startZkServer; Zab (DSN'11)
// phase 3; Shraer, Reed, Malkhi, Junqueira: Dynamic Reconfiguration (ATC'12).
#include "zab/leader_priv.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"

// ---- who leads under a new configuration ----

static bool is_same_quorum_address(const struct config_member *a, const struct config_member *b)
{
    if (a->address_count != b->address_count) {
        return false;
    }
    for (size_t i = 0; i < a->address_count; i++) {
        if (strcmp(a->addresses[i].host, b->addresses[i].host) != 0 ||
            a->addresses[i].quorum_port != b->addresses[i].quorum_port) {
            return false;
        }
    }
    return true;
}

static bool is_participant_of(const struct config_servers *config, int64_t sid)
{
    const struct config_member *m = config_servers_find(config, sid);
    return m != NULL && m->role == CONFIG_PARTICIPANT;
}

static bool may_stay_leader(const struct zab_core *core)
{
    const struct config_member *now = config_servers_find(&core->committed, core->options.sid);
    const struct config_member *then = config_servers_find(&core->seen, core->options.sid);
    return now != NULL && then != NULL && then->role == CONFIG_PARTICIPANT &&
           is_same_quorum_address(now, then);
}

// This server, when it votes in the last seen configuration at the same address. Else who of that
// one's voters has acknowledged `zxid` and most behind it; -1 when nobody is left to ask.
static int64_t designated_leader(const struct leader *l, int64_t zxid)
{
    const struct leader_learner *best = NULL;
    if (may_stay_leader(l->core)) {
        return l->core->options.sid;
    }
    for (size_t i = 0; i < l->learner_count; i++) {
        const struct leader_learner *t = l->learners[i];
        bool has_acked = t->stage == STAGE_LIVE || t->stage == STAGE_ACKED;
        if (t->is_observer || !has_acked || t->acked < zxid ||
            !is_participant_of(&l->core->seen, t->sid)) {
            continue;
        }
        if (best == NULL || t->acked > best->acked ||
            (t->acked == best->acked && t->sid < best->sid)) {
            best = t;
        }
    }
    return best != NULL ? best->sid : -1;
}

static void retire(struct leader *l, int64_t next, struct zab_effects *effects)
{
    zab_effects_note(effects, "the configuration in force names server %" PRId64 " as leader",
                     next);
    l->phase = LEADER_RETIRING;
    l->next_leader = next;
    l->retire_at_ms = l->now_ms + LEADER_RETIRE_TICKS * l->core->options.tick_ms;
}

// Who has not been told of the configuration before this one would be told the wrong leader.
static void drop_who_lags_behind_activation(struct leader *l, struct zab_effects *effects)
{
    for (size_t i = 0; i < l->learner_count; i++) {
        struct leader_learner *t = l->learners[i];
        if (l->activated_zxid != 0 && t->stage >= STAGE_NEWLEADER_SENT &&
            t->committed < l->activated_zxid) {
            leader_learner_drop(t, effects, "two configurations came into force without it");
        }
    }
}

void leader_commit_activated(struct leader *l, int64_t zxid, int64_t designated,
                             struct zab_effects *effects)
{
    drop_who_lags_behind_activation(l, effects);
    l->activated_zxid = zxid;
    l->activated_leader = designated;
}

// The last seen configuration comes into force. Source: QuorumPeer.processReconfig.
static void activate(struct leader *l, int64_t designated, struct zab_effects *effects)
{
    struct zab_core *core = l->core;
    struct buf text = {0};
    core_print_config(&core->seen, &text);
    ASSERT(core_activate_config(core, buf_slice(&text)) == ERR_OK);
    zab_effects_add(effects, ZAB_DO_ACTIVATE_CONFIG)->config =
        zab_effects_copy(effects, buf_slice(&text));
    buf_fini(&text);
    proposals_settle(&l->proposals, &core->quorums);
    if (designated != core->options.sid) {
        retire(l, designated, effects);
    }
}

// ---- committing ----

static void commit_to(struct leader *l, int64_t zxid, struct zab_effects *effects)
{
    recent_commit(&l->core->history, zxid);
    leader_feed_all(l, effects);
    zab_effects_add(effects, ZAB_DO_COMMIT)->zxid = zxid;
    leader_confirm_answer_local(l, effects);
}

// Commit up to `zxid`, which does not pass the reconfiguration in flight; and that one.
static void commit_up_to(struct leader *l, int64_t zxid, struct zab_effects *effects)
{
    while (zxid > l->core->history.committed && l->phase == LEADER_SERVING) {
        if (zxid != l->reconfig_zxid) {
            commit_to(l, zxid, effects);
            return;
        }
        int64_t designated = designated_leader(l, zxid);
        if (zxid - 1 > l->core->history.committed) {
            commit_to(l, zxid - 1, effects);
        }
        activate(l, designated, effects);
        leader_commit_activated(l, zxid, designated, effects);
        l->reconfig_zxid = 0;
        commit_to(l, zxid, effects);
        if (l->phase == LEADER_SERVING) {
            zxid = proposals_hold(&l->proposals, INT64_MAX);
        }
    }
}

void leader_commit_acked(struct leader *l, int64_t sid, int64_t zxid, struct zab_effects *effects)
{
    if (l->phase != LEADER_SERVING || zxid <= l->core->history.committed) {
        return;
    }
    commit_up_to(l, proposals_ack(&l->proposals, sid, zxid), effects);
}

// ---- proposing ----

// Source: Leader.propose: the reconfiguration itself needs the new quorum, too.
static void see_config(struct leader *l, const struct zab_event *event, struct zab_effects *effects)
{
    if (slice_is_null(event->config)) {
        return;
    }
    ASSERT(l->reconfig_zxid == 0); // one at a time: the write path refuses a second
    ASSERT(core_see_config(l->core, event->config) == ERR_OK);
    zab_effects_add(effects, ZAB_DO_SEE_CONFIG)->config = event->config;
    proposals_require(&l->proposals, &l->core->quorums);
}

void leader_commit_propose(struct leader *l, const struct zab_event *event,
                           struct zab_effects *effects)
{
    struct zab_core *core = l->core;
    ASSERT(l->is_serving);
    ASSERT(event->zxid == core->last_zxid + 1);
    ASSERT((uint32_t)event->zxid != UINT32_MAX);
    if (l->phase == LEADER_SERVING) {
        see_config(l, event, effects);
    }
    recent_add(&core->history, event->zxid, event->bytes);
    core->last_zxid = event->zxid;
    proposals_add(&l->proposals, event->zxid);
    if (l->phase == LEADER_SERVING && !slice_is_null(event->config)) {
        l->reconfig_zxid = event->zxid;
        (void)proposals_hold(&l->proposals, event->zxid);
    }
    l->event_zxid = event->zxid;
    l->event_txn = event->bytes;
    leader_feed_all(l, effects);
    l->event_zxid = 0;
}

// ---- the beginning ----

void leader_commit_begin(struct leader *l, struct zab_effects *effects)
{
    struct zab_core *core = l->core;
    int64_t begin = leader_epoch_zxid(l);
    int64_t designated = designated_leader(l, 0);
    recent_begin_epoch(&core->history, begin);
    core->last_zxid = begin;
    proposals_init(&l->proposals, &core->quorums.of[0], begin);
    proposals_require(&l->proposals, &core->quorums);
    for (size_t i = 0; i < l->learner_count; i++) {
        if (l->learners[i]->stage >= STAGE_NEWLEADER_SENT) {
            leader_learner_has_all(l->learners[i], begin);
        }
    }
    l->phase = LEADER_SERVING;
    if (core->options.reconfig_enabled && core->seen.version > core->committed.version) {
        activate(l, designated, effects);
    }
}
