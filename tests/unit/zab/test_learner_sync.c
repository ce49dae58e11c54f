// SPDX-License-Identifier: Apache-2.0
//
// Taking over the leader's history: what goes to the log when, and that nothing is acknowledged
// before it is durable.
#include "tests/unit/zab/learner_help.h"

static void what_is_committed_goes_to_the_log_as_it_comes(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x100000003);
    help_expect(&h, "");
    help_packet(&h, ZAB_COMMIT, 0x100000003, slice_null());
    help_expect(&h, "APPEND 0x100000003 38 bytes\nCOMMIT 0x100000003\n");
    assert_int_equal(h.core.last_zxid, 0x100000003);
    assert_int_equal(h.core.history.committed, 0x100000003);
    help_fini(&h);
}

static void newleader_is_acknowledged_when_all_is_durable(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    for (int64_t zxid = 0x100000003; zxid <= 0x100000004; zxid++) {
        help_proposal(&h, ZAB_PROPOSAL, zxid);
        help_packet(&h, ZAB_COMMIT, zxid, slice_null());
    }
    buf_clear(&h.text);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_null());
    help_logged(&h, 0x100000003);
    help_expect(&h, "");
    help_logged(&h, 0x100000004);
    help_expect(&h, "SAVE_CURRENT 2\n");
    assert_int_equal(h.core.current_epoch, 1);
    help_event(&h, ZAB_EV_EPOCH_SAVED);
    help_expect(&h, "SEND d1 ACK 0x200000000\n");
    assert_int_equal(h.core.current_epoch, 2);
    help_fini(&h);
}

static void with_nothing_new_only_the_epoch_is_saved(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_null());
    help_expect(&h, "SAVE_CURRENT 2\n");
    help_fini(&h);
}

static void an_epoch_that_cannot_be_saved_is_not_acknowledged(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_null());
    buf_clear(&h.text);
    help_step(&h, (struct zab_event){.type = ZAB_EV_EPOCH_SAVED});
    help_expect(&h, "CLOSE d1\n");
    help_expect_over(&h, "an epoch could not be saved");
    help_fini(&h);
}

static void newleader_of_another_epoch_ends_it(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_packet(&h, ZAB_NEWLEADER, 0x300000000, slice_null());
    help_expect_over(&h, "NEWLEADER of another epoch");
    help_fini(&h);
}

static void uptodate_begins_to_serve(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_waiting(&h);
    assert_false(learner_is_serving(h.learner));
    help_packet(&h, ZAB_UPTODATE, -1, slice_null());
    help_expect(&h, "SEND d1 ACK 0x200000000\nSERVE 0x0\n");
    assert_true(learner_is_serving(h.learner));
    assert_int_equal(h.core.vote.peer_epoch, 2);
    assert_int_equal(h.core.vote.leader, 3);
    help_fini(&h);
}

static void uptodate_before_newleader_ends_it(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_packet(&h, ZAB_UPTODATE, -1, slice_null());
    help_expect_over(&h, "a packet out of place");
    help_fini(&h);
}

// 0x200000001 is committed while we wait, 0x200000002 is not.
static void what_is_uncommitted_waits_for_uptodate(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000001);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_null());
    help_event(&h, ZAB_EV_EPOCH_SAVED);
    buf_clear(&h.text);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000002);
    help_packet(&h, ZAB_COMMIT, 0x200000001, slice_null());
    help_expect(&h, "");
    help_packet(&h, ZAB_UPTODATE, -1, slice_null());
    help_expect(&h, "SEND d1 ACK 0x200000000\n"
                    "SERVE 0x0\n"
                    "APPEND 0x200000001 38 bytes\n"
                    "APPEND 0x200000002 38 bytes\n"
                    "COMMIT 0x200000001\n");
    help_logged(&h, 0x200000002);
    help_expect(&h, "SEND d1 ACK 0x200000001\nSEND d1 ACK 0x200000002\n");
    help_packet(&h, ZAB_COMMIT, 0x200000002, slice_null());
    help_expect(&h, "COMMIT 0x200000002\n");
    help_fini(&h);
}

static void committed_ones_of_the_difference_are_not_acknowledged(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000001);
    help_packet(&h, ZAB_COMMIT, 0x200000001, slice_null());
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_null());
    help_logged(&h, 0x200000001);
    help_event(&h, ZAB_EV_EPOCH_SAVED);
    buf_clear(&h.text);
    help_packet(&h, ZAB_UPTODATE, -1, slice_null());
    help_expect(&h, "SEND d1 ACK 0x200000000\nSERVE 0x0\n");
    help_fini(&h);
}

static void a_follower_does_not_commit_an_old_epochs_leftovers(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x100000003);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_null());
    help_event(&h, ZAB_EV_EPOCH_SAVED);
    help_packet(&h, ZAB_UPTODATE, -1, slice_null());
    help_expect_over(&h, "proposals of an old epoch without a commit");
    help_fini(&h);
}

