// SPDX-License-Identifier: Apache-2.0
//
// Load protection: tokens, waiting requests, large requests.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "jute/op.h"
#include "server/conn.h"
#include "server/throttle.h"

static struct config *configure(const char *const *defines)
{
    struct config *cfg = config_new();
    config_set_argument(cfg, CONFIG_KEY_data_dir, "/nowhere");
    for (; *defines != NULL; defines++) {
        config_define(cfg, *defines);
    }
    config_finish(cfg);
    return cfg;
}

static void connections_are_free_by_default(void **state)
{
    (void)state;
    const char *none[] = {NULL};
    struct config *cfg = configure(none);
    struct throttle t;
    throttle_init(&t, cfg, 1, 0);
    for (int i = 0; i < 1000; i++) {
        assert_true(throttle_admit_connection(&t, THROTTLE_GLOBAL, 0));
    }
    config_free(cfg);
}

static void a_bucket_empties_and_refills(void **state)
{
    (void)state;
    const char *defines[] = {"zookeeper.connection_throttle_tokens=3",
                             "zookeeper.connection_throttle_fill_time=100",
                             "zookeeper.connection_throttle_fill_count=1", NULL};
    struct config *cfg = configure(defines);
    struct throttle t;
    throttle_init(&t, cfg, 1, 0);
    for (int i = 0; i < 3; i++) {
        assert_true(throttle_admit_connection(&t, THROTTLE_GLOBAL, 0));
    }
    assert_false(throttle_admit_connection(&t, THROTTLE_GLOBAL, 50));
    assert_true(throttle_admit_connection(&t, THROTTLE_GLOBAL, 201));
    assert_true(throttle_admit_connection(&t, THROTTLE_GLOBAL, 202));
    assert_false(throttle_admit_connection(&t, THROTTLE_GLOBAL, 203));
    config_free(cfg);
}

// BLUE: while the bucket is empty the probability of refusal grows, while it is full it falls.
static void refusals_become_certain_while_the_bucket_is_empty_and_end_when_it_is_full(void **state)
{
    (void)state;
    const char *defines[] = {"zookeeper.connection_throttle_tokens=10",
                             "zookeeper.connection_throttle_fill_time=1000",
                             "zookeeper.connection_throttle_fill_count=10",
                             "zookeeper.connection_throttle_freeze_time=0",
                             "zookeeper.connection_throttle_drop_increase=0.5",
                             "zookeeper.connection_throttle_drop_decrease=0.5",
                             NULL};
    struct config *cfg = configure(defines);
    struct throttle t;
    throttle_init(&t, cfg, 1, 0);
    for (int i = 0; i < 10; i++) {
        assert_true(throttle_admit_connection(&t, THROTTLE_GLOBAL, 0));
    }
    assert_false(throttle_admit_connection(&t, THROTTLE_GLOBAL, 1));
    assert_false(throttle_admit_connection(&t, THROTTLE_GLOBAL, 2));
    assert_true(t.drop >= 1);
    // The bucket is full again: two steps down, and nobody is refused any more.
    (void)throttle_admit_connection(&t, THROTTLE_GLOBAL, 5000);
    t.tokens = t.tokens_max;
    (void)throttle_admit_connection(&t, THROTTLE_GLOBAL, 5001);
    assert_true(t.drop <= 0);
    for (int i = 0; i < 5; i++) {
        assert_true(throttle_admit_connection(&t, THROTTLE_GLOBAL, 5002));
    }
    config_free(cfg);
}

static void a_renewal_costs_less_than_a_new_session(void **state)
{
    (void)state;
    const char *defines[] = {"zookeeper.connection_throttle_tokens=1",
                             "zookeeper.connection_throttle_fill_time=1000000",
                             "zookeeper.connection_throttle_weight_enabled=true", NULL};
    struct config *cfg = configure(defines);
    struct throttle t;
    throttle_init(&t, cfg, 1, 0);
    assert_true(throttle_admit_connection(&t, THROTTLE_RENEW, 0)); // 2 of 3
    assert_false(throttle_admit_connection(&t, THROTTLE_RENEW, 0));
    assert_false(throttle_admit_connection(&t, THROTTLE_GLOBAL, 0));
    assert_true(throttle_admit_connection(&t, THROTTLE_LOCAL, 0)); // the last one
    assert_false(throttle_admit_connection(&t, THROTTLE_LOCAL, 0));
    config_free(cfg);
}

static void note(struct conn *c, const struct request *request)
{
    c->stats.received = c->stats.received * 10 + request->xid + (request->is_throttled ? 100 : 0);
}

static struct request numbered(struct conn *c, int32_t xid)
{
    return (struct request){.conn = c, .xid = xid, .type = OP_GET_DATA, .body = slice_str("body")};
}

static void requests_beyond_the_limit_wait_in_order(void **state)
{
    (void)state;
    const char *defines[] = {"zookeeper.request_throttle_max_requests=2", NULL};
    struct config *cfg = configure(defines);
    struct throttle t;
    struct conn c = {.state = CONN_OPEN};
    throttle_init(&t, cfg, 1, 0);
    uint64_t in_process = 0;
    for (int32_t xid = 1; xid <= 4; xid++) {
        struct request r = numbered(&c, xid);
        throttle_submit(&t, in_process++, &r, note);
    }
    assert_int_equal(c.stats.received, 12);
    assert_int_equal(t.waiting, 2);
    assert_int_equal(c.waiting_count, 2);
    in_process = 2;
    throttle_settled(&t, &in_process, 0, note);
    assert_int_equal(c.stats.received, 12);
    in_process = 1;
    throttle_settled(&t, &in_process, 0, note);
    assert_int_equal(c.stats.received, 1234);
    assert_int_equal(t.waiting, 0);
    throttle_fini(&t);
    config_free(cfg);
}

