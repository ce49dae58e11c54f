// SPDX-License-Identifier: Apache-2.0
//
// The learner's course: which stage may follow which, which packet is legal where, how the leader
// is reached, the promise of an epoch, and how long it waits for what.
//
// The stages follow each other downwards; every one may end in OVER:
//
//     PAUSING <-> DIALLING -> DISCOVERING -> PROMISING -> CHOOSING -> REBUILDING -> SYNCING
//                                  └── the same epoch ───────┘   └──── DIFF ─────────┘
//     SYNCING -> LOGGING -> SAVING -> WAITING -> BROADCASTING
//
// While it waits for its own disk (PROMISING, REBUILDING, LOGGING, SAVING) no deadline runs.
#include "zab/learner_priv.h"

#include <inttypes.h>

#include "base/assert.h"
#include "base/mem.h"

#define TO(stage) (1u << (stage))

static const unsigned may_follow[LEARNER_STAGES] = {
    [LEARNER_IDLE] = TO(LEARNER_PAUSING) | TO(LEARNER_DIALLING),
    [LEARNER_PAUSING] = TO(LEARNER_DIALLING),
    [LEARNER_DIALLING] = TO(LEARNER_PAUSING) | TO(LEARNER_DISCOVERING),
    [LEARNER_DISCOVERING] = TO(LEARNER_PROMISING) | TO(LEARNER_CHOOSING),
    [LEARNER_PROMISING] = TO(LEARNER_CHOOSING),
    [LEARNER_CHOOSING] = TO(LEARNER_REBUILDING) | TO(LEARNER_SYNCING),
    [LEARNER_REBUILDING] = TO(LEARNER_SYNCING),
    [LEARNER_SYNCING] = TO(LEARNER_LOGGING),
    [LEARNER_LOGGING] = TO(LEARNER_SAVING),
    [LEARNER_SAVING] = TO(LEARNER_WAITING),
    [LEARNER_WAITING] = TO(LEARNER_BROADCASTING),
};

static void check_invariants(const struct learner *l)
{
    ASSERT((l->link == 0) == (l->stage <= LEARNER_PAUSING || l->stage == LEARNER_OVER));
    ASSERT(l->stage == LEARNER_BROADCASTING || l->ack_next == -1 || l->stage == LEARNER_OVER);
    ASSERT(l->stage != LEARNER_BROADCASTING || learner_observes(l) || l->waiting_count == 0);
    ASSERT(l->waiting_committed <= l->waiting_count);
    ASSERT(l->appended == -1 || l->appended == l->core->last_zxid);
}

void learner_move(struct learner *l, enum learner_stage to)
{
    ASSERT(to == LEARNER_OVER || (may_follow[l->stage] & TO(to)) != 0);
    l->stage = to;
    l->deadline_ms = -1;
    l->read_ticks = 0;
}

void learner_expect(struct learner *l, enum learner_stage to, int64_t ticks)
{
    learner_move(l, to);
    l->read_ticks = ticks;
    l->deadline_ms = l->now_ms + ticks * l->core->options.tick_ms;
}

static void hang_up(struct learner *l, struct zab_effects *effects)
{
    if (l->link != 0) {
        zab_effects_add(effects, ZAB_DO_CLOSE)->link = l->link;
        l->link = 0;
    }
}

void learner_fail(struct learner *l, const char *reason, struct zab_effects *effects)
{
    if (l->stage != LEARNER_OVER) {
        hang_up(l, effects);
        learner_move(l, LEARNER_OVER);
        l->reason = reason;
    }
}

void learner_exit(struct learner *l, int code, const char *text, struct zab_effects *effects)
{
    learner_fail(l, text, effects);
    struct zab_effect *e = zab_effects_add(effects, ZAB_DO_EXIT);
    e->code = code;
    e->text = text;
}

// ---- life cycle ----

struct learner *learner_new(struct zab_core *core)
{
    struct learner *l = mem_zalloc(sizeof(*l));
    l->core = core;
    l->deadline_ms = -1;
    return l;
}

void learner_free(struct learner *l)
{
    if (l != NULL) {
        learner_drop_waiting(l);
        mem_free(l->waiting);
        buf_fini(&l->config);
        mem_free(l);
    }
}

