// SPDX-License-Identifier: Apache-2.0
//
// The client library among the clients of an ensemble in trouble; and the proof that a library that
// does not keep its word is caught.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/campaign.h"

enum { TROUBLE_MS = 1200, SEEDS = 6 };

static bool run(uint64_t seed, enum plant plant, struct campaign_result *ret)
{
    struct campaign_options o = {.plant = plant};
    schedule_make(seed, 3, TROUBLE_MS, &o.schedule);
    o.schedule.has_guests = true;
    return campaign_run(&o, ret);
}

static void the_library_keeps_its_word_in_trouble(void **state)
{
    (void)state;
    struct campaign_result sum = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct campaign_result r;
        if (!run(seed, PLANT_NONE, &r)) {
            print_error("seed %llu: %s\n%s%s", (unsigned long long)seed, r.failure, r.story,
                        r.journal);
            fail();
        }
        sum.lost += r.lost;
        sum.not_sent += r.not_sent;
        sum.returns += r.returns;
        sum.sessions += r.sessions;
    }
    assert_true(sum.lost > 0);
    assert_true(sum.not_sent > 0);
    assert_true(sum.returns > 0);
    assert_true(sum.sessions > 2 * SEEDS); // some were closed or expired
}

static void one_seed_gives_one_run(void **state)
{
    (void)state;
    struct campaign_result first;
    struct campaign_result again;
    assert_true(run(3, PLANT_NONE, &first));
    assert_true(run(3, PLANT_NONE, &again));
    assert_int_equal(first.steps, again.steps);
    assert_int_equal(first.trace, again.trace);
}

static void expect_caught(enum plant plant, const char *words)
{
    struct campaign_result r = {0};
    bool is_caught = false;
    for (uint64_t seed = 1; seed <= SEEDS && !is_caught; seed++) {
        is_caught = !run(seed, plant, &r);
    }
    assert_true(is_caught);
    if (strncmp(r.failure, "library:", strlen("library:")) != 0 ||
        strstr(r.failure, words) == NULL) {
        print_error("%s\n", r.failure);
        fail();
    }
}

static void an_answer_kept_back_is_caught(void **state)
{
    (void)state;
    expect_caught(PLANT_LOST_RESULT, "has its result before");
}

static void a_wrong_fate_is_caught(void **state)
{
    (void)state;
    expect_caught(PLANT_WRONG_FATE, "is not sent, though it left");
}

static void an_event_kept_back_is_caught(void **state)
{
    (void)state;
    expect_caught(PLANT_LOST_EVENT, "event");
}

static void a_watch_that_is_not_set_again_is_caught(void **state)
{
    (void)state;
    expect_caught(PLANT_LOST_WATCH, "watch");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_keeps_its_word_in_trouble),
        cmocka_unit_test(one_seed_gives_one_run),
        cmocka_unit_test(an_answer_kept_back_is_caught),
        cmocka_unit_test(a_wrong_fate_is_caught),
        cmocka_unit_test(an_event_kept_back_is_caught),
        cmocka_unit_test(a_watch_that_is_not_set_again_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
