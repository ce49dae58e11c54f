// SPDX-License-Identifier: Apache-2.0
//
// What is wanted of a log: each condition alone, and what a multi is wanted for.
#include "cli/txn_filter.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "jute/op.h"

static struct txn_filter all(void)
{
    return (struct txn_filter){.zxid_min = INT64_MIN,
                               .zxid_max = INT64_MAX,
                               .time_min_ms = INT64_MIN,
                               .time_max_ms = INT64_MAX};
}

static struct txn deletion(const char *path)
{
    return (struct txn){.header = {.client_id = 9, .zxid = 0x100000005, .time_ms = 5000},
                        .op = {.type = OP_DELETE, .del.path = slice_str(path)}};
}

static void nothing_asked_lets_all_pass(void **state)
{
    (void)state;
    struct txn_filter f = all();
    struct txn t = deletion("/a");
    assert_true(txn_filter_has(&f, &t));
}

static void a_subtree_is_its_root_and_all_below(void **state)
{
    (void)state;
    assert_true(txn_filter_is_below("/a", slice_str("/a")));
    assert_true(txn_filter_is_below("/a", slice_str("/a/b")));
    assert_true(txn_filter_is_below("/a/", slice_str("/a")));
    assert_false(txn_filter_is_below("/a", slice_str("/ab")));
    assert_false(txn_filter_is_below("/a/b", slice_str("/a")));
    assert_true(txn_filter_is_below("/", slice_str("/")));
    assert_true(txn_filter_is_below("/", slice_str("/a")));
}

static void zxids_include_both_ends_and_times_the_first(void **state)
{
    (void)state;
    struct txn t = deletion("/a");
    struct txn_filter f = all();
    f.zxid_min = f.zxid_max = 0x100000005;
    f.time_min_ms = 5000;
    f.time_max_ms = 5001;
    assert_true(txn_filter_has(&f, &t));
    f.time_max_ms = 5000;
    assert_false(txn_filter_has(&f, &t));
    f = all();
    f.zxid_min = 0x100000006;
    assert_false(txn_filter_has(&f, &t));
    f = all();
    f.zxid_max = 0x100000004;
    assert_false(txn_filter_has(&f, &t));
}

static void a_session_and_a_type_have_to_be_the_same(void **state)
{
    (void)state;
    struct txn t = deletion("/a");
    struct txn_filter f = all();
    f.has_session = true;
    f.session = 9;
    f.types[f.type_count++] = OP_CREATE;
    assert_false(txn_filter_has(&f, &t));
    f.types[f.type_count++] = OP_DELETE;
    assert_true(txn_filter_has(&f, &t));
    f.session = 8;
    assert_false(txn_filter_has(&f, &t));
}

static void a_multi_is_wanted_for_one_of_its_parts(void **state)
{
    (void)state;
    struct txn_op parts[] = {deletion("/a").op,
                             {.type = OP_CREATE2, .create.path = slice_str("/b/c")}};
    struct txn t = {.op = {.type = OP_MULTI}, .ops = parts, .op_count = 2};
    struct txn_filter f = all();
    f.path = "/b";
    assert_true(txn_filter_has(&f, &t));
    f.types[f.type_count++] = OP_CREATE2;
    assert_true(txn_filter_has(&f, &t));
    f.path = "/c";
    assert_false(txn_filter_has(&f, &t));
}

static void the_end_of_a_session_is_of_its_nodes(void **state)
{
    (void)state;
    struct slice paths[] = {slice_str("/x"), slice_str("/b/c")};
    struct txn t = {
        .op = {.type = OP_CLOSE_SESSION, .close_session.paths = {.count = 2, .items = paths}}};
    struct txn_filter f = all();
    f.path = "/b";
    assert_true(txn_filter_has(&f, &t));
    f.path = "/y";
    assert_false(txn_filter_has(&f, &t));
    t.op.close_session.paths.count = -1; // no body
    assert_false(txn_filter_has(&f, &t));
}

static void ids_are_hexadecimal_or_decimal(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(txn_filter_number("0x1F", &value));
    assert_int_equal(value, 31);
    assert_true(txn_filter_number("31", &value));
    assert_int_equal(value, 31);
    assert_true(txn_filter_number("0xffffffffffffffff", &value));
    assert_int_equal(value, -1);
    static const char *const bad[] = {"", "0x", "1f", "-1", "0x1 ", "0x10000000000000000"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(txn_filter_number(bad[i], &value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_asked_lets_all_pass),
        cmocka_unit_test(a_subtree_is_its_root_and_all_below),
        cmocka_unit_test(zxids_include_both_ends_and_times_the_first),
        cmocka_unit_test(a_session_and_a_type_have_to_be_the_same),
        cmocka_unit_test(a_multi_is_wanted_for_one_of_its_parts),
        cmocka_unit_test(the_end_of_a_session_is_of_its_nodes),
        cmocka_unit_test(ids_are_hexadecimal_or_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
