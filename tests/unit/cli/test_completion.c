// SPDX-License-Identifier: Apache-2.0
//
// Every command and flag is in every script. That the scripts run is tested in the shells
// (tests/integration/test_cli_completion.py).
#include "cli/help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "cli/command.h"

static char *script_of(const char *shell)
{
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    assert_true(help_completion(shell, to));
    (void)fclose(to);
    return text;
}

static void every_command_is_offered_but_those_of_the_shell(void **state)
{
    (void)state;
    char *bash = script_of("bash"), *fish = script_of("fish");
    for (size_t i = 0; i < command_count(); i++) {
        bool is_known = command_at(i)->group != CLI_GROUP_SHELL;
        char text[80];
        (void)snprintf(text, sizeof(text), "__fish_use_subcommand -a %s ", command_at(i)->name);
        assert_int_equal(strstr(fish, text) != NULL, is_known);
        (void)snprintf(text, sizeof(text), "    %s) kind='word", command_at(i)->name);
        assert_non_null(strstr(bash, text));
    }
    free(bash);
    free(fish);
}

static void values_and_parameters_have_their_kinds(void **state)
{
    (void)state;
    char *zsh = script_of("zsh");
    assert_non_null(strstr(zsh, "'get:1') kind='path' ;;"));
    assert_non_null(strstr(zsh, "':-s' | ':--server') kind='text' ;;"));
    assert_non_null(strstr(zsh, "'reconfig:--file') kind='file' ;;"));
    assert_non_null(strstr(zsh, "'addWatch:-m') kind='word PERSISTENT PERSISTENT_RECURSIVE' ;;"));
    assert_null(strstr(zsh, "'get:-s'")); // takes no value
    free(zsh);
}

static void an_unknown_shell_has_no_script(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    assert_false(help_completion("tcsh", to));
    (void)fclose(to);
    assert_int_equal(len, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_offered_but_those_of_the_shell),
        cmocka_unit_test(values_and_parameters_have_their_kinds),
        cmocka_unit_test(an_unknown_shell_has_no_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
