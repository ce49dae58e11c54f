// SPDX-License-Identifier: Apache-2.0
//
// What an import does about each pair of nodes.
#include "cli/import_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static const struct paddock_acl open_acl = {31, "world", "anyone"};
static const struct paddock_acl read_acl = {1, "world", "anyone"};
static const struct paddock_acl hidden_acl = {31, "digest", "bob:x"};
static const struct import_rules plain = {0}, overwriting = {.overwrites = true},
                                 deleting = {.deletes = true}, skipping = {.skips_acl = true};

static struct node node_of(const char *data, const struct paddock_acl *acl)
{
    return (struct node){.path = "a",
                         .has_data = true,
                         .data = paddock_text(data),
                         .data_bytes = data != NULL ? (int64_t)strlen(data) : 0,
                         .has_acl = true,
                         .acl = acl,
                         .acl_count = 1};
}

static enum import_step decide(const struct import_rules *rules, const struct node *want,
                               const struct node *have)
{
    return import_decide(rules, want, have, false).step;
}

static void what_is_missing_is_created(void **state)
{
    (void)state;
    struct node n = node_of("x", &open_acl), hidden = node_of("x", &hidden_acl);
    assert_int_equal(decide(&plain, &n, NULL), IMPORT_CREATE);
    assert_int_equal(decide(&plain, &hidden, NULL), IMPORT_REFUSE_HIDDEN);
    assert_int_equal(decide(&skipping, &hidden, NULL), IMPORT_CREATE);
    n.kind = NODE_EPHEMERAL;
    assert_int_equal(decide(&plain, &n, NULL), IMPORT_SKIP_EPHEMERAL);
}

static void what_is_equal_is_left_alone(void **state)
{
    (void)state;
    struct node want = node_of("x", &read_acl), have = want, other = node_of("x", &open_acl);
    assert_int_equal(decide(&overwriting, &want, &have), IMPORT_NOTHING);
    have.version = 7;
    have.mtime_ms = 9;
    assert_int_equal(decide(&overwriting, &want, &have), IMPORT_NOTHING);
    assert_int_equal(decide(&skipping, &want, &other), IMPORT_NOTHING);
}

static void what_differs_is_changed_only_when_told(void **state)
{
    (void)state;
    struct node want = node_of("x", &read_acl), data = node_of("y", &read_acl);
    struct node acl = node_of("x", &open_acl), null = node_of(NULL, &read_acl);
    struct node empty = node_of("", &read_acl);
    assert_int_equal(decide(&plain, &want, &data), IMPORT_LEAVE);
    assert_int_equal(decide(&plain, &want, &acl), IMPORT_LEAVE);
    struct import_decision d = import_decide(&overwriting, &want, &data, false);
    assert_int_equal(d.step, IMPORT_CHANGE);
    assert_true(d.change.data && !d.change.acl);
    d = import_decide(&overwriting, &want, &acl, false);
    assert_true(d.step == IMPORT_CHANGE && d.change.acl && !d.change.data);
    assert_int_equal(decide(&overwriting, &empty, &null), IMPORT_CHANGE);
}

static void data_that_was_left_out_changes_nothing(void **state)
{
    (void)state;
    struct node want = node_of(NULL, &open_acl), have = node_of("abc", &open_acl);
    want.has_data = false;
    want.data_bytes = 5;
    assert_int_equal(decide(&overwriting, &want, &have), IMPORT_NOTHING);
}

static void kinds_cannot_be_changed(void **state)
{
    (void)state;
    struct node want = node_of("x", &open_acl), have = want;
    have.kind = NODE_EPHEMERAL;
    assert_int_equal(decide(&overwriting, &want, &have), IMPORT_REFUSE_KIND);
    assert_int_equal(decide(&overwriting, &have, &want), IMPORT_SKIP_EPHEMERAL);
    want.kind = NODE_TTL;
    have.kind = NODE_PERSISTENT; // as servers show every TTL node
    assert_int_equal(decide(&overwriting, &want, &have), IMPORT_NOTHING);
}

static void what_may_not_be_read_is_refused(void **state)
{
    (void)state;
    struct node want = node_of("x", &open_acl), have = {.path = "a", .code = PADDOCK_NO_AUTH};
    assert_int_equal(decide(&overwriting, &want, &have), IMPORT_REFUSE_UNREADABLE);
}

static void what_is_too_many_goes_only_when_told(void **state)
{
    (void)state;
    struct node have = node_of("x", &open_acl);
    assert_int_equal(decide(&plain, NULL, &have), IMPORT_NOTHING);
    assert_int_equal(decide(&deleting, NULL, &have), IMPORT_DELETE);
    have.kind = NODE_EPHEMERAL;
    assert_int_equal(decide(&deleting, NULL, &have), IMPORT_NOTHING);
    assert_int_equal(import_decide(&deleting, NULL, &have, true).step, IMPORT_DELETE);
}

static void nodes_go_when_everything_below_them_is_behind(void **state)
{
    (void)state;
    struct import_deletes d = {0};
    assert_null(import_deletes_pop(&d, "a"));
    import_deletes_push(&d, "a");
    assert_true(import_deletes_covers(&d, "a/b"));
    assert_null(import_deletes_pop(&d, "a/b"));
    import_deletes_push(&d, "a/b");
    assert_null(import_deletes_pop(&d, "a/b/c"));
    char *gone = import_deletes_pop(&d, "a/bc");
    assert_string_equal(gone, "a/b");
    mem_free(gone);
    assert_null(import_deletes_pop(&d, "a/bc"));
    gone = import_deletes_pop(&d, NULL);
    assert_string_equal(gone, "a");
    mem_free(gone);
    assert_null(import_deletes_pop(&d, NULL));
    assert_false(import_deletes_covers(&d, "a"));
    import_deletes_push(&d, "left over");
    import_deletes_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_created),
        cmocka_unit_test(what_is_equal_is_left_alone),
        cmocka_unit_test(what_differs_is_changed_only_when_told),
        cmocka_unit_test(data_that_was_left_out_changes_nothing),
        cmocka_unit_test(kinds_cannot_be_changed),
        cmocka_unit_test(what_may_not_be_read_is_refused),
        cmocka_unit_test(what_is_too_many_goes_only_when_told),
        cmocka_unit_test(nodes_go_when_everything_below_them_is_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
