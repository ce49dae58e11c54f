// SPDX-License-Identifier: Apache-2.0
//
// The mesh: who dials whom, what is said again, configurations, listeners.
#include "tests/unit/server/mesh_world.h"

#include <stdio.h>
#include <string.h>

#include "base/mark.h"
#include "base/mem.h"

static int setup(void **state)
{
    static struct mesh_world w;
    mesh_world_open(&w, 7, 3);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    mesh_world_close(*state);
    return 0;
}

static void start_all(struct mesh_world *w, int count)
{
    for (int sid = 1; sid <= count; sid++) {
        mesh_world_start(w, sid);
    }
}

#define ASSERT_TOLD(w, sid, text) assert_string_equal(mesh_world_told(w, sid), text)

// ---- messages ----

static void a_message_to_a_smaller_id_is_dialled(void **state)
{
    struct mesh_world *w = *state;
    start_all(w, 2);
    mesh_world_say(w, 2, 1, "hello");
    mesh_world_run(w, 50);
    ASSERT_TOLD(w, 1, "2 hello;");
    assert_true(mesh_is_connected(w->members[1].mesh, 2));
    assert_true(mesh_is_connected(w->members[2].mesh, 1));
    mesh_world_say(w, 1, 2, "and you");
    mesh_world_run(w, 50);
    ASSERT_TOLD(w, 2, "1 and you;");
}

static void a_message_to_a_larger_id_is_dialled_back(void **state)
{
    struct mesh_world *w = *state;
    start_all(w, 2);
    mesh_world_say(w, 1, 2, "hello");
    mesh_world_run(w, 50);
    ASSERT_TOLD(w, 2, "1 hello;");
    assert_int_equal(mesh_world_logged(w, 1, "peer_connected"), 1);
    assert_int_equal(mesh_world_logged(w, 2, "peer_connected"), 1);
}

static void all_talk_to_all_at_once(void **state)
{
    struct mesh_world *w = *state;
    start_all(w, 3);
    for (int from = 1; from <= 3; from++) {
        for (int to = 1; to <= 3; to++) {
            if (from != to) {
                mesh_world_say(w, from, to, "x");
            }
        }
    }
    mesh_world_run(w, 1000);
    for (int sid = 1; sid <= 3; sid++) {
        const char *told = mesh_world_told(w, sid);
        assert_true(sid == 1 || strstr(told, "1 x;") != NULL);
        assert_true(sid == 2 || strstr(told, "2 x;") != NULL);
        assert_true(sid == 3 || strstr(told, "3 x;") != NULL);
    }
}

static void only_the_newest_message_waits(void **state)
{
    struct mesh_world *w = *state;
    mesh_world_start(w, 2);
    mesh_world_say(w, 2, 1, "old");
    mesh_world_run(w, 300);
    mesh_world_say(w, 2, 1, "newer");
    mesh_world_say(w, 2, 1, "newest");
    mesh_world_start(w, 1);
    mesh_world_run(w, 5000);
    ASSERT_TOLD(w, 1, "2 newest;");
}

static void what_waits_is_tried_again_for_a_while(void **state)
{
    struct mesh_world *w = *state;
    mesh_world_start(w, 2);
    mesh_world_say(w, 2, 1, "hello");
    mesh_world_run(w, 10000);
    assert_int_equal(mesh_world_logged(w, 2, "peer_unreachable"), 1);
    mesh_world_start(w, 1);
    mesh_world_run(w, 5000);
    ASSERT_TOLD(w, 1, "2 hello;");
    mesh_world_stop(w, 1);
    mesh_world_run(w, 100);
    mesh_world_say(w, 2, 1, "lost?");
    mesh_world_run(w, 600000); // given up
    uint64_t asked = w->members[2].node->resolver.questions;
    mesh_world_run(w, 600000);
    assert_int_equal(w->members[2].node->resolver.questions, asked);
    mesh_world_start(w, 1);
    mesh_connect_all(w->members[2].mesh);
    mesh_world_run(w, 1000);
    ASSERT_TOLD(w, 1, "2 lost?;");
}

