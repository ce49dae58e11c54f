// SPDX-License-Identifier: Apache-2.0
//
// Leader election among several machines: who wins and how fast, what gets lost.
#include "base/mark.h"
#include "base/prng.h"
#include "tests/unit/zab/electorate.h"

static const char three[] = S1 S2 S3;
static const char five[] = S1 S2 S3 S4 S5;

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

// ---- who wins, and when ----

static void equals_elect_the_largest_id_without_waiting(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, three, 3);
    electorate_run(el, 10);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 3);
    electorate_assert_role(el, 2, ZAB_FOLLOWING, 3);
    electorate_assert_role(el, 3, ZAB_LEADING, 3);
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
    electorate_assert_role(el, 1, ZAB_LEADING, 1);
    electorate_assert_role(el, 2, ZAB_FOLLOWING, 1);
    electorate_assert_role(el, 3, ZAB_FOLLOWING, 1);
}

// Whoever leads then knows what the others have.
static void a_round_begins_with_what_one_has(void **state)
{
    struct electorate *el = *state;
    int64_t epoch = 0;
    electorate_start(el, 1, three, 0x100000007, 1);
    electorate_start(el, 2, three, 0x200000006, 2);
    electorate_start(el, 3, three, 0x300000005, 3);
    electorate_run(el, 10);
    electorate_assert_role(el, 3, ZAB_LEADING, 3);
    assert_true(core_find_claim(&el->members[3].core, 1, &epoch));
    assert_int_equal(epoch, 1);
    assert_true(core_find_claim(&el->members[3].core, 2, &epoch));
    assert_int_equal(epoch, 2);
}

static void a_stale_epoch_loses_with_any_zxid(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, three, 0x300000001, 3);
    electorate_start(el, 2, three, 0x2000000ff, 2);
    electorate_start(el, 3, three, 0x4000000ff, 2);
    electorate_run(el, 10);
    electorate_assert_role(el, 1, ZAB_LEADING, 1);
    electorate_assert_role(el, 3, ZAB_FOLLOWING, 1);
}

static void a_quorum_without_the_rest_waits_for_a_better_vote(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, three, 2);
    electorate_run(el, 198);
    assert_true(el->members[1].is_looking && el->members[2].is_looking);
    electorate_run(el, 10);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
    electorate_assert_role(el, 2, ZAB_LEADING, 2);
}

static void a_better_vote_within_the_wait_wins(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, three, 2);
    electorate_run(el, 150);
    electorate_start(el, 3, three, 0x100000005, 1);
    electorate_run(el, 10);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 3);
    electorate_assert_role(el, 2, ZAB_FOLLOWING, 3);
    electorate_assert_role(el, 3, ZAB_LEADING, 3);
}

static void a_server_alone_leads_at_once(void **state)
{
    struct electorate *el = *state;
    electorate_start(el, 1, S1, 7, 0);
    electorate_assert_role(el, 1, ZAB_LEADING, 1);
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
    electorate_assert_role(el, 1, ZAB_LEADING, 1);
    electorate_assert_role(el, 2, ZAB_FOLLOWING, 1);
    electorate_assert_role(el, 4, ZAB_FOLLOWING, 1);
    electorate_run(el, 5000);
    electorate_assert_role(el, 3, ZAB_FOLLOWING, 1);
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
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
    electorate_assert_role(el, 2, ZAB_LEADING, 2);
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
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
    electorate_assert_role(el, 2, ZAB_LEADING, 2);
    electorate_assert_role(el, 3, ZAB_FOLLOWING, 2);
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
    electorate_start_all(el, three, 2);
    electorate_run(el, 100);
    electorate_tell(el, 3, 1, &(struct vote){1, 0x100000005, 8, 1, 2, ZAB_LOOKING});
    electorate_run(el, 110);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
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
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
    electorate_assert_role(el, 2, ZAB_LEADING, 2);
    electorate_assert_role(el, 3, ZAB_FOLLOWING, 2);
}

