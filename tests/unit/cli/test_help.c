// SPDX-License-Identifier: Apache-2.0
//
// Help for people, pages for man, scripts for shells: all say what the table says.
#include "cli/help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "cli/args.h"
#include "tests/unit/cli/fake.h"

static const struct cli_flag flags[] = {
    {.letter = 'v', .name = "version", .value = "N", .help = "only this one"},
    {.letter = 'x', .help = "in another form"},
    {.name = "mode",
     .value = "WORD",
     .kind = CLI_WORD,
     .words = "on off",
     .is_repeatable = true,
     .help = "how"}};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH, .help = "where"},
                                          {.name = "MORE", .count = CLI_ANY}};
static const struct cli_command sample = {.name = "sample",
                                          .summary = "do one thing",
                                          .details = "First. Second line\n\nanother paragraph",
                                          CLI_FLAGS(flags),
                                          CLI_PARAMS(params),
                                          .rest = "CMD [ARG...]",
                                          .zkcli_usage = "sample path",
                                          .examples = "paddock sample /a",
                                          .exits = "7 strange"};

static void a_usage_line_has_flags_parameters_and_rest(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    help_usage(&f.cli, &sample, f.cli.out);
    assert_string_equal(
        fake_out(&f),
        "paddock sample [-v N] [-x] [--mode WORD]... PATH [MORE...] -- CMD [ARG...]\n");
    fake_fini(&f);
}

static void in_the_shell_and_for_zkcli_the_usage_is_zkclis(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    f.cli.is_interactive = true;
    help_usage(&f.cli, &sample, f.cli.out);
    assert_string_equal(fake_out(&f), "sample path\n");
    fake_fini(&f);
    fake_init(&f);
    f.cli.style = CLI_STYLE_ZKCLI;
    help_usage(&f.cli, command_find("get"), f.cli.out);
    assert_non_null(
        strstr(fake_out(&f), "get [-s] [-w] [-b] [-x] path\n -b   Output data in base64 format\n"));
    fake_fini(&f);
}

static void help_of_a_command_has_everything_it_takes(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    help_command(&f.cli, &sample, f.cli.out);
    static const char *const parts[] = {"do one thing",
                                        "First. Second line",
                                        "another paragraph",
                                        "-v, --version N",
                                        "only this one",
                                        "--mode WORD",
                                        "where",
                                        "--quiet",
                                        "paddock sample /a",
                                        "7 strange"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        assert_non_null(strstr(fake_out(&f), parts[i]));
    }
    assert_null(strstr(fake_out(&f), "--json"));
    fake_fini(&f);
}

static void help_of_the_program_has_every_command_and_exit_code(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    help_program(&f.cli, f.cli.out);
    for (size_t i = 0; i < command_count(); i++) {
        assert_non_null(
            strstr(fake_out(&f), command_at(i)->summary == NULL ? "" : command_at(i)->name));
    }
    size_t codes = 0;
    while (help_exit(codes) != NULL) {
        codes++;
    }
    assert_int_equal(codes, 8);
    assert_non_null(strstr(fake_out(&f), "127  no such command"));
    fake_fini(&f);
}

static void lines_are_no_wider_than_the_terminal(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    help_commands(&f.cli, f.cli.out);
    for (const char *line = fake_out(&f); *line != '\0';) {
        size_t len = strcspn(line, "\n");
        assert_in_range(len, 0, 80);
        line += len + (line[len] == '\n' ? 1 : 0);
    }
    fake_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_usage_line_has_flags_parameters_and_rest),
        cmocka_unit_test(in_the_shell_and_for_zkcli_the_usage_is_zkclis),
        cmocka_unit_test(help_of_a_command_has_everything_it_takes),
        cmocka_unit_test(help_of_the_program_has_every_command_and_exit_code),
        cmocka_unit_test(lines_are_no_wider_than_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
