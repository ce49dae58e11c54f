// SPDX-License-Identifier: Apache-2.0
//
// The life of requests.
#include "base/mem.h"
#include "client/decode.h"
#include "tests/unit/client/unit.h"

struct stand {
    struct watchers watchers;
    struct list deliveries;
    struct requests rs;
};

static void open_stand(struct stand *st, size_t max)
{
    watchers_init(&st->watchers);
    list_init(&st->deliveries);
    requests_init(&st->rs, max, &st->watchers, slice_str(""), &st->deliveries);
}

static void close_stand(struct stand *st)
{
    assert_true(list_is_empty(&st->deliveries));
    requests_fini(&st->rs);
    watchers_fini(&st->watchers);
}

static struct request *make(struct stand *st, int64_t deadline_ms)
{
    struct request *r;
    assert_int_equal(requests_new(&st->rs, 20, 0, &r), PADDOCK_OK);
    r->frame_len = 20;
    r->xid = requests_take_xid(&st->rs);
    requests_add(&st->rs, r, deadline_ms);
    return r;
}

// The next delivery is this request, with this ending; it is then over for the program.
static void expect(struct stand *st, struct request *r, int code, enum paddock_fate fate)
{
    assert_ptr_equal(st->deliveries.next, &r->delivery.link);
    list_remove(&r->delivery.link);
    assert_true(r->has_ended);
    assert_int_equal(r->code, code);
    assert_int_equal(r->fate, fate);
    requests_delivered(&st->rs, r);
}

static void answered_request_ends_once_with_its_result(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st, 10);
    struct request *r = make(&st, 100);
    assert_null(requests_oldest(&st.rs));
    requests_sent(&st.rs, r, 5);
    assert_ptr_equal(requests_oldest(&st.rs), r);
    assert_int_equal(r->sent_ms, 5);
    struct paddock_result *result = decode_failure(PADDOCK_OK, PADDOCK_ANSWERED, 1);
    requests_answer(&st.rs, r, PADDOCK_OK, PADDOCK_ANSWERED, result);
    assert_ptr_equal(r->result, result);
    int64_t due_ms;
    assert_false(requests_next_deadline(&st.rs, &due_ms));
    expect(&st, r, PADDOCK_OK, PADDOCK_ANSWERED);
    assert_int_equal(st.rs.count, 0);
    close_stand(&st);
}

static void overdue_request_keeps_its_place_until_the_answer(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st, 2);
    struct request *late = make(&st, 100);
    struct request *waits = make(&st, 50);
    requests_sent(&st.rs, late, 5);
    int64_t due_ms;
    assert_true(requests_next_deadline(&st.rs, &due_ms));
    assert_int_equal(due_ms, 50);
    requests_expire(&st.rs, 49);
    assert_true(list_is_empty(&st.deliveries));
    requests_expire(&st.rs, 100);
    expect(&st, waits, PADDOCK_OPERATION_TIMEOUT, PADDOCK_NOT_SENT);
    expect(&st, late, PADDOCK_OPERATION_TIMEOUT, PADDOCK_UNKNOWN);
    assert_ptr_equal(requests_oldest(&st.rs), late);
    assert_int_equal(st.rs.count, 1); // its place counts against the limit
    requests_answer(&st.rs, late, PADDOCK_NO_NODE, PADDOCK_ANSWERED, NULL);
    assert_int_equal(st.rs.count, 0);
    close_stand(&st);
}

static void overdue_request_that_is_answered_before_it_is_delivered_ends_once(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st, 2);
    struct request *r = make(&st, 100);
    requests_sent(&st.rs, r, 5);
    requests_expire(&st.rs, 100);
    requests_answer(&st.rs, r, PADDOCK_OK, PADDOCK_ANSWERED, NULL);
    assert_null(requests_oldest(&st.rs));
    expect(&st, r, PADDOCK_OPERATION_TIMEOUT, PADDOCK_UNKNOWN);
    close_stand(&st);
}

static void lost_connection_ends_what_was_sent_and_restarts_what_was_not(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st, 10);
    struct request *sent = make(&st, 100);
    struct request *partly = make(&st, 100);
    struct request *waiting = make(&st, 100);
    requests_sent(&st.rs, sent, 5);
    partly->frame_written = 7;
    requests_lose_sent(&st.rs, PADDOCK_CONNECTION_LOSS);
    expect(&st, sent, PADDOCK_CONNECTION_LOSS, PADDOCK_UNKNOWN);
    assert_int_equal(partly->frame_written, 0);
    requests_fail_waiting(&st.rs, PADDOCK_SESSION_EXPIRED);
    expect(&st, partly, PADDOCK_SESSION_EXPIRED, PADDOCK_NOT_SENT);
    expect(&st, waiting, PADDOCK_SESSION_EXPIRED, PADDOCK_NOT_SENT);
    close_stand(&st);
}

// The rest of a frame must follow on this connection, whoever still waits for it.
static void partly_written_request_that_is_overdue_is_written_out(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st, 10);
    struct request *r = make(&st, 100);
    r->frame_written = 7;
    requests_expire(&st.rs, 100);
    expect(&st, r, PADDOCK_OPERATION_TIMEOUT, PADDOCK_UNKNOWN);
    assert_int_equal(st.rs.count, 1);
    requests_sent(&st.rs, r, 101);
    assert_ptr_equal(requests_oldest(&st.rs), r);
    requests_answer(&st.rs, r, PADDOCK_OK, PADDOCK_ANSWERED, NULL);
    assert_int_equal(st.rs.count, 0);
    r = make(&st, 200);
    r->frame_written = 7;
    requests_expire(&st.rs, 200);
    requests_lose_sent(&st.rs, PADDOCK_CONNECTION_LOSS); // or is forgotten with the connection
    expect(&st, r, PADDOCK_OPERATION_TIMEOUT, PADDOCK_UNKNOWN);
    assert_int_equal(st.rs.count, 0);
    close_stand(&st);
}

static void limit_and_lack_of_memory_are_answers(void **state)
{
    (void)state;
    struct stand st;
    struct request *r;
    open_stand(&st, 1);
    for (unsigned n = 1; n <= 2; n++) {
        (void)mem_fail_after(n);
        assert_int_equal(requests_new(&st.rs, 20, 0, &r), PADDOCK_NO_MEMORY);
    }
    assert_int_equal(requests_new(&st.rs, 20, 3, &r), PADDOCK_OK);
    struct request *second;
    assert_int_equal(requests_new(&st.rs, 20, 0, &second), PADDOCK_QUEUE_FULL);
    requests_drop(&st.rs, r);
    assert_int_equal(st.rs.count, 0);
    close_stand(&st);
}

static void xids_begin_again_at_one(void **state)
{
    (void)state;
    struct stand st;
    open_stand(&st, 1);
    assert_int_equal(requests_take_xid(&st.rs), 1);
    st.rs.last_xid = INT32_MAX;
    assert_int_equal(requests_take_xid(&st.rs), 1); // negative ones and 0 have other meanings
    close_stand(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answered_request_ends_once_with_its_result),
        cmocka_unit_test(overdue_request_keeps_its_place_until_the_answer),
        cmocka_unit_test(overdue_request_that_is_answered_before_it_is_delivered_ends_once),
        cmocka_unit_test(lost_connection_ends_what_was_sent_and_restarts_what_was_not),
        cmocka_unit_test(partly_written_request_that_is_overdue_is_written_out),
        cmocka_unit_test(limit_and_lack_of_memory_are_answers),
        cmocka_unit_test(xids_begin_again_at_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
