// SPDX-License-Identifier: Apache-2.0
//
// One round after the other: propose, tell everybody, count. The rules for one notification are in
// hear_* below, from the one that changes most to the one that changes least;
// docs/design/election.md says where they differ from Java's, and why that is safe.
#include "zab/election.h"

#include "base/assert.h"
#include "base/mark.h"
#include "base/mem.h"
#include "zab/ballots.h"
#include "zab/core.h"
#include "zab/notification.h"

enum election_state { ELECTION_IDLE, ELECTION_LOOKING, ELECTION_WAITING, ELECTION_DECIDED };

enum { ANSWERS = 64 }; // remembered, by the server's id

// What `sid` said last and what we answered: the same again within a moment is an echo.
struct answer {
    int64_t sid;
    int64_t at_ms;
    struct vote heard, said;
};

struct election {
    struct zab_core *core;
    enum election_state state;
    int64_t clock;               // logical: the number of the round
    struct vote initial;         // what we would vote if we were alone
    struct vote proposed;        // whom we vote for in this round
    struct vote decided;         // the end of the last round
    struct ballots round;        // votes of this round: Java's recvset
    struct ballots outside;      // of servers that have a leader, whatever the round: outofelection
    struct ballots late;         // of servers in a later round, passed over while waiting
    int64_t repeat_at_ms;        // tell everybody again
    int64_t repeat_after_ms;     // doubles each time
    int64_t final_at_ms;         // while waiting
    const struct ballots *basis; // of the decision: `round` or `outside`; NULL: it is confirmed
    struct vote basis_vote;      // as many of them as equal this
    bool is_joined;              // a leader that was there
    bool is_reopened;            // it should not have been taken, or not yet
    bool is_resumable;           // others go on in the same round
    bool has_heard_looking;      // the last notification was of a voter that looks, and we do not
    bool has_complained;         // of a notification that is none, in this round
    struct answer answers[ANSWERS];
};

struct election *election_new(struct zab_core *core)
{
    struct election *e = mem_zalloc(sizeof(*e));
    e->core = core;
    return e;
}

void election_free(struct election *e)
{
    mem_free(e);
}

// ---- asking ----

static bool is_looking(const struct election *e)
{
    return e->state == ELECTION_LOOKING || e->state == ELECTION_WAITING;
}

bool election_is_decided(const struct election *e, struct vote *ret)
{
    if (e->state != ELECTION_DECIDED) {
        return false;
    }
    *ret = e->decided;
    return true;
}

bool election_deadline_ms(const struct election *e, int64_t *ret)
{
    if (!is_looking(e)) {
        return false;
    }
    *ret = e->state == ELECTION_WAITING ? e->final_at_ms : e->repeat_at_ms;
    return true;
}

bool election_is_reopened(const struct election *e)
{
    return e->is_reopened;
}

bool election_heard_looking(const struct election *e)
{
    return e->has_heard_looking;
}

void election_confirm(struct election *e)
{
    e->basis = NULL;
    e->is_reopened = false;
}

int64_t election_clock(const struct election *e)
{
    return e->clock;
}

// ---- sending ----

static struct slice encode(const struct election *e, const struct vote *vote,
                           struct zab_effects *effects)
{
    struct buf config = {0};
    struct buf bytes = {0};
    core_print_config(&e->core->committed, &config);
    notification_encode(&(struct notification){.vote = *vote, .config = buf_slice(&config)},
                        &bytes);
    struct slice copy = zab_effects_copy(effects, buf_slice(&bytes));
    buf_fini(&config);
    buf_fini(&bytes);
    return copy;
}

static void notify(const struct election *e, int64_t sid, struct slice bytes,
                   struct zab_effects *effects)
{
    if (sid != e->core->options.sid) {
        struct zab_effect *effect = zab_effects_add(effects, ZAB_DO_NOTIFY);
        effect->sid = sid;
        effect->bytes = bytes;
    }
}

