// SPDX-License-Identifier: Apache-2.0
//
// The switch between the roles. A role ends by itself (leader_is_over, learner_is_over); then the
// executor settles what is in the log, and with that history the next election begins, or, after a
// reconfiguration that named a leader, the next role.
//
//     ELECTING ──decided──► LEADING or LEARNING ──over──► SETTLING ──SETTLED──► ELECTING
//                                                            ├───────────► DELAYING ───┘
//                                                            └─ a leader is named ──► LEADING, ..
#include "zab/zab.h"

#include <inttypes.h>

#include "base/assert.h"
#include "base/mem.h"
#include "zab/core.h"
#include "zab/election.h"
#include "zab/leader.h"
#include "zab/learner.h"

enum zab_phase {
    PHASE_IDLE, // before ZAB_EV_START
    PHASE_ELECTING,
    PHASE_LEADING,
    PHASE_LEARNING,
    PHASE_SETTLING,
    PHASE_DELAYING, // before it looks again
    PHASE_ENDED,    // ZAB_DO_EXIT was said
};

// What is being saved: its answer may come when the role that asked is over.
enum saving { SAVING_NONE, SAVING_ACCEPTED, SAVING_CURRENT };

struct zab {
    struct zab_core core;
    struct election *election;
    struct leader *leader; // only while it leads
    struct leader *host;   // only while it follows, serves, and is an observer master
    struct learner *learner;
    enum zab_phase phase;
    int64_t next;       // while settling: who leads without an election; -1: nobody
    bool was_observing; // while settling
    int64_t role_began_ms;
    int64_t delay_until_ms; // while delaying
    enum saving saving;
    int64_t saving_epoch;
    int64_t applied_zxid;              // where our tree stands
    int64_t max_accepted, max_current; // of what was ever saved or asked to be
};

// ---- life cycle ----

struct zab *zab_new(const struct zab_options *options, const struct zab_recovered *recovered,
                    const struct config_servers *committed, const struct config_servers *seen)
{
    struct zab *z = mem_zalloc(sizeof(*z));
    core_init(&z->core, options, recovered, committed, seen);
    z->election = election_new(&z->core);
    z->learner = learner_new(&z->core);
    z->next = -1;
    z->applied_zxid = recovered->last_zxid;
    z->max_accepted = recovered->accepted_epoch;
    z->max_current = recovered->current_epoch;
    return z;
}

void zab_free(struct zab *z)
{
    if (z != NULL) {
        election_free(z->election);
        leader_free(z->leader);
        leader_free(z->host);
        learner_free(z->learner);
        core_fini(&z->core);
        mem_free(z);
    }
}

void zab_remember(struct zab *z, int64_t zxid, struct slice txn)
{
    ASSERT(z->phase == PHASE_IDLE);
    recent_remember(&z->core.history, zxid, txn);
}

// ---- the invariants of zab.h ----

// (1) and the answers to it: one epoch is saved at a time, and none goes back.
static void note_saving(struct zab *z, const struct zab_effect *e)
{
    ASSERT(z->saving == SAVING_NONE);
    z->saving = e->type == ZAB_DO_SAVE_ACCEPTED ? SAVING_ACCEPTED : SAVING_CURRENT;
    z->saving_epoch = e->epoch;
    int64_t *max = z->saving == SAVING_ACCEPTED ? &z->max_accepted : &z->max_current;
    ASSERT(e->epoch >= *max);
    *max = e->epoch;
    ASSERT(z->max_accepted >= z->max_current);
}

// (2), as far as packets show it: what is promised is of what was saved and appended.
static void check_promise(const struct zab *z, const struct zab_packet *p)
{
    if (p->type == ZAB_ACKEPOCH) {
        ASSERT(z->saving == SAVING_NONE);
        ASSERT(p->zxid == z->core.last_zxid);
    } else if (p->type == ZAB_LEADERINFO) {
        ASSERT(zab_epoch_of(p->zxid) <= z->core.accepted_epoch);
    } else if (p->type == ZAB_ACK && (uint32_t)p->zxid == 0) {
        ASSERT(zab_epoch_of(p->zxid) == z->core.current_epoch);
    } else if (p->type == ZAB_ACK) {
        ASSERT(p->zxid <= z->core.last_zxid);
    }
}

static void check_effects(struct zab *z, const struct zab_effects *effects, size_t first)
{
    for (size_t i = first; i < effects->count; i++) {
        const struct zab_effect *e = &effects->items[i];
        if (e->type == ZAB_DO_SAVE_ACCEPTED || e->type == ZAB_DO_SAVE_CURRENT) {
            note_saving(z, e);
        } else if (e->type == ZAB_DO_SEND) {
            check_promise(z, &e->packet);
        } else if (e->type == ZAB_DO_EXIT) {
            z->phase = PHASE_ENDED;
        }
    }
}

