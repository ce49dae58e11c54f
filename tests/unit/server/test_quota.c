// SPDX-License-Identifier: Apache-2.0
//
// Limits at preparation: hard ones refuse, soft ones do not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/stats.h"
#include "tests/unit/server/prep_world.h"

static int set_up(void **state)
{
    const char *defines[] = {"zookeeper.enforceQuota=true", NULL};
    return prep_world_set_up_with(state, defines);
}

static void limit(struct prep_world *w, const char *limits)
{
    assert_int_equal(prep_world_create(w, "/q", "", 0), ZK_OK);
    assert_int_equal(prep_world_create(w, "/zookeeper/quota/q", "", 0), ZK_OK);
    assert_int_equal(prep_world_create(w, "/zookeeper/quota/q/zookeeper_limits", limits, 0), ZK_OK);
    assert_int_equal(
        prep_world_create(w, "/zookeeper/quota/q/zookeeper_stats", "count=0,bytes=0", 0), ZK_OK);
    prep_world_apply(w, SIZE_MAX);
}

static void a_hard_count_refuses_creates(void **state)
{
    struct prep_world *w = *state;
    limit(w, "count=-1,bytes=-1=;countHardLimit=2");
    assert_int_equal(prep_world_create(w, "/q/one", "", 0), ZK_OK);
    prep_world_apply(w, SIZE_MAX);
    assert_int_equal(prep_world_create(w, "/q/two", "", 0), ZK_QUOTA_EXCEEDED);
    assert_int_equal(prep_world_set(w, "/q/one", "longer", -1), ZK_OK);
    assert_int_equal(prep_world_create(w, "/elsewhere", "", 0), ZK_OK);
}

static void a_hard_byte_limit_looks_at_the_difference(void **state)
{
    struct prep_world *w = *state;
    limit(w, "count=-1,bytes=-1=;byteHardLimit=10");
    assert_int_equal(prep_world_create(w, "/q/a", "12345678901", 0), ZK_QUOTA_EXCEEDED);
    assert_int_equal(prep_world_create(w, "/q/a", "1234567890", 0), ZK_OK);
    prep_world_apply(w, SIZE_MAX);
    assert_int_equal(prep_world_set(w, "/q/a", "abcdefghij", -1), ZK_OK);
    assert_int_equal(prep_world_set(w, "/q/a", "abcdefghijk", -1), ZK_QUOTA_EXCEEDED);
    assert_int_equal(prep_world_set(w, "/q/a", "a", -1), ZK_OK);
}

static void soft_limits_refuse_nothing(void **state)
{
    struct prep_world *w = *state;
    limit(w, "count=1,bytes=1");
    assert_int_equal(prep_world_create(w, "/q/a", "long enough", 0), ZK_OK);
}

static void unreadable_limits_refuse_creates(void **state)
{
    struct prep_world *w = *state;
    limit(w, "garbage");
    assert_int_equal(prep_world_create(w, "/q/a", "", 0), ZK_MARSHALLING_ERROR);
}

static void expect_one_of_q(void *ctx, struct slice name, const struct summary *m)
{
    int *names = ctx;
    (*names)++;
    assert_true(slice_equal_str(name, "q"));
    assert_int_equal(m->count, 2);
}

static void refusals_are_counted_by_the_first_name_of_the_path(void **state)
{
    struct prep_world *w = *state;
    w->prep.stats = stats_new(1);
    limit(w, "count=2,bytes=-1=;byteHardLimit=4");
    assert_int_equal(prep_world_create(w, "/q/a", "12345", 0), ZK_QUOTA_EXCEEDED);
    assert_int_equal(prep_world_create(w, "/q/a", "1234", 0), ZK_OK);
    prep_world_apply(w, SIZE_MAX);
    assert_int_equal(prep_world_set(w, "/q/a", "12345", -1), ZK_QUOTA_EXCEEDED);
    assert_int_equal(prep_world_create(w, "/q/b", "", 0), ZK_OK); // beyond the soft limit
    int names = 0;
    stats_namespaces_each(w->prep.stats, STATS_QUOTA_EXCEEDED_PER_NAMESPACE, expect_one_of_q,
                          &names);
    assert_int_equal(names, 1);
    stats_free(w->prep.stats);
}

static void writes_that_java_does_not_survive_are_refused(void **state)
{
    struct prep_world *w = *state;
    limit(w, "count=5,bytes=100");
    const char *usage = "/zookeeper/quota/q/zookeeper_stats";
    assert_int_equal(prep_world_set(w, usage, "garbage", -1), ZK_BAD_ARGUMENTS);
    assert_int_equal(prep_world_set(w, usage, "count=x", -1), ZK_BAD_ARGUMENTS);
    assert_int_equal(prep_world_set(w, usage, "count=7,bytes=70", -1), ZK_OK);
    assert_int_equal(prep_world_create(w, "/zookeeper/quota/zookeeper_limits", "count=1", 0),
                     ZK_BAD_ARGUMENTS);
    prep_world_apply(w, SIZE_MAX);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, prep_world_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_hard_count_refuses_creates),
        T(a_hard_byte_limit_looks_at_the_difference),
        T(soft_limits_refuse_nothing),
        T(unreadable_limits_refuse_creates),
        T(writes_that_java_does_not_survive_are_refused),
        T(refusals_are_counted_by_the_first_name_of_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
