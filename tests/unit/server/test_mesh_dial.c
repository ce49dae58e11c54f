// SPDX-License-Identifier: Apache-2.0
//
// Attempts to connect: names that move, lie, are slow or have several addresses.
#include "tests/unit/server/mesh_world.h"

#include <string.h>

#include "base/mem.h"

static int setup(void **state)
{
    static struct mesh_world w;
    mesh_world_open(&w, 3, 4);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    mesh_world_close(*state);
    return 0;
}

static struct port_address address_of(struct mesh_world *w, int sid)
{
    return net_address(&w->members[sid].node->net, MESH_WORLD_PORT);
}

#define ASSERT_TOLD(w, sid, text) assert_string_equal(mesh_world_told(w, sid), text)

static void a_name_is_resolved_again_at_every_attempt(void **state)
{
    struct mesh_world *w = *state;
    struct port_address old = address_of(w, 3), new = address_of(w, 1);
    names_set(&w->world, "m1", &old, 1); // nobody is there
    mesh_world_start(w, 1);
    mesh_world_start(w, 2);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_run(w, 1000);
    ASSERT_TOLD(w, 1, "");
    names_set(&w->world, "m1", &new, 1);
    mesh_world_run(w, 5000);
    ASSERT_TOLD(w, 1, "2 x;");
}

static void every_address_of_a_name_is_tried(void **state)
{
    struct mesh_world *w = *state;
    struct port_address addresses[] = {address_of(w, 3), address_of(w, 4), address_of(w, 1)};
    names_set(&w->world, "m1", addresses, 3);
    mesh_world_start(w, 1);
    mesh_world_start(w, 2);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_run(w, 90); // before a second attempt
    ASSERT_TOLD(w, 1, "2 x;");
}

static void a_dead_address_costs_a_moment(void **state)
{
    struct mesh_world *w = *state;
    struct port_address addresses[] = {address_of(w, 3), address_of(w, 1)};
    names_set(&w->world, "m1", addresses, 2);
    net_cut_off(&w->members[3].node->net, true); // answers nothing
    mesh_world_start(w, 1);
    mesh_world_start(w, 2);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_run(w, 600);
    ASSERT_TOLD(w, 1, "2 x;");
    assert_int_equal(mesh_world_logged(w, 2, "peer_unreachable"), 0);
}

static void several_addresses_of_a_server_are_tried(void **state)
{
    struct mesh_world *w = *state;
    mesh_world_config(w, "server.1=nowhere:1:2|m3:1:3888|m1:1:3888\nserver.2=m2:1:3888\n", NULL);
    mesh_world_start(w, 1);
    mesh_world_start(w, 2);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_run(w, 600);
    ASSERT_TOLD(w, 1, "2 x;");
}

static void an_attempt_ends_in_time(void **state)
{
    struct mesh_world *w = *state;
    mesh_world_start(w, 1);
    net_cut_off(&w->members[1].node->net, true);
    mesh_world_start(w, 2);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_run(w, 4000);
    assert_int_equal(mesh_world_logged(w, 2, "peer_unreachable"), 0);
    mesh_world_run(w, 2000);
    assert_int_equal(mesh_world_logged(w, 2, "reason=\"timed out\""), 1);
    net_cut_off(&w->members[1].node->net, false);
    mesh_world_run(w, 10000);
    ASSERT_TOLD(w, 1, "2 x;");
}

static void a_slow_resolver_is_waited_for_and_given_up(void **state)
{
    struct mesh_world *w = *state;
    w->members[2].node->resolver.slow_one_in = 1;
    w->members[2].options.connect_timeout_ms = 3000;
    mesh_world_start(w, 1);
    mesh_world_start(w, 2);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_run(w, 10000);
    ASSERT_TOLD(w, 1, "");
    assert_int_equal(mesh_world_logged(w, 2, "peer_unreachable"), 1);
    w->members[2].node->resolver.slow_one_in = 0;
    mesh_world_run(w, 10000);
    ASSERT_TOLD(w, 1, "2 x;");
}

static void an_unknown_name_is_told_once(void **state)
{
    struct mesh_world *w = *state;
    names_set(&w->world, "m1", NULL, 0);
    mesh_world_start(w, 2);
    mesh_world_say(w, 2, 1, "x");
    mesh_world_run(w, 20000);
    assert_int_equal(mesh_world_logged(w, 2, "peer_unreachable"), 1);
    assert_int_equal(mesh_world_logged(w, 2, "host name does not resolve"), 1);
    assert_true(w->members[2].node->resolver.questions >= 5);
}

static void one_attempt_at_a_time(void **state)
{
    struct mesh_world *w = *state;
    mesh_world_start(w, 1);
    net_cut_off(&w->members[1].node->net, true);
    mesh_world_start(w, 2);
    for (int i = 0; i < 50; i++) {
        mesh_world_say(w, 2, 1, "x");
        mesh_connect_all(w->members[2].mesh);
        mesh_world_run(w, 10);
    }
    assert_int_equal(w->members[2].node->resolver.questions, 1);
}

// Stopping at any moment leaves nothing behind: node_stop_process looks.
static void it_may_stop_at_any_step(void **state)
{
    struct mesh_world *w = *state;
    for (int steps = 0; steps < 30; steps++) {
        mesh_world_start(w, 1);
        mesh_world_start(w, 2);
        mesh_world_say(w, 1, 2, "x");
        mesh_world_say(w, 2, 1, "y");
        for (int i = 0; i < steps; i++) {
            (void)world_step(&w->world);
        }
        mesh_world_stop(w, 1);
        mesh_world_stop(w, 2);
        mesh_world_run(w, 1000);
        (void)mesh_world_told(w, 1);
        (void)mesh_world_told(w, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(a_name_is_resolved_again_at_every_attempt),
        T(every_address_of_a_name_is_tried),
        T(a_dead_address_costs_a_moment),
        T(several_addresses_of_a_server_are_tried),
        T(an_attempt_ends_in_time),
        T(a_slow_resolver_is_waited_for_and_given_up),
        T(an_unknown_name_is_told_once),
        T(one_attempt_at_a_time),
        T(it_may_stop_at_any_step),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
