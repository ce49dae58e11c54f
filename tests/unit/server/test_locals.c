// SPDX-License-Identifier: Apache-2.0
//
// Local sessions on every role: opened, written through, upgraded, refused, ended.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "tests/unit/server/troupe.h"

#define LOCAL "localSessionsEnabled=true\n"

static const struct troupe_options refusing = {.voters = 3, .zoo_cfg = LOCAL};
static const struct troupe_options upgrading = {
    .voters = 3, .observers = 1, .zoo_cfg = LOCAL "localSessionsUpgradingEnabled=true\n"};

static struct session *session_at(const struct troupe *t, int id, const struct guest *g)
{
    return sessions_find(&troupe_server(t, id)->sessions, g->session_id);
}

static bool is_local_at(const struct troupe *t, int id, const struct guest *g)
{
    const struct session *session = session_at(t, id, g);
    return session != NULL && session->is_local;
}

static void a_local_session_is_opened_and_closed_without_a_transaction(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 1, &upgrading);
    for (int id = 1; id <= 4; id++) {
        struct guest g;
        int64_t zxid = tree_last_zxid(troupe_server(&t, id)->tree);
        troupe_enter(&g, &t, id);
        assert_int_equal(g.session_id >> 56, id);
        assert_true(is_local_at(&t, id, &g));
        assert_int_equal(troupe_server(&t, id)->sessions.local_count, 1);
        int32_t read = guest_read(&g, OP_EXISTS, "/", false);
        int32_t close = guest_plain(&g, OP_CLOSE_SESSION);
        guest_read(&g, OP_EXISTS, "/", false); // nobody is left to ask that
        assert_int_equal(guest_answer(&g, read), ZK_OK);
        assert_int_equal(guest_answer(&g, close), ZK_OK);
        guest_end(&g);
        assert_null(session_at(&t, id, &g));
        assert_int_equal(troupe_server(&t, id)->sessions.local_count, 0);
        assert_int_equal(tree_last_zxid(troupe_server(&t, id)->tree), zxid);
        assert_false(troupe_move(&g, &t, id));
        guest_leave(&g);
    }
    troupe_close(&t);
}

static void a_local_session_comes_back_to_its_server_alone(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 2, &upgrading);
    for (int id = 1; id <= 4; id++) {
        struct guest g;
        struct guest thief;
        troupe_enter(&g, &t, id);
        for (int other = 1; other <= 4; other++) {
            if (other != id) {
                assert_false(troupe_take_over(&thief, &g, &t, other));
                guest_leave(&thief);
            }
        }
        assert_true(troupe_move(&g, &t, id));
        assert_true(is_local_at(&t, id, &g));
        guest_make(&g, id == 1 ? "/1" : id == 2 ? "/2" : id == 3 ? "/3" : "/4", 0);
        guest_leave(&g);
    }
    troupe_close(&t);
}

// The close waits for the write before it; a client that hangs up meanwhile leaves nothing.
static void a_close_waits_for_writes_before_it(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    troupe_open(&t, 3, &upgrading);
    int id = troupe_follower(&t);
    troupe_enter(&g, &t, id);
    int32_t write = guest_create(&g, "/a", "", 0);
    int32_t close = guest_plain(&g, OP_CLOSE_SESSION);
    assert_int_equal(guest_answer(&g, write), ZK_OK);
    assert_int_equal(guest_answer(&g, close), ZK_OK);
    guest_end(&g);
    guest_leave(&g);
    troupe_enter(&g, &t, id);
    struct server *s = troupe_server(&t, id);
    guest_create(&g, "/b", "", 0);
    guest_plain(&g, OP_CLOSE_SESSION);
    while (session_at(&t, id, &g) == NULL || !session_at(&t, id, &g)->is_closing) {
        stage_step(&t.st);
    }
    guest_hang_up(&g);
    troupe_run(&t, 500);
    assert_null(session_at(&t, id, &g));
    assert_int_equal(s->sessions.local_count, 0);
    assert_int_equal(s->in_process, 0);
    troupe_close(&t);
}

