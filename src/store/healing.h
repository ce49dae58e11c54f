// SPDX-License-Identifier: Apache-2.0
//
// The marker of a member that lost what it may have acknowledged, and the place for damaged files.
//
// While the marker exists the member does not vote: its zxid for the ensemble is -1, so it can only
// follow a leader whom the others elected, and gets a snapshot from it. The marker is written
// before anything else is changed, and removed when the leader's history is durable here. Damaged
// files are moved to a folder damaged-<n> beside them; nothing is deleted. docs/design/healing.md
// says why this is safe.
#ifndef PADDOCK_STORE_HEALING_H
#define PADDOCK_STORE_HEALING_H

#include "store/datadir.h"

// True also for a marker that is damaged itself.
bool healing_is_pending(struct datadir *d);

// Why it was begun, in the cleared `ret`; a text for people in every case.
void healing_reason(struct datadir *d, struct buf *ret);

// Durable on return. A marker that is there stays, with its reason.
enum err healing_begin(struct datadir *d, const char *reason, struct store_error *e) MUST_CHECK;

// The history is the leader's, durably, currentEpoch included. Legal without a marker.
enum err healing_done(struct datadir *d, struct store_error *e) MUST_CHECK;

// ---- setting aside ----

struct healing_aside {
    char folder[32]; // "damaged-<n>", chosen at the first file; "" before
};

// Move `dir`/`name` to `dir`/damaged-<n>/`name`, durably. `dir` is a version-2 folder. All calls
// with one `aside` use the same number. A missing file is no error.
enum err healing_set_aside(struct port_files *fs, const char *dir, const char *name,
                           struct healing_aside *aside, struct store_error *e) MUST_CHECK;

#endif
