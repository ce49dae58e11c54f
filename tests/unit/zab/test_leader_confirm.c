// SPDX-License-Identifier: Apache-2.0
//
// A sync is answered when a quorum has shown, after it came, that this server still leads, and
// when everything proposed before it is committed.
#include "tests/unit/zab/leader_help.h"

static void ask(struct leader_help *h, uint64_t token)
{
    lead_step(h, (struct zab_event){.type = ZAB_EV_SYNC, .token = token});
}

static void forward(struct leader_help *h, zab_link link)
{
    uint8_t data[16] = {0};
    be32_store(data + 12, 9); // sync
    lead_packet(h, link, ZAB_REQUEST, -1, slice_of(data, sizeof(data)));
}

static void pong(struct leader_help *h, zab_link link)
{
    lead_packet(h, link, ZAB_PING, 0, slice_of("", 0));
}

static void serve_three(struct leader_help *h)
{
    lead_init(h, 3);
    lead_to_serving(h);
    lead_to_live(h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
}

static void a_sync_sends_pings_and_waits_for_a_quorum(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    lead_to_live(&h, 8, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    ask(&h, 5);
    lead_expect(&h, "SEND 2 PING 0x200000000\nSEND 3 PING 0x200000000\n");
    pong(&h, 3);
    lead_expect(&h, "SYNCED 5\n");
    pong(&h, 2);
    lead_expect(&h, "");
    lead_fini(&h);
}

static void a_leader_alone_answers_at_once(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 1);
    lead_begin(&h);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_forget(&h);
    ask(&h, 1);
    ask(&h, 2);
    lead_expect(&h, "SYNCED 1\nSYNCED 2\n");
    lead_propose(&h, LEAD_Z(2, 1));
    ask(&h, 3);
    lead_expect(&h, "");
    lead_logged(&h, LEAD_Z(2, 1));
    lead_expect(&h, "COMMIT 0x200000001\nSYNCED 3\n");
    lead_fini(&h);
}

static void an_answer_to_an_earlier_ping_does_not_count(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    lead_pass(&h, LEAD_TICK_MS / 2);
    lead_expect(&h, "SEND 2 PING 0x200000000\nSEND 3 PING 0x200000000\n");
    ask(&h, 5);
    lead_expect(&h, "SEND 2 PING 0x200000000\nSEND 3 PING 0x200000000\n");
    pong(&h, 2);
    pong(&h, 3);
    lead_expect(&h, "");
    pong(&h, 2);
    lead_expect(&h, "SYNCED 5\n");
    lead_fini(&h);
}

static void those_that_come_during_a_round_share_the_next(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    ask(&h, 1);
    lead_forget(&h);
    ask(&h, 2);
    ask(&h, 3);
    forward(&h, 3);
    lead_expect(&h, "");
    pong(&h, 2);
    lead_expect(&h, "SEND 2 PING 0x200000000\nSEND 3 PING 0x200000000\nSYNCED 1\n");
    pong(&h, 3); // of the first round
    lead_expect(&h, "");
    pong(&h, 3);
    lead_expect(&h, "SYNCED 2\nSYNCED 3\nSEND 3 SYNC 0x0\n");
    pong(&h, 2);
    pong(&h, 2); // one more than it was sent: the second was its last
    lead_expect(&h, "CLOSE 2\n");
    lead_fini(&h);
}

static void what_was_proposed_before_commits_first(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    ask(&h, 1);
    forward(&h, 2);
    lead_propose(&h, LEAD_Z(2, 2)); // after them
    pong(&h, 3);
    pong(&h, 3);
    pong(&h, 2);
    lead_forget(&h);
    lead_logged(&h, LEAD_Z(2, 2));
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\n"
                    "SEND 2 SYNC 0x0\n"
                    "SEND 3 COMMIT 0x200000001\n"
                    "COMMIT 0x200000001\n"
                    "SYNCED 1\n");
    lead_fini(&h);
}

static void an_observer_gets_its_sync_behind_inform(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    lead_to_live(&h, 8, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    lead_propose(&h, LEAD_Z(2, 1));
    forward(&h, 8);
    pong(&h, 2);
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_forget(&h);
    lead_ack(&h, 3, LEAD_Z(2, 1));
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\n"
                    "SEND 3 COMMIT 0x200000001\n"
                    "SEND 8 INFORM 0x200000001 11 bytes\n"
                    "SEND 8 SYNC 0x0\n"
                    "COMMIT 0x200000001\n");
    forward(&h, 8); // nothing in flight: only the round
    pong(&h, 2);
    lead_expect(&h, "SEND 2 PING 0x200000001\n"
                    "SEND 3 PING 0x200000001\n"
                    "SEND 8 SYNC 0x0\n");
    lead_fini(&h);
}

