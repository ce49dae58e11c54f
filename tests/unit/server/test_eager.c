// SPDX-License-Identifier: Apache-2.0
//
// enableEagerACLCheck: what a member refuses by itself, and what it leaves to the leader.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/server/troupe.h"

static const char *const enabled[] = {"zookeeper.enableEagerACLCheck=true", NULL};
static const struct troupe_options eager = {.voters = 3, .defines = enabled};
static const struct troupe_options usual = {.voters = 3};

static int64_t last_zxid(struct troupe *t)
{
    return troupe_server(t, troupe_leader(t))->pipeline.last_zxid;
}

// The refusals of each kind, at a server; true when they cost no transaction and carry no zxid.
static bool are_refused_here(struct troupe *t, int id)
{
    struct guest g;
    troupe_enter(&g, t, id);
    int64_t before = last_zxid(t);
    const struct jute_acl_vec nothing = {.count = 0};
    const int32_t asked[] = {
        guest_set(&g, "/closed", "x", -1), guest_create(&g, "/closed/child", "", 0),
        guest_delete(&g, "/closed/old", -1), guest_create_acl(&g, "/open/x", &nothing)};
    const enum zk_code codes[] = {ZK_NO_AUTH, ZK_NO_AUTH, ZK_NO_AUTH, ZK_INVALID_ACL};
    bool is_here = true;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(guest_answer(&g, asked[i]), codes[i]);
        is_here = is_here && g.header.zxid == 0;
    }
    guest_leave(&g);
    return is_here && last_zxid(t) == before;
}

static void make_nodes(struct troupe *t)
{
    struct guest g;
    struct jute_acl anyone = {.perms = PERM_READ,
                              .id = {.scheme = slice_str("world"), .id = slice_str("anyone")}};
    const struct jute_acl_vec acl = {.count = 1, .items = &anyone};
    troupe_enter(&g, t, troupe_leader(t));
    guest_make(&g, "/open", 0);
    assert_int_equal(guest_answer(&g, guest_create_acl(&g, "/closed", &acl)), ZK_OK);
    guest_leave(&g);
    troupe_until_equal(t);
}

static void members_refuse_what_their_tree_forbids(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 1, &eager);
    make_nodes(&t);
    assert_true(are_refused_here(&t, troupe_leader(&t)));
    assert_true(are_refused_here(&t, troupe_follower(&t)));
    troupe_close(&t);
}

static void without_the_switch_the_leader_decides_by_a_transaction(void **state)
{
    (void)state;
    struct troupe t;
    troupe_open(&t, 1, &usual);
    make_nodes(&t);
    assert_false(are_refused_here(&t, troupe_follower(&t)));
    troupe_close(&t);
}

// What is permitted, or not known here, goes its way.
static void the_rest_is_the_leaders_to_decide(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    troupe_open(&t, 2, &eager);
    make_nodes(&t);
    troupe_enter(&g, &t, troupe_follower(&t));
    assert_int_equal(guest_answer(&g, guest_set(&g, "/open", "x", -1)), ZK_OK);
    assert_int_equal(guest_answer(&g, guest_set(&g, "/nowhere", "x", -1)), ZK_NO_NODE);
    assert_int_equal(guest_answer(&g, guest_create(&g, "no-path", "", 0)), ZK_BAD_ARGUMENTS);
    assert_int_equal(guest_answer(&g, guest_delete(&g, "/closed", -1)), ZK_OK); // "/" permits
    troupe_close(&t);
}

// The first one permits the second, which this member cannot know yet.
static void a_write_behind_others_of_its_connection_is_not_looked_at(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    troupe_open(&t, 3, &eager);
    make_nodes(&t);
    troupe_enter(&g, &t, troupe_follower(&t));
    int32_t deleted = guest_delete(&g, "/closed", -1);
    int32_t made = guest_create(&g, "/closed", "", 0);
    int32_t set = guest_set(&g, "/closed", "x", -1);
    assert_int_equal(guest_answer(&g, deleted), ZK_OK);
    assert_int_equal(guest_answer(&g, made), ZK_OK);
    assert_int_equal(guest_answer(&g, set), ZK_OK);
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_refuse_what_their_tree_forbids),
        cmocka_unit_test(without_the_switch_the_leader_decides_by_a_transaction),
        cmocka_unit_test(the_rest_is_the_leaders_to_decide),
        cmocka_unit_test(a_write_behind_others_of_its_connection_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
