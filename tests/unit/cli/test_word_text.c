// SPDX-License-Identifier: Apache-2.0
//
// Answers of Apache's servers 3.4 to 3.9 and of ours, whole and damaged.
#include "cli/word_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const char leader[] =
    "Zookeeper version: 3.9.5-6c2ff7e12bdf4b4a9d56e92f9e1e3bfa0b3c3a0a, built on 2026-01-02 10:11 "
    "UTC\n"
    "Latency min/avg/max: 0/0.7143/12\nReceived: 1234\nSent: 1233\nConnections: 3\n"
    "Outstanding: 2\nZxid: 0x500000007\nMode: leader\nNode count: 42\n"
    "Proposal sizes last/min/max: 48/36/92\n";

static void srvr_of_a_leader_is_understood(void **state)
{
    (void)state;
    struct srvr_info s;
    assert_true(srvr_parse(slice_str(leader), &s));
    assert_true(slice_equal_str(s.version, "3.9.5-6c2ff7e12bdf4b4a9d56e92f9e1e3bfa0b3c3a0a"));
    assert_true(slice_equal_str(s.role, "leader"));
    assert_false(s.is_read_only);
    assert_true(s.latency_avg_ms > 0.714 && s.latency_avg_ms < 0.715);
    assert_true(s.latency_max_ms == 12);
    assert_int_equal(s.received, 1234);
    assert_int_equal(s.sent, 1233);
    assert_int_equal(s.connections, 3);
    assert_int_equal(s.outstanding, 2);
    assert_int_equal(s.zxid, 0x500000007);
    assert_int_equal(s.nodes, 42);
}

static void srvr_of_a_server_without_quorum_is_read_only(void **state)
{
    (void)state;
    struct srvr_info s;
    assert_true(srvr_parse(slice_str("Zookeeper version: 3.4.14-x, built on 03/06/2019\n"
                                     "READ-ONLY mode; serving only read-only clients\n"
                                     "Latency min/avg/max: 0/1/2\nMode: read-only\n"),
                           &s));
    assert_true(s.is_read_only);
    assert_true(s.latency_avg_ms == 1);
    assert_int_equal(s.nodes, 0);
}

static void what_is_no_srvr_is_refused(void **state)
{
    (void)state;
    struct srvr_info s = {.nodes = 7};
    static const char *const bad[] = {
        "", "imok", "This ZooKeeper instance is not currently serving requests\n",
        "srvr is not executed because it is not in the whitelist.\n", "HTTP/1.1 400 Bad Request"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(srvr_parse(slice_str(bad[i]), &s));
    }
    assert_int_equal(s.nodes, 7);
}

static void mntr_values_are_found_by_their_whole_key(void **state)
{
    (void)state;
    struct slice text = slice_str("zk_version\t3.9.5\nzk_watch_count_x\t9\nzk_watch_count\t12\n"
                                  "zk_avg_latency\t0.5\nzk_bad\tmany\n");
    struct slice value;
    int64_t number = 1;
    assert_true(mntr_find(text, "zk_version", &value));
    assert_true(slice_equal_str(value, "3.9.5"));
    assert_true(mntr_find_int(text, "zk_watch_count", &number));
    assert_int_equal(number, 12);
    assert_true(mntr_find_int(text, "zk_avg_latency", &number));
    assert_int_equal(number, 0);
    assert_false(mntr_find_int(text, "zk_bad", &number));
    assert_false(mntr_find(text, "zk_watch", &value));
}

struct seen {
    size_t count;
    struct cons_info last;
};

static void see(void *ctx, const struct cons_info *info)
{
    struct seen *s = ctx;
    s->count++;
    s->last = *info;
}

