// SPDX-License-Identifier: Apache-2.0
//
// Sessions between servers: what a learner tells of, what it asks, and who may write after a move.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "tests/unit/server/fake_peer.h"
#include "tests/unit/server/troupe.h"

static const struct troupe_options three = {.voters = 3};

// ---- the table of touches ----

static size_t take(struct touched *t, struct buf *to)
{
    buf_clear(to);
    touched_take(t, to);
    return to->len / 12;
}

static void each_session_is_told_once_with_its_last_timeout(void **state)
{
    (void)state;
    struct touched t;
    struct buf told = {0};
    touched_init(&t);
    assert_int_equal(take(&t, &told), 0);
    touched_add(&t, 5, 1000);
    touched_add(&t, 5, 2000);
    assert_int_equal(take(&t, &told), 1);
    assert_int_equal(be64_load(told.data), 5);
    assert_int_equal(be32_load(told.data + 8), 2000);
    assert_int_equal(take(&t, &told), 0);
    for (int64_t id = 1; id <= 1000; id++) {
        touched_add(&t, id, 1000);
        touched_add(&t, id * 3, 1000);
    }
    touched_remove(&t, 7);
    touched_remove(&t, 123456); // not there
    assert_int_equal(take(&t, &told), 1000 + 1000 - 333 - 1);
    touched_add(&t, 5, 1000);
    touched_clear(&t);
    assert_int_equal(take(&t, &told), 0);
    touched_add(&t, 5, 1000); // given back by touched_fini
    touched_fini(&t);
    buf_fini(&told);
}

static void a_request_is_told_in_every_round_again(void **state)
{
    (void)state;
    struct stage st;
    struct buf told = {0};
    stage_open(&st, 1, NULL, NULL);
    struct server *s = stage_server(&st);
    struct session *session = sessions_track(&s->sessions, 5, 1000, 0);
    for (int round = 0; round < 3; round++) {
        revalidate_touched(s, session, 1000);
        revalidate_touched(s, session, 1000);
        assert_int_equal(take(&s->touched, &told), 1);
        assert_int_equal(take(&s->touched, &told), 0);
    }
    buf_fini(&told);
    stage_close(&st);
}

static bool is_told(const struct buf *told, int64_t id)
{
    for (size_t at = 0; at + 12 <= told->len; at += 12) {
        if ((int64_t)be64_load(told->data + at) == id) {
            return true;
        }
    }
    return false;
}

// A session is touched by a learner that has heard of it before its client is there.
static void every_new_session_is_told_of_once_by_every_learner(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g;
    struct connect_response r;
    struct buf told = {0};
    pair_open(&pair, 2);
    guest_connect(&g, &pair.leader_stage);
    guest_ask_session(&g, 0, PAIR_TIMEOUT_MS);
    pair_flow(&pair);
    assert_true(guest_take_session(&g, &r));
    struct server *learner = stage_server(&pair.learner_stage);
    assert_int_equal(take(&learner->touched, &told), 1);
    assert_true(is_told(&told, g.session_id));
    assert_int_equal(take(&stage_server(&pair.leader_stage)->touched, &told), 0);
    int32_t close = guest_plain(&g, OP_CLOSE_SESSION); // one that is gone is not told of
    touched_add(&learner->touched, g.session_id, 1000);
    pair_flow(&pair);
    assert_int_equal(guest_answer(&g, close), ZK_OK);
    assert_int_equal(take(&learner->touched, &told), 0);
    buf_fini(&told);
    pair_close(&pair);
}