// (3), with the role that others are told.
static void check_phase(const struct zab *z)
{
    bool leads = z->phase == PHASE_LEADING;
    bool learns = z->phase == PHASE_LEARNING;
    if (z->phase != PHASE_ENDED) {
        ASSERT(leads == (z->core.role == ZAB_LEADING));
        ASSERT(learns == (z->core.role == ZAB_FOLLOWING || z->core.role == ZAB_OBSERVING));
        ASSERT(leads == (z->leader != NULL));
        ASSERT(z->host == NULL ||
               (z->core.role == ZAB_FOLLOWING && learner_is_serving(z->learner)));
        ASSERT(learns || !learner_is_serving(z->learner));
        ASSERT(learns || learner_link(z->learner) == 0);
    }
}

// ---- from one role to the next ----

// A leader that refuses this server does so at once, and would be found again at once.
enum { ROLE_MS_MIN = 100 };

static bool is_observer(const struct zab *z)
{
    const struct config_member *own = config_servers_find(&z->core.committed, z->core.options.sid);
    return own != NULL && own->role == CONFIG_OBSERVER;
}

// Source: QuorumPeer.run.
static void begin_role(struct zab *z, int64_t now_ms, struct zab_effects *effects)
{
    z->role_began_ms = now_ms;
    if (z->core.vote.leader == z->core.options.sid) {
        z->phase = PHASE_LEADING;
        z->core.role = ZAB_LEADING;
        z->leader = leader_new(&z->core);
        leader_begin(z->leader, now_ms, effects);
    } else {
        z->phase = PHASE_LEARNING;
        z->core.role = is_observer(z) ? ZAB_OBSERVING : ZAB_FOLLOWING;
        learner_begin(z->learner, &z->core.vote, now_ms, effects);
    }
}

static void begin_election(struct zab *z, int64_t now_ms, struct zab_effects *effects)
{
    z->phase = PHASE_ELECTING;
    election_begin(z->election, now_ms, effects);
}

static void end_host(struct zab *z, struct zab_effects *effects)
{
    if (z->host != NULL) {
        leader_end(z->host, effects);
        leader_free(z->host);
        z->host = NULL;
    }
}

static void end_role(struct zab *z, const char *reason, int64_t next, struct zab_effects *effects)
{
    zab_effects_note(effects, "%s no longer: %s", zab_role_name(z->core.role), reason);
    if (z->phase == PHASE_LEADING) {
        leader_end(z->leader, effects);
        leader_free(z->leader);
        z->leader = NULL;
    } else {
        end_host(z, effects);
        learner_end(z->learner, effects);
    }
    z->was_observing = z->core.role == ZAB_OBSERVING;
    z->phase = PHASE_SETTLING;
    z->core.role = ZAB_LOOKING;
    z->next = next;
    zab_effects_add(effects, ZAB_DO_STOP_SERVING);
}

// The history is what the log holds, all of it: whether the rest was committed, the next leader
// decides.
static void take_settled_history(struct zab *z, int64_t zxid)
{
    struct recent *h = &z->core.history;
    if (zxid > h->last) {
        recent_reset(h, zxid);
    } else {
        recent_truncate(h, zxid);
        recent_commit(h, zxid);
    }
    z->core.last_zxid = zxid;
}

// How long not to look: an observer leaves others time, and everybody waits after a role that was
// over at once. Source: Observer.waitForObserverElectionDelay.
static int64_t delay_ms(struct zab *z, int64_t now_ms)
{
    if (election_is_reopened(z->election)) {
        return 0; // the others are at it
    }
    int64_t observer_ms = z->core.options.observer_election_delay_ms;
    int64_t ms = z->role_began_ms + ROLE_MS_MIN - now_ms;
    if (z->was_observing && observer_ms > 0) {
        int64_t by_chance_ms = (int64_t)prng_below(&z->core.prng, (uint64_t)observer_ms);
        ms = by_chance_ms > ms ? by_chance_ms : ms;
    }
    return ms;
}

// A reconfiguration named the leader.
static void begin_named_role(struct zab *z, const struct zab_event *e, struct zab_effects *effects)
{
    if (z->core.vote.leader != z->next) {
        z->core.vote = (struct vote){
            .leader = z->next, .zxid = e->zxid, .election_epoch = -1, .peer_epoch = -1};
    }
    election_confirm(z->election);
    begin_role(z, e->now_ms, effects);
}