// Server 3 is in no list, and its history is longer than that of 1: nobody can follow it, so it is
// for 1. A configuration to come may need its vote.
static void who_cannot_lead_is_for_another(void **state)
{
    struct electorate *el = *state;
    struct notification said;
    electorate_start(el, 3, S1 S2, 0x100000009, 1);
    const struct vote vote = {.leader = 1,
                              .zxid = 0x100000005,
                              .election_epoch = 1,
                              .peer_epoch = 1,
                              .version = 2,
                              .state = ZAB_LOOKING};
    electorate_tell(el, 1, 3, &vote);
    assert_true(electorate_peek(el, 3, 1, &said));
    assert_int_equal(said.vote.leader, 1);
    assert_int_equal(said.vote.zxid, 0x100000005);
}

// Server 3 votes for nobody: where it stands it has no vote; 1 and 2 have seen a configuration that
// gives it one.
static void a_later_round_without_a_candidate_is_joined(void **state)
{
    EXPECT_MARK("a later round without a candidate is joined");
    struct electorate *el = *state;
    electorate_start(el, 1, three, 0x100000005, 1);
    const struct vote vote = {.leader = INT64_MIN,
                              .zxid = 0x100000003,
                              .election_epoch = 7,
                              .peer_epoch = 1,
                              .version = 2,
                              .state = ZAB_LOOKING};
    electorate_tell(el, 3, 1, &vote);
    assert_int_equal(election_clock(el->members[1].election), 7);
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
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
}

// ---- decisions that came too early ----

static void assert_one_leader(struct electorate *el)
{
    int64_t leader = el->members[1].decided.leader;
    for (int64_t sid = 1; sid <= 5; sid++) {
        electorate_assert_role(el, sid, sid == leader ? ZAB_LEADING : ZAB_FOLLOWING, leader);
    }
}

// Waits are as long as `wait_ms` says for each of three; the third starts late, and is the best.
static void start_late(struct electorate *el, const int64_t *wait_ms)
{
    for (int64_t sid = 1; sid <= 3; sid++) {
        electorate_start(el, sid, three, 0x100000005, 1);
        el->members[sid].core.options.finalize_wait_ms = wait_ms[sid];
        electorate_run(el, sid == 2 ? 100 : 0);
    }
}

static void assert_all_follow_3(struct electorate *el)
{
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 3);
    electorate_assert_role(el, 2, ZAB_FOLLOWING, 3);
    electorate_assert_role(el, 3, ZAB_LEADING, 3);
    for (int64_t sid = 1; sid <= 3; sid++) {
        assert_int_equal(el->members[sid].decided.election_epoch, 1); // it is one round
    }
}

static void a_leader_whose_voters_turn_away_looks_again(void **state)
{
    struct electorate *el = *state;
    static const int64_t wait_ms[] = {0, 200, 20, 200};
    start_late(el, wait_ms);
    electorate_run(el, 10);
    assert_int_equal(el->members[2].reopenings, 1);
    assert_all_follow_3(el);
}

static void a_follower_whose_leader_votes_for_another_looks_again(void **state)
{
    struct electorate *el = *state;
    static const int64_t wait_ms[] = {0, 20, 200, 200};
    start_late(el, wait_ms);
    electorate_run(el, 10);
    assert_int_equal(el->members[1].reopenings, 1);
    assert_all_follow_3(el);
}

// However starts, waits and distances fall, nobody is left with a leader of its own.
static void starts_at_any_moments_end_with_one_leader_soon(void **state)
{
    struct electorate *el = *state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct prng prng;
        prng_init(&prng, seed);
        electorate_init(el);
        el->latency_ms = 1 + (int64_t)prng_below(&prng, 30);
        for (int64_t i = 0; i < 5; i++) {
            el->finalize_wait_ms = prng_below(&prng, 2) == 0 ? 20 : 200;
            int64_t zxid = 0x100000000 + (int64_t)prng_below(&prng, 2);
            electorate_start(el, 1 + (i * 2 + (int64_t)seed) % 5, five, zxid, 1);
            electorate_run(el, (int64_t)prng_below(&prng, 250));
        }
        electorate_run(el, 1500);
        assert_one_leader(el);
        electorate_fini(el);
    }
}

static void who_serves_stays(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, three, 2);
    electorate_run(el, 300);
    electorate_synced(el, 1, 2);
    electorate_synced(el, 2, 2);
    electorate_tell(el, 1, 2, &(struct vote){3, 0x100000005, 1, 1, 2, ZAB_LOOKING});
    electorate_assert_role(el, 2, ZAB_LEADING, 2);
    assert_false(election_is_reopened(el->members[2].election));
    electorate_look(el, 2); // and when its role ends there is a new round
    assert_int_equal(election_clock(el->members[2].election), 2);
}

