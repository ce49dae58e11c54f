// SPDX-License-Identifier: Apache-2.0
//
// Commits in order, and configurations that come into force: with two quorums, with another leader,
// and across the beginning of an epoch.
#include "tests/unit/zab/leader_help.h"

#include <stdio.h>
#include <string.h>

#define MEMBER(n) "server." #n "=h" #n ":2888:3888:participant\n"

static void reconfig(struct leader_help *h, int64_t zxid, const char *members)
{
    char text[400];
    snprintf(text, sizeof(text), "%sversion=%llx", members, (unsigned long long)zxid);
    lead_step(h, (struct zab_event){.type = ZAB_EV_PROPOSE,
                                    .zxid = zxid,
                                    .bytes = slice_str("reconfig"),
                                    .config = slice_str(text)});
}

// Learners 2 to `last` live, of `voters`.
static void serve_with(struct leader_help *h, size_t voters, zab_link last)
{
    lead_init(h, voters);
    lead_begin(h);
    for (zab_link link = 2; link <= last; link++) {
        lead_join(h, link);
    }
    lead_event(h, ZAB_EV_EPOCH_SAVED);
    for (zab_link link = 2; link <= last; link++) {
        lead_ack_epoch(h, link, 1, LEAD_LAST_ZXID);
    }
    lead_event(h, ZAB_EV_EPOCH_SAVED);
    for (zab_link link = 2; link <= last; link++) {
        lead_ack(h, link, LEAD_Z(2, 0));
    }
    assert_true(leader_is_serving(h->leader));
    lead_forget(h);
}

static void a_quorum_with_or_without_us_commits(void **state)
{
    (void)state;
    struct leader_help h;
    serve_with(&h, 5, 4);
    lead_propose(&h, LEAD_Z(2, 1));
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_ack(&h, 3, LEAD_Z(2, 1));
    lead_expect(&h, "");
    lead_ack(&h, 4, LEAD_Z(2, 1));
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\n"
                    "SEND 3 COMMIT 0x200000001\n"
                    "SEND 4 COMMIT 0x200000001\n"
                    "COMMIT 0x200000001\n");
    lead_logged(&h, LEAD_Z(2, 1));
    lead_expect(&h, "");
    lead_fini(&h);
}

