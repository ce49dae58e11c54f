// SPDX-License-Identifier: Apache-2.0
//
// The checks before a request is worked on, and what never becomes one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "tests/unit/server/troupe.h"

static void a_frame_without_a_header_closes(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 1, NULL, NULL);
    for (uint8_t len = 0; len < 8; len++) {
        struct guest g;
        guest_open(&g, &st);
        const uint8_t frame[12] = {0, 0, 0, len};
        guest_send(&g, slice_of(frame, 4 + (size_t)len));
        guest_end(&g);
        guest_leave(&g);
    }
    stage_close(&st);
}

static void an_unknown_operation_is_unimplemented_without_a_zxid_and_closes(void **state)
{
    (void)state;
    static const int32_t types[] = {OP_NOTIFICATION,
                                    OP_CHECK,
                                    OP_CREATE_SESSION,
                                    OP_DELETE_CONTAINER,
                                    OP_ERROR,
                                    10,
                                    23,
                                    99,
                                    108,
                                    INT32_MAX,
                                    INT32_MIN};
    struct stage st;
    stage_open(&st, 2, NULL, NULL);
    int64_t zxid = 0;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct guest g;
        guest_open(&g, &st);
        zxid = tree_last_zxid(stage_server(&st)->tree);
        int32_t xid = guest_path(&g, types[i], "/");
        assert_int_equal(guest_answer(&g, xid), ZK_UNIMPLEMENTED);
        assert_int_equal(g.header.zxid, -1);
        guest_body_end(&g);
        guest_end(&g);
        assert_int_equal(tree_last_zxid(stage_server(&st)->tree), zxid);
        assert_true(guest_come_back(&g)); // the session lives
        guest_leave(&g);
    }
    stage_close(&st);
}

// ---- auth ----

static void authentication_answers_its_own_xid_and_zxid_0(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 3, NULL);
    assert_int_equal(guest_answer(&g, guest_auth(&g, "digest", "bob:secret")), ZK_OK);
    assert_int_equal(g.header.zxid, 0);
    guest_body_end(&g);
    stage_close(&st);
}

static void a_failed_authentication_is_answered_and_closes_but_the_session_lives(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 4, NULL);
    assert_int_equal(guest_answer(&g, guest_auth(&g, "kerberos", "x")), ZK_AUTH_FAILED);
    assert_int_equal(g.header.zxid, 0);
    guest_end(&g);
    assert_true(guest_come_back(&g));
    stage_close(&st);
}

static void requests_behind_a_failed_authentication_are_not_served(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 5, NULL);
    int32_t auth = guest_auth(&g, "kerberos", "x");
    guest_create(&g, "/late", "", 0);
    assert_int_equal(guest_answer(&g, auth), ZK_AUTH_FAILED);
    guest_end(&g);
    stage_run(&st, 50);
    assert_null(tree_find(stage_server(&st)->tree, slice_str("/late")));
    stage_close(&st);
}

static void a_wrong_ensemble_name_closes_without_an_answer(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 18,
                "ensembleAuthName=blue,green\nauthProvider.1="
                "org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider\n");
    assert_int_equal(guest_answer(&g, guest_auth(&g, "ensemble", "green")), ZK_OK);
    guest_auth(&g, "ensemble", "red");
    guest_end(&g);
    stage_close(&st);
}

static void malformed_auth_and_sasl_packets_close_without_an_answer(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 6, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        struct guest g;
        guest_open(&g, &st);
        if (i < 2) {
            guest_plain(&g, i == 0 ? OP_AUTH : OP_SASL);
        } else {
            guest_path(&g, OP_SASL, NULL); // a null token
        }
        guest_end(&g);
        guest_leave(&g);
    }
    stage_close(&st);
}

static void sasl_is_answered_with_a_null_token_and_the_connection_stays(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 7, NULL);
    assert_int_equal(guest_answer(&g, guest_path(&g, OP_SASL, "")), ZK_OK);
    assert_int_equal(g.header.zxid, 0);
    assert_true(slice_is_null(guest_str(&g)));
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/", false)), ZK_OK);
    stage_close(&st);
}

