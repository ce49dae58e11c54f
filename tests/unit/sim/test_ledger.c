// SPDX-License-Identifier: Apache-2.0
//
// What a history proves of its nodes, and what it leaves open.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/sim/tale.h"

static int set_up(void **state)
{
    static struct tale tale;
    tale_begin(&tale);
    *state = &tale;
    return 0;
}

static int tear_down(void **state)
{
    tale_end(*state);
    return 0;
}

static enum ledger_presence presence(struct tale *t, const char *path, int64_t zxid)
{
    struct ledger l;
    int32_t node = annals_node(&t->h, slice_str(path));
    ledger_init(&l, &t->h);
    enum ledger_presence is = ledger_presence(&l, node, zxid);
    ledger_fini(&l);
    return is;
}

static void paths_have_numbers_and_parents(void **state)
{
    struct tale *t = *state;
    int32_t deep = annals_node(&t->h, slice_str("/a/b/c"));
    int32_t top = annals_node(&t->h, slice_str("/a"));
    assert_string_equal(annals_path(&t->h, deep), "/a/b/c");
    assert_string_equal(annals_path(&t->h, annals_parent(&t->h, deep)), "/a/b");
    assert_int_equal(annals_parent(&t->h, top), 0);
    assert_int_equal(annals_node(&t->h, slice_str("/a/b/c")), deep);
    assert_int_equal(annals_node(&t->h, slice_str("/")), 0);
    assert_true(annals_is_below(&t->h, deep, top));
    assert_true(annals_is_below(&t->h, deep, 0));
    assert_false(annals_is_below(&t->h, top, deep));
}

static void answers_and_stats_tell_changes(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    tale_read(t, 1, "/b", 11, 13, 2, 0, 14); // two writes that nobody was answered
    tale_delete(t, 0, "/a", 15);
    struct ledger l;
    int32_t a = annals_node(&t->h, slice_str("/a"));
    int32_t b = annals_node(&t->h, slice_str("/b"));
    ledger_init(&l, &t->h);
    assert_int_equal(ledger_next(&l, a, 0)->kind, CHANGE_CREATE);
    assert_int_equal(ledger_next(&l, a, 10)->kind, CHANGE_DELETE);
    assert_null(ledger_next(&l, a, 15));
    assert_null(ledger_last(&l, a, 9));
    assert_int_equal(ledger_last(&l, a, 14)->zxid, 10);
    assert_int_equal(ledger_last(&l, b, 12)->kind, CHANGE_CREATE);
    assert_int_equal(ledger_last(&l, b, 13)->version, 2);
    assert_false(ledger_last(&l, b, 13)->is_answered);
    assert_int_equal(ledger_next_child(&l, 0, 10)->zxid, 11);
    assert_int_equal(ledger_next_child(&l, 0, 11)->zxid, 15);
    ledger_fini(&l);
}

static void presence_follows_the_changes(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    tale_delete(t, 0, "/a", 15);
    assert_int_equal(presence(t, "/a", 9), IS_ABSENT);
    assert_int_equal(presence(t, "/a", 10), IS_PRESENT);
    assert_int_equal(presence(t, "/a", 14), IS_PRESENT);
    assert_int_equal(presence(t, "/a", 15), IS_ABSENT);
}

static void an_open_request_leaves_room_for_doubt(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_call(t, 0, (struct annals_part){.type = OP_DELETE, .version = -1}, "/a");
    (void)tale_call(t, 0, (struct annals_part){.type = OP_CREATE}, "/b");
    assert_int_equal(presence(t, "/a", 10), IS_PRESENT);
    assert_int_equal(presence(t, "/a", 11), IS_UNKNOWN);
    assert_int_equal(presence(t, "/b", 10), IS_ABSENT); // it was sent later
    assert_int_equal(presence(t, "/b", 11), IS_UNKNOWN);
}

static void doubt_ends_when_the_client_is_back_or_the_node_is_seen(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    (void)tale_call(t, 0, (struct annals_part){.type = OP_DELETE, .version = -1}, "/a");
    (void)tale_call(t, 0, (struct annals_part){.type = OP_CREATE}, "/b");
    tale_lost(t, 0);
    tale_read(t, 1, "/a", 10, 10, 0, 0, 12);
    assert_int_equal(presence(t, "/a", 12), IS_PRESENT);
    assert_int_equal(presence(t, "/a", 13), IS_UNKNOWN);
    tale_open(t, 0, false);
    tale_missing(t, 0, "/c", 12);
    assert_int_equal(presence(t, "/a", 13), IS_PRESENT);
    assert_int_equal(presence(t, "/b", 12), IS_UNKNOWN);
}

static void an_open_sequential_create_may_be_any_number(void **state)
{
    struct tale *t = *state;
    struct annals_part part = {.type = OP_CREATE, .mode = CREATE_PERSISTENT_SEQUENTIAL};
    (void)tale_create(t, 0, "/q", 0, 10);
    (void)tale_call(t, 0, part, "/q/n-");
    assert_int_equal(presence(t, "/q/n-0000000000", 11), IS_UNKNOWN);
    assert_int_equal(presence(t, "/q/other", 11), IS_ABSENT);
}

static void two_answers_that_disagree_are_noticed(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    tale_read(t, 1, "/a", 10, 12, 1, 0, 12);
    tale_read(t, 2, "/a", 10, 12, 2, 0, 12);
    struct ledger l;
    ledger_init(&l, &t->h);
    assert_int_not_equal(l.conflict[0], ANNALS_NONE);
    ledger_fini(&l);
}

static void a_line_tells_what_happened(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    struct buf line = {0};
    annals_print(&t->h, (int32_t)t->h.count - 1, &line);
    assert_non_null(strstr(buf_cstr(&line), "client 0"));
    assert_non_null(strstr(buf_cstr(&line), "zxid=0xa OK create /a = OK"));
    buf_fini(&line);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(paths_have_numbers_and_parents),
        T(answers_and_stats_tell_changes),
        T(presence_follows_the_changes),
        T(an_open_request_leaves_room_for_doubt),
        T(doubt_ends_when_the_client_is_back_or_the_node_is_seen),
        T(an_open_sequential_create_may_be_any_number),
        T(two_answers_that_disagree_are_noticed),
        T(a_line_tells_what_happened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