// ---- the way to the leader. Source: Learner.connectToLeader, QuorumPeer.findLearnerMaster ----

static int64_t dial_budget_ms(const struct learner *l)
{
    const struct zab_options *o = &l->core->options;
    return (o->connect_limit > 0 ? o->connect_limit : o->init_limit) * o->tick_ms;
}

static void dial(struct learner *l, struct zab_effects *effects)
{
    if (l->tries == 0) {
        l->dial_until_ms = l->now_ms + dial_budget_ms(l);
    }
    learner_move(l, LEARNER_DIALLING);
    l->deadline_ms = l->dial_until_ms;
    l->tries++;
    l->link = l->core->next_link++;
    struct zab_effect *e = zab_effects_add(effects, ZAB_DO_DIAL);
    e->link = l->link;
    e->sid = l->target;
    e->is_master = l->is_master;
}

static void pause(struct learner *l, int64_t pause_ms)
{
    learner_move(l, LEARNER_PAUSING);
    l->deadline_ms = l->now_ms + pause_ms;
}

static void dial_failed(struct learner *l, struct zab_effects *effects)
{
    l->link = 0;
    int64_t pause_ms = (int64_t)LEARNER_RETRY_MIN_MS << (l->tries - 1);
    pause_ms = pause_ms < LEARNER_RETRY_MAX_MS ? pause_ms : LEARNER_RETRY_MAX_MS;
    if (l->tries == LEARNER_TRIES || l->now_ms + pause_ms >= l->dial_until_ms) {
        learner_fail(l, "the leader cannot be reached", effects);
    } else {
        pause(l, pause_ms);
    }
}

// All voters but this server, in an order of chance.
static void shuffle_masters(struct learner *l)
{
    const struct config_servers *config = &l->core->committed;
    l->master_next = 0;
    l->master_count = 0;
    for (size_t i = 0; i < config->count; i++) {
        const struct config_member *m = &config->members[i];
        if (m->role == CONFIG_PARTICIPANT && m->id != l->core->options.sid) {
            size_t at = (size_t)prng_below(&l->core->prng, l->master_count + 1);
            l->masters[l->master_count++] = l->masters[at];
            l->masters[at] = m->id;
        }
    }
}

// Whom to learn from. Returns how long to wait before: after each round over the masters, and, so
// that a leader is not overrun, before each way to a leader.
static int64_t choose_target(struct learner *l, const struct vote *vote)
{
    const struct zab_options *o = &l->core->options;
    int64_t delay = o->observer_reconnect_delay_ms;
    l->target = vote->leader;
    l->is_master = false;
    if (!learner_observes(l)) {
        return 0;
    }
    if (o->has_master_port) {
        bool is_new_round = l->master_next == l->master_count;
        bool is_first = l->master_count == 0;
        if (is_new_round && !is_first) { // no master took us in: the leader does
            l->master_next = l->master_count = 0;
            return delay > 0 ? (int64_t)prng_below(&l->core->prng, (uint64_t)delay) : 0;
        }
        if (is_new_round) {
            shuffle_masters(l);
        }
        if (l->master_count > 0) {
            l->target = l->masters[l->master_next++];
            l->is_master = true;
        }
        delay = is_new_round && !is_first ? delay : 0;
    }
    return delay > 0 ? (int64_t)prng_below(&l->core->prng, (uint64_t)delay) : 0;
}

void learner_begin(struct learner *l, const struct vote *vote, int64_t now_ms,
                   struct zab_effects *effects)
{
    ASSERT(l->core->role == ZAB_FOLLOWING || l->core->role == ZAB_OBSERVING);
    ASSERT(l->core->history.last == l->core->history.committed);
    learner_drop_waiting(l);
    buf_clear(&l->config);
    l->stage = LEARNER_IDLE;
    l->now_ms = now_ms;
    l->reason = NULL;
    l->next = -1;
    l->tries = 0;
    l->epoch = 0;
    l->snap_zxid = -1;
    l->appended = -1;
    l->logged = -1;
    l->ack_next = -1;
    int64_t delay = choose_target(l, vote);
    zab_effects_note(effects, "%s %" PRId64 "%s", learner_observes(l) ? "observing" : "following",
                     l->target, l->is_master ? ", an observer master" : "");
    if (delay > 0) {
        pause(l, delay);
    } else {
        dial(l, effects);
    }
    check_invariants(l);
}