static void the_smaller_one_waits_to_be_dialled_too(void **state)
{
    struct mesh_world *w = *state;
    mesh_world_start(w, 1);
    mesh_world_say(w, 1, 2, "hello");
    mesh_world_run(w, 10000);
    mesh_world_start(w, 2);
    mesh_world_run(w, 5000);
    ASSERT_TOLD(w, 2, "1 hello;");
}

static void the_last_message_is_said_again_on_a_new_connection(void **state)
{
    struct mesh_world *w = *state;
    start_all(w, 2);
    mesh_world_say(w, 1, 2, "from one");
    mesh_world_run(w, 50);
    ASSERT_TOLD(w, 2, "1 from one;");
    net_break_between(&w->members[1].node->net, &w->members[2].node->net);
    mesh_world_run(w, 5000);
    assert_false(mesh_is_connected(w->members[1].mesh, 2)); // there is nothing to say
    mesh_world_say(w, 2, 1, "from two");
    mesh_world_run(w, 5000);
    ASSERT_TOLD(w, 1, "2 from two;");
    ASSERT_TOLD(w, 2, "1 from one;");
}

static void what_waits_goes_before_the_last_message(void **state)
{
    struct mesh_world *w = *state;
    start_all(w, 2);
    mesh_world_say(w, 2, 1, "first");
    mesh_world_run(w, 50);
    ASSERT_TOLD(w, 1, "2 first;");
    net_break_between(&w->members[1].node->net, &w->members[2].node->net);
    mesh_world_run(w, 50);
    mesh_world_say(w, 2, 1, "second");
    mesh_world_run(w, 5000);
    ASSERT_TOLD(w, 1, "2 second;");
}

static void a_restarted_server_is_heard_again(void **state)
{
    struct mesh_world *w = *state;
    start_all(w, 2);
    mesh_world_say(w, 2, 1, "hello");
    mesh_world_run(w, 50);
    mesh_world_stop(w, 1);
    mesh_world_start(w, 1);
    mesh_world_say(w, 1, 2, "here again");
    mesh_world_run(w, 5000);
    ASSERT_TOLD(w, 2, "1 here again;");
    ASSERT_TOLD(w, 1, "2 hello;2 hello;");
}

static void large_messages_pass_and_larger_ones_do_not(void **state)
{
    struct mesh_world *w = *state;
    static char text[MESH_MESSAGE_BYTES_MAX + 1];
    memset(text, 'x', sizeof(text));
    start_all(w, 2);
    mesh_send(w->members[1].mesh, 2, slice_of(text, sizeof(text)));
    mesh_send(w->members[1].mesh, 2, slice_of(text, 0));
    mesh_world_run(w, 100);
    assert_false(mesh_is_connected(w->members[1].mesh, 2));
    mesh_send(w->members[1].mesh, 2, slice_of(text, MESH_MESSAGE_BYTES_MAX));
    mesh_world_run(w, 10000);
    assert_int_equal(w->members[2].told.len, MESH_MESSAGE_BYTES_MAX + 3);
}

static void a_message_may_be_answered_from_its_callback(void **state)
{
    struct mesh_world *w = *state;
    start_all(w, 2);
    w->members[1].reply = slice_str("pong");
    mesh_world_say(w, 2, 1, "ping");
    mesh_world_run(w, 50);
    ASSERT_TOLD(w, 2, "1 pong;");
}

static void the_mesh_may_be_closed_from_its_callback(void **state)
{
    struct mesh_world *w = *state;
    start_all(w, 2);
    w->members[1].closes_at_message = true;
    mesh_world_say(w, 2, 1, "ping");
    mesh_world_run(w, 5000);
    ASSERT_TOLD(w, 1, "2 ping;");
    assert_false(mesh_is_connected(w->members[2].mesh, 1));
}

