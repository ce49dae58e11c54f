// SPDX-License-Identifier: Apache-2.0
//
// The way to the leader, the promise of an epoch, and how long a learner waits for what.
#include "tests/unit/zab/learner_help.h"

static void a_follower_introduces_itself(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_expect(&h, "DIAL d1 sid 3\n");
    help_event(&h, ZAB_EV_LINK_UP);
    help_expect(&h, "SEND d1 FOLLOWERINFO 0x100000000 20 bytes\n");
    help_fini(&h);
}

static void an_observer_introduces_itself_as_one(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_OBSERVING);
    help_event(&h, ZAB_EV_LINK_UP);
    help_expect(&h, "DIAL d1 sid 3\nSEND d1 OBSERVERINFO 0x100000000 20 bytes\n");
    help_fini(&h);
}

static void a_refused_connection_is_tried_eight_times_with_growing_pauses(void **state)
{
    (void)state;
    static const int64_t pauses_ms[] = {10, 20, 40, 80, 100, 100, 100};
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    for (size_t i = 0; i < sizeof(pauses_ms) / sizeof(pauses_ms[0]); i++) {
        help_event(&h, ZAB_EV_LINK_DOWN);
        help_pass(&h, pauses_ms[i] - 1);
        assert_int_equal(learner_link(h.learner), 0);
        help_pass(&h, 1);
    }
    help_expect(&h, "DIAL d1 sid 3\nDIAL d2 sid 3\nDIAL d3 sid 3\nDIAL d4 sid 3\nDIAL d5 sid 3\n"
                    "DIAL d6 sid 3\nDIAL d7 sid 3\nDIAL d8 sid 3\n");
    help_event(&h, ZAB_EV_LINK_DOWN);
    help_expect_over(&h, "the leader cannot be reached");
    help_expect(&h, "");
    help_fini(&h);
}

static void a_connection_that_takes_too_long_is_given_up(void **state)
{
    (void)state;
    struct learner_help h;
    help_init_idle(&h, ZAB_FOLLOWING);
    h.core.options.connect_limit = 3;
    help_begin(&h);
    help_pass(&h, 299);
    help_expect(&h, "DIAL d1 sid 3\n");
    help_pass(&h, 1);
    help_expect(&h, "CLOSE d1\n");
    help_expect_over(&h, "the leader could not be reached in time");
    help_fini(&h);
}

static void tries_end_when_the_time_for_them_has_passed(void **state)
{
    (void)state;
    struct learner_help h;
    help_init_idle(&h, ZAB_FOLLOWING);
    h.core.options.connect_limit = 1;
    help_begin(&h);
    for (int64_t pause_ms = 10; pause_ms <= 40; pause_ms *= 2) {
        help_event(&h, ZAB_EV_LINK_DOWN);
        help_pass(&h, pause_ms);
    }
    help_event(&h, ZAB_EV_LINK_DOWN);
    help_expect_over(&h, "the leader cannot be reached");
    help_fini(&h);
}

static void an_epoch_is_promised_when_it_is_saved(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_event(&h, ZAB_EV_LINK_UP);
    buf_clear(&h.text);
    assert_false(learner_is_accepted(h.learner));
    help_packet(&h, ZAB_LEADERINFO, 0x500000000, slice_of("\0\1\0\0", 4));
    help_expect(&h, "SAVE_ACCEPTED 5\n");
    assert_true(learner_is_accepted(h.learner));
    assert_int_equal(h.core.accepted_epoch, 1);
    help_event(&h, ZAB_EV_EPOCH_SAVED);
    help_expect(&h, "SEND d1 ACKEPOCH 0x100000002 4 bytes\n");
    assert_int_equal(h.core.accepted_epoch, 5);
    assert_int_equal(h.core.current_epoch, 1);
    help_fini(&h);
}

static void epoch_in(struct learner_help *h, int64_t offered, int32_t *ret)
{
    help_event(h, ZAB_EV_LINK_UP);
    struct zab_event e = {.type = ZAB_EV_PACKET, .link = learner_link(h->learner)};
    e.packet = (struct zab_packet){
        .type = ZAB_LEADERINFO, .zxid = offered << 32, .data = slice_of("\0\1\0\0", 4)};
    e.now_ms = h->now_ms;
    learner_step(h->learner, &e, &h->effects);
    const struct zab_effect *sent = &h->effects.items[h->effects.count - 1];
    assert_int_equal(sent->packet.type, ZAB_ACKEPOCH);
    *ret = (int32_t)be32_load(sent->packet.data.data);
}

