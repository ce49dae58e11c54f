// SPDX-License-Identifier: Apache-2.0
//
// The table of sessions against what was put into it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tree/session_table.h"

enum { MANY = 2000 };

static int64_t id_of(int i)
{
    return (int64_t)i << 32 | 0x55;
}

static void sessions_are_found_until_removed(void **state)
{
    (void)state;
    struct session_table s;
    session_table_init(&s, 1);
    for (int i = 0; i < MANY; i++) {
        session_table_put(&s, id_of(i), i);
    }
    for (int i = 0; i < MANY; i += 2) {
        session_table_remove(&s, id_of(i));
    }
    for (int i = 0; i < MANY; i++) {
        int32_t timeout_ms = -1;
        assert_int_equal(session_table_find(&s, id_of(i), &timeout_ms), i % 2 == 1);
        assert_int_equal(timeout_ms, i % 2 == 1 ? i : -1);
    }
    session_table_fini(&s);
}

static void second_put_changes_the_timeout(void **state)
{
    (void)state;
    struct session_table s;
    session_table_init(&s, 1);
    session_table_put(&s, -5, 1000);
    session_table_put(&s, -5, 2000);
    session_table_remove(&s, 6); // unknown: fine
    int32_t timeout_ms = 0;
    assert_true(session_table_find(&s, -5, &timeout_ms));
    assert_int_equal(timeout_ms, 2000);
    assert_int_equal(s.sessions.count, 1);
    session_table_fini(&s);
}

static void add_up(void *ctx, int64_t session, int32_t timeout_ms)
{
    *(int64_t *)ctx += session + timeout_ms;
}

static void each_session_is_given_once(void **state)
{
    (void)state;
    struct session_table s;
    session_table_init(&s, 1);
    int64_t expected = 0;
    for (int i = 0; i < MANY; i++) {
        session_table_put(&s, id_of(i), i);
        expected += id_of(i) + i;
    }
    int64_t sum = 0;
    session_table_each(&s, add_up, &sum);
    assert_int_equal(sum, expected);
    session_table_fini(&s);
}

static void count_one(void *ctx, int64_t session, int32_t timeout_ms)
{
    (void)timeout_ms;
    uint8_t *given = ctx;
    given[session]++;
}

static void a_pass_gives_each_session_that_stays_once(void **state)
{
    (void)state;
    enum { OLD = 1000, ALL = 8000 };
    struct session_table s;
    session_table_init(&s, 1);
    for (int id = 0; id < OLD; id++) {
        session_table_put(&s, id, 4000);
    }
    for (uint32_t pass = 1; pass <= 2; pass++) {
        static uint8_t given[ALL];
        memset(given, 0, sizeof(given));
        int next = OLD;
        for (size_t i = 0; session_table_step(&s, i, pass, count_one, given); i++) {
            if (next < ALL) { // one comes, and one of the new ones goes
                session_table_put(&s, next++, 4000);
                session_table_remove(&s, next - 50);
            }
        }
        for (int id = 0; id < ALL; id++) {
            assert_in_range(given[id], id < OLD - 50 ? 1 : 0, 1);
        }
    }
    session_table_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_are_found_until_removed),
        cmocka_unit_test(second_put_changes_the_timeout),
        cmocka_unit_test(each_session_is_given_once),
        cmocka_unit_test(a_pass_gives_each_session_that_stays_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