// ---- strangers ----

static void who_is_in_no_configuration_is_not_dialled(void **state)
{
    struct mesh_world *w = *state;
    mesh_world_config(w, "server.1=m1:2888:3888\nserver.2=m2:2888:3888\n", NULL);
    start_all(w, 3);
    mesh_world_say(w, 1, 3, "hello");
    mesh_world_run(w, 1000);
    ASSERT_TOLD(w, 3, "");
    assert_int_equal(w->members[1].node->resolver.questions, 0);
}

static void start_stranger(struct mesh_world *w, int sid, const char *others)
{
    start_all(w, 3);
    mesh_world_stop(w, sid);
    mesh_world_config(w, "server.1=m1:2888:3888\nserver.2=m2:2888:3888\nserver.3=m3:2888:3888\n",
                      NULL);
    mesh_world_start(w, sid);
    struct mesh *stranger = w->members[sid].mesh;
    w->members[sid].mesh = NULL; // keeps what it knows
    mesh_world_config(w, others, NULL);
    w->members[sid].mesh = stranger;
}

static void a_stranger_of_larger_id_is_answered(void **state)
{
    struct mesh_world *w = *state;
    start_stranger(w, 3, "server.1=m1:2888:3888\nserver.2=m2:2888:3888\n");
    w->members[1].reply = slice_str("welcome");
    mesh_world_say(w, 3, 1, "may I?");
    mesh_world_run(w, 1000);
    ASSERT_TOLD(w, 1, "3 may I?;");
    ASSERT_TOLD(w, 3, "1 welcome;");
}

static void a_stranger_of_smaller_id_is_dialled_where_it_says(void **state)
{
    struct mesh_world *w = *state;
    start_stranger(w, 1, "server.2=m2:2888:3888\nserver.3=m3:2888:3888\n");
    w->members[2].reply = slice_str("welcome");
    mesh_world_say(w, 1, 2, "may I?");
    mesh_world_run(w, 1000);
    ASSERT_TOLD(w, 2, "1 may I?;");
    ASSERT_TOLD(w, 1, "2 welcome;");
}

// ---- configurations ----

static void who_stays_keeps_its_connection(void **state)
{
    struct mesh_world *w = *state;
    start_all(w, 3);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_say(w, 3, 1, "x");
    mesh_world_run(w, 1000);
    mesh_world_config(w, "server.1=m1:2888:3888\nserver.2=m2:2888:3888\n", NULL);
    mesh_world_run(w, 1000);
    assert_true(mesh_is_connected(w->members[1].mesh, 2));
    assert_false(mesh_is_connected(w->members[1].mesh, 3));
    assert_int_equal(mesh_world_logged(w, 1, "peer_connected"), 2);
}

static void a_server_that_moved_is_dialled_at_its_new_place(void **state)
{
    EXPECT_MARK("a server has moved");
    struct mesh_world *w = *state;
    start_all(w, 2);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_run(w, 1000);
    ASSERT_TOLD(w, 1, "2 x;");
    mesh_world_config(w, "server.1=m1:2888:4888\nserver.2=m2:2888:3888\n", NULL);
    mesh_world_run(w, 100);
    assert_false(mesh_is_connected(w->members[2].mesh, 1));
    mesh_world_say(w, 2, 1, "y");
    mesh_world_run(w, 1000);
    ASSERT_TOLD(w, 1, "2 y;");
    struct port_listener *l;
    struct port_net *net = &w->members[1].node->net.port;
    assert_int_equal(net->listen(net, NULL, 3888, 0, false, &l), ERR_OK); // the old port is free
    l->close(l);
}