static void pings_are_not_answered_while_synchronising(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_choosing(&h);
    help_packet(&h, ZAB_PING, 0x200000000, slice_null());
    help_packet(&h, ZAB_DIFF, HELP_LAST_ZXID, slice_null());
    help_packet(&h, ZAB_PING, 0x200000000, slice_null());
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_null());
    help_packet(&h, ZAB_PING, 0x200000000, slice_null());
    help_expect(&h, "SAVE_CURRENT 2\n");
    help_event(&h, ZAB_EV_EPOCH_SAVED);
    help_packet(&h, ZAB_PING, 0x200000000, slice_null());
    help_expect(&h, "SEND d1 ACK 0x200000000\n");
    help_fini(&h);
}

static void holes_and_repetitions_end_it(void **state)
{
    (void)state;
    static const int64_t wrong[] = {0x100000002, 0x100000004, 0x200000002, 0x200000000};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct learner_help h;
        help_init(&h, ZAB_FOLLOWING);
        help_to_syncing(&h);
        help_proposal(&h, ZAB_PROPOSAL, wrong[i]);
        help_expect_over(&h, "a hole in the leader's history");
        help_expect(&h, "CLOSE d1\n");
        help_fini(&h);
    }
}

static void a_hole_behind_one_that_waits_ends_it(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x100000003);
    help_proposal(&h, ZAB_PROPOSAL, 0x100000005);
    help_expect_over(&h, "a hole in the leader's history");
    help_fini(&h);
}

static void a_commit_must_match_its_proposal(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x100000003);
    help_proposal(&h, ZAB_PROPOSAL, 0x100000004);
    help_packet(&h, ZAB_COMMIT, 0x100000004, slice_null());
    help_expect_over(&h, "a commit that does not match its proposal");
    help_fini(&h);
}

static void a_proposal_says_its_own_zxid(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_syncing(&h);
    help_packet(&h, ZAB_PROPOSAL, 0x100000003, help_txn(0x100000004));
    help_expect_over(&h, "a proposal that is no transaction, or another one");
    help_fini(&h);
}

static void trunc_cuts_before_the_rest_comes(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_choosing(&h);
    help_packet(&h, ZAB_TRUNC, 0x100000001, slice_null());
    help_expect(&h, "TRUNCATE 0x100000001\n");
    help_expect_note(&h, "cutting our history back to the leader's 0x100000001");
    help_step(&h, (struct zab_event){.type = ZAB_EV_TRUNCATED, .zxid = 0x100000001, .is_ok = true});
    assert_int_equal(h.core.last_zxid, 0x100000001);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000001);
    help_packet(&h, ZAB_COMMIT, 0x200000001, slice_null());
    help_expect(&h, "APPEND 0x200000001 38 bytes\nCOMMIT 0x200000001\n");
    help_fini(&h);
}

static void a_log_that_cannot_be_cut_ends_the_process(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_choosing(&h);
    help_packet(&h, ZAB_TRUNC, 0x100000001, slice_null());
    buf_clear(&h.text);
    help_step(&h, (struct zab_event){.type = ZAB_EV_TRUNCATED});
    help_expect(&h, "CLOSE d1\n"
                    "EXIT 13 the log could not be cut where the leader's ends\n");
    help_fini(&h);
}

static void trunc_behind_the_log_ends_it(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_choosing(&h);
    help_packet(&h, ZAB_TRUNC, 0x100000003, slice_null());
    help_expect_over(&h, "TRUNC behind the end of the log");
    help_fini(&h);
}

static void snap(struct learner_help *h, int64_t zxid)
{
    help_to_choosing(h);
    help_packet(h, ZAB_SNAP, zxid, slice_null());
    help_step(h, (struct zab_event){.type = ZAB_EV_SNAP_LOADED, .zxid = zxid, .is_ok = true});
}

static void a_snapshot_replaces_the_history(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    snap(&h, 0x200000005);
    help_expect(&h, "LOAD_SNAP d1 0x200000005\n");
    help_expect_note(&h, "taking over the leader's snapshot of 0x200000005");
    assert_int_equal(h.core.last_zxid, 0x200000005);
    assert_int_equal(h.core.history.committed, 0x200000005);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000006);
    help_packet(&h, ZAB_COMMIT, 0x200000006, slice_null());
    help_expect(&h, "APPEND 0x200000006 38 bytes\nCOMMIT 0x200000006\n");
    help_fini(&h);
}

static void what_the_snapshot_holds_already_is_skipped(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    snap(&h, 0x200000005);
    buf_clear(&h.text);
    for (int64_t zxid = 0x200000004; zxid <= 0x200000006; zxid++) {
        help_proposal(&h, ZAB_PROPOSAL, zxid);
        help_packet(&h, ZAB_COMMIT, zxid, slice_null());
    }
    help_expect(&h, "APPEND 0x200000006 38 bytes\nCOMMIT 0x200000006\n");
    help_fini(&h);
}