static void a_reconfiguration_waits_for_both_quorums(void **state)
{
    (void)state;
    struct leader_help h;
    serve_with(&h, 3, 3);
    lead_to_live(&h, 4, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_to_live(&h, 5, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_to_live(&h, 8, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    lead_propose(&h, LEAD_Z(2, 1));
    lead_forget(&h);
    reconfig(&h, LEAD_Z(2, 2), MEMBER(1) MEMBER(4) MEMBER(5));
    lead_expect(&h, "SEE_CONFIG version=200000002\n"
                    "SEND 2 PROPOSAL 0x200000002 8 bytes\n"
                    "SEND 3 PROPOSAL 0x200000002 8 bytes\n"
                    "SEND 4 PROPOSAL 0x200000002 8 bytes\n"
                    "SEND 5 PROPOSAL 0x200000002 8 bytes\n");
    assert_int_equal(h.core.seen.version, LEAD_Z(2, 2));
    lead_logged(&h, LEAD_Z(2, 2));
    lead_ack(&h, 4, LEAD_Z(2, 2)); // of the new one only: not even 2:1 commits
    lead_expect(&h, "");
    lead_ack(&h, 2, LEAD_Z(2, 2)); // both are complete
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\n"
                    "SEND 3 COMMIT 0x200000001\n"
                    "SEND 4 COMMIT 0x200000001\n"
                    "SEND 5 COMMIT 0x200000001\n"
                    "SEND 8 INFORM 0x200000001 11 bytes\n"
                    "COMMIT 0x200000001\n"
                    "ACTIVATE_CONFIG version=200000002\n"
                    "SEND 2 COMMITANDACTIVATE 0x200000002 8 bytes\n"
                    "SEND 3 COMMITANDACTIVATE 0x200000002 8 bytes\n"
                    "SEND 4 COMMITANDACTIVATE 0x200000002 8 bytes\n"
                    "SEND 5 COMMITANDACTIVATE 0x200000002 8 bytes\n"
                    "SEND 8 INFORMANDACTIVATE 0x200000002 16 bytes\n"
                    "COMMIT 0x200000002\n");
    assert_int_equal(be64_load(h.data.data), 1);
    assert_memory_equal(h.data.data + 8, "reconfig", 8);
    assert_int_equal(h.core.committed.version, LEAD_Z(2, 2));
    lead_fini(&h);
}

// Servers 2 and 3 vote no longer when 2:1 is in force: they come again as observers, and nobody
// waits for what they might have acknowledged.
static void what_is_in_flight_then_needs_the_new_quorum_only(void **state)
{
    (void)state;
    struct leader_help h;
    serve_with(&h, 3, 3);
    lead_to_live(&h, 4, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_to_live(&h, 5, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    reconfig(&h, LEAD_Z(2, 1), MEMBER(1) MEMBER(4) MEMBER(5));
    lead_propose(&h, LEAD_Z(2, 2)); // needs both as yet
    lead_logged(&h, LEAD_Z(2, 2));
    lead_ack(&h, 4, LEAD_Z(2, 1));
    lead_ack(&h, 2, LEAD_Z(2, 1));
    assert_int_equal(leader_last_committed(h.leader), LEAD_Z(2, 1));
    lead_link(&h, ZAB_EV_LINK_DOWN, 2);
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    lead_propose(&h, LEAD_Z(2, 3));
    lead_logged(&h, LEAD_Z(2, 3));
    lead_forget(&h);
    lead_ack(&h, 5, LEAD_Z(2, 3));
    lead_expect(&h, "SEND 4 COMMIT 0x200000002\n"
                    "SEND 4 COMMIT 0x200000003\n"
                    "SEND 5 COMMIT 0x200000002\n"
                    "SEND 5 COMMIT 0x200000003\n"
                    "COMMIT 0x200000003\n");
    reconfig(&h, LEAD_Z(2, 4), MEMBER(1) MEMBER(4) MEMBER(6)); // and the next one
    lead_logged(&h, LEAD_Z(2, 4));
    lead_ack(&h, 5, LEAD_Z(2, 4)); // of the old one only
    assert_int_equal(leader_last_committed(h.leader), LEAD_Z(2, 3));
    lead_ack(&h, 4, LEAD_Z(2, 4));
    assert_int_equal(h.core.committed.version, LEAD_Z(2, 4));
    lead_fini(&h);
}

static void a_waiting_quorum_commits_when_the_configuration_is_in_force(void **state)
{
    (void)state;
    struct leader_help h;
    serve_with(&h, 3, 3);
    reconfig(&h, LEAD_Z(2, 1), MEMBER(1) MEMBER(2));
    lead_propose(&h, LEAD_Z(2, 2));
    lead_logged(&h, LEAD_Z(2, 2));
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(2, 2)); // both at once
    lead_expect(&h, "ACTIVATE_CONFIG version=200000001\n"
                    "SEND 2 COMMITANDACTIVATE 0x200000001 8 bytes\n"
                    "SEND 3 COMMITANDACTIVATE 0x200000001 8 bytes\n"
                    "COMMIT 0x200000001\n"
                    "SEND 2 COMMIT 0x200000002\n"
                    "SEND 3 COMMIT 0x200000002\n"
                    "COMMIT 0x200000002\n");
    lead_fini(&h);
}

// ---- another leader ----

static void a_leader_that_is_removed_names_who_has_most(void **state)
{
    (void)state;
    struct leader_help h;
    serve_with(&h, 3, 3);
    reconfig(&h, LEAD_Z(2, 1), MEMBER(2) MEMBER(3));
    lead_propose(&h, LEAD_Z(2, 2));
    lead_forget(&h);
    lead_ack(&h, 3, LEAD_Z(2, 2));
    lead_ack(&h, 2, LEAD_Z(2, 1)); // both voters of the new one
    lead_expect(&h, "ACTIVATE_CONFIG version=200000001\n"
                    "SEND 2 COMMITANDACTIVATE 0x200000001 8 bytes\n"
                    "SEND 3 COMMITANDACTIVATE 0x200000001 8 bytes\n"
                    "COMMIT 0x200000001\n");
    assert_int_equal(be64_load(h.data.data), 3);
    lead_ack(&h, 2, LEAD_Z(2, 2)); // nothing commits any more
    lead_logged(&h, LEAD_Z(2, 2));
    lead_propose(&h, LEAD_Z(2, 3));
    lead_expect(&h, "SEND 2 PROPOSAL 0x200000003 11 bytes\nSEND 3 PROPOSAL 0x200000003 11 bytes\n");
    int64_t next = 0;
    assert_null(leader_is_over(h.leader, &next));
    lead_link(&h, ZAB_EV_LINK_DOWN, 2);
    assert_null(leader_is_over(h.leader, &next));
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    lead_expect_over(&h, "a new configuration names another leader");
    assert_non_null(leader_is_over(h.leader, &next));
    assert_int_equal(next, 3);
    lead_fini(&h);
}

static void a_leader_does_not_wait_for_ever_to_be_left(void **state)
{
    (void)state;
    struct leader_help h;
    serve_with(&h, 3, 3);
    reconfig(&h, LEAD_Z(2, 1), MEMBER(2) MEMBER(3));
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_ack(&h, 3, LEAD_Z(2, 1));
    lead_pass(&h, 2 * LEAD_TICK_MS);
    int64_t next = 0;
    assert_non_null(leader_is_over(h.leader, &next));
    assert_int_equal(next, 2);
    lead_fini(&h);
}

static void a_leader_whose_address_changes_is_replaced(void **state)
{
    (void)state;
    struct leader_help h;
    serve_with(&h, 3, 3);
    reconfig(&h, LEAD_Z(2, 1), "server.1=h1:2889:3888:participant\n" MEMBER(2) MEMBER(3));
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_logged(&h, LEAD_Z(2, 1));
    assert_int_equal(be64_load(h.data.data), 2);
    lead_fini(&h);

    serve_with(&h, 3, 3); // the client's address does not matter
    reconfig(&h, LEAD_Z(2, 1), "server.1=h1:2888:3888:participant;9999\n" MEMBER(2) MEMBER(3));
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_logged(&h, LEAD_Z(2, 1));
    assert_int_equal(be64_load(h.data.data), 1);
    lead_fini(&h);
}

static void a_leader_that_shall_observe_is_replaced(void **state)
{
    (void)state;
    struct leader_help h;
    serve_with(&h, 3, 3);
    reconfig(&h, LEAD_Z(2, 1), "server.1=h1:2888:3888:observer\n" MEMBER(2) MEMBER(3));
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_ack(&h, 3, LEAD_Z(2, 1));
    assert_int_equal(be64_load(h.data.data), 2);
    lead_fini(&h);
}

// Follower 3 has no room while two configurations come into force: what the first one said of the
// leader is forgotten.
static void one_that_lags_two_configurations_behind_is_closed(void **state)
{
    (void)state;
    struct leader_help h;
    static uint8_t big[5 << 20];
    serve_with(&h, 3, 3);
    lead_step(&h, (struct zab_event){.type = ZAB_EV_PROPOSE,
                                     .zxid = LEAD_Z(2, 1),
                                     .bytes = slice_of(big, sizeof(big))});
    lead_link(&h, ZAB_EV_LINK_ROOM, 2);
    for (int64_t i = 2; i <= 3; i++) {
        reconfig(&h, LEAD_Z(2, i), i == 2 ? MEMBER(1) MEMBER(2) : MEMBER(1) MEMBER(2) MEMBER(3));
        lead_logged(&h, LEAD_Z(2, i));
        lead_ack(&h, 2, LEAD_Z(2, i));
    }
    lead_expect_note(&h, "two configurations came into force without it");
    assert_int_equal(h.core.committed.version, LEAD_Z(2, 3));
    lead_fini(&h);
}

// ---- a configuration that was proposed in an epoch before ----

static void a_seen_configuration_needs_its_quorum_and_comes_into_force(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    assert_int_equal(
        core_see_config(&h.core, slice_str(MEMBER(1) MEMBER(4) MEMBER(5) "version=100000002")),
        ERR_OK);
    lead_begin(&h);
    for (zab_link link = 2; link <= 4; link++) {
        lead_join(&h, link);
    }
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    for (zab_link link = 2; link <= 4; link++) {
        lead_ack_epoch(&h, link, 1, LEAD_LAST_ZXID);
    }
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(2, 0));
    lead_ack(&h, 3, LEAD_Z(2, 0));
    lead_expect(&h, "");
    lead_ack(&h, 4, LEAD_Z(2, 0));
    lead_expect(&h, "ACTIVATE_CONFIG version=100000002\n"
                    "SERVE 0x200000000\n"
                    "SEND 2 UPTODATE -1\n"
                    "SEND 3 UPTODATE -1\n"
                    "SEND 4 UPTODATE -1\n");
    lead_propose(&h, LEAD_Z(2, 1));
    lead_logged(&h, LEAD_Z(2, 1));
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_ack(&h, 3, LEAD_Z(2, 1));
    lead_expect(&h, "");
    lead_ack(&h, 4, LEAD_Z(2, 1));
    assert_int_equal(leader_last_committed(h.leader), LEAD_Z(2, 1));
    lead_fini(&h);
}

// Where the new configuration makes a voter of an observer, its history is what has to be asked
// for.
static void an_observer_that_is_to_vote_confirms_the_history(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    assert_int_equal(core_see_config(&h.core, slice_str(MEMBER(1) MEMBER(8) "version=100000002")),
                     ERR_OK);
    lead_begin(&h);
    lead_join(&h, 2);
    lead_link(&h, ZAB_EV_LINK_UP, 8);
    lead_info(&h, 8, ZAB_OBSERVERINFO, 1);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_ack_epoch(&h, 2, 1, LEAD_LAST_ZXID);
    lead_ack_epoch(&h, 8, 1, LEAD_LAST_ZXID);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(2, 0));
    lead_expect(&h, "");
    lead_ack(&h, 8, LEAD_Z(2, 0));
    lead_expect(&h, "ACTIVATE_CONFIG version=100000002\n"
                    "SERVE 0x200000000\n"
                    "SEND 2 UPTODATE -1\n"
                    "SEND 8 UPTODATE -1\n");
    lead_fini(&h);
}

// A learner brings what NEWLEADER says into force; a proposal may still come to nothing.
static void a_latecomer_is_told_the_configuration_in_force(void **state)
{
    (void)state;
    struct leader_help h;
    serve_with(&h, 3, 2);
    reconfig(&h, LEAD_Z(2, 1), MEMBER(1) MEMBER(4));
    lead_join(&h, 3);
    lead_forget(&h);
    lead_ack_epoch(&h, 3, 1, LEAD_LAST_ZXID);
    lead_expect(&h, "SEND 3 DIFF 0x100000002\n"
                    "SEND 3 NEWLEADER 0x200000000 181 bytes\n"
                    "SEND 3 PROPOSAL 0x200000001 8 bytes\n");
    assert_int_equal(h.core.seen.version, LEAD_Z(2, 1));
    lead_fini(&h);
}

static void one_that_removes_us_is_completed_and_handed_on(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    assert_int_equal(core_see_config(&h.core, slice_str(MEMBER(2) MEMBER(3) "version=100000002")),
                     ERR_OK);
    lead_begin(&h);
    lead_join(&h, 2);
    lead_join(&h, 3);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_ack_epoch(&h, 2, 1, LEAD_LAST_ZXID);
    lead_ack_epoch(&h, 3, 1, LEAD_LAST_ZXID);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(2, 0));
    lead_ack(&h, 3, LEAD_Z(2, 0));
    lead_expect(&h, "ACTIVATE_CONFIG version=100000002\n"
                    "SEND 2 UPTODATE -1\n"
                    "SEND 3 UPTODATE -1\n");
    assert_false(leader_is_serving(h.leader));
    lead_link(&h, ZAB_EV_LINK_DOWN, 2);
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    int64_t next = 0;
    assert_non_null(leader_is_over(h.leader, &next));
    assert_int_equal(next, 2);
    lead_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quorum_with_or_without_us_commits),
        cmocka_unit_test(a_reconfiguration_waits_for_both_quorums),
        cmocka_unit_test(what_is_in_flight_then_needs_the_new_quorum_only),
        cmocka_unit_test(a_waiting_quorum_commits_when_the_configuration_is_in_force),
        cmocka_unit_test(a_leader_that_is_removed_names_who_has_most),
        cmocka_unit_test(a_leader_does_not_wait_for_ever_to_be_left),
        cmocka_unit_test(a_leader_whose_address_changes_is_replaced),
        cmocka_unit_test(a_leader_that_shall_observe_is_replaced),
        cmocka_unit_test(one_that_lags_two_configurations_behind_is_closed),
        cmocka_unit_test(a_seen_configuration_needs_its_quorum_and_comes_into_force),
        cmocka_unit_test(an_observer_that_is_to_vote_confirms_the_history),
        cmocka_unit_test(a_latecomer_is_told_the_configuration_in_force),
        cmocka_unit_test(one_that_removes_us_is_completed_and_handed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
