// SPDX-License-Identifier: Apache-2.0
//
// The phases of a leader: what each waits for, and that nothing is said before it is durable.
#include "tests/unit/zab/leader_help.h"

static void a_leader_waits_for_a_quorum_of_epochs(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 5);
    lead_begin(&h);
    lead_expect(&h, "LISTEN\n");
    lead_join(&h, 2);
    lead_link(&h, ZAB_EV_LINK_UP, 8);
    lead_info(&h, 8, ZAB_OBSERVERINFO, 3); // does not count, but its epoch does
    lead_join(&h, 7);                      // no member
    lead_expect(&h, "");
    lead_join(&h, 3);
    lead_expect(&h, "SAVE_ACCEPTED 4\n");
    lead_fini(&h);
}

static void the_epoch_is_offered_when_it_is_durable(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_begin(&h);
    lead_join(&h, 2);
    lead_expect(&h, "LISTEN\nSAVE_ACCEPTED 2\n");
    lead_link(&h, ZAB_EV_LINK_UP, 3);
    lead_info(&h, 3, ZAB_FOLLOWERINFO, 7); // too late to raise it
    lead_expect(&h, "");
    assert_int_equal(h.core.accepted_epoch, 1);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    assert_int_equal(h.core.accepted_epoch, 2);
    lead_expect(&h, "SEND 2 LEADERINFO 0x200000000 4 bytes\n"
                    "SEND 3 LEADERINFO 0x200000000 4 bytes\n");
    assert_int_equal(be32_load(h.data.data), 0x10000);
    lead_join(&h, 8);
    lead_expect(&h, "SEND 8 LEADERINFO 0x200000000 4 bytes\n");
    lead_fini(&h);
}

static void histories_of_a_quorum_are_compared(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 5);
    lead_begin(&h);
    lead_join(&h, 2);
    lead_join(&h, 3);
    lead_join(&h, 4);
    lead_join(&h, 5);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_forget(&h);
    lead_ack_epoch(&h, 2, -1, LEAD_LAST_ZXID); // accepted this epoch before: does not count
    lead_ack_epoch(&h, 3, 1, -1);              // has no tree: does not count
    lead_ack_epoch(&h, 4, 0, LEAD_Z(1, 7));    // an older epoch is not ahead
    lead_expect(&h, "");
    lead_ack_epoch(&h, 5, 1, LEAD_LAST_ZXID);
    lead_expect(&h, "SAVE_CURRENT 2\n");
    lead_fini(&h);
}

static void who_is_ahead_is_closed(void **state)
{
    (void)state;
    static const struct {
        int32_t epoch;
        int64_t zxid;
    } ahead[] = {{1, LEAD_Z(1, 3)}, {2, LEAD_Z(1, 1)}, {1, LEAD_Z(2, 0)}};
    for (size_t i = 0; i < 3; i++) {
        struct leader_help h;
        lead_init(&h, 3);
        lead_to_comparing(&h);
        lead_ack_epoch(&h, 2, ahead[i].epoch, ahead[i].zxid);
        lead_expect(&h, "CLOSE 2\n");
        lead_expect_note(&h, "ahead of this leader");
        lead_fini(&h);
    }
}

static void latecomers_are_not_compared(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_synchronising(&h);
    lead_join(&h, 3);
    lead_forget(&h);
    lead_ack_epoch(&h, 3, 1, LEAD_Z(1, 9));
    lead_expect(&h, "SEND 3 TRUNC 0x100000002\n"
                    "SEND 3 NEWLEADER 0x200000000 181 bytes\n");
    lead_fini(&h);
}

static void learners_are_brought_up_to_date_when_the_epoch_is_durable(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_comparing(&h);
    lead_ack_epoch(&h, 2, 1, LEAD_Z(1, 1));
    lead_expect(&h, "SAVE_CURRENT 2\n");
    lead_join(&h, 3);
    lead_ack_epoch(&h, 3, 1, LEAD_LAST_ZXID);
    lead_expect(&h, "SEND 3 LEADERINFO 0x200000000 4 bytes\n");
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    assert_int_equal(h.core.current_epoch, 2);
    lead_expect(&h, "SEND 2 DIFF 0x100000002\n"
                    "SEND 2 PROPOSAL 0x100000002 3 bytes\n"
                    "SEND 2 COMMIT 0x100000002\n"
                    "SEND 2 NEWLEADER 0x200000000 181 bytes\n"
                    "SEND 3 DIFF 0x100000002\n"
                    "SEND 3 NEWLEADER 0x200000000 181 bytes\n");
    assert_memory_equal(h.data.data, "server.1=h1:2888:3888:participant\n", 34);
    lead_fini(&h);
}

