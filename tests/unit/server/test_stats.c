// SPDX-License-Identifier: Apache-2.0
//
// Statistics: what a request, a reply and a path add to, and what srst takes back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "jute/op.h"
#include "server/stats.h"

static void request_adds_to_latency_kind_and_operation(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    stats_latency(s, OP_GET_DATA, 3);
    stats_latency(s, OP_CREATE2, 7);
    stats_latency(s, OP_CREATE_SESSION, 1);
    stats_latency(s, OP_PING, 0);
    stats_latency(s, 4711, 0); // no operation
    assert_int_equal(s->latency.count, 5);
    assert_int_equal(summary_max(&s->latency), 7);
    assert_int_equal(s->summaries[STATS_READLATENCY].count, 3);
    assert_int_equal(s->summaries[STATS_UPDATELATENCY].count, 2);
    assert_int_equal(s->summaries[STATS_UPDATELATENCY].sum, 8);
    assert_int_equal(s->counters[STATS_OP_COUNT_TOTAL], 5);
    assert_int_equal(s->counters[STATS_OP_COUNT_GET_DATA], 1);
    assert_int_equal(s->counters[STATS_OP_COUNT_CREATE], 1);
    assert_int_equal(s->counters[STATS_OP_COUNT_CREATE_SESSION], 1);
    assert_int_equal(s->counters[STATS_OP_COUNT_PING], 1);
    assert_int_equal(s->counters[0], 0);
    stats_free(s);
    stats_free(NULL);
}

static void every_operation_of_clients_has_a_counter(void **state)
{
    (void)state;
    static const int32_t ops[] = {
#define X(name, code, java, lop, kind) (code),
        ZK_OPS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        struct stats *s = stats_new(1);
        stats_latency(s, ops[i], 1);
        uint64_t sum = 0;
        for (size_t j = 0; j < STATS_COUNTER_COUNT; j++) {
            sum += s->counters[j];
        }
        bool has_none = ops[i] == OP_AUTH || ops[i] == OP_SASL || ops[i] == OP_ERROR ||
                        ops[i] == OP_NOTIFICATION;
        assert_int_equal(sum, has_none ? 1 : 2); // the total, and its own
        stats_free(s);
    }
}

static void response_sizes_are_unknown_before_the_first(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    assert_int_equal(s->responses.min, -1);
    stats_response(s, 20);
    stats_response(s, 10);
    stats_response(s, 15);
    assert_int_equal(s->responses.last, 15);
    assert_int_equal(s->responses.min, 10);
    assert_int_equal(s->responses.max, 20);
    assert_int_equal(s->counters[STATS_RESPONSE_BYTES], 45);
    stats_free(s);
}

static void reset_forgets_everything_but_the_trace_mask(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    assert_int_equal(s->trace_mask, 306);
    s->trace_mask = 2;
    stats_packet_received(s);
    stats_packet_sent(s);
    stats_latency(s, OP_GET_DATA, 3);
    stats_response(s, 9);
    stats_sync(s, 5000000);
    stats_path(s, STATS_READ_PER_NAMESPACE, slice_str("/a"), 1);
    assert_int_equal(s->summaries[STATS_FSYNCTIME].sum, 5);
    stats_reset(s);
    assert_int_equal(s->packets_received + s->packets_sent, 0);
    assert_int_equal(s->latency.count, 0);
    assert_int_equal(s->summaries[STATS_FSYNCTIME].count, 0);
    assert_int_equal(summary_percentile(&s->summaries[STATS_READLATENCY], 0.5), 0);
    assert_int_equal(s->responses.max, -1);
    assert_int_equal(s->namespaces[STATS_READ_PER_NAMESPACE].count, 0);
    assert_int_equal(s->trace_mask, 2);
    stats_free(s);
}

struct found {
    const char *name;
    const struct summary *summary;
};

static void find(void *ctx, struct slice name, const struct summary *m)
{
    struct found *f = ctx;
    if (slice_equal_str(name, f->name)) {
        f->summary = m;
    }
}

static void paths_count_under_their_first_name(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    stats_path(s, STATS_WRITE_PER_NAMESPACE, slice_str("/a"), 1);
    stats_path(s, STATS_WRITE_PER_NAMESPACE, slice_str("/a/b"), 10);
    stats_path(s, STATS_WRITE_PER_NAMESPACE, slice_str("/ab"), 5);
    stats_path(s, STATS_WRITE_PER_NAMESPACE, slice_str("/"), 5);
    stats_path(s, STATS_WRITE_PER_NAMESPACE, slice_str(""), 5);
    struct found a = {.name = "a"}, ab = {.name = "ab"};
    stats_namespaces_each(s, STATS_WRITE_PER_NAMESPACE, find, &a);
    stats_namespaces_each(s, STATS_WRITE_PER_NAMESPACE, find, &ab);
    assert_int_equal(s->namespaces[STATS_WRITE_PER_NAMESPACE].count, 2);
    assert_int_equal(a.summary->count, 2);
    assert_int_equal(a.summary->sum, 17);
    assert_int_equal(ab.summary->sum, 8);
    stats_free(s);
}

static void namespaces_are_bounded(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    for (int i = 0; i < STATS_NAMESPACES_MAX + 50; i++) {
        char path[32];
        snprintf(path, sizeof path, "/n%d/x", i);
        stats_path(s, STATS_READ_PER_NAMESPACE, slice_str(path), 1);
    }
    assert_int_equal(s->namespaces[STATS_READ_PER_NAMESPACE].count, STATS_NAMESPACES_MAX);
    stats_path(s, STATS_READ_PER_NAMESPACE, slice_str("/n0"), 1);
    struct found first = {.name = "n0"};
    stats_namespaces_each(s, STATS_READ_PER_NAMESPACE, find, &first);
    assert_int_equal(first.summary->count, 2);
    stats_free(s);
}

static void names_are_unique(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STATS_COUNTER_COUNT; i++) {
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(stats_counter_name((enum stats_counter)i),
                                    stats_counter_name((enum stats_counter)j));
        }
    }
    for (unsigned i = 0; i < STATS_SUMMARY_COUNT; i++) {
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(stats_summary_name((enum stats_summary)i),
                                    stats_summary_name((enum stats_summary)j));
        }
    }
    assert_true(stats_has_percentiles(STATS_READLATENCY));
    assert_false(stats_has_percentiles(STATS_FSYNCTIME));
}

static void proposals_are_counted_anew_by_each_leader(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    assert_int_equal(s->proposals.last, -1);
    stats_proposal(s, 20);
    stats_proposal(s, 10);
    stats_proposal(s, 15);
    assert_int_equal(s->proposals.last, 15);
    assert_int_equal(s->proposals.min, 10);
    assert_int_equal(s->proposals.max, 20);
    assert_int_equal(s->counters[STATS_PROPOSAL_COUNT], 3);
    stats_lead(s);
    assert_int_equal(s->proposals.last, -1);
    assert_int_equal(s->counters[STATS_PROPOSAL_COUNT], 3);
    stats_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proposals_are_counted_anew_by_each_leader),
        cmocka_unit_test(request_adds_to_latency_kind_and_operation),
        cmocka_unit_test(every_operation_of_clients_has_a_counter),
        cmocka_unit_test(response_sizes_are_unknown_before_the_first),
        cmocka_unit_test(reset_forgets_everything_but_the_trace_mask),
        cmocka_unit_test(paths_count_under_their_first_name),
        cmocka_unit_test(namespaces_are_bounded),
        cmocka_unit_test(names_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
