// SPDX-License-Identifier: Apache-2.0
//
// Clients of a server that has no leader for a moment: who stays, and what becomes of what it
// asked.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "tests/unit/server/troupe.h"

static const struct troupe_options three = {.voters = 3,
                                            .zoo_cfg = "4lw.commands.whitelist=*,lead\n"};

static void hand_over(struct troupe *t)
{
    int leader = troupe_leader(t);
    assert_string_equal(troupe_word(t, leader, "leadffffffffffffffff"),
                        "Leadership is being handed over.\n");
    troupe_until_led_by_another(t, leader);
}

static void clients_are_sent_away_with_the_role(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    troupe_open(&t, 2, &three);
    troupe_enter(&g, &t, troupe_leader(&t));
    hand_over(&t);
    guest_end(&g);
    troupe_until_serving(&t);
    assert_true(guest_come_back(&g));
    troupe_close(&t);
}

// While a leader waits for what is in flight, what others ask of it waits, too: syncs in their
// places between the writes.
static void a_hand_over_that_is_given_up_answers_what_waited(void **state)
{
    (void)state;
    EXPECT_MARK("a learner's request waits");
    struct troupe t;
    struct guest own, other;
    troupe_open(&t, 3, &three);
    int leader = troupe_leader(&t);
    troupe_enter(&own, &t, leader);
    troupe_enter(&other, &t, leader % 3 + 1);
    for (int id = 1; id <= 3; id++) {
        t.boxes[id - 1].node->disk.slowness = id != leader ? 3000 : 0;
    }
    int32_t first = guest_create(&own, "/first", "", 0);
    while (troupe_server(&t, leader)->in_process == 0) {
        stage_step(&t.st);
    }
    assert_string_equal(troupe_word(&t, leader, "leadffffffffffffffff"),
                        "Leadership is being handed over.\n");
    assert_true(troupe_server(&t, leader)->hold.is_on);
    int32_t second = guest_create(&other, "/second", "", 0);
    int32_t third = guest_path(&other, OP_SYNC, "/");
    int32_t fourth = guest_create(&other, "/fourth", "", 0);
    troupe_run(&t, TROUPE_TICK_MS);
    for (int id = 1; id <= 3; id++) {
        t.boxes[id - 1].node->disk.slowness = 0;
    }
    assert_int_equal(guest_answer(&own, first), ZK_OK);
    assert_int_equal(guest_answer(&other, second), ZK_OK);
    assert_int_equal(guest_answer(&other, third), ZK_OK);
    assert_int_equal(guest_answer(&other, fourth), ZK_OK);
    assert_int_equal(troupe_leader(&t), leader);
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_are_sent_away_with_the_role),
        cmocka_unit_test(a_hand_over_that_is_given_up_answers_what_waited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