static void a_silent_local_session_ends_where_it_is(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 4, &upgrading);
    for (int id = 1; id <= 4; id++) {
        struct guest g;
        struct guest gone;
        troupe_enter(&gone, &t, id);
        guest_hang_up(&gone);
        troupe_enter(&g, &t, id);
        for (int i = 0; i < 10; i++) {
            troupe_run(&t, GUEST_TIMEOUT_MS / 2);
            guest_plain(&g, OP_PING);
            assert_int_equal(guest_answer(&g, XID_PING), ZK_OK);
        }
        assert_null(session_at(&t, id, &gone));
        int64_t begin_ms = stage_now_ms(&t.st);
        guest_end(&g);
        int64_t took_ms = stage_now_ms(&t.st) - begin_ms;
        assert_true(took_ms <= GUEST_TIMEOUT_MS + 3 * TROUPE_TICK_MS);
        assert_null(session_at(&t, id, &g));
        assert_int_equal(troupe_server(&t, id)->stats->counters[STATS_STALE_SESSIONS_EXPIRED], 2);
        guest_leave(&g);
        guest_leave(&gone);
    }
    troupe_close(&t);
}

// ---- ephemerals ----

static struct jute_stat stat_of(struct guest *g, const char *path)
{
    assert_int_equal(guest_answer(g, guest_read(g, OP_EXISTS, path, false)), ZK_OK);
    return guest_stat(g);
}

static void an_ephemeral_makes_the_session_global(void **state)
{
    (void)state;
    EXPECT_MARK("session is upgraded");
    struct troupe t;
    troupe_open(&t, 5, &upgrading);
    for (int id = 1; id <= 4; id++) {
        struct guest g;
        char path[] = "/0";
        path[1] = (char)('0' + id);
        troupe_enter(&g, &t, id);
        int32_t before = guest_create(&g, "/plain", "", 0);
        int32_t create = guest_create(&g, path, "", CREATE_EPHEMERAL);
        int32_t delete = guest_delete(&g, "/plain", -1);
        assert_int_equal(guest_answer(&g, before), ZK_OK);
        assert_int_equal(guest_answer(&g, create), ZK_OK);
        assert_int_equal(guest_answer(&g, delete), ZK_OK);
        assert_int_equal(stat_of(&g, path).ephemeral_owner, g.session_id);
        assert_false(is_local_at(&t, id, &g));
        assert_int_equal(troupe_server(&t, id)->sessions.local_count, 0);
        assert_true(troupe_move(&g, &t, 1 + id % 4)); // like any global session
        guest_make(&g, "/sequential-", CREATE_EPHEMERAL_SEQUENTIAL);
        int32_t close = guest_plain(&g, OP_CLOSE_SESSION);
        assert_int_equal(guest_answer(&g, close), ZK_OK);
        guest_leave(&g);
    }
    troupe_until_equal(&t);
    for (int id = 1; id <= 4; id++) {
        assert_int_equal(tree_session_count(troupe_server(&t, id)->tree), 0);
        assert_int_equal(tree_ephemeral_count(troupe_server(&t, id)->tree), 0);
    }
    troupe_close(&t);
}

static int32_t ask_multi(struct guest *g, const char *path, int32_t flags)
{
    struct jute_acl open = {31, {slice_str("world"), slice_str("anyone")}};
    const struct jute_create_request r = {slice_str(path), slice_str(""), {1, &open}, flags};
    struct buf body = {0};
    multi_entry_begin(OP_CREATE2, &body);
    jute_create_request_encode(&r, &body);
    multi_end(&body);
    return guest_ask(g, OP_MULTI, &body);
}

static void a_multi_with_an_ephemeral_does_so_too(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    troupe_open(&t, 6, &upgrading);
    int id = troupe_follower(&t);
    troupe_enter(&g, &t, id);
    assert_int_equal(guest_answer(&g, ask_multi(&g, "/a", 0)), ZK_OK);
    assert_true(is_local_at(&t, id, &g));
    assert_int_equal(guest_answer(&g, ask_multi(&g, "/b", CREATE_EPHEMERAL)), ZK_OK);
    assert_false(is_local_at(&t, id, &g));
    assert_int_equal(stat_of(&g, "/b").ephemeral_owner, g.session_id);
    troupe_close(&t);
}

