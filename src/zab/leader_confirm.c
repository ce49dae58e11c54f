// SPDX-License-Identifier: Apache-2.0
//
// Confirming: a `sync` is answered when everything proposed before it is committed, and a quorum
// has answered a PING that left after the sync came. A leader that was replaced without knowing it
// finds no quorum for the second, so its clients get no old data where they asked for new.
//
//     round_confirmed  round_begun  (round_begun + 1: begins when this one is confirmed)
//            └── pings are out ──┘
//
// Pings go out in rounds, one at a time; a sync that comes while one is out waits for the next.
// Answers are matched by counting: a link is FIFO, so the n-th answer belongs to the n-th PING.
//
// Differs: Java confirms nothing; a sync waits for proposals only (Leader.processSync).
#include "zab/leader_priv.h"

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

// ---- our own clients' ----

static void push_local(struct leader *l, struct leader_local_sync sync)
{
    if (l->sync_first + l->sync_count == l->sync_cap) {
        if (l->sync_first > l->sync_cap / 2) { // more than half is free in front
            for (size_t i = 0; i < l->sync_count; i++) {
                l->syncs[i] = l->syncs[l->sync_first + i];
            }
            l->sync_first = 0;
        } else {
            l->sync_cap = l->sync_cap == 0 ? 16 : 2 * l->sync_cap;
            l->syncs = mem_realloc(l->syncs, l->sync_cap * sizeof(l->syncs[0]));
        }
    }
    l->syncs[l->sync_first + l->sync_count++] = sync;
}

void leader_confirm_local(struct leader *l, uint64_t token, struct zab_effects *effects)
{
    uint64_t round = want_round(l, effects);
    push_local(l, (struct leader_local_sync){
                      .token = token, .round = round, .position = l->core->last_zxid});
    turn(l, effects);
    answer_all(l, effects);
}

// A leader that retires has been replaced by those who follow its last configuration.
static bool is_due(const struct leader *l, uint64_t round, int64_t position)
{
    return l->phase == LEADER_SERVING && round <= l->round_confirmed &&
           position <= l->core->history.committed;
}

void leader_confirm_answer_local(struct leader *l, struct zab_effects *effects)
{
    while (l->sync_count > 0 &&
           is_due(l, l->syncs[l->sync_first].round, l->syncs[l->sync_first].position)) {
        zab_effects_add(effects, ZAB_DO_SYNCED)->token = l->syncs[l->sync_first].token;
        l->sync_first++;
        l->sync_count--;
    }
    if (l->sync_count == 0) {
        l->sync_first = 0;
    }
}

// ---- those of a learner's clients ----

// Those that wait for the same are a group; when groups run out, the last one takes the new sync
// in and waits for what that one waits for.
void leader_confirm_forwarded(struct leader *l, struct leader_learner *t,
                              struct zab_effects *effects)
{
    struct leader_syncs sync = {
        .round = want_round(l, effects), .position = l->core->last_zxid, .count = 1};
    struct leader_syncs *last = t->sync_count > 0 ? &t->syncs[t->sync_count - 1] : NULL;
    bool is_same = last != NULL && last->round == sync.round && last->position == sync.position;
    if (is_same || t->sync_count == LEADER_SYNCS_MAX) {
        sync.count += last->count;
        *last = sync;
    } else {
        t->syncs[t->sync_count++] = sync;
    }
    turn(l, effects);
    answer_all(l, effects);
}

static void drop_first_group(struct leader_learner *t)
{
    t->sync_count--;
    for (size_t i = 0; i < t->sync_count; i++) {
        t->syncs[i] = t->syncs[i + 1];
    }
}

// SYNC follows the COMMIT of what it waited for on the same link.
void leader_confirm_answer(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    while (t->stage == STAGE_LIVE && t->sync_count > 0 &&
           is_due(l, t->syncs[0].round, t->syncs[0].position) &&
           t->committed >= t->syncs[0].position) {
        for (uint32_t i = 0; i < t->syncs[0].count; i++) {
            leader_learner_send(t, ZAB_SYNC, 0, slice_null(), effects);
        }
        drop_first_group(t);
        if (t->queued_bytes > LEADER_LINK_BYTES_MAX) {
            leader_learner_drop(t, effects, "it does not read the answers to its syncs");
        }
    }
}
