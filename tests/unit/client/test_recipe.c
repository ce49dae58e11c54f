// SPDX-License-Identifier: Apache-2.0
//
// What all recipes stand on: names, parents, gates, removal that survives trouble.
#include "base/mem.h"
#include "tests/unit/client/crowd.h"

static void unique_names_are_curators(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 1, 1, 0);
    char a[RECIPE_UNIQUE_BYTES], b[RECIPE_UNIQUE_BYTES];
    recipe_unique(crowd_be(&c, 0), a);
    recipe_unique(crowd_be(&c, 0), b);
    assert_int_equal(strlen(a), 3 + 36 + 1);
    assert_memory_equal(a, "_c_", 3);
    assert_int_equal(a[17], '4'); // the version of a random UUID
    assert_non_null(strchr("89ab", a[22]));
    assert_string_not_equal(a, b);
    char *path = recipe_join("/", "x-", "1");
    assert_string_equal(path, "/x-1");
    mem_free(path);
    crowd_close(&c);
}

static void parents_are_containers(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 2, 1, 0);
    struct paddock *zk = crowd_be(&c, 0);
    assert_int_equal(recipe_make_parents(zk, "/p/q/node", PADDOCK_CONTAINER), PADDOCK_OK);
    assert_int_equal(paddock_exists(zk, "/p/q", NULL), PADDOCK_OK);
    assert_int_equal(paddock_exists(zk, "/p/q/node", NULL), PADDOCK_NO_NODE);
    assert_int_equal(paddock_create(zk, "/p/q/node", paddock_text(""), 0, NULL), PADDOCK_OK);
    assert_int_equal(paddock_delete(zk, "/p/q/node", -1), PADDOCK_OK);
    crowd_run(&c, 300000); // servers delete containers that have become empty
    assert_int_equal(paddock_exists(zk, "/p", NULL), PADDOCK_NO_NODE);
    crowd_close(&c);
}

static void gate_opens_when_the_session_is_lost(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 3, 1, 0);
    struct errand e;
    struct gate gate;
    assert_int_equal(errand_begin(&e, crowd_be(&c, 0), 30000), PADDOCK_OK);
    gate_put(e.zk, &gate, "/never");
    net_cut_off(crowd_net(&c, 0), true);
    crowd_run(&c, 12000);
    net_cut_off(crowd_net(&c, 0), false);
    assert_int_equal(gate_wait(&e, &gate), PADDOCK_OK);
    assert_int_equal(paddock_state(e.zk), PADDOCK_STATE_EXPIRED);
    gate_take(e.zk, &gate);
    crowd_close(&c);
}

// The removal is asked for with no server in reach, and the caller has gone on.
static void sweep_goes_on_until_a_server_agrees(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 4, 2, 0);
    struct paddock *zk = crowd_be(&c, 0);
    struct paddock_session_info session;
    paddock_session(zk, &session);
    const char *paths[] = {"/_c_one-lock-1", "/_c_two-lock-2"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(paddock_create(zk, paths[i], paddock_text(""), PADDOCK_EPHEMERAL, NULL),
                         PADDOCK_OK);
    }
    net_cut_off(crowd_net(&c, 0), true);
    assert_int_equal(sweep_wait(zk, session.id, paths[0], false, 200), PADDOCK_OPERATION_TIMEOUT);
    assert_int_equal(sweep_start(zk, session.id, NULL, "/", "_c_two-"), PADDOCK_OK);
    crowd_run(&c, 1000);
    assert_int_equal(crowd_count(&c, 1, "/"), 3);
    net_cut_off(crowd_net(&c, 0), false);
    crowd_run(&c, 3000);
    assert_int_equal(crowd_count(&c, 1, "/"), 1);
    assert_true(list_is_empty(&zk->recipes)); // they have freed themselves
    crowd_close(&c);
}

static void sweep_that_looks_first_spares_what_is_not_ours(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 5, 2, 0);
    assert_int_equal(
        paddock_create(crowd_be(&c, 1), "/one", paddock_text(""), PADDOCK_EPHEMERAL, NULL),
        PADDOCK_OK);
    struct paddock *zk = crowd_be(&c, 0);
    struct paddock_session_info session;
    paddock_session(zk, &session);
    assert_int_equal(sweep_wait(zk, session.id, "/one", true, 3000), PADDOCK_OK);
    assert_int_equal(paddock_exists(zk, "/one", NULL), PADDOCK_OK);
    crowd_close(&c);
}

static void call_inside(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    (void)result;
    struct errand e;
    *(int *)ctx = errand_begin(&e, zk, 100);
}

static void calls_that_wait_are_refused_in_callbacks(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 6, 1, 0);
    int code = 0;
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = "/"};
    assert_int_equal(paddock_submit(crowd_be(&c, 0), &op, call_inside, &code), PADDOCK_OK);
    crowd_run(&c, 200);
    assert_int_equal(code, PADDOCK_WOULD_DEADLOCK);
    crowd_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unique_names_are_curators),
        cmocka_unit_test(parents_are_containers),
        cmocka_unit_test(gate_opens_when_the_session_is_lost),
        cmocka_unit_test(sweep_goes_on_until_a_server_agrees),
        cmocka_unit_test(sweep_that_looks_first_spares_what_is_not_ours),
        cmocka_unit_test(calls_that_wait_are_refused_in_callbacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
