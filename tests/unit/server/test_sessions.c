// SPDX-License-Identifier: Apache-2.0
//
// Who is alive until when.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/sessions.h"

enum { TICK_MS = 1000, TIMEOUT_MS = 4000 };

static void ids_carry_the_server_and_count_up(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 3, 123456);
    int64_t first = sessions_new_id(&s);
    assert_int_equal((uint64_t)first >> 56, 3);
    assert_int_equal(sessions_new_id(&s), first + 1);
    sessions_fini(&s);
}

static void a_session_expires_once_and_is_closing_then(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    sessions_track(&s, 5, TIMEOUT_MS, 0);
    assert_null(sessions_take_expired(&s, TIMEOUT_MS));
    struct session *session = sessions_take_expired(&s, TIMEOUT_MS + TICK_MS);
    assert_non_null(session);
    assert_int_equal(session->id, 5);
    assert_int_equal(sessions_check(&s, 5, 0), ZK_SESSION_EXPIRED);
    assert_false(sessions_touch(&s, session, TIMEOUT_MS, TIMEOUT_MS));
    assert_null(sessions_take_expired(&s, 100 * TIMEOUT_MS));
    sessions_fini(&s);
}

static void a_touched_session_lives_on(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    struct session *session = sessions_track(&s, 5, TIMEOUT_MS, 0);
    for (int64_t now = 0; now < 100000; now += 3000) {
        assert_null(sessions_take_expired(&s, now));
        assert_true(sessions_touch(&s, session, TIMEOUT_MS, now));
    }
    assert_int_equal(sessions_check(&s, 5, 0), ZK_OK);
    sessions_fini(&s);
}

static void postponed_sessions_local_ones_too_live_longer(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    sessions_track(&s, 5, TIMEOUT_MS, 0);
    sessions_track_local(&s, 6, TIMEOUT_MS, 0);
    sessions_postpone(&s, 7 * TICK_MS);
    assert_null(sessions_take_expired(&s, TIMEOUT_MS + 7 * TICK_MS));
    assert_null(sessions_take_expired_local(&s, TIMEOUT_MS + 7 * TICK_MS));
    assert_int_equal(sessions_take_expired(&s, TIMEOUT_MS + 8 * TICK_MS)->id, 5);
    assert_int_equal(sessions_take_expired_local(&s, TIMEOUT_MS + 8 * TICK_MS)->id, 6);
    sessions_fini(&s);
}

static void an_ended_session_expires_with_the_next_tick(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    struct session *session = sessions_track(&s, 5, TIMEOUT_MS, 0);
    sessions_end(&s, session, 1);
    assert_ptr_equal(sessions_take_expired(&s, TICK_MS), session);
    sessions_end(&s, session, TICK_MS); // it is closing already
    assert_null(sessions_take_expired(&s, 100 * TIMEOUT_MS));
    sessions_fini(&s);
}

static void an_unknown_session_is_unknown(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    assert_int_equal(sessions_check(&s, 9, 0), ZK_UNKNOWN_SESSION);
    assert_false(sessions_touch(&s, sessions_find(&s, 9), TIMEOUT_MS, 0));
    sessions_remove(&s, 9);
    sessions_fini(&s);
}

static void a_reopened_session_has_a_full_timeout(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    struct session *session = sessions_track(&s, 5, TIMEOUT_MS, 0);
    sessions_set_closing(&s, session);
    sessions_reopen(&s, session, 50000);
    assert_int_equal(sessions_check(&s, 5, 0), ZK_OK);
    assert_null(sessions_take_expired(&s, 50000 + TIMEOUT_MS));
    assert_non_null(sessions_take_expired(&s, 50000 + TIMEOUT_MS + TICK_MS));
    sessions_fini(&s);
}

// The first link that writes owns the session, until it moves.
static void only_its_owner_writes_for_a_session(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    struct session *session = sessions_track(&s, 5, TIMEOUT_MS, 0);
    assert_int_equal(sessions_check(&s, 5, 7), ZK_OK);
    assert_int_equal(sessions_check(&s, 5, 7), ZK_OK);
    assert_int_equal(sessions_check(&s, 5, 8), ZK_SESSION_MOVED);
    assert_int_equal(sessions_check(&s, 5, 0), ZK_SESSION_MOVED);
    session_set_owner(session, 0);
    assert_int_equal(sessions_check(&s, 5, 0), ZK_OK);
    assert_int_equal(sessions_check(&s, 5, 7), ZK_SESSION_MOVED);
    sessions_set_closing(&s, session);
    assert_int_equal(sessions_check(&s, 5, 7), ZK_SESSION_EXPIRED);
    sessions_fini(&s);
}

static void a_leader_calls_an_unknown_session_expired(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    s.is_leading = true;
    assert_int_equal(sessions_check(&s, 9, 0), ZK_SESSION_EXPIRED);
    sessions_fini(&s);
}

// On a learner only who has asked for its end; the others' deadlines are the leader's.
static void a_learner_takes_those_that_ended_and_have_no_connection(void **state)
{
    (void)state;
    struct sessions s;
    struct conn *conn = (struct conn *)(void *)&s; // any
    sessions_init(&s, TICK_MS, 1, 0);
    for (int64_t id = 1; id <= 9; id++) {
        sessions_track(&s, id, TIMEOUT_MS, 0)->conn = id == 5 ? NULL : conn;
    }
    sessions_end(&s, sessions_find(&s, 5), 0);
    assert_int_equal(sessions_take_ended(&s, TICK_MS)->id, 5);
    assert_null(sessions_take_ended(&s, 100 * TIMEOUT_MS));
    for (int64_t id = 1; id <= 9; id++) {
        assert_int_equal(sessions_check(&s, id, 0), id == 5 ? ZK_SESSION_EXPIRED : ZK_OK);
    }
    sessions_fini(&s);
}