// The record goes with the connection; what was heard of it is told all the same.
static void a_learner_forgets_a_session_with_its_connection(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g;
    struct connect_response r;
    struct buf told = {0};
    pair_open(&pair, 3);
    guest_connect(&g, &pair.learner_stage);
    guest_ask_session(&g, 0, PAIR_TIMEOUT_MS);
    stage_run(&pair.learner_stage, 10);
    struct server *learner = stage_server(&pair.learner_stage);
    assert_null(hmap_any(&learner->sessions.by_id)); // the leader has to open it first
    pair_flow(&pair);
    assert_true(guest_take_session(&g, &r));
    assert_non_null(sessions_find(&learner->sessions, g.session_id));
    (void)take(&learner->touched, &told);
    int32_t ping = guest_plain(&g, OP_EXISTS); // malformed, and a sign of life
    assert_int_equal(guest_answer(&g, ping), ZK_MARSHALLING_ERROR);
    guest_hang_up(&g);
    stage_run(&pair.learner_stage, 100);
    assert_null(sessions_find(&learner->sessions, g.session_id));
    assert_int_equal(take(&learner->touched, &told), 1);
    assert_true(is_told(&told, g.session_id));
    assert_non_null(sessions_find(&stage_server(&pair.leader_stage)->sessions, g.session_id));
    buf_fini(&told);
    pair_close(&pair);
}

static void what_was_heard_is_forgotten_with_the_role(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct buf told = {0};
    pair_open(&pair, 4);
    struct server *learner = stage_server(&pair.learner_stage);
    touched_add(&learner->touched, 5, 1000);
    fake_settle(&pair.learner);
    assert_int_equal(take(&learner->touched, &told), 0);
    buf_fini(&told);
    pair_close(&pair);
}

static void malformed_packets_change_nothing(void **state)
{
    (void)state;
    EXPECT_MARK("malformed revalidation");
    EXPECT_MARK("malformed answer to a revalidation");
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 5, NULL);
    struct server *s = stage_server(&st);
    static const uint8_t bytes[11] = {0};
    const struct zab_packet packet = {.type = ZAB_REVALIDATE, .data = slice_of(bytes, 11)};
    const struct zab_packet shorter = {.type = ZAB_REVALIDATE, .data = slice_of(bytes, 8)};
    revalidate_requested(s, 7, &packet);
    revalidate_answered(s, &shorter);
    revalidate_heard(s, slice_of(bytes, 11));
    assert_int_equal(s->stats->counters[STATS_REVALIDATE_COUNT], 0);
    guest_make(&g, "/a", 0);
    stage_close(&st);
}

// A learner's word about a session keeps it alive, for a session that lives and is everybody's.
static void only_global_sessions_that_live_are_touched(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 6, NULL, NULL);
    struct server *s = stage_server(&st);
    int64_t now_ms = server_now_ms(s);
    struct session *open = sessions_track(&s->sessions, 5, 1000, now_ms);
    struct session *closing = sessions_track(&s->sessions, 6, 1000, now_ms);
    struct session *local = sessions_track_local(&s->sessions, 7, 1000, now_ms);
    sessions_set_closing(&s->sessions, closing);
    int64_t local_ms = local->expiry.deadline_ms;
    struct buf heard = {0};
    for (int64_t id = 4; id <= 7; id++) {
        buf_put_i64(&heard, id);
        buf_put_i32(&heard, 100000);
    }
    buf_put_i32(&heard, 0); // a rest that is no entry
    revalidate_heard(s, buf_slice(&heard));
    assert_true(open->expiry.deadline_ms >= now_ms + 100000);
    assert_int_equal(closing->expiry.deadline_ms, 0);
    assert_int_equal(local->expiry.deadline_ms, local_ms);
    assert_null(sessions_find(&s->sessions, 4));
    buf_fini(&heard);
    stage_close(&st);
}

// ---- between servers ----

