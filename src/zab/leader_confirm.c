// SPDX-License-Identifier: Apache-2.0
//
// Confirming: a `sync` is answered when everything proposed before it is committed, and a quorum
// has shown that it follows us, by an answer to something that left after the sync came. A leader
// that was replaced without knowing it finds no quorum for the second, so its clients get no old
// data where they asked for new.
//
// What shows it is a commit of something proposed later; or else a round of pings, one at a time:
//
//     round_confirmed  round_begun  (round_begun + 1: begins when this one is confirmed)
//            └── pings are out ──┘
//
// Answers are matched by counting: a link is FIFO, so the n-th answer belongs to the n-th PING.
//
// On a link, SYNC goes out behind the COMMIT of everything proposed before the sync came, and
// before the COMMIT of anything later: a Java learner finds its own writes and syncs in that order
// only. Differs: Java confirms nothing (Leader.processSync).
#include "zab/leader_priv.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

// ---- rounds ----

void leader_confirm_ping(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    ASSERT(t->stage == STAGE_LIVE);
    leader_learner_send(t, ZAB_PING, l->core->last_zxid, slice_null(), effects);
    t->pings++;
}

static void begin_round(struct leader *l, struct zab_effects *effects)
{
    l->round_begun++;
    for (size_t i = 0; i < l->learner_count; i++) {
        struct leader_learner *t = l->learners[i];
        t->pongs_needed = t->pings + 1;
        if (t->stage == STAGE_LIVE && leader_learner_is_voter(l, t)) {
            leader_confirm_ping(l, t, effects);
        }
    }
}

static bool is_round_answered(const struct leader *l)
{
    struct quorums_set set = {0};
    quorums_add(&l->core->quorums, &set, l->core->options.sid);
    for (size_t i = 0; i < l->learner_count; i++) {
        const struct leader_learner *t = l->learners[i];
        if (t->stage == STAGE_LIVE && !t->is_observer && t->pongs >= t->pongs_needed) {
            quorums_add(&l->core->quorums, &set, t->sid);
        }
    }
    return quorums_is_reached(&l->core->quorums, set);
}

// Confirm what can be, begin what is wanted. A leader that is a quorum by itself goes through at
// once.
static void turn(struct leader *l, struct zab_effects *effects)
{
    while (l->round_confirmed < l->round_begun && is_round_answered(l)) {
        l->round_confirmed = l->round_begun;
        if (l->round_wanted > l->round_begun) {
            begin_round(l, effects);
        }
    }
}

static void answer_all(struct leader *l, struct zab_effects *effects)
{
    leader_confirm_answer_local(l, effects);
    for (size_t i = 0; i < l->learner_count; i++) {
        leader_confirm_answer(l, l->learners[i], effects);
    }
}

// The round that shows what somebody wants to know now.
static uint64_t want_round(struct leader *l, struct zab_effects *effects)
{
    l->round_wanted = l->round_begun + 1;
    if (l->round_confirmed == l->round_begun) {
        begin_round(l, effects);
    }
    return l->round_wanted;
}

void leader_confirm_pong(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    if (t->pongs == t->pings) {
        leader_learner_drop(t, effects, "it answers a PING that it was not sent");
        return;
    }
    t->pongs++;
    if (l->round_confirmed < l->round_begun) {
        turn(l, effects);
        answer_all(l, effects);
    }
}

// ---- those that wait: first in, first out ----

static void push(struct leader_syncs *q, struct leader_sync sync)
{
    if (q->first + q->count == q->cap) {
        if (q->first > q->cap / 2) { // more than half is free in front
            memmove(q->items, q->items + q->first, q->count * sizeof(q->items[0]));
            q->first = 0;
        } else {
            q->cap = q->cap == 0 ? 16 : 2 * q->cap;
            q->items = mem_realloc(q->items, q->cap * sizeof(q->items[0]));
        }
    }
    q->items[q->first + q->count++] = sync;
}

static void pop(struct leader_syncs *q)
{
    q->count--;
    q->first = q->count == 0 ? 0 : q->first + 1;
}

static bool is_due(const struct leader *l, const struct leader_sync *sync)
{
    int64_t committed = l->core->history.committed;
    return sync->position < committed ||
           (sync->position == committed && sync->round <= l->round_confirmed);
}

// ---- our own clients' ----

void leader_confirm_local(struct leader *l, uint64_t token, struct zab_effects *effects)
{
    uint64_t round = want_round(l, effects);
    push(&l->syncs, (struct leader_sync){round, l->core->last_zxid, token});
    turn(l, effects);
    answer_all(l, effects);
}

void leader_confirm_answer_local(struct leader *l, struct zab_effects *effects)
{
    struct leader_syncs *q = &l->syncs;
    while (q->count > 0 && is_due(l, &q->items[q->first])) {
        zab_effects_add(effects, ZAB_DO_SYNCED)->token = q->items[q->first].value;
        pop(q);
    }
}

// ---- those of a learner's clients ----

// Those with one position are one item, that counts them.
static bool join_last(struct leader_syncs *q, uint64_t round, int64_t position)
{
    struct leader_sync *last = q->count > 0 ? &q->items[q->first + q->count - 1] : NULL;
    if (last == NULL || last->position != position) {
        return false;
    }
    last->round = round;
    last->value++;
    return true;
}

void leader_confirm_forwarded(struct leader *l, struct leader_learner *t,
                              struct zab_effects *effects)
{
    uint64_t round = want_round(l, effects);
    int64_t position = l->core->last_zxid;
    if (!join_last(&t->syncs, round, position)) {
        if (t->syncs.count >= LEADER_SYNCS_MAX) {
            leader_learner_drop(t, effects, "too many syncs of it wait");
            return;
        }
        push(&t->syncs, (struct leader_sync){round, position, 1});
    }
    turn(l, effects);
    answer_all(l, effects);
}

// It is confirmed by the leader, and goes out behind what the leader had committed before it.
void leader_confirm_relayed(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    int64_t position = l->core->history.committed;
    if (!join_last(&t->syncs, 0, position)) {
        if (t->syncs.count >= LEADER_SYNCS_MAX) {
            leader_learner_drop(t, effects, "too many syncs of it wait");
            return;
        }
        push(&t->syncs, (struct leader_sync){0, position, 1});
    }
    leader_confirm_answer(l, t, effects);
}

void leader_confirm_answer(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    struct leader_syncs *q = &t->syncs;
    while (t->stage == STAGE_LIVE && q->count > 0 && is_due(l, &q->items[q->first]) &&
           t->committed >= q->items[q->first].position) {
        for (uint64_t i = 0; i < q->items[q->first].value; i++) {
            leader_learner_send(t, ZAB_SYNC, 0, slice_null(), effects);
        }
        pop(q);
        if (t->queued_bytes > LEADER_LINK_BYTES_MAX) {
            leader_learner_drop(t, effects, "it does not read the answers to its syncs");
        }
    }
}