static void notify_all(const struct election *e, struct zab_effects *effects)
{
    const struct quorums *q = &e->core->quorums;
    struct slice bytes = encode(e, &e->proposed, effects);
    for (size_t i = 0; i < q->of[0].count; i++) {
        notify(e, q->of[0].voters[i].sid, bytes, effects);
    }
    for (size_t i = 0; q->count == 2 && i < q->of[1].count; i++) {
        if (!quorum_has(&q->of[0], q->of[1].voters[i].sid)) {
            notify(e, q->of[1].voters[i].sid, bytes, effects);
        }
    }
}

static bool is_same(const struct vote *a, const struct vote *b)
{
    return a->leader == b->leader && a->zxid == b->zxid && a->election_epoch == b->election_epoch &&
           a->peer_epoch == b->peer_epoch && a->state == b->state;
}

// Answer `sid`, which said `heard`. Two servers that do not agree on who votes would answer each
// other without end; who repeats itself earlier than any timeout makes it do so gets no answer.
static void answer(struct election *e, int64_t sid, const struct vote *heard,
                   const struct vote *said, int64_t now_ms, struct zab_effects *effects)
{
    struct answer *last = &e->answers[(uint64_t)sid % ANSWERS];
    if (last->sid == sid && is_same(&last->heard, heard) && is_same(&last->said, said) &&
        now_ms - last->at_ms < e->core->options.notification_min_ms / 2) {
        MARK("an echo is not answered");
        return;
    }
    *last = (struct answer){.sid = sid, .at_ms = now_ms, .heard = *heard, .said = *said};
    notify(e, sid, encode(e, said, effects), effects);
}

// ---- a round ----

// Who is in a later round would hear of the leader only when it asks again, which may take a
// minute.
static void tell_late(struct election *e, struct zab_effects *effects)
{
    for (size_t i = 0; i < e->late.count; i++) {
        notify(e, e->late.items[i].sid, encode(e, &e->decided, effects), effects);
    }
}

// Enough of `basis` equal `vote`.
static void decide(struct election *e, const struct ballots *basis, const struct vote *vote,
                   const char *why, struct zab_effects *effects)
{
    const struct zab_core *core = e->core;
    const struct config_member *own = config_servers_find(&core->committed, core->options.sid);
    e->state = ELECTION_DECIDED;
    e->decided = *vote;
    e->basis = basis;
    e->basis_vote = *vote;
    e->is_joined = vote->state != ZAB_LOOKING;
    if (vote->leader == core->options.sid) {
        e->decided.state = ZAB_LEADING;
    } else if (own != NULL && own->role == CONFIG_OBSERVER) {
        e->decided.state = ZAB_OBSERVING;
    } else {
        e->decided.state = ZAB_FOLLOWING; // also who is in no list: it follows without a vote
    }
    e->decided.version = 0;
    e->core->vote = e->decided;
    zab_effects_note(effects, "server %lld is elected in round 0x%llx: %s", (long long)vote->leader,
                     (unsigned long long)vote->election_epoch, why);
    tell_late(e, effects);
}

// Java always waits a moment for a better vote. When every voter has voted for the same there is
// none to wait for.
static void count(struct election *e, int64_t now_ms, struct zab_effects *effects)
{
    const struct quorums *q = &e->core->quorums;
    if (ballots_are_unanimous(&e->round, q, &e->proposed)) {
        decide(e, &e->round, &e->proposed, "every voter is for it", effects);
    } else if (e->state == ELECTION_LOOKING && ballots_have_quorum(&e->round, q, &e->proposed)) {
        e->state = ELECTION_WAITING;
        e->final_at_ms = now_ms + e->core->options.finalize_wait_ms;
    }
}