// ---- local ones ----

static void a_local_session_expires_in_a_queue_of_its_own(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    sessions_track(&s, 5, TIMEOUT_MS, 0);
    struct session *local = sessions_track_local(&s, 6, TIMEOUT_MS, 0);
    assert_int_equal(s.local_count, 1);
    assert_true(sessions_touch(&s, local, TIMEOUT_MS, 3000));
    assert_null(sessions_take_expired_local(&s, 3000 + TIMEOUT_MS));
    assert_ptr_equal(sessions_take_expired_local(&s, 4000 + TIMEOUT_MS), local);
    assert_true(local->is_closing);
    assert_int_equal(s.local_count, 1);
    sessions_remove(&s, 6);
    assert_int_equal(s.local_count, 0);
    assert_int_equal(sessions_take_expired(&s, 4000 + TIMEOUT_MS)->id, 5);
    sessions_fini(&s);
}

static void a_session_that_becomes_global_changes_queues(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    struct session *session = sessions_track_local(&s, 6, TIMEOUT_MS, 0);
    assert_int_equal(sessions_check_global(&s, 6, 0), ZK_EPHEMERAL_ON_LOCAL_SESSION);
    sessions_make_global(&s, session, 0);
    assert_int_equal(s.local_count, 0);
    assert_int_equal(sessions_check_global(&s, 6, 0), ZK_OK);
    assert_null(sessions_take_expired_local(&s, 100 * TIMEOUT_MS));
    assert_ptr_equal(sessions_take_expired(&s, TIMEOUT_MS + TICK_MS), session);
    sessions_track_local(&s, 7, TIMEOUT_MS, 0);
    sessions_clear(&s, 0);
    assert_int_equal(s.local_count, 0);
    sessions_fini(&s);
}

static void a_closing_local_session_stays_so_when_it_becomes_global(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    struct session *session = sessions_track_local(&s, 6, TIMEOUT_MS, 0);
    sessions_set_closing(&s, session);
    sessions_make_global(&s, session, 0);
    assert_int_equal(sessions_check(&s, 6, 0), ZK_SESSION_EXPIRED);
    assert_null(sessions_take_expired(&s, 100 * TIMEOUT_MS));
    sessions_fini(&s);
}

// The first byte of an id says who made it, whatever its sign.
static void a_leader_believes_in_local_sessions_of_others(void **state)
{
    (void)state;
    for (int64_t sid = 3; sid <= 253; sid += 250) {
        struct sessions s;
        sessions_init(&s, TICK_MS, sid, 0);
        int64_t own = sessions_new_id(&s);
        int64_t foreign = own ^ (INT64_C(1) << 56);
        s.is_leading = true;
        assert_int_equal(sessions_check(&s, foreign, 7), ZK_SESSION_EXPIRED);
        s.allows_local = true;
        assert_int_equal(sessions_check(&s, foreign, 7), ZK_OK);
        assert_int_equal(sessions_check_global(&s, foreign, 7), ZK_SESSION_EXPIRED);
        assert_int_equal(sessions_check(&s, own, 7), ZK_SESSION_EXPIRED);
        s.is_leading = false;
        assert_int_equal(sessions_check(&s, foreign, 7), ZK_UNKNOWN_SESSION);
        sessions_fini(&s);
    }
}

static void a_cleared_table_knows_nobody_and_gives_no_id_twice(void **state)
{
    (void)state;
    struct sessions s;
    sessions_init(&s, TICK_MS, 1, 0);
    for (int64_t id = 1; id <= 500; id++) {
        sessions_track(&s, id, TIMEOUT_MS, 0);
    }
    int64_t given = sessions_new_id(&s);
    sessions_clear(&s, 1000 * TIMEOUT_MS);
    for (int64_t id = 1; id <= 500; id++) {
        assert_null(sessions_find(&s, id));
    }
    assert_int_equal(sessions_new_id(&s), given + 1);
    sessions_track(&s, 5, TIMEOUT_MS, 1000 * TIMEOUT_MS); // time goes on from here
    assert_null(sessions_take_expired(&s, 1001 * TIMEOUT_MS));
    assert_non_null(sessions_take_expired(&s, 1001 * TIMEOUT_MS + TICK_MS));
    sessions_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_carry_the_server_and_count_up),
        cmocka_unit_test(a_session_expires_once_and_is_closing_then),
        cmocka_unit_test(a_touched_session_lives_on),
        cmocka_unit_test(postponed_sessions_local_ones_too_live_longer),
        cmocka_unit_test(an_ended_session_expires_with_the_next_tick),
        cmocka_unit_test(an_unknown_session_is_unknown),
        cmocka_unit_test(a_reopened_session_has_a_full_timeout),
        cmocka_unit_test(only_its_owner_writes_for_a_session),
        cmocka_unit_test(a_leader_calls_an_unknown_session_expired),
        cmocka_unit_test(a_learner_takes_those_that_ended_and_have_no_connection),
        cmocka_unit_test(a_local_session_expires_in_a_queue_of_its_own),
        cmocka_unit_test(a_session_that_becomes_global_changes_queues),
        cmocka_unit_test(a_closing_local_session_stays_so_when_it_becomes_global),
        cmocka_unit_test(a_leader_believes_in_local_sessions_of_others),
        cmocka_unit_test(a_cleared_table_knows_nobody_and_gives_no_id_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
