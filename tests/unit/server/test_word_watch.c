// SPDX-License-Identifier: Apache-2.0
//
// wchs, wchc, wchp.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/server/word_world.h"

static struct word_world *with_watches(void)
{
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    word_world_connect(w, 0);
    word_world_connect(w, 1);
    assert_int_equal(word_world_create(w, 0, "/a", 0), 0);
    assert_int_equal(word_world_get(w, 0, "/a", true), 0);
    assert_int_equal(word_world_get(w, 1, "/a", true), 0);
    assert_int_equal(word_world_get(w, 1, "/missing", true), -101);
    assert_int_equal(word_world_get(w, 1, "/", false), 0);
    return w;
}

static void nothing_is_watched_at_first(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    assert_string_equal(word_world_ask(w, "wchs"),
                        "0 connections watching 0 paths\nTotal watches:0\n");
    assert_string_equal(word_world_ask(w, "wchc"), "\n");
    assert_string_equal(word_world_ask(w, "wchp"), "\n");
    word_world_close(w);
}

static void wchs_counts_connections_paths_and_watches(void **state)
{
    (void)state;
    struct word_world *w = with_watches();
    assert_string_equal(word_world_ask(w, "wchs"),
                        "2 connections watching 2 paths\nTotal watches:3\n");
    word_world_close(w);
}

static void wchc_lists_paths_by_session(void **state)
{
    (void)state;
    struct word_world *w = with_watches();
    char one[128];
    snprintf(one, sizeof one, "0x%" PRIx64 "\n\t/a\n0x%" PRIx64 "\n\t/",
             (uint64_t)word_world_session(w, 0), (uint64_t)word_world_session(w, 1));
    const char *text = word_world_ask(w, "wchc");
    assert_non_null(strstr(text, one));
    assert_non_null(strstr(text, "\t/missing\n"));
    assert_string_equal(text + strlen(text) - 2, "\n\n");
    word_world_close(w);
}

static void wchp_lists_sessions_by_path(void **state)
{
    (void)state;
    struct word_world *w = with_watches();
    char missing[128];
    snprintf(missing, sizeof missing, "/missing\n\t0x%" PRIx64 "\n",
             (uint64_t)word_world_session(w, 1));
    const char *text = word_world_ask(w, "wchp");
    assert_non_null(strstr(text, "/a\n\t0x"));
    assert_non_null(strstr(text, missing));
    size_t lines = 0;
    for (const char *c = text; *c != 0; c++) {
        lines += *c == '\n' ? 1 : 0;
    }
    assert_int_equal(lines, 2 + 3 + 1); // paths, watches, the empty line
    word_world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_watched_at_first),
        cmocka_unit_test(wchs_counts_connections_paths_and_watches),
        cmocka_unit_test(wchc_lists_paths_by_session),
        cmocka_unit_test(wchp_lists_sessions_by_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
