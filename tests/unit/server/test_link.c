// SPDX-License-Identifier: Apache-2.0
//
// Links open and close, send in whole turns, know when there is room and when there is too much,
// and do not wait for ever.
#include <string.h>

#include "base/limits.h"
#include "base/mark.h"
#include "base/mem.h"
#include "tests/unit/server/link_world.h"

static int open_world(void **state)
{
    struct link_world *w = mem_alloc(sizeof(*w));
    link_world_open(w, 4711);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    link_world_close(*state);
    mem_free(*state);
    return 0;
}

static void packets_arrive_in_order_in_both_directions(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    link_world_say(w->link, ZAB_FOLLOWERINFO, 1, 20);
    link_world_say(w->link, ZAB_ACK, 2, 0);
    link_world_say(w->accepted, ZAB_LEADERINFO, 3, 4);
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->there), "FOLLOWERINFO 1 20;ACK 2 0;");
    assert_string_equal(link_side_told(&w->here), "LEADERINFO 3 4;");
}

static void what_one_turn_sends_is_one_write(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    for (int i = 0; i < 50; i++) {
        link_world_say(w->link, ZAB_ACK, i, 10);
    }
    assert_int_equal(link_out_bytes(w->link), 50 * 30);
    links_flush(&w->here.links);
    assert_true(link_out_bytes(w->link) < 50 * 30);
    w->there.is_quiet = true;
    link_world_run(w, 1000);
    assert_int_equal(w->there.packets, 50);
    assert_int_equal(link_out_bytes(w->link), 0);
}

static void an_accepted_link_is_found_by_its_number_until_it_is_gone(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    uint64_t id = link_id(w->accepted);
    assert_ptr_equal(links_find(&w->there.links, id), w->accepted);
    assert_null(links_find(&w->there.links, id + 100));
    link_close(w->accepted);
    assert_null(links_find(&w->there.links, id));
    assert_int_equal(links_count(&w->there.links), 0);
}

static void closing_sends_what_was_queued_and_tells_only_the_other_side(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    link_world_say(w->link, ZAB_ACK, 7, 100);
    link_close(w->link);
    link_close(w->link);
    link_world_say(w->link, ZAB_ACK, 8, 0); // into the void
    w->link = NULL;
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->there), "ACK 7 100;down CLOSED;");
    assert_string_equal(link_side_told(&w->here), "");
    assert_null(w->accepted);
}

static void a_link_may_be_closed_by_what_it_delivers(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    w->there.closes_at_packet = true;
    link_world_say(w->link, ZAB_ACK, 1, 0);
    link_world_say(w->link, ZAB_ACK, 2, 0);
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->there), "ACK 1 0;");
    assert_string_equal(link_side_told(&w->here), "down CLOSED;");
}

static void room_is_told_whenever_what_was_written_has_left(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    w->there.is_quiet = true;
    w->here.rooms = 0;
    link_world_say(w->link, ZAB_COMMIT, 1, 0);
    link_world_run(w, 100);
    assert_int_equal(w->here.rooms, 1);
    while (link_out_bytes(w->link) < LINK_ROOM_BYTES + 2 * NET_ROOM_BYTES) {
        link_world_say(w->link, ZAB_PROPOSAL, 7, 1000);
    }
    links_flush(&w->here.links);
    assert_int_equal(w->here.rooms, 1); // not yet
    link_world_run(w, 5000);
    assert_in_range(w->here.rooms, 2, 200); // in time, and not for every packet
    assert_true(w->there.packet_bytes > LINK_ROOM_BYTES - 100 * 1000);
    size_t before = w->here.rooms;
    link_world_run(w, 1000);
    assert_int_equal(w->here.rooms, before); // nothing was written
}

static void what_room_lets_be_written_leaves_at_once_and_room_is_told_a_turn_later(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    w->here.rooms = 0;
    w->here.answers_room = 5;
    link_world_say(w->link, ZAB_COMMIT, 0, 0);
    links_flush(&w->here.links);
    assert_int_equal(w->here.rooms, 1);
    link_world_run(w, 1000);
    assert_int_equal(w->here.rooms, 6);
    assert_string_equal(link_side_told(&w->there),
                        "COMMIT 0 0;COMMIT 0 0;COMMIT 0 0;COMMIT 0 0;COMMIT 0 0;COMMIT 0 0;");
}

