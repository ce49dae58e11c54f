// SPDX-License-Identifier: Apache-2.0
//
// Liveness, looked at twice a tick: who is silent is closed, who is live is pinged, and a leader
// that a quorum has not answered for syncLimit ticks stands down. A pulse that comes late means
// that this server stood still: that time is not charged to anybody.
//
// Source: Leader.lead (the loop), LearnerHandler.ping, SyncLimitCheck, the read timeouts.
#include "zab/leader_priv.h"

static int64_t half_tick_ms(const struct leader *l)
{
    int64_t half = l->core->options.tick_ms / 2;
    return half > 0 ? half : 1;
}

void leader_pulse_begin(struct leader *l)
{
    l->pulse_at_ms = l->now_ms + half_tick_ms(l);
    l->is_half_tick = true;
}

// ---- one proposal at a time is watched until it is acknowledged ----

void leader_pulse_sent(struct leader *l, struct leader_learner *t, int64_t zxid)
{
    if (t->stage != STAGE_ACKED && t->stage != STAGE_LIVE) {
        return;
    }
    struct leader_sample *sample = t->oldest.zxid == 0 ? &t->oldest : &t->newest;
    *sample = (struct leader_sample){.zxid = zxid, .sent_ms = l->now_ms};
}

void leader_pulse_acked(struct leader_learner *t, int64_t zxid)
{
    if (zxid < t->oldest.zxid) {
        return;
    }
    t->oldest = t->newest.zxid > zxid ? t->newest : (struct leader_sample){0};
    t->newest = (struct leader_sample){0};
}

// ---- too slow ----

static void forgive(struct leader *l, int64_t late_ms)
{
    for (size_t i = 0; i < l->learner_count; i++) {
        struct leader_learner *t = l->learners[i];
        t->heard_ms += late_ms;
        t->oldest.sent_ms += late_ms;
        t->newest.sent_ms += late_ms;
    }
}

// For how long it may be silent; -1: it is not its turn to speak. While the tree is streamed to it
// the link itself tells whether it moves.
static int64_t silence_max_ms(const struct leader *l, const struct leader_learner *t)
{
    const struct zab_options *options = &l->core->options;
    switch (t->stage) {
    case STAGE_SYNCING:
        return t->is_streaming || t->is_reading_log ? -1 : options->init_limit * options->tick_ms;
    case STAGE_NEW:
    case STAGE_OFFERED:
    case STAGE_NEWLEADER_SENT:
        return options->init_limit * options->tick_ms;
    case STAGE_LIVE:
        return options->sync_limit * options->tick_ms;
    case STAGE_WAITING_EPOCH:
    case STAGE_WAITING_HISTORY:
    case STAGE_ACKED:
    case STAGE_GONE:
        return -1; // the phases of the leader have a limit of their own
    }
    return -1;
}

static void close_silent(struct leader *l, struct zab_effects *effects)
{
    for (size_t i = 0; i < l->learner_count; i++) {
        struct leader_learner *t = l->learners[i];
        int64_t max_ms = silence_max_ms(l, t);
        if (max_ms >= 0 && l->now_ms - t->heard_ms >= max_ms) {
            leader_learner_drop(t, effects, "it was silent for too long");
        }
    }
}

static void ping_live(struct leader *l, struct zab_effects *effects)
{
    int64_t max_ms = l->core->options.sync_limit * l->core->options.tick_ms;
    for (size_t i = 0; i < l->learner_count; i++) {
        struct leader_learner *t = l->learners[i];
        if (t->stage != STAGE_LIVE) {
            continue;
        }
        if (t->oldest.zxid != 0 && l->now_ms - t->oldest.sent_ms >= max_ms) {
            leader_learner_drop(t, effects, "it does not acknowledge what it was sent");
            continue;
        }
        leader_confirm_ping(l, t, effects);
    }
}

static bool has_synced_quorum(const struct leader *l)
{
    struct quorums_set set = {0};
    quorums_add(&l->core->quorums, &set, l->core->options.sid);
    for (size_t i = 0; i < l->learner_count; i++) {
        const struct leader_learner *t = l->learners[i];
        if (!t->is_observer && leader_learner_is_synced(l, t)) {
            quorums_add(&l->core->quorums, &set, t->sid);
        }
    }
    return quorums_is_reached(&l->core->quorums, set);
}

void leader_pulse(struct leader *l, struct zab_effects *effects)
{
    int64_t late_ms = l->now_ms - l->pulse_at_ms;
    if (late_ms > half_tick_ms(l)) {
        forgive(l, late_ms);
    }
    l->pulse_at_ms = l->now_ms + half_tick_ms(l);
    close_silent(l, effects);
    if (!l->has_quorum) {
        return;
    }
    if (!l->is_half_tick) {
        l->tick++;
        if (l->phase == LEADER_SERVING && !has_synced_quorum(l)) {
            leader_give_up(l, "too few followers are in touch for a quorum");
            return;
        }
    }
    l->is_half_tick = !l->is_half_tick;
    ping_live(l, effects);
}
