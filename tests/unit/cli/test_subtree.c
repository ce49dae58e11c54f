// SPDX-License-Identifier: Apache-2.0
//
// Walks over a tree in memory, whose answers are lost, changed, and late.
#include "cli/subtree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/unit/cli/fake_session.h"

static struct fake_session *session_of(void **state)
{
    struct fake_session *s = mem_alloc(sizeof(*s));
    fake_session_init(s);
    static const char *const paths[] = {"/a", "/a/c", "/a/b", "/a/b/y", "/a/b/x", "/a/d", "/z"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        fake_session_add(s, paths[i], "data");
    }
    *state = s;
    return s;
}

static int open_session(void **state)
{
    (void)session_of(state);
    return 0;
}

static int close_session(void **state)
{
    fake_session_fini(*state);
    mem_free(*state);
    return 0;
}

// ">/a >/a/b </a/b </a": the steps, '!' when it failed.
static void walk_all(struct fake_session *s, const struct subtree_options *options, struct buf *to)
{
    struct subtree *t = subtree_open(&s->fake.cli, fake_session_handle(s), options);
    struct subtree_node n;
    enum subtree_step step;
    buf_clear(to);
    while ((step = subtree_next(t, &n)) < SUBTREE_END) {
        buf_printf(to, "%s%c%s", to->len > 0 ? " " : "", step == SUBTREE_ENTER ? '>' : '<', n.path);
    }
    buf_append_str(to, step == SUBTREE_FAILED ? " !" : "");
    assert_int_equal(subtree_exit_code(t) == CLI_DONE, step == SUBTREE_END);
    assert_int_equal(subtree_next(t, &n), step); // again and again
    subtree_close(t);
}

static const char whole[] =
    ">/a >/a/b >/a/b/x </a/b/x >/a/b/y </a/b/y </a/b >/a/c </a/c >/a/d </a/d </a";

static void nodes_are_entered_before_and_left_behind_what_is_below(void **state)
{
    struct fake_session *s = *state;
    struct buf steps = {0};
    walk_all(s, &(struct subtree_options){.path = "/a"}, &steps);
    assert_string_equal(buf_cstr(&steps), whole);
    walk_all(s, &(struct subtree_options){.path = "/z"}, &steps);
    assert_string_equal(buf_cstr(&steps), ">/z </z");
    walk_all(s, &(struct subtree_options){.path = "/", .has_depth_max = true, .depth_max = 1},
             &steps);
    assert_string_equal(buf_cstr(&steps), ">/ >/a </a >/z </z </");
    buf_fini(&steps);
}

static bool skips_b(void *ctx, const char *path)
{
    (void)ctx;
    return strcmp(path, "/a/b") == 0;
}

static void what_is_skipped_is_not_asked_for(void **state)
{
    struct fake_session *s = *state;
    struct buf steps = {0};
    walk_all(s, &(struct subtree_options){.path = "/a", .is_skipped = skips_b}, &steps);
    assert_string_equal(buf_cstr(&steps), ">/a >/a/c </a/c >/a/d </a/d </a");
    assert_int_equal(s->requests, 3);
    buf_fini(&steps);
}

static void data_and_acls_come_when_asked_for(void **state)
{
    struct fake_session *s = *state;
    struct subtree_options options = {.path = "/a", .wants_data = true, .wants_acl = true};
    struct subtree *t = subtree_open(&s->fake.cli, fake_session_handle(s), &options);
    struct subtree_node n;
    assert_int_equal(subtree_next(t, &n), SUBTREE_ENTER);
    assert_true(n.has_data && n.has_acl && n.has_stat);
    assert_memory_equal(n.data.bytes, "data", 4);
    assert_string_equal(n.acl[0].scheme, "world");
    assert_int_equal(n.name_count, 3);
    assert_string_equal(n.names[0], "b");
    assert_string_equal(n.name, "a");
    subtree_close(t); // with requests under way
    fake_session_answer(SIZE_MAX);
}

static void remove_c(struct fake_session *s, size_t request)
{
    if (request == 2) {
        fake_session_remove(s, "/a/c");
    }
}

