// SPDX-License-Identifier: Apache-2.0
//
// The watches of a handle: who is to be told of what, and what a server must be told again after a
// reconnection. A watcher is one registration (path, kind, listener); a listener is one distinct
// pair of callback and context. Paths are the server's, chroot included.
//
//     watchers_new ──► (request under way) ──► watchers_add ──► fired once, or removed
//                                          └─► watchers_drop
//
// 1. Registering cannot fail: all memory of a watcher is taken when its request is made.
// 2. A standard watcher (data, exist, child) leaves the table when it fires; the others stay.
// 3. Every watcher that the connection in force has not been told of stands before all others in
//    `all`, so telling it in pieces needs no cursor.
// Source: ZKWatchManager, ClientCnxn.primeConnection.
#ifndef PADDOCK_CLIENT_WATCHERS_H
#define PADDOCK_CLIENT_WATCHERS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "client/table.h"
#include "paddock/paddock.h"

enum watcher_kind {
    WATCHER_DATA,
    WATCHER_EXIST, // of a node that was not there
    WATCHER_CHILD,
    WATCHER_PERSISTENT,
    WATCHER_RECURSIVE,
    WATCHER_KINDS,
};

// Sets of kinds.
enum {
    WATCHER_SET_DATA = 1 << WATCHER_DATA | 1 << WATCHER_EXIST,
    WATCHER_SET_CHILD = 1 << WATCHER_CHILD,
    WATCHER_SET_LASTING = 1 << WATCHER_PERSISTENT | 1 << WATCHER_RECURSIVE,
    WATCHER_SET_ALL = (1 << WATCHER_KINDS) - 1,
};

struct listener {
    struct table_link link;     // by fn and ctx
    struct list order;          // of watchers.listeners while `registered` > 0
    struct paddock_watch watch; // fn may be NULL: only on_event is told
    size_t refs;                // watchers, registered or not
    size_t registered;          // watchers in the table
    uint64_t told;              // number of the newest state event it was told
    uint64_t counted;           // number of the last collection that counted it
};

struct watcher {
    struct table_link link; // by path
    struct list all;        // of watchers.all
    struct listener *listener;
    enum watcher_kind kind;
    uint64_t connection; // that knows of it
    size_t path_len;
    uint8_t path[];
};

struct watchers {
    struct table by_path;
    struct table by_listener;
    struct list all;
    struct list listeners; // those told least first
    size_t recursive_count;
    size_t pending;        // made and not registered yet
    uint64_t connection;   // in force
    uint64_t state_events; // so far
    uint64_t collections;  // so far
};

void watchers_init(struct watchers *ws);
void watchers_fini(struct watchers *ws); // every pending one must have been dropped

// Memory: owned by the request until watchers_add or watchers_drop takes it. NULL: out of memory.
struct watcher *watchers_new(struct watchers *ws, struct slice path, struct paddock_watch watch);
void watchers_drop(struct watchers *ws, struct watcher *w); // NULL is legal
// The server has accepted it. A second registration of the same thing is one watcher.
void watchers_add(struct watchers *ws, struct watcher *w, enum watcher_kind kind);

// Who is to be told of an event: count first, then take, with nothing in between. Taking removes
// the standard ones. `type` is one of the four changes of a node.
size_t watchers_count_fired(struct watchers *ws, enum paddock_event_type type, struct slice path);
void watchers_take_fired(struct watchers *ws, enum paddock_event_type type, struct slice path,
                         struct paddock_watch *to);

// Which of `kinds` there are of this very path, as a set; only of `watch` unless its fn is NULL.
unsigned watchers_find(const struct watchers *ws, struct slice path, unsigned kinds,
                       struct paddock_watch watch);
// True when anybody but `watch` has any kind of watch on the path, or may soon have one.
bool watchers_has_others(const struct watchers *ws, struct slice path, struct paddock_watch watch);
// The same pair of count and take, for removal.
size_t watchers_count_removed(struct watchers *ws, struct slice path, unsigned kinds,
                              struct paddock_watch watch);
void watchers_take_removed(struct watchers *ws, struct slice path, unsigned kinds,
                           struct paddock_watch watch, struct paddock_watch *to);

// A state event is told to each listener once: watchers_next_listener gives one that was not told
// event `number` yet and marks it; false when all were. The table may change in between.
uint64_t watchers_begin_state_event(struct watchers *ws); // its number
bool watchers_next_listener(struct watchers *ws, uint64_t number, struct paddock_watch *ret);

// A new connection knows of nothing: until nobody is untold, append the next frame (with its
// length) of setWatches, at most WATCHERS_FRAME_BYTES long unless one path alone is longer.
// Errors: ERR_NO_MEMORY; then the connection is to be given up.
enum { WATCHERS_FRAME_BYTES = 128 * 1024 };
void watchers_reconnected(struct watchers *ws);
bool watchers_has_untold(const struct watchers *ws);
enum err watchers_tell(struct watchers *ws, int64_t last_zxid, struct buf *to) MUST_CHECK;

#endif