// The code of the only part of a multi's answer.
static int32_t part_code(struct guest *g)
{
    bool is_end;
    assert_int_equal(guest_i32(g), OP_ERROR);
    assert_true(jute_in_boolean(&g->body, &is_end));
    return guest_i32(g);
}

static void without_upgrade_ephemerals_are_refused_in_their_place(void **state)
{
    (void)state;
    EXPECT_MARK("ephemeral on a local session");
    struct troupe t;
    troupe_open(&t, 7, &refusing);
    for (int id = 1; id <= 3; id++) {
        struct guest g;
        troupe_enter(&g, &t, id);
        int32_t first = guest_set(&g, "/", "1", -1);
        int32_t create = guest_create(&g, "/mine", "", CREATE_EPHEMERAL);
        int32_t read = guest_read(&g, OP_GET_DATA, "/", false);
        assert_int_equal(guest_answer(&g, first), ZK_OK);
        assert_int_equal(guest_answer(&g, create), ZK_EPHEMERAL_ON_LOCAL_SESSION);
        assert_int_equal(guest_answer(&g, read), ZK_OK);
        assert_int_equal(guest_answer(&g, ask_multi(&g, "/mine", CREATE_EPHEMERAL)), ZK_OK);
        assert_int_equal(part_code(&g), id == troupe_leader(&t) ? ZK_EPHEMERAL_ON_LOCAL_SESSION
                                                                : ZK_SESSION_EXPIRED);
        struct buf body = {0};
        buf_put_i32(&body, 1000); // of a path that is not there
        int32_t malformed = guest_ask(&g, OP_CREATE, &body);
        assert_int_equal(guest_answer(&g, malformed), ZK_MARSHALLING_ERROR);
        assert_true(is_local_at(&t, id, &g));
        guest_leave(&g);
    }
    troupe_close(&t);
}

// The createSession of a local session comes by another way, too.
static void a_session_that_others_committed_is_global_here(void **state)
{
    (void)state;
    EXPECT_MARK("local session became global elsewhere");
    struct troupe t;
    struct guest g;
    troupe_open(&t, 8, &upgrading);
    int id = troupe_follower(&t);
    troupe_enter(&g, &t, id);
    struct server *leader = troupe_server(&t, troupe_leader(&t));
    sessions_track(&leader->sessions, g.session_id, GUEST_TIMEOUT_MS, server_now_ms(leader));
    pipeline_create_session(&leader->pipeline, NULL, g.session_id, GUEST_TIMEOUT_MS);
    while (is_local_at(&t, id, &g)) {
        stage_step(&t.st);
    }
    assert_int_equal(troupe_server(&t, id)->sessions.local_count, 0);
    guest_make(&g, "/mine", CREATE_EPHEMERAL);
    troupe_close(&t);
}

static void a_standalone_server_has_no_local_sessions(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 9, LOCAL);
    assert_false(sessions_find(&stage_server(&st)->sessions, g.session_id)->is_local);
    assert_int_equal(tree_session_count(stage_server(&st)->tree), 1);
    stage_close(&st);
}

static void a_role_ends_with_its_local_sessions(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    troupe_open(&t, 10, &upgrading);
    int id = troupe_follower(&t);
    troupe_enter(&g, &t, id);
    troupe_kill(&t, troupe_leader(&t));
    guest_end(&g);
    troupe_until_serving(&t);
    assert_false(troupe_move(&g, &t, id));
    assert_int_equal(troupe_server(&t, id)->sessions.local_count, 0);
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_local_session_is_opened_and_closed_without_a_transaction),
        cmocka_unit_test(a_local_session_comes_back_to_its_server_alone),
        cmocka_unit_test(a_close_waits_for_writes_before_it),
        cmocka_unit_test(a_silent_local_session_ends_where_it_is),
        cmocka_unit_test(an_ephemeral_makes_the_session_global),
        cmocka_unit_test(a_multi_with_an_ephemeral_does_so_too),
        cmocka_unit_test(without_upgrade_ephemerals_are_refused_in_their_place),
        cmocka_unit_test(a_session_that_others_committed_is_global_here),
        cmocka_unit_test(a_standalone_server_has_no_local_sessions),
        cmocka_unit_test(a_role_ends_with_its_local_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
