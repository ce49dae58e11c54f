// SPDX-License-Identifier: Apache-2.0
//
// Connections of the mesh, from the other end of the wire: headers, frames, silence, nonsense.
#include "tests/unit/server/mesh_world.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/mark.h"
#include "base/mem.h"

static int setup(void **state)
{
    static struct mesh_world w;
    mesh_world_open(&w, 11, 3);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    mesh_world_close(*state);
    return 0;
}

#define ASSERT_TOLD(w, sid, text) assert_string_equal(mesh_world_told(w, sid), text)

static void a_larger_id_is_heard_and_answered(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest g;
    mesh_world_start(w, 2);
    w->members[2].reply = slice_str("vote");
    mesh_guest_connect(&g, w, 2);
    mesh_guest_greet(&g, 3, "10.9.9.9:3888");
    mesh_guest_frame(&g, "one");
    mesh_guest_frame(&g, "two");
    mesh_world_run(w, 100);
    ASSERT_TOLD(w, 2, "3 one;3 two;");
    assert_true(g.heard.len >= 8);
    assert_memory_equal(g.heard.data, "\0\0\0\4vote", 8);
    mesh_guest_hang_up(&g);
}

static void bytes_may_come_one_at_a_time(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest g;
    struct buf b = {0};
    mesh_world_start(w, 2);
    buf_put_i64(&b, -65536);
    buf_put_i64(&b, 3);
    buf_put_i32(&b, 6);
    buf_append_str(&b, "m3:388");
    buf_put_i32(&b, 5);
    buf_append_str(&b, "hello");
    mesh_guest_connect(&g, w, 2);
    for (size_t i = 0; i < b.len; i++) {
        mesh_guest_send(&g, b.data + i, 1);
        mesh_world_run(w, 1);
    }
    mesh_world_run(w, 100);
    ASSERT_TOLD(w, 2, "3 hello;");
    mesh_guest_hang_up(&g);
    buf_fini(&b);
}

static void an_old_release_says_its_id_alone(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest g;
    struct buf b = {0};
    mesh_world_start(w, 2);
    buf_put_i64(&b, 3);
    mesh_guest_connect(&g, w, 2);
    mesh_guest_send(&g, b.data, b.len);
    mesh_guest_frame(&g, "hello");
    mesh_world_run(w, 100);
    ASSERT_TOLD(w, 2, "3 hello;");
    mesh_guest_hang_up(&g);
    buf_fini(&b);
}

static void a_smaller_id_is_hung_up_and_dialled_back(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest g;
    mesh_world_start(w, 1);
    mesh_world_start(w, 2);
    mesh_guest_connect(&g, w, 2);
    mesh_guest_greet(&g, 1, "0.0.0.0:3888"); // so it is dialled where it is configured
    mesh_world_run(w, 100);
    assert_true(g.is_ended);
    assert_int_equal(g.heard.len, 0);
    assert_true(mesh_is_connected(w->members[2].mesh, 1));
    assert_true(mesh_is_connected(w->members[1].mesh, 2));
    mesh_guest_hang_up(&g);
}

static void a_smaller_id_is_dialled_where_it_says_first(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest g;
    mesh_world_config(w, "server.1=nowhere:2888:3888\nserver.2=m2:2888:3888\n", NULL);
    mesh_world_start(w, 2);
    w->members[1].options.sid = 1;
    mesh_world_start(w, 1);
    mesh_guest_connect(&g, w, 2);
    mesh_guest_greet(&g, 1, "m1:3888");
    mesh_world_run(w, 1000);
    assert_true(mesh_is_connected(w->members[2].mesh, 1));
    mesh_guest_hang_up(&g);
}

static void a_new_connection_replaces_the_old_one(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest old, new;
    mesh_world_start(w, 2);
    mesh_guest_connect(&old, w, 2);
    mesh_guest_greet(&old, 3, "m3:3888");
    mesh_world_run(w, 100);
    mesh_world_say(w, 2, 3, "vote");
    mesh_world_run(w, 100);
    assert_int_equal(old.heard.len, 8);
    mesh_guest_connect(&new, w, 2);
    mesh_guest_greet(&new, 3, "m3:3888");
    mesh_world_run(w, 100);
    assert_true(old.is_ended);
    assert_int_equal(new.heard.len, 8); // the same again
    mesh_guest_frame(&new, "x");
    mesh_world_run(w, 100);
    ASSERT_TOLD(w, 2, "3 x;");
    mesh_guest_hang_up(&old);
    mesh_guest_hang_up(&new);
}

