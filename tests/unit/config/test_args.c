// SPDX-License-Identifier: Apache-2.0
//
// The command line of paddockd.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "config/args.h"

enum { WORDS_MAX = 16 };

// Parse the blank-separated words of `line` behind a program name.
static enum err parse(const char *line, struct args *ret, struct buf *complaint)
{
    static char copy[256];
    static char program[] = "paddockd";
    char *argv[WORDS_MAX] = {program};
    int argc = 1;
    assert_true(strlen(line) < sizeof copy);
    memcpy(copy, line, strlen(line) + 1);
    for (char *c = copy; *c != 0; c++) {
        bool begins = *c != ' ' && (c == copy || c[-1] == 0);
        if (*c == ' ') {
            *c = 0;
        } else if (begins) {
            assert_true(argc < WORDS_MAX);
            argv[argc++] = c;
        }
    }
    buf_clear(complaint);
    return args_parse(argc, argv, ret, complaint);
}

static void refuses(const char *line, const char *expect)
{
    struct args a;
    struct buf complaint = {0};
    assert_int_equal(parse(line, &a, &complaint), ERR_INVALID);
    assert_non_null(strstr(buf_cstr(&complaint), expect));
    args_fini(&a);
    buf_fini(&complaint);
}

static void one_word_is_the_configuration_file(void **state)
{
    (void)state;
    struct args a;
    struct buf complaint = {0};
    assert_int_equal(parse("/etc/zoo.cfg", &a, &complaint), ERR_OK);
    assert_int_equal(a.action, ARGS_RUN);
    assert_string_equal(a.config_file, "/etc/zoo.cfg");
    assert_null(a.port);
    assert_null(a.log_format);
    args_fini(&a);
    buf_fini(&complaint);
}

static void two_to_four_words_are_port_and_directory(void **state)
{
    (void)state;
    struct args a;
    struct buf complaint = {0};
    assert_int_equal(parse("2181 /data", &a, &complaint), ERR_OK);
    assert_null(a.config_file);
    assert_string_equal(a.port, "2181");
    assert_string_equal(a.data_dir, "/data");
    assert_null(a.tick_time);
    args_fini(&a);
    assert_int_equal(parse("2181 /data 2000 50", &a, &complaint), ERR_OK);
    assert_string_equal(a.tick_time, "2000");
    assert_string_equal(a.max_cnxns, "50");
    args_fini(&a);
    buf_fini(&complaint);
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    struct args a;
    struct buf complaint = {0};
    assert_int_equal(parse("-Da=1 --log-format json zoo.cfg -Db --log-level=debug --print-config "
                           "-Dc=x=y",
                           &a, &complaint),
                     ERR_OK);
    assert_int_equal(a.action, ARGS_PRINT_CONFIG);
    assert_string_equal(a.config_file, "zoo.cfg");
    assert_string_equal(a.log_format, "json");
    assert_string_equal(a.log_level, "debug");
    assert_int_equal(a.define_count, 3);
    assert_string_equal(a.defines[0], "a=1");
    assert_string_equal(a.defines[1], "b");
    assert_string_equal(a.defines[2], "c=x=y");
    args_fini(&a);
    buf_fini(&complaint);
}

static void actions_without_configuration_need_no_file(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum args_action action;
    } rows[] = {{"--version", ARGS_VERSION},
                {"--help", ARGS_HELP},
                {"-h", ARGS_HELP},
                {"--print-config-doc", ARGS_PRINT_CONFIG_DOC}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct args a;
        struct buf complaint = {0};
        assert_int_equal(parse(rows[i].line, &a, &complaint), ERR_OK);
        assert_int_equal(a.action, rows[i].action);
        args_fini(&a);
        buf_fini(&complaint);
    }
}

static void mistakes_are_named(void **state)
{
    (void)state;
    refuses("", "must be given");
    refuses("--check-config", "must be given");
    refuses("--print-config", "must be given");
    refuses("1 2 3 4 five", "one argument too many: five");
    refuses("zoo.cfg --verbose", "there is no option --verbose");
    refuses("zoo.cfg --log-format xml", "--log-format is followed by text or json, not by \"xml\"");
    refuses("zoo.cfg --log-level", "error or warn or info or debug, not by \"\"");
    refuses("zoo.cfg -D", "-D is followed by name=value");
    refuses("zoo.cfg -D=x", "-D is followed by name=value");
    refuses("zoo.cfg --log-formats=json", "there is no option");
}

static void help_names_every_option(void **state)
{
    (void)state;
    static const char *const options[] = {"-Dname=value",   "--print-config", "--print-config-doc",
                                          "--check-config", "--log-format",   "--log-level",
                                          "--version",      "--help",         "PORT DATADIR",
                                          "ZOO_CFG"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        assert_non_null(strstr(args_help(), options[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_word_is_the_configuration_file),
        cmocka_unit_test(two_to_four_words_are_port_and_directory),
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(actions_without_configuration_need_no_file),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(help_names_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
