// SPDX-License-Identifier: Apache-2.0
//
// How failures are said, and which exit code they have, in both styles.
#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cli/fake.h"

static void assert_failure(enum cli_style style, int code, enum paddock_fate fate, const char *path,
                           int exit_code, const char *said)
{
    struct fake f;
    fake_init(&f);
    f.cli.style = style;
    assert_int_equal(cli_fail_code(&f.cli, code, fate, path), exit_code);
    assert_string_equal(fake_err(&f), said);
    assert_string_equal(fake_out(&f), "");
    fake_fini(&f);
}

static void refusals_are_in_zkclis_words(void **state)
{
    (void)state;
    static const struct {
        int code;
        const char *said;
    } rows[] = {
        {PADDOCK_NO_NODE, "Node does not exist: /a\n"},
        {PADDOCK_NODE_EXISTS, "Node already exists: /a\n"},
        {PADDOCK_NOT_EMPTY, "Node not empty: /a\n"},
        {PADDOCK_NO_CHILDREN_FOR_EPHEMERALS, "Ephemerals cannot have children: /a\n"},
        {PADDOCK_BAD_VERSION, "version No is not valid : /a\n"},
        {PADDOCK_INVALID_ACL, "Acl is not valid : /a\n"},
        {PADDOCK_NO_AUTH, "Insufficient permission : /a\n"},
        {PADDOCK_BAD_ARGUMENTS, "Arguments are not valid : /a\n"},
        {PADDOCK_NOT_READ_ONLY, "Not a read-only call: /a\n"},
        {PADDOCK_QUOTA_EXCEEDED, "Quota has exceeded : /a\n"},
        {PADDOCK_NO_WATCHER, "KeeperErrorCode = No such watcher for /a\n"},
        {PADDOCK_UNIMPLEMENTED, "KeeperErrorCode = Unimplemented for /a\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_failure(CLI_STYLE_ZKCLI, rows[i].code, PADDOCK_ANSWERED, "/a", 1, rows[i].said);
        struct buf ours = {0};
        buf_printf(&ours, "paddock: %s", rows[i].said);
        assert_failure(CLI_STYLE_PADDOCK, rows[i].code, PADDOCK_ANSWERED, "/a", CLI_NO,
                       buf_cstr(&ours));
        buf_fini(&ours);
    }
}

static void a_request_without_a_path_names_none(void **state)
{
    (void)state;
    assert_failure(CLI_STYLE_ZKCLI, PADDOCK_RECONFIG_DISABLED, PADDOCK_ANSWERED, NULL, 1,
                   "KeeperErrorCode = Reconfig is disabled\n");
    assert_failure(CLI_STYLE_ZKCLI, PADDOCK_RECONFIG_DISABLED, PADDOCK_ANSWERED, "", 1,
                   "KeeperErrorCode = Reconfig is disabled\n");
    assert_failure(CLI_STYLE_ZKCLI, PADDOCK_NO_AUTH, PADDOCK_ANSWERED, NULL, 1,
                   "Insufficient permission : \n");
}

static void a_lost_request_says_what_is_known_of_it(void **state)
{
    (void)state;
    assert_failure(CLI_STYLE_PADDOCK, PADDOCK_CONNECTION_LOSS, PADDOCK_UNKNOWN, "/a", CLI_LOST,
                   "paddock: KeeperErrorCode = ConnectionLoss for /a: sent, but not answered: it "
                   "may have been executed\n");
    assert_failure(CLI_STYLE_PADDOCK, PADDOCK_CONNECTION_LOSS, PADDOCK_NOT_SENT, "/a",
                   CLI_NO_CONNECTION,
                   "paddock: KeeperErrorCode = ConnectionLoss for /a: not executed\n");
    assert_failure(CLI_STYLE_PADDOCK, PADDOCK_SESSION_EXPIRED, PADDOCK_ANSWERED, "/a", CLI_LOST,
                   "paddock: KeeperErrorCode = Session expired for /a\n");
    assert_failure(CLI_STYLE_ZKCLI, PADDOCK_OPERATION_TIMEOUT, PADDOCK_UNKNOWN, "/a", 1,
                   "KeeperErrorCode = ConnectionLoss for /a\n");
}

static void wrong_use_is_2_and_1_for_zkcli(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    assert_int_equal(cli_fail(&f.cli, CLI_USAGE, "%s", "why"), CLI_USAGE);
    f.cli.style = CLI_STYLE_ZKCLI;
    assert_int_equal(cli_fail(&f.cli, CLI_USAGE, "%s", "why"), CLI_NO);
    assert_int_equal(cli_fail(&f.cli, CLI_NOT_FOUND, "%s", "why"), CLI_NOT_FOUND);
    assert_string_equal(fake_err(&f), "paddock: why\nwhy\nwhy\n");
    fake_fini(&f);
}

static void numbers_have_their_range(void **state)
{
    (void)state;
    struct fake f;
    int64_t value = 0;
    fake_init(&f);
    assert_int_equal(cli_number(&f.cli, "12", "it", 1, 12, &value), CLI_DONE);
    assert_int_equal(value, 12);
    assert_int_equal(cli_number(&f.cli, "13", "it", 1, 12, &value), CLI_USAGE);
    assert_int_equal(cli_number(&f.cli, "x", "it", 1, 12, &value), CLI_USAGE);
    assert_int_equal(cli_number(&f.cli, "", "it", 1, 12, &value), CLI_USAGE);
    assert_int_equal(value, 12);
    assert_non_null(strstr(fake_err(&f), "paddock: it is a whole number from 1 to 12, not 13\n"));
    fake_fini(&f);
}

static void without_a_terminal_nobody_is_asked(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    assert_false(cli_confirm(&f.cli, false, "sure?"));
    assert_true(cli_confirm(&f.cli, true, "sure?"));
    f.cli.is_yes = true;
    assert_true(cli_confirm(&f.cli, false, "sure?"));
    assert_string_equal(fake_err(&f), "");
    fake_fini(&f);
}

static void colours_are_nothing_where_none_are_wanted(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    assert_string_equal(cli_colour(&f.cli, 'r'), "");
    f.cli.is_coloured = true;
    assert_string_equal(cli_colour(&f.cli, 'r'), "\033[31m");
    assert_string_equal(cli_colour(&f.cli, '0'), "\033[0m");
    assert_string_equal(cli_colour(&f.cli, '?'), "");
    fake_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_are_in_zkclis_words),
        cmocka_unit_test(a_request_without_a_path_names_none),
        cmocka_unit_test(a_lost_request_says_what_is_known_of_it),
        cmocka_unit_test(wrong_use_is_2_and_1_for_zkcli),
        cmocka_unit_test(numbers_have_their_range),
        cmocka_unit_test(without_a_terminal_nobody_is_asked),
        cmocka_unit_test(colours_are_nothing_where_none_are_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
