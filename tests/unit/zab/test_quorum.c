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
    q->count = count;
    for (size_t i = 0; i < count; i++) {
        q->voters[i] = (int64_t)(i + 1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_server_is_its_own_quorum),
        cmocka_unit_test(more_than_half_is_needed),
        cmocka_unit_test(a_server_counts_once),
        cmocka_unit_test(a_stranger_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