static void a_sync_on_a_full_link_waits_for_its_commit(void **state)
{
    (void)state;
    struct leader_help h;
    static uint8_t big[5 << 20];
    serve_three(&h);
    lead_step(&h, (struct zab_event){.type = ZAB_EV_PROPOSE,
                                     .zxid = LEAD_Z(2, 1),
                                     .bytes = slice_of(big, sizeof(big))});
    lead_logged(&h, LEAD_Z(2, 1));
    forward(&h, 3);
    pong(&h, 2);
    lead_link(&h, ZAB_EV_LINK_ROOM, 2);
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\nCOMMIT 0x200000001\n");
    lead_link(&h, ZAB_EV_LINK_ROOM, 3);
    lead_expect(&h, "SEND 3 COMMIT 0x200000001\nSEND 3 SYNC 0x0\n");
    lead_fini(&h);
}

// A Java learner finds its own writes and syncs in the order in which it sent them, or not at all.
static void each_sync_goes_between_the_commits_that_it_came_between(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    for (int64_t i = 1; i <= 3; i++) {
        lead_propose(&h, LEAD_Z(2, i));
        forward(&h, 2);
        forward(&h, 2);
    }
    lead_logged(&h, LEAD_Z(2, 3));
    lead_forget(&h);
    lead_ack(&h, 3, LEAD_Z(2, 3)); // nobody has answered a PING; but something later commits
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\n"
                    "SEND 2 SYNC 0x0\n"
                    "SEND 2 SYNC 0x0\n"
                    "SEND 2 COMMIT 0x200000002\n"
                    "SEND 2 SYNC 0x0\n"
                    "SEND 2 SYNC 0x0\n"
                    "SEND 2 COMMIT 0x200000003\n"
                    "SEND 3 COMMIT 0x200000001\n"
                    "SEND 3 COMMIT 0x200000002\n"
                    "SEND 3 COMMIT 0x200000003\n"
                    "COMMIT 0x200000003\n");
    pong(&h, 3);
    lead_expect(&h, "SEND 2 PING 0x200000003\nSEND 3 PING 0x200000003\n");
    pong(&h, 3);
    lead_expect(&h, "SEND 2 SYNC 0x0\nSEND 2 SYNC 0x0\n");
    lead_fini(&h);
}

static void a_commit_of_something_later_confirms_our_own_syncs(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    ask(&h, 1);
    lead_propose(&h, LEAD_Z(2, 1));
    ask(&h, 2);
    lead_logged(&h, LEAD_Z(2, 1));
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\n"
                    "SEND 3 COMMIT 0x200000001\n"
                    "COMMIT 0x200000001\n"
                    "SYNCED 1\n");
    lead_fini(&h);
}

static void an_observer_gets_its_syncs_in_the_same_places(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    lead_to_live(&h, 8, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    lead_propose(&h, LEAD_Z(2, 1));
    forward(&h, 8);
    lead_propose(&h, LEAD_Z(2, 2));
    lead_logged(&h, LEAD_Z(2, 2));
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(2, 2));
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\n"
                    "SEND 2 COMMIT 0x200000002\n"
                    "SEND 8 INFORM 0x200000001 11 bytes\n"
                    "SEND 8 SYNC 0x0\n"
                    "SEND 8 INFORM 0x200000002 11 bytes\n"
                    "COMMIT 0x200000002\n");
    lead_fini(&h);
}

static void it_says_how_many_syncs_wait(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    assert_int_equal(leader_pending_syncs(h.leader), 0);
    ask(&h, 1);
    forward(&h, 2);
    forward(&h, 2);
    lead_propose(&h, LEAD_Z(2, 1));
    forward(&h, 3);
    assert_int_equal(leader_pending_syncs(h.leader), 4);
    pong(&h, 3); // of the round that the first one began
    assert_int_equal(leader_pending_syncs(h.leader), 3);
    lead_link(&h, ZAB_EV_LINK_DOWN, 2);
    assert_int_equal(leader_pending_syncs(h.leader), 1);
    lead_fini(&h);
}