static void a_peer_that_takes_nothing_for_too_long_is_given_up(void **state)
{
    struct link_world *w = *state;
    EXPECT_MARK("stalled link is closed");
    link_world_join(w);
    link_set_read_timeout(w->link, 0);
    link_hold(w->accepted);
    uint8_t bytes[3 * NET_ROOM_BYTES] = {0};
    link_write(w->link, slice_of(bytes, sizeof(bytes)));
    link_world_run(w, LINK_WORLD_STALL_MS - 100);
    assert_string_equal(link_side_told(&w->here), "");
    link_world_run(w, 200);
    assert_string_equal(link_side_told(&w->here), "down TIMEOUT;");
}

static void a_slow_peer_is_not_given_up(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    link_set_read_timeout(w->link, 0);
    w->there.is_quiet = true;
    w->there.holds_at_packet = true;
    for (int i = 0; i < 20; i++) {
        link_world_say(w->link, ZAB_PROPOSAL, i, i == 0 ? 1000 : NET_ROOM_BYTES);
    }
    for (int i = 0; i < 20; i++) {
        link_world_run(w, LINK_WORLD_STALL_MS / 2);
        link_release(w->accepted);
    }
    link_world_run(w, 100);
    assert_int_equal(w->there.packets, 20);
    assert_string_equal(link_side_told(&w->here), "");
}

static void a_peer_that_does_not_read_costs_bounded_memory(void **state)
{
    struct link_world *w = *state;
    EXPECT_MARK("a link is given up that does not read");
    link_world_join(w);
    link_hold(w->accepted);
    size_t most = 0;
    for (int i = 0; i < 1000 && w->link != NULL; i++) {
        link_world_say(w->link, ZAB_PROPOSAL, i, 100000);
        most = link_out_bytes(w->link) > most ? link_out_bytes(w->link) : most;
        link_world_run(w, 1);
    }
    assert_string_equal(link_side_told(&w->here), "down LIMIT;");
    assert_true(most <= LIMIT_LINK_OUT_BYTES);
    assert_true(most > LIMIT_LINK_OUT_BYTES - 200000);
}

static void silence_ends_a_link_after_its_timeout(void **state)
{
    struct link_world *w = *state;
    EXPECT_MARK("silent link is closed");
    link_world_join(w);
    link_set_read_timeout(w->accepted, 500);
    link_world_run(w, 300);
    link_world_say(w->link, ZAB_PING, 0, 0);
    link_world_run(w, 400);
    assert_string_equal(link_side_told(&w->there), "PING 0 0;");
    link_world_run(w, 400);
    assert_string_equal(link_side_told(&w->there), "down TIMEOUT;");
}

static void silence_does_not_count_while_held_nor_without_a_timeout(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    link_set_read_timeout(w->link, 0);
    link_set_read_timeout(w->accepted, 500);
    link_hold(w->accepted);
    link_world_run(w, 30000);
    assert_string_equal(link_side_told(&w->there), "");
    link_release(w->accepted);
    link_world_run(w, 400);
    assert_string_equal(link_side_told(&w->there), "");
    link_world_run(w, 400);
    assert_string_equal(link_side_told(&w->there), "down TIMEOUT;");
    assert_string_equal(link_side_told(&w->here), "down CLOSED;");
}

static void what_came_while_this_server_stood_still_counts_as_heard(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    link_set_read_timeout(w->accepted, 500);
    link_world_run(w, 400);
    link_world_say(w->link, ZAB_PING, 0, 0);
    links_flush(&w->here.links);
    w->world.now_ns += INT64_C(5000000000);
    link_world_run(w, 100);
    assert_string_equal(link_side_told(&w->there), "PING 0 0;");
}

