// SPDX-License-Identifier: Apache-2.0
//
// What differs, and the words for it.
#include "cli/node_change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct node node_of(const char *data)
{
    static const struct paddock_acl open = {31, "world", "anyone"};
    return (struct node){.has_data = true,
                         .data = paddock_text(data),
                         .data_bytes = data != NULL ? (int64_t)strlen(data) : 0,
                         .has_acl = true,
                         .acl = &open,
                         .acl_count = 1,
                         .is_kind_exact = true};
}

static void assert_change(const struct node *from, const struct node *to, const char *expected)
{
    struct node_change change = node_change_between(from, to, true);
    struct buf text = {0};
    if (node_change_is_any(change)) {
        node_change_text(change, from, to, &text);
    }
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
}

static void each_difference_is_named(void **state)
{
    (void)state;
    static const struct paddock_acl read = {1, "world", "anyone"};
    struct node a = node_of("0123456789"), b = node_of("0123456789ab"), null = node_of(NULL);
    struct node empty = node_of(""), other = a;
    assert_change(&a, &a, "");
    assert_change(&a, &b, "(data 10 -> 12 bytes)");
    assert_change(&null, &empty, "(data null -> 0 bytes)");
    other.acl = &read;
    assert_change(&a, &other, "(acl)");
    assert_false(node_change_is_any(node_change_between(&a, &other, false)));
    other.kind = NODE_TTL;
    other.ttl_ms = 70;
    other.data = paddock_text("01234567xx");
    assert_change(&a, &other, "(data 10 -> 10 bytes, acl, kind persistent -> ttl 70 ms)");
    other.has_acl = false;
    other.kind = NODE_PERSISTENT;
    other.ttl_ms = 0;
    other.has_data = false; // left out, but as long
    assert_change(&a, &other, "");
    other.data_bytes = 11;
    assert_change(&a, &other, "(data 10 -> 11 bytes)");
}

static void a_node_that_may_not_be_read_is_not_called_equal(void **state)
{
    (void)state;
    struct node a = node_of("x"), hidden = {.code = PADDOCK_NO_AUTH};
    assert_change(&a, &hidden, "(not readable: NoAuth)");
    assert_change(&hidden, &hidden, "(not readable: NoAuth)");
}

static void text_is_small_and_without_control_characters(void **state)
{
    (void)state;
    struct node text = node_of("line\n\tline\r\n"), bell = node_of("\a"), bad = node_of("\xff");
    struct node long_text = node_of("x"), left_out = node_of("x");
    static char many[64 * 1024 + 1];
    memset(many, 'x', sizeof(many));
    long_text.data = paddock_bytes_of(many, sizeof(many));
    left_out.has_data = false;
    assert_true(node_data_is_text(&text));
    assert_false(node_data_is_text(&bell) || node_data_is_text(&bad));
    assert_false(node_data_is_text(&long_text) || node_data_is_text(&left_out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_difference_is_named),
        cmocka_unit_test(a_node_that_may_not_be_read_is_not_called_equal),
        cmocka_unit_test(text_is_small_and_without_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
