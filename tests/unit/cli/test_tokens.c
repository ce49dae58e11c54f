// SPDX-License-Identifier: Apache-2.0
//
// Lines are cut where zkCli cuts them.
#include "cli/tokens.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/buf.h"

static void assert_words(const char *line, const char *expected)
{
    struct tokens t;
    tokens_split(line, &t);
    struct buf joined = {0};
    for (size_t i = 0; i < t.count; i++) {
        buf_printf(&joined, "%s<%s>", i > 0 ? " " : "", t.words[i]);
    }
    assert_null(t.words[t.count]);
    assert_string_equal(buf_cstr(&joined), expected);
    buf_fini(&joined);
    tokens_fini(&t);
}

static void blanks_part_words_and_quotes_keep_them(void **state)
{
    (void)state;
    assert_words("create /a \"b c\"  'd \"e'", "<create> </a> <b c> <d \"e>");
    assert_words("\t get   -s\t/a ", "<get> <-s> </a>");
    assert_words("set /a ''", "<set> </a> <>");
    assert_words("\"a\"b", "<a> <b>");
    assert_words("", "");
    assert_words("  ", "");
}

static void quotes_inside_and_alone_are_taken_as_zkcli_does(void **state)
{
    (void)state;
    assert_words("set /a it's", "<set> </a> <it's>");
    assert_words("set /a {\"k\":1}", "<set> </a> <{\"k\":1}>");
    assert_words("set /a \"open end", "<set> </a> <open> <end>");
    assert_words("'", "");
    assert_words("a\\\"b c", "<a\\\"b> <c>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_part_words_and_quotes_keep_them),
        cmocka_unit_test(quotes_inside_and_alone_are_taken_as_zkcli_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
