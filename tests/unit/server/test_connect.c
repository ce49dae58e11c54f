// SPDX-License-Identifier: Apache-2.0
//
// Opening sessions: what a ConnectRequest asks for, what it gets, and who is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "tests/unit/server/guest.h"

struct asked {
    int64_t last_zxid_seen, session_id;
    int32_t timeout_ms;
    const uint8_t *passwd; // NULL: the guest's
    size_t passwd_len;
    bool is_old; // no readOnly byte
};

static void ask(struct guest *g, const struct asked *a)
{
    const struct connect_request request = {
        .body = {.last_zxid_seen = a->last_zxid_seen,
                 .timeout_ms = a->timeout_ms,
                 .session_id = a->session_id,
                 .passwd = a->passwd != NULL ? slice_of(a->passwd, a->passwd_len)
                                             : slice_of(g->passwd, sizeof(g->passwd))},
        .has_read_only = !a->is_old,
    };
    guest_ask_connect(g, &request);
}

static void the_read_only_byte_is_answered_only_to_who_sent_it(void **state)
{
    (void)state;
    struct stage st;
    struct connect_response r;
    stage_open(&st, 1, NULL, NULL);
    for (int is_old = 0; is_old < 2; is_old++) {
        struct guest g;
        guest_connect(&g, &st);
        ask(&g, &(struct asked){.timeout_ms = 1000, .is_old = is_old == 1});
        assert_true(guest_take_session(&g, &r));
        assert_int_equal(r.has_read_only, is_old == 0);
        assert_false(r.read_only);
        assert_int_equal(g.frame.len, is_old == 1 ? 36 : 37);
        guest_leave(&g);
    }
    stage_close(&st);
}

static void session_ids_count_up_from_server_one_and_give_the_password(void **state)
{
    (void)state;
    struct stage st;
    struct guest a;
    struct guest b;
    uint8_t passwd[CONNECT_PASSWD_BYTES];
    guest_enter(&a, &st, 2, NULL);
    guest_open(&b, &st);
    assert_int_equal(a.session_id >> 56, 1);
    assert_int_equal(b.session_id, a.session_id + 1);
    connect_passwd(b.session_id, passwd);
    assert_memory_equal(b.passwd, passwd, sizeof(passwd));
    stage_close(&st);
}

static void timeouts_are_clamped(void **state)
{
    (void)state;
    static const int32_t pairs[][2] = {
        {-1, 400},    {0, 400},     {399, 400},        {400, 400},       {1234, 1234},
        {4000, 4000}, {4001, 4000}, {INT32_MAX, 4000}, {INT32_MIN, 400},
    };
    struct stage st;
    stage_open(&st, 3, NULL, NULL); // 2 and 20 ticks of 200 ms
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct guest g;
        struct connect_response r;
        guest_connect(&g, &st);
        ask(&g, &(struct asked){.timeout_ms = pairs[i][0]});
        assert_true(guest_take_session(&g, &r));
        assert_int_equal(r.body.timeout_ms, pairs[i][1]);
        guest_leave(&g);
    }
    stage_close(&st);
}

static void a_session_comes_back_on_a_new_connection_with_a_new_timeout(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    struct guest again;
    struct connect_response r;
    guest_enter(&g, &st, 4, NULL);
    guest_hang_up(&g);
    stage_run(&st, 100);
    guest_connect(&again, &st);
    connect_passwd(g.session_id, again.passwd);
    ask(&again, &(struct asked){.timeout_ms = 900, .session_id = g.session_id});
    assert_true(guest_take_session(&again, &r));
    assert_int_equal(r.body.session_id, g.session_id);
    assert_int_equal(r.body.timeout_ms, 900);
    stage_close(&st);
}

static void coming_back_keeps_the_session_alive(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 16, NULL);
    for (int i = 0; i < 3; i++) {
        guest_hang_up(&g);
        stage_run(&st, GUEST_TIMEOUT_MS - 100);
        assert_true(guest_come_back(&g));
    }
    stage_run(&st, GUEST_TIMEOUT_MS - 100); // a connection alone counts for once
    assert_int_equal(tree_session_count(stage_server(&st)->tree), 1);
    stage_run(&st, 500);
    assert_int_equal(tree_session_count(stage_server(&st)->tree), 0);
    stage_close(&st);
}

