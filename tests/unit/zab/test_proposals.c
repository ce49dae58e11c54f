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
    const struct quorum q = {.voters = {{.sid = 1}, {.sid = 2}, {.sid = 3}}, .count = 3};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_server_commits_what_it_acknowledges),
        cmocka_unit_test(a_majority_commits_and_a_minority_does_not),
        cmocka_unit_test(a_stale_acknowledgement_changes_nothing),
        cmocka_unit_test(an_observer_does_not_commit),
        cmocka_unit_test(abandoned_zxids_are_given_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
