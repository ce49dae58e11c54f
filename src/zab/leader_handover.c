// SPDX-License-Identifier: Apache-2.0
//
// Handing over: a leader that is to go finds its heir, lets everything in flight commit and reach
// it, and ends its role with a vote for it, so that no timeout is spent:
//
//     HAND_OVER ──► PAUSE ──► all is committed, and the heir has it ──► over, with a favourite
//                     └── the heir is lost, or half a tick has gone ──► RESUME
//
// The vote claims one transaction more for the heir than there is, which decides between equal
// histories whatever their ids are. It is true in what it stands for: nobody's history can be
// longer than the heir's, because who could have made it longer has stopped before it said so.
// docs/design/handover.md says why that is safe, and why no other release can tell.
#include "zab/leader_priv.h"

#include <inttypes.h>

#include "base/assert.h"

static bool votes_with_weight(const struct leader *l, int64_t sid)
{
    const struct quorums *qs = &l->core->quorums;
    for (size_t i = 0; i < qs->count; i++) {
        if (!quorum_has(&qs->of[i], sid) || quorum_weight(&qs->of[i], sid) == 0) {
            return false;
        }
    }
    return true;
}

static bool may_lead(const struct leader *l, const struct leader_learner *t)
{
    return t->stage == STAGE_LIVE && !t->is_observer && leader_learner_is_synced(l, t) &&
           votes_with_weight(l, t->sid);
}

// Who has acknowledged most; of several the largest id, which an election prefers as well. With
// `sid` not -1 only that one. NULL: nobody.
static const struct leader_learner *find_heir(const struct leader *l, int64_t sid)
{
    const struct leader_learner *best = NULL;
    for (size_t i = 0; i < l->learner_count; i++) {
        const struct leader_learner *t = l->learners[i];
        if (!may_lead(l, t) || (sid != -1 && t->sid != sid)) {
            continue;
        }
        if (best == NULL || t->acked > best->acked ||
            (t->acked == best->acked && t->sid > best->sid)) {
            best = t;
        }
    }
    return best;
}

static bool is_reconfiguring(const struct leader *l)
{
    return l->reconfig_zxid != 0 || l->core->quorums.count == 2;
}

const char *leader_handover_refusal(const struct leader *l, int64_t sid)
{
    if (l->phase != LEADER_SERVING) {
        return "this leader does not serve";
    }
    if (l->heir != 0) {
        return "it is being handed over already";
    }
    if (is_reconfiguring(l)) {
        return "a reconfiguration is under way";
    }
    if (sid == l->core->options.sid) {
        return "that server leads";
    }
    if (find_heir(l, sid) == NULL) {
        return sid == -1 ? "no voter is synchronised" : "that server is no synchronised voter";
    }
    return NULL;
}

void leader_handover_begin(struct leader *l, int64_t sid, struct zab_effects *effects)
{
    if (leader_handover_refusal(l, sid) != NULL) {
        return;
    }
    const struct leader_learner *heir = find_heir(l, sid);
    l->heir = heir->link;
    l->handover_until_ms = l->now_ms + l->core->options.tick_ms / 2;
    zab_effects_note(effects, "handing over to server %" PRId64, heir->sid);
    zab_effects_add(effects, ZAB_DO_PAUSE);
}

static void give_up_handover(struct leader *l, const char *why, struct zab_effects *effects)
{
    zab_effects_note(effects, "not handing over: %s", why);
    l->heir = 0;
    zab_effects_add(effects, ZAB_DO_RESUME);
}

// Who is live has everything from before the epoch.
static int64_t has_up_to(const struct leader *l, const struct leader_learner *t)
{
    int64_t begin = leader_epoch_zxid(l);
    return t->acked > begin ? t->acked : begin;
}

static void favour(struct leader *l, int64_t sid, int64_t zxid)
{
    l->core->favourite = (struct vote){.leader = sid, .zxid = zxid, .peer_epoch = l->epoch};
    l->core->has_favourite = true;
}

void leader_handover_look(struct leader *l, struct zab_effects *effects)
{
    l->is_handed_over = false;
    if (l->heir == 0 || l->over != NULL) {
        return;
    }
    int64_t end = l->core->last_zxid;
    const struct leader_learner *heir = leader_learner_find(l, l->heir);
    if (heir == NULL || !may_lead(l, heir)) {
        give_up_handover(l, "the server that was to lead is lost", effects);
    } else if (l->core->history.committed == end && has_up_to(l, heir) >= end) {
        l->is_handed_over = true; // in a step of its own, so that what this one commits is told
    } else if (l->now_ms >= l->handover_until_ms) {
        give_up_handover(l, "what is in flight takes too long", effects);
    }
}

void leader_handover_end(struct leader *l)
{
    const struct leader_learner *heir = leader_learner_find(l, l->heir);
    if (l->is_handed_over) {
        favour(l, heir->sid, l->core->last_zxid + 1);
        leader_give_up(l, "it is handed over");
    }
}

void leader_handover_failed(struct leader *l)
{
    const struct leader_learner *best =
        l->phase == LEADER_SERVING && !is_reconfiguring(l) ? find_heir(l, -1) : NULL;
    if (best != NULL) {
        favour(l, best->sid, has_up_to(l, best));
    }
}
