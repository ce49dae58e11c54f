// SPDX-License-Identifier: Apache-2.0
//
// Words: which there are, who may ask them, and the short ones.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "server/word.h"
#include "tests/unit/server/troupe.h"
#include "tests/unit/server/word_world.h"

static const char open_to_all[] = "4lw.commands.whitelist=*\n";

static const char *const all_words[] = {"conf", "cons", "crst", "dirs", "dump", "envi",
                                        "gtmk", "hash", "isro", "mntr", "ruok", "srst",
                                        "srvr", "stat", "stmk", "wchc", "wchp", "wchs"};
enum { WORD_KINDS = sizeof all_words / sizeof all_words[0] };

static uint32_t head_of(const char *word)
{
    return be32_load((const uint8_t *)word);
}

static size_t length_of(const char *lines, uint32_t head)
{
    const struct port_address local = {.bytes = {127, 0, 0, 1}};
    struct config *cfg = config_new();
    config_parse_file(cfg, "zoo.cfg", slice_str(lines));
    config_finish(cfg);
    size_t result = word_length(cfg, &local, head);
    config_free(cfg);
    return result;
}

static void eighteen_words_and_the_telnet_interrupt_are_known(void **state)
{
    (void)state;
    assert_int_equal(WORD_KINDS, 18);
    for (size_t i = 0; i < WORD_KINDS; i++) {
        bool is_set_mask = strcmp(all_words[i], "stmk") == 0;
        assert_int_equal(length_of(open_to_all, head_of(all_words[i])), is_set_mask ? 12 : 4);
    }
    assert_int_equal(length_of(open_to_all, 0xfff4fffd), 4);
    assert_int_equal(length_of(open_to_all, head_of("RUOK")), 0);
    assert_int_equal(length_of(open_to_all, head_of("GET ")), 0);
    assert_int_equal(length_of(open_to_all, 45), 0); // the length of a connect request
}

static void a_refused_mask_is_not_waited_for(void **state)
{
    (void)state;
    assert_int_equal(length_of("4lw.commands.whitelist=ruok\n", head_of("stmk")), 4);
    struct word_world *w = word_world_open("4lw.commands.whitelist=ruok\n");
    assert_string_equal(word_world_ask(w, "stmk"),
                        "stmk is not executed because it is not in the whitelist.\n");
    word_world_close(w);
}

static bool is_allowed(const char *lines, const struct port_address *peer, const char *word)
{
    struct config *cfg = config_new();
    config_parse_file(cfg, "zoo.cfg", slice_str(lines));
    config_finish(cfg);
    bool result = word_is_allowed(cfg, peer, slice_str(word));
    config_free(cfg);
    return result;
}

static void whitelist_decides(void **state)
{
    (void)state;
    const struct port_address local = {.bytes = {127, 0, 0, 1}};
    assert_true(is_allowed("4lw.commands.whitelist=stat, ruok ,conf\n", &local, "ruok"));
    assert_true(is_allowed("4lw.commands.whitelist=stat, ruok ,conf\n", &local, "conf"));
    assert_false(is_allowed("4lw.commands.whitelist=stat, ruok ,conf\n", &local, "mntr"));
    assert_false(is_allowed("4lw.commands.whitelist=ruo\n", &local, "ruok"));
    assert_true(is_allowed("4lw.commands.whitelist=ruok\n", &local, "srvr")); // always
    assert_true(is_allowed("4lw.commands.whitelist=x,*\n", &local, "stmk"));
    assert_false(is_allowed("4lw.commands.whitelist=\n", &local, "stat"));
    assert_false(is_allowed("4lw.commands.whitelist=*\n", &local, "none"));
}

static void without_whitelist_this_machine_may_look(void **state)
{
    (void)state;
    const struct port_address four = {.bytes = {127, 9, 9, 9}};
    const struct port_address six = {.bytes = {[15] = 1}, .is_v6 = true};
    const struct port_address mapped = {.bytes = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1},
                                        .is_v6 = true};
    const struct port_address other = {.bytes = {10, 0, 0, 127}};
    const struct port_address other_six = {.bytes = {0x20, 1, [15] = 1}, .is_v6 = true};
    for (size_t i = 0; i < WORD_KINDS; i++) {
        const char *word = all_words[i];
        bool changes =
            strcmp(word, "crst") == 0 || strcmp(word, "srst") == 0 || strcmp(word, "stmk") == 0;
        assert_int_equal(is_allowed("", &four, word), !changes);
        assert_int_equal(is_allowed("", &six, word), !changes);
        assert_int_equal(is_allowed("", &mapped, word), !changes);
        assert_int_equal(is_allowed("", &other, word), strcmp(word, "srvr") == 0);
        assert_int_equal(is_allowed("", &other_six, word), strcmp(word, "srvr") == 0);
    }
}

