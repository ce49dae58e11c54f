// SPDX-License-Identifier: Apache-2.0
//
// Handing over: to whom, when everything has arrived, and what is left behind for the election.
#include "tests/unit/zab/leader_help.h"

static void hand_over(struct leader_help *h, int64_t sid)
{
    lead_step(h, (struct zab_event){.type = ZAB_EV_HAND_OVER, .sid = sid});
}

// Learners 2 and 3 are live.
static void lead_two(struct leader_help *h)
{
    lead_init(h, 3);
    lead_to_serving(h);
    lead_to_live(h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_forget(h);
}

static bool is_over(const struct leader_help *h)
{
    int64_t next;
    return leader_is_over(h->leader, &next) != NULL;
}

static void with_nothing_in_flight_it_ends_at_once(void **state)
{
    (void)state;
    struct leader_help h;
    lead_two(&h);
    hand_over(&h, 2);
    lead_expect(&h, "PAUSE\n");
    assert_false(is_over(&h)); // in a step of its own
    lead_pass(&h, 0);
    lead_expect_over(&h, "it is handed over");
    assert_true(h.core.has_favourite);
    assert_int_equal(h.core.favourite.leader, 2);
    assert_int_equal(h.core.favourite.zxid, LEAD_Z(2, 1)); // one more than there is
    assert_int_equal(h.core.favourite.peer_epoch, 2);
    lead_fini(&h);
}

static void it_waits_until_the_heir_has_everything(void **state)
{
    (void)state;
    struct leader_help h;
    lead_two(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    hand_over(&h, 2);
    lead_logged(&h, LEAD_Z(2, 1));
    lead_ack(&h, 3, LEAD_Z(2, 1)); // it is committed, but the heir lacks it
    lead_pass(&h, 1);
    assert_false(is_over(&h));
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_pass(&h, 0);
    lead_expect_over(&h, "it is handed over");
    assert_int_equal(h.core.favourite.zxid, LEAD_Z(2, 2));
    lead_fini(&h);
}

static void it_waits_until_everything_is_committed(void **state)
{
    (void)state;
    struct leader_help h;
    lead_two(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    hand_over(&h, 2);
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_pass(&h, 1);
    assert_false(is_over(&h)); // one of three
    lead_logged(&h, LEAD_Z(2, 1));
    lead_pass(&h, 0);
    lead_expect_over(&h, "it is handed over");
    lead_fini(&h);
}

static void what_takes_too_long_is_given_up(void **state)
{
    (void)state;
    struct leader_help h;
    lead_two(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    lead_forget(&h);
    hand_over(&h, 2);
    lead_expect(&h, "PAUSE\n");
    lead_pass(&h, LEAD_TICK_MS / 2 - 1);
    lead_forget(&h);
    lead_pass(&h, 1);
    lead_expect_note(&h, "what is in flight takes too long");
    assert_non_null(strstr(buf_cstr(&h.text), "RESUME\n"));
    assert_false(is_over(&h));
    assert_false(h.core.has_favourite);
    assert_null(leader_handover_refusal(h.leader, 2)); // it may be tried again
    lead_fini(&h);
}

static void a_lost_heir_ends_it(void **state)
{
    (void)state;
    struct leader_help h;
    lead_two(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    hand_over(&h, 3);
    lead_forget(&h);
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    lead_expect(&h, "RESUME\n");
    assert_false(is_over(&h));
    lead_fini(&h);
}

static void an_heir_that_is_lost_at_the_last_moment_ends_it(void **state)
{
    (void)state;
    struct leader_help h;
    lead_two(&h);
    hand_over(&h, 3);
    lead_forget(&h);
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    lead_expect(&h, "RESUME\n");
    lead_pass(&h, 1);
    assert_false(is_over(&h));
    lead_fini(&h);
}

static void the_best_is_who_has_most_and_then_the_largest_id(void **state)
{
    (void)state;
    struct leader_help h;
    lead_two(&h);
    hand_over(&h, -1);
    lead_pass(&h, 0);
    assert_int_equal(h.core.favourite.leader, 3);
    lead_fini(&h);
    lead_two(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    lead_ack(&h, 2, LEAD_Z(2, 1));
    hand_over(&h, -1);
    lead_logged(&h, LEAD_Z(2, 1));
    lead_pass(&h, 0);
    assert_int_equal(h.core.favourite.leader, 2);
    lead_fini(&h);
}

static void who_may_not_lead_is_refused(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_synchronising(&h);
    assert_string_equal(leader_handover_refusal(h.leader, -1), "this leader does not serve");
    lead_fini(&h);
    lead_two(&h);
    lead_to_live(&h, 8, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    lead_forget(&h);
    const char *no_voter = "that server is no synchronised voter";
    assert_string_equal(leader_handover_refusal(h.leader, 1), "that server leads");
    assert_string_equal(leader_handover_refusal(h.leader, 8), no_voter);
    assert_string_equal(leader_handover_refusal(h.leader, 77), no_voter);
    hand_over(&h, 8);
    lead_expect(&h, ""); // ignored
    lead_propose(&h, LEAD_Z(2, 1));
    hand_over(&h, 2);
    assert_string_equal(leader_handover_refusal(h.leader, 3), "it is being handed over already");
    lead_fini(&h);
}

static void a_server_without_weight_is_refused(void **state)
{
    (void)state;
    struct leader_help h;
    lead_two(&h);
    for (size_t i = 0; i < h.core.quorums.of[0].count; i++) {
        struct quorum_voter *v = &h.core.quorums.of[0].voters[i];
        v->weight = v->sid == 3 ? 0 : 1;
    }
    assert_non_null(leader_handover_refusal(h.leader, 3));
    hand_over(&h, -1);
    lead_pass(&h, 0);
    assert_int_equal(h.core.favourite.leader, 2);
    lead_fini(&h);
}

static void a_leader_that_cannot_go_on_leaves_its_vote_to_who_has_most(void **state)
{
    (void)state;
    struct leader_help h;
    lead_two(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_event(&h, ZAB_EV_FAILED);
    lead_expect_over(&h, "this server cannot go on as leader");
    assert_true(h.core.has_favourite);
    assert_int_equal(h.core.favourite.leader, 2);
    assert_int_equal(h.core.favourite.zxid, LEAD_Z(2, 1)); // no more than it has
    lead_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_nothing_in_flight_it_ends_at_once),
        cmocka_unit_test(it_waits_until_the_heir_has_everything),
        cmocka_unit_test(it_waits_until_everything_is_committed),
        cmocka_unit_test(what_takes_too_long_is_given_up),
        cmocka_unit_test(a_lost_heir_ends_it),
        cmocka_unit_test(an_heir_that_is_lost_at_the_last_moment_ends_it),
        cmocka_unit_test(the_best_is_who_has_most_and_then_the_largest_id),
        cmocka_unit_test(who_may_not_lead_is_refused),
        cmocka_unit_test(a_server_without_weight_is_refused),
        cmocka_unit_test(a_leader_that_cannot_go_on_leaves_its_vote_to_who_has_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
