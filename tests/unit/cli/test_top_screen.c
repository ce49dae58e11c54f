// SPDX-License-Identifier: Apache-2.0
//
// Screens of `top` as lines: their number and width at every size, what stands in them, and that
// nothing which a server says can reach the terminal as a sequence.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/top.h"

static struct top t;
static struct buf screen;

static int set_up(void **state)
{
    (void)state;
    top_init(&t);
    for (int i = 1; i <= 5; i++) {
        char name[32], text[200];
        (void)snprintf(name, sizeof(name), "zookeeper-%d.example:2181", i);
        (void)snprintf(text, sizeof(text),
                       "Latency min/avg/max: 0/1.5/20\nReceived: %d\nSent: 9\nConnections: 3\n"
                       "Outstanding: 0\nZxid: 0x50000000%d\nMode: %s\nNode count: 4\n",
                       i, i, i == 5 ? "leader" : "follower");
        top_add_server(&t, name);
        top_take_srvr(&t, (size_t)(i - 1), text, 0);
    }
    top_server_is_down(&t, 2, "no answer in time");
    char cons[200 * 40] = "";
    for (int i = 0; i < 40; i++) {
        size_t len = strlen(cons);
        (void)snprintf(cons + len, sizeof(cons) - len,
                       " /10.0.0.%d:4000[1](queued=0,recved=%d,sent=1,sid=0x%x,lop=GETD)\n", i,
                       1000 - i, 0x100 + i);
    }
    top_take_cons(&t, 0, cons, 0);
    top_sort(&t, TOP_BY_PACKETS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    top_fini(&t);
    buf_fini(&screen);
    return 0;
}

// Draw, and return the widest line; *ret_lines is their number.
static size_t draw(const struct top_view *v, int *ret_lines)
{
    buf_clear(&screen);
    top_draw(&t, v, &screen);
    size_t widest = 0, width = 0;
    *ret_lines = 1;
    for (size_t i = 0; i < screen.len; i++) {
        if (screen.data[i] == '\n') {
            (*ret_lines)++;
            width = 0;
        } else {
            width++;
            widest = width > widest ? width : widest;
        }
    }
    return widest;
}

static const char *line(size_t number)
{
    static char text[400];
    const char *at = buf_cstr(&screen);
    for (size_t i = 0; i < number && at != NULL; i++) {
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    (void)snprintf(text, sizeof(text), "%.*s", at != NULL ? (int)strcspn(at, "\n") : 0,
                   at != NULL ? at : "");
    return text;
}

static void every_size_gets_exactly_its_lines_and_no_wider_one(void **state)
{
    (void)state;
    for (int columns = 20; columns <= 240; columns += 7) {
        for (int rows = 8; rows <= 70; rows++) {
            struct top_view v = {.columns = columns, .rows = rows, .delay_s = 2};
            int lines;
            assert_true(draw(&v, &lines) <= (size_t)columns);
            assert_int_equal(lines, rows);
            v.is_help = true;
            assert_true(draw(&v, &lines) <= (size_t)columns);
            assert_int_equal(lines, rows);
        }
    }
}

static void too_small_a_screen_says_so(void **state)
{
    (void)state;
    struct top_view v = {.columns = 80, .rows = 7};
    int lines;
    (void)draw(&v, &lines);
    assert_int_equal(lines, 1);
    assert_string_equal(line(0), "too few lines for top");
}

static void an_80_by_24_screen_has_servers_and_sessions(void **state)
{
    (void)state;
    struct top_view v = {
        .columns = 80, .rows = 24, .delay_s = 2, .sort = TOP_BY_PACKETS, .time = "12:34:56"};
    int lines;
    (void)draw(&v, &lines);
    assert_string_equal(line(0), "4 of 5 servers up  - req/s  40 sessions by requests  12:34:56");
    assert_string_equal(line(2), "SERVER              ROLE               ZXID   LAG  MEAN   MAX  "
                                 "CONN  OUT  REQ/s");
    assert_string_equal(line(3), "zookeeper-1.example follower    0x500000001     4  1.50    20   "
                                 "  3    0      -");
    assert_string_equal(line(5), "zookeeper-3.example down       no answer in time");
    assert_string_equal(line(7), "zookeeper-5.example leader      0x500000005     0  1.50    20   "
                                 "  3    0      -");
    assert_string_equal(line(9), "CLIENT              SESSION              REQ/s    REQS QUEUE   "
                                 "MEAN    MAX LAST");
    assert_string_equal(line(10), "10.0.0.0:4000       0x100                    -    1000     0   "
                                  "0.00      0 GETD");
    assert_non_null(strstr(line(23), "q quit"));
}

static void a_wide_screen_shows_more_columns(void **state)
{
    (void)state;
    struct top_view v = {.columns = 200, .rows = 60};
    int lines;
    (void)draw(&v, &lines);
    assert_non_null(strstr(line(2), "WATCHES"));
    assert_non_null(strstr(line(3), "zookeeper-1.example:2181 "));
    assert_non_null(strstr(line(10), "zookeeper-1.example:2181")); // a session's server
    v.columns = 100;
    (void)draw(&v, &lines);
    assert_null(strstr(line(2), "WATCHES"));
    assert_non_null(strstr(line(2), "ANS/s"));
}

static void sessions_that_are_refused_are_said_so(void **state)
{
    (void)state;
    struct top_view v = {.columns = 80, .rows = 24};
    int lines;
    top_take_cons(&t, 0, "", 0);
    (void)draw(&v, &lines);
    assert_string_equal(line(10), "");
    t.servers[1].refuses_cons = true;
    (void)draw(&v, &lines);
    assert_string_equal(line(10), "not listed: 4lw.commands.whitelist of the servers lacks cons");
    assert_int_equal(lines, 24);
}

static void panes_scroll(void **state)
{
    (void)state;
    struct top_view v = {.columns = 80, .rows = 24, .first_session = 3, .first_server = 1};
    int lines;
    (void)draw(&v, &lines);
    assert_int_equal(strncmp(line(3), "zookeeper-2", 11), 0);
    assert_int_equal(strncmp(line(10), "10.0.0.3:4000", 13), 0);
}

static void a_page_has_everything_and_no_trailing_blanks(void **state)
{
    (void)state;
    struct top_view v = {.time = "12:34:56"};
    int lines;
    (void)draw(&v, &lines);
    assert_int_equal(lines, 2 + 1 + 5 + 1 + 1 + 40 + 1);
    assert_null(strstr(buf_cstr(&screen), " \n"));
    assert_null(strchr(buf_cstr(&screen), '\033'));
}

static void colours_are_only_where_they_are_wanted(void **state)
{
    (void)state;
    struct top_view v = {.columns = 80, .rows = 24, .is_coloured = true};
    int lines;
    (void)draw(&v, &lines);
    assert_non_null(strstr(buf_cstr(&screen), "\033[31mzookeeper-3"));
    v.is_coloured = false;
    (void)draw(&v, &lines);
    assert_null(strchr(buf_cstr(&screen), '\033'));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_size_gets_exactly_its_lines_and_no_wider_one),
        TEST(too_small_a_screen_says_so),
        TEST(an_80_by_24_screen_has_servers_and_sessions),
        TEST(a_wide_screen_shows_more_columns),
        TEST(sessions_that_are_refused_are_said_so),
        TEST(panes_scroll),
        TEST(a_page_has_everything_and_no_trailing_blanks),
        TEST(colours_are_only_where_they_are_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
