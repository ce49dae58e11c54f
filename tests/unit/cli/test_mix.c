// SPDX-License-Identifier: Apache-2.0
//
// Mixes as people write them, good and bad, and the moments of an open loop.
#include "cli/mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct mix m;
static char why[MIX_WHY_BYTES];

static void names_have_shares(void **state)
{
    (void)state;
    assert_true(mix_parse("get=90,set=10", &m, why));
    assert_int_equal(m.total, 100);
    assert_int_equal(m.shares[MIX_GET], 90);
    assert_int_equal(m.shares[MIX_SET], 10);
    assert_int_equal(m.shares[MIX_CREATE], 0);
    assert_true(mix_parse("multi", &m, why)); // a lone name
    assert_int_equal(m.shares[MIX_MULTI], 1);
    assert_true(mix_parse("get=0,ephemeral=3,sync", &m, why));
    assert_int_equal(m.total, 4);
}

static void a_draw_meets_each_kind_by_its_share(void **state)
{
    (void)state;
    assert_true(mix_parse("set=2,delete=1,exists=3", &m, why));
    size_t seen[MIX_OP_COUNT] = {0};
    for (uint64_t place = 0; place < m.total; place++) {
        seen[mix_at(&m, place)]++;
    }
    assert_int_equal(seen[MIX_SET], 2);
    assert_int_equal(seen[MIX_DELETE], 1);
    assert_int_equal(seen[MIX_EXISTS], 3);
    assert_int_equal(seen[MIX_GET], 0);
}

static void refuse(const char *text, const char *reason)
{
    struct mix before = {.total = 77};
    m = before;
    assert_false(mix_parse(text, &m, why));
    assert_non_null(strstr(why, reason));
    assert_int_equal(m.total, 77);
}

static void nonsense_is_refused_with_its_reason(void **state)
{
    (void)state;
    refuse("", "'' is no kind of request; known are get set");
    refuse("gets", "'gets' is no kind");
    refuse("get,,set", "'' is no kind");
    refuse("get=1,get=2", "'get' is named twice");
    refuse("get=", "'get=' has no share");
    refuse("get=-1", "has no share");
    refuse("get=1000001", "has no share");
    refuse("get=99999999999999999999999999", "has no share");
    refuse("get=0", "leaves nothing to do");
    refuse("getgetgetgetgetgetgetgetgetgetgetgetgetgetgetgetgetgetgetgetgetgetgetgetget",
           "is no kind");
}

static void requests_are_due_at_even_distances(void **state)
{
    (void)state;
    struct pace p = {.begin_ns = 1000, .per_second = 1000};
    assert_int_equal(pace_due_ns(&p, 0), 1000);
    assert_int_equal(pace_due_ns(&p, 1), 1001000);
    assert_int_equal(pace_due_ns(&p, 5000), 5 * INT64_C(1000000000) + 1000);
    p.per_second = 3; // no drift where the distance is no whole number
    assert_int_equal(pace_due_ns(&p, 3000000), INT64_C(1000000) * 1000000000 + 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_shares),
        cmocka_unit_test(a_draw_meets_each_kind_by_its_share),
        cmocka_unit_test(nonsense_is_refused_with_its_reason),
        cmocka_unit_test(requests_are_due_at_even_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
