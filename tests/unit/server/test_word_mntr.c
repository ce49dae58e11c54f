// SPDX-License-Identifier: Apache-2.0
//
// mntr: the keys of Apache ZooKeeper, each once, with the values of what was done.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/stats.h"
#include "tests/unit/server/troupe.h"
#include "tests/unit/server/word_world.h"

// 26 that are no metric, 77 counters, 65 summaries of 5 lines, 23 of them with 4 more.
enum { LINES_STANDALONE = 520 };

// The value behind a key; NULL when it is not there.
static const char *value_of(const char *text, const char *key, char to[64])
{
    size_t len = strlen(key);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        if (strncmp(line, key, len) == 0 && line[len] == '\t') {
            size_t value = strcspn(line + len + 1, "\n");
            assert_true(value < 64);
            memcpy(to, line + len + 1, value);
            to[value] = 0;
            return to;
        }
        if (*line == 0) {
            break;
        }
    }
    return NULL;
}

static void expect(const char *text, const char *key, const char *value)
{
    char got[64];
    assert_non_null(value_of(text, key, got));
    assert_string_equal(got, value);
}

static void every_line_is_a_key_and_a_value(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    const char *text = word_world_ask(w, "mntr");
    size_t lines = 0;
    for (const char *line = text; *line != 0; lines++) {
        size_t len = strcspn(line, "\n");
        const char *tab = memchr(line, '\t', len);
        assert_memory_equal(line, "zk_", 3);
        assert_non_null(tab);
        assert_true((size_t)(tab - line) < len - 1);
        assert_int_equal(line[len], '\n');
        line += len + 1;
    }
    assert_int_equal(lines, LINES_STANDALONE);
    word_world_close(w);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void no_key_comes_twice(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    char *text = mem_strdup(word_world_ask(w, "mntr"));
    char *keys[LINES_STANDALONE];
    size_t count = 0;
    for (char *line = text; *line != 0;) {
        size_t len = strcspn(line, "\n");
        assert_true(count < LINES_STANDALONE && line[len] == '\n');
        line[strcspn(line, "\t")] = 0;
        keys[count++] = line;
        line += len + 1;
    }
    qsort(keys, count, sizeof keys[0], compare);
    for (size_t i = 1; i < count; i++) {
        assert_string_not_equal(keys[i - 1], keys[i]);
    }
    mem_free(text);
    word_world_close(w);
}

static void fresh_server_has_the_values_of_java(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    const char *text = word_world_ask(w, "mntr");
    expect(text, "zk_version", "unknown");
    expect(text, "zk_server_state", "standalone");
    expect(text, "zk_avg_latency", "0.0");
    expect(text, "zk_num_alive_connections", "1");
    expect(text, "zk_znode_count", "5");
    expect(text, "zk_approximate_data_size", "44");
    expect(text, "zk_last_client_response_size", "-1");
    expect(text, "zk_connection_drop_probability", "0.0");
    expect(text, "zk_packets_received", "1");
    expect(text, "zk_open_file_descriptor_count", "-1"); // nothing is known of the machine
    expect(text, "zk_cnt_startup_txns_loaded", "1");
    word_world_close(w);
}

static void requests_show_in_the_numbers(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    word_world_connect(w, 0);
    assert_int_equal(word_world_create(w, 0, "/a", 1), 0);
    assert_int_equal(word_world_create(w, 0, "/b", 0), 0);
    assert_int_equal(word_world_get(w, 0, "/a", true), 0);
    const char *text = word_world_ask(w, "mntr");
    expect(text, "zk_znode_count", "7");
    expect(text, "zk_ephemerals_count", "1");
    expect(text, "zk_watch_count", "1");
    expect(text, "zk_global_sessions", "1");
    expect(text, "zk_op_count_create", "2");
    expect(text, "zk_op_count_exists", "1");
    expect(text, "zk_cnt_updatelatency", "3"); // createSession too
    expect(text, "zk_connection_request_count", "1");
    expect(text, "zk_cnt_a_write_per_namespace", "1");
    expect(text, "zk_sum_a_write_per_namespace", "3"); // path and data
    expect(text, "zk_sum_a_read_per_namespace", "70"); // path and Stat
    expect(text, "zk_last_client_response_size", "84");
    word_world_close(w);
}

static void expect_gauge(const char *text, const char *key, const char *value)
{
    char to[64];
    const char *found = value_of(text, key, to);
    assert_non_null(found);
    assert_string_equal(found, value);
}

// Source: Apache ZooKeeper 3.9.5, three servers and an observer.
static void members_have_the_keys_of_their_role(void **state)
{
    (void)state;
    static const struct troupe_options options = {
        .voters = 3, .observers = 1, .zoo_cfg = "4lw.commands.whitelist=*\n"};
    static const char *const of_leader[] = {"zk_learners",
                                            "zk_synced_followers",
                                            "zk_synced_non_voting_followers",
                                            "zk_synced_observers",
                                            "zk_pending_syncs",
                                            "zk_leader_uptime",
                                            "zk_last_proposal_size",
                                            "zk_max_proposal_size",
                                            "zk_min_proposal_size",
                                            "zk_cnt_4_learner_handler_qp_size",
                                            "zk_p99_4_learner_handler_qp_time_ms"};
    struct troupe t;
    struct guest g;
    char to[64];
    troupe_open(&t, 1, &options);
    troupe_enter(&g, &t, 4);
    troupe_until_equal(&t);
    int leader = troupe_leader(&t);
    for (int id = 1; id <= 4; id++) {
        const char *text = troupe_word(&t, id, "mntr");
        expect_gauge(text, "zk_quorum_size", "3");
        expect_gauge(text, "zk_global_sessions", "1");
        expect_gauge(text, "zk_looking_count", "1");
        expect_gauge(text, "zk_server_state",
                     id == leader ? "leader"
                     : id == 4    ? "observer"
                                  : "follower");
        expect_gauge(text, "zk_peer_state",
                     id == leader ? "leading - broadcast"
                     : id == 4    ? "observing - broadcast"
                                  : "following - broadcast");
        assert_int_equal(value_of(text, "zk_observer_master_id", to) != NULL, id == 4);
        for (size_t i = 0; i < sizeof of_leader / sizeof of_leader[0]; i++) {
            assert_int_equal(value_of(text, of_leader[i], to) != NULL, id == leader);
        }
    }
    const char *text = troupe_word(&t, leader, "mntr");
    expect_gauge(text, "zk_learners", "3");
    expect_gauge(text, "zk_synced_followers", "2");
    expect_gauge(text, "zk_synced_non_voting_followers", "0");
    expect_gauge(text, "zk_synced_observers", "1");
    expect_gauge(text, "zk_pending_syncs", "0");
    expect_gauge(text, "zk_proposal_count", "1");
    expect_gauge(text, "zk_commit_count", "1");
    expect_gauge(text, "zk_max_4_learner_handler_qp_size", "0");
    expect_gauge(troupe_word(&t, leader == 1 ? 2 : 1, "mntr"), "zk_learner_proposal_received_count",
                 "1");
    expect_gauge(troupe_word(&t, 4, "mntr"), "zk_learner_commit_received_count", "1");
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_have_the_keys_of_their_role),
        cmocka_unit_test(every_line_is_a_key_and_a_value),
        cmocka_unit_test(no_key_comes_twice),
        cmocka_unit_test(fresh_server_has_the_values_of_java),
        cmocka_unit_test(requests_show_in_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
