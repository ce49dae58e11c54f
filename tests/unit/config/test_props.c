// SPDX-License-Identifier: Apache-2.0
//
// Properties syntax, as java.util.Properties reads it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "config/props.h"

static void expect(struct props_reader *r, const char *key, const char *value, unsigned line)
{
    struct props_entry e;
    assert_int_equal(props_next(r, &e), ERR_OK);
    assert_true(slice_equal_str(e.key, key));
    assert_true(slice_equal_str(e.value, value));
    assert_int_equal(e.line, line);
}

static void expect_end(struct props_reader *r)
{
    struct props_entry e;
    assert_int_equal(props_next(r, &e), ERR_NOT_FOUND);
    props_fini(r);
}

static void read_text(struct props_reader *r, const char *text)
{
    props_init(r, slice_str(text));
}

static void three_separators_and_blanks_around_them(void **state)
{
    (void)state;
    struct props_reader r;
    read_text(&r, "a=1\nb:2\nc 3\n  d =  4  \ne\t:\t5\nf = = 6\ng==7\nh : = 8");
    expect(&r, "a", "1", 1);
    expect(&r, "b", "2", 2);
    expect(&r, "c", "3", 3);
    expect(&r, "d", "4", 4);
    expect(&r, "e", "5", 5);
    expect(&r, "f", "= 6", 6);
    expect(&r, "g", "=7", 7);
    expect(&r, "h", "= 8", 8);
    expect_end(&r);
}

static void server_line_keeps_its_colons(void **state)
{
    (void)state;
    struct props_reader r;
    read_text(&r, "server.1=zk-0:2888:3888;2181");
    expect(&r, "server.1", "zk-0:2888:3888;2181", 1);
    expect_end(&r);
}

static void comments_and_blank_lines_are_skipped_but_counted(void **state)
{
    (void)state;
    struct props_reader r;
    read_text(&r, "# one\n! two\n\n   \n\t# three \\\na=1 # not a comment\r\n\r\nb=2\rc=3");
    expect(&r, "a", "1 # not a comment", 6);
    expect(&r, "b", "2", 8);
    expect(&r, "c", "3", 9);
    expect_end(&r);
}

static void backslash_continues_a_line(void **state)
{
    (void)state;
    struct props_reader r;
    read_text(&r, "a=1,\\\n    2,\\\r\n\t3\nb\\\n  c=4\nd=5\\\\\ne=6\\");
    expect(&r, "a", "1,2,3", 1);
    expect(&r, "bc", "4", 4);
    expect(&r, "d", "5\\", 6);
    expect(&r, "e", "6", 7);
    expect_end(&r);
}

static void continuation_may_look_like_a_comment(void **state)
{
    (void)state;
    struct props_reader r;
    read_text(&r, "a=1\\\n#2\nb=3");
    expect(&r, "a", "1#2", 1);
    expect(&r, "b", "3", 3);
    expect_end(&r);
}

static void escapes_are_undone_and_separate_nothing(void **state)
{
    (void)state;
    struct props_reader r;
    read_text(&r, "a\\=b\\:c\\ d=x\\ty\nk=\\q\\\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00");
    expect(&r, "a=b:c d", "x\ty", 1);
    expect(&r, "k", "q\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 2);
    expect_end(&r);
}

static void bytes_are_latin_1(void **state)
{
    (void)state;
    struct props_reader r;
    read_text(&r, "dir=/d\xe9\xff");
    expect(&r, "dir", "/d\xc3\xa9\xc3\xbf", 1);
    expect_end(&r);
}

static void text_of_a_string_is_utf_8(void **state)
{
    (void)state;
    struct props_reader r;
    props_init_utf8(&r, slice_str("dir=/d\xc3\xa9\\u00e9\\t"));
    expect(&r, "dir", "/d\xc3\xa9\xc3\xa9", 1);
    expect_end(&r);
}

static void trailing_blanks_and_control_bytes_are_trimmed(void **state)
{
    (void)state;
    struct props_reader r;
    read_text(&r, "a=  1 2 \t \x01\nempty=\nlone\n=value");
    expect(&r, "a", "1 2", 1);
    expect(&r, "empty", "", 2);
    expect(&r, "lone", "", 3);
    expect(&r, "", "value", 4);
    expect_end(&r);
}

static void bad_unicode_escape_is_malformed(void **state)
{
    (void)state;
    const char *const bad[] = {"\n\na=\\u00g0", "\n\na=\\u00", "\n\n\\uzzzz=1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct props_reader r;
        struct props_entry e;
        read_text(&r, bad[i]);
        assert_int_equal(props_next(&r, &e), ERR_MALFORMED);
        assert_int_equal(e.line, 3);
        props_fini(&r);
    }
}

static void duplicates_come_out_in_order(void **state)
{
    (void)state;
    struct props_reader r;
    read_text(&r, "a=1\na=2\n");
    expect(&r, "a", "1", 1);
    expect(&r, "a", "2", 2);
    expect_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_separators_and_blanks_around_them),
        cmocka_unit_test(server_line_keeps_its_colons),
        cmocka_unit_test(comments_and_blank_lines_are_skipped_but_counted),
        cmocka_unit_test(backslash_continues_a_line),
        cmocka_unit_test(continuation_may_look_like_a_comment),
        cmocka_unit_test(escapes_are_undone_and_separate_nothing),
        cmocka_unit_test(bytes_are_latin_1),
        cmocka_unit_test(text_of_a_string_is_utf_8),
        cmocka_unit_test(trailing_blanks_and_control_bytes_are_trimmed),
        cmocka_unit_test(bad_unicode_escape_is_malformed),
        cmocka_unit_test(duplicates_come_out_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
