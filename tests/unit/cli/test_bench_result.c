// SPDX-License-Identifier: Apache-2.0
//
// What a benchmark counts: slices of time, errors by code, workers added up.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cli/bench.h"

static const int64_t MS = 1000000;
static struct bench_result r, other;

static int set_up(void **state)
{
    (void)state;
    r = (struct bench_result){.slice_ns = 100 * MS};
    other = (struct bench_result){.slice_ns = 100 * MS};
    return 0;
}

static void an_end_counts_in_the_slice_in_which_it_came(void **state)
{
    (void)state;
    bench_result_note(&r, MIX_GET, PADDOCK_OK, 50 * MS, 60 * MS);
    bench_result_note(&r, MIX_SET, PADDOCK_OK, 50 * MS, 350 * MS);
    assert_int_equal(r.slice_count, 4);
    assert_int_equal(r.slices[0].count, 1);
    assert_int_equal(r.slices[0].max_ns, 10 * MS);
    assert_int_equal(r.slices[1].count, 0);
    assert_int_equal(r.slices[3].max_ns, 300 * MS);
    assert_int_equal(r.last_ns, 350 * MS);
    assert_int_equal(r.rows[MIX_SET].latency.max, 300 * MS);
    assert_int_equal(r.rows[MIX_GET].latency.count, 1);
}

static void errors_are_counted_by_their_code_and_have_a_latency(void **state)
{
    (void)state;
    bench_result_note(&r, MIX_GET, PADDOCK_OPERATION_TIMEOUT, 0, 30000 * MS);
    bench_result_note(&r, MIX_GET, PADDOCK_NO_NODE, 0, MS);
    bench_result_note(&r, MIX_GET, PADDOCK_NO_NODE, 0, MS);
    assert_int_equal(r.rows[MIX_GET].errors, 3);
    assert_int_equal(r.rows[MIX_GET].codes[0].code, PADDOCK_OPERATION_TIMEOUT);
    assert_int_equal(r.rows[MIX_GET].codes[1].count, 2);
    assert_int_equal(r.rows[MIX_GET].latency.max, 30000 * MS);
    assert_int_equal(r.slices[0].errors, 2);
}

static void more_codes_than_places_share_the_last_one(void **state)
{
    (void)state;
    for (int code = -1; code >= -40; code--) {
        bench_result_note(&r, MIX_GET, code, 0, MS);
    }
    assert_int_equal(r.rows[MIX_GET].errors, 40);
    assert_int_equal(r.rows[MIX_GET].codes[BENCH_CODES_MAX - 1].count, 40 - BENCH_CODES_MAX + 1);
}

static void what_ends_behind_the_last_slice_counts_in_it(void **state)
{
    (void)state;
    bench_result_note(&r, MIX_GET, PADDOCK_OK, 0, INT64_C(1000000) * MS);
    assert_int_equal(r.slice_count, BENCH_SLICES_MAX);
    assert_int_equal(r.slices[BENCH_SLICES_MAX - 1].count, 1);
}

static void events_are_no_answers(void **state)
{
    (void)state;
    bench_result_note(&r, BENCH_EVENT, PADDOCK_OK, 0, MS);
    assert_int_equal(r.rows[BENCH_EVENT].latency.count, 1);
    assert_int_equal(r.slice_count, 0);
}

static void workers_add_up(void **state)
{
    (void)state;
    bench_result_note(&r, MIX_GET, PADDOCK_NO_NODE, 0, 10 * MS);
    bench_result_note(&other, MIX_GET, PADDOCK_NO_NODE, 0, 20 * MS);
    bench_result_note(&other, MIX_SET, PADDOCK_OK, 0, 250 * MS);
    other.unsent = 3;
    bench_result_add(&r, &other);
    assert_int_equal(r.rows[MIX_GET].errors, 2);
    assert_int_equal(r.rows[MIX_GET].codes[0].count, 2);
    assert_int_equal(r.rows[MIX_SET].latency.count, 1);
    assert_int_equal(r.slice_count, 3);
    assert_int_equal(r.slices[0].count, 2);
    assert_int_equal(r.slices[0].max_ns, 20 * MS);
    assert_int_equal(r.last_ns, 250 * MS);
    assert_int_equal(r.unsent, 3);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_end_counts_in_the_slice_in_which_it_came),
        TEST(errors_are_counted_by_their_code_and_have_a_latency),
        TEST(more_codes_than_places_share_the_last_one),
        TEST(what_ends_behind_the_last_slice_counts_in_it),
        TEST(events_are_no_answers),
        TEST(workers_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
