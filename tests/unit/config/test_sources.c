// SPDX-License-Identifier: Apache-2.0
//
// Texts by rank, lines in order, diagnostics as formatted.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/sources.h"

static void set(struct config_sources *s, enum config_rank rank, const char *text)
{
    config_set(s, CONFIG_KEY_snap_count, rank, slice_str(text), (struct config_place){.line = 1});
}

static void stronger_source_wins_whatever_the_order(void **state)
{
    (void)state;
    struct config_sources *s = config_sources_new();
    set(s, CONFIG_RANK_FILE, "file");
    set(s, CONFIG_RANK_PROPERTY, "property");
    assert_string_equal(s->entries[CONFIG_KEY_snap_count].text, "file");
    set(s, CONFIG_RANK_ARGUMENT, "argument");
    set(s, CONFIG_RANK_FILE, "file again");
    assert_string_equal(s->entries[CONFIG_KEY_snap_count].text, "argument");
    config_sources_free(s);
}

static void equal_source_is_replaced_by_the_later(void **state)
{
    (void)state;
    struct config_sources *s = config_sources_new();
    set(s, CONFIG_RANK_FILE, "1");
    set(s, CONFIG_RANK_FILE, "2");
    assert_string_equal(s->entries[CONFIG_KEY_snap_count].text, "2");
    config_sources_free(s);
}

static void lines_keep_their_order(void **state)
{
    (void)state;
    struct config_sources *s = config_sources_new();
    for (unsigned i = 0; i < 50; i++) {
        char name[2] = {(char)('0' + i % 10), 0};
        config_add_line(s, CONFIG_KEY_server_n, CONFIG_RANK_FILE, slice_str(name), slice_null(),
                        (struct config_place){.line = i}, i % 2 == 1);
    }
    assert_int_equal(s->line_count, 50);
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(s->lines[i].place.line, i);
        assert_int_equal(s->lines[i].name[0], '0' + i % 10);
        assert_string_equal(s->lines[i].text, "");
        assert_int_equal(s->lines[i].is_dynamic, i % 2 == 1);
    }
    config_sources_free(s);
}

static void diagnostics_are_formatted_and_keep_their_place(void **state)
{
    (void)state;
    struct config_sources *s = config_sources_new();
    for (int i = 0; i < 20; i++) {
        config_say(s, CONFIG_WARNING, (struct config_place){.file = "f", .line = 7}, "%d and %s", i,
                   "more");
    }
    assert_int_equal(s->diag_count, 20);
    assert_string_equal(s->diags[19].text, "19 and more");
    assert_string_equal(s->diags[19].file, "f");
    assert_int_equal(s->diags[19].line, 7);
    assert_int_equal(s->diags[19].severity, CONFIG_WARNING);
    config_sources_free(s);
    config_sources_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stronger_source_wins_whatever_the_order),
        cmocka_unit_test(equal_source_is_replaced_by_the_later),
        cmocka_unit_test(lines_keep_their_order),
        cmocka_unit_test(diagnostics_are_formatted_and_keep_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
