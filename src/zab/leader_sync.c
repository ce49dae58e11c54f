// SPDX-License-Identifier: Apache-2.0
//
// Bringing a learner up to date. sync_choice says how; what it lacks goes out as PROPOSAL and
// COMMIT, from the log and then from memory, while the link has room; NEWLEADER follows what was
// committed when that began. What came meanwhile is live traffic, behind NEWLEADER.
//
// Differs: Java queues everything at once, and may change its mind in favour of a snapshot as long
// as nothing is on the wire. Here the first read of the log decides, and a hole found later closes
// the learner and gives snapshots to all who come after.
// Source: LearnerHandler.syncFollower; Zab (DSN'11) phase 2.
#include "zab/leader_priv.h"

#include "base/assert.h"
#include "zab/sync_choice.h"

static struct sync_range range_of(const struct leader *l)
{
    const struct recent *h = &l->core->history;
    return (struct sync_range){
        .last = h->committed, .min = recent_min(h), .max = recent_max_committed(h)};
}

// ---- observers come after voters. Source: LearnerSyncThrottler ----

static bool is_throttled(const struct leader *l, const struct leader_learner *t)
{
    size_t others = 0;
    for (size_t i = 0; i < l->learner_count; i++) {
        const struct leader_learner *other = l->learners[i];
        bool is_syncing = other->stage == STAGE_SYNCING || other->stage == STAGE_NEWLEADER_SENT;
        others += other != t && is_syncing && other->is_snap == t->is_snap ? 1 : 0;
    }
    size_t max = t->is_snap ? l->core->options.snap_syncs_max : l->core->options.diff_syncs_max;
    return t->is_observer && others >= max;
}

// ---- the three ways ----

static void start_snap(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    t->is_choosing = false;
    t->is_snap = true;
    if (is_throttled(l, t)) {
        leader_learner_drop(t, effects, "too many snapshots are being sent");
        return;
    }
    // What it has acknowledged may be committed because of that. A tree from before it would be
    // durable in place of its log: if this leader failed then, a quorum could have forgotten it.
    // One that says -1 lost its history, and nobody knows how much of that it had acknowledged.
    int64_t committed = l->core->history.committed;
    bool is_behind = t->last_zxid != -1 && t->last_zxid < committed;
    t->snap_min = is_behind ? t->last_zxid : committed;
    t->is_streaming = true;
    t->is_waiting_tree = true;
    leader_sync_tree_stands(l, t, effects);
}

void leader_sync_tree_stands(struct leader *l, struct leader_learner *t,
                             struct zab_effects *effects)
{
    if (t->stage == STAGE_SYNCING && t->is_waiting_tree && l->applied_zxid >= t->snap_min) {
        struct zab_effect *e = zab_effects_add(effects, ZAB_DO_SEND_SNAP);
        e->link = t->link;
        e->zxid = t->snap_min;
        t->is_waiting_tree = false;
    }
}

static void start_diff(struct leader *l, struct leader_learner *t, struct sync_choice choice,
                       struct zab_effects *effects)
{
    t->is_choosing = false;
    if (is_throttled(l, t)) {
        leader_learner_drop(t, effects, "too many learners are being brought up to date");
        return;
    }
    leader_learner_send(t, choice.way == SYNC_DIFF ? ZAB_DIFF : ZAB_TRUNC, choice.zxid,
                        slice_null(), effects);
    t->sent = choice.cursor;
    t->committed = choice.cursor;
    t->target = l->core->history.committed;
}

static void start(struct leader *l, struct leader_learner *t, struct sync_choice choice,
                  struct zab_effects *effects)
{
    switch (choice.way) {
    case SYNC_DIFF:
    case SYNC_TRUNC:
        start_diff(l, t, choice, effects);
        break;
    case SYNC_SNAP:
        start_snap(l, t, effects);
        break;
    case SYNC_BY_LOG:
        t->is_choosing = true;
        leader_feed_ask_log(l, t, true, effects);
        break;
    case SYNC_BY_MEMORY:
        ASSERT(choice.way != SYNC_BY_MEMORY); // memory answers at once
        break;
    }
}

static struct sync_choice by_memory(const struct leader *l, int64_t zxid,
                                    const struct sync_range *range)
{
    const struct recent *h = &l->core->history;
    const struct recent_entry *before = recent_at_or_before(h, zxid);
    const struct recent_entry *after = recent_after(h, zxid);
    const struct sync_around around = {
        .at_or_before = before != NULL ? before->zxid : -1,
        .after = after != NULL && after->zxid <= range->max ? after->zxid : -1,
    };
    return sync_choose_around(zxid, range, &around);
}

void leader_sync_begin(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    const struct zab_options *options = &l->core->options;
    struct sync_range range = range_of(l);
    struct sync_choice choice = sync_choose(t->last_zxid, &range, options->force_snapshot_sync,
                                            options->log_sync_enabled && !l->is_log_broken);
    if (choice.way == SYNC_BY_MEMORY) {
        choice = by_memory(l, t->last_zxid, &range);
    }
    t->stage = STAGE_SYNCING;
    // It may have acknowledged on an earlier link what TRUNC or SNAP now takes from its log.
    if (l->has_quorum) {
        proposals_retract(&l->proposals, t->sid, l->core->history.committed);
    }
    start(l, t, choice, effects);
    leader_feed(l, t, effects);
}