static void a_session_moves_and_its_old_server_may_not_write_for_it(void **state)
{
    (void)state;
    EXPECT_MARK("write of a session that has moved");
    struct troupe t;
    troupe_open(&t, 10, &three);
    int leader = troupe_leader(&t);
    for (int from = 1; from <= 3; from++) {
        int to = 1 + from % 3;
        struct guest g;
        struct guest moved;
        troupe_enter(&g, &t, from);
        assert_int_equal(g.session_id >> 56, from);
        assert_true(troupe_take_over(&moved, &g, &t, to));
        assert_int_equal(moved.session_id, g.session_id);
        guest_create(&g, "/late", "", 0);
        guest_end(&g);
        assert_int_equal(guest_answer(&moved, guest_set(&moved, "/", "in time", -1)), ZK_OK);
        guest_leave(&g);
        guest_leave(&moved);
    }
    assert_null(tree_find(troupe_server(&t, leader)->tree, slice_str("/late")));
    troupe_close(&t);
}

static void a_leader_does_not_answer_reads_of_a_session_that_has_moved(void **state)
{
    (void)state;
    EXPECT_MARK("read of a session that has moved");
    struct troupe t;
    struct guest g;
    struct guest moved;
    troupe_open(&t, 11, &three);
    int leader = troupe_leader(&t);
    troupe_enter(&g, &t, leader);
    int32_t write = guest_create(&g, "/in-time", "", 0);
    guest_read(&g, OP_GET_DATA, "/in-time", false);
    while (troupe_server(&t, leader)->in_process < 2) {
        stage_step(&t.st);
    }
    struct session *session = sessions_find(&troupe_server(&t, leader)->sessions, g.session_id);
    session_set_owner(session, 12345); // while the write is in flight
    assert_int_equal(guest_answer(&g, write), ZK_OK);
    guest_end(&g);
    guest_leave(&g);
    troupe_enter(&g, &t, leader);
    assert_true(troupe_take_over(&moved, &g, &t, troupe_follower(&t)));
    guest_plain(&g, OP_PING);
    guest_end(&g);
    assert_int_equal(troupe_server(&t, leader)->stats->counters[STATS_REVALIDATE_COUNT], 1);
    assert_true(troupe_move(&moved, &t, leader)); // and back again
    guest_make(&moved, "/a", CREATE_EPHEMERAL);
    troupe_close(&t);
}

static void who_has_no_session_or_not_its_password_is_refused(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    troupe_open(&t, 12, &three);
    troupe_enter(&g, &t, 1);
    for (int id = 1; id <= 3; id++) {
        struct guest thief;
        struct guest ghost = g;
        g.passwd[0] ^= 1;
        assert_false(troupe_take_over(&thief, &g, &t, id));
        assert_int_equal(thief.timeout_ms, 0);
        guest_end(&thief);
        guest_leave(&thief);
        g.passwd[0] ^= 1;
        ghost.session_id += 1000;
        connect_passwd(ghost.session_id, ghost.passwd);
        assert_false(troupe_take_over(&thief, &ghost, &t, id));
        guest_end(&thief);
        guest_leave(&thief);
        assert_true(list_is_empty(&troupe_server(&t, id)->revalidating));
    }
    troupe_close(&t);
}

// The answer for the first connection serves the second.
static void a_connection_that_waits_for_the_leader_gives_way_to_the_next(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    struct guest first;
    struct guest second;
    troupe_open(&t, 13, &three);
    int follower = troupe_follower(&t);
    troupe_enter(&g, &t, troupe_leader(&t));
    troupe_connect(&first, &t, follower);
    node_pause(t.boxes[troupe_leader(&t) - 1].node, 500); // it answers when both have come
    memcpy(first.passwd, g.passwd, sizeof(g.passwd));
    guest_ask_session(&first, g.session_id, GUEST_TIMEOUT_MS);
    while (list_is_empty(&troupe_server(&t, follower)->revalidating)) {
        stage_step(&t.st);
    }
    assert_true(troupe_take_over(&second, &g, &t, follower));
    guest_end(&first);
    guest_make(&second, "/a", 0);
    assert_true(list_is_empty(&troupe_server(&t, follower)->revalidating));
    troupe_close(&t);
}