// Our own vote counts like everybody's, but for one without a history. Source: the message to
// oneself in QuorumCnxManager.toSend.
static void propose(struct election *e, const struct vote *vote, int64_t now_ms,
                    struct zab_effects *effects)
{
    e->state = ELECTION_LOOKING;
    e->repeat_at_ms = now_ms + e->repeat_after_ms;
    e->proposed = *vote;
    e->proposed.election_epoch = e->clock;
    e->proposed.state = ZAB_LOOKING;
    e->proposed.version = 0;
    notify_all(e, effects);
    if (quorums_has(&e->core->quorums, e->core->options.sid) && e->initial.zxid != -1) {
        ballots_put(&e->round, e->core->options.sid, &e->proposed);
    }
}

// Source: getInitId, getInitLastLoggedZxid, getPeerEpoch; differs: who cannot be elected claims no
// history, whether it observes or is in no list. A configuration to come may count its vote, which
// must then not be held by a history that nobody can follow. Who lost its history says so.
static struct vote initial_vote(const struct zab_core *core)
{
    const struct config_member *own = config_servers_find(&core->committed, core->options.sid);
    bool is_voter = own != NULL && own->role == CONFIG_PARTICIPANT;
    bool has_no_trust = core->last_zxid == -1 && (own == NULL || is_voter);
    return (struct vote){
        .leader = is_voter ? core->options.sid : INT64_MIN,
        .zxid = is_voter || has_no_trust ? core->last_zxid : INT64_MIN,
        .peer_epoch = is_voter ? core->current_epoch : INT64_MIN,
    };
}

// What this server votes for at the beginning of a round: itself; but once for the one it left
// leading to, if that has everything that is here.
static struct vote first_vote(struct zab_core *core)
{
    bool is_favoured = core->has_favourite && core->last_zxid != -1 &&
                       core->favourite.peer_epoch == core->current_epoch &&
                       core->favourite.zxid >= core->last_zxid &&
                       quorums_has(&core->quorums, core->options.sid) &&
                       quorums_has(&core->quorums, core->favourite.leader);
    core->has_favourite = false;
    return is_favoured ? core->favourite : initial_vote(core);
}

// The decision was reopened, and nothing has been learned since: go on where the round was left.
// What others have voted meanwhile is in the ballots.
static void resume(struct election *e, int64_t now_ms, struct zab_effects *effects)
{
    struct vote best = e->initial;
    for (size_t i = 0; i < e->round.count; i++) {
        const struct vote *cast = &e->round.items[i].vote;
        if (cast->state == ZAB_LOOKING && vote_is_better(&e->core->quorums, cast, &best)) {
            best = *cast;
        }
    }
    zab_effects_note(effects, "going on with round 0x%llx", (unsigned long long)e->clock);
    propose(e, &best, now_ms, effects);
    count(e, now_ms, effects);
}

static void begin(struct election *e, int64_t now_ms, struct zab_effects *effects)
{
    e->clock = (int64_t)((uint64_t)e->clock + 1);
    e->initial = first_vote(e->core);
    e->has_complained = false;
    ballots_clear(&e->round);
    ballots_clear(&e->outside);
    ballots_clear(&e->late);
    e->repeat_after_ms = e->core->options.notification_min_ms;
    zab_effects_note(effects, "looking for a leader in round 0x%llx, own zxid 0x%llx, epoch 0x%llx",
                     (unsigned long long)e->clock, (unsigned long long)e->core->last_zxid,
                     (unsigned long long)e->core->current_epoch);
    propose(e, &e->initial, now_ms, effects);
    count(e, now_ms, effects);
}

void election_begin(struct election *e, int64_t now_ms, struct zab_effects *effects)
{
    struct vote initial = initial_vote(e->core);
    bool is_resumed = e->is_reopened && e->is_resumable && is_same(&initial, &e->initial);
    ASSERT(e->core->role == ZAB_LOOKING);
    e->is_reopened = false;
    e->is_resumable = false;
    if (is_resumed) {
        resume(e, now_ms, effects);
    } else {
        begin(e, now_ms, effects);
    }
}