static void a_configuration_that_is_only_seen_is_dialled_too(void **state)
{
    struct mesh_world *w = *state;
    mesh_world_config(w, "server.1=m1:2888:3888\nserver.2=m2:2888:3888\n",
                      "server.1=m1:2888:3888\nserver.2=m2:2888:3888\nserver.3=m3:2888:3888\n");
    start_all(w, 3);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_say(w, 3, 1, "x");
    mesh_world_say(w, 2, 3, "y");
    mesh_world_run(w, 1000);
    ASSERT_TOLD(w, 3, "2 y;");
    mesh_world_config(w, "server.1=m1:2888:3888\nserver.2=m2:2888:3888\nserver.3=m3:2888:3888\n",
                      NULL);
    assert_true(mesh_is_connected(w->members[1].mesh, 2));
    assert_true(mesh_is_connected(w->members[1].mesh, 3));
}

static void what_waits_goes_to_the_new_place(void **state)
{
    struct mesh_world *w = *state;
    mesh_world_config(w, "server.1=nowhere:2888:3888\nserver.2=m2:2888:3888\n", NULL);
    mesh_world_start(w, 2);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_run(w, 60000);
    mesh_world_start(w, 1);
    mesh_world_config(w, "server.1=m1:2888:3888\nserver.2=m2:2888:3888\n", NULL);
    mesh_world_run(w, 1000);
    ASSERT_TOLD(w, 1, "2 x;");
}

// ---- listeners ----

static void a_port_in_use_is_tried_again(void **state)
{
    struct mesh_world *w = *state;
    struct port_net *net = &w->members[1].node->net.port;
    struct port_listener *l;
    assert_int_equal(net->listen(net, NULL, 3888, 0, false, &l), ERR_OK);
    start_all(w, 2);
    mesh_world_run(w, 1500);
    assert_int_equal(mesh_world_logged(w, 1, "election_bind_failed"), 2);
    l->close(l);
    mesh_world_run(w, 1000);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_run(w, 1000);
    ASSERT_TOLD(w, 1, "2 x;");
    assert_int_equal(w->members[1].bind_failures, 0);
}

static void a_port_that_stays_in_use_is_told(void **state)
{
    EXPECT_MARK("no election port can be bound");
    struct mesh_world *w = *state;
    struct port_net *net = &w->members[1].node->net.port;
    struct port_listener *l;
    assert_int_equal(net->listen(net, NULL, 3888, 0, false, &l), ERR_OK);
    mesh_world_start(w, 1);
    assert_int_equal(w->members[1].bind_failures, 0);
    mesh_world_run(w, 10000);
    assert_int_equal(mesh_world_logged(w, 1, "election_bind_failed"), 3);
    assert_int_equal(w->members[1].bind_failures, 1);
    l->close(l);
}

static void without_a_limit_it_is_tried_for_ever(void **state)
{
    struct mesh_world *w = *state;
    struct port_net *net = &w->members[1].node->net.port;
    struct port_listener *l;
    assert_int_equal(net->listen(net, NULL, 3888, 0, false, &l), ERR_OK);
    w->members[1].options.bind_retries = 0;
    mesh_world_start(w, 1);
    mesh_world_run(w, 100500);
    assert_int_equal(mesh_world_logged(w, 1, "election_bind_failed"), 101);
    assert_int_equal(w->members[1].bind_failures, 0);
    l->close(l);
}

static void every_own_address_is_listened_at(void **state)
{
    struct mesh_world *w = *state;
    mesh_world_config(w, "server.1=m1:2888:3888|m1:2889:3889|m1:2890:3888\nserver.2=m2:2888:3888\n",
                      NULL);
    start_all(w, 1);
    struct port_net *net = &w->members[1].node->net.port;
    struct port_listener *l;
    assert_int_equal(net->listen(net, NULL, 3888, 0, false, &l), ERR_ADDRESS_IN_USE);
    assert_int_equal(net->listen(net, NULL, 3889, 0, false, &l), ERR_ADDRESS_IN_USE);
    assert_int_equal(mesh_world_logged(w, 1, "listening"), 2);
}