void learner_end(struct learner *l, struct zab_effects *effects)
{
    hang_up(l, effects);
    learner_drop_waiting(l);
    l->stage = LEARNER_IDLE;
    l->deadline_ms = -1;
    l->appended = -1;
    l->ack_next = -1;
}

// ---- discovery. Source: Learner.registerWithLeader; Zab phase 1 ----

static void introduce(struct learner *l, struct zab_effects *effects)
{
    const struct zab_learner_info info = {
        .has_sid = true,
        .sid = l->core->options.sid,
        .protocol_version = ZAB_PROTOCOL_VERSION,
        .config_version = l->core->committed.version,
    };
    struct buf data = {0};
    zab_learner_info_encode(&info, &data);
    int32_t type = learner_observes(l) ? ZAB_OBSERVERINFO : ZAB_FOLLOWERINFO;
    zab_effects_send(effects, l->link, type, zab_epoch_start(l->core->accepted_epoch),
                     buf_slice(&data));
    buf_fini(&data);
    learner_expect(l, LEARNER_DISCOVERING, l->core->options.init_limit);
}

// -1 says that the epoch was promised before: then this does not count as a promise again.
static void acknowledge_epoch(struct learner *l, int32_t current_epoch, struct zab_effects *effects)
{
    uint8_t data[4];
    be32_store(data, (uint32_t)current_epoch);
    zab_effects_send(effects, l->link, ZAB_ACKEPOCH, l->core->last_zxid,
                     slice_of(data, sizeof(data)));
    learner_expect(l, LEARNER_CHOOSING, l->core->options.init_limit);
}

// In an epoch before one that we promised to take no part in earlier ones.
static void refuse_epoch(struct learner *l, struct zab_effects *effects)
{
    const struct zab_core *core = l->core;
    bool is_ahead = core->current_epoch > l->epoch;
    zab_effects_note(effects, "the leader's epoch is %" PRId64 ", accepted is %" PRId64, l->epoch,
                     core->accepted_epoch);
    learner_fail(l,
                 is_ahead ? "the leader lacks the epoch that the data here is of"
                          : "the leader's epoch is smaller than the accepted one",
                 effects);
}

static void on_leaderinfo(struct learner *l, const struct zab_packet *p,
                          struct zab_effects *effects)
{
    l->epoch = zab_epoch_of(p->zxid);
    if (p->data.len < 4) {
        learner_fail(l, "LEADERINFO without a protocol version", effects);
    } else if (l->epoch > l->core->accepted_epoch) {
        learner_move(l, LEARNER_PROMISING);
        zab_effects_add(effects, ZAB_DO_SAVE_ACCEPTED)->epoch = l->epoch;
    } else if (l->epoch == l->core->accepted_epoch) {
        acknowledge_epoch(l, -1, effects);
    } else {
        refuse_epoch(l, effects);
    }
}

static void epoch_saved(struct learner *l, bool is_ok, struct zab_effects *effects)
{
    if (!is_ok) {
        learner_fail(l, "an epoch could not be saved", effects);
    } else if (l->stage == LEARNER_PROMISING) {
        core_set_accepted_epoch(l->core, l->epoch);
        acknowledge_epoch(l, (int32_t)l->core->current_epoch, effects);
    } else {
        ASSERT(l->stage == LEARNER_SAVING);
        core_set_current_epoch(l->core, l->epoch);
        learner_current_saved(l, effects);
    }
}

// ---- which packet is legal where ----

// PINGs may come while we synchronise; answering them would be taken for NEWLEADER's
// acknowledgement. In steady state an observer's leader may send what is for followers.
static void ignore(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    (void)l;
    (void)p;
    (void)effects;
}

static void on_ping(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    struct zab_effect *e = zab_effects_add(effects, ZAB_DO_PONG);
    e->link = l->link;
    e->packet = *p;
}

static void deliver(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    struct zab_effect *e = zab_effects_add(effects, ZAB_DO_DELIVER);
    e->link = l->link;
    e->packet = *p;
}