static void a_quorum_of_acks_begins_the_epoch(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 5);
    lead_begin(&h);
    lead_join(&h, 2);
    lead_join(&h, 3);
    lead_join(&h, 4);
    lead_join(&h, 8);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    for (zab_link link = 2; link <= 4; link++) {
        lead_ack_epoch(&h, link, 1, LEAD_LAST_ZXID);
    }
    lead_ack_epoch(&h, 8, 1, LEAD_LAST_ZXID);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_forget(&h);
    assert_false(leader_is_serving(h.leader));
    lead_ack(&h, 8, LEAD_Z(2, 0)); // no member's vote
    lead_ack(&h, 3, LEAD_Z(2, 0));
    lead_expect(&h, "");
    lead_ack(&h, 4, LEAD_Z(2, 0));
    lead_expect(&h, "SERVE 0x200000000\n"
                    "SEND 3 UPTODATE -1\n"
                    "SEND 4 UPTODATE -1\n"
                    "SEND 8 UPTODATE -1\n");
    assert_true(leader_is_serving(h.leader));
    assert_int_equal(h.core.last_zxid, LEAD_Z(2, 0));
    assert_int_equal(h.core.vote.peer_epoch, 2);
    assert_int_equal(leader_last_committed(h.leader), LEAD_Z(2, 0));
    lead_ack(&h, 2, LEAD_Z(2, 0));
    lead_expect(&h, "SEND 2 UPTODATE -1\n");
    lead_fini(&h);
}

static void a_single_voter_serves_by_itself(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 1);
    lead_begin(&h);
    lead_expect(&h, "LISTEN\nSAVE_ACCEPTED 2\n");
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_expect(&h, "SAVE_CURRENT 2\n");
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_expect(&h, "SERVE 0x200000000\n");
    lead_propose(&h, LEAD_Z(2, 1));
    lead_expect(&h, "");
    lead_logged(&h, LEAD_Z(2, 1));
    lead_expect(&h, "COMMIT 0x200000001\n");
    lead_pass(&h, 10000);
    assert_true(leader_is_serving(h.leader));
    lead_expect(&h, "");
    lead_fini(&h);
}

static void a_configuration_without_version_gets_one(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init_config(&h, "server.1=h1:2888:3888:participant\n"
                         "server.2=h2:2888:3888:participant\n"
                         "server.3=h3:2888:3888:participant\nversion=0");
    lead_begin(&h);
    lead_link(&h, ZAB_EV_LINK_UP, 2);
    uint8_t data[20] = {0};
    be64_store(data, 2);
    be32_store(data + 8, 0x10000);
    lead_packet(&h, 2, ZAB_FOLLOWERINFO, LEAD_Z(1, 0), slice_of(data, sizeof(data)));
    lead_expect(&h, "LISTEN\nSAVE_ACCEPTED 2\n");
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_expect(&h, "SEE_CONFIG version=200000000\nSEND 2 LEADERINFO 0x200000000 4 bytes\n");
    lead_ack_epoch(&h, 2, 1, LEAD_LAST_ZXID);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_forget(&h);
    assert_memory_equal(h.data.data + h.data.len - 9, "200000000", 9);
    lead_ack(&h, 2, LEAD_Z(2, 0));
    lead_expect(&h, "ACTIVATE_CONFIG version=200000000\n"
                    "SERVE 0x200000000\n"
                    "SEND 2 UPTODATE -1\n");
    assert_int_equal(h.core.committed.version, LEAD_Z(2, 0));
    lead_fini(&h);
}

static void without_reconfiguration_it_keeps_version_0(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init_config(&h, "server.1=h1:2888:3888:participant\nversion=0");
    h.core.options.reconfig_enabled = false;
    lead_begin(&h);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_expect(&h, "LISTEN\nSAVE_ACCEPTED 2\nSAVE_CURRENT 2\nSERVE 0x200000000\n");
    assert_int_equal(h.core.seen.version, 0);
    lead_fini(&h);
}

