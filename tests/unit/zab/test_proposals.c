// SPDX-License-Identifier: Apache-2.0
//
// The commit point follows the acknowledgements of a quorum.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/proposals.h"

static struct proposals of_three(int64_t zxid)
{
    struct proposals p;
    const struct quorum q = {.voters = {{1, 0, 1}, {2, 0, 1}, {3, 0, 1}}, .count = 3};
    proposals_init(&p, &q, zxid);
    return p;
}

static void one_server_commits_what_it_acknowledges(void **state)
{
    (void)state;
    struct proposals p;
    struct quorum q;
    quorum_init_single(&q, 1);
    proposals_init(&p, &q, 10);
    proposals_add(&p, 11);
    proposals_add(&p, 12);
    assert_int_equal(proposals_ack(&p, 1, 11), 11);
    assert_int_equal(proposals_ack(&p, 1, 12), 12);
}

static void a_majority_commits_and_a_minority_does_not(void **state)
{
    (void)state;
    struct proposals p = of_three(0);
    proposals_add(&p, 1);
    proposals_add(&p, 2);
    proposals_add(&p, 3);
    assert_int_equal(proposals_ack(&p, 1, 3), 0);
    assert_int_equal(proposals_ack(&p, 2, 1), 1);
    assert_int_equal(proposals_ack(&p, 3, 2), 2);
    assert_int_equal(proposals_ack(&p, 3, 3), 3);
}

static void a_stale_acknowledgement_changes_nothing(void **state)
{
    (void)state;
    struct proposals p = of_three(0);
    proposals_add(&p, 1);
    proposals_add(&p, 2);
    proposals_ack(&p, 1, 2);
    proposals_ack(&p, 2, 2);
    assert_int_equal(proposals_ack(&p, 2, 1), 2);
    assert_int_equal(p.committed, 2);
}

static void an_observer_does_not_commit(void **state)
{
    (void)state;
    struct proposals p = of_three(0);
    proposals_add(&p, 1);
    proposals_ack(&p, 1, 1);
    assert_int_equal(proposals_ack(&p, 42, 1), 0);
}

static void abandoned_zxids_are_given_again(void **state)
{
    (void)state;
    struct proposals p;
    struct quorum q;
    quorum_init_single(&q, 1);
    proposals_init(&p, &q, 5);
    proposals_add(&p, 6);
    proposals_add(&p, 7);
    proposals_abandon(&p);
    proposals_add(&p, 6);
    assert_int_equal(proposals_ack(&p, 1, 6), 6);
}

// ---- reconfiguration ----

static struct quorum of(size_t count, int64_t first_sid)
{
    struct quorum q = {.count = count};
    for (size_t i = 0; i < count; i++) {
        q.voters[i] = (struct quorum_voter){.sid = first_sid + (int64_t)i, .weight = 1};
    }
    return q;
}

// Servers 1, 2, 3 have 1 in flight; 2 is to bring 3, 4, 5, 6, 7 in their place, and 3 follows it.
static struct proposals replacing(void)
{
    struct proposals p = of_three(0);
    const struct quorums both = {.of = {of(3, 1), of(5, 3)}, .count = 2};
    proposals_add(&p, 1);
    proposals_require(&p, &both);
    proposals_add(&p, 2);
    proposals_hold(&p, 2);
    proposals_add(&p, 3);
    return p;
}

static void what_was_proposed_before_needs_the_old_quorum_only(void **state)
{
    (void)state;
    struct proposals p = replacing();
    assert_int_equal(proposals_ack(&p, 1, 3), 0);
    assert_int_equal(proposals_ack(&p, 2, 3), 1);
}

static void a_reconfiguration_needs_both_quorums(void **state)
{
    (void)state;
    struct proposals p = replacing();
    proposals_ack(&p, 1, 2);
    proposals_ack(&p, 2, 2);
    assert_int_equal(proposals_ack(&p, 4, 3), 1);
    assert_int_equal(proposals_ack(&p, 5, 3), 1);
    assert_int_equal(proposals_ack(&p, 6, 3), 2);

    p = replacing(); // the new quorum alone does not do it either
    for (int64_t sid = 3; sid <= 7; sid++) {
        assert_int_equal(proposals_ack(&p, sid, 3), 0);
    }
    assert_int_equal(proposals_ack(&p, 1, 1), 1);
    assert_int_equal(proposals_ack(&p, 1, 3), 2);
}

