// SPDX-License-Identifier: Apache-2.0
//
// Sequential nodes: numbers that come twice, go back or leave gaps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/sim/tale.h"

static int set_up(void **state)
{
    static struct tale tale;
    tale_begin(&tale);
    *state = &tale;
    return 0;
}

static int tear_down(void **state)
{
    tale_end(*state);
    return 0;
}

static void create_numbered(struct tale *t, int32_t client, const char *made, int64_t zxid)
{
    struct annals_part part = {
        .type = OP_CREATE, .mode = CREATE_PERSISTENT_SEQUENTIAL, .value = annals_new_value(&t->h)};
    int32_t call = tale_call(t, client, part, "/q/n-");
    int32_t node = annals_node(&t->h, slice_str(made));
    tale_answer(t, call, zxid, ZK_OK)->made = node;
}

static void numbers_that_count_creates_hold(void **state)
{
    struct tale *t = *state;
    create_numbered(t, 0, "/q/n-0000000004", 10);
    create_numbered(t, 1, "/q/n-0000000005", 11);
    (void)tale_create(t, 1, "/q/other", 0, 12);
    create_numbered(t, 0, "/q/n-0000000007", 13);
    tale_delete(t, 0, "/q/n-0000000007", 14);
    create_numbered(t, 0, "/q/n-0000000008", 15);
    tale_holds(t, check_sequence);
}

static void a_number_that_comes_twice_is_caught(void **state)
{
    struct tale *t = *state;
    create_numbered(t, 0, "/q/n-0000000004", 10);
    tale_delete(t, 0, "/q/n-0000000004", 11);
    create_numbered(t, 1, "/q/n-0000000004", 12);
    tale_breaks(t, check_sequence, "comes after 4");
}

static void a_number_that_goes_back_is_caught(void **state)
{
    struct tale *t = *state;
    create_numbered(t, 0, "/q/n-0000000004", 10);
    create_numbered(t, 1, "/q/n-0000000003", 12);
    tale_breaks(t, check_sequence, "comes after 4");
}

static void a_create_that_is_not_counted_is_caught(void **state)
{
    struct tale *t = *state;
    create_numbered(t, 0, "/q/n-0000000004", 10);
    (void)tale_create(t, 1, "/q/other", 0, 11);
    create_numbered(t, 0, "/q/n-0000000005", 12);
    tale_breaks(t, check_sequence, "comes after 4");
}

static void a_gap_needs_a_create_in_doubt(void **state)
{
    struct tale *t = *state;
    create_numbered(t, 0, "/q/n-0000000004", 10);
    (void)tale_call(t, 0, (struct annals_part){.type = OP_CREATE}, "/q/lost");
    create_numbered(t, 1, "/q/n-0000000006", 12);
    tale_holds(t, check_sequence);
    create_numbered(t, 1, "/q/n-0000000009", 13);
    tale_breaks(t, check_sequence, "comes after 6");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(numbers_that_count_creates_hold),   T(a_number_that_comes_twice_is_caught),
        T(a_number_that_goes_back_is_caught), T(a_create_that_is_not_counted_is_caught),
        T(a_gap_needs_a_create_in_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