static void every_phase_has_its_limit(void **state)
{
    (void)state;
    const int64_t limit_ms = LEAD_INIT_LIMIT * LEAD_TICK_MS;
    struct leader_help h;
    lead_init(&h, 3);
    lead_begin(&h);
    lead_pass(&h, limit_ms - 1);
    int64_t next = 7;
    assert_null(leader_is_over(h.leader, &next));
    lead_pass(&h, 1);
    lead_expect_over(&h, "no quorum told its epoch in time");
    lead_fini(&h);

    lead_init(&h, 3);
    lead_to_comparing(&h);
    lead_pass(&h, limit_ms);
    lead_expect_over(&h, "no quorum told its history in time");
    lead_fini(&h);

    lead_init(&h, 3);
    lead_to_synchronising(&h);
    lead_pass(&h, limit_ms);
    lead_expect_over(&h, "no quorum took over the history in time");
    assert_non_null(leader_is_over(h.leader, &next));
    assert_int_equal(next, -1);
    lead_fini(&h);
}

static void an_epoch_that_cannot_be_saved_ends_it(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 1);
    lead_begin(&h);
    lead_step(&h, (struct zab_event){.type = ZAB_EV_EPOCH_SAVED, .is_ok = false});
    lead_expect_over(&h, "the epoch could not be saved");
    assert_int_equal(h.core.accepted_epoch, 1);
    lead_fini(&h);
}

static void tell_accepted(struct leader_help *h, zab_link link, int64_t epoch)
{
    lead_link(h, ZAB_EV_LINK_UP, link);
    lead_info(h, link, ZAB_FOLLOWERINFO, epoch);
}

// Else it could not follow as long as this leader leads.
static void a_voter_with_a_later_epoch_gets_one(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    core_hear_claim(&h.core, 8, 1);
    lead_link(&h, ZAB_EV_LINK_UP, 8);
    lead_info(&h, 8, ZAB_OBSERVERINFO, 9); // has no say
    assert_true(leader_is_serving(h.leader));
    core_hear_claim(&h.core, 3, 1);
    tell_accepted(&h, 3, 7);
    lead_expect_over(&h, "a voter needs a later epoch");
    leader_end(h.leader, &h.effects);
    zab_effects_clear(&h.effects);
    lead_forget(&h);
    lead_begin(&h);
    lead_join(&h, 2);
    lead_expect(&h, "LISTEN\nSAVE_ACCEPTED 8\n");
    lead_fini(&h);
}

// It may have the last copy of what a quorum has lost.
static void a_voter_with_data_of_a_later_epoch_stays_out(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h); // epoch 2
    tell_accepted(&h, 3, 7);
    lead_expect(&h, "SEND 3 LEADERINFO 0x200000000 4 bytes\n"); // it has not said what it has
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    core_hear_claim(&h.core, 3, 3);
    tell_accepted(&h, 3, 7);
    lead_expect(&h, "SEND 3 LEADERINFO 0x200000000 4 bytes\n");
    assert_true(leader_is_serving(h.leader));
    assert_int_equal(h.core.told_epoch, 0);
    core_hear_claim(&h.core, 3, 2);
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    tell_accepted(&h, 3, 7);
    lead_expect_over(&h, "a voter needs a later epoch");
    lead_fini(&h);
}

static void lead_configured(struct leader_help *h, const char *version)
{
    struct buf config = {0};
    buf_printf(&config, "server.1=h1:2888:3888:participant\nversion=%s", version);
    lead_init_config(h, buf_cstr(&config));
    lead_begin(h);
    buf_fini(&config);
}

// Else no reconfiguration of this epoch could come into force.
static void an_epoch_begins_above_the_version_of_the_configuration(void **state)
{
    (void)state;
    struct leader_help h;
    lead_configured(&h, "500000000");
    lead_expect(&h, "LISTEN\nSAVE_ACCEPTED 5\n");
    lead_fini(&h);
    lead_configured(&h, "500000001");
    lead_expect(&h, "LISTEN\nSAVE_ACCEPTED 6\n");
    lead_fini(&h);
    lead_configured(&h, "7ffffffe00000001"); // such a version would use all epochs up
    lead_expect(&h, "LISTEN\nSAVE_ACCEPTED 2\n");
    lead_fini(&h);
}

static void epochs_end(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 1);
    h.core.accepted_epoch = INT32_MAX;
    lead_begin(&h);
    lead_expect_over(&h, "there are no more epochs");
    lead_fini(&h);
}

static void the_write_path_can_end_it(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_event(&h, ZAB_EV_FAILED);
    lead_expect_over(&h, "this server cannot go on as leader");
    lead_propose(&h, LEAD_Z(2, 1)); // nothing happens any more
    lead_expect(&h, "");
    leader_end(h.leader, &h.effects);
    assert_int_equal(h.effects.count, 2);
    assert_int_equal(h.effects.items[0].type, ZAB_DO_CLOSE);
    assert_int_equal(h.effects.items[1].type, ZAB_DO_UNLISTEN);
    zab_effects_clear(&h.effects);
    lead_fini(&h);
}