static void on_time(struct election *e, int64_t now_ms, struct zab_effects *effects)
{
    if (e->state == ELECTION_WAITING && now_ms >= e->final_at_ms) {
        decide(e, &e->round, &e->proposed, "a quorum is for it", effects);
    } else if (e->state == ELECTION_LOOKING && now_ms >= e->repeat_at_ms) {
        int64_t max_ms = e->core->options.notification_max_ms;
        e->repeat_after_ms = e->repeat_after_ms > max_ms / 2 ? max_ms : 2 * e->repeat_after_ms;
        e->repeat_at_ms = now_ms + e->repeat_after_ms;
        notify_all(e, effects);
    }
}

// ---- hearing others while looking ----

static bool is_better(const struct election *e, const struct vote *a, const struct vote *b)
{
    return vote_is_better(&e->core->quorums, a, b);
}

// The vote of one that looks, too. Source: the case LOOKING of lookForLeader.
static void hear_looking(struct election *e, int64_t sid, const struct vote *vote, int64_t now_ms,
                         struct zab_effects *effects)
{
    ballots_drop(&e->outside, sid); // it has a leader no longer
    if (e->initial.zxid == -1 || vote->zxid == -1) {
        MARK("a vote without a history does not count");
        return;
    }
    if (vote->election_epoch > e->clock) {
        if (e->state == ELECTION_WAITING && !is_better(e, vote, &e->proposed)) {
            MARK("a later round does not disturb a quorum");
            ballots_put(&e->late, sid, vote);
            return;
        }
        e->clock = vote->election_epoch;
        ballots_clear(&e->round);
        propose(e, is_better(e, vote, &e->initial) ? vote : &e->initial, now_ms, effects);
    } else if (vote->election_epoch < e->clock) {
        return;
    } else if (is_better(e, vote, &e->proposed)) {
        propose(e, vote, now_ms, effects);
    }
    ballots_put(&e->round, sid,
                &(struct vote){.leader = vote->leader,
                               .zxid = vote->zxid,
                               .election_epoch = vote->election_epoch,
                               .peer_epoch = vote->peer_epoch});
    count(e, now_ms, effects);
}

// The vote of one that looks and is for nobody: it votes only in a configuration that is to come.
// What it says is its round. Differs: Java ignores it, and it may stay in a later round for ever.
static void hear_undecided(struct election *e, const struct vote *vote, int64_t now_ms,
                           struct zab_effects *effects)
{
    if (e->state == ELECTION_LOOKING && vote->election_epoch > e->clock) {
        MARK("a later round without a candidate is joined");
        e->clock = vote->election_epoch;
        ballots_clear(&e->round);
        propose(e, &e->initial, now_ms, effects);
    }
}

// A leader must say itself that it leads, or everybody would go on electing one that crashed.
static bool check_leader(const struct election *e, const struct ballots *ballots,
                         const struct vote *vote)
{
    if (vote->leader == e->core->options.sid) {
        return vote->election_epoch == e->clock;
    }
    const struct vote *own = ballots_find(ballots, vote->leader);
    return own != NULL && own->state == ZAB_LEADING;
}

// To join a leader that is there, a quorum of the configuration in force is enough. Source:
// getVoteTracker; differs: Java also asks for a quorum of the last seen configuration, which those
// who followed another leader may have given up long ago: then this server would look for ever.
// Joining promises nothing; the leader counts its quorums itself.
static bool join(struct election *e, const struct ballots *ballots, const struct vote *vote,
                 struct zab_effects *effects)
{
    const struct quorums in_force = {.of = {e->core->quorums.of[0]}, .count = 1};
    if (!ballots_have_quorum(ballots, &in_force, vote) || !check_leader(e, ballots, vote)) {
        return false;
    }
    e->clock = vote->election_epoch;
    decide(e, ballots, vote, "it leads a quorum", effects);
    return true;
}

