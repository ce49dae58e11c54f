// SPDX-License-Identifier: Apache-2.0
//
// What goes out in broadcast. Two cursors per learner, `sent` and `committed`, run behind the
// leader's own; a link with room moves them on, one packet at a time, and a learner that was slow
// for a while is served from where it stopped: from memory, or from the log when memory has let go.
//
//     committed ≤ sent        a follower:  COMMIT up to min(sent, what is committed), else PROPOSAL
//     committed = sent        an observer: INFORM up to what is committed
//
// Source: Leader.propose, Leader.commit, Leader.inform.
#include "zab/leader_priv.h"

#include "base/assert.h"

enum {
    TXN_TYPE_AT = 28, // session, cxid, zxid, time before it
    LEADER_ID_BYTES = 8,
};

struct slice leader_feed_bytes(const struct leader *l, const struct recent_entry *e,
                               struct zab_effects *effects)
{
    return e->zxid == l->event_zxid ? l->event_txn : zab_effects_copy(effects, e->txn);
}

// Within an epoch zxids are consecutive, and what is in flight is of this epoch.
static int64_t next_zxid(const struct leader *l, int64_t zxid)
{
    int64_t begin = leader_epoch_zxid(l);
    return (zxid < begin ? begin : zxid) + 1;
}

// The id that COMMITANDACTIVATE and INFORMANDACTIVATE carry, and behind it `txn`.
static struct slice named_leader(const struct leader *l, struct slice txn,
                                 struct zab_effects *effects)
{
    struct buf data = {0};
    buf_put_i64(&data, l->activated_leader);
    buf_append_slice(&data, txn);
    struct slice copy = zab_effects_copy(effects, buf_slice(&data));
    buf_fini(&data);
    return copy;
}

static bool is_activation(const struct leader *l, int64_t zxid)
{
    return l->activated_zxid != 0 && zxid == l->activated_zxid;
}

static void send_commit(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    leader_confirm_answer(l, t, effects); // what came before this was proposed
    t->committed = next_zxid(l, t->committed);
    if (is_activation(l, t->committed)) {
        leader_learner_send(t, ZAB_COMMITANDACTIVATE, t->committed,
                            named_leader(l, slice_null(), effects), effects);
    } else {
        leader_learner_send(t, ZAB_COMMIT, t->committed, slice_null(), effects);
    }
}

static void send_inform(struct leader *l, struct leader_learner *t, int64_t zxid, struct slice txn,
                        struct zab_effects *effects)
{
    leader_confirm_answer(l, t, effects);
    if (is_activation(l, zxid)) {
        leader_learner_send(t, ZAB_INFORMANDACTIVATE, zxid, named_leader(l, txn, effects), effects);
    } else {
        leader_learner_send(t, ZAB_INFORM, zxid, txn, effects);
    }
    t->sent = zxid;
    t->committed = zxid;
}

static void send_proposal(struct leader *l, struct leader_learner *t, int64_t zxid,
                          struct slice txn, struct zab_effects *effects)
{
    leader_learner_send(t, ZAB_PROPOSAL, zxid, txn, effects);
    t->sent = zxid;
    leader_pulse_sent(l, t, zxid);
}

void leader_feed_pair(struct leader_learner *t, int64_t zxid, struct slice txn,
                      struct zab_effects *effects)
{
    leader_learner_send(t, ZAB_PROPOSAL, zxid, txn, effects);
    leader_learner_send(t, ZAB_COMMIT, zxid, slice_null(), effects);
    t->sent = zxid;
    t->committed = zxid;
}

static bool owes_commit(const struct leader *l, const struct leader_learner *t)
{
    return t->committed < t->sent && next_zxid(l, t->committed) <= l->core->history.committed;
}

void leader_feed_record(struct leader *l, struct leader_learner *t, const struct zab_record *record,
                        struct zab_effects *effects)
{
    if (t->stage == STAGE_SYNCING) {
        leader_feed_pair(t, record->zxid, record->txn, effects);
    } else if (t->is_observer) {
        send_inform(l, t, record->zxid, record->txn, effects);
    } else {
        send_proposal(l, t, record->zxid, record->txn, effects);
        while (owes_commit(l, t)) {
            send_commit(l, t, effects);
        }
    }
}

void leader_feed_ask_log(struct leader *l, struct leader_learner *t, bool is_first,
                         struct zab_effects *effects)
{
    ASSERT(!t->is_reading_log);
    struct zab_effect *e = zab_effects_add(effects, ZAB_DO_READ_LOG);
    e->link = t->link;
    e->zxid = is_first ? t->last_zxid : t->sent;
    e->zxid_end = l->core->history.floor;
    e->is_first = is_first;
    t->is_reading_log = true;
    t->log_end = e->zxid_end;
}

// One packet; false when there is nothing to send now.
static bool feed_one(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    const struct recent *h = &l->core->history;
    if (owes_commit(l, t)) {
        send_commit(l, t, effects);
        return true;
    }
    if (t->sent < h->floor) {
        leader_feed_ask_log(l, t, false, effects);
        return false;
    }
    const struct recent_entry *e = recent_after(h, t->sent);
    if (e == NULL || (t->is_observer && e->zxid > h->committed)) {
        return false;
    }
    if (t->is_observer) {
        send_inform(l, t, e->zxid, leader_feed_bytes(l, e, effects), effects);
    } else {
        send_proposal(l, t, e->zxid, leader_feed_bytes(l, e, effects), effects);
    }
    return true;
}

void leader_feed(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    if (t->stage == STAGE_SYNCING) {
        leader_sync_feed(l, t, effects);
    }
    if (t->stage < STAGE_NEWLEADER_SENT || t->stage == STAGE_GONE) {
        return;
    }
    while (!t->is_reading_log && leader_learner_has_room(t) && feed_one(l, t, effects)) {
    }
    ASSERT(t->committed <= t->sent);
    leader_confirm_answer(l, t, effects);
}

void leader_feed_all(struct leader *l, struct zab_effects *effects)
{
    for (size_t i = 0; i < l->learner_count; i++) {
        leader_feed(l, l->learners[i], effects);
    }
}
