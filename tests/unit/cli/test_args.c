// SPDX-License-Identifier: Apache-2.0
//
// Words become flags and parameters in every spelling that zkCli and POSIX users type, and what
// does not fit is named.
#include "cli/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct cli_flag flags[] = {
    {.letter = 's', .help = "a switch"},
    {.letter = 'w', .name = "watch", .help = "a switch with a name"},
    {.letter = 'v', .name = "version", .value = "N", .kind = CLI_NUMBER},
    {.name = "members", .value = "LIST"},
    {.name = "add", .value = "SERVER", .is_repeatable = true},
};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH},
                                          {.name = "DATA", .count = CLI_OPTIONAL}};
static const struct cli_command set = {.name = "set", CLI_FLAGS(flags), CLI_PARAMS(params)};
static const struct cli_command lock = {
    .name = "lock", CLI_FLAGS(flags), CLI_PARAMS(params), .rest = "CMD"};
static const struct cli_param many[] = {{.name = "FILE", .kind = CLI_FILE, .count = CLI_SOME}};
static const struct cli_command log_command = {.name = "log", CLI_PARAMS(many)};

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_refused(const struct cli_command *command, const char *const *words,
                           const char *expected)
{
    struct cli_call call;
    char why[CLI_WHY_BYTES];
    assert_false(call_parse(&call, command, words, false, why));
    assert_string_equal(why, expected);
    call_fini(&call);
}

static struct cli_call parse(const struct cli_command *command, const char *const *words)
{
    struct cli_call call;
    char why[CLI_WHY_BYTES] = "";
    if (!call_parse(&call, command, words, false, why)) {
        fail_msg("%s", why);
    }
    return call;
}

static void flags_stand_anywhere_in_either_spelling(void **state)
{
    (void)state;
    const char *const *forms[] = {
        WORDS("-s", "-v", "7", "-w", "/a", "x"),
        WORDS("/a", "-sw", "x", "--version=7"),
        WORDS("-s", "/a", "--watch", "x", "-v7"),
        WORDS("--s", "/a", "-version", "7", "x", "-watch"),
        WORDS("-swv=7", "/a", "x"),
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct cli_call call = parse(&set, forms[i]);
        assert_true(cli_has(&call, "s"));
        assert_true(cli_has(&call, "w"));
        assert_true(cli_has(&call, "watch"));
        assert_string_equal(cli_value(&call, "v"), "7");
        assert_int_equal(cli_param_count(&call), 2);
        assert_string_equal(cli_param(&call, 0), "/a");
        assert_string_equal(cli_param(&call, 1), "x");
        assert_null(cli_param(&call, 2));
        call_fini(&call);
    }
}

static void numbers_dashes_and_what_follows_two_of_them_are_no_flags(void **state)
{
    (void)state;
    struct cli_call call = parse(&set, WORDS("/a", "-1"));
    assert_string_equal(cli_param(&call, 1), "-1");
    call_fini(&call);
    call = parse(&set, WORDS("/a", "-"));
    assert_string_equal(cli_param(&call, 1), "-");
    call_fini(&call);
    call = parse(&set, WORDS("/a", "--", "-s"));
    assert_string_equal(cli_param(&call, 1), "-s");
    assert_false(cli_has(&call, "s"));
    assert_null(cli_rest(&call));
    call_fini(&call);
    call = parse(&lock, WORDS("/a", "--", "sh", "-s", "--"));
    assert_string_equal(cli_rest(&call)[0], "sh");
    assert_string_equal(cli_rest(&call)[2], "--");
    assert_null(cli_rest(&call)[3]);
    assert_false(cli_has(&call, "s"));
    call_fini(&call);
}

static void a_value_may_look_like_a_flag_and_may_come_again(void **state)
{
    (void)state;
    struct cli_call call =
        parse(&set, WORDS("-add", "a", "-add", "-s", "--add=", "/p", "-v", "-1"));
    assert_int_equal(cli_value_count(&call, "add"), 3);
    assert_string_equal(cli_value_at(&call, "add", 1), "-s");
    assert_string_equal(cli_value(&call, "add"), "");
    assert_string_equal(cli_value(&call, "v"), "-1");
    assert_false(cli_has(&call, "s"));
    call_fini(&call);
}

static void what_does_not_fit_is_named(void **state)
{
    (void)state;
    assert_refused(&set, WORDS("-s"), "PATH is missing");
    assert_refused(&set, WORDS("/a", "-z"), "unknown flag: -z");
    assert_refused(&set, WORDS("/a", "-sz"), "unknown flag: -sz");
    assert_refused(&set, WORDS("/a", "--sw"), "unknown flag: --sw");
    assert_refused(&set, WORDS("/a", "-v"), "-v wants a value");
    assert_refused(&set, WORDS("/a", "--watch=1"), "--watch=1 takes no value");
    assert_refused(&set, WORDS("/a", "b", "c"), "one argument too many: c");
    assert_refused(&log_command, (const char *const[]){NULL}, "FILE is missing");
}

static void zkcli_ignores_what_is_too_much(void **state)
{
    (void)state;
    struct cli_call call;
    char why[CLI_WHY_BYTES];
    assert_true(call_parse(&call, &set, WORDS("/a", "b", "c", "d"), true, why));
    assert_int_equal(cli_param_count(&call), 2);
    call_fini(&call);
}

static void help_needs_nothing_else_and_many_files_are_taken(void **state)
{
    (void)state;
    struct cli_call call = parse(&set, WORDS("--help"));
    assert_true(cli_has(&call, "help"));
    call_fini(&call);
    call = parse(&log_command, WORDS("a", "b", "c", "--json"));
    assert_int_equal(cli_param_count(&call), 3);
    assert_true(cli_has(&call, "json"));
    call_fini(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_stand_anywhere_in_either_spelling),
        cmocka_unit_test(numbers_dashes_and_what_follows_two_of_them_are_no_flags),
        cmocka_unit_test(a_value_may_look_like_a_flag_and_may_come_again),
        cmocka_unit_test(what_does_not_fit_is_named),
        cmocka_unit_test(zkcli_ignores_what_is_too_much),
        cmocka_unit_test(help_needs_nothing_else_and_many_files_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