static void connections_are_taken_apart(void **state)
{
    (void)state;
    struct seen s = {0};
    const char *text =
        " /127.0.0.1:60642[0](queued=0,recved=1,sent=0)\n"
        " /0:0:0:0:0:0:0:1:60616[1](queued=3,recved=8,sent=5,sid=0x10000eb1bf90007,lop=GETD,"
        "est=1795280073231,to=30000,lcxid=0x2,lzxid=0x530,lresp=15473782,llat=1,minlat=0,avglat=0,"
        "maxlat=4)\n\n";
    assert_int_equal(cons_each(slice_str(text), see, &s), 2);
    assert_true(slice_equal_str(s.last.client, "0:0:0:0:0:0:0:1:60616"));
    assert_true(s.last.has_session);
    assert_int_equal(s.last.session, 0x10000eb1bf90007);
    assert_true(slice_equal_str(s.last.last_op, "GETD"));
    assert_int_equal(s.last.queued, 3);
    assert_int_equal(s.last.received, 8);
    assert_int_equal(s.last.sent, 5);
    assert_int_equal(s.last.timeout_ms, 30000);
    assert_int_equal(s.last.last_latency_ms, 1);
    assert_int_equal(s.last.max_latency_ms, 4);
}

static void damaged_connections_do_no_harm(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",   "\n",     " ",      " /",
        " (", " /a[1]", "x(y)\n", "cons is not executed because it is not in the whitelist.\n"};
    struct seen s = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(cons_each(slice_str(bad[i]), see, &s), 0);
    }
    assert_int_equal(
        cons_each(slice_str(" /a[1](sid=,=,,sid=zz,to=99999999999999999999999)"), see, &s), 1);
    assert_false(s.last.has_session);
    assert_int_equal(s.last.timeout_ms, 0);
}

static void collect(void *ctx, struct slice head, struct slice item)
{
    char *text = ctx;
    size_t len = strlen(text);
    (void)snprintf(text + len, 200 - len, "[%.*s|%.*s]", SLICE_ARGS(head), SLICE_ARGS(item));
}

static const char dump[] =
    "SessionTracker dump:\nSession Sets (1)/(1):\n1 expire at Sat Nov 21 16:55:03 UTC 2026:\n"
    "\t0x10000eb1bf90007\nephemeral nodes dump:\nSessions with Ephemerals (2):\n0x1:\n\t/a\n\t/b\n"
    "0x2:\n\t/c d\nConnections dump:\nConnections Sets (2)/(2):\n1 expire at Sat Nov 21:\n"
    "\tip: /127.0.0.1:60654 sessionId: 0x0\n";

static void ephemerals_of_a_dump_are_under_their_sessions(void **state)
{
    (void)state;
    char text[200] = "";
    word_lists_each(dump_ephemerals(slice_str(dump)), collect, text);
    assert_string_equal(text, "[0x1:|/a][0x1:|/b][0x2:|/c d]");
    text[0] = '\0';
    word_lists_each(dump_ephemerals(slice_str("SessionTracker dump:\n\t0x1\n")), collect, text);
    assert_string_equal(text, "");
}

static void sessions_are_hexadecimal(void **state)
{
    (void)state;
    int64_t session = 0;
    assert_true(word_session(slice_str("0xffffffffffffffff:"), &session));
    assert_int_equal(session, -1);
    assert_true(word_session(slice_str("0x1F"), &session));
    assert_int_equal(session, 31);
    assert_false(word_session(slice_str("1f"), &session));
    assert_false(word_session(slice_str("0x"), &session));
    assert_false(word_session(slice_str("0x11111111111111111"), &session));
    assert_false(word_session(slice_str("0xg"), &session));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(srvr_of_a_leader_is_understood),
        cmocka_unit_test(srvr_of_a_server_without_quorum_is_read_only),
        cmocka_unit_test(what_is_no_srvr_is_refused),
        cmocka_unit_test(mntr_values_are_found_by_their_whole_key),
        cmocka_unit_test(connections_are_taken_apart),
        cmocka_unit_test(damaged_connections_do_no_harm),
        cmocka_unit_test(ephemerals_of_a_dump_are_under_their_sessions),
        cmocka_unit_test(sessions_are_hexadecimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
