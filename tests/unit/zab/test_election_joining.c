// SPDX-License-Identifier: Apache-2.0
//
// Election beside those who have a leader, or do not count: latecomers, observers, strangers,
// servers without a history.
#include "base/mark.h"
#include "tests/unit/zab/electorate.h"

static const char three[] = S1 S2 S3;
static const char five[] = S1 S2 S3 S4 S5;
static const char three_and_observer[] = S1 S2 S3 O9;

// An ensemble of 1 and 2, led by 2 in epoch 2.
static void start_two(struct electorate *el)
{
    electorate_start_all(el, three, 2);
    electorate_run(el, 300);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
    electorate_assert_role(el, 2, ZAB_LEADING, 2);
    electorate_synced(el, 1, 2);
    electorate_synced(el, 2, 2);
}

// ---- joining ----

static void a_latecomer_follows_the_leader_there_is(void **state)
{
    struct electorate *el = *state;
    start_two(el);
    electorate_start(el, 3, three, 0x1000000ff, 1); // better, but late
    electorate_run(el, 10);
    electorate_assert_role(el, 3, ZAB_FOLLOWING, 2);
    assert_int_equal(el->members[3].decided.peer_epoch, 2);
    assert_int_equal(el->members[3].decided.election_epoch, 1);
    electorate_assert_role(el, 2, ZAB_LEADING, 2);
}

static void a_follower_comes_back_from_a_later_round(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, three, 3);
    electorate_run(el, 10);
    for (int i = 0; i < 5; i++) {
        electorate_look(el, 1);
    }
    assert_int_equal(election_clock(el->members[1].election), 6);
    electorate_run(el, 10);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 3);
    assert_int_equal(election_clock(el->members[1].election), 1);
}

static void without_the_word_of_the_leader_nobody_joins(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, five, 5);
    electorate_run(el, 10);
    electorate_assert_role(el, 4, ZAB_FOLLOWING, 5);
    electorate_crash(el, 5);
    electorate_look(el, 1);
    electorate_run(el, 150); // 2, 3 and 4 still believe in 5
    assert_true(el->members[1].is_looking);
    electorate_look(el, 2);
    electorate_look(el, 3);
    electorate_look(el, 4);
    electorate_run(el, 1000);
    for (int64_t sid = 1; sid <= 3; sid++) {
        electorate_assert_role(el, sid, ZAB_FOLLOWING, 4);
    }
    electorate_assert_role(el, 4, ZAB_LEADING, 4);
}

static void a_dead_leader_is_replaced(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, three, 3);
    electorate_run(el, 10);
    electorate_crash(el, 3);
    electorate_look(el, 1);
    electorate_run(el, 30); // the other one notices later
    electorate_look(el, 2);
    int64_t began_ms = el->now_ms;
    electorate_run(el, 1000);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
    electorate_assert_role(el, 2, ZAB_LEADING, 2);
    assert_true(el->members[1].decided_at_ms - began_ms < 210);
}

static void a_better_server_that_looks_first_loses_no_time(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, three, 3);
    electorate_run(el, 10);
    electorate_crash(el, 3);
    electorate_look(el, 2);
    electorate_run(el, 30);
    electorate_look(el, 1); // did not hear the vote of 2, which repeats it after 200 ms only
    int64_t began_ms = el->now_ms;
    electorate_run(el, 1000);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
    assert_true(el->members[1].decided_at_ms - began_ms < 210);
    assert_true(el->members[2].decided_at_ms - began_ms < 210);
}

static void a_leader_that_forgot_leads_again_in_its_round_only(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 2, three, 0x100000005, 1);
    struct vote vote = {2, 0x100000005, 7, 1, 2, ZAB_FOLLOWING};
    electorate_tell(el, 1, 2, &vote);
    electorate_tell(el, 3, 2, &vote);
    assert_true(el->members[2].is_looking);
    vote.election_epoch = 1;
    electorate_tell(el, 1, 2, &vote);
    electorate_assert_role(el, 2, ZAB_LEADING, 2);
}

static void a_leader_before_its_synchronisation_can_be_joined(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, five, 3);
    electorate_run(el, 300);
    electorate_synced(el, 3, 2); // 1 and 2 are not that far
    electorate_start(el, 4, five, 0x100000005, 1);
    electorate_run(el, 5);
    electorate_assert_role(el, 4, ZAB_FOLLOWING, 3);
    electorate_look(el, 5 - 1);
    electorate_run(el, 5);
    assert_true(el->members[4].is_looking); // in a later round the epochs have to agree
    electorate_synced(el, 1, 2);
    electorate_synced(el, 2, 2);
    electorate_run(el, 250);
    electorate_assert_role(el, 4, ZAB_FOLLOWING, 3);
}

