// SPDX-License-Identifier: Apache-2.0
//
// Taking over the leader's history. It comes as what to do with our own (keep, cut, replace), then
// as proposals, most of them with their commits. What is committed goes to the log as it comes, so
// a long difference needs no memory; what is not waits in memory until the leader has its quorum:
//
//     proposal ──► waiting ──commit before NEWLEADER──────────► log, applied; not acknowledged
//                     └──────UPTODATE──► log, acknowledged ───► applied, those with a commit at
//                     once
//
// NEWLEADER is acknowledged when all that was appended is durable and currentEpoch is saved.
// Source: Learner.syncWithLeader of 3.9.3 and later; differs: committed ones are not kept until
// NEWLEADER, and a hole is noticed when it comes. Zab phase 2.
#include <inttypes.h>

#include "base/assert.h"
#include "base/mem.h"
#include "zab/learner_priv.h"

// ---- what to do with our own history ----

void learner_on_diff(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    zab_effects_note(effects, "the leader's history differs up to 0x%" PRIx64, (uint64_t)p->zxid);
    learner_expect(l, LEARNER_SYNCING, l->core->options.init_limit);
}

void learner_on_trunc(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    if (p->zxid > l->core->last_zxid) {
        learner_fail(l, "TRUNC behind the end of the log", effects);
        return;
    }
    zab_effects_note(effects, "cutting our history back to the leader's 0x%" PRIx64,
                     (uint64_t)p->zxid);
    learner_move(l, LEARNER_REBUILDING);
    zab_effects_add(effects, ZAB_DO_TRUNCATE)->zxid = p->zxid;
}

void learner_on_snap(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    zab_effects_note(effects, "taking over the leader's snapshot of 0x%" PRIx64, (uint64_t)p->zxid);
    learner_move(l, LEARNER_REBUILDING);
    struct zab_effect *e = zab_effects_add(effects, ZAB_DO_LOAD_SNAP);
    e->link = l->link;
    e->zxid = p->zxid;
}

void learner_rebuilt(struct learner *l, const struct zab_event *e, struct zab_effects *effects)
{
    ASSERT(l->stage == LEARNER_REBUILDING);
    bool is_snap = e->type == ZAB_EV_SNAP_LOADED;
    if (!e->is_ok && is_snap) {
        learner_fail(l, "the leader's snapshot could not be taken over", effects);
        return;
    }
    if (!e->is_ok) {
        learner_exit(l, LEARNER_EXIT_NO_SYNC, "the log could not be cut where the leader's ends",
                     effects);
        return;
    }
    l->core->last_zxid = e->zxid;
    if (is_snap) {
        l->snap_zxid = e->zxid;
        recent_reset(&l->core->history, e->zxid);
    } else {
        recent_truncate(&l->core->history, e->zxid);
    }
    learner_expect(l, LEARNER_SYNCING, l->core->options.init_limit);
}

// ---- proposals that wait ----

static struct learner_proposal *waiting(const struct learner *l, size_t at)
{
    return &l->waiting[l->waiting_first + at];
}

void learner_drop_waiting(struct learner *l)
{
    for (size_t i = 0; i < l->waiting_count; i++) {
        mem_free((void *)(uintptr_t)waiting(l, i)->txn.data);
    }
    l->waiting_first = 0;
    l->waiting_count = 0;
    l->waiting_bytes = 0;
    l->waiting_committed = 0;
}

// Room at the end: the taken ones at the start make it, as long as they are half of the array.
static void make_room(struct learner *l)
{
    if (l->waiting_first + l->waiting_count < l->waiting_cap) {
        return;
    }
    if (l->waiting_first == 0 || l->waiting_first < l->waiting_count) {
        l->waiting_cap = l->waiting_cap == 0 ? 16 : l->waiting_cap * 2;
        l->waiting = mem_realloc(l->waiting, l->waiting_cap * sizeof(l->waiting[0]));
        return;
    }
    memmove(l->waiting, waiting(l, 0), l->waiting_count * sizeof(l->waiting[0]));
    l->waiting_first = 0;
}

static void push(struct learner *l, int64_t zxid, struct slice txn)
{
    make_room(l);
    uint8_t *copy = mem_alloc(txn.len);
    memcpy(copy, txn.data, txn.len);
    *waiting(l, l->waiting_count++) =
        (struct learner_proposal){.zxid = zxid, .txn = slice_of(copy, txn.len)};
    l->waiting_bytes += txn.len;
}

