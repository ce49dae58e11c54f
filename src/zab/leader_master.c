// SPDX-License-Identifier: Apache-2.0
//
// An observer master: a follower that is to observers what its leader is to it. It takes over the
// leader's files as they are, in a phase of its own in which there is nothing to gather, nothing to
// propose and no quorum to count:
//
//     the epoch       is the one that the follower serves in; it is offered at once
//     what is sent    is this follower's history, and of it what the leader has committed
//     what is asked   (REQUEST, sync, REVALIDATE, touched sessions) is the executor's to pass on
//
// Who observes so may be ahead of us: TRUNC and SNAP take it back to what we know, as in Java.
// Source: ObserverMaster; differs: who lags behind further than memory reaches is served from the
// log, and not closed.
#include "zab/leader_priv.h"

#include "base/assert.h"

void leader_host(struct leader *l, int64_t now_ms, int64_t applied_zxid, int64_t logged_zxid,
                 struct zab_effects *effects)
{
    struct zab_core *core = l->core;
    ASSERT(core->role == ZAB_FOLLOWING && l->learner_count == 0);
    l->phase = LEADER_HOSTING;
    l->has_quorum = true;
    l->epoch = core->current_epoch;
    l->now_ms = now_ms;
    l->applied_zxid = applied_zxid;
    l->hosted_zxid = core->history.committed;
    core->history.keep_after = logged_zxid;
    if (core->options.master_history_bytes > 0) {
        core->history.count_max = SIZE_MAX;
        core->history.bytes_max = core->options.master_history_bytes;
    }
    leader_pulse_begin(l);
    zab_effects_add(effects, ZAB_DO_LISTEN)->is_master = true;
}

// The reconfiguration that the leader has just put in force goes on to observers with the leader
// that it names.
static void pass_activation(struct leader *l, const struct zab_packet *p,
                            struct zab_effects *effects)
{
    enum { LEADER_ID_BYTES = 8 };
    if (p->type == ZAB_COMMITANDACTIVATE && p->data.len >= LEADER_ID_BYTES &&
        p->zxid == l->core->history.committed) {
        leader_commit_activated(l, p->zxid, (int64_t)be64_load(p->data.data), effects);
    }
}

static void feed_committed(struct leader *l, struct zab_effects *effects)
{
    if (l->hosted_zxid < l->core->history.committed) {
        l->hosted_zxid = l->core->history.committed;
        leader_feed_all(l, effects);
        leader_learner_remove_gone(l);
    }
}

static void answer_sync(struct leader *l, zab_link link, struct zab_effects *effects)
{
    struct leader_learner *t = leader_learner_find(l, link);
    if (t != NULL) {
        leader_confirm_relayed(l, t, effects);
        leader_learner_remove_gone(l);
    }
}

void leader_host_step(struct leader *l, const struct zab_event *event, struct zab_effects *effects)
{
    ASSERT(l->phase == LEADER_HOSTING);
    switch (event->type) {
    case ZAB_EV_PACKET:
        if (leader_learner_find(l, event->link) == NULL) { // the leader's
            pass_activation(l, &event->packet, effects);
            break;
        }
        leader_step(l, event, effects);
        break;
    case ZAB_EV_TIME:
    case ZAB_EV_LINK_UP:
    case ZAB_EV_LINK_DOWN:
    case ZAB_EV_LINK_ROOM:
    case ZAB_EV_SNAP_BEGUN:
    case ZAB_EV_SNAP_SENT:
    case ZAB_EV_LOG_READ:
    case ZAB_EV_LOGGED:
    case ZAB_EV_APPLIED:
        leader_step(l, event, effects);
        break;
    case ZAB_EV_SYNC:
        answer_sync(l, event->link, effects);
        break;
    case ZAB_EV_START: // of other machines
    case ZAB_EV_NOTIFICATION:
    case ZAB_EV_SNAP_LOADED:
    case ZAB_EV_EPOCH_SAVED:
    case ZAB_EV_TRUNCATED:
    case ZAB_EV_SETTLED:
    case ZAB_EV_PROPOSE:
    case ZAB_EV_HAND_OVER:
    case ZAB_EV_FAILED:
        break;
    }
    feed_committed(l, effects);
}
