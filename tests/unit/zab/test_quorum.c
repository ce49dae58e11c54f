// SPDX-License-Identifier: Apache-2.0
//
// Majorities.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/quorum.h"

static void make(struct quorum *q, size_t count)
{
    *q = (struct quorum){.count = count};
    for (size_t i = 0; i < count; i++) {
        q->voters[i] = (struct quorum_voter){.sid = (int64_t)(i + 1), .weight = 1};
    }
}

static void a_single_server_is_its_own_quorum(void **state)
{
    (void)state;
    struct quorum q;
    struct quorum_set set = {0};
    quorum_init_single(&q, 7);
    assert_false(quorum_is_reached(&q, set));
    quorum_add(&q, &set, 7);
    assert_true(quorum_is_reached(&q, set));
}

static void more_than_half_is_needed(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 9; count++) {
        struct quorum q;
        struct quorum_set set = {0};
        make(&q, count);
        for (size_t acked = 1; acked <= count; acked++) {
            quorum_add(&q, &set, (int64_t)acked);
            assert_int_equal(quorum_is_reached(&q, set), acked * 2 > count);
        }
    }
}

static void a_server_counts_once(void **state)
{
    (void)state;
    struct quorum q;
    struct quorum_set set = {0};
    make(&q, 3);
    quorum_add(&q, &set, 1);
    quorum_add(&q, &set, 1);
    assert_false(quorum_is_reached(&q, set));
}

static void a_stranger_does_not_count(void **state)
{
    (void)state;
    struct quorum q;
    struct quorum_set set = {0};
    make(&q, 3);
    quorum_add(&q, &set, 1);
    quorum_add(&q, &set, 99);
    assert_false(quorum_is_reached(&q, set));
}

// Ensembles in configuration text; the caller finishes it.
static void parse(struct config_servers *c, const char *text)
{
    struct buf complaint = {0};
    config_servers_init(c);
    enum err e = config_servers_parse(slice_str(text), c, &complaint);
    assert_int_equal(e, ERR_OK);
    e = config_servers_check(c, &complaint);
    assert_int_equal(e, ERR_OK);
    buf_fini(&complaint);
}

static void observers_do_not_vote(void **state)
{
    (void)state;
    struct config_servers c;
    parse(&c, "server.1=a:1:2\nserver.2=b:1:2:observer\nserver.3=c:1:2\nversion=0");
    struct quorum q;
    assert_int_equal(quorum_init_config(&q, &c), ERR_OK);
    struct quorum_set set = {0};
    quorum_add(&q, &set, 1);
    quorum_add(&q, &set, 2);
    assert_false(quorum_is_reached(&q, set));
    quorum_add(&q, &set, 3);
    assert_true(quorum_is_reached(&q, set));
    assert_int_equal(quorum_weight(&q, 2), 0);
    assert_true(quorum_has(&q, 3));
    config_servers_fini(&c);
}

static void a_majority_of_groups_by_weight_decides(void **state)
{
    (void)state;
    struct config_servers c;
    parse(&c, "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2\n"
              "group.1=1:2\ngroup.2=3\ngroup.3=4\nweight.1=3\nweight.2=1\nweight.4=0\n");
    struct quorum q;
    assert_int_equal(quorum_init_config(&q, &c), ERR_OK);
    struct quorum_set set = {0};
    quorum_add(&q, &set, 3);
    quorum_add(&q, &set, 2);
    quorum_add(&q, &set, 4); // its group has no weight and is not counted
    assert_false(quorum_is_reached(&q, set));
    quorum_add(&q, &set, 1); // 3 of 4 in group 1
    assert_true(quorum_is_reached(&q, set));
    config_servers_fini(&c);
}

static void two_configurations_must_both_agree(void **state)
{
    (void)state;
    struct config_servers old, new;
    parse(&old, "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nversion=1");
    parse(&new, "server.3=c:1:2\nserver.4=d:1:2\nserver.5=e:1:2\nversion=2");
    struct quorums qs;
    assert_int_equal(quorums_init(&qs, &old, &new), ERR_OK);
    struct quorums_set set = {0};
    quorums_add(&qs, &set, 1);
    quorums_add(&qs, &set, 2);
    quorums_add(&qs, &set, 3);
    assert_false(quorums_is_reached(&qs, set));
    quorums_add(&qs, &set, 5);
    assert_true(quorums_is_reached(&qs, set));
    assert_int_equal(quorums_init(&qs, &old, &old), ERR_OK);
    assert_int_equal(qs.count, 1);
    assert_false(quorums_has(&qs, 4));
    config_servers_fini(&old);
    config_servers_fini(&new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_server_is_its_own_quorum),
        cmocka_unit_test(more_than_half_is_needed),
        cmocka_unit_test(a_server_counts_once),
        cmocka_unit_test(a_stranger_does_not_count),
        cmocka_unit_test(observers_do_not_vote),
        cmocka_unit_test(a_majority_of_groups_by_weight_decides),
        cmocka_unit_test(two_configurations_must_both_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
