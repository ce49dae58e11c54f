// SPDX-License-Identifier: Apache-2.0
//
// When a leader goes: by a word, to stop, with a disk that does not answer, with an epoch that is
// nearly used up.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mark.h"
#include "tests/unit/server/troupe.h"

static const struct troupe_options three = {.voters = 3,
                                            .zoo_cfg = "4lw.commands.whitelist=*,lead\n"};

static void a_word_moves_leadership(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 1, &three);
    int first = troupe_leader(&t);
    int second = first % 3 + 1;
    char word[24];
    (void)snprintf(word, sizeof(word), "lead%016x", (unsigned)second);
    assert_string_equal(troupe_word(&t, first, word), "Leadership is being handed over.\n");
    troupe_until_led_by_another(&t, first);
    assert_int_equal(troupe_leader(&t), second);
    troupe_until_serving(&t);
    assert_string_equal(troupe_word(&t, first, word),
                        "Not handed over: this server does not lead.\n");
    assert_string_equal(troupe_word(&t, second, word), "Not handed over: that server leads.\n");
    assert_string_equal(troupe_word(&t, second, "lead00000000000000zz"),
                        "Not handed over: that is no server id.\n");
    assert_string_equal(troupe_word(&t, second, "lead0000000000000009"),
                        "Not handed over: that server is no synchronised voter.\n");
    troupe_close(&t);
}

static void a_star_in_the_whitelist_does_not_mean_the_word(void **state)
{
    (void)state;
    static const struct troupe_options star = {.voters = 3,
                                               .zoo_cfg = "4lw.commands.whitelist=*\n"};
    struct troupe t;
    troupe_open(&t, 2, &star);
    int first = troupe_leader(&t);
    assert_string_equal(troupe_word(&t, first, "lead"),
                        "lead is not executed because it is not in the whitelist.\n");
    troupe_run(&t, 1000);
    assert_int_equal(troupe_leader(&t), first);
    troupe_close(&t);
}

static void a_leader_that_is_to_stop_hands_over_first(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 3, &three);
    int first = troupe_leader(&t);
    struct server *s = troupe_server(&t, first);
    server_stop(s);
    assert_int_equal(s->state, SERVER_SERVING);
    troupe_until_led_by_another(&t, first);
    int64_t end_ms = stage_now_ms(&t.st) + 5000;
    while (s->state != SERVER_STOPPED) {
        assert_int_not_equal(troupe_leader(&t), 0); // all the time
        assert_true(stage_now_ms(&t.st) < end_ms);
        stage_step(&t.st);
    }
    assert_int_equal(s->exit_code, SERVER_EXIT_OK);
    troupe_close(&t);
}

static void roles_that_come_and_go_do_not_keep_a_server_that_is_to_stop(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 3, &three);
    int first = troupe_leader(&t);
    struct server *s = troupe_server(&t, first);
    server_stop(s);
    troupe_until_led_by_another(&t, first);
    for (int i = 0; i < 20 && s->state != SERVER_STOPPED; i++) {
        troupe_run(&t, 100);
        handover_served(&s->handover);
    }
    assert_int_equal(s->state, SERVER_STOPPED);
    troupe_close(&t);
}

static void a_leader_that_stops_twice_stops_at_once(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 4, &three);
    struct server *s = troupe_server(&t, troupe_leader(&t));
    server_stop(s);
    server_stop(s);
    assert_true(s->state == SERVER_DRAINING || s->state == SERVER_STOPPED);
    troupe_close(&t);
}

static void a_follower_stops_at_once(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 5, &three);
    struct server *s = troupe_server(&t, troupe_follower(&t));
    server_stop(s);
    assert_true(s->state == SERVER_DRAINING || s->state == SERVER_STOPPED);
    troupe_close(&t);
}

static void fill_epoch(struct troupe *t, uint32_t counter)
{
    struct server *s = troupe_server(t, troupe_leader(t));
    s->pipeline.last_zxid = (s->pipeline.last_zxid & ~INT64_C(0xffffffff)) | counter;
    s->handover.seen_zxid = s->pipeline.last_zxid;
}

// Only what is looked at is set: the epoch that follows shows that it was.
static void a_used_up_epoch_ends_when_nobody_writes(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 6, &three);
    int first = troupe_leader(&t);
    struct server *s = troupe_server(&t, first);
    fill_epoch(&t, HANDOVER_COUNTER_EARLY - 1);
    handover_look(&s->handover);
    assert_false(s->hold.is_on);
    fill_epoch(&t, HANDOVER_COUNTER_EARLY);
    s->handover.seen_zxid--; // there was a write since
    handover_look(&s->handover);
    assert_false(s->hold.is_on);
    handover_look(&s->handover);
    assert_true(s->hold.is_on);
    troupe_until_led_by_another(&t, first);
    troupe_close(&t);
}

static void an_epoch_at_its_end_does_not_wait_for_quiet(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 7, &three);
    struct server *s = troupe_server(&t, troupe_leader(&t));
    fill_epoch(&t, HANDOVER_COUNTER_LATE);
    s->handover.seen_zxid--;
    handover_look(&s->handover);
    assert_true(s->hold.is_on);
    troupe_close(&t);
}

static void mntr_shows_how_full_the_epoch_is(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 8, &three);
    const char *text = troupe_word(&t, troupe_leader(&t), "mntr");
    assert_non_null(strstr(text, "\nzk_epoch_used_percent\t0.000\n"));
    troupe_close(&t);
}

static void a_disk_that_does_not_answer_ends_a_role(void **state)
{
    (void)state;
    EXPECT_MARK("a disk that does not answer ends a role");
    struct troupe t;
    struct guest g;
    troupe_open(&t, 9, &three);
    int first = troupe_leader(&t);
    troupe_enter(&g, &t, first % 3 + 1);
    t.boxes[first - 1].node->disk.slowness = 1000000;
    guest_make(&g, "/a", 0); // the two others are a quorum
    troupe_until_led_by_another(&t, first);
    guest_leave(&g);
    troupe_enter(&g, &t, troupe_leader(&t));
    guest_make(&g, "/b", 0);
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_moves_leadership),
        cmocka_unit_test(a_star_in_the_whitelist_does_not_mean_the_word),
        cmocka_unit_test(a_leader_that_is_to_stop_hands_over_first),
        cmocka_unit_test(roles_that_come_and_go_do_not_keep_a_server_that_is_to_stop),
        cmocka_unit_test(a_leader_that_stops_twice_stops_at_once),
        cmocka_unit_test(a_follower_stops_at_once),
        cmocka_unit_test(a_used_up_epoch_ends_when_nobody_writes),
        cmocka_unit_test(an_epoch_at_its_end_does_not_wait_for_quiet),
        cmocka_unit_test(mntr_shows_how_full_the_epoch_is),
        cmocka_unit_test(a_disk_that_does_not_answer_ends_a_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
