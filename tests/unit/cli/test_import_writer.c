// SPDX-License-Identifier: Apache-2.0
//
// An import whose answers are lost, which are there already, or refused.
#include "cli/import_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cli/fake_session.h"

static const char *const paths[] = {"/w", "/w/a", "/w/a/x", "/w/b"};
enum { PATHS = sizeof(paths) / sizeof(paths[0]) };

// Two answers that are lost, and whether their requests were executed all the same.
struct loss {
    size_t request;
    bool is_executed;
};
static struct loss losses[2];

static void lose(struct fake_session *s, size_t request)
{
    for (size_t i = 0; i < 2; i++) {
        if (losses[i].request == request) {
            s->fail_at = request;
            s->is_executed_first = losses[i].is_executed;
        }
    }
}

static struct fake_session session;
static struct import_counts counts;

static void begin(void)
{
    fake_session_init(&session);
    session.fail_code = PADDOCK_CONNECTION_LOSS;
    session.before = lose;
    memset(losses, 0, sizeof(losses));
}

static int import(void)
{
    struct progress progress = {.cli = &session.fake.cli};
    struct import_writer *w =
        import_writer_open(&session.fake.cli, fake_session_handle(&session), &progress);
    int status = CLI_DONE;
    for (size_t i = 0; i < PATHS && status == CLI_DONE; i++) {
        struct node n = {.has_data = true, .data = paddock_text(paths[i])};
        status = import_writer_create(w, paths[i], &n, true);
    }
    status = status == CLI_DONE ? import_writer_finish(w) : status;
    counts = *import_writer_counts(w);
    import_writer_close(w);
    return status;
}

static void assert_whole(void)
{
    assert_int_equal(counts.refused + counts.below, 0);
    assert_int_equal(fake_session_count(&session), PATHS + 1);
    for (size_t i = 0; i < PATHS; i++) {
        assert_string_equal(fake_session_find(&session, paths[i])->data, paths[i]);
    }
    assert_string_equal(fake_err(&session.fake), "");
}

static void an_import_creates_what_is_missing(void **state)
{
    (void)state;
    begin();
    fake_session_add(&session, "/w", "/w");
    assert_int_equal(import(), CLI_DONE);
    assert_int_equal(counts.created, PATHS - 1);
    assert_int_equal(counts.already, 1);
    assert_whole();
    fake_session_fini(&session);
}

// The transaction is lost, and each of the requests that look what became of it.
static void any_two_answers_may_be_lost(void **state)
{
    (void)state;
    size_t imports = 0;
    for (unsigned executed = 0; executed < 4; executed++) {
        size_t requests = 2;
        for (size_t second = 2; second <= requests; second++, imports++) {
            begin();
            losses[0] = (struct loss){1, (executed & 1) != 0};
            losses[1] = (struct loss){second, (executed & 2) != 0};
            assert_int_equal(import(), CLI_DONE);
            assert_int_equal(counts.created, PATHS);
            assert_whole();
            requests = session.requests;
            fake_session_fini(&session);
        }
    }
    assert_true(imports >= 2 * (PATHS + 3 * PATHS));
}

static void another_nodes_data_is_a_conflict(void **state)
{
    (void)state;
    begin();
    fake_session_add(&session, "/w", "other");
    assert_int_equal(import(), CLI_DONE);
    assert_int_equal(counts.refused, 1);
    assert_int_equal(counts.created, PATHS - 1);
    assert_non_null(strstr(fake_err(&session.fake), "Node already exists: /w\n"));
    assert_string_equal(fake_session_find(&session, "/w")->data, "other");
    fake_session_fini(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_import_creates_what_is_missing),
        cmocka_unit_test(any_two_answers_may_be_lost),
        cmocka_unit_test(another_nodes_data_is_a_conflict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
