// SPDX-License-Identifier: Apache-2.0
//
// Two ordered streams become one; each path once.
#include "cli/merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

struct list_stream {
    struct node_stream base;
    const char *const *paths; // NULL at the end; "!" fails
    size_t at;
};

static enum node_step next(struct node_stream *base, struct node *ret)
{
    struct list_stream *s = (struct list_stream *)base;
    const char *path = s->paths[s->at];
    if (path == NULL) {
        return NODE_END;
    }
    s->at++;
    if (strcmp(path, "!") == 0) {
        base->exit_code = CLI_LOST;
        return NODE_FAILED;
    }
    *ret = (struct node){.path = path};
    return NODE_NEXT;
}

static void assert_merged(const char *const *left, const char *const *right, const char *expected)
{
    struct list_stream a = {.base = {.next = next}, .paths = left};
    struct list_stream b = {.base = {.next = next}, .paths = right};
    struct merge m;
    struct buf text = {0};
    const struct node *x, *y;
    enum node_step step;
    merge_begin(&m, &a.base, &b.base);
    while ((step = merge_next(&m, &x, &y)) == NODE_NEXT) {
        const char *sign = x == NULL ? "+" : y == NULL ? "-" : "=";
        buf_printf(&text, "%s%s ", sign, x != NULL ? x->path : y->path);
    }
    if (step == NODE_FAILED) {
        buf_printf(&text, "failed %d", merge_exit_code(&m));
    }
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
}

static void every_path_comes_once_in_order(void **state)
{
    (void)state;
    const char *const a[] = {"", "a", "a/b", "c", NULL}, *const b[] = {"",  "a!", "b",
                                                                       "c", "d",  NULL};
    const char *const none[] = {NULL};
    assert_merged(a, a, "= =a =a/b =c ");
    assert_merged(a, b, "= -a -a/b +a! +b =c +d ");
    assert_merged(b, a, "= +a +a/b -a! -b =c -d ");
    assert_merged(a, none, "- -a -a/b -c ");
    assert_merged(none, a, "+ +a +a/b +c ");
    assert_merged(none, none, "");
}

static void a_side_that_fails_ends_it(void **state)
{
    (void)state;
    const char *const a[] = {"", "a", "b", NULL}, *const b[] = {"", "!", NULL};
    assert_merged(a, b, "= failed 4");
    assert_merged(b, a, "= failed 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_comes_once_in_order),
        cmocka_unit_test(a_side_that_fails_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