// The vote of one that has a leader. Source: receivedFollowingNotification.
static void hear_settled(struct election *e, int64_t sid, const struct vote *vote,
                         struct zab_effects *effects)
{
    if (vote->election_epoch == e->clock) {
        struct vote unversioned = *vote;
        unversioned.version = 0;
        ballots_put(&e->round, sid, &unversioned);
        if (join(e, &e->round, vote, effects)) {
            return;
        }
    }
    ballots_put(&e->outside, sid, vote);
    (void)join(e, &e->outside, vote, effects);
}

// Tell one that looks in an earlier round; and, other than Java, one whose vote in this round is
// worse than ours: it began after we had told everybody, and would wait until we do so again.
static bool deserves_answer(const struct election *e, const struct vote *vote)
{
    if (!is_looking(e) || vote->state != ZAB_LOOKING) {
        return false;
    }
    if (vote->election_epoch == e->clock) {
        return vote->zxid != -1 && e->initial.zxid != -1 && is_better(e, &e->proposed, vote);
    }
    return vote->election_epoch < e->clock;
}

static void hear(struct election *e, int64_t sid, const struct vote *vote, int64_t now_ms,
                 struct zab_effects *effects)
{
    if (quorums_has(&e->core->quorums, vote->leader)) {
        switch (vote->state) {
        case ZAB_LOOKING:
            hear_looking(e, sid, vote, now_ms, effects);
            break;
        case ZAB_FOLLOWING:
        case ZAB_LEADING:
            hear_settled(e, sid, vote, effects);
            break;
        case ZAB_OBSERVING:
            break;
        }
    } else if (vote->state == ZAB_LOOKING) {
        hear_undecided(e, vote, now_ms, effects);
    }
    if (deserves_answer(e, vote)) {
        answer(e, sid, vote, &e->proposed, now_ms, effects);
    }
}

// ---- notifications in every state ----

// A newer configuration than ours is in force elsewhere. True when a new round began in it.
// Source: WorkerReceiver.run; differs: with reconfiguration disabled there is no new round, either.
static bool adopt_config(struct election *e, struct slice text, int64_t now_ms,
                         struct zab_effects *effects)
{
    struct zab_core *core = e->core;
    struct config_servers config;
    struct buf complaint = {0};
    config_servers_init(&config);
    bool is_newer = config_servers_parse(text, &config, &complaint) == ERR_OK &&
                    config.version > core->committed.version;
    bool is_different = is_newer && !config_servers_equal(&config, &core->committed);
    config_servers_fini(&config);
    buf_fini(&complaint);
    if (!is_newer || core_activate_config(core, text) != ERR_OK) {
        return false;
    }
    struct buf canonical = {0};
    core_print_config(&core->committed, &canonical);
    zab_effects_add(effects, ZAB_DO_ACTIVATE_CONFIG)->config =
        zab_effects_copy(effects, buf_slice(&canonical));
    buf_fini(&canonical);
    zab_effects_note(effects, "configuration 0x%llx is in force",
                     (unsigned long long)core->committed.version);
    if (is_different) {
        begin(e, now_ms, effects);
    }
    return is_different;
}

// Most notifications carry the text that is in force here.
static bool is_own_config(const struct election *e, struct slice text)
{
    struct buf own = {0};
    core_print_config(&e->core->committed, &own);
    bool is_same_text = slice_equal(text, buf_slice(&own));
    buf_fini(&own);
    return is_same_text;
}

// What we say while we do not look. False: nothing, between the end of a role and the next round.
static bool settled_vote(const struct election *e, struct vote *ret)
{
    *ret = e->core->vote;
    ret->state = e->core->role;
    return e->core->role != ZAB_LOOKING;
}