static void coming_back_closes_the_old_connection(void **state)
{
    (void)state;
    EXPECT_MARK("session has moved");
    struct stage st;
    struct guest old;
    struct guest fresh;
    guest_enter(&old, &st, 5, NULL);
    guest_connect(&fresh, &st);
    connect_passwd(old.session_id, fresh.passwd);
    guest_ask_session(&fresh, old.session_id, 1000);
    struct connect_response r;
    assert_true(guest_take_session(&fresh, &r));
    assert_int_equal(r.body.session_id, old.session_id);
    guest_end(&old);
    guest_make(&fresh, "/a", CREATE_EPHEMERAL);
    stage_close(&st);
}

// A client that comes back looks whether its last write was done: the answer must be final.
static void a_session_comes_back_behind_its_own_unfinished_writes(void **state)
{
    (void)state;
    EXPECT_MARK("session waits for its writes");
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct stage st;
        struct guest g;
        struct guest again;
        struct connect_response r;
        guest_enter(&g, &st, seed, "flushDelay=300\nmaxWriteQueuePollTime=300\n");
        guest_create(&g, "/lost", "", CREATE_EPHEMERAL);
        stage_until_in_process(&st);
        if (seed % 2 == 0) {
            guest_hang_up(&g); // else the server closes it
            stage_run(&st, 10);
        }
        guest_connect(&again, &st);
        connect_passwd(g.session_id, again.passwd);
        guest_ask_session(&again, g.session_id, 1000);
        int32_t read = guest_read(&again, OP_EXISTS, "/lost", false);
        assert_true(guest_take_session(&again, &r));
        assert_int_equal(r.body.session_id, g.session_id);
        assert_int_equal(guest_answer(&again, read), ZK_OK);
        stage_close(&st);
    }
}

// Opening is a write, too: who opens one to see what became of a write of another session sees it.
static void a_new_session_opens_behind_the_unfinished_writes_of_others(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    struct guest other;
    guest_enter(&g, &st, 18, "flushDelay=300\nmaxWriteQueuePollTime=300\n");
    guest_create(&g, "/lost", "", 0);
    stage_until_in_process(&st);
    guest_hang_up(&g);
    guest_open(&other, &st);
    assert_int_equal(guest_answer(&other, guest_read(&other, OP_EXISTS, "/lost", false)), ZK_OK);
    stage_close(&st);
}

// The write that was waited for could not be logged.
static void a_session_comes_back_when_its_writes_have_failed(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 14, "flushDelay=300\nmaxWriteQueuePollTime=300\npreAllocSize=0\n");
    stage_disk(&st)->capacity_bytes = 0;
    guest_create(&g, "/lost", "", 0);
    stage_until_in_process(&st);
    assert_true(guest_come_back(&g));
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/lost", false)), ZK_NO_NODE);
    stage_close(&st);
}

// Who waits to come back can be replaced, and is let in by a server that stops.
static void waiting_to_come_back_ends_with_the_next_connection_or_the_server(void **state)
{
    (void)state;
    struct stage st;
    struct guest g[3];
    struct connect_response r;
    guest_enter(&g[0], &st, 15, "flushDelay=300\nmaxWriteQueuePollTime=300\n");
    guest_create(&g[0], "/lost", "", 0);
    stage_until_in_process(&st);
    for (size_t i = 1; i < 3; i++) {
        guest_connect(&g[i], &st);
        memcpy(g[i].passwd, g[0].passwd, sizeof(g[i].passwd));
        guest_ask_session(&g[i], g[0].session_id, 1000);
        guest_silence(&g[i], 20);
    }
    assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
    guest_end(&g[0]);
    guest_end(&g[1]);
    assert_true(guest_take_session(&g[2], &r));
    assert_int_equal(r.body.session_id, g[0].session_id);
    guest_end(&g[2]);
    stage_close(&st);
}