static void what_must_be_authenticated_is_refused_before_it_is(void **state)
{
    (void)state;
    static const int32_t types[] = {OP_EXISTS, OP_PING, OP_CREATE, 99};
    struct stage st;
    struct guest g;
    stage_open(&st, 8, "enforce.auth.enabled=true\nenforce.auth.schemes=digest\n", NULL);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        guest_open(&g, &st);
        int32_t xid = guest_path(&g, types[i], "/");
        assert_int_equal(guest_answer(&g, xid), ZK_SESSION_CLOSED_REQUIRE_SASL_AUTH);
        assert_int_equal(g.header.zxid, 0);
        guest_end(&g);
        guest_leave(&g);
    }
    guest_open(&g, &st);
    assert_int_equal(guest_answer(&g, guest_auth(&g, "digest", "bob:secret")), ZK_OK);
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/", false)), ZK_OK);
    stage_close(&st);
}

// ---- sessions ----

static void requests_keep_a_session_alive(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 9, NULL);
    for (int i = 0; i < 10; i++) {
        stage_run(&st, GUEST_TIMEOUT_MS - 100);
        guest_plain(&g, OP_PING);
        assert_int_equal(guest_answer(&g, XID_PING), ZK_OK); // whatever xid it had
    }
    stage_close(&st);
}

static void a_request_of_a_closing_session_gets_no_answer(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 10, NULL);
    int32_t close = guest_plain(&g, OP_CLOSE_SESSION);
    guest_read(&g, OP_EXISTS, "/", false);
    guest_create(&g, "/late", "", 0);
    assert_int_equal(guest_answer(&g, close), ZK_OK);
    guest_body_end(&g);
    guest_end(&g);
    assert_null(tree_find(stage_server(&st)->tree, slice_str("/late")));
    stage_close(&st);
}

// ---- load ----

// More than the limit in process: the connection is not read from; all is answered in the end.
static void the_outstanding_limit_stops_reading_and_resumes(void **state)
{
    (void)state;
    enum { LIMIT = 5, WRITES = 200 };
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 11, "globalOutstandingLimit=5\n");
    int32_t first = g.last_xid + 1;
    for (int i = 0; i < WRITES; i++) {
        guest_create(&g, "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
    }
    const struct server *s = stage_server(&st);
    uint64_t most = 0;
    bool was_throttled = false;
    while (tree_node_count(s->tree) < WRITES) {
        stage_step(&st);
        most = s->in_process > most ? s->in_process : most;
        was_throttled = was_throttled || !list_is_empty(&s->throttled);
    }
    assert_true(was_throttled);
    assert_int_equal(most, LIMIT + 1);
    for (int32_t xid = first; xid < first + WRITES; xid++) {
        assert_int_equal(guest_answer(&g, xid), ZK_OK);
    }
    stage_close(&st);
}

static uint64_t most_in_process(struct troupe *t, int id, struct guest *g)
{
    enum { WRITES = 100 };
    const struct server *s = troupe_server(t, id);
    uint64_t most = 0;
    troupe_enter(g, t, id);
    int32_t first = g->last_xid + 1;
    for (int i = 0; i < WRITES; i++) {
        guest_create(g, "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
    }
    while (s->in_process == 0) {
        stage_step(&t->st);
    }
    while (s->in_process > 0) {
        most = s->in_process > most ? s->in_process : most;
        stage_step(&t->st);
    }
    for (int32_t xid = first; xid < first + WRITES; xid++) {
        assert_int_equal(guest_answer(g, xid), ZK_OK);
    }
    return most;
}

static void leader_and_followers_share_the_outstanding_limit(void **state)
{
    (void)state;
    const struct troupe_options options = {
        .voters = 4, .observers = 1, .zoo_cfg = "globalOutstandingLimit=30\n"};
    struct troupe t;
    struct guest guests[3];
    troupe_open(&t, 3, &options);
    assert_int_equal(most_in_process(&t, troupe_leader(&t), &guests[0]), 10 + 1);
    assert_int_equal(most_in_process(&t, troupe_follower(&t), &guests[1]), 10 + 1);
    assert_int_equal(most_in_process(&t, 5, &guests[2]), 30 + 1);
    troupe_close(&t);
}

// Who has nothing outstanding gets in while others are held back.
static void the_outstanding_limit_does_not_lock_out_other_connections(void **state)
{
    (void)state;
    struct stage st;
    struct guest busy;
    struct guest calm;
    guest_enter(&busy, &st, 12, "globalOutstandingLimit=3\n");
    guest_open(&calm, &st);
    for (int i = 0; i < 50; i++) {
        guest_create(&busy, "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
    }
    int32_t read = guest_read(&calm, OP_EXISTS, "/", false);
    int32_t write = guest_create(&calm, "/calm", "", 0);
    assert_int_equal(guest_answer(&calm, read), ZK_OK);
    assert_int_equal(guest_answer(&calm, write), ZK_OK);
    assert_true(tree_node_count(stage_server(&st)->tree) < 50);
    stage_close(&st);
}

// A client under load must get its pings through: xids of 0 and less never stop the reading.
static void pings_do_not_stop_the_reading(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 21, "globalOutstandingLimit=1\n");
    int32_t create = guest_create(&g, "/a", "", 0);
    struct buf ping = {0};
    guest_frame(&ping, XID_PING, OP_PING, slice_str(""));
    for (int i = 0; i < 20; i++) {
        guest_send(&g, buf_slice(&ping));
    }
    while (g.in.len == 0) {
        stage_step(&st);
        assert_true(list_is_empty(&stage_server(&st)->throttled));
    }
    assert_int_equal(guest_answer(&g, create), ZK_OK);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(guest_answer(&g, XID_PING), ZK_OK);
    }
    buf_fini(&ping);
    stage_close(&st);
}

