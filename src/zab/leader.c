// SPDX-License-Identifier: Apache-2.0
//
// The phases of a leader. Up to serving each one waits for a quorum, and for a file to be durable
// before anything that depends on it is said:
//
//     GATHERING      FOLLOWERINFO of a quorum         the new epoch is above all that were told
//     SAVING_EPOCH   acceptedEpoch is durable         LEADERINFO to all
//     COMPARING      ACKEPOCH of a quorum             nobody in it has a later history than ours
//     SAVING_CURRENT currentEpoch is durable          all are brought up to date (leader_sync.c)
//     SYNCHRONISING  ACK of NEWLEADER by a quorum     the whole history is committed
//     SERVING        leader_commit.c, leader_feed.c, leader_confirm.c, leader_pulse.c
//
// Who comes later goes through the same stages by itself.
// Source: Leader.lead, getEpochToPropose, waitForEpochAck, waitForNewLeaderAck; Zab (DSN'11).
#include "zab/leader_priv.h"

#include <string.h>

#include <inttypes.h>

#include "base/assert.h"
#include "base/mem.h"

// ---- life cycle ----

struct leader *leader_new(struct zab_core *core)
{
    struct leader *l = mem_zalloc(sizeof(*l));
    l->core = core;
    l->next_leader = -1;
    return l;
}

// As after leader_new.
static void forget_term(struct leader *l)
{
    struct zab_core *core = l->core;
    for (size_t i = 0; i < l->learner_count; i++) {
        leader_learner_free(l->learners[i]);
    }
    mem_free(l->learners);
    mem_free(l->syncs.items);
    memset(l, 0, sizeof(*l));
    l->core = core;
    l->next_leader = -1;
}

void leader_free(struct leader *l)
{
    if (l != NULL) {
        forget_term(l);
        mem_free(l);
    }
}

void leader_give_up(struct leader *l, const char *why)
{
    if (l->over == NULL) {
        l->over = why;
    }
}

int64_t leader_epoch_zxid(const struct leader *l)
{
    return (int64_t)((uint64_t)l->epoch << 32);
}

static void enter(struct leader *l, enum leader_phase phase)
{
    ASSERT(phase == l->phase + 1);
    l->phase = phase;
    l->phase_deadline_ms = l->now_ms + l->core->options.init_limit * l->core->options.tick_ms;
}

// The voters of the configuration in force; a newer one has no say before NEWLEADER.
static const struct quorum *voters(const struct leader *l)
{
    return &l->core->quorums.of[0];
}

static bool is_agreed(const struct leader *l, struct quorum_set set)
{
    struct quorum_set with_us = set;
    quorum_add(voters(l), &with_us, l->core->options.sid);
    return with_us.bits == set.bits && quorum_has(voters(l), l->core->options.sid) &&
           quorum_is_reached(voters(l), set);
}

// ---- GATHERING: an epoch above all that a quorum has accepted (Zab phase 1, steps 1 and 2) ----

static void gather(struct leader *l, struct zab_effects *effects)
{
    if (l->phase != LEADER_GATHERING || !is_agreed(l, l->connected)) {
        return;
    }
    if (l->epoch > INT32_MAX) {
        leader_give_up(l, "there are no more epochs");
        return;
    }
    enter(l, LEADER_SAVING_EPOCH);
    zab_effects_add(effects, ZAB_DO_SAVE_ACCEPTED)->epoch = l->epoch;
}

static void raise_epoch(struct leader *l, int64_t accepted_epoch)
{
    if (l->phase == LEADER_GATHERING && accepted_epoch >= l->epoch) {
        l->epoch = accepted_epoch + 1;
    }
}

// Transactions of the new epoch come behind the version of the last seen configuration, or no
// reconfiguration could come into force: its version is its zxid. A version is ahead where the data
// was wiped and the configuration kept. One beyond half of all epochs is nobody's, and would use
// them up. Source: none; Java's leader goes on, reconfigures, and keeps what it had.
static void pass_version(struct leader *l, int64_t version)
{
    if (zab_epoch_of(version) <= INT32_MAX / 2) {
        raise_epoch(l, zab_epoch_of(version - 1));
    }
}

