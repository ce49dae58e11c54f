// SPDX-License-Identifier: Apache-2.0
//
// The three texts that are made from the table of keys.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

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
    assert_true(has_line(text, "| `initLimit` | - | `0` | 0.. ticks | later: ensembles |", "|"));
    assert_true(has_line(text, "| - | `jute.maxbuffer` | `1048575` |", "|"));
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diagnostic_has_place_severity_and_text),
        cmocka_unit_test(print_shows_value_and_origin_of_every_key_in_force),
        cmocka_unit_test(documentation_has_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
