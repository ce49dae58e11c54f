// SPDX-License-Identifier: Apache-2.0
//
// Configurations: seen when proposed, in force when committed, and what then ends the role.
#include "tests/unit/zab/learner_help.h"

enum { ONE = 1, TWO = 2, THREE = 3, NOBODY = -1 };

static int64_t next_of(const struct learner_help *h)
{
    int64_t next = NOBODY;
    assert_non_null(learner_is_over(h->learner, &next));
    return next;
}

static void propose(struct learner_help *h, const char *members)
{
    const char *text = help_config(members, "200000001");
    help_packet(h, ZAB_PROPOSAL, 0x200000001, help_reconfig_txn(0x200000001, text));
}

static void activate(struct learner_help *h, int64_t leader)
{
    help_packet(h, ZAB_COMMITANDACTIVATE, 0x200000001, help_designated(leader, slice_null()));
}

static void a_proposed_configuration_is_seen(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    propose(&h, HELP_OF_THREE_4);
    help_expect(&h, "SEE_CONFIG version=200000001\nAPPEND 0x200000001 207 bytes\n");
    assert_int_equal(h.core.seen.count, 4);
    assert_int_equal(h.core.committed.count, 3);
    help_fini(&h);
}

static void a_committed_configuration_is_in_force(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    propose(&h, HELP_OF_THREE_4);
    buf_clear(&h.text);
    activate(&h, THREE);
    help_expect(&h, "ACTIVATE_CONFIG version=200000001\nCOMMIT 0x200000001\n");
    assert_int_equal(h.core.committed.count, 4);
    help_expect_over(&h, "it goes on");
    help_fini(&h);
}

static void another_leader_ends_the_role_behind_the_commit(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    propose(&h, HELP_OF_TWO);
    buf_clear(&h.text);
    activate(&h, TWO);
    help_expect(&h, "ACTIVATE_CONFIG version=200000001\nCOMMIT 0x200000001\nCLOSE d1\n");
    assert_int_equal(next_of(&h), TWO);
    assert_int_equal(h.core.vote.leader, TWO);
    assert_int_equal(h.core.vote.peer_epoch, -1);
    help_fini(&h);
}

static void this_server_may_be_the_one_to_lead(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    propose(&h, HELP_OF_TWO);
    activate(&h, ONE);
    assert_int_equal(next_of(&h), ONE);
    help_fini(&h);
}

static void another_role_of_this_server_ends_it(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    propose(&h, HELP_ONE_OBSERVES);
    activate(&h, THREE);
    assert_int_equal(next_of(&h), THREE);
    help_fini(&h);
}

static void an_observer_that_becomes_a_voter_follows(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_OBSERVING);
    help_to_broadcasting(&h);
    struct slice txn = help_reconfig_txn(0x200000001, help_config(HELP_OF_THREE, "200000001"));
    uint8_t copy[1024];
    memcpy(copy, txn.data, txn.len);
    struct slice data = help_designated(THREE, slice_of(copy, txn.len));
    help_packet(&h, ZAB_INFORMANDACTIVATE, 0x200000001, data);
    help_expect(&h, "SEE_CONFIG version=200000001\n"
                    "APPEND 0x200000001 177 bytes\n"
                    "ACTIVATE_CONFIG version=200000001\n"
                    "COMMIT 0x200000001\n"
                    "CLOSE d1\n");
    assert_int_equal(next_of(&h), THREE);
    help_fini(&h);
}

static void newleaders_configuration_comes_into_force_with_uptodate(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_str(help_config(HELP_OF_THREE, "200000000")));
    help_expect(&h, "SEE_CONFIG version=200000000\nSAVE_CURRENT 2\n");
    help_event(&h, ZAB_EV_EPOCH_SAVED);
    help_packet(&h, ZAB_UPTODATE, -1, slice_null());
    help_expect(&h, "SEND d1 ACK 0x200000000\n"
                    "ACTIVATE_CONFIG version=200000000\n"
                    "SEND d1 ACK 0x200000000\n"
                    "SERVE 0x0\n");
    help_fini(&h);
}

// A leader of Apache ZooKeeper sends with NEWLEADER what was only proposed.
static void a_proposed_configuration_is_not_in_force_with_uptodate(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_str(help_config(HELP_OF_TWO, "200000001")));
    help_event(&h, ZAB_EV_EPOCH_SAVED);
    buf_clear(&h.text);
    propose(&h, HELP_OF_TWO);
    help_packet(&h, ZAB_UPTODATE, -1, slice_null());
    help_expect(&h, "SEND d1 ACK 0x200000000\nSERVE 0x0\nAPPEND 0x200000001 144 bytes\n");
    assert_int_equal(h.core.committed.version, 0);
    activate(&h, TWO);
    help_expect(&h, "ACTIVATE_CONFIG version=200000001\nCOMMIT 0x200000001\nCLOSE d1\n");
    help_fini(&h);
}