// It has data of a later epoch than ours, or may have: then a quorum has lost that epoch, and to
// follow us would destroy what may be the last copy. Who said nothing of its data comes again.
static bool may_be_ahead(const struct leader *l, const struct leader_learner *t,
                         struct zab_effects *effects)
{
    int64_t epoch = 0;
    bool is_known = core_find_claim(l->core, t->sid, &epoch);
    if (is_known && epoch > l->epoch) {
        zab_effects_note(effects,
                         "server %" PRId64 " has data of epoch %" PRId64
                         ", which nobody here knows of; it stays out",
                         t->sid, epoch);
    }
    return !is_known || epoch > l->epoch;
}

// A voter that has promised itself to a later epoch (of a leader who came no further, or by a
// damaged file) can follow no leader of an earlier one, for ever if nobody dies. So a new epoch
// begins above it. Source: none; Java's leader goes on, and that server stays outside.
static void make_way(struct leader *l, const struct leader_learner *t, int64_t accepted_epoch,
                     struct zab_effects *effects)
{
    bool is_voter = !t->is_observer && quorum_has(voters(l), t->sid);
    if (!is_voter || accepted_epoch <= l->epoch || l->phase <= LEADER_GATHERING ||
        may_be_ahead(l, t, effects)) {
        return;
    }
    if (accepted_epoch > l->core->told_epoch) {
        l->core->told_epoch = accepted_epoch;
    }
    if (l->phase == LEADER_SERVING) {
        zab_effects_note(effects,
                         "server %" PRId64 " has accepted epoch %" PRId64 ", later than ours",
                         t->sid, accepted_epoch);
        leader_give_up(l, "a voter needs a later epoch");
    }
}

void leader_epoch_told(struct leader *l, struct leader_learner *t, int64_t accepted_epoch,
                       struct zab_effects *effects)
{
    raise_epoch(l, accepted_epoch);
    make_way(l, t, accepted_epoch, effects);
    if (!t->is_observer) {
        quorum_add(voters(l), &l->connected, t->sid);
    }
    if (l->phase > LEADER_SAVING_EPOCH) {
        leader_offer(l, t, effects);
    }
    gather(l, effects);
}

void leader_begin(struct leader *l, int64_t now_ms, struct zab_effects *effects)
{
    struct zab_core *core = l->core;
    ASSERT(l->learner_count == 0);
    forget_term(l);
    l->now_ms = now_ms;
    l->began_ms = now_ms;
    l->summary_epoch = core->current_epoch;
    l->summary_zxid = core->last_zxid;
    l->applied_zxid = core->last_zxid;
    l->phase_deadline_ms = now_ms + core->options.init_limit * core->options.tick_ms;
    if (core->history.last != core->last_zxid) {
        recent_reset(&core->history, core->last_zxid); // the tree came from a snapshot
    }
    recent_commit(&core->history, core->history.last);
    core->history.keep_after = core->history.last;
    leader_pulse_begin(l);
    zab_effects_add(effects, ZAB_DO_LISTEN);
    raise_epoch(l, core->accepted_epoch);
    raise_epoch(l, core->told_epoch);
    pass_version(l, core->seen.version);
    quorum_add(voters(l), &l->connected, core->options.sid);
    gather(l, effects);
}

// Source: Leader.reportLookingSid.
void leader_voter_looks(struct leader *l, int64_t now_ms)
{
    int64_t wait_ms = l->core->options.epoch_wait_ms;
    if (l->phase == LEADER_GATHERING && wait_ms > 0 && now_ms - l->began_ms >= wait_ms) {
        leader_give_up(l, "a voter looks again while its epoch is waited for");
    }
}

// ---- COMPARING: nobody of a quorum is ahead of us (Zab phase 1, step 3; phase 2, step 1) ----

void leader_offer(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    uint8_t version[4];
    be32_store(version, ZAB_PROTOCOL_VERSION);
    leader_learner_send(t, ZAB_LEADERINFO, leader_epoch_zxid(l),
                        zab_effects_copy(effects, slice_of(version, sizeof(version))), effects);
    t->stage = STAGE_OFFERED;
    t->heard_ms = l->now_ms;
}

