// SPDX-License-Identifier: Apache-2.0
//
// A registration lives as long as its owner wants it, whatever becomes of the sessions.
#include "tests/unit/client/crowd.h"

static struct paddock_registration *enrol(struct crowd *c, size_t i, struct holds *holds)
{
    struct paddock_registration *g;
    assert_int_equal(paddock_register(crowd_be(c, i), "/app/servers/one", paddock_text("here"),
                                      holds_hear, holds, &g),
                     PADDOCK_OK);
    return g;
}

static int64_t owner(struct crowd *c, size_t i)
{
    struct paddock_stat stat = {0};
    int code = paddock_exists(crowd_be(c, i), "/app/servers/one", &stat);
    return code == PADDOCK_OK ? stat.ephemeral_owner : 0;
}

static int64_t session_of(struct crowd *c, size_t i)
{
    struct paddock_session_info session;
    paddock_session(c->members[i].zk, &session);
    return session.id;
}

static void node_is_made_and_taken_away(void **state)
{
    (void)state;
    struct crowd c;
    struct holds holds = {0};
    crowd_open(&c, 1, 2, 0);
    struct paddock_registration *g = enrol(&c, 0, &holds);
    assert_int_equal(paddock_registration_wait(g, 5000), PADDOCK_OK);
    assert_true(owner(&c, 1) == session_of(&c, 0));
    crowd_be(&c, 0);
    assert_string_equal(holds.text, "H");
    assert_int_equal(paddock_unregister(g, 5000), PADDOCK_OK);
    assert_true(owner(&c, 1) == 0);
    crowd_close(&c);
}

static void deleted_node_is_made_again(void **state)
{
    (void)state;
    struct crowd c;
    struct holds holds = {0};
    crowd_open(&c, 2, 2, 0);
    struct paddock_registration *g = enrol(&c, 0, &holds);
    assert_int_equal(paddock_registration_wait(g, 5000), PADDOCK_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(paddock_delete(crowd_be(&c, 1), "/app/servers/one", -1), PADDOCK_OK);
        crowd_be(&c, 0);
        crowd_run(&c, 500);
        assert_true(owner(&c, 0) == session_of(&c, 0));
    }
    crowd_be(&c, 0);
    assert_int_equal(paddock_unregister(g, 5000), PADDOCK_OK);
    crowd_close(&c);
}

static void another_sessions_node_is_waited_for(void **state)
{
    (void)state;
    struct crowd c;
    struct holds first = {0}, second = {0};
    crowd_open(&c, 3, 2, 0);
    struct paddock_registration *a = enrol(&c, 0, &first);
    assert_int_equal(paddock_registration_wait(a, 5000), PADDOCK_OK);
    struct paddock_registration *b = enrol(&c, 1, &second);
    assert_int_equal(paddock_registration_wait(b, 1000), PADDOCK_OPERATION_TIMEOUT);
    crowd_be(&c, 0);
    assert_int_equal(paddock_unregister(a, 5000), PADDOCK_OK);
    crowd_be(&c, 1);
    assert_int_equal(paddock_registration_wait(b, 5000), PADDOCK_OK);
    assert_true(owner(&c, 1) == session_of(&c, 1));
    // What waits and gives up does not delete the other's.
    a = enrol(&c, 0, &first);
    crowd_run(&c, 500);
    assert_int_equal(paddock_unregister(a, 5000), PADDOCK_OK);
    assert_true(owner(&c, 1) == session_of(&c, 1));
    crowd_be(&c, 1);
    assert_int_equal(paddock_unregister(b, 5000), PADDOCK_OK);
    crowd_close(&c);
}

static void expired_session_is_followed_by_another_with_the_node(void **state)
{
    (void)state;
    struct crowd c;
    struct holds holds = {0};
    crowd_open(&c, 4, 2, PADDOCK_RENEW);
    struct paddock_registration *g = enrol(&c, 0, &holds);
    assert_int_equal(paddock_registration_wait(g, 5000), PADDOCK_OK);
    int64_t before = session_of(&c, 0);
    net_cut_off(crowd_net(&c, 0), true);
    crowd_run(&c, 12000);
    assert_true(owner(&c, 1) == 0);
    crowd_be(&c, 0);
    net_cut_off(crowd_net(&c, 0), false);
    crowd_run(&c, 5000);
    assert_true(session_of(&c, 0) != before && session_of(&c, 0) != 0);
    assert_true(owner(&c, 1) == session_of(&c, 0));
    assert_string_equal(holds.text, "HULH");
    crowd_be(&c, 0);
    assert_int_equal(paddock_unregister(g, 5000), PADDOCK_OK);
    crowd_close(&c);
}

static void cut_at_every_byte_ends_in_one_node(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 5, 2, 0);
    bool is_through = false;
    uint64_t cut = 1;
    for (; !is_through; cut++) {
        struct holds holds = {0};
        crowd_net(&c, 0)->break_after_bytes = cut;
        struct paddock_registration *g = enrol(&c, 0, &holds);
        assert_int_equal(paddock_registration_wait(g, 30000), PADDOCK_OK);
        assert_true(owner(&c, 1) == session_of(&c, 0));
        crowd_be(&c, 0);
        assert_int_equal(paddock_unregister(g, 30000), PADDOCK_OK);
        assert_true(owner(&c, 1) == 0);
        crowd_be(&c, 0);
        is_through = crowd_net(&c, 0)->break_after_bytes != 0;
        crowd_net(&c, 0)->break_after_bytes = 0;
        crowd_run(&c, 50);
    }
    assert_true(cut > 200);
    crowd_close(&c);
}

static void refusal_ends_it(void **state)
{
    (void)state;
    struct crowd c;
    struct holds holds = {0};
    crowd_open(&c, 6, 1, 0);
    struct paddock_acl read_only = {.perms = PADDOCK_READ, .scheme = "world", .id = "anyone"};
    struct paddock_op op = {.type = PADDOCK_OP_CREATE,
                            .path = "/app",
                            .data = paddock_text(""),
                            .acl = &read_only,
                            .acl_count = 1};
    assert_int_equal(paddock_call(crowd_be(&c, 0), &op, NULL), PADDOCK_OK);
    struct paddock_registration *g;
    assert_int_equal(
        paddock_register(c.members[0].zk, "/app/x", paddock_text(""), holds_hear, &holds, &g),
        PADDOCK_OK);
    assert_int_equal(paddock_registration_wait(g, 5000), PADDOCK_NO_AUTH);
    assert_int_equal(paddock_unregister(g, 1000), PADDOCK_OK);
    crowd_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(node_is_made_and_taken_away),
        cmocka_unit_test(deleted_node_is_made_again),
        cmocka_unit_test(another_sessions_node_is_waited_for),
        cmocka_unit_test(expired_session_is_followed_by_another_with_the_node),
        cmocka_unit_test(cut_at_every_byte_ends_in_one_node),
        cmocka_unit_test(refusal_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