// This leader cannot have proposed it: it had it when its epoch began.
static void one_of_a_later_epoch_is_in_force_with_uptodate(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000,
                slice_str(help_config(HELP_OF_THREE_4, "300000000")));
    help_event(&h, ZAB_EV_EPOCH_SAVED);
    assert_int_equal(h.core.committed.version, 0);
    help_packet(&h, ZAB_UPTODATE, -1, slice_null());
    assert_int_equal(h.core.committed.version, 0x300000000);
    assert_int_equal(h.core.committed.count, 4);
    help_fini(&h);
}

static void a_leader_that_is_no_voter_any_more_is_left(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_str(help_config(HELP_OF_TWO, "100000005")));
    help_event(&h, ZAB_EV_EPOCH_SAVED);
    help_packet(&h, ZAB_UPTODATE, -1, slice_null());
    help_expect_over(&h, "a reconfiguration ends this role");
    assert_int_equal(next_of(&h), NOBODY);
    help_fini(&h);
}

static void a_new_leader_takes_back_a_proposed_configuration(void **state)
{
    (void)state;
    struct learner_help h;
    help_init_idle(&h, ZAB_FOLLOWING);
    assert_int_equal(core_see_config(&h.core, slice_str(help_config(HELP_OF_TWO, "100000002"))),
                     ERR_OK);
    help_begin(&h);
    help_to_syncing(&h);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_str(help_config(HELP_OF_THREE, "0")));
    help_expect(&h, "SEE_CONFIG version=0\nSAVE_CURRENT 2\n");
    assert_int_equal(h.core.quorums.count, 1);
    help_fini(&h);
}

static void a_configuration_in_force_may_end_synchronisation(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    propose(&h, HELP_OF_TWO);
    buf_clear(&h.text);
    activate(&h, TWO);
    help_expect(&h, "ACTIVATE_CONFIG version=200000001\nCLOSE d1\n");
    assert_int_equal(next_of(&h), TWO);
    help_fini(&h);
}

static void an_unreadable_configuration_ends_it(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    help_packet(&h, ZAB_PROPOSAL, 0x200000001, help_reconfig_txn(0x200000001, "server.1=x"));
    help_expect_over(&h, "an unreadable configuration was proposed");
    help_fini(&h);
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_str("server.1=x"));
    help_expect_over(&h, "NEWLEADER with an unreadable configuration");
    help_fini(&h);
}

static void an_activation_names_a_leader(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    propose(&h, HELP_OF_THREE_4);
    help_packet(&h, ZAB_COMMITANDACTIVATE, 0x200000001, slice_null());
    help_expect_over(&h, "COMMITANDACTIVATE without a leader");
    help_fini(&h);
}

static void without_reconfiguration_it_is_a_transaction_like_others(void **state)
{
    (void)state;
    struct learner_help h;
    help_init_idle(&h, ZAB_FOLLOWING);
    h.core.options.reconfig_enabled = false;
    help_begin(&h);
    help_to_broadcasting(&h);
    propose(&h, HELP_OF_TWO);
    activate(&h, TWO);
    help_expect(&h, "APPEND 0x200000001 144 bytes\nCOMMIT 0x200000001\n");
    assert_int_equal(h.core.committed.version, 0);
    help_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proposed_configuration_is_seen),
        cmocka_unit_test(a_committed_configuration_is_in_force),
        cmocka_unit_test(another_leader_ends_the_role_behind_the_commit),
        cmocka_unit_test(this_server_may_be_the_one_to_lead),
        cmocka_unit_test(another_role_of_this_server_ends_it),
        cmocka_unit_test(an_observer_that_becomes_a_voter_follows),
        cmocka_unit_test(newleaders_configuration_comes_into_force_with_uptodate),
        cmocka_unit_test(a_proposed_configuration_is_not_in_force_with_uptodate),
        cmocka_unit_test(one_of_a_later_epoch_is_in_force_with_uptodate),
        cmocka_unit_test(a_leader_that_is_no_voter_any_more_is_left),
        cmocka_unit_test(a_new_leader_takes_back_a_proposed_configuration),
        cmocka_unit_test(a_configuration_in_force_may_end_synchronisation),
        cmocka_unit_test(an_unreadable_configuration_ends_it),
        cmocka_unit_test(an_activation_names_a_leader),
        cmocka_unit_test(without_reconfiguration_it_is_a_transaction_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