// The first one goes to the log.
static void append_first(struct learner *l, struct zab_effects *effects)
{
    struct learner_proposal *p = waiting(l, 0);
    learner_append(l, p->zxid, zab_effects_copy(effects, p->txn), effects);
    l->waiting_bytes -= p->txn.len;
    mem_free((void *)(uintptr_t)p->txn.data);
    l->waiting_count--;
    l->waiting_first = l->waiting_count == 0 ? 0 : l->waiting_first + 1;
}

static int64_t newest(const struct learner *l)
{
    return l->waiting_count > 0 ? waiting(l, l->waiting_count - 1)->zxid : l->core->last_zxid;
}

// A snapshot is not of one moment: it may hold what the leader sends behind it.
static bool is_in_snapshot(const struct learner *l, int64_t zxid)
{
    return zxid <= l->snap_zxid;
}

static bool take_proposal(struct learner *l, int64_t zxid, struct slice txn,
                          struct zab_effects *effects)
{
    if (!recent_is_next(newest(l), zxid)) {
        zab_effects_note(effects, "0x%" PRIx64 " came behind 0x%" PRIx64, (uint64_t)zxid,
                         (uint64_t)newest(l));
        learner_fail(l, "a hole in the leader's history", effects);
        return false;
    }
    if (l->waiting_bytes + txn.len > LEARNER_WAITING_BYTES_MAX) {
        learner_fail(l, "too many proposals while synchronising", effects);
        return false;
    }
    if (!learner_see(l, zxid, txn, effects)) {
        return false;
    }
    push(l, zxid, txn);
    return true;
}

void learner_on_early_proposal(struct learner *l, const struct zab_packet *p,
                               struct zab_effects *effects)
{
    if (!is_in_snapshot(l, p->zxid)) {
        (void)take_proposal(l, p->zxid, p->data, effects);
    }
}

// ---- commits ----

// Before NEWLEADER a committed transaction goes to the log; later ones wait for UPTODATE, because
// what was promised to be durable with NEWLEADER's acknowledgement is settled by then.
static void commit_next(struct learner *l, struct zab_effects *effects)
{
    if (l->stage == LEARNER_SYNCING) {
        int64_t zxid = waiting(l, 0)->zxid;
        append_first(l, effects);
        learner_commit(l, zxid, effects);
    } else {
        l->waiting_committed++;
    }
}

// The oldest proposal without a commit is `zxid`.
static bool is_next(struct learner *l, int64_t zxid, struct zab_effects *effects)
{
    size_t at = l->waiting_committed;
    if (at < l->waiting_count && waiting(l, at)->zxid == zxid) {
        return true;
    }
    zab_effects_note(effects, "0x%" PRIx64 " is committed out of order", (uint64_t)zxid);
    learner_fail(l, "a commit that does not match its proposal", effects);
    return false;
}

void learner_on_early_commit(struct learner *l, const struct zab_packet *p,
                             struct zab_effects *effects)
{
    if (!is_in_snapshot(l, p->zxid) && is_next(l, p->zxid, effects)) {
        commit_next(l, effects);
    }
}

// A configuration that ends the role does so before its transaction is taken: the next leader will
// send it.
static void activate(struct learner *l, int64_t zxid, int64_t designated,
                     struct zab_effects *effects)
{
    struct slice txn = waiting(l, l->waiting_committed)->txn;
    switch (learner_activate_txn(l, txn, zxid, designated, effects)) {
    case LEARNER_GOES_ON:
        commit_next(l, effects);
        break;
    case LEARNER_MOVES:
        learner_fail(l, LEARNER_MOVED, effects);
        break;
    case LEARNER_FAILED:
        break;
    }
}

void learner_on_early_activate(struct learner *l, const struct zab_packet *p,
                               struct zab_effects *effects)
{
    if (p->data.len < 8) {
        learner_fail(l, "COMMITANDACTIVATE without a leader", effects);
    } else if (!is_in_snapshot(l, p->zxid) && is_next(l, p->zxid, effects)) {
        activate(l, p->zxid, (int64_t)be64_load(p->data.data), effects);
    }
}

// An old leader proposes to observers, too, while they synchronise: then the proposal is here.
static bool take_inform(struct learner *l, int64_t zxid, struct slice txn,
                        struct zab_effects *effects)
{
    if (is_in_snapshot(l, zxid)) {
        return false;
    }
    bool is_proposed = l->waiting_count > l->waiting_committed;
    return is_proposed ? is_next(l, zxid, effects) : take_proposal(l, zxid, txn, effects);
}