static void a_second_term_begins_anew(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    lead_step(&h, (struct zab_event){.type = ZAB_EV_SYNC, .token = 4});
    leader_end(h.leader, &h.effects);
    zab_effects_clear(&h.effects);
    assert_false(leader_is_serving(h.leader));
    lead_forget(&h);
    lead_begin(&h); // and what was in flight is history
    lead_join(&h, 2);
    lead_expect(&h, "LISTEN\nSAVE_ACCEPTED 3\n");
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_ack_epoch(&h, 2, 2, LEAD_LAST_ZXID);
    lead_forget(&h);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_expect(&h, "SEND 2 DIFF 0x200000001\n"
                    "SEND 2 PROPOSAL 0x200000001 11 bytes\n"
                    "SEND 2 COMMIT 0x200000001\n"
                    "SEND 2 NEWLEADER 0x300000000 181 bytes\n");
    lead_ack(&h, 2, LEAD_Z(3, 0));
    lead_expect(&h, "SERVE 0x300000000\nSEND 2 UPTODATE -1\n");
    lead_fini(&h);
}

static void it_says_who_follows(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_link(&h, ZAB_EV_LINK_UP, 4); // nobody knows who that is
    lead_to_live(&h, 8, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    lead_join(&h, 3);
    struct zab_follower f[3];
    assert_int_equal(leader_followers(h.leader, f, 3), 3);
    assert_int_equal(f[0].sid, 2);
    assert_true(f[0].is_synced && f[0].is_forwarding && !f[0].is_observer);
    assert_int_equal(f[0].acked_zxid, LEAD_LAST_ZXID);
    assert_int_equal(f[1].sid, 8);
    assert_true(f[1].is_observer && !f[1].is_forwarding);
    assert_int_equal(f[2].sid, 3);
    assert_false(f[2].is_forwarding);
    assert_int_equal(leader_followers(h.leader, f, 1), 3);
    lead_fini(&h);
}

// leader.maxTimeToWaitForEpoch.
static void a_voter_that_looks_ends_the_wait_for_epochs_alone(void **state)
{
    (void)state;
    struct leader_help h;
    int64_t next;
    lead_init(&h, 3);
    h.core.options.epoch_wait_ms = 201;
    lead_begin(&h);
    leader_voter_looks(h.leader, h.now_ms + 200);
    assert_null(leader_is_over(h.leader, &next));
    leader_voter_looks(h.leader, h.now_ms + 201);
    lead_expect_over(&h, "a voter looks again while its epoch is waited for");
    lead_fini(&h);
    lead_init(&h, 3);
    h.core.options.epoch_wait_ms = 201;
    lead_to_comparing(&h); // a quorum has told its epochs
    leader_voter_looks(h.leader, h.now_ms + 900);
    assert_null(leader_is_over(h.leader, &next));
    lead_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_voter_that_looks_ends_the_wait_for_epochs_alone),
        cmocka_unit_test(a_leader_waits_for_a_quorum_of_epochs),
        cmocka_unit_test(the_epoch_is_offered_when_it_is_durable),
        cmocka_unit_test(histories_of_a_quorum_are_compared),
        cmocka_unit_test(who_is_ahead_is_closed),
        cmocka_unit_test(latecomers_are_not_compared),
        cmocka_unit_test(learners_are_brought_up_to_date_when_the_epoch_is_durable),
        cmocka_unit_test(a_quorum_of_acks_begins_the_epoch),
        cmocka_unit_test(a_single_voter_serves_by_itself),
        cmocka_unit_test(a_configuration_without_version_gets_one),
        cmocka_unit_test(without_reconfiguration_it_keeps_version_0),
        cmocka_unit_test(every_phase_has_its_limit),
        cmocka_unit_test(an_epoch_that_cannot_be_saved_ends_it),
        cmocka_unit_test(a_voter_with_a_later_epoch_gets_one),
        cmocka_unit_test(a_voter_with_data_of_a_later_epoch_stays_out),
        cmocka_unit_test(an_epoch_begins_above_the_version_of_the_configuration),
        cmocka_unit_test(epochs_end),
        cmocka_unit_test(the_write_path_can_end_it),
        cmocka_unit_test(a_second_term_begins_anew),
        cmocka_unit_test(it_says_who_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
