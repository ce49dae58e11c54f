// SPDX-License-Identifier: Apache-2.0
//
// Paths: the table was checked against PathUtils.validatePath of Apache ZooKeeper 3.9.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jute/path.h"

static const char *const valid[] = {
    "/",
    "/a",
    "/a/b",
    "/zookeeper/quota",
    "/...",
    "/.a",
    "/a.",
    "/a..",
    "/..x",
    "/a/.../b",
    "/a b",
    "/~",
    "/\xc2\xa0",
    "/\xed\x9f\xbf",
    "/\xef\xa4\x80",
    "/\xef\xbf\xaf",
    "/caf\xc3\xa9",
    "/a/.b/..c",
};

static const char *const invalid[] = {
    "",
    "a",
    "a/b",
    "//",
    "/a/",
    "//a",
    "/a//b",
    "/.",
    "/..",
    "/./a",
    "/../a",
    "/a/.",
    "/a/..",
    "/a/./b",
    "/a/../b",
    "/a\x01",
    "/a\x1f/b",
    "/a\x7f",
    "/\xc2\x80",         // U+0080
    "/\xc2\x9f",         // U+009F
    "/\xee\x80\x80",     // U+E000
    "/\xef\xa3\xbf",     // U+F8FF
    "/\xef\xbf\xb0",     // U+FFF0
    "/\xef\xbf\xbd",     // U+FFFD, what malformed text becomes
    "/\xf0\x90\x80\x80", // two surrogates in Java
    "/\xed\xa0\x80",     // not UTF-8
    "/\x80",
    "/\xc3",
};

static void legal_paths_are_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
        if (!path_is_valid(slice_str(valid[i]))) {
            fail_msg("refused: %s", valid[i]);
        }
    }
}

static void illegal_paths_are_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        if (path_is_valid(slice_str(invalid[i]))) {
            fail_msg("accepted: %s", invalid[i]);
        }
    }
    assert_false(path_is_valid(slice_null()));
}

static void nul_is_illegal_at_every_place(void **state)
{
    (void)state;
    const char text[] = "/abcdefghijklmnopqrstuvwxyz/0123456789";
    for (size_t at = 1; at < sizeof(text) - 1; at++) {
        char path[sizeof(text)];
        memcpy(path, text, sizeof(text));
        assert_true(path_is_valid(slice_of(path, sizeof(text) - 1)));
        assert_true(path_has_slash_and_no_nul(slice_of(path, sizeof(text) - 1)));
        path[at] = 0;
        assert_false(path_is_valid(slice_of(path, sizeof(text) - 1)));
        assert_false(path_has_slash_and_no_nul(slice_of(path, sizeof(text) - 1)));
    }
}

static void bad_characters_are_found_at_every_place(void **state)
{
    (void)state;
    const char text[] = "/abcdefghijklmnopqrstuvwxyz/0123456789";
    const char bad[] = {0x01, 0x1f, 0x7f, (char)0x80, (char)0xff};
    for (size_t at = 0; at < sizeof(text) - 1; at++) {
        for (size_t i = 0; i < sizeof(bad); i++) {
            char path[sizeof(text)];
            memcpy(path, text, sizeof(text));
            path[at] = bad[i];
            assert_false(path_is_valid(slice_of(path, sizeof(text) - 1)));
        }
    }
}

static void weak_test_wants_only_a_slash(void **state)
{
    (void)state;
    assert_true(path_has_slash_and_no_nul(slice_str("/")));
    assert_true(path_has_slash_and_no_nul(slice_str("a//../")));
    assert_false(path_has_slash_and_no_nul(slice_str("abc")));
    assert_false(path_has_slash_and_no_nul(slice_str("")));
    assert_false(path_has_slash_and_no_nul(slice_null()));
}

static void parent_and_name_split_at_the_last_slash(void **state)
{
    (void)state;
    assert_true(slice_equal_str(path_parent(slice_str("/a/b/c")), "/a/b"));
    assert_true(slice_equal_str(path_name(slice_str("/a/b/c")), "c"));
    assert_true(slice_equal_str(path_parent(slice_str("/x")), ""));
    assert_true(slice_equal_str(path_name(slice_str("/x")), "x"));
    assert_true(slice_equal_str(path_parent(slice_str("/")), ""));
    assert_true(slice_equal_str(path_name(slice_str("/")), ""));
    assert_true(slice_equal_str(path_parent(slice_str("/a/")), "/a"));
    assert_true(slice_equal_str(path_name(slice_str("/a/")), ""));
    assert_true(slice_equal_str(path_parent(slice_str("a/b")), "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(legal_paths_are_valid),
        cmocka_unit_test(illegal_paths_are_not),
        cmocka_unit_test(nul_is_illegal_at_every_place),
        cmocka_unit_test(bad_characters_are_found_at_every_place),
        cmocka_unit_test(weak_test_wants_only_a_slash),
        cmocka_unit_test(parent_and_name_split_at_the_last_slash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