static void settled(struct zab *z, const struct zab_event *e, struct zab_effects *effects)
{
    ASSERT(z->saving == SAVING_NONE);
    take_settled_history(z, e->zxid);
    if (z->next != -1) {
        begin_named_role(z, e, effects);
        return;
    }
    int64_t wait_ms = delay_ms(z, e->now_ms);
    if (wait_ms > 0) {
        z->phase = PHASE_DELAYING;
        z->delay_until_ms = e->now_ms + wait_ms;
    } else {
        begin_election(z, e->now_ms, effects);
    }
}

// ---- events ----

// An epoch that was saved for a role that is over counts all the same; one that could not be saved
// was promised to nobody, and the next one may be smaller.
static void epoch_saved(struct zab *z, const struct zab_event *e)
{
    ASSERT(z->saving != SAVING_NONE);
    if (!e->is_ok) {
        z->max_accepted = z->core.accepted_epoch;
        z->max_current = z->core.current_epoch;
    }
    if (e->is_ok && z->phase == PHASE_SETTLING) {
        if (z->saving == SAVING_ACCEPTED) {
            core_set_accepted_epoch(&z->core, z->saving_epoch);
        } else {
            core_set_current_epoch(&z->core, z->saving_epoch);
        }
    }
    z->saving = SAVING_NONE;
}

static void start(struct zab *z, const struct zab_event *e, struct zab_effects *effects)
{
    ASSERT(z->phase == PHASE_IDLE);
    if (z->core.history.last != z->core.last_zxid) {
        recent_reset(&z->core.history, z->core.last_zxid);
    }
    begin_election(z, e->now_ms, effects);
}

// A follower that serves is an observer master, when its ensemble has those.
static void step_host(struct zab *z, const struct zab_event *e, struct zab_effects *effects)
{
    if (z->host != NULL) {
        leader_host_step(z->host, e, effects);
    } else if (z->core.options.has_master_port && z->core.role == ZAB_FOLLOWING &&
               learner_is_serving(z->learner)) {
        z->host = leader_new(&z->core);
        leader_host(z->host, e->now_ms, z->applied_zxid, learner_logged(z->learner), effects);
    }
}

// Where the tree stands, as far as the executor tells.
static void note_applied(struct zab *z, const struct zab_event *e)
{
    bool is_rebuilt = e->type == ZAB_EV_SNAP_LOADED || e->type == ZAB_EV_TRUNCATED;
    if (e->type == ZAB_EV_SETTLED || e->type == ZAB_EV_APPLIED || (is_rebuilt && e->is_ok)) {
        z->applied_zxid = e->zxid;
    }
}

static void step_role(struct zab *z, const struct zab_event *e, struct zab_effects *effects)
{
    if (z->phase == PHASE_LEADING) {
        leader_step(z->leader, e, effects);
    } else if (z->phase == PHASE_LEARNING) {
        learner_step(z->learner, e, effects);
        step_host(z, e, effects);
    }
}

static void notified(struct zab *z, const struct zab_event *e, struct zab_effects *effects)
{
    election_step(z->election, e, effects);
    if (z->phase == PHASE_LEADING && election_heard_looking(z->election)) {
        leader_voter_looks(z->leader, e->now_ms);
    }
}

static void dispatch(struct zab *z, const struct zab_event *e, struct zab_effects *effects)
{
    bool is_time = e->type == ZAB_EV_TIME;
    if (e->type == ZAB_EV_START) {
        start(z, e, effects);
    } else if (e->type == ZAB_EV_SETTLED) {
        ASSERT(z->phase == PHASE_SETTLING);
        settled(z, e, effects);
    } else if (e->type == ZAB_EV_NOTIFICATION) {
        notified(z, e, effects);
    } else if (is_time && z->phase == PHASE_ELECTING) {
        election_step(z->election, e, effects);
    } else if (is_time && z->phase == PHASE_DELAYING) {
        if (e->now_ms >= z->delay_until_ms) {
            begin_election(z, e->now_ms, effects);
        }
    } else {
        step_role(z, e, effects);
    }
}

// It leads and serves, or a leader has told it its epoch.
static bool is_role_confirmed(const struct zab *z)
{
    return (z->phase == PHASE_LEADING && leader_is_serving(z->leader)) ||
           (z->phase == PHASE_LEARNING && learner_is_accepted(z->learner));
}