static void a_broken_snapshot_ends_it(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_choosing(&h);
    help_packet(&h, ZAB_SNAP, 0x200000005, slice_null());
    buf_clear(&h.text);
    help_step(&h, (struct zab_event){.type = ZAB_EV_SNAP_LOADED});
    help_expect(&h, "CLOSE d1\n");
    help_expect_over(&h, "the leader's snapshot could not be taken over");
    help_fini(&h);
}

static void an_observer_takes_informs_while_synchronising(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_OBSERVING);
    help_to_syncing(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x100000003);
    help_packet(&h, ZAB_COMMIT, 0x100000003, slice_null());
    help_proposal(&h, ZAB_INFORM, 0x200000001);
    help_expect(&h, "APPEND 0x100000003 38 bytes\nCOMMIT 0x100000003\n"
                    "APPEND 0x200000001 38 bytes\nCOMMIT 0x200000001\n");
    help_fini(&h);
}

// Old releases propose to observers, too, what is not committed yet.
static void an_observer_knows_an_inform_by_its_proposal(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_OBSERVING);
    help_to_syncing(&h);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000001);
    help_proposal(&h, ZAB_PROPOSAL, 0x200000002);
    help_proposal(&h, ZAB_INFORM, 0x200000001);
    help_expect(&h, "APPEND 0x200000001 38 bytes\nCOMMIT 0x200000001\n");
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_null());
    help_logged(&h, 0x200000001);
    help_event(&h, ZAB_EV_EPOCH_SAVED);
    help_packet(&h, ZAB_UPTODATE, -1, slice_null());
    buf_clear(&h.text);
    help_proposal(&h, ZAB_INFORM, 0x200000002);
    help_expect(&h, "APPEND 0x200000002 38 bytes\nCOMMIT 0x200000002\n");
    help_fini(&h);
}

static void an_observer_logs_after_uptodate_what_was_informed(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_OBSERVING);
    help_to_waiting(&h);
    help_proposal(&h, ZAB_INFORM, 0x200000001);
    help_expect(&h, "");
    help_packet(&h, ZAB_UPTODATE, -1, slice_null());
    help_expect(&h, "SEND d1 ACK 0x200000000\nSERVE 0x0\n"
                    "APPEND 0x200000001 38 bytes\nCOMMIT 0x200000001\n");
    help_logged(&h, 0x200000001);
    help_expect(&h, "");
    help_fini(&h);
}

static void a_long_difference_needs_no_memory(void **state)
{
    (void)state;
    struct learner_help h;
    help_init_idle(&h, ZAB_FOLLOWING);
    h.core.history.count_max = 10;
    help_begin(&h);
    help_to_syncing(&h);
    for (int64_t i = 0; i < 5000; i++) {
        help_proposal(&h, ZAB_PROPOSAL, 0x100000003 + i);
        if (i >= 3) {
            help_packet(&h, ZAB_COMMIT, 0x100000003 + i - 3, slice_null());
        }
        buf_clear(&h.text);
    }
    assert_true(h.core.history.count <= 11);
    assert_int_equal(h.core.history.committed, 0x100000003 + 4999 - 3);
    help_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_committed_goes_to_the_log_as_it_comes),
        cmocka_unit_test(newleader_is_acknowledged_when_all_is_durable),
        cmocka_unit_test(with_nothing_new_only_the_epoch_is_saved),
        cmocka_unit_test(an_epoch_that_cannot_be_saved_is_not_acknowledged),
        cmocka_unit_test(newleader_of_another_epoch_ends_it),
        cmocka_unit_test(uptodate_begins_to_serve),
        cmocka_unit_test(uptodate_before_newleader_ends_it),
        cmocka_unit_test(what_is_uncommitted_waits_for_uptodate),
        cmocka_unit_test(committed_ones_of_the_difference_are_not_acknowledged),
        cmocka_unit_test(a_follower_does_not_commit_an_old_epochs_leftovers),
        cmocka_unit_test(pings_are_not_answered_while_synchronising),
        cmocka_unit_test(holes_and_repetitions_end_it),
        cmocka_unit_test(a_hole_behind_one_that_waits_ends_it),
        cmocka_unit_test(a_commit_must_match_its_proposal),
        cmocka_unit_test(a_proposal_says_its_own_zxid),
        cmocka_unit_test(trunc_cuts_before_the_rest_comes),
        cmocka_unit_test(a_log_that_cannot_be_cut_ends_the_process),
        cmocka_unit_test(trunc_behind_the_log_ends_it),
        cmocka_unit_test(a_snapshot_replaces_the_history),
        cmocka_unit_test(what_the_snapshot_holds_already_is_skipped),
        cmocka_unit_test(a_broken_snapshot_ends_it),
        cmocka_unit_test(an_observer_takes_informs_while_synchronising),
        cmocka_unit_test(an_observer_knows_an_inform_by_its_proposal),
        cmocka_unit_test(an_observer_logs_after_uptodate_what_was_informed),
        cmocka_unit_test(a_long_difference_needs_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
