// SPDX-License-Identifier: Apache-2.0
//
// How failures are said and which exit codes they have, in our style and in zkCli's.
#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/cli/fake.h"

static void a_failure_names_the_program(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    assert_int_equal(cli_fail(&f.cli, CLI_USAGE, "no %s", "way"), CLI_USAGE);
    assert_string_equal(fake_err(&f), "paddock: no way\n");
    assert_string_equal(fake_out(&f), "");
    fake_fini(&f);
}

static void zkclis_failures_stand_alone_and_are_1(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    f.cli.style = CLI_STYLE_ZKCLI;
    assert_int_equal(cli_fail(&f.cli, CLI_USAGE, "no way"), CLI_NO);
    assert_string_equal(fake_err(&f), "no way\n");
    fake_fini(&f);
}

static void colours_are_for_those_who_have_them(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    assert_string_equal(cli_colour(&f.cli, 'r'), "");
    f.cli.is_coloured = true;
    assert_string_equal(cli_colour(&f.cli, 'r'), "\033[31m");
    assert_string_equal(cli_colour(&f.cli, '?'), "");
    (void)cli_fail(&f.cli, CLI_NO, "red");
    assert_string_equal(fake_err(&f), "\033[31mpaddock:\033[0m red\n");
    fake_fini(&f);
}

// The codes of a script: the answer is no; try again; look what became of it.
static void codes_have_exit_codes_by_what_is_known(void **state)
{
    (void)state;
    static const struct {
        int code;
        enum paddock_fate fate;
        int exit_code;
        const char *text;
    } rows[] = {
        {PADDOCK_NO_NODE, PADDOCK_ANSWERED, CLI_NO, "paddock: Node does not exist: /a\n"},
        {PADDOCK_NO_WATCHER, PADDOCK_ANSWERED, CLI_NO,
         "paddock: KeeperErrorCode = No such watcher for /a\n"},
        {PADDOCK_CONNECTION_LOSS, PADDOCK_NOT_SENT, CLI_NO_CONNECTION,
         "paddock: KeeperErrorCode = ConnectionLoss for /a: not executed\n"},
        {PADDOCK_CONNECTION_LOSS, PADDOCK_UNKNOWN, CLI_LOST,
         "paddock: KeeperErrorCode = ConnectionLoss for /a: sent, but not answered: it may have "
         "been executed\n"},
        {PADDOCK_SESSION_EXPIRED, PADDOCK_NOT_SENT, CLI_LOST,
         "paddock: KeeperErrorCode = Session expired for /a: not executed\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake f;
        fake_init(&f);
        assert_int_equal(cli_fail_code(&f.cli, rows[i].code, rows[i].fate, "/a"),
                         rows[i].exit_code);
        assert_string_equal(fake_err(&f), rows[i].text);
        f.cli.style = CLI_STYLE_ZKCLI;
        assert_int_equal(cli_fail_code(&f.cli, rows[i].code, rows[i].fate, "/a"), CLI_NO);
        fake_fini(&f);
    }
}

static void numbers_out_of_range_are_said_with_the_range(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    int64_t value = 7;
    assert_int_equal(cli_number(&f.cli, "3", "the depth", 1, 3, &value), CLI_DONE);
    assert_int_equal(value, 3);
    assert_int_equal(cli_number(&f.cli, "4", "the depth", 1, 3, &value), CLI_USAGE);
    assert_int_equal(cli_number(&f.cli, "2x", "the depth", 1, 3, &value), CLI_USAGE);
    assert_int_equal(value, 3);
    assert_string_equal(fake_err(&f), "paddock: the depth is a whole number from 1 to 3, not 4\n"
                                      "paddock: the depth is a whole number from 1 to 3, not 2x\n");
    fake_fini(&f);
}

static void without_a_terminal_nobody_is_asked(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    assert_false(cli_confirm(&f.cli, false, "Delete %d nodes?", 3));
    assert_true(cli_confirm(&f.cli, true, "Delete %d nodes?", 3));
    f.host.in_is_tty = true;
    f.host.err_is_tty = true;
    f.cli.is_yes = true;
    assert_true(cli_confirm(&f.cli, false, "Delete %d nodes?", 3));
    assert_string_equal(fake_err(&f), "");
    fake_fini(&f);
}

static void a_bad_path_is_wrong_use(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    assert_int_equal(cli_check_path(&f.cli, "/a/b", false), CLI_DONE);
    assert_int_equal(cli_check_path(&f.cli, "/a/", false), CLI_USAGE);
    assert_int_equal(cli_check_path(&f.cli, "/a/", true), CLI_DONE); // the number follows
    assert_string_equal(fake_err(&f), "paddock: Path must not end with / character\n");
    fake_fini(&f);
}

static void nobody_named_is_the_server_here(void **state)
{
    (void)state;
    assert_string_equal(cli_servers(&(struct cli){0}), "localhost:2181");
    assert_string_equal(cli_servers(&(struct cli){.servers = "a:1,b:2"}), "a:1,b:2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_names_the_program),
        cmocka_unit_test(zkclis_failures_stand_alone_and_are_1),
        cmocka_unit_test(colours_are_for_those_who_have_them),
        cmocka_unit_test(codes_have_exit_codes_by_what_is_known),
        cmocka_unit_test(numbers_out_of_range_are_said_with_the_range),
        cmocka_unit_test(without_a_terminal_nobody_is_asked),
        cmocka_unit_test(a_bad_path_is_wrong_use),
        cmocka_unit_test(nobody_named_is_the_server_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