static void a_request_that_waited_too_long_is_marked(void **state)
{
    (void)state;
    const char *defines[] = {"zookeeper.request_throttle_max_requests=1",
                             "zookeeper.throttled_op_wait_time=10", NULL};
    struct config *cfg = configure(defines);
    struct throttle t;
    struct conn c = {.state = CONN_OPEN};
    throttle_init(&t, cfg, 1, 0);
    struct request r = numbered(&c, 1);
    throttle_submit(&t, 1, &r, note);
    uint64_t in_process = 0;
    throttle_settled(&t, &in_process, INT64_C(11000000), note);
    assert_int_equal(c.stats.received, 101);
    config_free(cfg);
}

static void a_close_is_let_through_however_long_it_waited(void **state)
{
    (void)state;
    const char *defines[] = {"zookeeper.request_throttle_max_requests=1",
                             "zookeeper.request_stale_latency_check=true",
                             "zookeeper.throttled_op_wait_time=10", NULL};
    struct config *cfg = configure(defines);
    struct throttle t;
    struct conn c = {.state = CONN_OPEN, .timeout_ms = 10};
    throttle_init(&t, cfg, 1, 0);
    struct request r = numbered(&c, 1);
    r.type = OP_CLOSE_SESSION;
    throttle_submit(&t, 1, &r, note);
    uint64_t in_process = 0;
    throttle_settled(&t, &in_process, INT64_C(11000000), note);
    assert_int_equal(c.stats.received, 1);
    config_free(cfg);
}

static void a_closed_connection_leaves_the_queue(void **state)
{
    (void)state;
    const char *defines[] = {"zookeeper.request_throttle_max_requests=1", NULL};
    struct config *cfg = configure(defines);
    struct throttle t;
    struct conn gone = {.state = CONN_OPEN};
    struct conn stays = {.state = CONN_OPEN};
    throttle_init(&t, cfg, 1, 0);
    for (int32_t xid = 1; xid <= 3; xid++) {
        struct request a = numbered(&gone, xid);
        struct request b = numbered(&stays, xid);
        throttle_submit(&t, 1, &a, note);
        throttle_submit(&t, 1, &b, note);
    }
    throttle_drop(&t, &gone);
    assert_int_equal(gone.waiting_count, 0);
    assert_int_equal(t.waiting, 3);
    uint64_t in_process = 0;
    throttle_settled(&t, &in_process, 0, note);
    assert_int_equal(stays.stats.received, 123);
    assert_int_equal(gone.stats.received, 0);
    config_free(cfg);
}

static void large_requests_share_a_budget(void **state)
{
    (void)state;
    const char *defines[] = {"zookeeper.largeRequestThreshold=100",
                             "zookeeper.largeRequestMaxBytes=1000", NULL};
    struct config *cfg = configure(defines);
    struct throttle t;
    int32_t large;
    int32_t first;
    throttle_init(&t, cfg, 1, 0);
    assert_true(throttle_admit_large(&t, 100, &large));
    assert_int_equal(large, 0);
    assert_true(throttle_admit_large(&t, 600, &first));
    assert_int_equal(first, 600);
    assert_false(throttle_admit_large(&t, 500, &large));
    throttle_large_done(&t, first);
    assert_true(throttle_admit_large(&t, 500, &large));
    config_free(cfg);
}

static void a_large_request_of_a_closing_connection_gives_its_bytes_back(void **state)
{
    (void)state;
    const char *defines[] = {"zookeeper.request_throttle_max_requests=1",
                             "zookeeper.largeRequestThreshold=100", NULL};
    struct config *cfg = configure(defines);
    struct throttle t;
    struct conn c = {.state = CONN_OPEN};
    throttle_init(&t, cfg, 1, 0);
    struct request r = numbered(&c, 1);
    assert_true(throttle_admit_large(&t, 500, &r.large_bytes));
    throttle_submit(&t, 1, &r, note);
    c.state = CONN_CLOSING;
    uint64_t in_process = 0;
    throttle_settled(&t, &in_process, 0, note);
    assert_int_equal(c.stats.received, 0);
    assert_int_equal(t.large_bytes, 0);
    config_free(cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_are_free_by_default),
        cmocka_unit_test(a_bucket_empties_and_refills),
        cmocka_unit_test(refusals_become_certain_while_the_bucket_is_empty_and_end_when_it_is_full),
        cmocka_unit_test(a_renewal_costs_less_than_a_new_session),
        cmocka_unit_test(requests_beyond_the_limit_wait_in_order),
        cmocka_unit_test(a_request_that_waited_too_long_is_marked),
        cmocka_unit_test(a_close_is_let_through_however_long_it_waited),
        cmocka_unit_test(a_closed_connection_leaves_the_queue),
        cmocka_unit_test(large_requests_share_a_budget),
        cmocka_unit_test(a_large_request_of_a_closing_connection_gives_its_bytes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
