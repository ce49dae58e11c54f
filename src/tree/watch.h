// SPDX-License-Identifier: Apache-2.0
//
// Watches: who wants to hear about which path. Two tables keyed by path, data and child; an entry
// is (path, watcher, set of modes). Tables are of this server only, never replicated; a watcher is
// a connection and takes its watches with it. Paths are compared as they are: "" and "/" differ.
// Source: WatchManager.
//
// Firing does not call anybody: it appends to the list of fired events, which the server delivers
// and clears after each applied transaction.
//
// Invariants: (1) an entry has at least one mode; (2) a path without entries is not in a table;
// (3) one event per watcher and trigger, whatever its modes and the ancestors that match.
#ifndef PADDOCK_TREE_WATCH_H
#define PADDOCK_TREE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/slice.h"

struct watches;

// Embedded in a connection; init before the first watch, watches_drop_watcher before it goes.
struct watcher {
    struct list entries; // of this watcher, in both tables
    uint64_t mark;       // last trigger that reached it
    size_t data_count;   // entries in the data table
    bool is_counted;     // in watches_summary.watchers
};
void watcher_init(struct watcher *w);

enum watch_table { WATCH_DATA, WATCH_CHILD };
enum watch_mode { WATCH_STANDARD = 1, WATCH_PERSISTENT = 2, WATCH_RECURSIVE = 4 };
enum watch_event { // on the wire
    WATCH_EVENT_CREATED = 1,
    WATCH_EVENT_DELETED = 2,
    WATCH_EVENT_DATA_CHANGED = 3,
    WATCH_EVENT_CHILDREN_CHANGED = 4,
};

struct watches *watches_new(uint64_t hash_seed);
void watches_free(struct watches *ws); // NULL is legal

void watches_add(struct watches *ws, enum watch_table table, struct slice path, struct watcher *w,
                 enum watch_mode mode);
// Remove the modes in `modes` (a set) of the exact path; false when none was there.
bool watches_remove(struct watches *ws, enum watch_table table, struct slice path,
                    struct watcher *w, unsigned modes);
bool watches_has(const struct watches *ws, enum watch_table table, struct slice path,
                 const struct watcher *w, unsigned modes);
void watches_drop_watcher(struct watches *ws, struct watcher *w); // its fired events, too

// ---- firing ----

struct watch_fired {
    struct watcher *watcher; // NULL: dropped since
    enum watch_event event;
    int64_t zxid;      // of the transaction
    int64_t acl_id;    // the list that decides who may hear of it; valid until the next tree_apply
    struct slice path; // valid until watches_clear_fired
};

// Collect the watchers of `path` in `table` (and recursive ones on its ancestors), drop their
// standard modes, append an event for each. `also_skip_marked` leaves out watchers that the
// previous trigger reached (the child half of a delete).
void watches_trigger(struct watches *ws, enum watch_table table, struct slice path,
                     enum watch_event event, int64_t zxid, int64_t acl_id, bool also_skip_marked);
const struct watch_fired *watches_fired(const struct watches *ws, size_t *ret_count);
void watches_clear_fired(struct watches *ws);

// ---- numbers and dumps for the four-letter words ----

uint64_t watches_count(const struct watches *ws); // both tables: (path, watcher) pairs
struct watches_summary {
    uint64_t watchers, paths, total; // data table only, as wchs prints it
};
void watches_summary(const struct watches *ws, struct watches_summary *ret);
// Every pair of the data table, grouped by path; or of one watcher.
void watches_each(const struct watches *ws,
                  void (*each)(void *ctx, struct slice path, struct watcher *w), void *ctx);
void watches_of_each(const struct watcher *w,
                     void (*each)(void *ctx, struct slice path, const struct watcher *w),
                     void *ctx);
// True when every invariant holds; walks everything. For CHECK_SLOW and tests.
bool watches_check(const struct watches *ws);

#endif