static void a_client_that_hangs_up_while_the_leader_is_asked_leaves_nothing(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    struct guest other;
    troupe_open(&t, 14, &three);
    int follower = troupe_follower(&t);
    struct server *s = troupe_server(&t, follower);
    troupe_enter(&g, &t, troupe_leader(&t));
    troupe_connect(&other, &t, follower);
    memcpy(other.passwd, g.passwd, sizeof(g.passwd));
    guest_ask_session(&other, g.session_id, GUEST_TIMEOUT_MS);
    while (list_is_empty(&s->revalidating)) {
        stage_step(&t.st);
    }
    guest_hang_up(&other);
    troupe_run(&t, 500);
    assert_true(list_is_empty(&s->revalidating));
    assert_null(sessions_find(&s->sessions, g.session_id));
    assert_true(troupe_move(&g, &t, follower));
    troupe_close(&t);
}

static void who_waits_for_a_leader_that_dies_is_sent_away(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    struct guest other;
    troupe_open(&t, 15, &three);
    int follower = troupe_follower(&t);
    struct server *s = troupe_server(&t, follower);
    troupe_enter(&g, &t, follower);
    troupe_connect(&other, &t, follower);
    memcpy(other.passwd, g.passwd, sizeof(g.passwd));
    troupe_kill(&t, troupe_leader(&t));
    guest_ask_session(&other, g.session_id, GUEST_TIMEOUT_MS);
    guest_end(&other);
    assert_true(list_is_empty(&s->revalidating));
    troupe_until_serving(&t); // all sessions are known to the next one
    assert_true(troupe_move(&g, &t, follower));
    assert_true(troupe_move(&g, &t, troupe_leader(&t)));
    troupe_close(&t);
}

// Load protection comes first: a crowd that comes back does not reach the leader.
static void who_is_throttled_is_not_asked_for(void **state)
{
    (void)state;
    static const char *const defines[] = {"zookeeper.connection_throttle_tokens=2",
                                          "zookeeper.connection_throttle_fill_time=1000000", NULL};
    static const struct troupe_options options = {.voters = 3, .defines = defines};
    struct troupe t;
    struct guest g;
    struct guest other;
    troupe_open(&t, 17, &options);
    int leader = troupe_leader(&t);
    int follower = troupe_follower(&t);
    troupe_enter(&g, &t, leader);
    assert_true(troupe_move(&g, &t, follower));
    assert_true(troupe_move(&g, &t, follower));
    assert_false(troupe_take_over(&other, &g, &t, follower));
    assert_int_equal(troupe_server(&t, leader)->stats->counters[STATS_REVALIDATE_COUNT], 2);
    assert_int_equal(troupe_server(&t, follower)->stats->counters[STATS_CONNECTION_REJECTED], 1);
    guest_make(&g, "/a", 0); // and has not lost its connection to who was refused
    troupe_close(&t);
}

// A server that is behind what a client has seen does not take it in, however right it is.
static void a_client_is_not_taken_back_in_time(void **state)
{
    (void)state;
    EXPECT_MARK("client is ahead");
    struct troupe t;
    struct guest g;
    struct guest ahead;
    troupe_open(&t, 18, &three);
    int follower = troupe_follower(&t);
    troupe_enter(&g, &t, troupe_leader(&t));
    guest_make(&g, "/a", 0);
    troupe_until_equal(&t);
    int64_t applied = tree_last_zxid(troupe_server(&t, follower)->tree);
    for (int64_t seen = applied; seen <= applied + 1; seen++) {
        const struct connect_request request = {
            .body = {.last_zxid_seen = seen,
                     .timeout_ms = GUEST_TIMEOUT_MS,
                     .session_id = g.session_id,
                     .passwd = slice_of(g.passwd, sizeof(g.passwd))},
            .has_read_only = true};
        troupe_connect(&ahead, &t, follower);
        guest_ask_connect(&ahead, &request);
        struct connect_response r;
        assert_int_equal(guest_take_session(&ahead, &r), seen == applied);
        guest_leave(&ahead);
    }
    assert_true(list_is_empty(&troupe_server(&t, follower)->revalidating));
    troupe_close(&t);
}