static void an_epoch_accepted_before_is_not_promised_again(void **state)
{
    (void)state;
    struct learner_help h;
    int32_t said = 0;
    help_init_idle(&h, ZAB_FOLLOWING);
    h.core.accepted_epoch = 7;
    help_begin(&h);
    epoch_in(&h, 7, &said);
    assert_int_equal(said, -1);
    help_fini(&h);
}

static void a_smaller_epoch_is_refused(void **state)
{
    (void)state;
    struct learner_help h;
    help_init_idle(&h, ZAB_FOLLOWING);
    h.core.accepted_epoch = 7;
    help_begin(&h);
    help_event(&h, ZAB_EV_LINK_UP);
    buf_clear(&h.text);
    help_packet(&h, ZAB_LEADERINFO, 0x600000000, slice_of("\0\1\0\0", 4));
    help_expect(&h, "CLOSE d1\n");
    help_expect_over(&h, "the leader's epoch is smaller than the accepted one");
    help_fini(&h);
    help_init_idle(&h, ZAB_FOLLOWING);
    h.core.accepted_epoch = 7;
    h.core.current_epoch = 7;
    help_begin(&h);
    help_event(&h, ZAB_EV_LINK_UP);
    help_packet(&h, ZAB_LEADERINFO, 0x600000000, slice_of("\0\1\0\0", 4));
    help_expect_over(&h, "the leader lacks the epoch that the data here is of");
    help_fini(&h);
}

static void an_epoch_that_cannot_be_saved_is_not_promised(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_event(&h, ZAB_EV_LINK_UP);
    help_packet(&h, ZAB_LEADERINFO, 0x500000000, slice_of("\0\1\0\0", 4));
    buf_clear(&h.text);
    help_step(&h, (struct zab_event){.type = ZAB_EV_EPOCH_SAVED});
    help_expect(&h, "CLOSE d1\n");
    help_expect_over(&h, "an epoch could not be saved");
    assert_int_equal(h.core.accepted_epoch, 1);
    help_fini(&h);
}

static void another_first_packet_ends_it(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_event(&h, ZAB_EV_LINK_UP);
    help_packet(&h, ZAB_NEWLEADER, 0x200000000, slice_null());
    help_expect_over(&h, "a packet out of place");
    help_fini(&h);
}

static void leaderinfo_needs_a_version(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_event(&h, ZAB_EV_LINK_UP);
    help_packet(&h, ZAB_LEADERINFO, 0x200000000, slice_of("\0\1\0", 3));
    help_expect_over(&h, "LEADERINFO without a protocol version");
    help_fini(&h);
}

static void a_silent_leader_is_left(void **state)
{
    (void)state;
    struct learner_help h;
    int64_t deadline;
    help_init(&h, ZAB_FOLLOWING);
    help_event(&h, ZAB_EV_LINK_UP);
    assert_true(learner_deadline_ms(h.learner, &deadline));
    assert_int_equal(deadline, h.now_ms + HELP_INIT_LIMIT * HELP_TICK_MS);
    buf_clear(&h.text);
    help_pass(&h, HELP_INIT_LIMIT * HELP_TICK_MS - 1);
    help_expect(&h, "");
    help_pass(&h, 1);
    help_expect(&h, "CLOSE d1\n");
    help_expect_over(&h, "the leader has been silent for too long");
    assert_false(learner_deadline_ms(h.learner, &deadline));
    help_fini(&h);
}

static void every_packet_gives_a_leader_more_time(void **state)
{
    (void)state;
    struct learner_help h;
    int64_t deadline;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    h.now_ms += 400;
    help_packet(&h, ZAB_PING, 0x200000000, slice_null());
    assert_true(learner_deadline_ms(h.learner, &deadline));
    assert_int_equal(deadline, h.now_ms + HELP_SYNC_LIMIT * HELP_TICK_MS);
    help_fini(&h);
}

static void a_lost_connection_ends_it(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    help_event(&h, ZAB_EV_LINK_DOWN);
    help_expect(&h, "");
    help_expect_over(&h, "the connection to the leader was lost");
    help_fini(&h);
}