static void assert_refused(struct guest *g)
{
    static const uint8_t zeros[CONNECT_PASSWD_BYTES];
    struct connect_response r;
    assert_true(guest_take_session(g, &r));
    assert_int_equal(r.body.session_id, 0);
    assert_int_equal(r.body.timeout_ms, 0);
    assert_memory_equal(r.body.passwd.data, zeros, sizeof(zeros));
    guest_end(g);
}

// Java closes the old connection before it looks at the password.
static void a_wrong_password_is_refused_and_closes_the_old_connection(void **state)
{
    (void)state;
    struct stage st;
    struct guest old;
    guest_enter(&old, &st, 6, NULL);
    int64_t id = old.session_id;
    uint8_t passwd[CONNECT_PASSWD_BYTES + 1];
    connect_passwd(id, passwd);
    passwd[CONNECT_PASSWD_BYTES] = 0;
    static const uint8_t wrong[CONNECT_PASSWD_BYTES] = {1};
    const struct asked tries[] = {
        {.session_id = id, .passwd = wrong, .passwd_len = sizeof(wrong)},
        {.session_id = id, .passwd = passwd, .passwd_len = CONNECT_PASSWD_BYTES - 1},
        {.session_id = id, .passwd = passwd, .passwd_len = CONNECT_PASSWD_BYTES + 1},
        {.session_id = id, .passwd = passwd, .passwd_len = 0},
    };
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        struct guest g;
        guest_connect(&g, &st);
        ask(&g, &tries[i]);
        assert_refused(&g);
        guest_leave(&g);
    }
    guest_end(&old);
    assert_true(guest_come_back(&old)); // the session itself lives
    stage_close(&st);
}

static void an_unknown_session_is_refused(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 7, NULL, NULL);
    guest_connect(&g, &st);
    connect_passwd(0x0100000000001234, g.passwd);
    ask(&g, &(struct asked){.session_id = 0x0100000000001234, .timeout_ms = 1000, .is_old = true});
    assert_refused(&g);
    assert_int_equal(g.frame.len, 36);
    stage_close(&st);
}

static void a_client_that_has_seen_a_later_zxid_is_closed_without_an_answer(void **state)
{
    (void)state;
    EXPECT_MARK("client is ahead");
    struct stage st;
    struct guest g;
    struct guest next;
    struct connect_response r;
    guest_enter(&g, &st, 8, NULL);
    int64_t zxid = tree_last_zxid(stage_server(&st)->tree);
    guest_connect(&next, &st);
    ask(&next, &(struct asked){.last_zxid_seen = zxid + 1, .timeout_ms = 1000});
    guest_end(&next);
    guest_leave(&next);
    guest_connect(&next, &st);
    ask(&next, &(struct asked){.last_zxid_seen = zxid, .timeout_ms = 1000});
    assert_true(guest_take_session(&next, &r));
    assert_true(r.body.session_id != 0);
    stage_close(&st);
}

static void a_request_that_does_not_decode_is_closed_without_an_answer(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 9, NULL, NULL);
    static const uint8_t zeros[64];
    for (uint32_t len = 0; len < 28; len++) {
        struct guest g;
        struct buf frame = {0};
        buf_put_i32(&frame, (int32_t)len);
        buf_append(&frame, zeros, len);
        guest_connect(&g, &st);
        guest_send(&g, buf_slice(&frame));
        guest_end(&g);
        buf_fini(&frame);
        guest_leave(&g);
    }
    assert_int_equal(stage_server(&st)->sessions.expiry.count, 0);
    stage_close(&st);
}

// What follows the ConnectRequest at once is served when the session is there.
static void requests_sent_before_the_answer_wait_for_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct stage st;
        struct guest g;
        struct connect_response r;
        stage_open(&st, seed, NULL, NULL);
        guest_connect(&g, &st);
        guest_ask_session(&g, 0, 1000);
        int32_t create = guest_create(&g, "/early", "", CREATE_EPHEMERAL);
        int32_t read = guest_read(&g, OP_EXISTS, "/early", false);
        assert_true(guest_take_session(&g, &r));
        assert_int_equal(guest_answer(&g, create), ZK_OK);
        assert_int_equal(guest_answer(&g, read), ZK_OK);
        assert_int_equal(guest_stat(&g).ephemeral_owner, g.session_id);
        stage_close(&st);
    }
}