// ---- the end: NEWLEADER ----

// The learner brings the configuration in NEWLEADER into force with UPTODATE. Before we serve that
// is the last seen one: the quorum that NEWLEADER needs agrees to it. Later a seen one is a
// proposal like others, which follows. Source: Leader.getQuorumVerifierBytes; differs: Java sends
// what is only proposed, too, and its learners forget the old quorum before the new one has agreed.
static void send_newleader(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    struct buf text = {0};
    core_print_config(l->has_quorum ? &l->core->committed : &l->core->seen, &text);
    leader_learner_send(t, ZAB_NEWLEADER, leader_epoch_zxid(l),
                        zab_effects_copy(effects, buf_slice(&text)), effects);
    buf_fini(&text);
    leader_learner_has_all(t, t->target);
    if (l->has_quorum) {
        leader_learner_has_all(t, leader_epoch_zxid(l));
    }
    t->stage = STAGE_NEWLEADER_SENT;
    t->heard_ms = l->now_ms;
}

void leader_sync_feed(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    const struct recent *h = &l->core->history;
    while (t->stage == STAGE_SYNCING && !t->is_choosing && !t->is_streaming && !t->is_reading_log &&
           leader_learner_has_room(t)) {
        if (t->sent < h->floor) {
            leader_feed_ask_log(l, t, false, effects);
            return;
        }
        const struct recent_entry *e = recent_after(h, t->sent);
        if (e == NULL || e->zxid > t->target) {
            send_newleader(l, t, effects);
            return;
        }
        leader_feed_pair(t, e->zxid, leader_feed_bytes(l, e, effects), effects);
    }
}

// ---- the tree ----

void leader_sync_snap_begun(struct leader *l, struct leader_learner *t, int64_t zxid,
                            struct zab_effects *effects)
{
    if (!t->is_streaming) {
        return;
    }
    ASSERT(zxid <= l->core->history.committed);
    if (zxid < t->snap_min) {
        leader_learner_drop(t, effects, "the tree on disk is older than what it has");
        return;
    }
    t->sent = zxid;
    t->committed = zxid;
}

void leader_sync_snap_sent(struct leader *l, struct leader_learner *t, bool is_ok,
                           struct zab_effects *effects)
{
    if (!t->is_streaming) {
        return;
    }
    t->is_streaming = false;
    t->heard_ms = l->now_ms;
    t->target = l->core->history.committed;
    if (!is_ok) {
        leader_learner_drop(t, effects, "the tree could not be sent to it");
        return;
    }
    leader_feed(l, t, effects);
}

// ---- the log ----

// Whether the records follow `cursor` and each other without a hole, and reach `end` if they are
// the last. Where an epoch begins there is no record.
static bool is_whole(const struct zab_event *event, int64_t cursor, int64_t end)
{
    for (size_t i = 0; i < event->record_count; i++) {
        int64_t zxid = event->records[i].zxid;
        if (zxid > end || !recent_is_next(cursor, zxid)) {
            return false;
        }
        cursor = zxid;
    }
    bool has_more = !event->is_end && event->record_count > 0;
    return cursor >= end || has_more || (event->is_end && (uint32_t)end == 0);
}

// The first answer decides. Source: LearnerHandler.syncFollower, the case "txnlog and
// committedLog".
static void choose_by_log(struct leader *l, struct leader_learner *t, const struct zab_event *event,
                          struct zab_effects *effects)
{
    struct sync_range range = range_of(l);
    const struct recent_entry *behind = recent_after(&l->core->history, t->log_end);
    int64_t after = event->record_count > 0 ? event->records[0].zxid
                    : behind != NULL        ? behind->zxid
                                            : -1;
    const struct sync_around around = {.at_or_before = event->zxid, .after = after};
    struct sync_choice choice = {.way = SYNC_SNAP};
    if (event->is_ok && event->zxid >= 0) {
        choice = sync_choose_around(t->last_zxid, &range, &around);
    }
    if (choice.way != SYNC_SNAP && !is_whole(event, choice.cursor, t->log_end)) {
        choice.way = SYNC_SNAP;
    }
    start(l, t, choice, effects);
}

static void feed_records(struct leader *l, struct leader_learner *t, const struct zab_event *event,
                         struct zab_effects *effects)
{
    for (size_t i = 0; i < event->record_count; i++) {
        leader_feed_record(l, t, &event->records[i], effects);
    }
    if (t->stage == STAGE_SYNCING) {
        t->heard_ms = l->now_ms;
        if (event->is_end) {
            leader_learner_has_all(t, t->log_end);
        }
    }
    leader_feed(l, t, effects);
}

void leader_sync_log_read(struct leader *l, struct leader_learner *t, const struct zab_event *event,
                          struct zab_effects *effects)
{
    if (!t->is_reading_log) {
        return;
    }
    t->is_reading_log = false;
    if (t->is_choosing) {
        choose_by_log(l, t, event, effects);
        if (t->stage == STAGE_GONE || t->is_snap) {
            return;
        }
    } else if (!event->is_ok || !is_whole(event, t->sent, t->log_end)) {
        l->is_log_broken = true;
        leader_learner_drop(t, effects, "the log does not hold what it lacks");
        return;
    }
    feed_records(l, t, event, effects);
}