static void an_old_release_among_new_ones_counts_by_its_leader(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, three, 0x100000005, 1);
    struct buf bytes = {0};
    struct zab_effects effects = {0};
    struct vote leading = {3, 0x100000005, 9, 2, 2, ZAB_LEADING};
    notification_encode(&(struct notification){.vote = {3, 0x100000005, 9, 1, 0, ZAB_FOLLOWING}},
                        &bytes);
    election_step(el->members[1].election,
                  &(struct zab_event){.type = ZAB_EV_NOTIFICATION,
                                      .now_ms = el->now_ms,
                                      .sid = 2,
                                      .bytes = slice_of(bytes.data, 40)},
                  &effects);
    electorate_tell(el, 3, 1, &leading);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 3);
    zab_effects_fini(&effects);
    buf_fini(&bytes);
}

// ---- those who do not count ----

static void an_observer_takes_part_without_a_vote(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 9, three_and_observer, 0x1000000ff, 1);
    electorate_start(el, 1, three_and_observer, 0x100000005, 1);
    electorate_run(el, 1000);
    assert_true(el->members[1].is_looking && el->members[9].is_looking);
    electorate_start(el, 2, three_and_observer, 0x100000005, 1);
    electorate_start(el, 3, three_and_observer, 0x100000005, 1);
    electorate_run(el, 3000);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 3);
    electorate_assert_role(el, 3, ZAB_LEADING, 3);
    electorate_assert_role(el, 9, ZAB_OBSERVING, 3);
}

static void an_observer_joins_a_running_ensemble(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, three_and_observer, 3);
    electorate_run(el, 10);
    electorate_start(el, 9, three_and_observer, 0, 0);
    electorate_run(el, 5);
    electorate_assert_role(el, 9, ZAB_OBSERVING, 3);
}

static void a_stranger_is_told_the_vote_of_now(void **state)
{
    struct electorate *el = *state;
    struct notification n;
    struct vote stranger = {INT64_MIN, INT64_MIN, 1, INT64_MIN, 2, ZAB_LOOKING};
    electorate_start_all(el, three, 2);
    electorate_look(el, 2);
    electorate_tell(el, 9, 2, &stranger);
    assert_true(electorate_peek(el, 2, 9, &n));
    assert_int_equal(n.vote.state, ZAB_LOOKING);
    assert_int_equal(n.vote.leader, 2);
    assert_int_equal(n.vote.election_epoch, 2);
    electorate_run(el, 300);
    electorate_synced(el, 2, 2);
    electorate_tell(el, 9, 2, &stranger);
    assert_true(electorate_peek(el, 2, 9, &n));
    assert_int_equal(n.vote.state, ZAB_LEADING);
    assert_int_equal(n.vote.peer_epoch, 2);
    assert_true(slice_equal_str(n.config, S1 S2 S3 "version=0"));
}

static void a_joiner_that_is_in_no_list_follows(void **state)
{
    struct electorate *el = *state;
    start_two(el);
    electorate_start(el, 4, S1 S2 S3 S4, 0, 0);
    electorate_run(el, 300); // 1 and 2 do not count it, and are two of the four it knows
    assert_true(el->members[4].is_looking);
    electorate_crash(el, 4);
    electorate_start(el, 4, three, 0, 0);
    electorate_run(el, 5);
    electorate_assert_role(el, 4, ZAB_FOLLOWING, 2);
}

static void echoes_end(void **state)
{
    EXPECT_MARK("an echo is not answered");
    struct electorate *el = *state;
    struct vote stranger = {1, 5, 1, 1, 2, ZAB_LOOKING};
    electorate_start(el, 1, three, 0x100000005, 1);
    int before = el->sent;
    for (int i = 0; i < 1000; i++) {
        electorate_tell(el, 7, 1, &stranger);
    }
    assert_int_equal(el->sent, before + 1);
    electorate_run(el, 150); // it means it
    before = el->sent;
    electorate_tell(el, 7, 1, &stranger);
    assert_int_equal(el->sent, before + 1);
}

static void disagreeing_servers_do_not_talk_for_ever(void **state)
{
    EXPECT_MARK("an echo is not answered");
    struct electorate *el = *state;
    electorate_start(el, 4, S1 S2 S3 S4, 0x100000005, 1); // believes to vote
    for (int i = 0; i < 5; i++) {
        electorate_look(el, 4);
    }
    electorate_start(el, 1, three, 0x100000005, 1);
    int before = el->sent;
    electorate_run(el, 10000);
    assert_true(el->sent - before < 100);
}

static void who_lost_its_history_does_not_vote(void **state)
{
    EXPECT_MARK("a vote without a history does not count");
    struct electorate *el = *state;
    electorate_start(el, 3, three, -1, 0);
    electorate_start(el, 1, three, 0x100000005, 1);
    electorate_run(el, 2000);
    assert_true(el->members[1].is_looking && el->members[3].is_looking);
    electorate_start(el, 2, three, 0x100000005, 1);
    electorate_run(el, 5000);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
    electorate_assert_role(el, 2, ZAB_LEADING, 2);
    electorate_assert_role(el, 3, ZAB_FOLLOWING, 2);
}

