// SPDX-License-Identifier: Apache-2.0
//
// Liveness: pings, silence, acknowledgements that do not come, a quorum that is lost, and a server
// that stood still itself.
#include "tests/unit/zab/leader_help.h"

enum {
    SYNC_MS = LEAD_SYNC_LIMIT * LEAD_TICK_MS,
    INIT_MS = LEAD_INIT_LIMIT * LEAD_TICK_MS,
};

static void pong(struct leader_help *h, zab_link link)
{
    lead_packet(h, link, ZAB_PING, 0, slice_of("", 0));
}

// Half a tick, in which `links` of the live ones answer.
static void half_tick(struct leader_help *h, const zab_link *links, size_t count)
{
    lead_pass(h, LEAD_TICK_MS / 2);
    for (size_t i = 0; i < count; i++) {
        pong(h, links[i]);
    }
}

static void live_ones_are_pinged_twice_a_tick(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_to_live(&h, 8, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    lead_join(&h, 3); // not yet
    lead_forget(&h);
    lead_pass(&h, LEAD_TICK_MS / 2 - 1);
    lead_expect(&h, "");
    lead_pass(&h, 1);
    lead_expect(&h, "SEND 2 PING 0x200000000\nSEND 8 PING 0x200000000\n");
    lead_propose(&h, LEAD_Z(2, 1));
    lead_forget(&h);
    lead_pass(&h, LEAD_TICK_MS / 2);
    lead_expect(&h, "SEND 2 PING 0x200000001\nSEND 8 PING 0x200000001\n");
    lead_fini(&h);
}

static void nobody_is_pinged_before_the_leader_serves(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_synchronising(&h);
    lead_pass(&h, INIT_MS / 2);
    lead_expect(&h, "");
    lead_fini(&h);
}

static void a_silent_learner_is_closed(void **state)
{
    (void)state;
    struct leader_help h;
    const zab_link two[] = {2};
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_to_live(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    for (int i = 0; i < 2 * LEAD_SYNC_LIMIT - 1; i++) {
        half_tick(&h, two, 1);
    }
    lead_forget(&h);
    half_tick(&h, two, 1);
    lead_expect(&h, "CLOSE 3\nSEND 2 PING 0x200000000\n");
    lead_expect_note(&h, "silent for too long");
    int64_t next;
    assert_null(leader_is_over(h.leader, &next));
    lead_fini(&h);
}

static void a_learner_that_does_not_go_on_is_closed(void **state)
{
    (void)state;
    static const char *const reached[] = {"new", "offered", "sent NEWLEADER"};
    for (size_t i = 0; i < 3; i++) {
        struct leader_help h;
        const zab_link two[] = {2};
        lead_init(&h, 3);
        lead_to_serving(&h);
        lead_link(&h, ZAB_EV_LINK_UP, 3);
        if (i >= 1) {
            lead_info(&h, 3, ZAB_FOLLOWERINFO, 1);
        }
        if (i >= 2) {
            lead_ack_epoch(&h, 3, 1, LEAD_LAST_ZXID);
        }
        for (int half = 0; half < 2 * LEAD_INIT_LIMIT - 1; half++) {
            half_tick(&h, two, 1);
            lead_link(&h, ZAB_EV_LINK_ROOM, 3); // reading is no answer
        }
        lead_forget(&h);
        half_tick(&h, two, 1);
        print_message("%s\n", reached[i]);
        lead_expect(&h, "CLOSE 3\nSEND 2 PING 0x200000000\n");
        lead_fini(&h);
    }
}

static void one_that_is_being_sent_the_tree_may_take_its_time(void **state)
{
    (void)state;
    struct leader_help h;
    const zab_link two[] = {2};
    lead_init(&h, 3);
    lead_to_serving(&h);
    h.core.options.force_snapshot_sync = true;
    lead_join(&h, 3);
    lead_ack_epoch(&h, 3, 1, LEAD_LAST_ZXID);
    lead_step(&h, (struct zab_event){.type = ZAB_EV_SNAP_BEGUN, .link = 3, .zxid = LEAD_LAST_ZXID});
    for (int half = 0; half < 8 * LEAD_INIT_LIMIT; half++) {
        half_tick(&h, two, 1);
    }
    lead_forget(&h);
    lead_link(&h, ZAB_EV_SNAP_SENT, 3);
    lead_expect(&h, "SEND 3 NEWLEADER 0x200000000 181 bytes\n");
    lead_fini(&h);
}

static void one_that_acknowledges_nothing_is_closed(void **state)
{
    (void)state;
    struct leader_help h;
    const zab_link both[] = {2, 3};
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_to_live(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    for (int64_t i = 1; i <= 4; i++) {
        lead_propose(&h, LEAD_Z(2, i));
        lead_ack(&h, 2, LEAD_Z(2, i));
    }
    for (int half = 0; half < 2 * LEAD_SYNC_LIMIT - 1; half++) {
        half_tick(&h, both, 2); // it does answer
    }
    lead_forget(&h);
    half_tick(&h, both, 1);
    lead_expect(&h, "SEND 2 PING 0x200000004\nCLOSE 3\n");
    lead_expect_note(&h, "does not acknowledge");
    lead_fini(&h);
}

static void one_that_acknowledges_late_but_steadily_stays(void **state)
{
    (void)state;
    struct leader_help h;
    const zab_link two[] = {2};
    lead_init(&h, 3);
    lead_to_serving(&h);
    for (int64_t i = 1; i <= 60; i++) { // three ticks behind, in half ticks
        lead_propose(&h, LEAD_Z(2, i));
        if (i > 6) {
            lead_ack(&h, 2, LEAD_Z(2, i - 6));
        }
        half_tick(&h, two, 1);
    }
    int64_t next;
    assert_null(leader_is_over(h.leader, &next));
    struct zab_follower f;
    assert_int_equal(leader_followers(h.leader, &f, 1), 1);
    assert_int_equal(f.acked_zxid, LEAD_Z(2, 54));
    lead_fini(&h);
}

static void a_leader_without_a_quorum_stands_down_at_the_tick(void **state)
{
    (void)state;
    struct leader_help h;
    const zab_link two[] = {2};
    lead_init(&h, 5);
    lead_begin(&h);
    lead_join(&h, 2);
    lead_join(&h, 3);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_ack_epoch(&h, 2, 1, LEAD_LAST_ZXID);
    lead_ack_epoch(&h, 3, 1, LEAD_LAST_ZXID);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_ack(&h, 2, LEAD_Z(2, 0));
    lead_ack(&h, 3, LEAD_Z(2, 0));
    lead_to_live(&h, 8, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    half_tick(&h, two, 1);
    int64_t next;
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    assert_null(leader_is_over(h.leader, &next));
    lead_pass(&h, LEAD_TICK_MS / 2);
    lead_expect_over(&h, "too few followers are in touch for a quorum");
    lead_fini(&h);
}

// A server that stood still for long finds everybody's packets waiting behind its own timer.
static void our_own_standstill_is_not_charged_to_others(void **state)
{
    (void)state;
    struct leader_help h;
    const zab_link two[] = {2};
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    half_tick(&h, two, 1);
    lead_forget(&h);
    h.now_ms += 20 * SYNC_MS;
    lead_event(&h, ZAB_EV_TIME);
    lead_expect(&h, "SEND 2 PING 0x200000001\n");
    int64_t next;
    assert_null(leader_is_over(h.leader, &next));
    for (int half = 0; half < 2 * LEAD_SYNC_LIMIT; half++) { // but then it has to answer
        lead_pass(&h, LEAD_TICK_MS / 2);
    }
    lead_expect_over(&h, "too few followers are in touch for a quorum");
    lead_fini(&h);
}

static void the_next_deadline_is_never_far(void **state)
{
    (void)state;
    struct leader_help h;
    int64_t at_ms;
    lead_init(&h, 3);
    lead_begin(&h);
    assert_true(leader_deadline_ms(h.leader, &at_ms));
    assert_int_equal(at_ms, h.now_ms + LEAD_TICK_MS / 2);
    lead_pass(&h, INIT_MS - 10);
    assert_true(leader_deadline_ms(h.leader, &at_ms));
    assert_int_equal(at_ms, h.now_ms + 10);
    lead_pass(&h, 10);
    assert_false(leader_deadline_ms(h.leader, &at_ms)); // it is over
    lead_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(live_ones_are_pinged_twice_a_tick),
        cmocka_unit_test(nobody_is_pinged_before_the_leader_serves),
        cmocka_unit_test(a_silent_learner_is_closed),
        cmocka_unit_test(a_learner_that_does_not_go_on_is_closed),
        cmocka_unit_test(one_that_is_being_sent_the_tree_may_take_its_time),
        cmocka_unit_test(one_that_acknowledges_nothing_is_closed),
        cmocka_unit_test(one_that_acknowledges_late_but_steadily_stays),
        cmocka_unit_test(a_leader_without_a_quorum_stands_down_at_the_tick),
        cmocka_unit_test(our_own_standstill_is_not_charged_to_others),
        cmocka_unit_test(the_next_deadline_is_never_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
