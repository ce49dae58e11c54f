// SPDX-License-Identifier: Apache-2.0
//
// What batches, transactions, watches and a recovery add to the statistics.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jute/op.h"
#include "server/account.h"

struct found {
    const char *name;
    int64_t sum;
};

static void find(void *ctx, struct slice name, const struct summary *m)
{
    struct found *f = ctx;
    f->sum = slice_equal_str(name, f->name) ? m->sum : f->sum;
}

static int64_t written(const struct stats *s, const char *name)
{
    struct found f = {.name = name};
    stats_namespaces_each(s, STATS_WRITE_PER_NAMESPACE, find, &f);
    return f.sum;
}

static struct txn_op create_of(const char *path, const char *data)
{
    return (struct txn_op){.type = OP_CREATE,
                           .create = {.path = slice_str(path), .data = slice_str(data)}};
}

static void transaction_counts_its_bytes_and_its_age(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    struct tree_outcome ok = {0};
    struct txn t = {.header = {.type = OP_CREATE, .time_ms = 100}, .op = create_of("/a", "xyz")};
    account_applied(s, &t, &ok, 107);
    assert_int_equal(written(s, "a"), 5);
    assert_int_equal(s->summaries[STATS_PROPAGATION_LATENCY].sum, 7);
    account_applied(s, &t, &ok, 90); // a clock that went back
    assert_int_equal(s->summaries[STATS_PROPAGATION_LATENCY].count, 1);
    stats_free(s);
}

static void failed_transaction_wrote_nothing(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    struct tree_outcome failed = {.result = {.code = ZK_NO_NODE}};
    struct txn t = {.header = {.type = OP_CREATE, .time_ms = 100}, .op = create_of("/a", "xyz")};
    account_applied(s, &t, &failed, 100);
    assert_int_equal(s->namespaces[STATS_WRITE_PER_NAMESPACE].count, 0);
    stats_free(s);
}

static void every_part_of_a_multi_counts(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    struct tree_outcome ok = {0};
    struct txn_op ops[] = {
        create_of("/a/x", "12"),
        {.type = OP_SET_DATA, .set_data = {.path = slice_str("/a"), .data = slice_str("123")}},
        {.type = OP_DELETE, .del = {.path = slice_str("/b")}},
        {.type = OP_CHECK, .check = {.path = slice_str("/c")}},
        {.type = OP_CREATE_TTL, .create_ttl = {.path = slice_str("/t"), .data = slice_str("1")}},
        {.type = OP_CREATE_CONTAINER,
         .create_container = {.path = slice_str("/k"), .data = slice_str("")}},
    };
    struct txn t = {.header = {.type = OP_MULTI},
                    .op = {.type = OP_MULTI},
                    .ops = ops,
                    .op_count = sizeof ops / sizeof ops[0]};
    account_applied(s, &t, &ok, 0);
    assert_int_equal(written(s, "a"), 6 + 5);
    assert_int_equal(written(s, "b"), 2);
    assert_int_equal(written(s, "c"), 0);
    assert_int_equal(written(s, "t"), 3);
    assert_int_equal(written(s, "k"), 2);
    assert_int_equal(s->counters[STATS_TTL_NODE_CREATED_COUNT], 1);
    assert_int_equal(s->counters[STATS_OUTSTANDING_CHANGES_QUEUED], 2 + 1 + 2 + 0 + 2 + 2);
    stats_free(s);
}

static void batch_counts_transactions_and_waiting(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    struct pending items[] = {{.arrived_ns = 1000000}, {.arrived_ns = 4000000}};
    struct batch b = {.items = items, .count = 2, .sync_ns = 3000000};
    account_batch(s, &b, 9000000);
    assert_int_equal(s->summaries[STATS_FSYNCTIME].sum, 3);
    assert_int_equal(s->summaries[STATS_SYNC_PROCESSOR_BATCH_SIZE].sum, 2);
    assert_int_equal(s->counters[STATS_SYNC_PROCESSOR_REQUEST_QUEUED], 2);
    assert_int_equal(s->summaries[STATS_SYNC_PROCESSOR_QUEUE_AND_FLUSH_TIME_MS].sum, 8 + 5);
    stats_free(s);
}

