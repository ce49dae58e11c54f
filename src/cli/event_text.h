// SPDX-License-Identifier: Apache-2.0
//
// Events in the words of Java's WatchedEvent.toString, which scripts look for.
#ifndef PADDOCK_CLI_EVENT_TEXT_H
#define PADDOCK_CLI_EVENT_TEXT_H

#include "base/buf.h"
#include "paddock/paddock.h"

// Append "WatchedEvent state:SyncConnected type:NodeCreated path:/a zxid: 7".
void event_text(const struct paddock_event *event, struct buf *to);

const char *event_type_name(enum paddock_event_type type); // "NodeCreated"
const char *event_state_name(enum paddock_state state);    // "SyncConnected"

#endif
