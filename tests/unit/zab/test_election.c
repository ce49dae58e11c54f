// SPDX-License-Identifier: Apache-2.0
//
// Leader election among several machines: who wins and how fast, who joins whom, what gets lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "base/prng.h"
#include "tests/unit/zab/electorate.h"

#define S1 "server.1=h1:2888:3888:participant\n"
#define S2 "server.2=h2:2888:3888:participant\n"
#define S3 "server.3=h3:2888:3888:participant\n"
#define S4 "server.4=h4:2888:3888:participant\n"
#define S5 "server.5=h5:2888:3888:participant\n"
#define O9 "server.9=h9:2888:3888:observer\n"
static const char three[] = S1 S2 S3;
static const char five[] = S1 S2 S3 S4 S5;
static const char three_and_observer[] = S1 S2 S3 O9;

static int setup(void **state)
{
    static struct electorate el;
    electorate_init(&el);
    *state = &el;
    return 0;
}

static int teardown(void **state)
{
    electorate_fini(*state);
    return 0;
}

static void assert_role(struct electorate *el, int64_t sid, enum zab_role role, int64_t leader)
{
    const struct elector *m = &el->members[sid];
    assert_true(m->is_up);
    assert_false(m->is_looking);
    assert_int_equal(m->decided.leader, leader);
    assert_int_equal(m->decided.state, role);
    assert_int_equal(m->core.vote.leader, leader);
}

static void start_all(struct electorate *el, const char *config, int64_t count)
{
    for (int64_t sid = 1; sid <= count; sid++) {
        electorate_start(el, sid, config, 0x100000005, 1);
    }
}

// An ensemble of 1 and 2, led by 2 in epoch 2.
static void start_two(struct electorate *el)
{
    start_all(el, three, 2);
    electorate_run(el, 300);
    assert_role(el, 1, ZAB_FOLLOWING, 2);
    assert_role(el, 2, ZAB_LEADING, 2);
    electorate_synced(el, 1, 2);
    electorate_synced(el, 2, 2);
}

// ---- who wins, and when ----

static void equals_elect_the_largest_id_without_waiting(void **state)
{
    struct electorate *el = *state;
    start_all(el, three, 3);
    electorate_run(el, 10);
    assert_role(el, 1, ZAB_FOLLOWING, 3);
    assert_role(el, 2, ZAB_FOLLOWING, 3);
    assert_role(el, 3, ZAB_LEADING, 3);
    assert_int_equal(el->members[1].decided.election_epoch, 1);
    assert_int_equal(el->members[1].decided.zxid, 0x100000005);
    assert_int_equal(el->members[1].decided.peer_epoch, 1);
}

static void the_longest_history_wins(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, three, 0x100000007, 1);
    electorate_start(el, 2, three, 0x100000006, 1);
    electorate_start(el, 3, three, 0x100000005, 1);
    electorate_run(el, 10);
    assert_role(el, 1, ZAB_LEADING, 1);
    assert_role(el, 2, ZAB_FOLLOWING, 1);
    assert_role(el, 3, ZAB_FOLLOWING, 1);
}

static void a_stale_epoch_loses_with_any_zxid(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, three, 0x300000001, 3);
    electorate_start(el, 2, three, 0x2000000ff, 2);
    electorate_start(el, 3, three, 0x4000000ff, 2);
    electorate_run(el, 10);
    assert_role(el, 1, ZAB_LEADING, 1);
    assert_role(el, 3, ZAB_FOLLOWING, 1);
}

static void a_quorum_without_the_rest_waits_for_a_better_vote(void **state)
{
    struct electorate *el = *state;
    start_all(el, three, 2);
    electorate_run(el, 198);
    assert_true(el->members[1].is_looking && el->members[2].is_looking);
    electorate_run(el, 10);
    assert_role(el, 1, ZAB_FOLLOWING, 2);
    assert_role(el, 2, ZAB_LEADING, 2);
}