static void syncs_of_a_learner_are_limited(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    for (int64_t i = 1; i <= 1 << 16; i++) { // each at a position of its own
        lead_propose(&h, LEAD_Z(2, i));
        forward(&h, 2);
        lead_link(&h, ZAB_EV_LINK_ROOM, 2);
        lead_link(&h, ZAB_EV_LINK_ROOM, 3);
        lead_forget(&h);
    }
    forward(&h, 2); // one more at the last of them
    lead_expect(&h, "");
    lead_propose(&h, LEAD_Z(2, (1 << 16) + 1));
    lead_forget(&h);
    forward(&h, 2);
    lead_expect(&h, "CLOSE 2\n");
    lead_expect_note(&h, "too many syncs");
    lead_fini(&h);
}

static void local_syncs_are_answered_in_their_order(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    uint64_t asked = 0;
    struct buf expected = {0};
    for (int round = 0; round < 20; round++) {
        ask(&h, ++asked); // begins one
        buf_clear(&expected);
        buf_printf(&expected, "SEND 2 PING 0x200000000\nSEND 3 PING 0x200000000\n");
        lead_expect(&h, buf_cstr(&expected));
        for (int i = 0; i < round; i++) {
            ask(&h, ++asked); // for the next one
        }
        pong(&h, 2);
        pong(&h, 3);
        lead_forget(&h);
        if (round > 0) {
            pong(&h, 2);
            buf_clear(&expected);
            for (int i = round - 1; i >= 0; i--) {
                buf_printf(&expected, "SYNCED %llu\n", (unsigned long long)asked - (unsigned)i);
            }
            lead_expect(&h, buf_cstr(&expected));
            pong(&h, 3);
        }
    }
    buf_fini(&expected);
    lead_fini(&h);
}

static void without_a_quorum_nothing_is_answered(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    ask(&h, 1);
    forward(&h, 2);
    lead_link(&h, ZAB_EV_LINK_DOWN, 2);
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    lead_forget(&h);
    lead_pass(&h, 2 * LEAD_TICK_MS);
    lead_expect(&h, "");
    lead_expect_over(&h, "too few followers are in touch for a quorum");
    lead_fini(&h);
}

static void one_that_comes_during_a_round_can_confirm_it(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    ask(&h, 1);
    lead_link(&h, ZAB_EV_LINK_DOWN, 2);
    lead_to_live(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_pass(&h, LEAD_TICK_MS / 2);
    lead_expect(&h, "SEND 3 PING 0x200000000\n");
    pong(&h, 3);
    lead_expect(&h, "SYNCED 1\n");
    lead_fini(&h);
}

static void a_leader_that_retires_answers_what_it_has_confirmed(void **state)
{
    (void)state;
    struct leader_help h;
    serve_three(&h);
    lead_step(&h, (struct zab_event){.type = ZAB_EV_PROPOSE,
                                     .zxid = LEAD_Z(2, 1),
                                     .bytes = slice_str("reconfig"),
                                     .config = slice_str("server.2=h2:2888:3888:participant\n"
                                                         "server.3=h3:2888:3888:participant\n"
                                                         "version=200000001")});
    ask(&h, 1);
    forward(&h, 2);
    pong(&h, 2);
    pong(&h, 3);
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_forget(&h);
    lead_ack(&h, 3, LEAD_Z(2, 1));
    lead_expect(&h, "ACTIVATE_CONFIG version=200000001\n"
                    "SEND 2 COMMITANDACTIVATE 0x200000001 8 bytes\n"
                    "SEND 3 COMMITANDACTIVATE 0x200000001 8 bytes\n"
                    "COMMIT 0x200000001\n"
                    "SYNCED 1\n"); // the other came later; its round has no answer yet
    lead_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sync_sends_pings_and_waits_for_a_quorum),
        cmocka_unit_test(a_leader_alone_answers_at_once),
        cmocka_unit_test(an_answer_to_an_earlier_ping_does_not_count),
        cmocka_unit_test(those_that_come_during_a_round_share_the_next),
        cmocka_unit_test(what_was_proposed_before_commits_first),
        cmocka_unit_test(an_observer_gets_its_sync_behind_inform),
        cmocka_unit_test(a_sync_on_a_full_link_waits_for_its_commit),
        cmocka_unit_test(each_sync_goes_between_the_commits_that_it_came_between),
        cmocka_unit_test(a_commit_of_something_later_confirms_our_own_syncs),
        cmocka_unit_test(an_observer_gets_its_syncs_in_the_same_places),
        cmocka_unit_test(it_says_how_many_syncs_wait),
        cmocka_unit_test(syncs_of_a_learner_are_limited),
        cmocka_unit_test(local_syncs_are_answered_in_their_order),
        cmocka_unit_test(without_a_quorum_nothing_is_answered),
        cmocka_unit_test(one_that_comes_during_a_round_can_confirm_it),
        cmocka_unit_test(a_leader_that_retires_answers_what_it_has_confirmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