static void servers_without_a_history_elect_nobody(void **state)
{
    struct electorate *el = *state;
    for (int64_t sid = 1; sid <= 3; sid++) {
        electorate_start(el, sid, three, -1, 0);
    }
    electorate_run(el, 100000);
    for (int64_t sid = 1; sid <= 3; sid++) {
        assert_true(el->members[sid].is_looking);
    }
}

// ---- answers of those who have a leader ----

static void who_has_a_leader_answers_those_who_look(void **state)
{
    struct electorate *el = *state;
    struct notification n;
    struct vote looking = {3, 0x100000005, 8, 1, 2, ZAB_LOOKING};
    start_two(el);
    electorate_tell(el, 3, 1, &looking);
    assert_true(electorate_peek(el, 1, 3, &n));
    assert_int_equal(n.vote.state, ZAB_FOLLOWING);
    assert_int_equal(n.vote.leader, 2);
    assert_int_equal(n.vote.zxid, 0x100000005);
    assert_int_equal(n.vote.election_epoch, 1); // of the election, not of who asks
    assert_int_equal(n.vote.peer_epoch, 2);
    electorate_tell(el, 3, 2, &looking);
    assert_true(electorate_peek(el, 2, 3, &n));
    assert_int_equal(n.vote.state, ZAB_LEADING);
}

static void nobody_else_is_answered(void **state)
{
    struct electorate *el = *state;
    struct notification n;
    start_two(el);
    electorate_tell(el, 3, 1, &(struct vote){3, 9, 8, 1, 2, ZAB_LEADING});
    electorate_tell(el, 3, 1, &(struct vote){3, 9, 8, 1, 2, ZAB_FOLLOWING});
    electorate_tell(el, 1, 1, &(struct vote){3, 9, 8, 1, 2, ZAB_LOOKING}); // itself, it says
    assert_false(electorate_peek(el, 1, 3, &n));
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
}

static void between_its_roles_a_server_is_silent(void **state)
{
    struct electorate *el = *state;
    struct notification n;
    start_two(el);
    el->members[1].core.role = ZAB_LOOKING; // and waits for its log
    electorate_tell(el, 3, 1, &(struct vote){3, 9, 8, 1, 2, ZAB_LOOKING});
    electorate_tell(el, 9, 1, &(struct vote){3, 9, 8, 1, 2, ZAB_LOOKING});
    assert_false(electorate_peek(el, 1, 3, &n));
    assert_false(electorate_peek(el, 1, 9, &n));
}

static void votes_of_and_for_strangers_do_not_count(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, three, 0x100000005, 1);
    electorate_tell(el, 2, 1, &(struct vote){8, 0x1000000ff, 1, 1, 2, ZAB_LOOKING});
    electorate_tell(el, 3, 1, &(struct vote){8, 0x1000000ff, 1, 1, 2, ZAB_LEADING});
    electorate_tell(el, 2, 1, &(struct vote){8, 0x1000000ff, 1, 1, 2, ZAB_FOLLOWING});
    electorate_tell(el, 8, 1, &(struct vote){8, 0x1000000ff, 1, 1, 2, ZAB_LEADING});
    electorate_tell(el, 2, 1, &(struct vote){3, 0x1000000ff, 1, 1, 2, ZAB_OBSERVING});
    electorate_run(el, 1000);
    assert_true(el->members[1].is_looking);
}

static void nonsense_is_noted_once(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, three, 0x100000005, 1);
    struct zab_effects effects = {0};
    for (int i = 0; i < 3; i++) {
        election_step(el->members[1].election,
                      &(struct zab_event){.type = ZAB_EV_NOTIFICATION,
                                          .now_ms = el->now_ms,
                                          .sid = 2,
                                          .bytes = slice_str("nonsense")},
                      &effects);
    }
    assert_int_equal(effects.count, 1);
    assert_int_equal(effects.items[0].type, ZAB_DO_NOTE);
    zab_effects_fini(&effects);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, electorate_setup, electorate_teardown)
        T(a_latecomer_follows_the_leader_there_is),
        T(a_follower_comes_back_from_a_later_round),
        T(without_the_word_of_the_leader_nobody_joins),
        T(a_dead_leader_is_replaced),
        T(a_better_server_that_looks_first_loses_no_time),
        T(a_leader_that_forgot_leads_again_in_its_round_only),
        T(a_leader_before_its_synchronisation_can_be_joined),
        T(an_old_release_among_new_ones_counts_by_its_leader),
        T(an_observer_takes_part_without_a_vote),
        T(an_observer_joins_a_running_ensemble),
        T(a_stranger_is_told_the_vote_of_now),
        T(a_joiner_that_is_in_no_list_follows),
        T(echoes_end),
        T(disagreeing_servers_do_not_talk_for_ever),
        T(who_lost_its_history_does_not_vote),
        T(servers_without_a_history_elect_nobody),
        T(who_has_a_leader_answers_those_who_look),
        T(nobody_else_is_answered),
        T(between_its_roles_a_server_is_silent),
        T(votes_of_and_for_strangers_do_not_count),
        T(nonsense_is_noted_once),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
