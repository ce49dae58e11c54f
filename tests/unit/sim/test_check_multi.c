// SPDX-License-Identifier: Apache-2.0
//
// Multis: whole in their answers and in what is seen of them.
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

// Two sets in one request, of /a and /b, which were created at 10 and 11.
static int32_t call_multi(struct tale *t, uint32_t values[2])
{
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_create(t, 0, "/b", 0, 11);
    struct annals_part parts[2];
    for (int i = 0; i < 2; i++) {
        values[i] = annals_new_value(&t->h);
        parts[i] = (struct annals_part){.type = OP_SET_DATA,
                                        .node = annals_node(&t->h, slice_str(i ? "/b" : "/a")),
                                        .version = -1,
                                        .value = values[i],
                                        .made = ANNALS_NONE};
    }
    struct annals_item item = t->h.items[t->h.count - 2]; // a call of client 0
    item.type = OP_MULTI;
    item.xid = t->next_xid++;
    return annals_add(&t->h, &item, parts, 2);
}

static void the_codes_of_a_failed_multi_hold(void **state)
{
    struct tale *t = *state;
    uint32_t values[2];
    struct annals_part *p = tale_answer(t, call_multi(t, values), 12, ZK_OK);
    p[0].code = ZK_BAD_VERSION;
    p[1].code = ZK_RUNTIME_INCONSISTENCY;
    tale_holds(t, check_multi);
}

static void half_an_answer_is_caught(void **state)
{
    struct tale *t = *state;
    uint32_t values[2];
    struct annals_part *p = tale_answer(t, call_multi(t, values), 12, ZK_OK);
    p[0].code = ZK_BAD_VERSION; // and part 1 says OK
    tale_breaks(t, check_multi, "part 1 answers OK");
}

static void a_part_of_a_refused_multi_is_caught(void **state)
{
    struct tale *t = *state;
    uint32_t values[2];
    struct annals_part *p = tale_answer(t, call_multi(t, values), 12, ZK_OK);
    p[0].code = ZK_OK;
    p[1].code = ZK_BAD_VERSION;
    tale_holds(t, check_multi);
    tale_read(t, 1, "/a", 10, 12, 1, values[0], 13);
    tale_breaks(t, check_multi, "it was refused");
}

static void an_open_multi_that_is_seen_whole_holds(void **state)
{
    struct tale *t = *state;
    uint32_t values[2];
    (void)call_multi(t, values);
    tale_read(t, 1, "/a", 10, 12, 1, values[0], 13);
    tale_read(t, 1, "/b", 11, 12, 1, values[1], 13);
    tale_read(t, 2, "/b", 11, 11, 0, 0, 11); // before it
    tale_holds(t, check_multi);
}

static void an_open_multi_that_is_seen_by_half_is_caught(void **state)
{
    struct tale *t = *state;
    uint32_t values[2];
    (void)call_multi(t, values);
    tale_read(t, 1, "/a", 10, 12, 1, values[0], 13);
    tale_read(t, 1, "/b", 11, 11, 0, 0, 13);
    tale_breaks(t, check_multi, "but not in /b");
}

static void an_open_multi_whose_node_is_missing_is_caught(void **state)
{
    struct tale *t = *state;
    uint32_t values[2];
    (void)call_multi(t, values);
    tale_read(t, 1, "/b", 11, 12, 1, values[1], 13);
    tale_missing(t, 1, "/a", 14);
    tale_breaks(t, check_multi, "but not in /a");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(the_codes_of_a_failed_multi_hold),
        T(half_an_answer_is_caught),
        T(a_part_of_a_refused_multi_is_caught),
        T(an_open_multi_that_is_seen_whole_holds),
        T(an_open_multi_that_is_seen_by_half_is_caught),
        T(an_open_multi_whose_node_is_missing_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