// A configuration without a version gets that of this epoch, so that it counts more than that of a
// server which was never part of it. Source: Leader.lead (ZOOKEEPER-1783).
static void name_first_config(struct leader *l, struct zab_effects *effects)
{
    struct zab_core *core = l->core;
    if (!core->options.reconfig_enabled || core->committed.version != 0 ||
        core->seen.version != 0) {
        return;
    }
    struct config_servers named = core->committed; // borrows
    struct buf text = {0};
    named.version = leader_epoch_zxid(l);
    core_print_config(&named, &text);
    ASSERT(core_see_config(core, buf_slice(&text)) == ERR_OK);
    zab_effects_add(effects, ZAB_DO_SEE_CONFIG)->config =
        zab_effects_copy(effects, buf_slice(&text));
    buf_fini(&text);
}

static void compare(struct leader *l, struct zab_effects *effects)
{
    if (l->phase != LEADER_COMPARING || !is_agreed(l, l->comparable)) {
        return;
    }
    enter(l, LEADER_SAVING_CURRENT);
    zab_effects_add(effects, ZAB_DO_SAVE_CURRENT)->epoch = l->epoch;
}

static void accepted_epoch_saved(struct leader *l, struct zab_effects *effects)
{
    core_set_accepted_epoch(l->core, l->epoch);
    enter(l, LEADER_COMPARING);
    name_first_config(l, effects);
    for (size_t i = 0; i < l->learner_count; i++) {
        if (l->learners[i]->stage == STAGE_WAITING_EPOCH) {
            leader_offer(l, l->learners[i], effects);
        }
    }
    quorum_add(voters(l), &l->comparable, l->core->options.sid);
    compare(l, effects);
}

// Source: StateSummary.isMoreRecentThan. A server that knows no epoch of its own (it accepted this
// one before) is not compared and does not count.
static bool is_ahead(const struct leader *l, int64_t epoch, int64_t zxid)
{
    return epoch > l->summary_epoch || (epoch == l->summary_epoch && zxid > l->summary_zxid);
}

void leader_history_told(struct leader *l, struct leader_learner *t, int64_t epoch,
                         struct zab_effects *effects)
{
    if (l->phase > LEADER_SAVING_CURRENT) {
        leader_sync_begin(l, t, effects);
        return;
    }
    if (l->phase == LEADER_SAVING_CURRENT || epoch == -1) {
        return;
    }
    if (is_ahead(l, epoch, t->last_zxid)) {
        leader_learner_drop(t, effects, "it is ahead of this leader");
        return;
    }
    if (t->last_zxid != -1 && !t->is_observer) {
        quorum_add(voters(l), &l->comparable, t->sid);
    }
    compare(l, effects);
}

// ---- SYNCHRONISING: a quorum takes over our history (Zab phase 2) ----

static void begin_to_serve(struct leader *l, struct zab_effects *effects)
{
    struct zab_core *core = l->core;
    enter(l, LEADER_SERVING);
    l->has_quorum = true;
    leader_commit_begin(l, effects);
    l->applied_zxid = leader_epoch_zxid(l);
    core->vote.peer_epoch = l->epoch;
    leader_pulse_begin(l);
    if (l->phase == LEADER_SERVING) {
        l->is_serving = true;
        zab_effects_add(effects, ZAB_DO_SERVE)->zxid = leader_epoch_zxid(l);
    }
}

static void go_live(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    leader_learner_send(t, ZAB_UPTODATE, -1, slice_null(), effects);
    t->stage = STAGE_LIVE;
    t->heard_ms = l->now_ms;
    t->deadline_tick = l->tick + l->core->options.sync_limit;
    t->acked = t->acked > t->target ? t->acked : t->target;
}

static void synchronise(struct leader *l, struct zab_effects *effects)
{
    if (l->phase != LEADER_SYNCHRONISING ||
        !quorums_is_reached(&l->core->quorums, l->acked_newleader)) {
        return;
    }
    begin_to_serve(l, effects);
    for (size_t i = 0; i < l->learner_count; i++) {
        if (l->learners[i]->stage == STAGE_ACKED) {
            go_live(l, l->learners[i], effects);
        }
    }
}

void leader_newleader_acked(struct leader *l, struct leader_learner *t, struct zab_effects *effects)
{
    // An observer counts, too, where a configuration that is to come makes it a voter: it has the
    // history. Source: Leader.waitForNewLeaderAck.
    quorums_add(&l->core->quorums, &l->acked_newleader, t->sid);
    if (l->has_quorum) {
        go_live(l, t, effects);
    }
    synchronise(l, effects);
}