static void a_slow_reader_gets_the_newest_message(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest g;
    static char text[100000];
    mesh_world_start(w, 2);
    mesh_guest_connect(&g, w, 2);
    mesh_guest_greet(&g, 3, "m3:3888");
    mesh_world_run(w, 100);
    net_set_deaf(g.link, true);
    for (int i = 0; i < 100; i++) {
        memset(text, 'a' + i % 26, sizeof(text));
        mesh_send(w->members[2].mesh, 3, slice_of(text, sizeof(text)));
        mesh_world_run(w, 10);
    }
    net_set_deaf(g.link, false);
    mesh_world_run(w, 10000);
    assert_int_equal(g.heard.len, 2 * (sizeof(text) + 4)); // the one begun, and the last one
    assert_int_equal(g.heard.data[4], 'a');
    assert_int_equal(g.heard.data[g.heard.len - 1], 'a' + 99 % 26);
    mesh_guest_hang_up(&g);
}

// ---- what is refused ----

static void assert_refused(struct mesh_world *w, struct mesh_guest *g, const char *what)
{
    mesh_world_run(w, 100);
    assert_true(g->is_ended);
    ASSERT_TOLD(w, 2, "");
    assert_int_equal(mesh_world_logged(w, 2, what), 1);
    mesh_guest_hang_up(g);
}

static void nonsense_instead_of_a_header_is_refused(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest g;
    mesh_world_start(w, 2);
    mesh_guest_connect(&g, w, 2);
    mesh_guest_send(&g, "\x80\0\0\0\0\0\0\0GET / HTTP", 18);
    assert_refused(w, &g, "not the header of a server");
}

static void our_own_id_is_refused(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest g;
    mesh_world_start(w, 2);
    mesh_guest_connect(&g, w, 2);
    mesh_guest_greet(&g, 2, "m2:3888");
    mesh_guest_frame(&g, "hello, me");
    assert_refused(w, &g, "it has our id");
}

static void lengths_that_cannot_be_end_the_connection(void **state)
{
    struct mesh_world *w = *state;
    static const uint32_t lengths[] = {0, MESH_MESSAGE_BYTES_MAX + 1, 0x80000000, 0xffffffff};
    mesh_world_start(w, 2);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct mesh_guest g;
        uint8_t bytes[4];
        be32_store(bytes, lengths[i]);
        mesh_guest_connect(&g, w, 2);
        mesh_guest_greet(&g, 3, "m3:3888");
        mesh_guest_frame(&g, "ok");
        mesh_guest_send(&g, bytes, 4);
        mesh_guest_frame(&g, "never");
        mesh_world_run(w, 100);
        assert_true(g.is_ended);
        ASSERT_TOLD(w, 2, "3 ok;");
        assert_false(mesh_is_connected(w->members[2].mesh, 3));
        mesh_guest_hang_up(&g);
    }
}

static void who_says_nothing_is_closed_in_time(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest g, half;
    mesh_world_start(w, 2);
    mesh_guest_connect(&g, w, 2);
    mesh_guest_connect(&half, w, 2);
    mesh_guest_send(&half, "\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0", 12);
    mesh_world_run(w, 1000);
    assert_false(g.is_ended || half.is_ended);
    mesh_world_run(w, 3000);
    assert_true(g.is_ended && half.is_ended);
    mesh_guest_hang_up(&g);
    mesh_guest_hang_up(&half);
}

static void who_has_greeted_may_be_silent(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest g;
    mesh_world_start(w, 2);
    mesh_guest_connect(&g, w, 2);
    mesh_guest_greet(&g, 3, "m3:3888");
    mesh_world_run(w, 100000);
    assert_false(g.is_ended);
    mesh_guest_frame(&g, "still here");
    mesh_world_run(w, 100);
    ASSERT_TOLD(w, 2, "3 still here;");
    mesh_guest_hang_up(&g);
}

static void many_silent_ones_do_not_keep_a_server_out(void **state)
{
    EXPECT_MARK("a silent connection makes room");
    struct mesh_world *w = *state;
    static struct mesh_guest silent[2 * LIMIT_MESH_GUESTS];
    struct mesh_guest g;
    size_t ended = 0;
    mesh_world_start(w, 2);
    for (size_t i = 0; i < 2 * (size_t)LIMIT_MESH_GUESTS; i++) {
        mesh_guest_connect(&silent[i], w, 2);
        mesh_world_run(w, 1);
    }
    mesh_guest_connect(&g, w, 2);
    mesh_guest_greet(&g, 3, "m3:3888");
    mesh_guest_frame(&g, "hello");
    mesh_world_run(w, 100);
    ASSERT_TOLD(w, 2, "3 hello;");
    for (size_t i = 0; i < 2 * (size_t)LIMIT_MESH_GUESTS; i++) {
        ended += silent[i].is_ended ? 1 : 0;
        mesh_guest_hang_up(&silent[i]);
    }
    assert_in_range(ended, LIMIT_MESH_GUESTS, LIMIT_MESH_GUESTS + 1);
    mesh_guest_hang_up(&g);
}

