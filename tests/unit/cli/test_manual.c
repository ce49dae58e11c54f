// SPDX-License-Identifier: Apache-2.0
//
// Text stays text in roff.
#include "cli/help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "cli/command.h"

static char *page_of(const struct cli_command *command)
{
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    help_manual(command, to);
    (void)fclose(to);
    return text;
}

static void what_looks_like_a_request_is_text(void **state)
{
    (void)state;
    static const struct cli_flag flags[] = {{.letter = 'x', .help = "'quoted' \\ and"}};
    const struct cli_command command = {.name = "odd",
                                        .summary = "the No of It",
                                        .details = ".hidden starts\nand goes on. Next",
                                        .examples = ".x\n'y \\n",
                                        CLI_FLAGS(flags)};
    char *page = page_of(&command);
    assert_non_null(strstr(page, ".Nd the \\&No of \\&It\n"));
    assert_non_null(strstr(page, "\n\\&.hidden starts\nand goes on.\nNext\n"));
    assert_non_null(strstr(page, "\n\\&'quoted' \\e and\n"));
    assert_non_null(strstr(page, "\n\\&.x\n\\&'y \\en\n.Ed\n"));
    assert_non_null(strstr(page, ".Dt PADDOCK-ODD 1\n"));
    free(page);
}

static void a_page_names_flags_parameters_and_rest(void **state)
{
    (void)state;
    static const struct cli_flag flags[] = {
        {.letter = 'a', .name = "all", .help = "everything"},
        {.name = "mode", .value = "WORD", .kind = CLI_WORD, .words = "on off"}};
    static const struct cli_param params[] = {{.name = "PATH", .count = CLI_SOME, .help = "which"}};
    const struct cli_command command = {.name = "c",
                                        .summary = "s",
                                        .rest = "CMD",
                                        .is_json_able = true,
                                        CLI_FLAGS(flags),
                                        CLI_PARAMS(params)};
    char *page = page_of(&command);
    static const char *const parts[] = {".Op Fl a\n",      ".Op Fl -mode Ar WORD\n",
                                        ".Ar PATH ...\n",  ".It Fl a , Fl -all\neverything\n",
                                        "One of on off\n", ".It Ar PATH\nwhich\n",
                                        ".It Fl -json\n"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        assert_non_null(strstr(page, parts[i]));
    }
    free(page);
}

static void the_programs_page_names_every_command(void **state)
{
    (void)state;
    char *page = page_of(NULL);
    for (size_t i = 0; i < command_count(); i++) {
        char reference[80];
        (void)snprintf(reference, sizeof(reference), ".It Xr paddock-%s 1\n", command_at(i)->name);
        assert_non_null(strstr(page, reference));
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_looks_like_a_request_is_text),
        cmocka_unit_test(a_page_names_flags_parameters_and_rest),
        cmocka_unit_test(the_programs_page_names_every_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