static void a_better_vote_within_the_wait_wins(void **state)
{
    struct electorate *el = *state;
    start_all(el, three, 2);
    electorate_run(el, 150);
    electorate_start(el, 3, three, 0x100000005, 1);
    electorate_run(el, 10);
    assert_role(el, 1, ZAB_FOLLOWING, 3);
    assert_role(el, 2, ZAB_FOLLOWING, 3);
    assert_role(el, 3, ZAB_LEADING, 3);
}

static void a_server_alone_leads_at_once(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, S1, 7, 0);
    assert_role(el, 1, ZAB_LEADING, 1);
    assert_int_equal(el->sent, 0);
}

static void a_minority_elects_nobody_and_asks_less_and_less(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, three, 5, 1);
    assert_int_equal(el->sent, 2);
    electorate_run(el, 199);
    assert_int_equal(el->sent, 2);
    electorate_run(el, 1 + 400 + 800 + 1600); // at 200, 600, 1400, 3000
    assert_int_equal(el->sent, 2 + 4 * 2);
    electorate_run(el, 600000);
    int before = el->sent;
    electorate_run(el, 600000); // once a minute
    assert_int_equal(el->sent, before + 10 * 2);
    assert_true(el->members[1].is_looking);
}

static void weight_decides_between_groups(void **state)
{
    struct electorate *el = *state;
    const char *config = S1 S2 S3 S4 S5 "group.1=1:2:3\ngroup.2=4\ngroup.3=5\nweight.3=0\n";
    electorate_start(el, 3, config, 0x100000009, 1); // the best, but it weighs nothing
    electorate_start(el, 2, config, 0x100000005, 1);
    electorate_start(el, 1, config, 0x100000007, 1);
    electorate_run(el, 1000);
    assert_true(el->members[1].is_looking); // one group of three
    electorate_start(el, 4, config, 0x100000006, 1);
    electorate_run(el, 1000);
    assert_role(el, 1, ZAB_LEADING, 1);
    assert_role(el, 2, ZAB_FOLLOWING, 1);
    assert_role(el, 4, ZAB_FOLLOWING, 1);
    electorate_run(el, 5000);
    assert_role(el, 3, ZAB_FOLLOWING, 1);
}

static void both_configurations_of_a_change_must_agree(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, S1 S2 S3 "version=1", 0x100000005, 1);
    electorate_start(el, 2, S1 S2 S3 "version=1", 0x100000005, 1);
    for (int64_t sid = 1; sid <= 2; sid++) {
        assert_int_equal(core_see_config(&el->members[sid].core, slice_str(S1 S4 S5 "version=2")),
                         ERR_OK);
        electorate_look(el, sid);
    }
    electorate_run(el, 1000);
    assert_true(el->members[1].is_looking && el->members[2].is_looking);
    electorate_start(el, 4, S1 S2 S3 S4 S5 "version=0", 0x100000004, 1);
    electorate_run(el, 2000);
    assert_role(el, 1, ZAB_FOLLOWING, 2);
    assert_role(el, 2, ZAB_LEADING, 2);
}

// ---- rounds ----

static void who_is_behind_in_rounds_catches_up(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 3, three, 0x100000005, 1);
    for (int i = 0; i < 9; i++) {
        electorate_look(el, 3);
    }
    electorate_run(el, 1000);
    electorate_start(el, 2, three, 0x100000009, 1);
    electorate_run(el, 10);
    electorate_start(el, 1, three, 0x100000005, 1);
    electorate_run(el, 10);
    assert_role(el, 1, ZAB_FOLLOWING, 2);
    assert_role(el, 2, ZAB_LEADING, 2);
    assert_role(el, 3, ZAB_FOLLOWING, 2);
    assert_int_equal(el->members[2].decided.election_epoch, 10);
    assert_int_equal(election_clock(el->members[1].election), 10);
}

