// SPDX-License-Identifier: Apache-2.0
//
// Votes: their order, and when two are the same.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/vote.h"

static struct vote of(int64_t leader, int64_t zxid, int64_t peer_epoch)
{
    return (struct vote){.leader = leader, .zxid = zxid, .peer_epoch = peer_epoch};
}

static struct quorums majority(void)
{
    struct quorums q = {.count = 1};
    quorum_init_single(&q.of[0], 1);
    return q;
}

static void epoch_then_zxid_then_id_decide(void **state)
{
    (void)state;
    struct quorums q = majority();
    struct vote base = of(2, 100, 5);
    struct vote newer_epoch = of(1, 1, 6);
    struct vote newer_zxid = of(1, 101, 5);
    struct vote larger_id = of(3, 100, 5);
    assert_true(vote_is_better(&q, &newer_epoch, &base));
    assert_true(vote_is_better(&q, &newer_epoch, &newer_zxid));
    assert_true(vote_is_better(&q, &newer_zxid, &base));
    assert_true(vote_is_better(&q, &newer_zxid, &larger_id));
    assert_true(vote_is_better(&q, &larger_id, &base));
    assert_false(vote_is_better(&q, &base, &newer_epoch));
    assert_false(vote_is_better(&q, &base, &newer_zxid));
    assert_false(vote_is_better(&q, &base, &larger_id));
    assert_false(vote_is_better(&q, &base, &base));
}

static void numbers_are_signed(void **state)
{
    (void)state;
    struct quorums q = majority();
    struct vote observer = of(INT64_MIN, INT64_MIN, INT64_MIN);
    struct vote empty = of(1, -1, 0);
    struct vote zero = of(1, 0, 0);
    assert_true(vote_is_better(&q, &empty, &observer));
    assert_true(vote_is_better(&q, &zero, &empty));
}

static void who_has_no_weight_never_wins(void **state)
{
    (void)state;
    struct quorums q = {.count = 1};
    q.of[0] = (struct quorum){
        .is_hierarchical = true,
        .count = 2,
        .voters = {{.sid = 1, .group = 1, .weight = 1}, {.sid = 2, .group = 1, .weight = 0}}};
    struct vote one = of(1, 1, 1);
    struct vote weightless = of(2, 9, 9);
    struct vote unknown = of(3, 9, 9);
    assert_false(vote_is_better(&q, &weightless, &one));
    assert_false(vote_is_better(&q, &unknown, &one));
    assert_false(vote_is_better(&q, &one, &weightless)); // that is only about the first
    q.of[1] = (struct quorum){
        .is_hierarchical = true,
        .count = 2,
        .voters = {{.sid = 2, .group = 1, .weight = 1}, {.sid = 3, .group = 1, .weight = 1}}};
    q.count = 2;
    assert_true(vote_is_better(&q, &unknown, &one));     // the configuration to come weighs it
    assert_false(vote_is_better(&q, &weightless, &one)); // the one in force goes first
}

static struct vote full(enum zab_role state, int32_t version)
{
    return (struct vote){.leader = 3,
                         .zxid = 7,
                         .election_epoch = 4,
                         .peer_epoch = 2,
                         .version = version,
                         .state = state};
}

static void of_one_that_looks_everything_counts(void **state)
{
    (void)state;
    struct vote a = full(ZAB_LOOKING, 0);
    struct vote b = full(ZAB_LEADING, 2);
    assert_true(vote_is_equal(&a, &b));
    b.zxid = 8;
    assert_false(vote_is_equal(&a, &b));
    b = full(ZAB_FOLLOWING, 0);
    b.election_epoch = 5;
    assert_false(vote_is_equal(&b, &a));
    b = full(ZAB_LOOKING, 0);
    b.peer_epoch = 3;
    assert_false(vote_is_equal(&a, &b));
    b = full(ZAB_LOOKING, 0);
    b.leader = 2;
    assert_false(vote_is_equal(&a, &b));
}

static void of_those_with_a_leader_id_and_epoch_count(void **state)
{
    (void)state;
    struct vote a = full(ZAB_FOLLOWING, 2);
    struct vote b = full(ZAB_LEADING, 1);
    b.zxid = 100;
    b.election_epoch = 100;
    assert_true(vote_is_equal(&a, &b));
    b.peer_epoch = 3;
    assert_false(vote_is_equal(&a, &b));
    b = full(ZAB_LEADING, 2);
    b.leader = 2;
    assert_false(vote_is_equal(&a, &b));
}

static void beside_an_old_release_only_the_id_counts(void **state)
{
    (void)state;
    struct vote a = full(ZAB_FOLLOWING, 2);
    struct vote old = full(ZAB_LEADING, 0);
    old.peer_epoch = 3;
    assert_true(vote_is_equal(&a, &old));
    a.version = 0;
    assert_false(vote_is_equal(&a, &old));
    a.version = 2;
    old.leader = 2;
    assert_false(vote_is_equal(&a, &old));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epoch_then_zxid_then_id_decide),
        cmocka_unit_test(numbers_are_signed),
        cmocka_unit_test(who_has_no_weight_never_wins),
        cmocka_unit_test(of_one_that_looks_everything_counts),
        cmocka_unit_test(of_those_with_a_leader_id_and_epoch_count),
        cmocka_unit_test(beside_an_old_release_only_the_id_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
