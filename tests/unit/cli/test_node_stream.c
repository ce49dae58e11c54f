// SPDX-License-Identifier: Apache-2.0
//
// What nodes are, and when two are the same.
#include "cli/node_stream.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_stored_owner_tells_the_kind(void **state)
{
    (void)state;
    struct node n = {0};
    node_set_owner(&n, 0);
    assert_int_equal(n.kind, NODE_PERSISTENT);
    node_set_owner(&n, INT64_MIN);
    assert_int_equal(n.kind, NODE_CONTAINER);
    node_set_owner(&n, (int64_t)UINT64_C(0xff00000000000005));
    assert_int_equal(n.kind, NODE_TTL);
    assert_int_equal(n.ttl_ms, 5);
    node_set_owner(&n, 0x100002);
    assert_int_equal(n.kind, NODE_EPHEMERAL);
    assert_int_equal(n.owner, 0x100002);
    node_set_owner(&n, (int64_t)UINT64_C(0xff01000000000005)); // a session of server 255
    assert_int_equal(n.kind, NODE_EPHEMERAL);
}

static void names_of_kinds_are_read_back(void **state)
{
    (void)state;
    for (int i = NODE_PERSISTENT; i <= NODE_TTL; i++) {
        enum node_kind kind = NODE_PERSISTENT;
        assert_true(node_kind_parse(slice_str(node_kind_name((enum node_kind)i)), &kind));
        assert_int_equal(kind, i);
    }
    enum node_kind kind;
    assert_false(node_kind_parse(slice_str("TTL"), &kind));
}

static struct node with_acl(const struct paddock_acl *acl, size_t count)
{
    return (struct node){.has_acl = true, .acl = acl, .acl_count = count};
}

static void acls_are_compared_entry_by_entry(void **state)
{
    (void)state;
    static const struct paddock_acl open = {31, "world", "anyone"}, read = {1, "world", "anyone"};
    static const struct paddock_acl two[] = {{31, "world", "anyone"}, {1, "ip", "10.0.0.1"}};
    static const struct paddock_acl turned[] = {{1, "ip", "10.0.0.1"}, {31, "world", "anyone"}};
    struct node a = with_acl(&open, 1), b = with_acl(&read, 1), c = with_acl(two, 2);
    struct node d = with_acl(turned, 2);
    assert_true(node_acl_is_open(&a));
    assert_false(node_acl_is_open(&b) || node_acl_is_open(&c));
    assert_true(node_acl_equal(&a, &a) && node_acl_equal(&c, &c));
    assert_false(node_acl_equal(&a, &b) || node_acl_equal(&a, &c) || node_acl_equal(&c, &d));
}

static void of_a_hidden_digest_the_user_is_compared(void **state)
{
    (void)state;
    static const struct paddock_acl hidden = {31, "digest", "bob:x"},
                                    known = {31, "digest", "bob:abc="},
                                    other = {31, "digest", "bobby:abc="}, ip = {31, "ip", "bob:x"};
    struct node a = with_acl(&hidden, 1), b = with_acl(&known, 1), c = with_acl(&other, 1);
    struct node d = with_acl(&ip, 1);
    assert_true(node_acl_is_masked(&a));
    assert_false(node_acl_is_masked(&b) || node_acl_is_masked(&d));
    assert_true(node_acl_equal(&a, &b) && node_acl_equal(&b, &a));
    assert_false(node_acl_equal(&a, &c) || node_acl_equal(&b, &c) || node_acl_equal(&a, &d));
}

static void null_data_is_not_empty_data(void **state)
{
    (void)state;
    struct node null = {.has_data = true}, empty = {.has_data = true, .data = {"", 0}};
    struct node text = {.has_data = true, .data = {"a", 1}};
    assert_true(node_data_equal(&null, &null) && node_data_equal(&empty, &empty));
    assert_false(node_data_equal(&null, &empty) || node_data_equal(&empty, &text));
}

static void kinds_are_compared_as_far_as_both_know(void **state)
{
    (void)state;
    struct node seen = {.kind = NODE_PERSISTENT}, ephemeral = {.kind = NODE_EPHEMERAL};
    struct node ttl = {.kind = NODE_TTL, .ttl_ms = 5, .is_kind_exact = true};
    struct node longer = {.kind = NODE_TTL, .ttl_ms = 6, .is_kind_exact = true};
    struct node plain = {.kind = NODE_PERSISTENT, .is_kind_exact = true};
    assert_true(node_kind_equal(&seen, &ttl) && node_kind_equal(&seen, &plain));
    assert_true(node_kind_equal(&ttl, &ttl));
    assert_false(node_kind_equal(&ttl, &longer) || node_kind_equal(&ttl, &plain));
    assert_false(node_kind_equal(&seen, &ephemeral) || node_kind_equal(&ephemeral, &ttl));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stored_owner_tells_the_kind),
        cmocka_unit_test(names_of_kinds_are_read_back),
        cmocka_unit_test(acls_are_compared_entry_by_entry),
        cmocka_unit_test(of_a_hidden_digest_the_user_is_compared),
        cmocka_unit_test(null_data_is_not_empty_data),
        cmocka_unit_test(kinds_are_compared_as_far_as_both_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
