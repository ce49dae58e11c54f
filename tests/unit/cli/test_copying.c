// SPDX-License-Identifier: Apache-2.0
//
// Paths of a copy; copying itself is tested with processes.
#include "cli/copying.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/buf.h"

static void paths_keep_what_is_below_the_root_of_the_copy(void **state)
{
    (void)state;
    static const struct {
        const char *path, *from, *to, *expected;
    } rows[] = {
        {"/a", "/a", "/b", "/b"},
        {"/a/x", "/a", "/b", "/b/x"},
        {"/a/x/y", "/a", "/b/c", "/b/c/x/y"},
        {"/", "/", "/b", "/b"},
        {"/x/y", "/", "/b", "/b/x/y"},
        {"/a", "/a", "/", "/"},
        {"/a/x", "/a", "/", "/x"},
        {"/", "/", "/", "/"},
        {"/x", "/", "/", "/x"},
    };
    struct buf buf = {0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(copy_path(rows[i].path, rows[i].from, rows[i].to, &buf),
                            rows[i].expected);
    }
    buf_fini(&buf);
}

static void a_hidden_digest_is_recognised(void **state)
{
    (void)state;
    struct paddock_acl acl[] = {{1, "world", "anyone"}, {31, "digest", "joe:x"}};
    assert_true(copy_acl_is_masked(acl, 2));
    assert_false(copy_acl_is_masked(acl, 1));
    acl[1].id = "joe:wjySwxg860UATFtciuZ1lpzrCHrPeov6SPu/ZD56uig=";
    assert_false(copy_acl_is_masked(acl, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_keep_what_is_below_the_root_of_the_copy),
        cmocka_unit_test(a_hidden_digest_is_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
