// SPDX-License-Identifier: Apache-2.0
//
// Words of Apache's and of our servers into rows, rates between two answers, lag, order.
#include "cli/top.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const int64_t S = INT64_C(1000000000);

static int set_up(void **state)
{
    static struct top t;
    top_init(&t);
    top_add_server(&t, "zk-1:2181");
    top_add_server(&t, "zk-2:2181");
    *state = &t;
    return 0;
}

static int tear_down(void **state)
{
    top_fini(*state);
    return 0;
}

static const char srvr[] = "Zookeeper version: 3.9.5-abc, built on 2025-01-01 00:00 UTC\n"
                           "Latency min/avg/max: 0/1.25/31\n"
                           "Received: 1000\n"
                           "Sent: 1010\n"
                           "Connections: 7\n"
                           "Outstanding: 2\n"
                           "Zxid: 0x500000010\n"
                           "Mode: leader\n"
                           "Node count: 42\n"
                           "Proposal sizes last/min/max: 48/36/100\n";

static const char behind[] = "Latency min/avg/max: 0/0.5/3\nReceived: 10\nSent: 10\n"
                             "Connections: 1\nOutstanding: 0\nZxid: 0x50000000c\n"
                             "Mode: follower\nNode count: 42\n";

static void srvr_fills_a_row(void **state)
{
    struct top *t = *state;
    top_take_srvr(t, 0, srvr, 5 * S);
    const struct top_server *s = &t->servers[0];
    assert_true(s->is_up);
    assert_string_equal(s->role, "leader");
    assert_int_equal(s->zxid, 0x500000010);
    assert_true(s->latency_ms == 1.25);
    assert_int_equal(s->latency_max_ms, 31);
    assert_int_equal(s->connections, 7);
    assert_int_equal(s->outstanding, 2);
    assert_int_equal(s->nodes, 42);
    assert_true(s->received_rate < 0); // one answer has no rate
    assert_int_equal(s->watches, -1);  // only mntr says that
}

static void mntr_adds_what_srvr_does_not_say(void **state)
{
    struct top *t = *state;
    top_take_srvr(t, 0, srvr, S);
    top_take_mntr(t, 0,
                  "zk_version\t3.9\nzk_watch_count\t12\nzk_ephemerals_count\t3\n"
                  "zk_approximate_data_size\t4096\nzk_open_file_descriptor_count\t99\n");
    assert_int_equal(t->servers[0].watches, 12);
    assert_int_equal(t->servers[0].ephemerals, 3);
    assert_int_equal(t->servers[0].data_bytes, 4096);
    assert_int_equal(t->servers[0].descriptors, 99);
}

static void rates_are_differences_over_the_time_between(void **state)
{
    struct top *t = *state;
    top_take_srvr(t, 0, srvr, 5 * S);
    top_take_srvr(t, 0, "Latency min/avg/max: 0/1/2\nReceived: 1500\nSent: 1260\nMode: leader\n",
                  7 * S);
    assert_true(t->servers[0].received_rate == 250);
    assert_true(t->servers[0].sent_rate == 125);
}

static void a_server_that_began_anew_has_no_rate(void **state)
{
    struct top *t = *state;
    top_take_srvr(t, 0, srvr, 5 * S);
    top_take_srvr(t, 0, behind, 6 * S); // its counters fell
    assert_true(t->servers[0].received_rate < 0);
    top_take_srvr(t, 0, srvr, 7 * S);
    top_server_is_down(t, 0, "no answer in time");
    top_take_srvr(t, 0, srvr, 9 * S);
    assert_true(t->servers[0].received_rate < 0); // nothing is known of the time between
}

static void lag_counts_changes_behind_the_leader(void **state)
{
    struct top *t = *state;
    top_take_srvr(t, 0, srvr, S);
    top_take_srvr(t, 1, behind, S);
    assert_int_equal(top_lag(t, &t->servers[0]), 0);
    assert_int_equal(top_lag(t, &t->servers[1]), 4);
    // A follower that was asked a moment later than the leader is not behind.
    top_take_srvr(t, 1, "Latency min/avg/max: 0/0/0\nZxid: 0x500000011\nMode: follower\n", S);
    assert_int_equal(top_lag(t, &t->servers[1]), 0);
    // Of another epoch than the leader.
    top_take_srvr(t, 1, "Latency min/avg/max: 0/0/0\nZxid: 0x400000011\nMode: follower\n", S);
    assert_int_equal(top_lag(t, &t->servers[1]), -1);
    // Without a leader the highest is the measure.
    top_server_is_down(t, 0, "connection failed");
    assert_int_equal(top_lag(t, &t->servers[1]), 0);
    assert_int_equal(top_lag(t, &t->servers[0]), -1);
}

