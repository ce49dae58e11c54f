// SPDX-License-Identifier: Apache-2.0
//
// One request, while connections break.
#include "cli/insist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cli/fake_session.h"

static size_t losses; // of the next requests

static void lose(struct fake_session *s, size_t request)
{
    if (request <= losses) {
        s->fail_at = request;
    }
}

static struct fake_session session;

// The code of reading /a when the first `count` requests are lost.
static int read_through(size_t count, struct paddock_result **ret)
{
    const struct paddock_op op = {.type = PADDOCK_OP_GET, .path = "/a"};
    session.requests = session.fail_at = 0;
    losses = count;
    return insist(fake_session_handle(&session), &op, ret);
}

static int open_session(void **state)
{
    (void)state;
    fake_session_init(&session);
    fake_session_add(&session, "/a", "data");
    session.fail_code = PADDOCK_CONNECTION_LOSS;
    session.before = lose;
    return 0;
}

static int close_session(void **state)
{
    (void)state;
    fake_session_fini(&session);
    return 0;
}

static void a_request_outlives_broken_connections(void **state)
{
    (void)state;
    for (size_t count = 0; count < INSIST_TRIES_MAX; count++) {
        struct paddock_result *r;
        assert_int_equal(read_through(count, &r), PADDOCK_OK);
        assert_memory_equal(r->data.bytes, "data", 4);
        assert_int_equal(session.requests, count + 1);
        paddock_result_free(r);
    }
}

static void one_that_breaks_every_connection_is_given_up(void **state)
{
    (void)state;
    struct paddock_result *r;
    assert_int_equal(read_through(SIZE_MAX, &r), PADDOCK_CONNECTION_LOSS);
    assert_int_equal(r->fate, PADDOCK_UNKNOWN);
    assert_int_equal(session.requests, INSIST_TRIES_MAX);
    paddock_result_free(r);
}

static void an_answer_is_taken_as_it_is(void **state)
{
    (void)state;
    struct paddock_result *r;
    fake_session_remove(&session, "/a");
    assert_int_equal(read_through(0, &r), PADDOCK_NO_NODE);
    assert_int_equal(session.requests, 1);
    paddock_result_free(r);
}

static int create_through(size_t count, bool is_executed)
{
    const struct paddock_op op = {.type = PADDOCK_OP_CREATE, .path = "/b"};
    struct paddock_result *r;
    session.requests = session.fail_at = 0;
    session.is_executed_first = is_executed;
    losses = count;
    int code = insist_create(fake_session_handle(&session), &op, &r);
    paddock_result_free(r);
    return code;
}

static void what_a_lost_try_has_made_is_no_conflict(void **state)
{
    (void)state;
    assert_int_equal(create_through(1, true), PADDOCK_OK);
    assert_int_equal(create_through(0, false), PADDOCK_NODE_EXISTS);
    fake_session_remove(&session, "/b");
    assert_int_equal(create_through(1, false), PADDOCK_OK);
    assert_non_null(fake_session_find(&session, "/b"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_session, close_session)
    const struct CMUnitTest tests[] = {
        TEST(a_request_outlives_broken_connections),
        TEST(one_that_breaks_every_connection_is_given_up),
        TEST(an_answer_is_taken_as_it_is),
        TEST(what_a_lost_try_has_made_is_no_conflict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