static void one_trigger_is_one_value(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    const struct watch_fired fired[] = {
        {.event = WATCH_EVENT_DATA_CHANGED, .zxid = 1, .path = slice_str("/a")},
        {.event = WATCH_EVENT_DATA_CHANGED, .zxid = 1, .path = slice_str("/a")},
        {.event = WATCH_EVENT_DATA_CHANGED, .zxid = 1, .path = slice_str("/b")},
        {.event = WATCH_EVENT_CHILDREN_CHANGED, .zxid = 1, .path = slice_str("/b")},
        {.event = WATCH_EVENT_DELETED, .zxid = 2, .path = slice_str("/b")},
        {.event = WATCH_EVENT_CREATED, .zxid = 3, .path = slice_str("/b")},
    };
    account_fired(s, fired, sizeof fired / sizeof fired[0]);
    assert_int_equal(s->summaries[STATS_NODE_CHANGED_WATCH_COUNT].count, 2);
    assert_int_equal(s->summaries[STATS_NODE_CHANGED_WATCH_COUNT].max, 2);
    assert_int_equal(s->summaries[STATS_NODE_CHILDREN_WATCH_COUNT].sum, 1);
    assert_int_equal(s->summaries[STATS_NODE_DELETED_WATCH_COUNT].sum, 1);
    assert_int_equal(s->summaries[STATS_NODE_CREATED_WATCH_COUNT].sum, 1);
    stats_free(s);
}

static void recovery_leaves_its_times(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    const struct recover_report r = {.snapshot_ms = 30, .replay_ms = 12, .txns_replayed = 99};
    account_recovered(s, &r);
    assert_int_equal(s->summaries[STATS_DBINITTIME].sum, 42);
    assert_int_equal(s->summaries[STATS_STARTUP_SNAP_LOAD_TIME].sum, 30);
    assert_int_equal(s->summaries[STATS_STARTUP_TXNS_LOAD_TIME].sum, 12);
    assert_int_equal(s->summaries[STATS_STARTUP_TXNS_LOADED].sum, 99);
    stats_free(s);
}

// ---- a member of an ensemble ----

static void a_role_is_timed_from_the_search_on(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    struct account_role a = {.looking_ms = -1};
    account_role(&a, s, ZAB_LOOKING, 1000);
    account_role(&a, s, ZAB_LOOKING, 1100);
    assert_int_equal(s->counters[STATS_LOOKING_COUNT], 1);
    account_role(&a, s, ZAB_FOLLOWING, 1250);
    account_role(&a, s, ZAB_FOLLOWING, 1300);
    account_serving(&a, s, 1400);
    assert_int_equal(s->summaries[STATS_ELECTION_TIME].sum, 250);
    assert_int_equal(s->summaries[STATS_FOLLOWER_SYNC_TIME].sum, 150);
    assert_int_equal(s->summaries[STATS_UNAVAILABLE_TIME].sum, 400);
    account_role(&a, s, ZAB_LOOKING, 2000);
    account_role(&a, s, ZAB_LEADING, 2010);
    account_serving(&a, s, 2030);
    assert_int_equal(s->counters[STATS_LOOKING_COUNT], 2);
    assert_int_equal(s->summaries[STATS_ELECTION_TIME].sum, 260);
    assert_int_equal(s->summaries[STATS_LEADER_UNAVAILABLE_TIME].sum, 30);
    assert_int_equal(s->summaries[STATS_UNAVAILABLE_TIME].sum, 430);
    account_role(&a, s, ZAB_LOOKING, 3000);
    account_role(&a, s, ZAB_OBSERVING, 3500); // which was no election
    account_serving(&a, s, 3600);
    assert_int_equal(s->summaries[STATS_ELECTION_TIME].count, 2);
    assert_int_equal(s->summaries[STATS_OBSERVER_SYNC_TIME].sum, 100);
    stats_free(s);
}

static void packets_count_by_what_they_are(void **state)
{
    (void)state;
    struct stats *s = stats_new(1);
    for (int32_t type = ZAB_REQUEST; type <= ZAB_INFORMANDACTIVATE; type++) {
        account_received(s, type);
        account_sent(s, type);
    }
    assert_int_equal(s->counters[STATS_LEARNER_PROPOSAL_RECEIVED_COUNT], 1);
    assert_int_equal(s->counters[STATS_LEARNER_COMMIT_RECEIVED_COUNT], 4); // COMMIT, INFORM, with
    assert_int_equal(s->counters[STATS_DIFF_COUNT], 2); // configurations; a cut is a difference
    assert_int_equal(s->counters[STATS_SNAP_COUNT], 1);
    stats_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transaction_counts_its_bytes_and_its_age),
        cmocka_unit_test(failed_transaction_wrote_nothing),
        cmocka_unit_test(every_part_of_a_multi_counts),
        cmocka_unit_test(batch_counts_transactions_and_waiting),
        cmocka_unit_test(one_trigger_is_one_value),
        cmocka_unit_test(recovery_leaves_its_times),
        cmocka_unit_test(a_role_is_timed_from_the_search_on),
        cmocka_unit_test(packets_count_by_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
