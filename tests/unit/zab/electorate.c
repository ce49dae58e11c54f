// SPDX-License-Identifier: Apache-2.0
//
// A loop over deadlines and arrivals, in the order of time and then of server ids.
#include "tests/unit/zab/electorate.h"

static struct elector *member(struct electorate *el, int64_t sid)
{
    assert_in_range(sid, 0, ELECTORATE_MAX - 1);
    return &el->members[sid];
}

void electorate_init(struct electorate *el)
{
    *el = (struct electorate){.now_ms = 1000, .latency_ms = 1, .finalize_wait_ms = 200};
}

static void drop_mail(struct electorate *el, int64_t sid)
{
    for (int i = 0; i < ELECTORATE_MAX; i++) {
        el->mail[i][sid].is_full = false;
        el->mail[sid][i].is_full = false;
    }
}

void electorate_crash(struct electorate *el, int64_t sid)
{
    struct elector *m = member(el, sid);
    if (m->is_up) {
        election_free(m->election);
        core_fini(&m->core);
        *m = (struct elector){0};
        drop_mail(el, sid);
    }
}

void electorate_fini(struct electorate *el)
{
    for (int i = 0; i < ELECTORATE_MAX; i++) {
        electorate_crash(el, i);
        for (int j = 0; j < ELECTORATE_MAX; j++) {
            buf_fini(&el->mail[i][j].bytes);
        }
    }
    buf_fini(&el->notes);
}

static void post(struct electorate *el, int64_t from, int64_t to, struct slice bytes)
{
    assert_in_range(to, 0, ELECTORATE_MAX - 1);
    struct envelope *mail = &el->mail[from][to];
    el->sent++;
    if (!el->is_cut[from][to]) {
        mail->arrives_ms = mail->is_full ? mail->arrives_ms : el->now_ms + el->latency_ms;
        mail->is_full = true;
        buf_clear(&mail->bytes);
        buf_append_slice(&mail->bytes, bytes);
    }
}

static void perform(struct electorate *el, int64_t sid, struct zab_effects *effects)
{
    for (size_t i = 0; i < effects->count; i++) {
        const struct zab_effect *e = &effects->items[i];
        if (e->type == ZAB_DO_NOTIFY) {
            post(el, sid, e->sid, e->bytes);
        } else if (e->type == ZAB_DO_ACTIVATE_CONFIG) {
            member(el, sid)->activations++;
        } else {
            assert_int_equal(e->type, ZAB_DO_NOTE);
            buf_printf(&el->notes, "%lld: %s\n", (long long)sid, e->text);
        }
    }
    zab_effects_fini(effects);
}

// After a step: a decision is a change of role.
static void after(struct electorate *el, int64_t sid, struct zab_effects *effects)
{
    struct elector *m = member(el, sid);
    perform(el, sid, effects);
    if (m->is_looking && election_is_decided(m->election, &m->decided)) {
        m->is_looking = false;
        m->decided_at_ms = el->now_ms;
        m->core.role = m->decided.state;
    } else if (m->is_up && !m->is_looking && !m->is_serving && election_is_reopened(m->election)) {
        m->reopenings++;
        electorate_look(el, sid);
    }
}

void electorate_look(struct electorate *el, int64_t sid)
{
    struct elector *m = member(el, sid);
    struct zab_effects effects = {0};
    m->is_looking = true;
    m->is_serving = false;
    m->core.role = ZAB_LOOKING;
    election_begin(m->election, el->now_ms, &effects);
    after(el, sid, &effects);
}

void electorate_start(struct electorate *el, int64_t sid, const char *config, int64_t zxid,
                      int64_t epoch)
{
    struct elector *m = member(el, sid);
    struct config_servers servers;
    struct buf complaint = {0};
    config_servers_init(&servers);
    assert_int_equal(config_servers_parse(slice_str(config), &servers, &complaint), ERR_OK);
    core_init(
        &m->core,
        &(struct zab_options){.sid = sid,
                              .tick_ms = 2000,
                              .init_limit = 10,
                              .sync_limit = 5,
                              .reconfig_enabled = true,
                              .notification_min_ms = 200,
                              .notification_max_ms = 60000,
                              .finalize_wait_ms = el->finalize_wait_ms,
                              .history_count = 500,
                              .history_bytes = 1 << 20},
        &(struct zab_recovered){.accepted_epoch = epoch, .current_epoch = epoch, .last_zxid = zxid},
        &servers, NULL);
    config_servers_fini(&servers);
    buf_fini(&complaint);
    m->is_up = true;
    m->election = election_new(&m->core);
    electorate_look(el, sid);
}

void electorate_cut(struct electorate *el, int64_t a, int64_t b, bool is_cut)
{
    el->is_cut[a][b] = is_cut;
    el->is_cut[b][a] = is_cut;
}

