// SPDX-License-Identifier: Apache-2.0
//
// A member that has lost the others: who is let in, what is answered, and how it ends.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "tests/unit/server/troupe.h"

enum { GRACE_MS = 2000, SETTLE_MS = 8000 };

static const char *const enabled[] = {"readonlymode.enabled=true", NULL};
static const struct troupe_options three = {
    .voters = 3, .zoo_cfg = "4lw.commands.whitelist=*\n", .defines = enabled};

// Server 1 alone, after the others died; a node /a is there.
static void be_alone(struct troupe *t, uint64_t seed, const struct troupe_options *options)
{
    struct guest g;
    troupe_open(t, seed, options);
    troupe_enter(&g, t, 1);
    guest_make(&g, "/a", 0);
    guest_leave(&g);
    troupe_until_equal(t);
    troupe_kill(t, 2);
    troupe_kill(t, 3);
}

static void until_reading(struct troupe *t)
{
    int64_t end_ms = stage_now_ms(&t->st) + SETTLE_MS;
    while (troupe_server(t, 1)->state != SERVER_READING) {
        assert_true(stage_now_ms(&t->st) < end_ms);
        stage_step(&t->st);
    }
}

static void ask(struct guest *g, struct troupe *t, int64_t id, bool is_old, bool read_only)
{
    uint8_t passwd[CONNECT_PASSWD_BYTES];
    connect_passwd(id, passwd);
    const struct connect_request request = {.body = {.timeout_ms = GUEST_TIMEOUT_MS,
                                                     .session_id = id,
                                                     .passwd = slice_of(passwd, sizeof(passwd))},
                                            .has_read_only = !is_old,
                                            .read_only = read_only};
    troupe_connect(g, t, 1);
    guest_ask_connect(g, &request);
}

static void enter_to_read(struct guest *g, struct troupe *t)
{
    struct connect_response r;
    ask(g, t, 0, false, true);
    assert_true(guest_take_session(g, &r));
    assert_true(g->session_id != 0);
    assert_true(r.read_only);
}

static void it_begins_after_the_grace_and_ends_with_the_election(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    be_alone(&t, 1, &three);
    while (troupe_server(&t, 1)->state == SERVER_SERVING) {
        stage_step(&t.st);
    }
    int64_t lost_ms = stage_now_ms(&t.st);
    assert_string_equal(troupe_word(&t, 1, "isro"), "null");
    until_reading(&t);
    assert_true(stage_now_ms(&t.st) - lost_ms >= GRACE_MS);
    assert_string_equal(troupe_word(&t, 1, "isro"), "ro");
    const char *srvr = troupe_word(&t, 1, "srvr");
    assert_non_null(strstr(srvr, "\nREAD-ONLY mode; serving only read-only clients\nLatency"));
    assert_non_null(strstr(srvr, "\nMode: read-only\n"));
    const char *conf = troupe_word(&t, 1, "conf");
    assert_non_null(strstr(conf, "\npeerType=0\n"));
    assert_null(strstr(conf, "membership"));
    assert_null(strstr(troupe_word(&t, 1, "mntr"), "zk_peer_state"));
    enter_to_read(&g, &t);
    troupe_start(&t, 3);
    while (troupe_server(&t, 1)->state == SERVER_READING) {
        stage_step(&t.st);
    }
    assert_int_equal(troupe_server(&t, 1)->conn_count, 0); // at once, before there is a role
    guest_end(&g);
    troupe_until_serving(&t);
    assert_string_equal(troupe_word(&t, 1, "isro"), "rw");
    troupe_close(&t);
}

static void a_short_search_does_not_begin_it(void **state)
{
    (void)state;
    struct troupe t;
    be_alone(&t, 2, &three);
    while (troupe_server(&t, 1)->state == SERVER_SERVING) {
        stage_step(&t.st);
    }
    troupe_run(&t, GRACE_MS / 2);
    troupe_start(&t, 2);
    while (troupe_server(&t, 1)->state != SERVER_SERVING) {
        assert_int_not_equal(troupe_server(&t, 1)->state, SERVER_READING);
        stage_step(&t.st);
    }
    troupe_run(&t, 2 * GRACE_MS);
    assert_int_equal(troupe_server(&t, 1)->state, SERVER_SERVING);
    troupe_close(&t);
}

static void without_the_property_nobody_reads(void **state)
{
    (void)state;
    static const struct troupe_options plain = {.voters = 3};
    struct troupe t;
    be_alone(&t, 3, &plain);
    troupe_run(&t, SETTLE_MS);
    assert_int_equal(troupe_server(&t, 1)->state, SERVER_RESTING);
    troupe_close(&t);
}

