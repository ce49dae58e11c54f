// SPDX-License-Identifier: Apache-2.0
//
// The end of a REMOVE_WATCHES: what leaves the watchers, and the events that tell them so.
// Source: WatchDeregistration, ZKWatchManager.removeWatcher.
#ifndef PADDOCK_CLIENT_REMOVAL_H
#define PADDOCK_CLIENT_REMOVAL_H

#include "client/requests.h"

// The kinds of watchers that a public kind means.
unsigned removal_kinds(enum paddock_watch_kind kind);

// `r` ends with `code`: remove what it says if the server agreed, or anyway if it is local; queue
// the events. Returns what the request is to end with: NO_WATCHER when there was none, OK when
// some were removed, NO_MEMORY when they were but could not all be told.
int removal_finish(struct requests *rs, const struct request *r, int code);

#endif