static void a_quorum_that_is_left_is_enough(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, five, 4);
    electorate_run(el, 300);
    electorate_assert_role(el, 4, ZAB_LEADING, 4);
    electorate_tell(el, 1, 4, &(struct vote){5, 0x100000005, 1, 1, 2, ZAB_LOOKING});
    electorate_assert_role(el, 4, ZAB_LEADING, 4);
    electorate_tell(el, 2, 4, &(struct vote){5, 0x100000005, 1, 1, 2, ZAB_LOOKING});
    assert_int_equal(el->members[4].reopenings, 1);
}

static void a_voter_that_began_anew_counts_no_more(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, three, 2);
    electorate_run(el, 300);
    electorate_tell(el, 1, 2, &(struct vote){1, 0x100000005, 9, 1, 2, ZAB_LOOKING});
    assert_int_equal(el->members[2].reopenings, 1);
    assert_true(el->members[2].is_looking);
    assert_int_equal(election_clock(el->members[2].election), 2); // a new round of its own
    electorate_tell(el, 1, 2, &(struct vote){1, 0x100000005, 9, 1, 2, ZAB_LOOKING});
    assert_int_equal(election_clock(el->members[2].election), 9);
}

static void what_the_leader_said_itself_stays(void **state)
{
    struct electorate *el = *state;
    electorate_start_all(el, three, 2);
    electorate_run(el, 300);
    electorate_tell(el, 2, 1, &(struct vote){2, 0x100000005, 1, 1, 2, ZAB_LOOKING}); // repeated
    assert_int_equal(el->members[1].reopenings, 0);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
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
    electorate_assert_role(el, 4, ZAB_LEADING, 4); // one of two servers now
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 4);
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
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
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
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 3);
}

static void who_has_a_leader_adopts_nothing(void **state)
{
    struct electorate *el = *state;
    start_two(el);
    electorate_start(el, 4, S1 S4 "version=2", 0x100000005, 1);
    electorate_run(el, 100);
    assert_int_equal(el->members[1].activations, 0);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 2);
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
    electorate_start_all(el, three, 3);
    electorate_run(el, 500);
    electorate_cut(el, 1, 2, false);
    electorate_cut(el, 1, 3, false);
    electorate_cut(el, 2, 3, false);
    electorate_run(el, 500);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 3);
    electorate_assert_role(el, 2, ZAB_FOLLOWING, 3);
    electorate_assert_role(el, 3, ZAB_LEADING, 3);
}

static void a_chain_of_servers_elects_through_its_middle(void **state)
{
    struct electorate *el = *state;
    electorate_cut(el, 1, 3, true);
    electorate_start_all(el, three, 3);
    electorate_run(el, 1000);
    electorate_assert_role(el, 1, ZAB_FOLLOWING, 3);
    electorate_assert_role(el, 3, ZAB_LEADING, 3);
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
    el->finalize_wait_ms = prng_below(prng, 2) == 0 ? 20 : 200; // ours and Java's
}

static void after_any_trouble_there_is_one_leader(void **state)
{
    struct electorate *el = *state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct prng prng;
        prng_init(&prng, seed);
        electorate_init(el);
        electorate_start_all(el, five, 5);
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
#define T(name) cmocka_unit_test_setup_teardown(name, electorate_setup, electorate_teardown)
        T(equals_elect_the_largest_id_without_waiting),
        T(the_longest_history_wins),
        T(a_round_begins_with_what_one_has),
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
        T(who_cannot_lead_is_for_another),
        T(a_later_round_without_a_candidate_is_joined),
        T(who_cannot_lead_is_for_another),
        T(a_later_round_without_a_candidate_is_joined),
        T(a_worse_vote_of_a_latecomer_is_answered),
        T(a_leader_whose_voters_turn_away_looks_again),
        T(a_follower_whose_leader_votes_for_another_looks_again),
        T(starts_at_any_moments_end_with_one_leader_soon),
        T(who_serves_stays),
        T(a_quorum_that_is_left_is_enough),
        T(a_voter_that_began_anew_counts_no_more),
        T(what_the_leader_said_itself_stays),
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
