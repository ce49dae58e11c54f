// SPDX-License-Identifier: Apache-2.0
//
// Dialling finds a server that moved, that comes late, that has several addresses, and gives up
// within its time when there is none.
#include "base/mem.h"
#include "tests/unit/server/link_world.h"

static int open_world(void **state)
{
    struct link_world *w = mem_alloc(sizeof(*w));
    link_world_open(w, 4712);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    link_world_close(*state);
    mem_free(*state);
    return 0;
}

static int64_t now_ms(const struct link_world *w)
{
    return w->world.now_ns / 1000000;
}

// Run until something is told here, and return how long that took.
static int64_t run_until_told(struct link_world *w)
{
    int64_t start_ms = now_ms(w);
    while (w->here.told.len == 0 && now_ms(w) < start_ms + 60000) {
        link_world_run(w, 10);
    }
    return now_ms(w) - start_ms;
}

static struct link_dialling plan(const char *host)
{
    return (struct link_dialling){.targets = {{.host = host, .port = LINK_WORLD_PORT}},
                                  .target_count = 1,
                                  .tries = 5,
                                  .try_ms = 2000,
                                  .pause_ms = 100,
                                  .whole_ms = 6000};
}

static void five_tries_are_made_where_nobody_listens(void **state)
{
    struct link_world *w = *state;
    assert_non_null(link_world_dial(w, "there"));
    int64_t took_ms = run_until_told(w);
    assert_string_equal(link_side_told(&w->here), "down CONNECTION;");
    assert_int_equal(w->here.node->resolver.questions, 5);
    assert_in_range(took_ms, 400, 800);
}

static void a_server_that_listens_late_is_found(void **state)
{
    struct link_world *w = *state;
    assert_non_null(link_world_dial(w, "there"));
    link_world_run(w, 250);
    link_world_listen(w);
    (void)run_until_told(w);
    assert_string_equal(link_side_told(&w->here), "up;");
}

static void a_server_that_moved_is_found_by_its_name(void **state)
{
    struct link_world *w = *state;
    struct port_address nowhere = {.bytes = {10, 9, 9, 9}};
    names_set(&w->world, "there", &nowhere, 1);
    assert_non_null(link_world_dial(w, "there"));
    link_world_run(w, 50);
    struct port_address address = net_address(&w->there.node->net, 0);
    names_set(&w->world, "there", &address, 1);
    link_world_listen(w);
    (void)run_until_told(w);
    assert_string_equal(link_side_told(&w->here), "up;");
}

static void a_name_that_is_none_ends_in_unresolved(void **state)
{
    struct link_world *w = *state;
    assert_non_null(link_world_dial(w, "nobody"));
    (void)run_until_told(w);
    assert_string_equal(link_side_told(&w->here), "down UNRESOLVED;");
}

static void a_machine_that_does_not_answer_costs_the_whole_time_and_no_more(void **state)
{
    struct link_world *w = *state;
    link_world_listen(w);
    net_cut_off(&w->there.node->net, true);
    assert_non_null(link_world_dial(w, "there"));
    int64_t took_ms = run_until_told(w);
    assert_string_equal(link_side_told(&w->here), "down TIMEOUT;");
    assert_in_range(took_ms, 5900, 6200);
    assert_int_equal(w->here.node->resolver.questions, 3);
    net_cut_off(&w->there.node->net, false);
}

static void the_first_address_that_answers_wins_and_the_others_are_closed(void **state)
{
    struct link_world *w = *state;
    struct port_address both[2] = {{.bytes = {10, 9, 9, 9}}, net_address(&w->there.node->net, 0)};
    names_set(&w->world, "there", both, 2);
    link_world_listen(w);
    struct link_dialling where = plan("nobody");
    where.targets[1] = where.targets[2] = (struct link_target){"there", LINK_WORLD_PORT};
    where.target_count = 3;
    w->link = link_dial(&w->here.links, 77, &where);
    (void)run_until_told(w);
    assert_string_equal(link_side_told(&w->here), "up;");
    link_world_say(w->link, ZAB_FOLLOWERINFO, 9, 0);
    link_world_run(w, 1000);
    const char *told = link_side_told(&w->there);
    assert_non_null(strstr(told, "FOLLOWERINFO 9 0;"));
    assert_int_equal(links_count(&w->here.links), 1);
    assert_int_equal(links_count(&w->there.links), 1);
}

static void dialling_ends_without_a_word_when_closed(void **state)
{
    struct link_world *w = *state;
    for (int64_t ms = 0; ms < 300; ms += 20) {
        struct link *l = link_world_dial(w, "there");
        link_world_run(w, ms);
        link_close(l);
        w->link = NULL;
        link_world_run(w, 1000);
        assert_string_equal(link_side_told(&w->here), "");
    }
}

static void a_link_held_while_it_is_dialled_reads_nothing_until_released(void **state)
{
    struct link_world *w = *state;
    link_world_listen(w);
    link_hold(link_world_dial(w, "there"));
    (void)run_until_told(w);
    assert_string_equal(link_side_told(&w->here), "up;");
    link_world_run(w, 100);
    link_world_say(w->accepted, ZAB_LEADERINFO, 1, 4);
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->here), "");
    link_release(w->link);
    link_world_run(w, 1000);
    assert_string_equal(link_side_told(&w->here), "LEADERINFO 1 4;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(five_tries_are_made_where_nobody_listens),
        TEST(a_server_that_listens_late_is_found),
        TEST(a_server_that_moved_is_found_by_its_name),
        TEST(a_name_that_is_none_ends_in_unresolved),
        TEST(a_machine_that_does_not_answer_costs_the_whole_time_and_no_more),
        TEST(the_first_address_that_answers_wins_and_the_others_are_closed),
        TEST(dialling_ends_without_a_word_when_closed),
        TEST(a_link_held_while_it_is_dialled_reads_nothing_until_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
