// SPDX-License-Identifier: Apache-2.0
//
// The server of production in simulated trouble; and the proof that the checkers see: planted bugs
// must be caught.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/scenario.h"

enum { SHORT_MS = 1500 };

static void expect_right(const struct scenario_options *o)
{
    struct scenario_result r;
    if (!scenario_run(o, &r)) {
        print_error("seed %llu, plan %s: %s\n", (unsigned long long)o->seed,
                    scenario_plan_name(o->plan), r.failure);
        fail();
    }
    assert_true(r.writes_done > 0);
}

static void acknowledged_writes_outlive_lost_connections(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 102; seed++) {
        struct scenario_options o = {.seed = seed, .plan = SCENARIO_CALM, .trouble_ms = SHORT_MS};
        expect_right(&o);
    }
}

static void acknowledged_writes_outlive_crashes(void **state)
{
    (void)state;
    for (uint64_t seed = 200; seed < 204; seed++) {
        struct scenario_options o = {
            .seed = seed, .plan = SCENARIO_CRASHES, .trouble_ms = SHORT_MS};
        expect_right(&o);
    }
}

static void acknowledged_writes_outlive_failing_and_full_disks(void **state)
{
    (void)state;
    for (uint64_t seed = 300; seed < 304; seed++) {
        struct scenario_options o = {
            .seed = seed, .plan = SCENARIO_DISK_FAULTS, .trouble_ms = SHORT_MS};
        expect_right(&o);
    }
}

static void first_start_survives_power_loss_at_every_operation(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 20; n++) {
        struct scenario_options o = {
            .seed = n, .plan = SCENARIO_QUIET, .trouble_ms = 30, .cut_at_op = n};
        expect_right(&o);
    }
}

static void first_failures_of_every_kind_are_survived(void **state)
{
    (void)state;
    static const enum disk_op kinds[] = {DISK_WRITE,  DISK_SYNC,     DISK_OPEN,
                                         DISK_RENAME, DISK_SYNC_DIR, DISK_TRUNCATE};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (uint64_t n = 1; n <= 3; n++) {
            struct scenario_options o = {.seed = n,
                                         .plan = SCENARIO_QUIET,
                                         .trouble_ms = 30,
                                         .fail_op = kinds[i],
                                         .fail_nth = n,
                                         .fail_with = n % 2 == 0 ? ERR_IO : ERR_NO_SPACE};
            expect_right(&o);
        }
    }
}

static void one_seed_gives_one_run(void **state)
{
    (void)state;
    struct scenario_options o = {.seed = 400, .plan = SCENARIO_DISK_FAULTS, .trouble_ms = SHORT_MS};
    struct scenario_result first;
    struct scenario_result second;
    assert_true(scenario_run(&o, &first));
    assert_true(scenario_run(&o, &second));
    assert_true(first.trace == second.trace);
    assert_true(first.steps == second.steps);
    o.seed = 401;
    assert_true(scenario_run(&o, &second));
    assert_true(first.trace != second.trace);
}

// A disk that forgets what it promised: the same to the checkers as a server that answers before it
// syncs.
static void lost_sync_is_caught(void **state)
{
    (void)state;
    int caught = 0;
    for (uint64_t seed = 500; seed < 506; seed++) {
        struct scenario_options o = {
            .seed = seed, .plan = SCENARIO_CRASHES, .trouble_ms = SHORT_MS, .sync_lies = true};
        struct scenario_result r;
        caught += !scenario_run(&o, &r);
    }
    assert_true(caught >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acknowledged_writes_outlive_lost_connections),
        cmocka_unit_test(acknowledged_writes_outlive_crashes),
        cmocka_unit_test(acknowledged_writes_outlive_failing_and_full_disks),
        cmocka_unit_test(first_start_survives_power_loss_at_every_operation),
        cmocka_unit_test(first_failures_of_every_kind_are_survived),
        cmocka_unit_test(one_seed_gives_one_run),
        cmocka_unit_test(lost_sync_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