static void who_wants_to_write_or_has_a_global_session_is_sent_away(void **state)
{
    (void)state;
    EXPECT_MARK("client that writes is refused in read-only mode");
    EXPECT_MARK("global session is refused in read-only mode");
    struct troupe t;
    struct guest g;
    be_alone(&t, 4, &three);
    until_reading(&t);
    assert_int_equal(tree_session_count(troupe_server(&t, 1)->tree), 1);
    for (int is_old = 0; is_old < 2; is_old++) {
        ask(&g, &t, 0, is_old == 1, false);
        guest_end(&g);
        guest_leave(&g);
    }
    int64_t known = INT64_C(1) << 56;
    int32_t unused;
    while (!tree_session_find(troupe_server(&t, 1)->tree, known, &unused)) {
        known = troupe_server(&t, 1)->sessions.next_id - 1; // the only one that was opened here
    }
    ask(&g, &t, known, false, true);
    guest_end(&g);
    troupe_close(&t);
}

static void what_changes_or_needs_the_leader_is_refused(void **state)
{
    (void)state;
    EXPECT_MARK("request is refused in read-only mode");
    static const int32_t types[] = {OP_CREATE,   OP_CREATE2,          OP_CREATE_TTL, OP_DELETE,
                                    OP_SET_DATA, OP_CREATE_CONTAINER, OP_SET_ACL,    OP_MULTI,
                                    OP_SYNC,     OP_RECONFIG};
    struct troupe t;
    struct guest g;
    be_alone(&t, 5, &three);
    until_reading(&t);
    enter_to_read(&g, &t);
    int64_t zxid = tree_last_zxid(troupe_server(&t, 1)->tree);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(guest_answer(&g, guest_plain(&g, types[i])), ZK_NOT_READ_ONLY);
        assert_int_equal(g.header.zxid, zxid);
        guest_body_end(&g);
    }
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_GET_DATA, "/a", true)), ZK_OK);
    assert_int_equal(guest_answer(&g, guest_path(&g, OP_GET_CHILDREN2, "/a")),
                     ZK_MARSHALLING_ERROR);
    guest_plain(&g, OP_PING);
    assert_int_equal(guest_answer(&g, XID_PING), ZK_OK);
    assert_int_equal(guest_answer(&g, guest_auth(&g, "digest", "u:p")), ZK_OK);
    assert_int_equal(guest_answer(&g, guest_plain(&g, OP_CLOSE_SESSION)), ZK_OK);
    guest_end(&g);
    assert_int_equal(troupe_server(&t, 1)->sessions.local_count, 0);
    troupe_close(&t);
}

// A client goes from one server that only reads to another one, with a session that is none.
static void an_unknown_session_is_let_in_and_expires(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    struct connect_response r;
    be_alone(&t, 6, &three);
    until_reading(&t);
    int64_t foreign = (INT64_C(2) << 56) + 77;
    ask(&g, &t, foreign, false, true);
    assert_true(guest_take_session(&g, &r));
    assert_int_equal(r.body.session_id, foreign);
    assert_true(guest_come_back(&g) == false); // its request says no more that it only reads
    guest_leave(&g);
    ask(&g, &t, foreign, false, true);
    assert_true(guest_take_session(&g, &r));
    guest_end(&g); // silent for too long
    assert_null(sessions_find(&troupe_server(&t, 1)->sessions, foreign));
    troupe_close(&t);
}

static void with_local_sessions_an_unknown_one_has_ended(void **state)
{
    (void)state;
    static const struct troupe_options local = {
        .voters = 3, .zoo_cfg = "localSessionsEnabled=true\n", .defines = enabled};
    struct troupe t;
    struct guest g;
    struct connect_response r;
    be_alone(&t, 7, &local);
    until_reading(&t);
    ask(&g, &t, (INT64_C(2) << 56) + 77, false, true);
    assert_true(guest_take_session(&g, &r));
    assert_int_equal(r.body.session_id, 0);
    guest_end(&g);
    guest_leave(&g);
    enter_to_read(&g, &t);
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/a", false)), ZK_OK);
    troupe_close(&t);
}

static void a_server_that_reads_can_be_stopped(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    be_alone(&t, 8, &three);
    until_reading(&t);
    enter_to_read(&g, &t);
    box_stop(&t.boxes[0]);
    while (!t.boxes[0].has_stopped) {
        stage_step(&t.st);
    }
    assert_int_equal(t.boxes[0].exit_code, SERVER_EXIT_OK);
    assert_true(box_reap(&t.boxes[0]));
    guest_end(&g);
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_after_the_grace_and_ends_with_the_election),
        cmocka_unit_test(a_short_search_does_not_begin_it),
        cmocka_unit_test(without_the_property_nobody_reads),
        cmocka_unit_test(who_wants_to_write_or_has_a_global_session_is_sent_away),
        cmocka_unit_test(what_changes_or_needs_the_leader_is_refused),
        cmocka_unit_test(an_unknown_session_is_let_in_and_expires),
        cmocka_unit_test(with_local_sessions_an_unknown_one_has_ended),
        cmocka_unit_test(a_server_that_reads_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