static void requests_above_the_throttle_wait_and_keep_their_order(void **state)
{
    (void)state;
    EXPECT_MARK("request waits in the throttle");
    enum { REQUESTS = 60 };
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 13, "request_throttle_max_requests=2\n");
    int32_t first = g.last_xid + 1;
    for (int i = 0; i < REQUESTS / 2; i++) {
        guest_create(&g, "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
        guest_read(&g, OP_EXISTS, "/", false);
    }
    for (int32_t xid = first; xid < first + REQUESTS; xid++) {
        assert_int_equal(guest_answer(&g, xid), ZK_OK);
    }
    assert_int_equal(stage_server(&st)->throttle.waiting, 0);
    stage_close(&st);
}

static void wait_for_the_throttle(struct stage *st)
{
    while (stage_server(st)->throttle.waiting == 0) {
        stage_step(st);
    }
}

static void a_request_that_waited_too_long_is_answered_throttled(void **state)
{
    (void)state;
    EXPECT_MARK("throttled request is refused");
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 19, "request_throttle_max_requests=1\nthrottled_op_wait_time=50\n");
    int32_t create = guest_create(&g, "/a", "", 0);
    int32_t read = guest_read(&g, OP_EXISTS, "/a", false);
    guest_plain(&g, OP_PING);
    wait_for_the_throttle(&st);
    stage_stall(&st, 100);
    assert_int_equal(guest_answer(&g, create), ZK_OK);
    int64_t zxid = g.header.zxid;
    assert_int_equal(guest_answer(&g, read), ZK_THROTTLED_OP);
    assert_int_equal(g.header.zxid, zxid);
    guest_body_end(&g);
    assert_int_equal(guest_answer(&g, XID_PING), ZK_OK); // never refused
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/a", false)), ZK_OK);
    stage_close(&st);
}

static void a_request_older_than_its_session_timeout_closes_when_that_is_configured(void **state)
{
    (void)state;
    EXPECT_MARK("stale request is dropped");
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 20, "request_throttle_max_requests=1\nrequest_stale_latency_check=true\n");
    int32_t create = guest_create(&g, "/a", "", 0);
    guest_create(&g, "/b", "", 0);
    wait_for_the_throttle(&st);
    stage_stall(&st, GUEST_TIMEOUT_MS + 100);
    (void)create; // its answer may be lost with the connection
    while (!g.has_ended) {
        stage_step(&st);
    }
    assert_non_null(tree_find(stage_server(&st)->tree, slice_str("/a")));
    assert_null(tree_find(stage_server(&st)->tree, slice_str("/b")));
    stage_close(&st);
}

static void a_close_that_waits_in_the_throttle_outlives_its_connection(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 22,
                "request_throttle_max_requests=1\nflushDelay=300\nmaxWriteQueuePollTime=300\n");
    guest_create(&g, "/mine", "", CREATE_EPHEMERAL);
    guest_plain(&g, OP_CLOSE_SESSION);
    wait_for_the_throttle(&st);
    guest_hang_up(&g);
    stage_run(&st, GUEST_TIMEOUT_MS / 2);
    assert_false(stage_has_node(&st, "/mine"));
    assert_int_equal(tree_session_count(stage_server(&st)->tree), 0);
    stage_close(&st);
}

// ---- large requests ----

static struct buf large_body(size_t bytes)
{
    struct buf body = {0};
    memset(buf_reserve(&body, bytes), 0, bytes);
    body.len = bytes;
    return body;
}

