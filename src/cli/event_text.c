// SPDX-License-Identifier: Apache-2.0
//
// Source: Watcher.Event.EventType, KeeperState; WatchedEvent.toString.
#include "cli/event_text.h"

#include <inttypes.h>

const char *event_type_name(enum paddock_event_type type)
{
    switch (type) {
    case PADDOCK_EVENT_SESSION:
        return "None";
    case PADDOCK_EVENT_CREATED:
        return "NodeCreated";
    case PADDOCK_EVENT_DELETED:
        return "NodeDeleted";
    case PADDOCK_EVENT_DATA_CHANGED:
        return "NodeDataChanged";
    case PADDOCK_EVENT_CHILDREN_CHANGED:
        return "NodeChildrenChanged";
    case PADDOCK_EVENT_DATA_WATCH_REMOVED:
        return "DataWatchRemoved";
    case PADDOCK_EVENT_CHILD_WATCH_REMOVED:
        return "ChildWatchRemoved";
    case PADDOCK_EVENT_PERSISTENT_WATCH_REMOVED:
        return "PersistentWatchRemoved";
    }
    return "Unknown";
}

const char *event_state_name(enum paddock_state state)
{
    switch (state) {
    case PADDOCK_STATE_CONNECTING:
        return "Disconnected";
    case PADDOCK_STATE_CONNECTED:
        return "SyncConnected";
    case PADDOCK_STATE_AUTH_FAILED:
        return "AuthFailed";
    case PADDOCK_STATE_READ_ONLY:
        return "ConnectedReadOnly";
    case PADDOCK_STATE_CLOSED:
        return "Closed";
    case PADDOCK_STATE_EXPIRED:
        return "Expired";
    }
    return "Unknown";
}

void event_text(const struct paddock_event *event, struct buf *to)
{
    buf_printf(to, "WatchedEvent state:%s type:%s path:%s zxid: %" PRId64,
               event_state_name(event->state), event_type_name(event->type),
               event->path != NULL ? event->path : "null", event->zxid);
}