enum { TYPES = ZAB_INFORMANDACTIVATE + 1 };

static learner_handler *const while_syncing[TYPES] = {
    [ZAB_PROPOSAL] = learner_on_early_proposal,
    [ZAB_COMMIT] = learner_on_early_commit,
    [ZAB_COMMITANDACTIVATE] = learner_on_early_activate,
    [ZAB_INFORM] = learner_on_early_inform,
    [ZAB_INFORMANDACTIVATE] = learner_on_early_inform_activate,
    [ZAB_NEWLEADER] = learner_on_newleader,
    [ZAB_PING] = ignore,
};
static learner_handler *const while_acknowledging[TYPES] = {
    [ZAB_PROPOSAL] = learner_on_early_proposal,
    [ZAB_COMMIT] = learner_on_early_commit,
    [ZAB_COMMITANDACTIVATE] = learner_on_early_activate,
    [ZAB_INFORM] = learner_on_early_inform,
    [ZAB_INFORMANDACTIVATE] = learner_on_early_inform_activate,
    [ZAB_PING] = ignore,
};
static learner_handler *const while_waiting[TYPES] = {
    [ZAB_PROPOSAL] = learner_on_early_proposal,
    [ZAB_COMMIT] = learner_on_early_commit,
    [ZAB_COMMITANDACTIVATE] = learner_on_early_activate,
    [ZAB_INFORM] = learner_on_early_inform,
    [ZAB_INFORMANDACTIVATE] = learner_on_early_inform_activate,
    [ZAB_UPTODATE] = learner_on_uptodate,
    [ZAB_PING] = ignore,
};
static learner_handler *const while_discovering[TYPES] = {
    [ZAB_LEADERINFO] = on_leaderinfo,
};
static learner_handler *const while_choosing[TYPES] = {
    [ZAB_DIFF] = learner_on_diff,
    [ZAB_TRUNC] = learner_on_trunc,
    [ZAB_SNAP] = learner_on_snap,
    [ZAB_PING] = ignore,
};
static learner_handler *const while_following[TYPES] = {
    [ZAB_PROPOSAL] = learner_on_proposal,
    [ZAB_COMMIT] = learner_on_commit,
    [ZAB_COMMITANDACTIVATE] = learner_on_activate,
    [ZAB_PING] = on_ping,
    [ZAB_REVALIDATE] = deliver,
    [ZAB_SYNC] = deliver,
};
static learner_handler *const while_observing[TYPES] = {
    [ZAB_INFORM] = learner_on_inform, [ZAB_INFORMANDACTIVATE] = learner_on_inform_activate,
    [ZAB_PROPOSAL] = ignore,          [ZAB_COMMIT] = ignore,
    [ZAB_COMMITANDACTIVATE] = ignore, [ZAB_PING] = on_ping,
    [ZAB_REVALIDATE] = deliver,       [ZAB_SYNC] = deliver,
};

static learner_handler *const *const legal_packets[LEARNER_STAGES] = {
    [LEARNER_DISCOVERING] = while_discovering, [LEARNER_CHOOSING] = while_choosing,
    [LEARNER_SYNCING] = while_syncing,         [LEARNER_LOGGING] = while_acknowledging,
    [LEARNER_SAVING] = while_acknowledging,    [LEARNER_WAITING] = while_waiting,
    [LEARNER_BROADCASTING] = while_following,
};

static void on_packet(struct learner *l, const struct zab_packet *p, struct zab_effects *effects)
{
    ASSERT(l->stage != LEARNER_REBUILDING); // the executor holds the link's packets back
    learner_handler *const *legal = legal_packets[l->stage];
    if (legal == while_following && learner_observes(l)) {
        legal = while_observing;
    }
    if (l->read_ticks > 0) {
        l->deadline_ms = l->now_ms + l->read_ticks * l->core->options.tick_ms;
    }
    bool is_known = p->type > 0 && p->type < TYPES;
    if (legal == NULL || !is_known || legal[p->type] == NULL) {
        zab_effects_note(effects, "%s (type %d) is out of place", zab_packet_name(p->type),
                         (int)p->type);
        learner_fail(l, "a packet out of place", effects);
    } else {
        legal[p->type](l, p, effects);
    }
}

