// SPDX-License-Identifier: Apache-2.0
//
// Operations of the library from parts of a history.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/wish.h"

static struct annals history;
static uint8_t data[MODEL_DATA_MAX];

static void on_watch(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    (void)event;
    (void)ctx;
}

static struct paddock_op wish(struct annals_part p)
{
    p.node = annals_node(&history, slice_str("/s/k1"));
    return wish_op(&history, &p, p.value, (struct paddock_watch){on_watch, NULL}, data);
}

static void types_of_requests_have_types_of_the_library(void **state)
{
    (void)state;
    assert_int_equal(wish_type(OP_CREATE2), PADDOCK_OP_CREATE);
    assert_int_equal(wish_type(OP_CREATE_TTL), PADDOCK_OP_CREATE);
    assert_int_equal(wish_type(OP_GET_CHILDREN), PADDOCK_OP_GET_CHILDREN);
    assert_int_equal(wish_type(OP_MULTI), PADDOCK_OP_MULTI);
    assert_int_equal(wish_type(OP_MULTI_READ), PADDOCK_OP_MULTI_READ);
    assert_int_equal(wish_type(OP_REMOVE_WATCHES), PADDOCK_OP_REMOVE_WATCHES);
}

static void writes_have_the_data_of_their_value(void **state)
{
    (void)state;
    uint32_t value = 0;
    struct paddock_op op = wish((struct annals_part){
        .type = OP_CREATE_TTL, .mode = CREATE_PERSISTENT_TTL, .ttl_ms = 150, .value = 77});
    assert_true(model_value(op.data.bytes, op.data.len, &value));
    assert_int_equal(value, 77);
    assert_int_equal(op.mode, PADDOCK_PERSISTENT_TTL);
    assert_int_equal(op.ttl_ms, 150);
    assert_string_equal(op.path, "/s/k1");
    op = wish((struct annals_part){.type = OP_CREATE, .text = "limits"});
    assert_memory_equal(op.data.bytes, "limits", op.data.len);
    op = wish((struct annals_part){.type = OP_SET_ACL, .acl = ANNALS_ACL_ALICE, .version = -1});
    assert_int_equal(op.acl_count, 2);
}

static void versions_and_watches_are_those_asked_for(void **state)
{
    (void)state;
    struct paddock_op op = wish((struct annals_part){.type = OP_DELETE, .version = 4});
    assert_true(op.is_versioned && op.version == 4);
    op = wish((struct annals_part){.type = OP_SET_DATA, .version = -1, .value = 1});
    assert_false(op.is_versioned);
    op = wish((struct annals_part){.type = OP_GET_DATA, .watch = true});
    assert_ptr_equal(op.watch.fn, on_watch);
    op = wish((struct annals_part){.type = OP_GET_DATA});
    assert_null(op.watch.fn);
    op = wish((struct annals_part){.type = OP_ADD_WATCH, .mode = ADD_WATCH_RECURSIVE});
    assert_true(op.is_recursive && op.watch.fn == on_watch);
    op = wish((struct annals_part){.type = OP_REMOVE_WATCHES, .mode = 3});
    assert_int_equal(op.watch_kind, PADDOCK_WATCH_ANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_of_requests_have_types_of_the_library),
        cmocka_unit_test(writes_have_the_data_of_their_value),
        cmocka_unit_test(versions_and_watches_are_those_asked_for),
    };
    annals_init(&history);
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    annals_fini(&history);
    return failures;
}