// Count a vote of one that looks against the decision: is what is left enough for it?
static bool is_still_decided(struct election *e, int64_t sid, const struct vote *vote,
                             bool is_of_round)
{
    const struct zab_core *core = e->core;
    const struct quorums in_force = {.of = {core->quorums.of[0]}, .count = 1};
    ballots_drop(&e->outside, sid); // it has a leader no longer
    if (is_of_round) {
        struct vote cast = *vote;
        cast.version = 0;
        ballots_put(&e->round, sid, &cast);
    } else {
        ballots_drop(&e->round, sid);
    }
    if (sid == e->decided.leader && (!is_of_round || vote->leader != sid)) {
        return false;
    }
    return ballots_have_quorum(e->basis, e->is_joined ? &in_force : &core->quorums, &e->basis_vote);
}

// We decided, and now one whose vote was counted votes for another: it heard of a better vote after
// us, or began anew. If that was one too many, the others will elect without us, and who was named,
// whether we or another, may wait in vain until initLimit. The same when the leader looks again.
// Whether it is too late to reopen the decision, the caller knows.
static void reconsider(struct election *e, int64_t sid, const struct vote *vote)
{
    bool is_of_round = vote->election_epoch == e->decided.election_epoch && vote->zxid != -1 &&
                       quorums_has(&e->core->quorums, vote->leader);
    if (e->state == ELECTION_DECIDED && e->basis != NULL &&
        !is_still_decided(e, sid, vote, is_of_round)) {
        e->is_resumable = is_of_round && (e->is_resumable || !e->is_reopened);
        e->is_reopened = true;
    }
}

// One that does not vote here: an observer, or a server that is to join. It gets to know the round
// of now. Source: WorkerReceiver.run; differs: while we look, it gets our proposal instead of the
// vote of the round before.
static void answer_stranger(struct election *e, int64_t sid, const struct vote *vote,
                            int64_t now_ms, struct zab_effects *effects)
{
    struct vote said = e->proposed;
    if (is_looking(e) || settled_vote(e, &said)) {
        said.election_epoch = e->clock;
        answer(e, sid, vote, &said, now_ms, effects);
    }
}

// A round of a voter begins with a vote for itself.
static void hear_claim(struct election *e, int64_t sid, const struct vote *vote)
{
    if (vote->state == ZAB_LOOKING && vote->leader == sid) {
        core_hear_claim(e->core, sid, vote->peer_epoch);
    }
}

static void on_malformed(struct election *e, int64_t sid, struct zab_effects *effects)
{
    if (!e->has_complained) {
        e->has_complained = true;
        zab_effects_note(effects, "server %lld sent a notification that is none", (long long)sid);
    }
}

static void on_notification(struct election *e, const struct zab_event *event,
                            struct zab_effects *effects)
{
    struct notification n;
    struct vote said;
    e->has_heard_looking = false;
    if (event->sid == e->core->options.sid) {
        return; // another server believes to be us
    }
    if (notification_decode(event->bytes, &n) != ERR_OK) {
        on_malformed(e, event->sid, effects);
        return;
    }
    hear_claim(e, event->sid, &n.vote);
    if (is_looking(e) && e->core->options.reconfig_enabled && !slice_is_null(n.config) &&
        !is_own_config(e, n.config) && adopt_config(e, n.config, event->now_ms, effects)) {
        return;
    }
    if (!quorums_has(&e->core->quorums, event->sid)) {
        answer_stranger(e, event->sid, &n.vote, event->now_ms, effects);
    } else if (is_looking(e)) {
        hear(e, event->sid, &n.vote, event->now_ms, effects);
    } else if (n.vote.state == ZAB_LOOKING) {
        e->has_heard_looking = true;
        reconsider(e, event->sid, &n.vote);
        if (settled_vote(e, &said)) {
            answer(e, event->sid, &n.vote, &said, event->now_ms, effects);
        }
    }
}

void election_step(struct election *e, const struct zab_event *event, struct zab_effects *effects)
{
    if (event->type == ZAB_EV_NOTIFICATION) {
        on_notification(e, event, effects);
    } else if (event->type == ZAB_EV_TIME) {
        on_time(e, event->now_ms, effects);
    }
}
