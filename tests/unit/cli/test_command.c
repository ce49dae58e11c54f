// SPDX-License-Identifier: Apache-2.0
//
// What holds for every row of the table of commands.
#include "cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void every_command_is_found_by_its_name_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        assert_ptr_equal(command_find(command_at(i)->name), command_at(i));
    }
    assert_null(command_find(""));
    assert_null(command_find("GET"));
    assert_null(command_find("ge"));
}

static void every_command_says_what_it_does_and_does_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        const struct cli_command *c = command_at(i);
        assert_non_null(c->run);
        size_t len = strlen(c->summary);
        assert_in_range(len, 5, 90);
        assert_int_not_equal(c->summary[len - 1], '.');
    }
}

static void flags_of_a_command_differ(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        const struct cli_command *c = command_at(i);
        for (size_t a = 0; a < c->flag_count; a++) {
            const struct cli_flag *f = &c->flags[a];
            assert_true(f->letter != 0 || f->name != NULL);
            assert_true(f->kind != CLI_WORD || f->words != NULL);
            for (size_t b = 0; b < a; b++) {
                const struct cli_flag *g = &c->flags[b];
                assert_true(f->letter == 0 || f->letter != g->letter);
                assert_true(f->name == NULL || g->name == NULL || strcmp(f->name, g->name) != 0);
            }
        }
    }
}

static void optional_parameters_come_last(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        const struct cli_command *c = command_at(i);
        bool is_optional = false;
        for (size_t p = 0; p < c->param_count; p++) {
            enum cli_count count = c->params[p].count;
            assert_true(p + 1 == c->param_count || count == CLI_ONE || count == CLI_OPTIONAL);
            assert_false(is_optional && (count == CLI_ONE || count == CLI_SOME));
            is_optional = is_optional || count == CLI_OPTIONAL || count == CLI_ANY;
            assert_true(c->params[p].kind != CLI_WORD || c->params[p].words != NULL);
        }
    }
}

static void zkclis_usage_begins_with_the_name(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t i = 0; i < command_count(); i++) {
        const struct cli_command *c = command_at(i);
        if (c->zkcli_usage != NULL) {
            size_t len = strlen(c->name);
            assert_memory_equal(c->zkcli_usage, c->name, len);
            assert_int_equal(c->zkcli_usage[len], ' ');
            count++;
        }
    }
    assert_in_range(count, 28, 29); // and exit, which is of 3.10
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_found_by_its_name_alone),
        cmocka_unit_test(every_command_says_what_it_does_and_does_it),
        cmocka_unit_test(flags_of_a_command_differ),
        cmocka_unit_test(optional_parameters_come_last),
        cmocka_unit_test(zkclis_usage_begins_with_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