// Source: FinalRequestProcessor, case createSession: from the request's creation to its commit.
static void opening_counts_as_a_write_that_takes_as_long_as_its_log(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 17, "flushDelay=300\nmaxWriteQueuePollTime=300\n");
    const struct server *s = stage_server(&st);
    const struct conn_stats *cs = &stage_conn(&st)->stats;
    assert_string_equal(cs->last_op, "SESS");
    assert_in_range(cs->last_latency_ms, 300, 400);
    assert_int_equal(cs->min_latency_ms, cs->last_latency_ms);
    assert_int_equal(summary_min(&s->stats->latency), cs->last_latency_ms);
    assert_int_equal(s->stats->counters[STATS_OP_COUNT_CREATE_SESSION], 1);
    stage_close(&st);
}

static void a_session_whose_client_left_while_it_was_opened_expires(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 10, NULL, NULL);
    struct server *s = stage_server(&st);
    guest_connect(&g, &st);
    guest_ask_session(&g, 0, 400);
    stage_until_in_process(&st);
    conn_close(stage_conn(&st), "for the test");
    stage_run(&st, 100);
    assert_int_equal(tree_session_count(s->tree), 1);
    stage_run(&st, 1000);
    assert_int_equal(tree_session_count(s->tree), 0);
    assert_int_equal(s->sessions.expiry.count, 0);
    stage_close(&st);
}

// Its first transaction waits longer than it may be silent.
static void a_session_that_expires_while_it_is_opened_is_refused(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 12, "flushDelay=5000\nmaxWriteQueuePollTime=5000\n", NULL);
    guest_connect(&g, &st);
    guest_ask_session(&g, 0, 400);
    assert_refused(&g);
    assert_int_equal(stage_server(&st)->sessions.expiry.count, 0);
    assert_int_equal(tree_session_count(stage_server(&st)->tree), 0);
    stage_close(&st);
}

static void the_throttle_closes_without_an_answer(void **state)
{
    (void)state;
    struct stage st;
    struct guest g[3];
    guest_enter(&g[0], &st, 11,
                "connection_throttle_tokens=2\nconnection_throttle_fill_time=1000000\n");
    guest_open(&g[1], &st);
    guest_connect(&g[2], &st);
    guest_ask_session(&g[2], 0, 1000);
    guest_end(&g[2]);
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_read_only_byte_is_answered_only_to_who_sent_it),
        cmocka_unit_test(session_ids_count_up_from_server_one_and_give_the_password),
        cmocka_unit_test(timeouts_are_clamped),
        cmocka_unit_test(a_session_comes_back_on_a_new_connection_with_a_new_timeout),
        cmocka_unit_test(coming_back_keeps_the_session_alive),
        cmocka_unit_test(coming_back_closes_the_old_connection),
        cmocka_unit_test(a_session_comes_back_behind_its_own_unfinished_writes),
        cmocka_unit_test(a_new_session_opens_behind_the_unfinished_writes_of_others),
        cmocka_unit_test(a_session_comes_back_when_its_writes_have_failed),
        cmocka_unit_test(waiting_to_come_back_ends_with_the_next_connection_or_the_server),
        cmocka_unit_test(a_wrong_password_is_refused_and_closes_the_old_connection),
        cmocka_unit_test(an_unknown_session_is_refused),
        cmocka_unit_test(a_client_that_has_seen_a_later_zxid_is_closed_without_an_answer),
        cmocka_unit_test(a_request_that_does_not_decode_is_closed_without_an_answer),
        cmocka_unit_test(requests_sent_before_the_answer_wait_for_it),
        cmocka_unit_test(opening_counts_as_a_write_that_takes_as_long_as_its_log),
        cmocka_unit_test(a_session_whose_client_left_while_it_was_opened_expires),
        cmocka_unit_test(a_session_that_expires_while_it_is_opened_is_refused),
        cmocka_unit_test(the_throttle_closes_without_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
