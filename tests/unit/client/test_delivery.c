// SPDX-License-Identifier: Apache-2.0
//
// The block of an event.
#include "base/mem.h"
#include "client/delivery.h"
#include "tests/unit/client/unit.h"

static void event_has_its_own_copy_of_the_path(void **state)
{
    (void)state;
    char path[] = "/a/b";
    struct paddock_event event = {
        .type = PADDOCK_EVENT_DELETED, .state = PADDOCK_STATE_CONNECTED, .zxid = 9};
    struct event_delivery *d = event_delivery_new(&event, slice_of(path, 4), 3);
    assert_non_null(d);
    memset(path, 'x', 4);
    memset(d->targets, 0xff, 3 * sizeof(d->targets[0])); // the targets do not reach the path
    assert_string_equal(d->event.path, "/a/b");
    assert_int_equal(d->event.type, PADDOCK_EVENT_DELETED);
    assert_int_equal(d->event.zxid, 9);
    assert_int_equal(d->target_count, 3);
    assert_int_equal(d->delivery.type, DELIVERY_EVENT);
    mem_free(d);
}

static void no_memory_is_null(void **state)
{
    (void)state;
    struct paddock_event event = {.type = PADDOCK_EVENT_DELETED};
    (void)mem_fail_after(1);
    assert_null(event_delivery_new(&event, slice_str("/"), 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_has_its_own_copy_of_the_path),
        cmocka_unit_test(no_memory_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