static void a_later_round_begins_with_our_own_history(void **state)
{
    struct electorate *el = *state;
    struct notification n;
    electorate_start(el, 2, five, 0x100000009, 1);
    electorate_tell(el, 3, 2, &(struct vote){5, 0x100000010, 1, 1, 2, ZAB_LOOKING});
    electorate_tell(el, 1, 2, &(struct vote){1, 0x100000005, 4, 1, 2, ZAB_LOOKING});
    assert_true(electorate_peek(el, 2, 4, &n));
    assert_int_equal(n.vote.leader, 2); // not 5 of the round before
    assert_int_equal(n.vote.election_epoch, 4);
}

static void a_later_round_does_not_disturb_an_agreed_one(void **state)
{
    EXPECT_MARK("a later round does not disturb a quorum");
    struct electorate *el = *state;
    start_all(el, three, 2);
    electorate_run(el, 100);
    electorate_tell(el, 3, 1, &(struct vote){1, 0x100000005, 8, 1, 2, ZAB_LOOKING});
    electorate_run(el, 110);
    assert_role(el, 1, ZAB_FOLLOWING, 2);
    assert_int_equal(el->members[1].decided.election_epoch, 1);
}

static void who_is_passed_over_hears_of_the_leader(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 3, three, 0x100000005, 1);
    electorate_look(el, 3);
    electorate_run(el, 60000); // it asks twice a minute now
    electorate_start(el, 1, three, 0x100000005, 1);
    electorate_start(el, 2, three, 0x100000009, 1);
    electorate_run(el, 250);
    assert_role(el, 1, ZAB_FOLLOWING, 2);
    assert_role(el, 2, ZAB_LEADING, 2);
    assert_role(el, 3, ZAB_FOLLOWING, 2);
}

static void a_worse_vote_of_a_latecomer_is_answered(void **state)
{
    struct electorate *el = *state;
    struct notification n;
    electorate_start(el, 2, three, 0x100000005, 1);
    electorate_run(el, 50); // nobody heard it
    electorate_start(el, 1, three, 0x100000005, 1);
    electorate_run(el, 1);
    assert_true(electorate_peek(el, 2, 1, &n));
    assert_int_equal(n.vote.leader, 2);
    electorate_run(el, 230);
    assert_role(el, 1, ZAB_FOLLOWING, 2);
}

// ---- joining ----

static void a_latecomer_follows_the_leader_there_is(void **state)
{
    struct electorate *el = *state;
    start_two(el);
    electorate_start(el, 3, three, 0x1000000ff, 1); // better, but late
    electorate_run(el, 10);
    assert_role(el, 3, ZAB_FOLLOWING, 2);
    assert_int_equal(el->members[3].decided.peer_epoch, 2);
    assert_int_equal(el->members[3].decided.election_epoch, 1);
    assert_role(el, 2, ZAB_LEADING, 2);
}

static void a_follower_comes_back_from_a_later_round(void **state)
{
    struct electorate *el = *state;
    start_all(el, three, 3);
    electorate_run(el, 10);
    for (int i = 0; i < 5; i++) {
        electorate_look(el, 1);
    }
    assert_int_equal(election_clock(el->members[1].election), 6);
    electorate_run(el, 10);
    assert_role(el, 1, ZAB_FOLLOWING, 3);
    assert_int_equal(election_clock(el->members[1].election), 1);
}

static void without_the_word_of_the_leader_nobody_joins(void **state)
{
    struct electorate *el = *state;
    start_all(el, five, 5);
    electorate_run(el, 10);
    assert_role(el, 4, ZAB_FOLLOWING, 5);
    electorate_crash(el, 5);
    electorate_look(el, 1);
    electorate_run(el, 150); // 2, 3 and 4 still believe in 5
    assert_true(el->members[1].is_looking);
    electorate_look(el, 2);
    electorate_look(el, 3);
    electorate_look(el, 4);
    electorate_run(el, 1000);
    for (int64_t sid = 1; sid <= 3; sid++) {
        assert_role(el, sid, ZAB_FOLLOWING, 4);
    }
    assert_role(el, 4, ZAB_LEADING, 4);
}