static void nonsense_is_a_row_that_says_so(void **state)
{
    struct top *t = *state;
    top_take_srvr(t, 0, "HTTP/1.1 400 Bad Request\r\n", S);
    assert_false(t->servers[0].is_up);
    assert_string_equal(t->servers[0].why, "answers srvr with something else");
    top_take_srvr(t, 0, "Mode: \033[2Jx\nLatency min/avg/max: \n", S);
    assert_string_equal(t->servers[0].role, "?[2Jx"); // nothing that moves a cursor
    top_server_is_down(t, 1, "bad\nnews");
    assert_string_equal(t->servers[1].why, "bad");
    assert_string_equal(t->servers[1].role, "down");
}

static const char cons[] =
    " /10.0.0.7:51234[1](queued=3,recved=500,sent=501,sid=0x1000a,lop=GETD,est=1700000000000,"
    "to=30000,lcxid=0x9,lzxid=0xffffffffffffffff,lresp=1,llat=0,minlat=0,avglat=2,maxlat=9)\n"
    " /[2001:db8:0:0:0:0:0:1]:4000[1](queued=0,recved=900,sent=900,sid=0x1000b,lop=PING,"
    "to=4000,avglat=1,maxlat=50)\n"
    " /127.0.0.1:59616[0](queued=0,recved=1,sent=0)\n"
    "\n";

static void cons_lists_sessions_and_not_words(void **state)
{
    struct top *t = *state;
    top_take_cons(t, 0, cons, S);
    assert_int_equal(t->session_count, 2);
    top_sort(t, TOP_BY_PACKETS);
    assert_int_equal(t->sessions[0].id, 0x1000b);
    assert_string_equal(t->sessions[0].address, "[2001:db8:0:0:0:0:0:1]:4000");
    assert_string_equal(t->sessions[1].address, "10.0.0.7:51234");
    assert_int_equal(t->sessions[1].queued, 3);
    assert_int_equal(t->sessions[1].received, 500);
    assert_int_equal(t->sessions[1].timeout_ms, 30000);
    assert_string_equal(t->sessions[1].last_op, "GETD");
    assert_true(t->sessions[1].rate < 0);
}

static void sessions_have_rates_from_the_second_look_on(void **state)
{
    struct top *t = *state;
    top_take_cons(t, 0, cons, S);
    top_take_cons(t, 1, " /10.0.0.8:1[1](queued=0,recved=7,sent=7,sid=0x2000a)\n", S);
    top_take_cons(t, 0, " /10.0.0.7:51234[1](queued=0,recved=600,sent=601,sid=0x1000a)\n", 2 * S);
    assert_int_equal(t->session_count, 2); // of server 0 the other one has gone
    top_sort(t, TOP_BY_RATE);
    assert_int_equal(t->sessions[0].id, 0x1000a);
    assert_true(t->sessions[0].rate == 50);
    assert_true(t->sessions[1].rate < 0);
    top_server_is_down(t, 1, "connection failed"); // takes its sessions along
    assert_int_equal(t->session_count, 1);
}

static void sessions_sort_by_what_is_asked_for(void **state)
{
    struct top *t = *state;
    top_take_cons(t, 0, cons, S);
    top_sort(t, TOP_BY_LATENCY);
    assert_int_equal(t->sessions[0].id, 0x1000a);
    top_sort(t, TOP_BY_MAX);
    assert_int_equal(t->sessions[0].id, 0x1000b);
    top_sort(t, TOP_BY_QUEUED);
    assert_int_equal(t->sessions[0].id, 0x1000a);
}

static void a_server_is_listed_once(void **state)
{
    struct top *t = *state;
    top_add_server(t, "zk-2:2181");
    assert_int_equal(t->server_count, 2);
    top_add_server(t, "zk-3:2181");
    assert_int_equal(t->server_count, 3);
    assert_string_equal(t->servers[2].why, "not asked yet");
}

static void json_has_null_for_what_is_not_known(void **state)
{
    struct top *t = *state;
    top_take_srvr(t, 0, srvr, S);
    top_server_is_down(t, 1, "connection failed");
    struct json *j = top_json(t, 0);
    const struct json *up = json_at(json_get(j, "servers"), 0);
    const struct json *down = json_at(json_get(j, "servers"), 1);
    struct slice text;
    assert_true(json_null_of(json_get(up, "received_rate")));
    assert_true(json_text_of(json_get(up, "zxid"), &text));
    assert_memory_equal(text.data, "0x500000010", text.len);
    assert_true(json_text_of(json_get(down, "why"), &text));
    assert_null(json_get(down, "zxid"));
    json_free(j);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(srvr_fills_a_row),
        TEST(mntr_adds_what_srvr_does_not_say),
        TEST(rates_are_differences_over_the_time_between),
        TEST(a_server_that_began_anew_has_no_rate),
        TEST(lag_counts_changes_behind_the_leader),
        TEST(nonsense_is_a_row_that_says_so),
        TEST(cons_lists_sessions_and_not_words),
        TEST(sessions_have_rates_from_the_second_look_on),
        TEST(sessions_sort_by_what_is_asked_for),
        TEST(a_server_is_listed_once),
        TEST(json_has_null_for_what_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
