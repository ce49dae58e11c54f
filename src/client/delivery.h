// SPDX-License-Identifier: Apache-2.0
//
// What is to be handed to the program, in one queue: results of requests, events of watches,
// changes of the session's state. The core only appends; the handle (handle.c) takes from it where
// callbacks may run. So the order of callbacks is the order in which the server said things.
#ifndef PADDOCK_CLIENT_DELIVERY_H
#define PADDOCK_CLIENT_DELIVERY_H

#include "base/list.h"
#include "base/slice.h"
#include "paddock/paddock.h"

enum delivery_type { DELIVERY_RESULT, DELIVERY_EVENT, DELIVERY_STATE };

// Embedded first in what is delivered.
struct delivery {
    struct list link;
    enum delivery_type type;
};

// Of watches: one block with its targets and its path.
struct event_delivery {
    struct delivery delivery;
    struct paddock_event event;
    size_t target_count;
    struct paddock_watch targets[];
};

// Of the session: told to on_event and to every listener there is (watchers_next_listener).
struct state_delivery {
    struct delivery delivery;
    enum paddock_state state;
    uint64_t number;
    bool is_queued; // of one that is embedded in the session
    bool is_heap;
};

// Memory: owned; NULL when memory is out. The targets are the caller's to fill.
struct event_delivery *event_delivery_new(const struct paddock_event *event, struct slice path,
                                          size_t target_count);

#endif
