// SPDX-License-Identifier: Apache-2.0
//
// Every type and state has Java's name.
#include "cli/event_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_text(struct paddock_event event, const char *expected)
{
    struct buf text = {0};
    event_text(&event, &text);
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
}

static void an_event_of_a_node_has_its_path_and_zxid(void **state)
{
    (void)state;
    assert_text((struct paddock_event){.type = PADDOCK_EVENT_CREATED,
                                       .state = PADDOCK_STATE_CONNECTED,
                                       .path = "/a",
                                       .zxid = 7},
                "WatchedEvent state:SyncConnected type:NodeCreated path:/a zxid: 7");
    assert_text((struct paddock_event){.type = PADDOCK_EVENT_DATA_WATCH_REMOVED,
                                       .state = PADDOCK_STATE_READ_ONLY,
                                       .path = "/",
                                       .zxid = -1},
                "WatchedEvent state:ConnectedReadOnly type:DataWatchRemoved path:/ zxid: -1");
}

static void an_event_of_the_session_has_no_path(void **state)
{
    (void)state;
    assert_text((struct paddock_event){.type = PADDOCK_EVENT_SESSION,
                                       .state = PADDOCK_STATE_CONNECTING,
                                       .zxid = -1},
                "WatchedEvent state:Disconnected type:None path:null zxid: -1");
}

static void every_type_and_state_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(event_type_name(PADDOCK_EVENT_DELETED), "NodeDeleted");
    assert_string_equal(event_type_name(PADDOCK_EVENT_DATA_CHANGED), "NodeDataChanged");
    assert_string_equal(event_type_name(PADDOCK_EVENT_CHILDREN_CHANGED), "NodeChildrenChanged");
    assert_string_equal(event_type_name(PADDOCK_EVENT_CHILD_WATCH_REMOVED), "ChildWatchRemoved");
    assert_string_equal(event_type_name(PADDOCK_EVENT_PERSISTENT_WATCH_REMOVED),
                        "PersistentWatchRemoved");
    assert_string_equal(event_type_name((enum paddock_event_type)99), "Unknown");
    assert_string_equal(event_state_name(PADDOCK_STATE_AUTH_FAILED), "AuthFailed");
    assert_string_equal(event_state_name(PADDOCK_STATE_CLOSED), "Closed");
    assert_string_equal(event_state_name(PADDOCK_STATE_EXPIRED), "Expired");
    assert_string_equal(event_state_name((enum paddock_state)99), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_of_a_node_has_its_path_and_zxid),
        cmocka_unit_test(an_event_of_the_session_has_no_path),
        cmocka_unit_test(every_type_and_state_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
