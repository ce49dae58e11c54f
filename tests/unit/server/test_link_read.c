// SPDX-License-Identifier: Apache-2.0
//
// Whatever the pieces that bytes arrive in, packets come out whole and once; streams between them
// come out byte for byte; garbage and oversize end the link.
#include <string.h>

#include "base/limits.h"
#include "base/mark.h"
#include "base/mem.h"
#include "tests/unit/server/link_world.h"

static void every_packet_comes_whole_whatever_the_pieces(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct link_world w;
        link_world_open(&w, seed);
        link_world_join(&w);
        w.there.is_quiet = true;
        uint64_t bytes = 0;
        for (int i = 0; i < 200; i++) {
            size_t len = (size_t)prng_below(&w.world.prng, i % 10 == 0 ? 50000 : 2000);
            len = i == 0 ? 100 : len;
            link_world_say(w.link, ZAB_PROPOSAL, i, len); // the receiver compares each byte
            bytes += len;
        }
        link_world_run(&w, 20000);
        assert_int_equal(w.there.packets, 200);
        assert_int_equal(w.there.packet_bytes, bytes);
        link_world_close(&w);
    }
}

static void the_same_when_the_link_is_held_and_released_all_the_time(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 120; seed++) {
        struct link_world w;
        link_world_open(&w, seed);
        link_world_join(&w);
        w.there.is_quiet = true;
        w.there.holds_at_packet = true;
        for (int i = 0; i < 100; i++) {
            link_world_say(w.link, ZAB_PROPOSAL, i, i % 7 == 1 ? 30000 : 900);
        }
        for (int i = 0; i < 20000 && w.there.packets < 100; i++) {
            link_world_run(&w, 1);
            assert_non_null(w.accepted);
            link_release(w.accepted);
        }
        assert_int_equal(w.there.packets, 100);
        link_world_close(&w);
    }
}

// A packet, a stream of `len` bytes, a packet.
static void say_stream(struct link_world *w, size_t len)
{
    link_world_say(w->link, ZAB_SNAP, 5, 0);
    uint8_t *bytes = mem_alloc(len);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    }
    link_write(w->link, slice_of(bytes, len));
    link_world_say(w->link, ZAB_NEWLEADER, 6, 30);
    mem_free(bytes);
}

static void check_stream(const struct link_side *side, size_t len)
{
    assert_int_equal(side->raw.len, len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(side->raw.data[i], (uint8_t)(i * 7 + i / 251));
    }
}

static void a_stream_between_packets_comes_byte_for_byte(void **state)
{
    (void)state;
    enum { STREAM_BYTES = 300000 };
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct link_world w;
        link_world_open(&w, seed);
        link_world_join(&w);
        w.there.raw_at_packet = true;
        w.there.raw_ends_at = STREAM_BYTES;
        w.there.raw_take_max = seed % 2 == 0 ? 5000 : 0;
        say_stream(&w, STREAM_BYTES);
        for (int i = 0; i < 400 && w.there.raw.len < STREAM_BYTES; i++) {
            link_world_run(&w, 50);
            link_hold(w.accepted); // what was not used comes again, also without anything new
            link_release(w.accepted);
        }
        w.there.raw_at_packet = false;
        link_world_run(&w, 1000);
        check_stream(&w.there, STREAM_BYTES);
        assert_string_equal(link_side_told(&w.there), "SNAP 5 0;NEWLEADER 6 30;");
        link_world_close(&w);
    }
}

static void a_stream_of_which_nothing_is_taken_ends_the_link(void **state)
{
    (void)state;
    struct link_world w;
    link_world_open(&w, 9);
    EXPECT_MARK("a stream that nobody takes");
    link_world_join(&w);
    w.there.raw_at_packet = true;
    w.there.raw_take_max = 1;
    say_stream(&w, LINK_WORLD_DATA_MAX * 3);
    link_world_run(&w, 8000);
    assert_string_equal(link_side_told(&w.there), "SNAP 5 0;down TOO_BIG;");
    assert_string_equal(link_side_told(&w.here), "down CLOSED;");
    link_world_close(&w);
}

static void expect_end(struct slice bytes, enum err reason)
{
    struct link_world w;
    link_world_open(&w, 3);
    link_world_join(&w);
    link_write(w.link, bytes);
    link_world_run(&w, 1000);
    struct buf text = {0};
    buf_printf(&text, "down %s;", err_name(reason));
    assert_string_equal(link_side_told(&w.there), buf_cstr(&text));
    assert_null(w.accepted);
    buf_fini(&text);
    link_world_close(&w);
}

static void garbage_ends_the_link(void **state)
{
    (void)state;
    EXPECT_MARK("garbage on a link");
    uint8_t bytes[20] = {0, 0, 0, 11};
    be32_store(bytes + 12, UINT32_MAX - 7);
    expect_end(slice_of(bytes, sizeof(bytes)), ERR_MALFORMED);
}

static void the_first_packet_of_one_that_connected_must_be_small(void **state)
{
    (void)state;
    uint8_t bytes[20] = {0, 0, 0, 11};
    be32_store(bytes + 12, LIMIT_LINK_GREETING_BYTES + 1);
    expect_end(slice_of(bytes, sizeof(bytes)), ERR_TOO_BIG);
    struct link_world w;
    link_world_open(&w, 3);
    link_world_join(&w);
    link_world_say(w.link, ZAB_FOLLOWERINFO, 1, LIMIT_LINK_GREETING_BYTES);
    link_world_say(w.link, ZAB_REQUEST, 1, LINK_WORLD_DATA_MAX);
    link_world_say(w.accepted, ZAB_PROPOSAL, 1, LINK_WORLD_DATA_MAX);
    link_world_run(&w, 3000);
    assert_string_equal(link_side_told(&w.there), "FOLLOWERINFO 1 4096;REQUEST 1 200000;");
    assert_string_equal(link_side_told(&w.here), "PROPOSAL 1 200000;");
    link_world_say(w.link, ZAB_REQUEST, 1, LINK_WORLD_DATA_MAX + 1);
    link_world_run(&w, 3000);
    assert_string_equal(link_side_told(&w.there), "down TOO_BIG;");
    link_world_close(&w);
}

static void memory_that_is_out_for_input_costs_the_link(void **state)
{
    (void)state;
    struct link_world w;
    link_world_open(&w, 3);
    EXPECT_MARK("no memory for a link's input");
    link_world_join(&w);
    link_world_say(w.link, ZAB_FOLLOWERINFO, 1, 10);
    link_world_run(&w, 1000);
    link_world_say(w.link, ZAB_REQUEST, 1, 100000);
    links_flush(&w.here.links);
    w.there.node->try_countdown = 1;
    link_world_run(&w, 1000);
    assert_string_equal(link_side_told(&w.there), "FOLLOWERINFO 1 10;down NO_MEMORY;");
    link_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_packet_comes_whole_whatever_the_pieces),
        cmocka_unit_test(the_same_when_the_link_is_held_and_released_all_the_time),
        cmocka_unit_test(a_stream_between_packets_comes_byte_for_byte),
        cmocka_unit_test(a_stream_of_which_nothing_is_taken_ends_the_link),
        cmocka_unit_test(garbage_ends_the_link),
        cmocka_unit_test(the_first_packet_of_one_that_connected_must_be_small),
        cmocka_unit_test(memory_that_is_out_for_input_costs_the_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
