// SPDX-License-Identifier: Apache-2.0
//
// The options of Apache's tools, as commons-cli takes them, and Java's integers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/toolkit.h"

enum { RECOVER, VERBOSE, ZXID, COUNT };

struct parsed {
    struct toolkit_option options[COUNT];
    const char *rest[TOOLKIT_REST_MAX + 1];
    char why[TOOLKIT_WHY_BYTES];
    bool is_good;
};

static struct parsed parse(const char *const *words, bool is_required)
{
    struct parsed p = {
        .options = {
            [RECOVER] = {.letter = 'r', .name = "recover"},
            [VERBOSE] = {.letter = 'v', .name = "verbose"},
            [ZXID] = {.letter = 'z', .name = "zxid", .has_value = true, .is_required = is_required},
        }};
    p.is_good = toolkit_parse(p.options, COUNT, words, p.rest, p.why);
    return p;
}

static void options_stand_anywhere_and_together(void **state)
{
    (void)state;
    struct parsed p = parse((const char *[]){"file", "-rv", "-z0x5", "more", NULL}, false);
    assert_true(p.is_good && p.options[RECOVER].is_set && p.options[VERBOSE].is_set);
    assert_string_equal(p.options[ZXID].value, "0x5");
    assert_string_equal(p.rest[0], "file");
    assert_string_equal(p.rest[1], "more");
    assert_null(p.rest[2]);
}

static void long_options_may_be_cut_short(void **state)
{
    (void)state;
    struct parsed p = parse((const char *[]){"--rec", "--zx=7", NULL}, false);
    assert_true(p.is_good && p.options[RECOVER].is_set);
    assert_string_equal(p.options[ZXID].value, "7");
    p = parse((const char *[]){"-verbose", "--zxid", "8", "--", "-r", NULL}, false);
    assert_true(p.is_good && p.options[VERBOSE].is_set && !p.options[RECOVER].is_set);
    assert_string_equal(p.rest[0], "-r");
}

static void complaints_are_those_of_commons_cli(void **state)
{
    (void)state;
    assert_string_equal(parse((const char *[]){"-q", NULL}, false).why, "Unrecognized option: -q");
    assert_string_equal(parse((const char *[]){"--none", NULL}, false).why,
                        "Unrecognized option: --none");
    assert_string_equal(parse((const char *[]){"-z", NULL}, false).why,
                        "Missing argument for option: z");
    assert_string_equal(parse((const char *[]){"-z", "-r", NULL}, false).why,
                        "Missing argument for option: z");
    assert_string_equal(parse((const char *[]){NULL}, true).why, "Missing required option: z");
}

static void integers_are_javas(void **state)
{
    int32_t n = 0;
    (void)state;
    assert_true(toolkit_int("2147483647", &n) && n == INT32_MAX);
    assert_true(toolkit_int("-2147483648", &n) && n == INT32_MIN);
    assert_true(toolkit_int("+3", &n) && n == 3);
    static const char *const bad[] = {"",   "-",   "2147483648",       "1 ",
                                      " 1", "0x1", "99999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(toolkit_int(bad[i], &n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere_and_together),
        cmocka_unit_test(long_options_may_be_cut_short),
        cmocka_unit_test(complaints_are_those_of_commons_cli),
        cmocka_unit_test(integers_are_javas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
