// SPDX-License-Identifier: Apache-2.0
//
// Complaints about paths are Java's, places included.
#include "cli/path_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_complaint(const char *path, bool is_sequential, const char *expected)
{
    struct buf complaint = {0};
    assert_int_equal(path_text_check(path, is_sequential, &complaint), expected == NULL);
    assert_string_equal(buf_cstr(&complaint), expected != NULL ? expected : "");
    buf_fini(&complaint);
}

static void legal_paths_pass(void **state)
{
    (void)state;
    static const char *const paths[] = {"/",      "/a",     "/a/b",    "/a.b/.c/d.", "/...",
                                        "/a/..b", "/a b/c", "/\u00fc", "/\u2603",    "/.../a"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_complaint(paths[i], false, NULL);
    }
}

static void ends_are_checked_first(void **state)
{
    (void)state;
    assert_complaint("", false, "Path length must be > 0");
    assert_complaint("a", false, "Path must start with / character");
    assert_complaint("/a/", false, "Path must not end with / character");
    assert_complaint("//", false, "Path must not end with / character");
}

static void components_are_named_with_their_place(void **state)
{
    (void)state;
    assert_complaint("/a//b", false,
                     "Invalid path string \"/a//b\" caused by empty node name specified @3");
    assert_complaint("/a/./b", false,
                     "Invalid path string \"/a/./b\" caused by relative paths not allowed @3");
    assert_complaint("/a/..", false,
                     "Invalid path string \"/a/..\" caused by relative paths not allowed @4");
    assert_complaint("/.", false,
                     "Invalid path string \"/.\" caused by relative paths not allowed @1");
}

static void characters_are_counted_in_utf_16(void **state)
{
    (void)state;
    assert_complaint("/\u00fc\x01", false,
                     "Invalid path string \"/\u00fc\x01\" caused by invalid character @2");
    assert_complaint("/a\U0001F600", false,
                     "Invalid path string \"/a\U0001F600\" caused by invalid character @2");
    assert_complaint("/\xff", false,
                     "Invalid path string \"/\xff\" caused by invalid character @1");
    assert_complaint("/\ue000", false,
                     "Invalid path string \"/\ue000\" caused by invalid character @1");
    assert_complaint("/\x7f", false,
                     "Invalid path string \"/\x7f\" caused by invalid character @1");
}

static void a_sequential_path_may_end_with_a_slash_or_dot(void **state)
{
    (void)state;
    assert_complaint("/a/", true, NULL);
    assert_complaint("/a/.", true, NULL);
    assert_complaint("", true, "Path must start with / character");
    assert_complaint("/a//", true,
                     "Invalid path string \"/a//1\" caused by empty node name specified @3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(legal_paths_pass),
        cmocka_unit_test(ends_are_checked_first),
        cmocka_unit_test(components_are_named_with_their_place),
        cmocka_unit_test(characters_are_counted_in_utf_16),
        cmocka_unit_test(a_sequential_path_may_end_with_a_slash_or_dot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