void learner_on_early_inform(struct learner *l, const struct zab_packet *p,
                             struct zab_effects *effects)
{
    if (take_inform(l, p->zxid, p->data, effects)) {
        commit_next(l, effects);
    }
}

void learner_on_early_inform_activate(struct learner *l, const struct zab_packet *p,
                                      struct zab_effects *effects)
{
    if (p->data.len < 8) {
        learner_fail(l, "INFORMANDACTIVATE without a leader", effects);
    } else if (take_inform(l, p->zxid, slice_skip(p->data, 8), effects)) {
        activate(l, p->zxid, (int64_t)be64_load(p->data.data), effects);
    }
}

// ---- the end of the history ----

// False: it is no configuration.
static bool keep_config(struct learner *l, struct slice text, struct zab_effects *effects)
{
    int64_t before = l->core->seen.version;
    if (text.len <= 1 || !l->core->options.reconfig_enabled) {
        return true;
    }
    if (core_follow_seen_config(l->core, text) != ERR_OK) {
        return false;
    }
    buf_append_slice(&l->config, text);
    learner_tell_seen(l, before, effects);
    return true;
}

void learner_on_newleader(struct learner *l, const struct zab_packet *p,
                          struct zab_effects *effects)
{
    if (p->zxid != zab_epoch_start(l->epoch)) {
        learner_fail(l, "NEWLEADER of another epoch", effects);
    } else if (!keep_config(l, p->data, effects)) {
        learner_fail(l, "NEWLEADER with an unreadable configuration", effects);
    } else {
        learner_move(l, LEARNER_LOGGING);
        learner_try_save_current(l, effects);
    }
}

void learner_try_save_current(struct learner *l, struct zab_effects *effects)
{
    if (l->appended == -1 || l->logged >= l->appended) {
        learner_move(l, LEARNER_SAVING);
        zab_effects_add(effects, ZAB_DO_SAVE_CURRENT)->epoch = l->epoch;
    }
}

void learner_current_saved(struct learner *l, struct zab_effects *effects)
{
    zab_effects_send(effects, l->link, ZAB_ACK, zab_epoch_start(l->epoch), slice_null());
    learner_expect(l, LEARNER_WAITING, l->core->options.sync_limit);
}

// ---- the leader has its quorum ----

static void append_waiting(struct learner *l, struct zab_effects *effects)
{
    size_t committed = l->waiting_committed;
    int64_t commit_zxid = committed > 0 ? waiting(l, committed - 1)->zxid : -1;
    l->waiting_committed = 0;
    if (!learner_observes(l) && l->waiting_count > 0) {
        l->ack_next = waiting(l, 0)->zxid;
    }
    for (size_t left = learner_observes(l) ? committed : l->waiting_count; left > 0; left--) {
        append_first(l, effects);
    }
    learner_drop_waiting(l);
    if (commit_zxid != -1) {
        learner_commit(l, commit_zxid, effects);
    }
}

// What waits was proposed by this leader, so it is of its epoch and has no holes. An observer waits
// for nothing: what is committed comes again as INFORM.
static bool is_of_epoch(const struct learner *l)
{
    return learner_observes(l) || l->waiting_count == 0 ||
           zab_epoch_of(waiting(l, 0)->zxid) == l->epoch;
}

// As far as the leader has said; its epoch has begun, too.
static int64_t newest_committed(const struct learner *l)
{
    size_t committed = l->waiting_committed;
    int64_t zxid = committed > 0 ? waiting(l, committed - 1)->zxid : l->core->last_zxid;
    int64_t begin = zab_epoch_start(l->epoch);
    return zxid > begin ? zxid : begin;
}

void learner_on_uptodate(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    (void)p;
    if (!is_of_epoch(l)) {
        learner_fail(l, "proposals of an old epoch without a commit", effects);
        return;
    }
    enum learner_change change =
        learner_activate_text(l, buf_slice(&l->config), newest_committed(l), effects);
    if (change == LEARNER_MOVES) {
        learner_fail(l, LEARNER_MOVED, effects);
    }
    if (change != LEARNER_GOES_ON) {
        return;
    }
    zab_effects_send(effects, l->link, ZAB_ACK, zab_epoch_start(l->epoch), slice_null());
    learner_expect(l, LEARNER_BROADCASTING, l->core->options.sync_limit);
    l->core->vote.peer_epoch = l->epoch;
    zab_effects_add(effects, ZAB_DO_SERVE);
    append_waiting(l, effects);
    learner_acknowledge(l, effects);
}
