// SPDX-License-Identifier: Apache-2.0
//
// Schedules from seeds, and what can be dropped of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/schedule.h"

enum { SEEDS = 300, TROUBLE_MS = 2500 };

static void one_seed_gives_one_schedule(void **state)
{
    (void)state;
    struct schedule a;
    struct schedule b;
    schedule_make(7, 0, TROUBLE_MS, &a);
    schedule_make(7, 0, TROUBLE_MS, &b);
    assert_memory_equal(&a, &b, sizeof(a));
    schedule_make(8, 0, TROUBLE_MS, &b);
    assert_memory_not_equal(&a, &b, sizeof(a));
}

static void seeds_reach_every_trouble_and_every_size(void **state)
{
    (void)state;
    bool seen[TROUBLE_KINDS] = {false};
    bool has_three = false;
    bool has_five = false;
    bool has_observer = false;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct schedule s;
        schedule_make(seed, 0, TROUBLE_MS, &s);
        has_three |= s.voters == 3;
        has_five |= s.voters == 5;
        has_observer |= s.observers > 0;
        for (size_t i = 0; i < s.count; i++) {
            const struct trouble *t = &s.troubles[i];
            seen[t->kind] = true;
            assert_in_range(t->at_ms, i > 0 ? s.troubles[i - 1].at_ms : 0, TROUBLE_MS);
            assert_true(t->who >= TROUBLE_LEADER && t->who < s.voters + s.observers);
        }
    }
    assert_true(has_three && has_five && has_observer);
    for (int k = 0; k < TROUBLE_KINDS; k++) {
        assert_true(seen[k]);
    }
}

// A disk that is damaged or emptied can only be healed by a quorum of the others.
static void a_server_alone_keeps_its_disk(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct schedule s;
        schedule_make(seed, 1, TROUBLE_MS, &s);
        for (size_t i = 0; i < s.count; i++) {
            enum trouble_kind kind = s.troubles[i].kind;
            assert_true(kind != TROUBLE_ROT && kind != TROUBLE_WIPE && kind != TROUBLE_OLD_DATA);
        }
    }
}

static void what_is_dropped_is_told_and_taken_back_in(void **state)
{
    (void)state;
    struct schedule s;
    struct buf list = {0};
    schedule_make(3, 3, TROUBLE_MS, &s);
    assert_true(s.count > 3);
    assert_true(schedule_drop(&s, "2,0"));
    schedule_print_dropped(&s, &list);
    assert_string_equal(buf_cstr(&list), "0,2");
    assert_false(s.troubles[1].is_dropped);
    buf_clear(&list);
    schedule_print(&s, &list);
    assert_null(strstr(buf_cstr(&list), " 2. after"));
    assert_non_null(strstr(buf_cstr(&list), " 1. after"));
    buf_fini(&list);
}

static void nonsense_drops_nothing_more(void **state)
{
    (void)state;
    struct schedule s;
    schedule_make(3, 3, TROUBLE_MS, &s);
    assert_false(schedule_drop(&s, "x"));
    assert_false(schedule_drop(&s, "1;2"));
    assert_false(schedule_drop(&s, "1000"));
    assert_true(schedule_drop(&s, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_gives_one_schedule),
        cmocka_unit_test(seeds_reach_every_trouble_and_every_size),
        cmocka_unit_test(a_server_alone_keeps_its_disk),
        cmocka_unit_test(what_is_dropped_is_told_and_taken_back_in),
        cmocka_unit_test(nonsense_drops_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