// ---- events ----

static void on_time(struct learner *l, struct zab_effects *effects)
{
    if (l->deadline_ms == -1 || l->now_ms < l->deadline_ms) {
        return;
    }
    if (l->stage == LEARNER_PAUSING) {
        dial(l, effects);
    } else if (l->stage == LEARNER_DIALLING) {
        learner_fail(l, "the leader could not be reached in time", effects);
    } else {
        learner_fail(l, "the leader has been silent for too long", effects);
    }
}

static void on_link(struct learner *l, const struct zab_event *e, struct zab_effects *effects)
{
    if (e->link != l->link || l->link == 0) {
        return;
    }
    if (e->type == ZAB_EV_LINK_UP && l->stage == LEARNER_DIALLING) {
        introduce(l, effects);
    } else if (e->type == ZAB_EV_LINK_DOWN && l->stage == LEARNER_DIALLING) {
        dial_failed(l, effects);
    } else if (e->type == ZAB_EV_LINK_DOWN) {
        l->link = 0;
        learner_fail(l, "the connection to the leader was lost", effects);
    } else if (e->type == ZAB_EV_PACKET) {
        on_packet(l, &e->packet, effects);
    }
}

static void on_logged(struct learner *l, const struct zab_event *e, struct zab_effects *effects)
{
    if (e->zxid > l->logged) {
        l->logged = e->zxid;
    }
    if (l->stage == LEARNER_LOGGING) {
        learner_try_save_current(l, effects);
    } else if (l->stage == LEARNER_BROADCASTING) {
        learner_acknowledge(l, effects);
    }
}

static void dispatch(struct learner *l, const struct zab_event *e, struct zab_effects *effects)
{
    switch (e->type) {
    case ZAB_EV_TIME:
        on_time(l, effects);
        break;
    case ZAB_EV_LINK_UP:
    case ZAB_EV_LINK_DOWN:
    case ZAB_EV_PACKET:
        on_link(l, e, effects);
        break;
    case ZAB_EV_SNAP_LOADED:
    case ZAB_EV_TRUNCATED:
        learner_rebuilt(l, e, effects);
        break;
    case ZAB_EV_EPOCH_SAVED:
        epoch_saved(l, e->is_ok, effects);
        break;
    case ZAB_EV_LOGGED:
        on_logged(l, e, effects);
        break;
    case ZAB_EV_FAILED:
        learner_fail(l, "this server cannot go on", effects);
        break;
    case ZAB_EV_START:
    case ZAB_EV_NOTIFICATION:
    case ZAB_EV_LINK_ROOM:
    case ZAB_EV_SNAP_BEGUN:
    case ZAB_EV_SNAP_SENT:
    case ZAB_EV_LOG_READ:
    case ZAB_EV_SETTLED:
    case ZAB_EV_PROPOSE:
    case ZAB_EV_SYNC:
    case ZAB_EV_APPLIED:
    case ZAB_EV_HAND_OVER:
        break; // of a leader, or of all roles
    }
}

void learner_step(struct learner *l, const struct zab_event *e, struct zab_effects *effects)
{
    l->now_ms = e->now_ms;
    if (l->stage != LEARNER_IDLE && l->stage != LEARNER_OVER) {
        dispatch(l, e, effects);
        check_invariants(l);
    }
}

// ---- asking ----

const char *learner_is_over(const struct learner *l, int64_t *ret_next)
{
    if (l->stage != LEARNER_OVER) {
        return NULL;
    }
    *ret_next = l->next;
    return l->reason;
}

bool learner_is_accepted(const struct learner *l)
{
    return l->stage > LEARNER_DISCOVERING && l->stage < LEARNER_OVER;
}

bool learner_is_serving(const struct learner *l)
{
    return l->stage == LEARNER_BROADCASTING;
}

bool learner_deadline_ms(const struct learner *l, int64_t *ret)
{
    if (l->deadline_ms == -1) {
        return false;
    }
    *ret = l->deadline_ms;
    return true;
}

zab_link learner_link(const struct learner *l)
{
    return l->link;
}

int64_t learner_target(const struct learner *l)
{
    return l->target;
}

int64_t learner_logged(const struct learner *l)
{
    return l->logged;
}
