// SPDX-License-Identifier: Apache-2.0
//
// From words to a command, without a server.
#include "cli/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/zkcli.h"
#include "tests/unit/cli/fake.h"

static int refused_open(const struct paddock_options *options, struct paddock **ret)
{
    *ret = NULL;
    return strchr(options->servers, '!') != NULL ? PADDOCK_BAD_ARGUMENTS : PADDOCK_NO_RESOURCES;
}

static const char *server_env(const char *name)
{
    return strcmp(name, "PADDOCK_SERVER") == 0 ? "from-env!" : NULL;
}

// Runs the words; `out` and `err` are all that was printed.
static void assert_run(const char *const *words, int exit_code, const char *out, const char *err)
{
    struct fake f;
    fake_init(&f);
    f.host.open = refused_open;
    assert_int_equal(program_run(&f.cli, words), exit_code);
    assert_string_equal(fake_out(&f), out);
    assert_string_equal(fake_err(&f), err);
    fake_fini(&f);
}

#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static void an_unknown_command_is_127(void **state)
{
    (void)state;
    assert_run(WORDS("frobnicate", "/a"), CLI_NOT_FOUND, "",
               "paddock: no such command: frobnicate; `paddock --help` lists them\n");
    assert_run(WORDS("help", "frobnicate"), CLI_NOT_FOUND, "",
               "paddock: no such command: frobnicate\n");
}

static void wrong_use_is_said_with_the_usage(void **state)
{
    (void)state;
    assert_run(WORDS("delete"), CLI_USAGE, "",
               "paddock: delete: PATH is missing\nusage: paddock delete [-v VERSION] PATH\n");
    assert_run(WORDS("delete", "-z", "/a"), CLI_USAGE, "",
               "paddock: delete: unknown flag: -z\nusage: paddock delete [-v VERSION] PATH\n");
    assert_run(WORDS("delete", "/a", "/b"), CLI_USAGE, "",
               "paddock: delete: one argument too many: /b\n"
               "usage: paddock delete [-v VERSION] PATH\n");
}

static void wrong_options_are_said(void **state)
{
    (void)state;
    assert_run(WORDS("--color", "green", "get", "/a"), CLI_USAGE, "",
               "paddock: --color is auto, always or never, not green\n");
    assert_run(WORDS("-t", "0", "get", "/a"), CLI_USAGE, "",
               "paddock: --timeout is a whole number from 1 to 3600000, not 0\n");
    assert_run(WORDS("-a", "nocolon", "get", "/a"), CLI_USAGE, "",
               "paddock: --auth takes SCHEME:CREDENTIAL, as digest:user:password\n");
    assert_run(WORDS("--nonsense"), CLI_USAGE, "",
               "paddock: unknown flag: --nonsense; `paddock --help` says what there is\n");
}

static void json_of_a_command_without_data_is_refused(void **state)
{
    (void)state;
    assert_run(WORDS("delete", "--json", "/a"), CLI_USAGE, "",
               "paddock: delete prints no data: --json has no meaning for it\n");
}

static void the_version_needs_no_server(void **state)
{
    (void)state;
    assert_run(WORDS("--version"), CLI_DONE, "paddock 0\n", "");
    assert_run(WORDS("version"), CLI_DONE, "ZooKeeper CLI version: 0\n", "");
}

static void a_bad_path_is_refused_before_a_server_is_asked(void **state)
{
    (void)state;
    assert_run(WORDS("get", "relative"), CLI_USAGE, "",
               "paddock: Path must start with / character\n");
    assert_run(WORDS("create", "-s", "/a//"), CLI_USAGE, "",
               "paddock: Invalid path string \"/a//1\" caused by empty node name specified @3\n");
}

static void a_session_that_cannot_be_had_is_said(void **state)
{
    (void)state;
    assert_run(WORDS("-s", "a!", "get", "/a"), CLI_USAGE, "",
               "paddock: not a list of servers: a!; write HOST:PORT[,HOST:PORT][/PATH]\n");
    assert_run(WORDS("get", "/a"), CLI_TROUBLE, "",
               "paddock: cannot start a session: NoResources\n");
}

static void the_environment_names_servers_that_no_option_names(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    f.host.open = refused_open;
    f.host.env = server_env;
    assert_int_equal(program_run(&f.cli, WORDS("get", "/a")), CLI_USAGE);
    assert_non_null(strstr(fake_err(&f), "not a list of servers: from-env!;"));
    fake_fini(&f);
}

static void zkcli_takes_its_own_options(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    f.host.open = refused_open;
    assert_int_equal(zkcli_run(&f.cli, WORDS("-x", "-server", "a!", "-timeout", "9", "get", "/a")),
                     CLI_NO);
    assert_string_equal(fake_out(&f), "Connecting to a!\n");
    assert_non_null(strstr(fake_err(&f), "not a list of servers: a!"));
    assert_int_equal(f.cli.session_timeout_ms, 9);
    fake_fini(&f);
}

static void zkcli_goes_on_without_the_value_of_an_option(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    f.host.open = refused_open;
    (void)zkcli_run(&f.cli, WORDS("-server"));
    assert_string_equal(fake_out(&f), "Connecting to localhost:2181\n");
    assert_non_null(strstr(fake_err(&f), "Error: no argument found for option -server\n"));
    fake_fini(&f);
}

static void a_client_configuration_is_read(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    f.host.open = refused_open;
    fake_put(&f, "tls", slice_str("# c\nzookeeper.client.secure = true\n"));
    assert_int_equal(zkcli_run(&f.cli, WORDS("-client-configuration", "none", "get", "/")), 2);
    assert_int_equal(zkcli_run(&f.cli, WORDS("-client-configuration", "tls", "get", "/")), CLI_NO);
    assert_non_null(strstr(fake_err(&f), "this client does not speak TLS"));
    fake_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_command_is_127),
        cmocka_unit_test(wrong_use_is_said_with_the_usage),
        cmocka_unit_test(wrong_options_are_said),
        cmocka_unit_test(json_of_a_command_without_data_is_refused),
        cmocka_unit_test(the_version_needs_no_server),
        cmocka_unit_test(a_bad_path_is_refused_before_a_server_is_asked),
        cmocka_unit_test(a_session_that_cannot_be_had_is_said),
        cmocka_unit_test(the_environment_names_servers_that_no_option_names),
        cmocka_unit_test(zkcli_takes_its_own_options),
        cmocka_unit_test(zkcli_goes_on_without_the_value_of_an_option),
        cmocka_unit_test(a_client_configuration_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
