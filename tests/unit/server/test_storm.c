// SPDX-License-Identifier: Apache-2.0
//
// A storm: clients that come, move from server to server, hang up in the middle of everything, on
// an ensemble whose servers die and come back, are cut off and found again. Nobody looks at
// answers. When it is over and all clients have gone, nothing may be left of any session, anywhere.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/prng.h"
#include "tests/unit/server/troupe.h"

enum { SERVERS = 4, GUESTS = 6, ACTIONS = 300, CALM_MS = 4 * GUEST_TIMEOUT_MS };

struct visitor {
    struct guest g;
    bool is_there;  // has a connection
    bool is_asking; // the next frame answers its ConnectRequest
};

struct storm {
    struct troupe t;
    struct prng prng;
    struct visitor visitors[GUESTS];
    unsigned names;
    bool is_cut[SERVERS + 1];
};

static uint64_t dice(struct storm *s, uint64_t sides)
{
    return prng_below(&s->prng, sides);
}

// ---- visitors ----

static void leave(struct visitor *v)
{
    if (v->is_there) {
        guest_leave(&v->g);
        v->is_there = false;
    }
}

// What came: only what a ConnectRequest was answered is of interest.
static void look(struct visitor *v)
{
    struct guest *g = &v->g;
    while (v->is_there && g->in.len >= 4 && g->in.len - 4 >= be32_load(g->in.data)) {
        size_t len = be32_load(g->in.data);
        if (v->is_asking) {
            g->session_id = (int64_t)be64_load(g->in.data + 12); // 0: it has ended
            v->is_asking = false;
        }
        buf_consume(&g->in, 4 + len);
    }
    if (v->is_there && g->has_ended) {
        leave(v);
    }
}

static int any_server(struct storm *s)
{
    int id = 1 + (int)dice(s, SERVERS);
    return troupe_server(&s->t, id) != NULL ? id : 0;
}

// To a new session, or back to the one it had.
static void arrive(struct storm *s, struct visitor *v)
{
    int id = any_server(s);
    if (id == 0) {
        return;
    }
    int64_t session = dice(s, 4) > 0 ? v->g.session_id : 0;
    leave(v);
    troupe_connect(&v->g, &s->t, id);
    v->is_there = true;
    v->is_asking = true;
    v->g.session_id = session;
    uint8_t passwd[CONNECT_PASSWD_BYTES];
    connect_passwd(session, passwd);
    const struct connect_request request = {.body = {.timeout_ms = GUEST_TIMEOUT_MS,
                                                     .session_id = session,
                                                     .passwd = slice_of(passwd, sizeof(passwd))},
                                            .has_read_only = true,
                                            .read_only = dice(s, 2) == 0};
    guest_ask_connect(&v->g, &request);
}

static void create(struct storm *s, struct visitor *v, int32_t flags)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/%u", s->names++);
    guest_create(&v->g, path, "", flags);
}

static void ask(struct storm *s, struct visitor *v)
{
    switch (dice(s, 8)) {
    case 0:
        guest_plain(&v->g, OP_CLOSE_SESSION);
        return;
    case 1:
    case 2:
        create(s, v, CREATE_EPHEMERAL);
        return;
    case 3:
        create(s, v, 0);
        return;
    case 4:
        guest_set(&v->g, "/", "x", -1);
        return;
    case 5:
        guest_path(&v->g, OP_SYNC, "/");
        return;
    case 6:
        guest_read(&v->g, OP_GET_DATA, "/", true);
        return;
    default:
        guest_plain(&v->g, OP_PING);
        return;
    }
}

// ---- weather ----

// A machine is cut off from all others, and from its clients.
static void cut_or_heal(struct storm *s, int id)
{
    s->is_cut[id] = !s->is_cut[id];
    net_cut_off(&s->t.boxes[id - 1].node->net, s->is_cut[id]);
}