static void nothing_passes_a_reconfiguration_that_is_not_in_force(void **state)
{
    (void)state;
    struct proposals p = replacing();
    for (int64_t sid = 1; sid <= 7; sid++) {
        proposals_ack(&p, sid, 3);
    }
    assert_int_equal(p.committed, 2);
    assert_int_equal(proposals_hold(&p, INT64_MAX), 3);
}

static void once_it_is_in_force_the_new_quorum_is_enough(void **state)
{
    (void)state;
    struct proposals p = replacing();
    const struct quorums alone = {.of = {of(5, 3)}, .count = 1};
    for (int64_t sid = 1; sid <= 5; sid++) {
        proposals_ack(&p, sid, 2);
    }
    assert_int_equal(p.committed, 2);
    proposals_ack(&p, 1, 3);
    proposals_ack(&p, 2, 3); // the old one had 3, but
    proposals_settle(&p, &alone);
    proposals_hold(&p, INT64_MAX);
    proposals_add(&p, 4);
    assert_int_equal(proposals_ack(&p, 4, 4), 2);
    assert_int_equal(proposals_ack(&p, 5, 3), 2);
    assert_int_equal(proposals_ack(&p, 1, 4), 2); // who left is not asked
    assert_int_equal(proposals_ack(&p, 6, 4), 3);
    assert_int_equal(proposals_ack(&p, 7, 4), 4);
}

static void many_reconfigurations_leave_nothing_behind(void **state)
{
    (void)state;
    struct proposals p = of_three(0);
    int64_t zxid = 0;
    for (int64_t first = 2; first < 200; first++) {
        const struct quorums both = {.of = {of(3, first - 1), of(3, first)}, .count = 2};
        const struct quorums alone = {.of = {of(3, first)}, .count = 1};
        proposals_require(&p, &both);
        int64_t reconfig = ++zxid;
        proposals_add(&p, zxid);
        proposals_hold(&p, zxid);
        proposals_add(&p, ++zxid); // in flight behind it
        for (int64_t sid = first - 1; sid <= first + 2; sid++) {
            proposals_ack(&p, sid, reconfig);
        }
        assert_int_equal(p.committed, reconfig);
        proposals_settle(&p, &alone);
        proposals_hold(&p, INT64_MAX);
        proposals_add(&p, ++zxid);
        for (int64_t sid = first; sid <= first + 1; sid++) {
            proposals_ack(&p, sid, zxid - 1); // the next one comes amid traffic
        }
        assert_int_equal(p.committed, zxid - 1);
        assert_int_equal(p.part_count, 1);
        assert_true(p.ack_count <= 4);
    }
}

static void who_is_brought_up_to_date_again_acknowledges_again(void **state)
{
    (void)state;
    struct proposals p = of_three(0);
    proposals_add(&p, 1);
    proposals_add(&p, 2);
    proposals_ack(&p, 2, 2);
    assert_int_equal(proposals_acked(&p, 2), 2);
    proposals_retract(&p, 2, 1); // its log was cut behind 1
    assert_int_equal(proposals_acked(&p, 2), 1);
    assert_int_equal(proposals_ack(&p, 1, 2), 1);
    assert_int_equal(proposals_ack(&p, 2, 2), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_server_commits_what_it_acknowledges),
        cmocka_unit_test(a_majority_commits_and_a_minority_does_not),
        cmocka_unit_test(a_stale_acknowledgement_changes_nothing),
        cmocka_unit_test(an_observer_does_not_commit),
        cmocka_unit_test(abandoned_zxids_are_given_again),
        cmocka_unit_test(what_was_proposed_before_needs_the_old_quorum_only),
        cmocka_unit_test(a_reconfiguration_needs_both_quorums),
        cmocka_unit_test(nothing_passes_a_reconfiguration_that_is_not_in_force),
        cmocka_unit_test(once_it_is_in_force_the_new_quorum_is_enough),
        cmocka_unit_test(many_reconfigurations_leave_nothing_behind),
        cmocka_unit_test(who_is_brought_up_to_date_again_acknowledges_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
