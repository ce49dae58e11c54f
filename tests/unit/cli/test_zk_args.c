// SPDX-License-Identifier: Apache-2.0
//
// Words are taken as commons-cli takes them, complaints included.
#include "cli/zk_args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct cli_flag flags[] = {{.letter = 's'},
                                        {.letter = 'R'},
                                        {.letter = 'v', .value = "N"},
                                        {.letter = 'n', .value = "N"},
                                        {.letter = 'b', .value = "N"},
                                        {.name = "file", .value = "F"}};
static const struct cli_command command = {.name = "test", CLI_FLAGS(flags)};

// The words with NULL at the end; what was made of them as "flag=value ... | params".
static void assert_parsed(struct zk_group group, const char *const *words, const char *expected)
{
    struct cli_call call;
    struct buf text = {0}, exception = {0};
    if (zk_args_parse(&call, &command, group, words, &exception)) {
        for (size_t i = 0; i < call.given_count; i++) {
            const struct cli_flag *f = call.given[i].flag;
            buf_printf(&text, "%s%.1s=%s ", f->name != NULL ? f->name : "",
                       f->name != NULL ? "" : &f->letter,
                       call.given[i].value != NULL ? call.given[i].value : "yes");
        }
        buf_append_str(&text, "|");
        for (size_t i = 0; i < call.param_count; i++) {
            buf_printf(&text, " %s", call.params[i]);
        }
    } else {
        static const char package[] = "org.apache.commons.cli.";
        assert_memory_equal(buf_cstr(&exception), package, strlen(package));
        buf_append_str(&text, buf_cstr(&exception) + strlen(package));
    }
    assert_string_equal(buf_cstr(&text), expected);
    call_fini(&call);
    buf_fini(&text);
    buf_fini(&exception);
}

#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
static const struct zk_group none = {0};

static void flags_stand_anywhere_and_all_words_are_kept(void **state)
{
    (void)state;
    assert_parsed(none, WORDS("/a", "-s", "x", "y"), "s=yes | /a x y");
    assert_parsed(none, WORDS("-sR", "/a"), "s=yes R=yes | /a");
    assert_parsed(none, WORDS("-v", "3", "/a"), "v=3 | /a");
    assert_parsed(none, WORDS("-v3", "/a"), "v=3 | /a");
    assert_parsed(none, WORDS("-v=3", "/a"), "v=3 | /a");
    assert_parsed(none, WORDS("-sv3", "/a"), "s=yes v=3 | /a");
    assert_parsed(none, WORDS("-file", "f", "/a"), "file=f | /a");
    assert_parsed(none, WORDS("-", "/a"), "| - /a");
    assert_parsed(none, WORDS("--", "-s", "--", "/a"), "| -s -- /a");
}

static void the_first_value_counts(void **state)
{
    (void)state;
    assert_parsed(none, WORDS("-v", "1", "-v", "2"), "v=1 |");
    assert_parsed(none, WORDS("-s", "-s"), "s=yes |");
}

static void a_value_may_look_like_a_flag_of_nobody(void **state)
{
    (void)state;
    assert_parsed(none, WORDS("-v", "-1"), "v=-1 |");
    assert_parsed(none, WORDS("-v", "-x"), "v=-x |");
    assert_parsed(none, WORDS("-v", "--x"), "v=--x |");
    assert_parsed(none, WORDS("-v", "-s"),
                  "MissingArgumentException: Missing argument for option: v");
    assert_parsed(none, WORDS("-v"), "MissingArgumentException: Missing argument for option: v");
    assert_parsed(none, WORDS("-file", "--", "x"),
                  "MissingArgumentException: Missing argument for option: file");
}

static void what_is_no_flag_is_unrecognized(void **state)
{
    (void)state;
    static const char *const bad[] = {"-x",   "--s",     "--file", "-sx",
                                      "-s=1", "-file=f", "-x=1",   "-1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf expected = {0};
        buf_printf(&expected, "UnrecognizedOptionException: Unrecognized option: %s", bad[i]);
        assert_parsed(none, WORDS(bad[i], "/a"), buf_cstr(&expected));
        buf_fini(&expected);
    }
}

static void flags_of_a_group_exclude_each_other(void **state)
{
    (void)state;
    const struct zk_group group = {.letters = "nb", .is_required = true};
    assert_parsed(group, WORDS("-n", "1", "/a"), "n=1 | /a");
    assert_parsed(group, WORDS("-n", "1", "-n", "2"), "n=1 |");
    assert_parsed(group, WORDS("-n", "1", "-b", "2"),
                  "AlreadySelectedException: The option 'b' was specified but an option from this "
                  "group has already been selected: 'n'");
    assert_parsed(group, WORDS("/a"),
                  "MissingOptionException: Missing required option: [-n num soft quota, -b bytes "
                  "soft quota, -N num hard quota, -B bytes hard quota]");
}

static void a_table_is_as_wide_as_its_widest_flag(void **state)
{
    (void)state;
    struct buf text = {0};
    zk_args_table("b first\ns second\n", &text);
    assert_string_equal(buf_cstr(&text), " -b   first\n -s   second\n");
    buf_clear(&text);
    zk_args_table("b first\nv=second\n", &text);
    assert_string_equal(buf_cstr(&text), " -b         first\n -v <arg>   second\n");
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_stand_anywhere_and_all_words_are_kept),
        cmocka_unit_test(the_first_value_counts),
        cmocka_unit_test(a_value_may_look_like_a_flag_of_nobody),
        cmocka_unit_test(what_is_no_flag_is_unrecognized),
        cmocka_unit_test(flags_of_a_group_exclude_each_other),
        cmocka_unit_test(a_table_is_as_wide_as_its_widest_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