static void strangers_are_counted(void **state)
{
    EXPECT_MARK("too many strangers");
    struct mesh_world *w = *state;
    static struct mesh_guest strangers[LIMIT_MESH_STRANGERS + 1];
    struct mesh_guest g;
    mesh_world_start(w, 2);
    for (int i = 0; i <= LIMIT_MESH_STRANGERS; i++) {
        mesh_guest_connect(&strangers[i], w, 2);
        mesh_guest_greet(&strangers[i], 100 + i, "m3:3888");
        mesh_world_run(w, 20);
    }
    assert_false(strangers[0].is_ended);
    assert_true(strangers[LIMIT_MESH_STRANGERS].is_ended);
    mesh_guest_connect(&g, w, 2); // one of the configuration is welcome
    mesh_guest_greet(&g, 3, "m3:3888");
    mesh_world_run(w, 100);
    assert_true(mesh_is_connected(w->members[2].mesh, 3));
    mesh_guest_hang_up(&strangers[0]); // and gone is gone
    mesh_guest_hang_up(&strangers[LIMIT_MESH_STRANGERS]);
    mesh_world_run(w, 100);
    mesh_guest_connect(&strangers[0], w, 2);
    mesh_guest_greet(&strangers[0], 777, "m3:3888");
    mesh_world_run(w, 100);
    assert_true(mesh_is_connected(w->members[2].mesh, 777));
    mesh_guest_hang_up(&g);
    for (int i = 0; i < LIMIT_MESH_STRANGERS; i++) {
        mesh_guest_hang_up(&strangers[i]);
    }
}

static void an_anonymous_observer_is_dialled_back(void **state)
{
    struct mesh_world *w = *state;
    struct mesh_guest g;
    mesh_world_start(w, 2);
    w->members[1].options.sid = INT64_MAX; // as it calls itself
    mesh_world_config(w, "server.2=m2:2888:3888\nserver.9223372036854775807=m1:2888:3888\n", NULL);
    mesh_guest_connect(&g, w, 2);
    mesh_guest_greet(&g, MESH_ANONYMOUS, "m1:3888");
    mesh_world_run(w, 100);
    assert_true(g.is_ended); // smaller than everybody
    assert_true(w->members[2].node->resolver.questions > 0);
    mesh_guest_hang_up(&g);
}

// The frames of a peer that is a program of nonsense: nothing of it may hurt.
static void random_bytes_do_no_harm(void **state)
{
    struct mesh_world *w = *state;
    struct prng prng;
    prng_init(&prng, 5);
    mesh_world_start(w, 2);
    for (int i = 0; i < 300; i++) {
        struct mesh_guest g;
        uint8_t bytes[64];
        mesh_guest_connect(&g, w, 2);
        if (prng_below(&prng, 2) == 0) {
            mesh_guest_greet(&g, (int64_t)prng_below(&prng, 5), "m1:1|m2:2|0.0.0.0:3");
        }
        for (size_t j = 0; j < sizeof(bytes); j++) {
            bytes[j] = (uint8_t)(prng_below(&prng, 3) == 0 ? prng_next(&prng) : 0);
        }
        mesh_guest_send(&g, bytes, prng_below(&prng, sizeof(bytes)));
        mesh_world_run(w, (int64_t)prng_below(&prng, 20));
        mesh_guest_hang_up(&g);
    }
    mesh_world_run(w, 60000);
    (void)mesh_world_told(w, 2);
    mesh_world_start(w, 1);
    mesh_world_say(w, 1, 2, "sane");
    mesh_world_run(w, 10000);
    ASSERT_TOLD(w, 2, "1 sane;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(a_larger_id_is_heard_and_answered),
        T(bytes_may_come_one_at_a_time),
        T(an_old_release_says_its_id_alone),
        T(a_smaller_id_is_hung_up_and_dialled_back),
        T(a_smaller_id_is_dialled_where_it_says_first),
        T(a_new_connection_replaces_the_old_one),
        T(a_slow_reader_gets_the_newest_message),
        T(nonsense_instead_of_a_header_is_refused),
        T(our_own_id_is_refused),
        T(lengths_that_cannot_be_end_the_connection),
        T(who_says_nothing_is_closed_in_time),
        T(who_has_greeted_may_be_silent),
        T(many_silent_ones_do_not_keep_a_server_out),
        T(strangers_are_counted),
        T(an_anonymous_observer_is_dialled_back),
        T(random_bytes_do_no_harm),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
