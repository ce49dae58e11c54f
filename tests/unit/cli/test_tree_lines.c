// SPDX-License-Identifier: Apache-2.0
//
// A drawing, line by line.
#include "cli/tree_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

// Each step: a depth and a letter, '>' entered, '<' left, in capitals (')' '(') the last sibling.
struct step {
    char what;
    size_t depth;
    const char *name;
};

static const struct step steps[] = {
    {'>', 0, "/"}, {'>', 1, "a"},  {')', 2, "b"}, {'(', 2, NULL}, {'<', 1, NULL}, {')', 1, "c"},
    {'>', 2, "d"}, {'<', 2, NULL}, {')', 2, "e"}, {'(', 2, NULL}, {'(', 1, NULL}, {'<', 0, NULL},
};

static const char *draw(bool is_ascii, struct buf *all)
{
    struct tree_lines t = {.is_ascii = is_ascii};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const struct step *s = &steps[i];
        bool is_last = s->what == ')' || s->what == '(';
        if (s->name != NULL) {
            tree_lines_enter(&t, s->depth, is_last, all);
            buf_printf(all, "%s\n", s->name);
        } else {
            tree_lines_leave(&t, s->depth, is_last);
        }
    }
    assert_int_equal(t.prefix.len, 0);
    tree_lines_fini(&t);
    return buf_cstr(all);
}

static void lines_join_siblings(void **state)
{
    (void)state;
    struct buf all = {0};
    assert_string_equal(draw(false, &all), "/\n├── a\n│   └── b\n└── c\n    ├── d\n    └── e\n");
    buf_fini(&all);
}

static void lines_can_be_ascii(void **state)
{
    (void)state;
    struct buf all = {0};
    assert_string_equal(draw(true, &all), "/\n|-- a\n|   `-- b\n`-- c\n    |-- d\n    `-- e\n");
    buf_fini(&all);
}

static void a_deep_path_is_drawn_and_taken_back(void **state)
{
    (void)state;
    struct tree_lines t = {0};
    struct buf line = {0};
    enum { DEPTH = 5000 };
    for (size_t depth = 0; depth <= DEPTH; depth++) {
        buf_clear(&line);
        tree_lines_enter(&t, depth, true, &line);
    }
    assert_int_equal(t.prefix.len, 4 * DEPTH);
    for (size_t depth = DEPTH + 1; depth-- > 0;) {
        tree_lines_leave(&t, depth, true);
    }
    assert_int_equal(t.prefix.len, 0);
    tree_lines_fini(&t);
    buf_fini(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_join_siblings),
        cmocka_unit_test(lines_can_be_ascii),
        cmocka_unit_test(a_deep_path_is_drawn_and_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
