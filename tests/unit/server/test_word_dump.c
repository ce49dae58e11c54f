// SPDX-License-Identifier: Apache-2.0
//
// dump: sessions, ephemerals and connections.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "jute/op.h"
#include "tests/unit/server/troupe.h"
#include "tests/unit/server/word_world.h"

static void dump_of_an_idle_server_has_its_headings(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    const char *text = word_world_ask(w, "dump");
    static const char start[] = "SessionTracker dump:\nSession Sets (0)/(0):\n"
                                "ephemeral nodes dump:\nSessions with Ephemerals (0):\n"
                                "Connections dump:\nConnections Sets (1)/(1):\n1 expire at ";
    assert_memory_equal(text, start, sizeof start - 1);
    assert_non_null(strstr(text, " UTC "));
    assert_non_null(strstr(text, ":\n\tip: /"));
    assert_non_null(strstr(text, " sessionId: 0x0\n"));
    word_world_close(w);
}

static void sessions_and_their_ephemerals_are_listed(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    word_world_connect(w, 0);
    word_world_connect(w, 1);
    assert_int_equal(word_world_create(w, 0, "/e", CREATE_EPHEMERAL), 0);
    assert_int_equal(word_world_create(w, 0, "/p", CREATE_PERSISTENT), 0);
    const char *text = word_world_ask(w, "dump");
    char expect[128];
    for (size_t i = 0; i < 2; i++) {
        snprintf(expect, sizeof expect, "\t0x%" PRIx64 "\n", (uint64_t)word_world_session(w, i));
        assert_non_null(strstr(text, expect));
        snprintf(expect, sizeof expect, " sessionId: 0x%" PRIx64 "\n",
                 (uint64_t)word_world_session(w, i));
        assert_non_null(strstr(text, expect));
    }
    snprintf(expect, sizeof expect,
             "Sessions with Ephemerals (1):\n0x%" PRIx64 ":\n\t/e\nConnections dump:\n",
             (uint64_t)word_world_session(w, 0));
    assert_non_null(strstr(text, expect));
    assert_null(strstr(text, "/p"));
    assert_non_null(strstr(text, ")/(2):\n"));
    assert_non_null(strstr(text, ")/(3):\n"));
    word_world_close(w);
}

// Every "n expire at" heading is followed by n lines.
static void buckets_count_their_elements(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    word_world_connect(w, 0);
    word_world_run(w, 700);
    word_world_connect(w, 1);
    const char *at = word_world_ask(w, "dump");
    unsigned headings = 0;
    while ((at = strstr(at, " expire at ")) != NULL) {
        const char *line = at;
        while (line[-1] != '\n') {
            line--;
        }
        unsigned count, lines = 0;
        assert_int_equal(sscanf(line, "%u expire", &count), 1);
        const char *next = strchr(at, '\n') + 1;
        while (*next == '\t') {
            lines++;
            next = strchr(next, '\n') + 1;
        }
        assert_int_equal(lines, count);
        headings++;
        at = next;
    }
    assert_true(headings >= 2);
    word_world_close(w);
}

// A leader knows deadlines, a learner who is there; local sessions are apart.
static void members_list_what_their_role_knows(void **state)
{
    (void)state;
    static const struct troupe_options options = {
        .voters = 2,
        .zoo_cfg = "4lw.commands.whitelist=*\nlocalSessionsEnabled=true\n"
                   "localSessionsUpgradingEnabled=true\n"};
    struct troupe t;
    struct guest global[2];
    struct guest local;
    char line[64];
    troupe_open(&t, 1, &options);
    int leader = troupe_leader(&t);
    for (int i = 0; i < 2; i++) {
        troupe_enter(&global[i], &t, 2 - i);
        guest_make(&global[i], i == 0 ? "/0" : "/1", CREATE_EPHEMERAL);
    }
    troupe_enter(&local, &t, 3 - leader);
    troupe_until_equal(&t);
    const char *text = troupe_word(&t, leader, "dump");
    assert_ptr_equal(
        strstr(text, "SessionTracker dump:\nLocal Session Sets (0)/(0):\nGlobal Session Sets ("),
        text);
    assert_non_null(strstr(text, ")/(2):\n"));
    text = troupe_word(&t, 3 - leader, "dump");
    assert_ptr_equal(
        strstr(text, "SessionTracker dump:\nLocal Session Sets (1)/(1):\n1 expire at "), text);
    (void)snprintf(line, sizeof(line), ":\n\t0x%" PRIx64 "\nGlobal Sessions(2):\n0x%" PRIx64 "\t",
                   (uint64_t)local.session_id, (uint64_t)global[1].session_id);
    assert_non_null(strstr(text, line)); // in the order of their ids
    (void)snprintf(line, sizeof(line), "\n0x%" PRIx64 "\t%dms\nephemeral nodes dump:\n",
                   (uint64_t)global[0].session_id, GUEST_TIMEOUT_MS);
    assert_non_null(strstr(text, line));
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_list_what_their_role_knows),
        cmocka_unit_test(dump_of_an_idle_server_has_its_headings),
        cmocka_unit_test(sessions_and_their_ephemerals_are_listed),
        cmocka_unit_test(buckets_count_their_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