void electorate_synced(struct electorate *el, int64_t sid, int64_t epoch)
{
    member(el, sid)->core.vote.peer_epoch = epoch;
    member(el, sid)->is_serving = true;
    election_confirm(member(el, sid)->election);
}

static void deliver(struct electorate *el, int64_t from, int64_t to, struct slice bytes)
{
    struct elector *m = member(el, to);
    struct zab_effects effects = {0};
    if (m->is_up) {
        election_step(
            m->election,
            &(struct zab_event){
                .type = ZAB_EV_NOTIFICATION, .now_ms = el->now_ms, .sid = from, .bytes = bytes},
            &effects);
        after(el, to, &effects);
    }
}

void electorate_tell(struct electorate *el, int64_t from, int64_t to, const struct vote *vote)
{
    struct buf bytes = {0};
    struct notification n = {.vote = *vote};
    notification_encode(&n, &bytes);
    deliver(el, from, to, buf_slice(&bytes));
    buf_fini(&bytes);
}

bool electorate_peek(struct electorate *el, int64_t from, int64_t to, struct notification *ret)
{
    struct envelope *mail = &el->mail[from][to];
    if (!mail->is_full) {
        return false;
    }
    assert_int_equal(notification_decode(buf_slice(&mail->bytes), ret), ERR_OK);
    return true;
}

// ---- time ----

static bool deliver_due(struct electorate *el)
{
    bool has_moved = false;
    for (int from = 0; from < ELECTORATE_MAX; from++) {
        for (int to = 0; to < ELECTORATE_MAX; to++) {
            struct envelope *mail = &el->mail[from][to];
            if (mail->is_full && mail->arrives_ms <= el->now_ms) {
                struct buf bytes = mail->bytes;
                mail->bytes = (struct buf){0};
                mail->is_full = false;
                deliver(el, from, to, buf_slice(&bytes));
                buf_fini(&bytes);
                has_moved = true;
            }
        }
    }
    return has_moved;
}

static bool fire_due(struct electorate *el)
{
    bool has_moved = false;
    for (int sid = 0; sid < ELECTORATE_MAX; sid++) {
        struct elector *m = &el->members[sid];
        struct zab_effects effects = {0};
        int64_t at_ms;
        if (m->is_up && election_deadline_ms(m->election, &at_ms) && at_ms <= el->now_ms) {
            election_step(m->election,
                          &(struct zab_event){.type = ZAB_EV_TIME, .now_ms = el->now_ms}, &effects);
            after(el, sid, &effects);
            has_moved = true;
        }
    }
    return has_moved;
}

static int64_t earliest(struct electorate *el, int64_t end_ms)
{
    int64_t next_ms = end_ms;
    for (int i = 0; i < ELECTORATE_MAX; i++) {
        int64_t at_ms;
        if (el->members[i].is_up && election_deadline_ms(el->members[i].election, &at_ms)) {
            next_ms = at_ms < next_ms ? at_ms : next_ms;
        }
        for (int j = 0; j < ELECTORATE_MAX; j++) {
            const struct envelope *mail = &el->mail[i][j];
            next_ms = mail->is_full && mail->arrives_ms < next_ms ? mail->arrives_ms : next_ms;
        }
    }
    return next_ms;
}

void electorate_run(struct electorate *el, int64_t ms)
{
    int64_t end_ms = el->now_ms + ms;
    for (int turns = 0; el->now_ms < end_ms; turns++) {
        assert_true(turns < 1000000);
        int64_t next_ms = earliest(el, end_ms);
        el->now_ms = next_ms > el->now_ms ? next_ms : el->now_ms;
        bool has_moved = deliver_due(el);
        has_moved = fire_due(el) || has_moved;
        if (!has_moved && el->now_ms >= end_ms) {
            return;
        }
    }
}

// ---- for the tests ----

void electorate_start_all(struct electorate *el, const char *config, int64_t count)
{
    for (int64_t sid = 1; sid <= count; sid++) {
        electorate_start(el, sid, config, 0x100000005, 1);
    }
}

void electorate_assert_role(struct electorate *el, int64_t sid, enum zab_role role, int64_t leader)
{
    const struct elector *m = member(el, sid);
    assert_true(m->is_up);
    assert_false(m->is_looking);
    assert_int_equal(m->decided.leader, leader);
    assert_int_equal(m->decided.state, role);
    assert_int_equal(m->core.vote.leader, leader);
}

int electorate_setup(void **state)
{
    static struct electorate el;
    electorate_init(&el);
    *state = &el;
    return 0;
}

int electorate_teardown(void **state)
{
    electorate_fini(*state);
    return 0;
}