static void current_epoch_saved(struct leader *l, struct zab_effects *effects)
{
    core_set_current_epoch(l->core, l->epoch);
    enter(l, LEADER_SYNCHRONISING);
    quorums_add(&l->core->quorums, &l->acked_newleader, l->core->options.sid);
    for (size_t i = 0; i < l->learner_count; i++) {
        if (l->learners[i]->stage == STAGE_WAITING_HISTORY) {
            leader_sync_begin(l, l->learners[i], effects);
        }
    }
    synchronise(l, effects);
}

// ---- events ----

static void on_epoch_saved(struct leader *l, bool is_ok, struct zab_effects *effects)
{
    if (!is_ok) {
        leader_give_up(l, "the epoch could not be saved");
    } else if (l->phase == LEADER_SAVING_EPOCH) {
        accepted_epoch_saved(l, effects);
    } else if (l->phase == LEADER_SAVING_CURRENT) {
        current_epoch_saved(l, effects);
    }
}

static bool has_live_voter(const struct leader *l)
{
    for (size_t i = 0; i < l->learner_count; i++) {
        if (l->learners[i]->stage == STAGE_LIVE && leader_learner_is_voter(l, l->learners[i])) {
            return true;
        }
    }
    return false;
}

static const char *late_phase(enum leader_phase phase)
{
    return phase <= LEADER_SAVING_EPOCH     ? "no quorum told its epoch in time"
           : phase <= LEADER_SAVING_CURRENT ? "no quorum told its history in time"
                                            : "no quorum took over the history in time";
}

static void check_time(struct leader *l, struct zab_effects *effects)
{
    if (l->phase < LEADER_SERVING && l->now_ms >= l->phase_deadline_ms) {
        leader_give_up(l, late_phase(l->phase));
    }
    leader_handover_end(l);
    if (l->now_ms >= l->pulse_at_ms) {
        leader_pulse(l, effects);
    }
}

static void on_link(struct leader *l, const struct zab_event *event, struct zab_effects *effects)
{
    struct leader_learner *t = leader_learner_find(l, event->link);
    if (t == NULL) {
        return;
    }
    switch ((int)event->type) {
    case ZAB_EV_LINK_DOWN:
        leader_learner_lost(t, effects);
        break;
    case ZAB_EV_LINK_ROOM:
        t->queued_bytes = 0;
        t->heard_ms = t->stage == STAGE_SYNCING ? l->now_ms : t->heard_ms;
        leader_feed(l, t, effects);
        break;
    case ZAB_EV_PACKET:
        leader_learner_packet(l, t, &event->packet, effects);
        break;
    case ZAB_EV_SNAP_BEGUN:
        leader_sync_snap_begun(l, t, event->zxid, effects);
        break;
    case ZAB_EV_SNAP_SENT:
        leader_sync_snap_sent(l, t, event->is_ok, effects);
        break;
    case ZAB_EV_LOG_READ:
        leader_sync_log_read(l, t, event, effects);
        break;
    }
}

static void on_applied(struct leader *l, int64_t zxid, struct zab_effects *effects)
{
    l->applied_zxid = zxid > l->applied_zxid ? zxid : l->applied_zxid;
    for (size_t i = 0; i < l->learner_count; i++) {
        leader_sync_tree_stands(l, l->learners[i], effects);
    }
}

static void dispatch(struct leader *l, const struct zab_event *event, struct zab_effects *effects)
{
    switch (event->type) {
    case ZAB_EV_TIME:
        check_time(l, effects);
        break;
    case ZAB_EV_LINK_UP:
        leader_learner_arrive(l, event->link, effects);
        break;
    case ZAB_EV_LINK_DOWN:
    case ZAB_EV_LINK_ROOM:
    case ZAB_EV_PACKET:
    case ZAB_EV_SNAP_BEGUN:
    case ZAB_EV_SNAP_SENT:
    case ZAB_EV_LOG_READ:
        on_link(l, event, effects);
        break;
    case ZAB_EV_EPOCH_SAVED:
        on_epoch_saved(l, event->is_ok, effects);
        break;
    case ZAB_EV_LOGGED:
        if (event->zxid > l->core->history.keep_after) {
            l->core->history.keep_after = event->zxid;
        }
        leader_commit_acked(l, l->core->options.sid, event->zxid, effects);
        break;
    case ZAB_EV_APPLIED:
        on_applied(l, event->zxid, effects);
        break;
    case ZAB_EV_PROPOSE:
        leader_commit_propose(l, event, effects);
        break;
    case ZAB_EV_SYNC:
        leader_confirm_local(l, event->token, effects);
        break;
    case ZAB_EV_HAND_OVER:
        leader_handover_begin(l, event->sid, effects);
        break;
    case ZAB_EV_FAILED:
        leader_handover_failed(l);
        leader_give_up(l, "this server cannot go on as leader");
        break;
    case ZAB_EV_START: // of other machines
    case ZAB_EV_NOTIFICATION:
    case ZAB_EV_SNAP_LOADED:
    case ZAB_EV_TRUNCATED:
    case ZAB_EV_SETTLED:
        break;
    }
}

