// SPDX-License-Identifier: Apache-2.0
//
// Access: refused where the ACL refuses, and only there.
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

static void become_alice(struct tale *t, int32_t client)
{
    int32_t call = tale_call(t, client, (struct annals_part){.type = OP_AUTH}, "/");
    t->h.items[call].xid = XID_AUTH;
    (void)tale_answer(t, call, 0, ZK_OK);
}

// Alice, client 0, creates her node at 10.
static void create_guarded(struct tale *t)
{
    become_alice(t, 0);
    struct annals_part part = {.type = OP_CREATE, .acl = ANNALS_ACL_ALICE};
    struct annals_part *p = tale_answer(t, tale_call(t, 0, part, "/g"), 10, ZK_OK);
    p->made = p->node;
}

static void set(struct tale *t, int32_t client, int64_t zxid, int32_t code)
{
    struct annals_part part = {.type = OP_SET_DATA, .version = -1};
    struct annals_part *p = tale_answer(t, tale_call(t, client, part, "/g"), zxid, code);
    p->has_stat = code == ZK_OK;
    p->stat = (struct jute_stat){.czxid = 10, .mzxid = zxid, .pzxid = 10, .version = 1};
}

static void open_to_all(struct tale *t, int32_t client, int64_t zxid, int32_t code)
{
    struct annals_part part = {.type = OP_SET_ACL, .version = -1};
    (void)tale_answer(t, tale_call(t, client, part, "/g"), zxid, code);
}

static void refusals_and_permissions_hold(void **state)
{
    struct tale *t = *state;
    create_guarded(t);
    set(t, 1, 11, ZK_NO_AUTH);
    open_to_all(t, 1, 12, ZK_NO_AUTH);
    set(t, 0, 13, ZK_OK);
    open_to_all(t, 0, 14, ZK_OK);
    set(t, 1, 15, ZK_OK);
    tale_holds(t, check_access);
}

static void a_write_that_passes_is_caught(void **state)
{
    struct tale *t = *state;
    create_guarded(t);
    set(t, 1, 11, ZK_OK);
    tale_breaks(t, check_access, "answers OK to somebody");
}

static void a_change_of_the_acl_that_passes_is_caught(void **state)
{
    struct tale *t = *state;
    create_guarded(t);
    open_to_all(t, 1, 11, ZK_OK);
    tale_breaks(t, check_access, "answers OK to somebody");
}

static void a_refusal_of_the_owner_is_caught(void **state)
{
    struct tale *t = *state;
    create_guarded(t);
    set(t, 0, 11, ZK_NO_AUTH);
    tale_breaks(t, check_access, "answers NO_AUTH to Alice");
}

static void a_refusal_of_an_open_node_is_caught(void **state)
{
    struct tale *t = *state;
    create_guarded(t);
    open_to_all(t, 0, 11, ZK_OK);
    set(t, 1, 12, ZK_NO_AUTH);
    tale_breaks(t, check_access, "answers NO_AUTH to somebody");
}

static void an_identity_ends_with_its_connection(void **state)
{
    struct tale *t = *state;
    create_guarded(t);
    tale_lost(t, 0);
    tale_open(t, 0, false);
    set(t, 0, 11, ZK_NO_AUTH);
    tale_holds(t, check_access);
}

static void an_acl_in_doubt_allows_both(void **state)
{
    struct tale *t = *state;
    create_guarded(t);
    (void)tale_call(t, 0, (struct annals_part){.type = OP_SET_ACL, .version = -1}, "/g");
    set(t, 1, 12, ZK_OK);
    set(t, 1, 13, ZK_NO_AUTH);
    tale_holds(t, check_access);
}

static void another_acl_that_is_shown_is_caught(void **state)
{
    struct tale *t = *state;
    create_guarded(t);
    struct annals_part part = {.type = OP_GET_ACL, .acl = ANNALS_ACL_ALICE};
    (void)tale_answer(t, tale_call(t, 1, part, "/g"), 11, ZK_OK);
    tale_holds(t, check_access);
    part.acl = ANNALS_ACL_WORLD;
    (void)tale_answer(t, tale_call(t, 1, part, "/g"), 11, ZK_OK);
    tale_breaks(t, check_access, "another ACL");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(refusals_and_permissions_hold),
        T(a_write_that_passes_is_caught),
        T(a_change_of_the_acl_that_passes_is_caught),
        T(a_refusal_of_the_owner_is_caught),
        T(a_refusal_of_an_open_node_is_caught),
        T(an_identity_ends_with_its_connection),
        T(an_acl_in_doubt_allows_both),
        T(another_acl_that_is_shown_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