// ---- trouble ----

static void one_trouble(struct mesh_world *w, struct prng *prng, int *ret_said)
{
    int a = 1 + (int)prng_below(prng, 5);
    int b = 1 + (int)prng_below(prng, 5);
    struct mesh_member *m = &w->members[a];
    switch (prng_below(prng, 5)) {
    case 0:
        net_break(&m->node->net);
        break;
    case 1:
        net_cut_off(&m->node->net, prng_below(prng, 2) == 0);
        break;
    case 2:
        if (m->mesh != NULL) {
            mesh_world_stop(w, a);
        } else {
            mesh_world_start(w, a);
        }
        break;
    case 3:
        m->node->net.break_after_bytes = 1 + prng_below(prng, 200);
        break;
    case 4:
        if (m->mesh != NULL && a != b) {
            char text[16];
            (void)snprintf(text, sizeof(text), "%d", (*ret_said)++);
            mesh_world_say(w, a, b, text);
        }
        break;
    }
}

static void assert_all_are_heard(struct mesh_world *w)
{
    for (int from = 1; from <= 5; from++) {
        for (int to = 1; to <= 5; to++) {
            if (from != to) {
                mesh_world_say(w, from, to, "end");
            }
        }
    }
    mesh_world_run(w, 30000);
    for (int sid = 1; sid <= 5; sid++) {
        const char *told = mesh_world_told(w, sid);
        for (int from = 1; from <= 5; from++) {
            char expected[16];
            (void)snprintf(expected, sizeof(expected), "%d end;", from);
            assert_true(from == sid || strstr(told, expected) != NULL);
        }
    }
}

static void after_any_trouble_all_are_heard(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        static struct mesh_world w;
        struct prng prng;
        int said = 0;
        prng_init(&prng, seed);
        mesh_world_open(&w, seed, 5);
        start_all(&w, 5);
        for (int i = 0; i < 150; i++) {
            one_trouble(&w, &prng, &said);
            mesh_world_run(&w, (int64_t)prng_below(&prng, 300));
        }
        for (int sid = 1; sid <= 5; sid++) {
            net_cut_off(&w.members[sid].node->net, false);
            w.members[sid].node->net.break_after_bytes = 0;
            if (w.members[sid].mesh == NULL) {
                mesh_world_start(&w, sid);
            }
        }
        mesh_world_run(&w, 10000);
        for (int sid = 1; sid <= 5; sid++) {
            (void)mesh_world_told(&w, sid);
        }
        assert_all_are_heard(&w);
        mesh_world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(a_message_to_a_smaller_id_is_dialled),
        T(a_message_to_a_larger_id_is_dialled_back),
        T(all_talk_to_all_at_once),
        T(only_the_newest_message_waits),
        T(what_waits_is_tried_again_for_a_while),
        T(the_smaller_one_waits_to_be_dialled_too),
        T(the_last_message_is_said_again_on_a_new_connection),
        T(what_waits_goes_before_the_last_message),
        T(a_restarted_server_is_heard_again),
        T(large_messages_pass_and_larger_ones_do_not),
        T(a_message_may_be_answered_from_its_callback),
        T(the_mesh_may_be_closed_from_its_callback),
        T(who_is_in_no_configuration_is_not_dialled),
        T(a_stranger_of_larger_id_is_answered),
        T(a_stranger_of_smaller_id_is_dialled_where_it_says),
        T(who_stays_keeps_its_connection),
        T(a_server_that_moved_is_dialled_at_its_new_place),
        T(a_configuration_that_is_only_seen_is_dialled_too),
        T(what_waits_goes_to_the_new_place),
        T(a_port_in_use_is_tried_again),
        T(a_port_that_stays_in_use_is_told),
        T(without_a_limit_it_is_tried_for_ever),
        T(every_own_address_is_listened_at),
        cmocka_unit_test(after_any_trouble_all_are_heard),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