static void check_invariants(const struct leader *l)
{
    ASSERT(l->round_confirmed <= l->round_begun);
    ASSERT(l->phase < LEADER_SERVING || l->core->current_epoch == l->epoch);
    for (size_t i = 0; i < l->learner_count; i++) {
        ASSERT(l->learners[i]->committed <= l->learners[i]->sent);
    }
}

void leader_step(struct leader *l, const struct zab_event *event, struct zab_effects *effects)
{
    ASSERT(event->now_ms >= l->now_ms);
    l->now_ms = event->now_ms;
    if (l->over != NULL) {
        return;
    }
    dispatch(l, event, effects);
    leader_learner_remove_gone(l);
    leader_handover_look(l, effects);
    if (l->phase == LEADER_RETIRING && (l->now_ms >= l->retire_at_ms || !has_live_voter(l))) {
        leader_give_up(l, "a new configuration names another leader");
    }
    check_invariants(l);
}

void leader_end(struct leader *l, struct zab_effects *effects)
{
    for (size_t i = 0; i < l->learner_count; i++) {
        zab_effects_add(effects, ZAB_DO_CLOSE)->link = l->learners[i]->link;
    }
    zab_effects_add(effects, ZAB_DO_UNLISTEN);
    struct recent *h = &l->core->history;
    h->keep_after = INT64_MAX;
    h->count_max = l->core->options.history_count;
    h->bytes_max = l->core->options.history_bytes;
    forget_term(l);
}

// ---- asking ----

const char *leader_is_over(const struct leader *l, int64_t *ret_next)
{
    if (l->over != NULL) {
        *ret_next = l->next_leader;
    }
    return l->over;
}

bool leader_is_serving(const struct leader *l)
{
    return l->is_serving;
}

bool leader_deadline_ms(const struct leader *l, int64_t *ret)
{
    int64_t at_ms = l->pulse_at_ms;
    if (l->phase < LEADER_SERVING && l->phase_deadline_ms < at_ms) {
        at_ms = l->phase_deadline_ms;
    }
    if (l->phase == LEADER_RETIRING && l->retire_at_ms < at_ms) {
        at_ms = l->retire_at_ms;
    }
    if (l->heir != 0 && l->handover_until_ms < at_ms) {
        at_ms = l->handover_until_ms;
    }
    *ret = l->is_handed_over ? l->now_ms : at_ms;
    return l->over == NULL;
}

size_t leader_followers(const struct leader *l, struct zab_follower *ret, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < l->learner_count; i++) {
        const struct leader_learner *t = l->learners[i];
        if (t->stage == STAGE_NEW) {
            continue;
        }
        if (count < max) {
            ret[count] = (struct zab_follower){
                .link = t->link,
                .sid = t->sid,
                .is_observer = t->is_observer,
                .is_synced = leader_learner_is_synced(l, t),
                .is_forwarding = !t->is_observer && t->stage >= STAGE_NEWLEADER_SENT,
                .acked_zxid = t->acked,
                .sent_zxid = t->sent,
            };
        }
        count++;
    }
    return count;
}

size_t leader_pending_syncs(const struct leader *l)
{
    size_t count = l->syncs.count;
    for (size_t i = 0; i < l->learner_count; i++) {
        const struct leader_syncs *q = &l->learners[i]->syncs;
        for (size_t j = 0; j < q->count; j++) {
            count += q->items[q->first + j].value;
        }
    }
    return count;
}

int64_t leader_last_proposed(const struct leader *l)
{
    return l->core->last_zxid;
}

int64_t leader_last_committed(const struct leader *l)
{
    return l->core->history.committed;
}