static void a_dead_leader_is_replaced(void **state)
{
    struct electorate *el = *state;
    start_all(el, three, 3);
    electorate_run(el, 10);
    electorate_crash(el, 3);
    electorate_look(el, 1);
    electorate_run(el, 30); // the other one notices later
    electorate_look(el, 2);
    int64_t began_ms = el->now_ms;
    electorate_run(el, 1000);
    assert_role(el, 1, ZAB_FOLLOWING, 2);
    assert_role(el, 2, ZAB_LEADING, 2);
    assert_true(el->members[1].decided_at_ms - began_ms < 210);
}

static void a_better_server_that_looks_first_loses_no_time(void **state)
{
    struct electorate *el = *state;
    start_all(el, three, 3);
    electorate_run(el, 10);
    electorate_crash(el, 3);
    electorate_look(el, 2);
    electorate_run(el, 30);
    electorate_look(el, 1); // did not hear the vote of 2, which repeats it after 200 ms only
    int64_t began_ms = el->now_ms;
    electorate_run(el, 1000);
    assert_role(el, 1, ZAB_FOLLOWING, 2);
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
    assert_role(el, 2, ZAB_LEADING, 2);
}

static void a_leader_before_its_synchronisation_can_be_joined(void **state)
{
    struct electorate *el = *state;
    start_all(el, five, 3);
    electorate_run(el, 300);
    electorate_synced(el, 3, 2); // 1 and 2 are not that far
    electorate_start(el, 4, five, 0x100000005, 1);
    electorate_run(el, 5);
    assert_role(el, 4, ZAB_FOLLOWING, 3);
    electorate_look(el, 5 - 1);
    electorate_run(el, 5);
    assert_true(el->members[4].is_looking); // in a later round the epochs have to agree
    electorate_synced(el, 1, 2);
    electorate_synced(el, 2, 2);
    electorate_run(el, 250);
    assert_role(el, 4, ZAB_FOLLOWING, 3);
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
    assert_role(el, 1, ZAB_FOLLOWING, 3);
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
    assert_role(el, 1, ZAB_FOLLOWING, 3);
    assert_role(el, 3, ZAB_LEADING, 3);
    assert_role(el, 9, ZAB_OBSERVING, 3);
}

static void an_observer_joins_a_running_ensemble(void **state)
{
    struct electorate *el = *state;
    start_all(el, three_and_observer, 3);
    electorate_run(el, 10);
    electorate_start(el, 9, three_and_observer, 0, 0);
    electorate_run(el, 5);
    assert_role(el, 9, ZAB_OBSERVING, 3);
}

static void a_stranger_is_told_the_vote_of_now(void **state)
{
    struct electorate *el = *state;
    struct notification n;
    struct vote stranger = {INT64_MIN, INT64_MIN, 1, INT64_MIN, 2, ZAB_LOOKING};
    start_all(el, three, 2);
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
    assert_role(el, 4, ZAB_FOLLOWING, 2);
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
    assert_role(el, 1, ZAB_FOLLOWING, 2);
    assert_role(el, 2, ZAB_LEADING, 2);
    assert_role(el, 3, ZAB_FOLLOWING, 2);
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
    assert_role(el, 1, ZAB_FOLLOWING, 2);
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

// ---- configurations ----

static void a_newer_configuration_begins_a_new_round(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, S1 S2 S3 "version=1", 0x100000005, 1);
    electorate_start(el, 4, S1 S4 "version=2", 0x100000005, 1);
    electorate_run(el, 20);
    assert_int_equal(el->members[1].activations, 1);
    assert_int_equal(el->members[1].core.committed.version, 2);
    assert_role(el, 4, ZAB_LEADING, 4); // one of two servers now
    assert_role(el, 1, ZAB_FOLLOWING, 4);
}

