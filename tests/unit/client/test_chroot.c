// SPDX-License-Identifier: Apache-2.0
//
// A chroot put in front and taken off.
#include "base/mem.h"
#include "client/chroot.h"
#include "tests/unit/client/unit.h"

static void expect_added(const char *chroot, const char *path, const char *expected)
{
    struct arena arena = {0};
    struct slice whole;
    assert_true(chroot_add(slice_str(chroot), slice_str(path), &arena, &whole));
    assert_true(slice_equal_str(whole, expected));
    struct slice back;
    assert_true(chroot_strip(slice_str(chroot), whole, &back));
    assert_true(slice_equal_str(back, path));
    arena_fini(&arena);
}

static void paths_go_there_and_back(void **state)
{
    (void)state;
    expect_added("", "/a", "/a");
    expect_added("", "/", "/");
    expect_added("/app", "/a/b", "/app/a/b");
    expect_added("/app", "/", "/app");
    expect_added("/app/x", "/x", "/app/x/x");
}

static void paths_outside_are_not_stripped(void **state)
{
    (void)state;
    struct slice ret = slice_str("untouched");
    static const char *const outside[] = {"/", "/ap", "/apple", "/appl/e", "/b", ""};
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        assert_false(chroot_strip(slice_str("/app"), slice_str(outside[i]), &ret));
        assert_true(slice_equal_str(ret, "untouched"));
    }
}

static void configuration_has_one_path_for_all(void **state)
{
    (void)state;
    struct slice ret;
    assert_true(chroot_strip(slice_str("/app"), slice_str("/zookeeper/config"), &ret));
    assert_true(slice_equal_str(ret, "/zookeeper/config"));
    assert_true(chroot_strip(slice_str("/zookeeper"), slice_str("/zookeeper/config"), &ret));
    assert_true(slice_equal_str(ret, "/config"));
}

static void null_stays_null_and_memory_may_lack(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct slice ret = slice_str("x");
    assert_true(chroot_add(slice_str("/app"), slice_null(), &arena, &ret));
    assert_true(slice_is_null(ret));
    assert_true(chroot_strip(slice_str("/app"), slice_null(), &ret));
    assert_true(slice_is_null(ret));
    (void)mem_fail_after(1);
    assert_false(chroot_add(slice_str("/app"), slice_str("/a"), &arena, &ret));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_go_there_and_back),
        cmocka_unit_test(paths_outside_are_not_stripped),
        cmocka_unit_test(configuration_has_one_path_for_all),
        cmocka_unit_test(null_stays_null_and_memory_may_lack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
