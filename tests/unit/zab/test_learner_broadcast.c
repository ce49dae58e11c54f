// SPDX-License-Identifier: Apache-2.0
//
// Live traffic: log, acknowledge, commit, in the leader's order.
#include "tests/unit/zab/learner_help.h"

static void a_proposal_is_acknowledged_when_it_is_durable(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000001);
    help_expect(&h, "APPEND 0x200000001 38 bytes\n");
    help_logged(&h, 0x200000001);
    help_expect(&h, "SEND d1 ACK 0x200000001\n");
    help_logged(&h, 0x200000001);
    help_expect(&h, "");
    help_fini(&h);
}

static void each_of_a_batch_is_acknowledged(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    for (int64_t zxid = 0x200000001; zxid <= 0x200000004; zxid++) {
        help_proposal(&h, ZAB_PROPOSAL, zxid);
    }
    buf_clear(&h.text);
    help_logged(&h, 0x200000003);
    help_expect(&h, "SEND d1 ACK 0x200000001\nSEND d1 ACK 0x200000002\nSEND d1 ACK 0x200000003\n");
    help_logged(&h, 0x200000004);
    help_expect(&h, "SEND d1 ACK 0x200000004\n");
    help_fini(&h);
}

static void one_committed_before_it_is_durable_is_acknowledged_all_the_same(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000001);
    help_packet(&h, ZAB_COMMIT, 0x200000001, slice_null());
    help_expect(&h, "APPEND 0x200000001 38 bytes\nCOMMIT 0x200000001\n");
    help_logged(&h, 0x200000001);
    help_expect(&h, "SEND d1 ACK 0x200000001\n");
    help_fini(&h);
}

static void a_hole_ends_it(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000001);
    buf_clear(&h.text);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000003);
    help_expect(&h, "CLOSE d1\n");
    help_expect_over(&h, "a hole in the leader's proposals");
    help_fini(&h);
}

static void commits_in_another_order_end_the_process(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000001);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000002);
    buf_clear(&h.text);
    help_packet(&h, ZAB_COMMIT, 0x200000002, slice_null());
    help_expect(&h, "CLOSE d1\nEXIT 12 a commit out of order\n");
    help_fini(&h);
}

static void a_commit_of_nothing_is_passed_over(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    help_packet(&h, ZAB_COMMIT, 0x200000001, slice_null());
    help_expect(&h, "");
    help_expect_over(&h, "it goes on");
    help_fini(&h);
}

static void pings_and_answers_are_handed_on(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    help_packet(&h, ZAB_PING, 0x200000001, slice_null());
    help_packet(&h, ZAB_SYNC, 0, slice_null());
    help_packet(&h, ZAB_REVALIDATE, -1, slice_str("123456789"));
    help_expect(&h, "PONG d1 PING 0x200000001\n"
                    "DELIVER d1 SYNC 0x0\n"
                    "DELIVER d1 REVALIDATE -1 9 bytes\n");
    help_fini(&h);
}

static void what_only_a_leader_hears_ends_it(void **state)
{
    (void)state;
    static const int32_t types[] = {ZAB_REQUEST, ZAB_ACK, ZAB_UPTODATE, ZAB_INFORM,
                                    ZAB_SNAP,    0,       -1,           20};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct learner_help h;
        help_init(&h, ZAB_FOLLOWING);
        help_to_broadcasting(&h);
        help_packet(&h, types[i], 0x200000001, slice_null());
        help_expect_over(&h, "a packet out of place");
        help_fini(&h);
    }
}

static void an_observer_logs_and_applies_and_says_nothing(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_OBSERVING);
    help_to_broadcasting(&h);
    help_proposal(&h, ZAB_INFORM, 0x200000001);
    help_expect(&h, "APPEND 0x200000001 38 bytes\nCOMMIT 0x200000001\n");
    help_logged(&h, 0x200000001);
    help_expect(&h, "");
    help_fini(&h);
}

static void an_observer_passes_over_what_is_for_followers(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_OBSERVING);
    help_to_broadcasting(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000001);
    help_packet(&h, ZAB_COMMIT, 0x200000001, slice_null());
    help_expect(&h, "");
    help_expect_over(&h, "it goes on");
    help_proposal(&h, ZAB_INFORM, 0x200000003);
    help_expect_over(&h, "a hole in the leader's proposals");
    help_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proposal_is_acknowledged_when_it_is_durable),
        cmocka_unit_test(each_of_a_batch_is_acknowledged),
        cmocka_unit_test(one_committed_before_it_is_durable_is_acknowledged_all_the_same),
        cmocka_unit_test(a_hole_ends_it),
        cmocka_unit_test(commits_in_another_order_end_the_process),
        cmocka_unit_test(a_commit_of_nothing_is_passed_over),
        cmocka_unit_test(pings_and_answers_are_handed_on),
        cmocka_unit_test(what_only_a_leader_hears_ends_it),
        cmocka_unit_test(an_observer_logs_and_applies_and_says_nothing),
        cmocka_unit_test(an_observer_passes_over_what_is_for_followers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