static void the_same_members_with_a_newer_version_go_on(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, S1 S2 S3 "version=1", 0x100000005, 1);
    electorate_start(el, 2, S1 S2 S3 "version=2", 0x100000005, 1);
    electorate_run(el, 250);
    assert_int_equal(el->members[1].activations, 1);
    assert_int_equal(el->members[1].core.committed.version, 2);
    assert_int_equal(el->members[1].decided.election_epoch, 1);
    assert_role(el, 1, ZAB_FOLLOWING, 2);
}

static void with_reconfiguration_disabled_nothing_is_adopted(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, S1 S2 S3 "version=1", 0x100000005, 1);
    el->members[1].core.options.reconfig_enabled = false;
    electorate_start(el, 2, S1 S2 S3 S4 "version=2", 0x100000005, 1);
    electorate_start(el, 3, S1 S2 S3 "version=1", 0x100000005, 1);
    el->members[3].core.options.reconfig_enabled = false;
    electorate_run(el, 1000);
    assert_int_equal(el->members[1].activations, 0);
    assert_int_equal(el->members[1].core.committed.version, 1);
    assert_role(el, 1, ZAB_FOLLOWING, 3);
}

static void who_has_a_leader_adopts_nothing(void **state)
{
    struct electorate *el = *state;
    start_two(el);
    electorate_start(el, 4, S1 S4 "version=2", 0x100000005, 1);
    electorate_run(el, 100);
    assert_int_equal(el->members[1].activations, 0);
    assert_role(el, 1, ZAB_FOLLOWING, 2);
}

static void nonsense_for_a_configuration_leaves_the_vote(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, three, 0x100000005, 1);
    struct buf bytes = {0};
    struct zab_effects effects = {0};
    notification_encode(&(struct notification){.vote = {3, 0x1000000ff, 1, 1, 2, ZAB_LOOKING},
                                               .config = slice_str("server.1=?\nversion=9")},
                        &bytes);
    election_step(el->members[1].election,
                  &(struct zab_event){.type = ZAB_EV_NOTIFICATION,
                                      .now_ms = el->now_ms,
                                      .sid = 2,
                                      .bytes = buf_slice(&bytes)},
                  &effects);
    assert_int_equal(effects.items[0].type, ZAB_DO_NOTIFY); // it votes for 3, too
    assert_int_equal(el->members[1].core.committed.version, 0);
    zab_effects_fini(&effects);
    buf_fini(&bytes);
}

// ---- loss ----

static void lost_votes_are_repeated(void **state)
{
    struct electorate *el = *state;
    electorate_cut(el, 1, 2, true);
    electorate_cut(el, 1, 3, true);
    electorate_cut(el, 2, 3, true);
    start_all(el, three, 3);
    electorate_run(el, 500);
    electorate_cut(el, 1, 2, false);
    electorate_cut(el, 1, 3, false);
    electorate_cut(el, 2, 3, false);
    electorate_run(el, 500);
    assert_role(el, 1, ZAB_FOLLOWING, 3);
    assert_role(el, 2, ZAB_FOLLOWING, 3);
    assert_role(el, 3, ZAB_LEADING, 3);
}

static void a_chain_of_servers_elects_through_its_middle(void **state)
{
    struct electorate *el = *state;
    electorate_cut(el, 1, 3, true);
    start_all(el, three, 3);
    electorate_run(el, 1000);
    assert_role(el, 1, ZAB_FOLLOWING, 3);
    assert_role(el, 3, ZAB_LEADING, 3);
}

