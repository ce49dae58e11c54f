// SPDX-License-Identifier: Apache-2.0
//
// srvr, stat, cons, crst: the lines that scripts cut apart.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/server/troupe.h"
#include "tests/unit/server/word_world.h"

static const char open_to_all[] = "4lw.commands.whitelist=*\n";

// `text` must match the extended regular expression as a whole.
static void expect_match(const char *text, const char *pattern)
{
    regex_t re;
    assert_int_equal(regcomp(&re, pattern, REG_EXTENDED), 0);
    regmatch_t m;
    bool is_match =
        regexec(&re, text, 1, &m, 0) == 0 && m.rm_so == 0 && m.rm_eo == (regoff_t)strlen(text);
    regfree(&re);
    if (!is_match) {
        print_error("text: %s\npattern: %s\n", text, pattern);
    }
    assert_true(is_match);
}

static void srvr_of_an_idle_server(void **state)
{
    (void)state;
    struct word_world *w = word_world_open(open_to_all);
    assert_string_equal(word_world_ask(w, "srvr"), "Zookeeper version: unknown\n"
                                                   "Latency min/avg/max: 0/0.0/0\n"
                                                   "Received: 1\n"
                                                   "Sent: 0\n"
                                                   "Connections: 1\n"
                                                   "Outstanding: 0\n"
                                                   "Zxid: 0x0\n"
                                                   "Mode: standalone\n"
                                                   "Node count: 5\n");
    word_world_close(w);
}

static void srvr_counts_requests_and_nodes(void **state)
{
    (void)state;
    struct word_world *w = word_world_open(open_to_all);
    word_world_connect(w, 0);
    assert_int_equal(word_world_create(w, 0, "/a", 0), 0);
    expect_match(word_world_ask(w, "srvr"),
                 "Zookeeper version: unknown\n"
                 "Latency min/avg/max: [0-9]+/[0-9]+\\.[0-9]+/[0-9]+\n"
                 "Received: [0-9]+\nSent: [0-9]+\nConnections: 2\nOutstanding: 0\n"
                 "Zxid: 0x2\nMode: standalone\nNode count: 6\n");
    word_world_close(w);
}

static void stat_lists_connections_in_brief(void **state)
{
    (void)state;
    struct word_world *w = word_world_open(open_to_all);
    word_world_connect(w, 0);
    expect_match(word_world_ask(w, "stat"),
                 "Zookeeper version: unknown\nClients:\n"
                 " /[0-9.]+:[0-9]+\\[1\\]\\(queued=0,recved=[0-9]+,sent=[0-9]+\\)\n"
                 " /[0-9.]+:[0-9]+\\[0\\]\\(queued=0,recved=1,sent=0\\)\n"
                 "\nLatency min/avg/max: [^\n]*\nReceived: [^\n]*\nSent: [^\n]*\n"
                 "Connections: 2\nOutstanding: 0\nZxid: 0x1\nMode: standalone\nNode count: 5\n");
    word_world_close(w);
}

static void cons_shows_the_session_of_a_connection(void **state)
{
    (void)state;
    struct word_world *w = word_world_open(open_to_all);
    word_world_connect(w, 0);
    assert_int_equal(word_world_create(w, 0, "/a", 0), 0);
    char pattern[512];
    snprintf(pattern, sizeof pattern,
             " /[0-9.]+:[0-9]+\\[1\\]\\(queued=0,recved=[0-9]+,sent=[0-9]+,sid=0x%" PRIx64
             ",lop=CREA,est=[0-9]+,to=2000,lcxid=0x1,lzxid=0x2,lresp=[0-9]+,llat=[0-9]+,"
             "minlat=[0-9]+,avglat=[0-9]+,maxlat=[0-9]+\\)\n"
             " /[0-9.]+:[0-9]+\\[0\\]\\(queued=0,recved=1,sent=0\\)\n\n",
             (uint64_t)word_world_session(w, 0));
    expect_match(word_world_ask(w, "cons"), pattern);
    word_world_close(w);
}

static void crst_forgets_what_connections_did(void **state)
{
    (void)state;
    struct word_world *w = word_world_open(open_to_all);
    word_world_connect(w, 0);
    assert_int_equal(word_world_create(w, 0, "/a", 0), 0);
    word_world_ask(w, "crst");
    expect_match(word_world_ask(w, "cons"),
                 " [^ ]*\\(queued=0,recved=0,sent=0,sid=0x[0-9a-f]+,lop=NA,est=[0-9]+,to=2000,"
                 "lzxid=0xffffffffffffffff,lresp=0,llat=0,minlat=0,avglat=0,maxlat=0\\)\n"
                 " [^ ]*\\(queued=0,recved=1,sent=0\\)\n\n");
    word_world_close(w);
}

static void srst_starts_the_server_numbers_again(void **state)
{
    (void)state;
    struct word_world *w = word_world_open(open_to_all);
    word_world_connect(w, 0);
    assert_int_equal(word_world_create(w, 0, "/a", 0), 0);
    word_world_ask(w, "srst");
    const char *text = word_world_ask(w, "srvr");
    assert_non_null(strstr(text, "Latency min/avg/max: 0/0.0/0\n"));
    assert_non_null(strstr(text, "Received: 1\nSent: 1\n"));
    assert_non_null(strstr(text, "Zxid: 0x2\n"));
    word_world_close(w);
}

static void members_tell_their_role_and_a_leader_its_proposals(void **state)
{
    (void)state;
    static const struct troupe_options options = {
        .voters = 2, .observers = 1, .zoo_cfg = open_to_all};
    struct troupe t;
    struct guest g;
    troupe_open(&t, 1, &options);
    int leader = troupe_leader(&t);
    assert_non_null(
        strstr(troupe_word(&t, leader, "srvr"),
               "\nMode: leader\nNode count: 5\nProposal sizes last/min/max: -1/-1/-1\n"));
    assert_non_null(
        strstr(troupe_word(&t, 3 - leader, "srvr"), "\nMode: follower\nNode count: 5\n"));
    const char *observer = troupe_word(&t, 3, "stat");
    assert_non_null(strstr(observer, "\nMode: observer\n"));
    assert_null(strstr(observer, "Proposal"));
    troupe_enter(&g, &t, leader); // header, timeout, digest
    const char *after = troupe_word(&t, leader, "srvr");
    assert_non_null(strstr(after, "\nProposal sizes last/min/max: 48/48/48\n"));
    troupe_word(&t, leader, "srst");
    assert_non_null(strstr(troupe_word(&t, leader, "srvr"), "max: -1/-1/-1\n"));
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(srvr_of_an_idle_server),
        cmocka_unit_test(srvr_counts_requests_and_nodes),
        cmocka_unit_test(stat_lists_connections_in_brief),
        cmocka_unit_test(cons_shows_the_session_of_a_connection),
        cmocka_unit_test(crst_forgets_what_connections_did),
        cmocka_unit_test(srst_starts_the_server_numbers_again),
        cmocka_unit_test(members_tell_their_role_and_a_leader_its_proposals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
