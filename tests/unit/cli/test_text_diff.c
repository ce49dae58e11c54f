// SPDX-License-Identifier: Apache-2.0
//
// Lines that went and came, and applying them leads from one text to the other.
#include "cli/text_diff.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/prng.h"

static void assert_diff(const char *from, const char *to, const char *expected)
{
    struct buf text = {0};
    text_diff(slice_str(from), slice_str(to), "", &text);
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
}

static void what_differs_is_shown_with_a_line_around(void **state)
{
    (void)state;
    assert_diff("a\nb\nc\nd\n", "a\nb\nC\nd\n", " b\n-c\n+C\n d\n");
    assert_diff("a\nb\n", "a\nx\nb\n", " a\n+x\n b\n");
    assert_diff("a\nb\nc", "a\nc", " a\n-b\n c\n");
    assert_diff("", "a\n", "+a\n");
    assert_diff("a\n", "", "-a\n");
    assert_diff("1\n2\n3\n4\n5\n", "1\nx\n3\ny\n5\n", " 1\n-2\n+x\n 3\n-4\n+y\n 5\n");
}

static void equal_texts_have_no_lines(void **state)
{
    (void)state;
    assert_diff("", "", "");
    assert_diff("a\nb", "a\nb", "");
}

static void a_missing_line_end_is_told(void **state)
{
    (void)state;
    assert_diff("a", "a\n", "+(a line end at the end)\n");
    assert_diff("a\n", "a", "-(a line end at the end)\n");
}

static void random_text(struct prng *random, size_t lines, struct buf *to)
{
    buf_clear(to);
    for (size_t i = 0; i < lines; i++) {
        buf_printf(to, "%c\n", (int)('a' + prng_below(random, 4)));
    }
}

// The lines with ' ' and '-' are those of `from` that lie between the common ends, those with ' '
// and '+' those of `to`.
static void pick(struct slice diff, char sign, struct buf *ret)
{
    buf_clear(ret);
    for (size_t i = 0; i + 2 < diff.len; i += 3) {
        if (diff.data[i] == ' ' || diff.data[i] == (uint8_t)sign) {
            buf_append(ret, diff.data + i + 1, 2);
        }
    }
}

static bool contains(const struct buf *text, const struct buf *part)
{
    return part->len == 0 || memmem(text->data, text->len, part->data, part->len) != NULL;
}

static void both_texts_are_in_the_lines_shown(void **state)
{
    (void)state;
    struct prng random;
    struct buf from = {0}, to = {0}, diff = {0}, part = {0};
    prng_init(&random, 1);
    for (int i = 0; i < 2000; i++) {
        random_text(&random, (size_t)prng_below(&random, 12), &from);
        random_text(&random, (size_t)prng_below(&random, 12), &to);
        buf_clear(&diff);
        text_diff(buf_slice(&from), buf_slice(&to), "", &diff);
        pick(buf_slice(&diff), '-', &part);
        assert_true(contains(&from, &part));
        pick(buf_slice(&diff), '+', &part);
        assert_true(contains(&to, &part));
        assert_int_equal(diff.len == 0, slice_equal(buf_slice(&from), buf_slice(&to)));
    }
    buf_fini(&from);
    buf_fini(&to);
    buf_fini(&diff);
    buf_fini(&part);
}

static void texts_too_long_for_the_table_are_replaced_whole(void **state)
{
    (void)state;
    struct buf from = {0}, to = {0}, diff = {0};
    for (int i = 0; i < 1500; i++) {
        buf_printf(&from, "%d\n", i);
        buf_printf(&to, "%d\n", 1500 - i);
    }
    text_diff(buf_slice(&from), buf_slice(&to), "", &diff);
    size_t lines = 0;
    for (size_t i = 0; i < diff.len; i++) {
        lines += diff.data[i] == '\n' ? 1 : 0;
    }
    assert_int_equal(lines, 3000);
    buf_fini(&from);
    buf_fini(&to);
    buf_fini(&diff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_is_shown_with_a_line_around),
        cmocka_unit_test(equal_texts_have_no_lines),
        cmocka_unit_test(a_missing_line_end_is_told),
        cmocka_unit_test(both_texts_are_in_the_lines_shown),
        cmocka_unit_test(texts_too_long_for_the_table_are_replaced_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
