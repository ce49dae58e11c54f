// SPDX-License-Identifier: Apache-2.0
//
// The three texts that are made from the table of keys.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "tests/unit/config/config_help.h"

// Whether `text` has a line that begins with `start` and ends with `end`.
static bool has_line(const char *text, const char *start, const char *end)
{
    while (text != NULL && *text != 0) {
        size_t len = strcspn(text, "\n"), start_len = strlen(start), end_len = strlen(end);
        if (len >= start_len + end_len && strncmp(text, start, start_len) == 0 &&
            strncmp(text + len - end_len, end, end_len) == 0) {
            return true;
        }
        text = text[len] == '\n' ? text + len + 1 : NULL;
    }
    return false;
}

static void diagnostic_has_place_severity_and_text(void **state)
{
    (void)state;
    struct buf out = {0};
    config_print_diag(&(struct config_diag){CONFIG_ERROR, "zoo.cfg", 7, "bad"}, &out);
    config_print_diag(&(struct config_diag){CONFIG_NOTE, "-D", 0, "odd"}, &out);
    config_print_diag(&(struct config_diag){CONFIG_WARNING, NULL, 0, "hm"}, &out);
    assert_string_equal(buf_cstr(&out), "zoo.cfg:7: error: bad\n-D: note: odd\nwarning: hm\n");
    buf_fini(&out);
}

static void print_shows_value_and_origin_of_every_key_in_force(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=1\nskipACL=yes\nadmin.serverPort=99\n"
                                   "DigestAuthenticationProvider.superDigest=super:secret\n"
                                   "ssl.keyStore.password=secret\nserver.1=a:1:2\n"
                                   "connection_throttle_drop_increase=0.5\n");
    struct buf out = {0};
    config_print(cfg, &out);
    const char *text = buf_cstr(&out);
    assert_true(has_line(text, "dataDir ", " /d                             # zoo.cfg:1"));
    assert_true(has_line(text, "dataLogDir ", " /d                             # default"));
    assert_true(has_line(text, "minSessionTimeout ", " 6000                           # default"));
    assert_true(has_line(text, "skipACL ", " yes                            # zoo.cfg:3"));
    assert_true(has_line(text, "forceSync ", " yes                            # default"));
    assert_true(has_line(text, "admin.serverPort ", " 99                             # zoo.cfg:4"));
    assert_true(has_line(text, "server.1 ", "# zoo.cfg:7"));
    assert_true(has_line(text, "connection_throttle_drop_increase ", "# zoo.cfg:8"));
    assert_true(
        has_line(text, "4lw.commands.whitelist ", "-                              # default"));
    assert_null(strstr(text, "secret"));
    assert_null(strstr(text, "admin.idleTimeout"));
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_row *row = config_row((enum config_key)i);
        if (row->state == CONFIG_WORKS && row->kind < CONFIG_KIND_LINES) {
            assert_non_null(strstr(text, config_key_name((enum config_key)i)));
        }
    }
    buf_fini(&out);
    config_free(cfg);
}

static void documentation_has_every_row(void **state)
{
    (void)state;
    struct buf out = {0};
    config_print_doc(&out);
    const char *text = buf_cstr(&out);
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        struct buf name = {0};
        buf_printf(&name, "`%s`", config_key_name((enum config_key)i));
        assert_non_null(strstr(text, buf_cstr(&name)));
        assert_non_null(strstr(text, config_row((enum config_key)i)->help));
        buf_fini(&name);
    }
    assert_true(has_line(text, "## Transaction log", "purge"));
    assert_true(has_line(text, "| `tickTime` | - | `3000` | 1.. ms | works |", "|"));
    assert_true(has_line(text, "| `initLimit` | - | `0` | 0.. ticks | works |", "|"));
    assert_true(has_line(text, "| - | `jute.maxbuffer` | `1048575` |", "|"));
    buf_fini(&out);
}

// The text of a file of this repository; free with mem_free.
static char *read_page(const char *name)
{
    const char *root = getenv("SOURCE_ROOT");
    struct buf path = {0}, text = {0};
    buf_printf(&path, "%s/%s", root != NULL ? root : ".", name);
    FILE *f = fopen(buf_cstr(&path), "r");
    assert_non_null(f);
    size_t n;
    do {
        n = fread(buf_reserve(&text, 65536), 1, 65536, f);
        text.len += n;
    } while (n > 0);
    fclose(f);
    char *copy = mem_strdup(buf_cstr(&text));
    buf_fini(&path);
    buf_fini(&text);
    return copy;
}

static void documentation_on_disk_is_up_to_date(void **state)
{
    (void)state;
    struct buf out = {0};
    config_print_doc(&out);
    char *page = read_page("docs/configuration.md");
    assert_string_equal(page, buf_cstr(&out));
    mem_free(page);
    buf_fini(&out);
}

static const char *state_in_page(enum config_state state)
{
    if (config_state_part(state) != NULL) {
        return "\n| later: ";
    }
    return state == CONFIG_WORKS        ? "\n| works | "
           : state == CONFIG_NO_MEANING ? "\n| no meaning | "
                                        : "\n| client | ";
}

// The states that docs/compatibility.md gives are those of the rows.
static void compatibility_page_has_the_state_of_every_row(void **state)
{
    (void)state;
    char *page = read_page("docs/compatibility.md");
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        const char *name = config_key_name((enum config_key)i);
        const char *start = state_in_page(config_row((enum config_key)i)->state);
        struct buf quoted = {0};
        buf_printf(&quoted, "`%s`", name);
        bool is_found = false;
        for (char *line = strstr(page, "\n| State | Rows |"); line != NULL && !is_found;
             line = strchr(line + 1, '\n')) {
            size_t len = strcspn(line + 1, "\n") + 1;
            char *at = strstr(line, buf_cstr(&quoted));
            bool is_here = at != NULL && at < line + len;
            is_found = is_here && strncmp(line, start, strlen(start)) == 0;
        }
        if (!is_found) {
            print_error("docs/compatibility.md lacks the state of %s\n", name);
        }
        assert_true(is_found);
        buf_fini(&quoted);
    }
    mem_free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diagnostic_has_place_severity_and_text),
        cmocka_unit_test(print_shows_value_and_origin_of_every_key_in_force),
        cmocka_unit_test(documentation_has_every_row),
        cmocka_unit_test(documentation_on_disk_is_up_to_date),
        cmocka_unit_test(compatibility_page_has_the_state_of_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
