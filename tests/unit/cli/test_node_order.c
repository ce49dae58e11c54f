// SPDX-License-Identifier: Apache-2.0
//
// The order of paths is the order of walks.
#include "cli/node_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_ascending(const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int order = node_order(paths[i], paths[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

static void a_node_comes_before_all_below_it_and_those_before_its_sibling(void **state)
{
    (void)state;
    // '!' and '-' are below '/' as bytes, and must not come between a node and its children.
    static const char *const paths[] = {"",    "a",     "a/b", "a/b/c", "a/z",     "a!",
                                        "a-b", "a-b/c", "aa",  "b",     "\xc3\xa9"};
    assert_ascending(paths, sizeof(paths) / sizeof(paths[0]));
}

static void names_are_sorted_as_utf16(void **state)
{
    (void)state;
    static const char *const paths[] = {"a", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xee\x80\x80",
                                        "\xef\xac\x80"};
    assert_ascending(paths, sizeof(paths) / sizeof(paths[0]));
}

static void within_means_the_node_or_below(void **state)
{
    (void)state;
    assert_true(node_is_within("a/b", "a"));
    assert_true(node_is_within("a", "a"));
    assert_true(node_is_within("a", ""));
    assert_true(node_is_within("", ""));
    assert_true(node_is_within("/a", "/"));
    assert_true(node_is_within("/", "/"));
    assert_false(node_is_within("ab", "a"));
    assert_false(node_is_within("a", "a/b"));
    assert_false(node_is_within("/zookeepers", "/zookeeper"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_comes_before_all_below_it_and_those_before_its_sibling),
        cmocka_unit_test(names_are_sorted_as_utf16),
        cmocka_unit_test(within_means_the_node_or_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