static void events_of_a_former_link_change_nothing(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_event(&h, ZAB_EV_LINK_DOWN);
    help_pass(&h, 100);
    help_step(&h, (struct zab_event){.type = ZAB_EV_LINK_DOWN, .link = ZAB_LINK_DIALLED + 1});
    help_step(&h, (struct zab_event){.type = ZAB_EV_LINK_UP, .link = ZAB_LINK_DIALLED + 1});
    help_expect(&h, "DIAL d1 sid 3\nDIAL d2 sid 3\n");
    help_expect_over(&h, "it goes on");
    help_fini(&h);
}

static void links_are_never_named_twice(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    learner_end(h.learner, &h.effects);
    zab_effects_clear(&h.effects);
    help_begin(&h);
    help_expect(&h, "DIAL d1 sid 3\nDIAL d2 sid 3\n");
    help_fini(&h);
}

static void who_cannot_go_on_stands_down(void **state)
{
    (void)state;
    struct learner_help h;
    help_init(&h, ZAB_FOLLOWING);
    help_to_broadcasting(&h);
    help_event(&h, ZAB_EV_FAILED);
    help_expect(&h, "CLOSE d1\n");
    help_expect_over(&h, "this server cannot go on");
    help_fini(&h);
}

static void an_observer_waits_before_it_connects_again(void **state)
{
    (void)state;
    struct learner_help h;
    int64_t deadline;
    help_init_idle(&h, ZAB_OBSERVING);
    h.core.options.observer_reconnect_delay_ms = 1000000;
    help_begin(&h);
    help_expect(&h, "");
    assert_true(learner_deadline_ms(h.learner, &deadline));
    help_pass(&h, deadline - h.now_ms);
    help_expect(&h, "DIAL d1 sid 3\n");
    help_fini(&h);
}

static void an_observer_goes_through_the_masters_and_then_to_the_leader(void **state)
{
    (void)state;
    struct learner_help h;
    help_init_idle(&h, ZAB_OBSERVING);
    h.core.options.has_master_port = true;
    int dialled[4] = {0};
    int leaders = 0;
    for (int i = 0; i < 6; i++) {
        learner_begin(h.learner, &h.core.vote, h.now_ms, &h.effects);
        for (size_t at = 0; at < h.effects.count; at++) {
            const struct zab_effect *e = &h.effects.items[at];
            if (e->type == ZAB_DO_DIAL && e->is_master) {
                dialled[e->sid]++;
            } else if (e->type == ZAB_DO_DIAL) {
                assert_int_equal(i % 3, 2); // behind a whole round
                assert_int_equal(e->sid, h.core.vote.leader);
                leaders++;
            }
        }
        learner_end(h.learner, &h.effects);
        zab_effects_clear(&h.effects);
    }
    assert_int_equal(dialled[1], 0);
    assert_int_equal(dialled[2], 2);
    assert_int_equal(dialled[3], 2);
    assert_int_equal(leaders, 2);
    help_fini(&h);
}

static void a_follower_asks_no_master(void **state)
{
    (void)state;
    struct learner_help h;
    help_init_idle(&h, ZAB_FOLLOWING);
    h.core.options.has_master_port = true;
    help_begin(&h);
    help_expect(&h, "DIAL d1 sid 3\n");
    help_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_follower_introduces_itself),
        cmocka_unit_test(an_observer_introduces_itself_as_one),
        cmocka_unit_test(a_refused_connection_is_tried_eight_times_with_growing_pauses),
        cmocka_unit_test(a_connection_that_takes_too_long_is_given_up),
        cmocka_unit_test(tries_end_when_the_time_for_them_has_passed),
        cmocka_unit_test(an_epoch_is_promised_when_it_is_saved),
        cmocka_unit_test(an_epoch_accepted_before_is_not_promised_again),
        cmocka_unit_test(a_smaller_epoch_is_refused),
        cmocka_unit_test(an_epoch_that_cannot_be_saved_is_not_promised),
        cmocka_unit_test(another_first_packet_ends_it),
        cmocka_unit_test(leaderinfo_needs_a_version),
        cmocka_unit_test(a_silent_leader_is_left),
        cmocka_unit_test(every_packet_gives_a_leader_more_time),
        cmocka_unit_test(a_lost_connection_ends_it),
        cmocka_unit_test(events_of_a_former_link_change_nothing),
        cmocka_unit_test(links_are_never_named_twice),
        cmocka_unit_test(who_cannot_go_on_stands_down),
        cmocka_unit_test(an_observer_waits_before_it_connects_again),
        cmocka_unit_test(an_observer_goes_through_the_masters_and_then_to_the_leader),
        cmocka_unit_test(a_follower_asks_no_master),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