static void large_requests_beyond_the_budget_close(void **state)
{
    (void)state;
    EXPECT_MARK("large requests are too many");
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 14, "largeRequestThreshold=1000\nlargeRequestMaxBytes=5000\n");
    struct buf body = large_body(6000);
    guest_ask(&g, OP_PING, &body);
    guest_end(&g);
    assert_int_equal(stage_server(&st)->throttle.large_bytes, 0);
    stage_close(&st);
}

// Whatever becomes of a large request, its bytes are given back.
static void large_requests_give_their_bytes_back(void **state)
{
    (void)state;
    static const int32_t types[] = {OP_PING,  OP_SET_DATA, OP_CREATE,          OP_GET_DATA,
                                    OP_MULTI, 99,          OP_DELETE_CONTAINER};
    struct stage st;
    stage_open(&st, 15, "largeRequestThreshold=1000\nlargeRequestMaxBytes=5000\n", NULL);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct guest g;
        guest_open(&g, &st);
        struct buf body = large_body(4000);
        guest_ask(&g, types[i], &body);
        assert_true(guest_next(&g));
        stage_run(&st, 20);
        assert_int_equal(stage_server(&st)->throttle.large_bytes, 0);
        guest_leave(&g);
    }
    stage_close(&st);
}

static void a_large_request_of_a_closing_session_gives_its_bytes_back(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 16, "largeRequestThreshold=1000\nlargeRequestMaxBytes=5000\n");
    int32_t close = guest_plain(&g, OP_CLOSE_SESSION);
    struct buf body = large_body(4000);
    guest_ask(&g, OP_PING, &body);
    assert_int_equal(guest_answer(&g, close), ZK_OK);
    guest_end(&g);
    stage_run(&st, 20);
    assert_int_equal(stage_server(&st)->throttle.large_bytes, 0);
    stage_close(&st);
}

// It waits for the throttle while its connection is being closed.
static void a_large_request_that_waits_gives_its_bytes_back_when_its_connection_closes(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 17,
                "request_throttle_max_requests=1\nlargeRequestThreshold=1000\n"
                "largeRequestMaxBytes=5000\n");
    guest_create(&g, "/a", "", 0);
    struct buf body = large_body(4000);
    guest_ask(&g, OP_PING, &body);
    guest_auth(&g, "kerberos", "fails");
    while (!g.has_ended) {
        stage_step(&st);
    }
    stage_run(&st, 20);
    assert_int_equal(stage_server(&st)->throttle.large_bytes, 0);
    assert_int_equal(stage_server(&st)->throttle.waiting, 0);
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_without_a_header_closes),
        cmocka_unit_test(an_unknown_operation_is_unimplemented_without_a_zxid_and_closes),
        cmocka_unit_test(authentication_answers_its_own_xid_and_zxid_0),
        cmocka_unit_test(a_failed_authentication_is_answered_and_closes_but_the_session_lives),
        cmocka_unit_test(requests_behind_a_failed_authentication_are_not_served),
        cmocka_unit_test(a_wrong_ensemble_name_closes_without_an_answer),
        cmocka_unit_test(malformed_auth_and_sasl_packets_close_without_an_answer),
        cmocka_unit_test(sasl_is_answered_with_a_null_token_and_the_connection_stays),
        cmocka_unit_test(what_must_be_authenticated_is_refused_before_it_is),
        cmocka_unit_test(requests_keep_a_session_alive),
        cmocka_unit_test(a_request_of_a_closing_session_gets_no_answer),
        cmocka_unit_test(the_outstanding_limit_stops_reading_and_resumes),
        cmocka_unit_test(leader_and_followers_share_the_outstanding_limit),
        cmocka_unit_test(the_outstanding_limit_does_not_lock_out_other_connections),
        cmocka_unit_test(pings_do_not_stop_the_reading),
        cmocka_unit_test(requests_above_the_throttle_wait_and_keep_their_order),
        cmocka_unit_test(a_request_that_waited_too_long_is_answered_throttled),
        cmocka_unit_test(a_close_that_waits_in_the_throttle_outlives_its_connection),
        cmocka_unit_test(a_request_older_than_its_session_timeout_closes_when_that_is_configured),
        cmocka_unit_test(large_requests_beyond_the_budget_close),
        cmocka_unit_test(large_requests_give_their_bytes_back),
        cmocka_unit_test(a_large_request_of_a_closing_session_gives_its_bytes_back),
        cmocka_unit_test(
            a_large_request_that_waits_gives_its_bytes_back_when_its_connection_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
