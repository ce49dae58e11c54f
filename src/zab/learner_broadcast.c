// SPDX-License-Identifier: Apache-2.0
//
// Live traffic: a proposal goes to the log, is acknowledged when it is durable, and commits when
// the leader says so, in the order of proposals. An observer gets what is committed already.
// Source: Follower.processPacket, Observer.processPacket, FollowerZooKeeperServer; Zab phase 3.
#include <inttypes.h>

#include "zab/learner_priv.h"

void learner_append(struct learner *l, int64_t zxid, struct slice txn, struct zab_effects *effects)
{
    struct zab_effect *e = zab_effects_add(effects, ZAB_DO_APPEND);
    e->zxid = zxid;
    e->bytes = txn;
    recent_add(&l->core->history, zxid, txn);
    l->core->last_zxid = zxid;
    l->appended = zxid;
}

void learner_commit(struct learner *l, int64_t zxid, struct zab_effects *effects)
{
    recent_commit(&l->core->history, zxid);
    zab_effects_add(effects, ZAB_DO_COMMIT)->zxid = zxid;
}

// One acknowledgement for each proposal, as every leader expects; they have no holes between them.
void learner_acknowledge(struct learner *l, struct zab_effects *effects)
{
    while (l->ack_next != -1 && l->ack_next <= l->logged) {
        zab_effects_send(effects, l->link, ZAB_ACK, l->ack_next, slice_null());
        l->ack_next = l->ack_next == l->appended ? -1 : l->ack_next + 1;
    }
}

static bool take_transaction(struct learner *l, int64_t zxid, struct slice txn,
                             struct zab_effects *effects)
{
    if (!recent_is_next(l->core->last_zxid, zxid)) {
        zab_effects_note(effects, "0x%" PRIx64 " came behind 0x%" PRIx64, (uint64_t)zxid,
                         (uint64_t)l->core->last_zxid);
        learner_fail(l, "a hole in the leader's proposals", effects);
        return false;
    }
    if (!learner_see(l, zxid, txn, effects)) {
        return false;
    }
    learner_append(l, zxid, txn, effects);
    return true;
}

void learner_on_proposal(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    if (take_transaction(l, p->zxid, p->data, effects) && l->ack_next == -1) {
        l->ack_next = p->zxid;
    }
}

// The oldest proposal that is not committed; NULL when there is none.
static const struct recent_entry *head(const struct learner *l)
{
    return recent_after(&l->core->history, l->core->history.committed);
}

// What is committed must be what is next here. Source: FollowerZooKeeperServer.commit, which ends
// the process when it is another one: then the histories differ.
static bool is_next(struct learner *l, int64_t zxid, struct zab_effects *effects)
{
    const struct recent_entry *next = head(l);
    if (next == NULL) {
        zab_effects_note(effects, "0x%" PRIx64 " is committed and was never proposed",
                         (uint64_t)zxid);
        return false;
    }
    if (next->zxid != zxid) {
        zab_effects_note(effects, "0x%" PRIx64 " is committed and 0x%" PRIx64 " is next",
                         (uint64_t)zxid, (uint64_t)next->zxid);
        learner_exit(l, LEARNER_EXIT_UNMATCHED_COMMIT, "a commit out of order", effects);
        return false;
    }
    return true;
}

void learner_on_commit(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    if (is_next(l, p->zxid, effects)) {
        learner_commit(l, p->zxid, effects);
    }
}

static void activate_and_commit(struct learner *l, int64_t zxid, int64_t designated,
                                struct slice txn, struct zab_effects *effects)
{
    enum learner_change change = learner_activate_txn(l, txn, zxid, designated, effects);
    if (change != LEARNER_FAILED) {
        learner_commit(l, zxid, effects);
    }
    if (change == LEARNER_MOVES) {
        learner_fail(l, LEARNER_MOVED, effects);
    }
}

void learner_on_activate(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    if (p->data.len < 8) {
        learner_fail(l, "COMMITANDACTIVATE without a leader", effects);
    } else if (is_next(l, p->zxid, effects)) {
        activate_and_commit(l, p->zxid, (int64_t)be64_load(p->data.data), head(l)->txn, effects);
    }
}

void learner_on_inform(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    if (take_transaction(l, p->zxid, p->data, effects)) {
        learner_commit(l, p->zxid, effects);
    }
}

void learner_on_inform_activate(struct learner *l, const struct zab_packet *p,
                                struct zab_effects *effects)
{
    if (p->data.len < 8) {
        learner_fail(l, "INFORMANDACTIVATE without a leader", effects);
        return;
    }
    struct slice txn = slice_skip(p->data, 8);
    if (take_transaction(l, p->zxid, txn, effects)) {
        activate_and_commit(l, p->zxid, (int64_t)be64_load(p->data.data), txn, effects);
    }
}