// A role ends when its leader does not lead, or leads nobody.
static void end_hopeless_roles(struct electorate *el, int64_t count)
{
    for (int64_t sid = 1; sid <= count; sid++) {
        struct elector *m = &el->members[sid];
        if (!m->is_up || m->is_looking) {
            continue;
        }
        int followers = 0;
        for (int64_t other = 1; other <= count; other++) {
            const struct elector *o = &el->members[other];
            followers +=
                o->is_up && !o->is_looking && o->decided.leader == sid && !el->is_cut[sid][other];
        }
        const struct elector *leader = &el->members[m->decided.leader];
        bool is_hopeless = m->decided.state == ZAB_LEADING
                               ? 2 * followers <= count
                               : !leader->is_up || leader->is_looking ||
                                     leader->decided.state != ZAB_LEADING ||
                                     el->is_cut[sid][m->decided.leader];
        if (is_hopeless) {
            electorate_look(el, sid);
        }
    }
}

static void one_trouble(struct electorate *el, struct prng *prng)
{
    int64_t a = 1 + (int64_t)prng_below(prng, 5);
    int64_t b = 1 + (int64_t)prng_below(prng, 5);
    switch (prng_below(prng, 4)) {
    case 0:
        electorate_crash(el, a);
        break;
    case 1:
        if (!el->members[a].is_up) {
            electorate_start(el, a, five, 0x100000000 + (int64_t)prng_below(prng, 3), 1);
        }
        break;
    case 2:
        electorate_cut(el, a, b, a != b);
        break;
    case 3:
        electorate_cut(el, a, b, false);
        break;
    }
    el->latency_ms = 1 + (int64_t)prng_below(prng, 60);
}

static void assert_one_leader(struct electorate *el)
{
    int64_t leader = el->members[1].decided.leader;
    for (int64_t sid = 1; sid <= 5; sid++) {
        assert_role(el, sid, sid == leader ? ZAB_LEADING : ZAB_FOLLOWING, leader);
    }
}

static void after_any_trouble_there_is_one_leader(void **state)
{
    struct electorate *el = *state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct prng prng;
        prng_init(&prng, seed);
        electorate_init(el);
        start_all(el, five, 5);
        for (int i = 0; i < 60; i++) {
            one_trouble(el, &prng);
            electorate_run(el, (int64_t)prng_below(&prng, 400));
            end_hopeless_roles(el, 5);
        }
        for (int64_t a = 1; a <= 5; a++) {
            for (int64_t b = 1; b <= 5; b++) {
                electorate_cut(el, a, b, false);
            }
            if (!el->members[a].is_up) {
                electorate_start(el, a, five, 0x100000000, 1);
            }
        }
        for (int i = 0; i < 200; i++) {
            electorate_run(el, 1000);
            end_hopeless_roles(el, 5);
        }
        assert_one_leader(el);
        electorate_fini(el);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(equals_elect_the_largest_id_without_waiting),
        T(the_longest_history_wins),
        T(a_stale_epoch_loses_with_any_zxid),
        T(a_quorum_without_the_rest_waits_for_a_better_vote),
        T(a_better_vote_within_the_wait_wins),
        T(a_server_alone_leads_at_once),
        T(a_minority_elects_nobody_and_asks_less_and_less),
        T(weight_decides_between_groups),
        T(both_configurations_of_a_change_must_agree),
        T(who_is_behind_in_rounds_catches_up),
        T(a_later_round_begins_with_our_own_history),
        T(a_later_round_does_not_disturb_an_agreed_one),
        T(who_is_passed_over_hears_of_the_leader),
        T(a_worse_vote_of_a_latecomer_is_answered),
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
        T(a_newer_configuration_begins_a_new_round),
        T(the_same_members_with_a_newer_version_go_on),
        T(with_reconfiguration_disabled_nothing_is_adopted),
        T(who_has_a_leader_adopts_nothing),
        T(nonsense_for_a_configuration_leaves_the_vote),
        T(lost_votes_are_repeated),
        T(a_chain_of_servers_elects_through_its_middle),
        T(after_any_trouble_there_is_one_leader),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