static void a_node_that_has_gone_is_passed_over(void **state)
{
    struct fake_session *s = *state;
    struct buf steps = {0};
    s->before = remove_c;
    walk_all(s, &(struct subtree_options){.path = "/a"}, &steps);
    assert_string_equal(buf_cstr(&steps),
                        ">/a >/a/b >/a/b/x </a/b/x >/a/b/y </a/b/y </a/b >/a/d </a/d </a");
    walk_all(s, &(struct subtree_options){.path = "/none"}, &steps);
    assert_string_equal(buf_cstr(&steps), " !");
    assert_non_null(strstr(fake_err(&s->fake), "Node does not exist: /none"));
    buf_fini(&steps);
}

static void a_secret_node_is_handed_out_with_the_reason(void **state)
{
    struct fake_session *s = *state;
    struct subtree_options options = {.path = "/a", .wants_data = true};
    fake_session_find(s, "/a/b")->is_secret = true;
    struct subtree *t = subtree_open(&s->fake.cli, fake_session_handle(s), &options);
    struct subtree_node n;
    size_t secrets = 0, nodes = 0;
    enum subtree_step step;
    while ((step = subtree_next(t, &n)) < SUBTREE_END) {
        nodes += step == SUBTREE_ENTER ? 1 : 0;
        if (n.code != PADDOCK_OK && step == SUBTREE_ENTER) {
            secrets++;
            assert_int_equal(n.code, PADDOCK_NO_AUTH);
            assert_string_equal(n.path, "/a/b");
            assert_false(n.has_data);
        }
    }
    assert_int_equal(secrets, 1);
    assert_int_equal(nodes, 4); // what is below it cannot be seen
    subtree_close(t);
}

static void any_request_may_be_lost_once(void **state)
{
    struct fake_session *s = *state;
    struct buf steps = {0};
    struct subtree_options options = {.path = "/a", .wants_data = true, .wants_acl = true};
    walk_all(s, &options, &steps);
    size_t requests = s->requests;
    assert_true(requests >= 14);
    s->fail_code = PADDOCK_CONNECTION_LOSS;
    for (size_t n = 1; n <= requests; n++) {
        s->requests = 0;
        s->fail_at = n;
        walk_all(s, &options, &steps);
        assert_string_equal(buf_cstr(&steps), whole);
        assert_int_equal(s->requests, requests + 1);
    }
    buf_fini(&steps);
}

static void a_lost_session_ends_the_walk_wherever_it_is(void **state)
{
    struct fake_session *s = *state;
    struct buf steps = {0};
    struct subtree_options options = {.path = "/a", .wants_data = true};
    walk_all(s, &options, &steps);
    size_t requests = s->requests;
    s->fail_code = PADDOCK_SESSION_EXPIRED;
    for (size_t n = 1; n <= requests; n++) {
        s->requests = 0;
        s->fail_at = n;
        walk_all(s, &options, &steps);
        assert_int_equal(steps.data[steps.len - 1], '!');
        fake_session_answer(SIZE_MAX); // what was under way ends behind the closing
    }
    buf_fini(&steps);
}

static void the_window_is_bounded(void **state)
{
    struct fake_session *s = *state;
    struct buf name = {0};
    for (int i = 0; i < 3000; i++) {
        buf_clear(&name);
        buf_printf(&name, "/z/n%04d", i);
        fake_session_add(s, buf_cstr(&name), "");
    }
    struct subtree_options options = {.path = "/z"};
    struct subtree *t = subtree_open(&s->fake.cli, fake_session_handle(s), &options);
    struct subtree_node n;
    size_t nodes = 0;
    enum subtree_step step;
    while ((step = subtree_next(t, &n)) < SUBTREE_END) {
        nodes += step == SUBTREE_ENTER ? 1 : 0;
    }
    assert_int_equal(nodes, 3001);
    assert_true(s->under_way_max > 16 && s->under_way_max <= 512);
    subtree_close(t);
    buf_fini(&name);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_session, close_session)
    const struct CMUnitTest tests[] = {
        TEST(nodes_are_entered_before_and_left_behind_what_is_below),
        TEST(what_is_skipped_is_not_asked_for),
        TEST(data_and_acls_come_when_asked_for),
        TEST(a_node_that_has_gone_is_passed_over),
        TEST(a_secret_node_is_handed_out_with_the_reason),
        TEST(any_request_may_be_lost_once),
        TEST(a_lost_session_ends_the_walk_wherever_it_is),
        TEST(the_window_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