static void read_only_mode_allows_isro(void **state)
{
    (void)state;
    const struct port_address other = {.bytes = {10, 0, 0, 1}};
    struct config *cfg = config_new();
    config_define(cfg, "readonlymode.enabled=true");
    config_finish(cfg);
    assert_true(word_is_allowed(cfg, &other, slice_str("isro")));
    assert_false(word_is_allowed(cfg, &other, slice_str("ruok")));
    config_free(cfg);
}

static void short_words_answer_and_close(void **state)
{
    (void)state;
    struct word_world *w = word_world_open(open_to_all);
    assert_string_equal(word_world_ask(w, "ruok"), "imok");
    assert_string_equal(word_world_ask(w, "ruok\n"), "imok");
    assert_string_equal(word_world_ask(w, "isro"), "rw");
    assert_string_equal(word_world_ask(w, "gtmk"), "306");
    assert_string_equal(word_world_ask(w, "crst"), "Connection stats reset.\n");
    assert_string_equal(word_world_ask(w, "srst"), "Server stats reset.\n");
    assert_string_equal(word_world_ask_bytes(w, slice_of("\xff\xf4\xff\xfd", 4)), "");
    word_world_close(w);
}

static void trace_mask_can_be_set(void **state)
{
    (void)state;
    struct word_world *w = word_world_open(open_to_all);
    assert_string_equal(word_world_ask_bytes(w, slice_of("stmk\0\0\0\0\0\0\1\2", 12)), "258");
    assert_string_equal(word_world_ask(w, "gtmk"), "258");
    word_world_close(w);
}

static void refused_word_says_why(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=ruok\n");
    assert_string_equal(word_world_ask(w, "stat"),
                        "stat is not executed because it is not in the whitelist.\n");
    assert_non_null(strstr(word_world_ask(w, "srvr"), "Mode: standalone\n"));
    word_world_close(w);
}

// What stands behind it in the sentence is a newline, but for hash.
static void expect_not_serving(struct troupe *t, int id)
{
    static const char text[] = "This ZooKeeper instance is not currently serving requests\n";
    static const char *const silent[] = {"conf", "cons", "crst", "dirs", "dump", "mntr",
                                         "srst", "srvr", "stat", "wchc", "wchp", "wchs"};
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        assert_string_equal(troupe_word(t, id, silent[i]), text);
    }
    assert_memory_equal(troupe_word(t, id, "hash"), text, sizeof text - 2);
    assert_int_equal(t->answer.len, sizeof text - 2);
    assert_string_equal(troupe_word(t, id, "isro"), "null");
    assert_string_equal(troupe_word(t, id, "ruok"), "imok");
    assert_string_equal(troupe_word(t, id, "gtmk"), "306");
    assert_memory_equal(troupe_word(t, id, "envi"), "Environment:\n", 13);
}

static void a_member_without_a_role_does_not_serve(void **state)
{
    (void)state;
    static const struct troupe_options options = {.voters = 3, .zoo_cfg = open_to_all};
    struct troupe t;
    troupe_open(&t, 1, &options);
    troupe_kill(&t, 1);
    troupe_kill(&t, 2);
    while (troupe_server(&t, 3)->state == SERVER_SERVING) {
        stage_step(&t.st);
    }
    expect_not_serving(&t, 3);
    troupe_close(&t);
}

static void a_leader_may_be_told_not_to_serve(void **state)
{
    (void)state;
    static const char zoo_cfg[] = "4lw.commands.whitelist=*\nleaderServes=no\n";
    static const struct troupe_options options = {.voters = 3, .zoo_cfg = zoo_cfg};
    struct troupe t;
    struct guest g;
    troupe_open(&t, 2, &options);
    int leader = troupe_leader(&t);
    expect_not_serving(&t, leader);
    troupe_connect(&g, &t, leader);
    guest_ask_session(&g, 0, GUEST_TIMEOUT_MS);
    guest_end(&g);
    guest_leave(&g);
    troupe_enter(&g, &t, troupe_follower(&t)); // the leader opens the session, and does the writes
    guest_make(&g, "/a", CREATE_EPHEMERAL);
    guest_end(&g); // and expires it
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_without_a_role_does_not_serve),
        cmocka_unit_test(a_leader_may_be_told_not_to_serve),
        cmocka_unit_test(eighteen_words_and_the_telnet_interrupt_are_known),
        cmocka_unit_test(whitelist_decides),
        cmocka_unit_test(without_whitelist_this_machine_may_look),
        cmocka_unit_test(read_only_mode_allows_isro),
        cmocka_unit_test(short_words_answer_and_close),
        cmocka_unit_test(trace_mask_can_be_set),
        cmocka_unit_test(refused_word_says_why),
        cmocka_unit_test(a_refused_mask_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
