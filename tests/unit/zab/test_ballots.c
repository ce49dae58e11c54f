// SPDX-License-Identifier: Apache-2.0
//
// Counting: the last vote of each server, quorums of one and of two configurations.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/ballots.h"

static struct vote for_leader(int64_t leader)
{
    return (struct vote){.leader = leader, .election_epoch = 1};
}

static struct quorum voters(int64_t first, size_t count)
{
    struct quorum q = {.count = count};
    for (size_t i = 0; i < count; i++) {
        q.voters[i] = (struct quorum_voter){.sid = first + (int64_t)i, .weight = 1};
    }
    return q;
}

static void the_last_vote_of_a_server_counts(void **state)
{
    (void)state;
    static struct ballots b;
    struct quorums q = {.of = {voters(1, 3)}, .count = 1};
    struct vote one = for_leader(1);
    struct vote three = for_leader(3);
    ballots_clear(&b);
    assert_null(ballots_find(&b, 1));
    ballots_put(&b, 1, &one);
    assert_false(ballots_have_quorum(&b, &q, &one));
    ballots_put(&b, 2, &one);
    assert_true(ballots_have_quorum(&b, &q, &one));
    ballots_put(&b, 2, &three);
    assert_false(ballots_have_quorum(&b, &q, &one));
    assert_int_equal(b.count, 2);
    assert_int_equal(ballots_find(&b, 2)->leader, 3);
    ballots_drop(&b, 1);
    ballots_drop(&b, 1);
    assert_null(ballots_find(&b, 1));
    assert_int_equal(ballots_find(&b, 2)->leader, 3);
    ballots_clear(&b);
    assert_null(ballots_find(&b, 2));
}

static void all_must_agree_to_be_unanimous(void **state)
{
    (void)state;
    static struct ballots b;
    struct quorums q = {.of = {voters(1, 3)}, .count = 1};
    struct vote three = for_leader(3);
    struct vote other = for_leader(2);
    ballots_clear(&b);
    ballots_put(&b, 1, &three);
    ballots_put(&b, 2, &three);
    assert_false(ballots_are_unanimous(&b, &q, &three));
    ballots_put(&b, 3, &other);
    assert_false(ballots_are_unanimous(&b, &q, &three));
    ballots_put(&b, 3, &three);
    assert_true(ballots_are_unanimous(&b, &q, &three));
}

static void both_configurations_must_agree(void **state)
{
    (void)state;
    static struct ballots b;
    struct quorums q = {.of = {voters(1, 3), voters(3, 3)}, .count = 2};
    struct vote three = for_leader(3);
    ballots_clear(&b);
    ballots_put(&b, 1, &three);
    ballots_put(&b, 2, &three);
    ballots_put(&b, 3, &three);
    assert_false(ballots_have_quorum(&b, &q, &three));
    assert_false(ballots_are_unanimous(&b, &q, &three));
    ballots_put(&b, 4, &three);
    assert_true(ballots_have_quorum(&b, &q, &three));
    assert_false(ballots_are_unanimous(&b, &q, &three));
    ballots_put(&b, 5, &three);
    assert_true(ballots_are_unanimous(&b, &q, &three));
}

static void a_full_table_begins_anew(void **state)
{
    (void)state;
    static struct ballots b;
    struct vote vote = for_leader(1);
    ballots_clear(&b);
    for (int64_t sid = 0; sid < BALLOTS_MAX; sid++) {
        ballots_put(&b, sid, &vote);
    }
    ballots_put(&b, 0, &vote);
    assert_int_equal(b.count, BALLOTS_MAX);
    ballots_put(&b, 1000, &vote);
    assert_int_equal(b.count, 1);
    assert_non_null(ballots_find(&b, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_vote_of_a_server_counts),
        cmocka_unit_test(all_must_agree_to_be_unanimous),
        cmocka_unit_test(both_configurations_must_agree),
        cmocka_unit_test(a_full_table_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