static void nothing_comes_from_a_held_link_until_it_is_released(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    w->there.holds_at_packet = true;
    for (int i = 1; i <= 3; i++) {
        link_world_say(w->link, ZAB_ACK, i, 0);
    }
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->there), "ACK 1 0;");
    link_release(w->accepted);
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->there), "ACK 2 0;");
    w->there.holds_at_packet = false;
    link_release(w->accepted);
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->there), "ACK 3 0;");
}

static void the_end_of_a_held_link_waits_behind_its_packets(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    w->there.holds_at_packet = true;
    link_world_say(w->link, ZAB_ACK, 1, 0);
    link_world_say(w->link, ZAB_ACK, 2, 0);
    link_world_run(w, 1000);
    link_close(w->link);
    w->link = NULL;
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->there), "ACK 1 0;");
    w->there.holds_at_packet = false;
    link_release(w->accepted);
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->there), "ACK 2 0;down CLOSED;");
}

static void packets_of_one_that_has_hung_up_are_read_to_the_end(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    for (int i = 1; i <= 3; i++) {
        link_world_say(w->link, ZAB_COMMIT, i, 0);
    }
    link_close(w->link);
    w->link = NULL;
    link_world_say(w->accepted, ZAB_ACK, 1, 0);
    links_flush(&w->there.links); // the other end is closed: the write fails
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->there), "COMMIT 1 0;COMMIT 2 0;COMMIT 3 0;down CLOSED;");
}

static void a_broken_connection_is_told_to_both(void **state)
{
    struct link_world *w = *state;
    link_world_join(w);
    net_break(&w->here.node->net);
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->here), "down CONNECTION;");
    assert_string_equal(link_side_told(&w->there), "down CONNECTION;");
}

static void more_links_than_the_limit_are_refused(void **state)
{
    struct link_world *w = *state;
    EXPECT_MARK("too many links");
    link_world_listen(w);
    for (int i = 0; i < LIMIT_LINKS; i++) {
        assert_non_null(link_world_dial(w, "there"));
    }
    assert_null(link_world_dial(w, "there"));
    assert_int_equal(links_count(&w->here.links), LIMIT_LINKS);
    link_world_run(w, 5000);
    assert_int_equal(links_count(&w->there.links), LIMIT_LINKS);
}

static void memory_that_is_out_costs_the_link_and_not_the_server(void **state)
{
    struct link_world *w = *state;
    EXPECT_MARK("no memory for a link's output");
    link_world_join(w);
    unsigned before = mem_fail_after(1);
    struct zab_packet p = {.type = ZAB_PROPOSAL, .zxid = 1};
    link_send(w->link, &p);
    (void)mem_fail_after(before);
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->here), "down NO_MEMORY;");
    assert_string_equal(link_side_told(&w->there), "down CLOSED;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(packets_arrive_in_order_in_both_directions),
        TEST(what_one_turn_sends_is_one_write),
        TEST(an_accepted_link_is_found_by_its_number_until_it_is_gone),
        TEST(closing_sends_what_was_queued_and_tells_only_the_other_side),
        TEST(a_link_may_be_closed_by_what_it_delivers),
        TEST(room_is_told_whenever_what_was_written_has_left),
        TEST(what_room_lets_be_written_leaves_at_once_and_room_is_told_a_turn_later),
        TEST(a_peer_that_takes_nothing_for_too_long_is_given_up),
        TEST(a_slow_peer_is_not_given_up),
        TEST(a_peer_that_does_not_read_costs_bounded_memory),
        TEST(silence_ends_a_link_after_its_timeout),
        TEST(silence_does_not_count_while_held_nor_without_a_timeout),
        TEST(what_came_while_this_server_stood_still_counts_as_heard),
        TEST(nothing_comes_from_a_held_link_until_it_is_released),
        TEST(the_end_of_a_held_link_waits_behind_its_packets),
        TEST(packets_of_one_that_has_hung_up_are_read_to_the_end),
        TEST(a_broken_connection_is_told_to_both),
        TEST(more_links_than_the_limit_are_refused),
        TEST(memory_that_is_out_costs_the_link_and_not_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
