// SPDX-License-Identifier: Apache-2.0
//
// What help, manual, completion and parsing rely on holds for every row of the table.
#include "cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_command_is_found_by_its_name_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        assert_ptr_equal(command_find(command_at(i)->name), command_at(i));
    }
    assert_null(command_find(""));
    assert_null(command_find("GET"));
    assert_null(command_find("ge"));
}

static void every_command_can_be_run_and_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        const struct cli_command *command = command_at(i);
        assert_non_null(command->run);
        assert_true(strlen(command->summary) > 0);
        assert_int_not_equal(command->summary[strlen(command->summary) - 1], '.');
    }
}

static bool are_one(const struct cli_flag *a, const struct cli_flag *b)
{
    return (a->letter != '\0' && a->letter == b->letter) ||
           (a->name != NULL && b->name != NULL && strcmp(a->name, b->name) == 0);
}

static void no_two_flags_of_a_command_are_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        const struct cli_command *command = command_at(i);
        for (size_t j = 0; j < command->flag_count; j++) {
            const struct cli_flag *flag = &command->flags[j];
            assert_true(flag->letter != '\0' || flag->name != NULL);
            assert_non_null(flag->help);
            assert_true(flag->kind != CLI_WORD || flag->words != NULL);
            for (size_t k = 0; k < j; k++) {
                assert_false(are_one(flag, &command->flags[k]));
            }
        }
    }
}

static void parameters_that_may_be_missing_come_last(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        const struct cli_command *command = command_at(i);
        for (size_t j = 0; j < command->param_count; j++) {
            enum cli_count count = command->params[j].count;
            bool is_last = j + 1 == command->param_count;
            assert_true(is_last || (count != CLI_SOME && count != CLI_ANY));
            assert_true(is_last || count != CLI_OPTIONAL ||
                        command->params[j + 1].count != CLI_ONE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_found_by_its_name_alone),
        cmocka_unit_test(every_command_can_be_run_and_explained),
        cmocka_unit_test(no_two_flags_of_a_command_are_one),
        cmocka_unit_test(parameters_that_may_be_missing_come_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
