// SPDX-License-Identifier: Apache-2.0
//
// Sums of quotas by the first name of a path.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/quota_gauges.h"
#include "tests/unit/server/prep_world.h"

static void create(struct prep_world *w, const char *path, const char *data)
{
    assert_int_equal(prep_world_create(w, path, data, 0), ZK_OK);
    prep_world_apply(w, SIZE_MAX);
}

struct found {
    size_t count;
    struct quota_gauges a; // of the name "a"
};

static void on_name(void *ctx, struct slice name, const struct quota_gauges *g)
{
    struct found *f = ctx;
    f->count++;
    if (slice_equal_str(name, "a")) {
        f->a = *g;
    }
}

static struct found find(struct prep_world *w)
{
    struct found f = {0};
    quota_gauges_each(w->tree, on_name, &f);
    return f;
}

static void without_quotas_there_is_nothing(void **state)
{
    struct prep_world *w = *state;
    assert_int_equal(find(w).count, 0);
    create(w, "/zookeeper/quota/a", "count=7,bytes=7");
    assert_int_equal(find(w).count, 0);
}

// The tree itself counts what is used when a node of usage is made.
static void quotas_below_one_name_are_summed(void **state)
{
    struct prep_world *w = *state;
    create(w, "/a", "");
    create(w, "/a/x", "12345678901");
    create(w, "/a/x/child", "");
    create(w, "/a/y", "");
    create(w, "/zookeeper/quota/a", "");
    create(w, "/zookeeper/quota/a/x", "");
    create(w, "/zookeeper/quota/a/x/zookeeper_limits", "count=3,bytes=20");
    create(w, "/zookeeper/quota/a/x/zookeeper_stats", "count=0,bytes=0");
    create(w, "/zookeeper/quota/a/y", "");
    create(w, "/zookeeper/quota/a/y/zookeeper_limits", "count=9,bytes=50=;countHardLimit=4");
    create(w, "/zookeeper/quota/a/y/zookeeper_stats", "count=0,bytes=0");
    create(w, "/zookeeper/quota/b", "");
    create(w, "/zookeeper/quota/b/zookeeper_limits", "count=100,bytes=100");
    struct found f = find(w);
    assert_int_equal(f.count, 2);
    assert_true(f.a.has_limits && f.a.has_usage);
    assert_int_equal(f.a.count_limit, 3 + 4); // the hard limit before the soft one
    assert_int_equal(f.a.bytes_limit, 20 + 50);
    assert_int_equal(f.a.count_usage, 3);
    assert_int_equal(f.a.bytes_usage, 11);
}

static void what_cannot_be_read_is_left_out(void **state)
{
    struct prep_world *w = *state;
    create(w, "/a", "123456");
    create(w, "/zookeeper/quota/a", "");
    create(w, "/zookeeper/quota/a/zookeeper_limits", "nonsense");
    create(w, "/zookeeper/quota/a/zookeeper_stats", "count=0,bytes=0");
    struct found f = find(w);
    assert_false(f.a.has_limits);
    assert_true(f.a.has_usage);
    assert_int_equal(f.a.count_usage, 1);
    assert_int_equal(f.a.bytes_usage, 6);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, prep_world_set_up, prep_world_tear_down)
    const struct CMUnitTest tests[] = {
        T(without_quotas_there_is_nothing),
        T(quotas_below_one_name_are_summed),
        T(what_cannot_be_read_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