// What the step decided: a leader is elected, a role is over. Both may be so at once.
static void move_on(struct zab *z, int64_t now_ms, struct zab_effects *effects)
{
    struct vote vote;
    int64_t next = -1;
    if (z->phase == PHASE_ELECTING && election_is_decided(z->election, &vote)) {
        z->core.vote = vote;
        begin_role(z, now_ms, effects);
    }
    const char *over = NULL;
    if (z->phase == PHASE_LEADING) {
        over = leader_is_over(z->leader, &next);
    } else if (z->phase == PHASE_LEARNING) {
        over = learner_is_over(z->learner, &next);
    }
    bool has_role = z->phase == PHASE_LEADING || z->phase == PHASE_LEARNING;
    if (is_role_confirmed(z)) {
        election_confirm(z->election);
    } else if (over == NULL && has_role && election_is_reopened(z->election)) {
        next = -1;
        over = "its voters have changed their minds";
    }
    if (over != NULL) {
        end_role(z, over, next, effects);
    }
}

void zab_step(struct zab *z, const struct zab_event *event, struct zab_effects *effects)
{
    if (z->phase == PHASE_ENDED || (z->phase == PHASE_IDLE && event->type != ZAB_EV_START)) {
        return;
    }
    size_t first = effects->count;
    if (event->type == ZAB_EV_EPOCH_SAVED) {
        epoch_saved(z, event);
    }
    note_applied(z, event);
    dispatch(z, event, effects);
    move_on(z, event->now_ms, effects);
    check_effects(z, effects, first);
    check_phase(z);
}

static bool learning_deadline_ms(const struct zab *z, int64_t *ret)
{
    int64_t own_ms = INT64_MAX;
    int64_t host_ms = INT64_MAX;
    bool has_own = learner_deadline_ms(z->learner, &own_ms);
    bool has_host = z->host != NULL && leader_deadline_ms(z->host, &host_ms);
    *ret = own_ms < host_ms ? own_ms : host_ms;
    return has_own || has_host;
}

bool zab_deadline_ms(const struct zab *z, int64_t *ret)
{
    switch (z->phase) {
    case PHASE_ELECTING:
        return election_deadline_ms(z->election, ret);
    case PHASE_LEADING:
        return leader_deadline_ms(z->leader, ret);
    case PHASE_LEARNING:
        return learning_deadline_ms(z, ret);
    case PHASE_DELAYING:
        *ret = z->delay_until_ms;
        return true;
    case PHASE_IDLE:
    case PHASE_SETTLING:
    case PHASE_ENDED:
        break;
    }
    return false;
}

// ---- asking ----

enum zab_role zab_role(const struct zab *z)
{
    return z->core.role;
}

const char *zab_role_name(enum zab_role role)
{
    switch (role) {
    case ZAB_LOOKING:
        return "looking";
    case ZAB_FOLLOWING:
        return "follower";
    case ZAB_LEADING:
        return "leader";
    case ZAB_OBSERVING:
        return "observer";
    }
    return "?";
}

// It leads, and serves.
static bool is_leading(const struct zab *z)
{
    return z->leader != NULL && leader_is_serving(z->leader);
}

bool zab_is_serving(const struct zab *z)
{
    return is_leading(z) || learner_is_serving(z->learner);
}

int64_t zab_leader_sid(const struct zab *z)
{
    return z->core.role == ZAB_LOOKING ? -1 : z->core.vote.leader;
}

int64_t zab_learns_from(const struct zab *z)
{
    return z->phase == PHASE_LEARNING ? learner_target(z->learner) : -1;
}

zab_link zab_leader_link(const struct zab *z)
{
    return learner_link(z->learner);
}

int64_t zab_epoch(const struct zab *z)
{
    return z->core.current_epoch;
}

const struct config_servers *zab_committed_config(const struct zab *z)
{
    return &z->core.committed;
}

const struct config_servers *zab_seen_config(const struct zab *z)
{
    return &z->core.seen;
}

bool zab_is_voter(const struct zab *z)
{
    return quorum_has(&z->core.quorums.of[0], z->core.options.sid);
}

size_t zab_voter_count(const struct zab *z)
{
    return z->core.quorums.of[0].count;
}

size_t zab_followers(const struct zab *z, struct zab_follower *ret, size_t max)
{
    const struct leader *l = z->leader != NULL ? z->leader : z->host;
    return l != NULL ? leader_followers(l, ret, max) : 0;
}

const char *zab_refuses_handover(const struct zab *z, int64_t sid)
{
    return z->leader != NULL ? leader_handover_refusal(z->leader, sid)
                             : "this server does not lead";
}

size_t zab_pending_syncs(const struct zab *z)
{
    return z->leader != NULL ? leader_pending_syncs(z->leader) : 0;
}

int64_t zab_last_proposed(const struct zab *z)
{
    return is_leading(z) ? leader_last_proposed(z->leader) : z->core.last_zxid;
}

int64_t zab_last_committed(const struct zab *z)
{
    return is_leading(z) ? leader_last_committed(z->leader) : z->core.history.committed;
}