static void a_session_that_is_being_closed_cannot_move(void **state)
{
    (void)state;
    for (uint64_t seed = 20; seed < 40; seed++) {
        struct troupe t;
        struct guest g;
        struct guest moved;
        troupe_open(&t, seed, &three);
        int from = 1 + (int)(seed % 3);
        troupe_enter(&g, &t, from);
        guest_make(&g, "/mine", CREATE_EPHEMERAL);
        guest_plain(&g, OP_CLOSE_SESSION);
        for (uint64_t i = 0; i < seed % 7; i++) {
            stage_step(&t.st);
        }
        if (troupe_take_over(&moved, &g, &t, 1 + from % 3)) {
            guest_end(&moved); // let in before the close was known
        }
        guest_hang_up(&g);
        assert_false(troupe_move(&g, &t, 1));
        troupe_until_equal(&t);
        for (int id = 1; id <= 3; id++) {
            const struct server *s = troupe_server(&t, id);
            assert_null(tree_find(s->tree, slice_str("/mine")));
            assert_null(sessions_find(&s->sessions, g.session_id));
            assert_int_equal(tree_session_count(s->tree), 0);
        }
        troupe_close(&t);
    }
}

static void the_leader_expires_who_is_silent_and_the_learner_closes_it(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    struct guest busy;
    troupe_open(&t, 16, &three);
    int follower = troupe_follower(&t);
    troupe_enter(&g, &t, follower);
    troupe_enter(&busy, &t, follower);
    guest_make(&g, "/silent", CREATE_EPHEMERAL);
    guest_make(&busy, "/busy", CREATE_EPHEMERAL);
    for (int i = 0; i < 20; i++) { // reads, which the leader hears of by the answers to its pings
        troupe_run(&t, GUEST_TIMEOUT_MS / 5);
        assert_int_equal(guest_answer(&busy, guest_read(&busy, OP_EXISTS, "/busy", false)), ZK_OK);
    }
    guest_end(&g);
    for (int id = 1; id <= 3; id++) {
        const struct server *s = troupe_server(&t, id);
        assert_null(tree_find(s->tree, slice_str("/silent")));
        assert_non_null(tree_find(s->tree, slice_str("/busy")));
    }
    assert_int_equal(
        troupe_server(&t, troupe_leader(&t))->stats->counters[STATS_STALE_SESSIONS_EXPIRED], 1);
    assert_int_equal(troupe_server(&t, follower)->stats->counters[STATS_STALE_SESSIONS_EXPIRED], 0);
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_session_is_told_once_with_its_last_timeout),
        cmocka_unit_test(a_request_is_told_in_every_round_again),
        cmocka_unit_test(every_new_session_is_told_of_once_by_every_learner),
        cmocka_unit_test(a_learner_forgets_a_session_with_its_connection),
        cmocka_unit_test(what_was_heard_is_forgotten_with_the_role),
        cmocka_unit_test(malformed_packets_change_nothing),
        cmocka_unit_test(only_global_sessions_that_live_are_touched),
        cmocka_unit_test(a_session_moves_and_its_old_server_may_not_write_for_it),
        cmocka_unit_test(a_leader_does_not_answer_reads_of_a_session_that_has_moved),
        cmocka_unit_test(who_has_no_session_or_not_its_password_is_refused),
        cmocka_unit_test(a_connection_that_waits_for_the_leader_gives_way_to_the_next),
        cmocka_unit_test(a_client_that_hangs_up_while_the_leader_is_asked_leaves_nothing),
        cmocka_unit_test(who_waits_for_a_leader_that_dies_is_sent_away),
        cmocka_unit_test(who_is_throttled_is_not_asked_for),
        cmocka_unit_test(a_client_is_not_taken_back_in_time),
        cmocka_unit_test(a_session_that_is_being_closed_cannot_move),
        cmocka_unit_test(the_leader_expires_who_is_silent_and_the_learner_closes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
