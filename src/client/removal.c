// SPDX-License-Identifier: Apache-2.0
//
// One event for each sort of watch that went.
#include "client/removal.h"

#include "client/chroot.h"

unsigned removal_kinds(enum paddock_watch_kind kind)
{
    switch (kind) {
    case PADDOCK_WATCH_CHILDREN:
        return WATCHER_SET_CHILD;
    case PADDOCK_WATCH_DATA:
        return WATCHER_SET_DATA;
    case PADDOCK_WATCH_PERSISTENT:
        return 1 << WATCHER_PERSISTENT;
    case PADDOCK_WATCH_RECURSIVE:
        return 1 << WATCHER_RECURSIVE;
    case PADDOCK_WATCH_ANY:
        break;
    }
    return WATCHER_SET_ALL;
}

// Remove one sort; false when the event about it could not be made.
static bool remove_sort(struct requests *rs, const struct request *r, unsigned kinds,
                        enum paddock_event_type type, int code)
{
    struct paddock_watch watch = r->removal.watch;
    if (watchers_find(rs->watchers, r->path, kinds, watch) == 0) {
        return true;
    }
    struct slice path;
    bool is_below = chroot_strip(rs->chroot, r->path, &path);
    size_t count = watchers_count_removed(rs->watchers, r->path, kinds, watch);
    // ClientCnxn.queueEvent
    bool is_away = code == PADDOCK_CONNECTION_LOSS || code == PADDOCK_SESSION_EXPIRED;
    struct paddock_event event = {.type = type, .zxid = -1};
    event.state = is_away ? PADDOCK_STATE_CONNECTING : PADDOCK_STATE_CONNECTED;
    struct event_delivery *d = is_below ? event_delivery_new(&event, path, count) : NULL;
    watchers_take_removed(rs->watchers, r->path, kinds, watch, d != NULL ? d->targets : NULL);
    if (d != NULL) {
        list_push_back(rs->deliveries, &d->delivery.link);
    }
    return d != NULL;
}

int removal_finish(struct requests *rs, const struct request *r, int code)
{
    unsigned kinds = r->removal.kinds;
    if (code != PADDOCK_OK && !r->removal.is_local) {
        return code;
    }
    if (watchers_find(rs->watchers, r->path, kinds, r->removal.watch) == 0) {
        return code == PADDOCK_OK ? PADDOCK_NO_WATCHER : code;
    }
    bool all_told =
        remove_sort(rs, r, kinds & WATCHER_SET_CHILD, PADDOCK_EVENT_CHILD_WATCH_REMOVED, code);
    all_told &=
        remove_sort(rs, r, kinds & WATCHER_SET_DATA, PADDOCK_EVENT_DATA_WATCH_REMOVED, code);
    all_told &= remove_sort(rs, r, kinds & WATCHER_SET_LASTING,
                            PADDOCK_EVENT_PERSISTENT_WATCH_REMOVED, code);
    return all_told ? PADDOCK_OK : PADDOCK_NO_MEMORY;
}