static void strike(struct storm *s)
{
    int id = 1 + (int)dice(s, SERVERS);
    if (dice(s, 2) == 0) {
        cut_or_heal(s, id);
    } else if (dice(s, 2) == 0) {
        net_break(&s->t.boxes[id - 1].node->net);
    } else if (troupe_server(&s->t, id) != NULL && dice(s, 2) == 0) {
        troupe_kill(&s->t, id);
    } else if (troupe_server(&s->t, id) == NULL) {
        troupe_start(&s->t, id);
    }
}

static void act(struct storm *s)
{
    struct visitor *v = &s->visitors[dice(s, GUESTS)];
    uint64_t what = dice(s, 40);
    look(v);
    if (what == 0) {
        strike(s);
    } else if (what < 4) {
        leave(v);
    } else if (what < 12 || !v->is_there) {
        arrive(s, v);
    } else if (!v->is_asking) {
        ask(s, v);
    }
    troupe_run(&s->t, (int64_t)(dice(s, 30) == 0 ? dice(s, 4000) : dice(s, 20)));
}

// ---- afterwards ----

static void check_nothing_is_left(const struct troupe *t, int id)
{
    const struct server *s = troupe_server(t, id);
    assert_int_equal(tree_session_count(s->tree), 0);
    assert_int_equal(tree_ephemeral_count(s->tree), 0);
    assert_null(hmap_any(&s->sessions.by_id));
    assert_int_equal(s->sessions.local_count, 0);
    assert_int_equal(s->sessions.expiry.count, 0);
    assert_int_equal(s->sessions.local.count, 0);
    assert_int_equal(s->in_process, 0);
    assert_int_equal(s->conn_count, 0);
    assert_true(list_is_empty(&s->conns));
    assert_true(list_is_empty(&s->orphans));
    assert_true(list_is_empty(&s->revalidating));
    assert_true(list_is_empty(&s->rejoining));
    assert_null(hmap_any(&s->touched.by_id));
}

static void calm_down(struct storm *s)
{
    for (int i = 0; i < GUESTS; i++) {
        leave(&s->visitors[i]);
    }
    for (int id = 1; id <= SERVERS; id++) {
        if (s->is_cut[id]) {
            cut_or_heal(s, id);
        }
        if (troupe_server(&s->t, id) == NULL) {
            troupe_start(&s->t, id);
        }
    }
    troupe_until_serving(&s->t);
    troupe_run(&s->t, CALM_MS);
    troupe_until_equal(&s->t);
    for (int id = 1; id <= SERVERS; id++) {
        check_nothing_is_left(&s->t, id);
    }
}

static void play(uint64_t seed, const char *zoo_cfg)
{
    static const char *const defines[] = {"readonlymode.enabled=true", NULL};
    const struct troupe_options options = {
        .voters = SERVERS - 1, .observers = 1, .zoo_cfg = zoo_cfg, .defines = defines};
    struct storm s = {0};
    prng_init(&s.prng, seed);
    troupe_open(&s.t, seed, &options);
    for (int i = 0; i < ACTIONS; i++) {
        act(&s);
    }
    calm_down(&s);
    troupe_close(&s.t);
}

static void nothing_is_left_of_global_sessions(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        play(seed, "");
    }
}

static void nothing_is_left_of_local_sessions(void **state)
{
    (void)state;
    for (uint64_t seed = 101; seed <= 110; seed++) {
        play(seed, "localSessionsEnabled=true\n");
    }
}

static void nothing_is_left_of_sessions_that_were_upgraded(void **state)
{
    (void)state;
    for (uint64_t seed = 201; seed <= 220; seed++) {
        play(seed, "localSessionsEnabled=true\nlocalSessionsUpgradingEnabled=true\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_of_global_sessions),
        cmocka_unit_test(nothing_is_left_of_local_sessions),
        cmocka_unit_test(nothing_is_left_of_sessions_that_were_upgraded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
