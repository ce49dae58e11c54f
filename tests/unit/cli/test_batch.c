// SPDX-License-Identifier: Apache-2.0
//
// Writes in order: whole transactions, bad writes among good ones, answers that are lost.
#include "cli/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/unit/cli/fake_session.h"

struct ends {
    size_t count, good, echoes, bad;
    int last_code;
    char last_bad[64];
    char last_path[64];
};

static void ended(void *ctx, const struct batch_end *end)
{
    struct ends *e = ctx;
    assert_true(strcmp(e->last_path, end->op->path) < 0); // in the order of adding
    (void)snprintf(e->last_path, sizeof(e->last_path), "%s", end->op->path);
    e->count++;
    if (end->code == PADDOCK_OK) {
        e->good++;
    } else if (end->code == PADDOCK_NODE_EXISTS && end->is_repeat) {
        e->echoes++;
    } else {
        e->bad++;
        e->last_code = end->code;
        (void)snprintf(e->last_bad, sizeof(e->last_bad), "%s", end->op->path);
    }
}

static int open_session(void **state)
{
    struct fake_session *s = mem_alloc(sizeof(*s));
    fake_session_init(s);
    fake_session_add(s, "/a", "");
    *state = s;
    return 0;
}

static int close_session(void **state)
{
    fake_session_fini(*state);
    mem_free(*state);
    return 0;
}

static int create_all(struct fake_session *s, size_t count, size_t parts_max, struct ends *ends)
{
    *ends = (struct ends){0};
    struct batch *b =
        batch_open(&s->fake.cli, fake_session_handle(s),
                   &(struct batch_options){.parts_max = parts_max, .ended = ended, .ctx = ends});
    int status = CLI_DONE;
    for (size_t i = 0; status == CLI_DONE && i < count; i++) {
        char path[64]; // gone when batch_add returns
        (void)snprintf(path, sizeof(path), "/a/n%04zu", i);
        status =
            batch_add(b, &(struct paddock_op){
                             .type = PADDOCK_OP_CREATE, .path = path, .data = paddock_text("x")});
    }
    status = status == CLI_DONE ? batch_finish(b) : status;
    batch_close(b);
    return status;
}

static void writes_share_transactions(void **state)
{
    struct fake_session *s = *state;
    struct ends ends;
    assert_int_equal(create_all(s, 1200, 0, &ends), CLI_DONE);
    assert_int_equal(ends.good, 1200);
    assert_int_equal(ends.count, 1200);
    assert_int_equal(s->requests, 3);
    assert_int_equal(fake_session_count(s), 1202);
}

static void a_bad_write_does_not_spoil_the_others(void **state)
{
    struct fake_session *s = *state;
    struct ends ends;
    fake_session_add(s, "/a/n0017", "");
    assert_int_equal(create_all(s, 100, 10, &ends), CLI_DONE);
    assert_int_equal(ends.good, 99);
    assert_int_equal(ends.bad, 1);
    assert_string_equal(ends.last_bad, "/a/n0017");
    assert_int_equal(ends.last_code, PADDOCK_NODE_EXISTS);
    assert_int_equal(fake_session_count(s), 102);
}

static void any_answer_may_be_lost_before_or_behind_its_execution(void **state)
{
    struct fake_session *s = *state;
    struct ends ends;
    s->fail_code = PADDOCK_CONNECTION_LOSS;
    for (size_t n = 1; n <= 10; n++) {
        for (int executed = 0; executed < 2; executed++) {
            s->requests = 0;
            s->fail_at = n;
            s->is_executed_first = executed == 1;
            assert_int_equal(create_all(s, 100, 10, &ends), CLI_DONE);
            assert_int_equal(ends.bad, 0);
            assert_int_equal(ends.count, 100);
            assert_int_equal(ends.echoes, executed == 1 ? 10 : 0);
            assert_int_equal(fake_session_count(s), 102);
            fake_session_fini(s);
            fake_session_init(s);
            fake_session_add(s, "/a", "");
            s->fail_code = PADDOCK_CONNECTION_LOSS;
        }
    }
}

static void a_lost_session_ends_all_and_says_so(void **state)
{
    struct fake_session *s = *state;
    struct ends ends;
    s->fail_at = 3;
    s->fail_code = PADDOCK_SESSION_EXPIRED;
    assert_int_equal(create_all(s, 100, 10, &ends), CLI_LOST);
    assert_int_equal(ends.count, 20);
    assert_non_null(strstr(fake_err(&s->fake), "/a/n0020"));
    fake_session_answer(SIZE_MAX);
}

static void few_transactions_are_under_way(void **state)
{
    struct fake_session *s = *state;
    struct ends ends;
    assert_int_equal(create_all(s, 1000, 5, &ends), CLI_DONE);
    assert_int_equal(ends.good, 1000);
    assert_true(s->under_way_max <= 8);
}

static void writes_that_fit_no_transaction_go_alone_and_in_order(void **state)
{
    struct fake_session *s = *state;
    struct ends ends = {0};
    struct batch *b = batch_open(&s->fake.cli, fake_session_handle(s),
                                 &(struct batch_options){.ended = ended, .ctx = &ends});
    struct paddock_acl acl[] = {{PADDOCK_READ, "world", "anyone"}};
    static const char *const paths[] = {"/a", "/a/none", "/b"};
    for (size_t i = 0; i < 3; i++) {
        struct paddock_op op = {.type = i < 2 ? PADDOCK_OP_SET_ACL : PADDOCK_OP_CREATE,
                                .path = paths[i],
                                .acl = acl,
                                .acl_count = 1};
        assert_int_equal(batch_add(b, &op), CLI_DONE);
    }
    assert_int_equal(batch_finish(b), CLI_DONE);
    batch_close(b);
    assert_int_equal(ends.good, 2);
    assert_string_equal(ends.last_bad, "/a/none");
    assert_int_equal(s->requests, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_session, close_session)
    const struct CMUnitTest tests[] = {
        TEST(writes_share_transactions),
        TEST(a_bad_write_does_not_spoil_the_others),
        TEST(any_answer_may_be_lost_before_or_behind_its_execution),
        TEST(a_lost_session_ends_all_and_says_so),
        TEST(few_transactions_are_under_way),
        TEST(writes_that_fit_no_transaction_go_alone_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
