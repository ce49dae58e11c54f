// SPDX-License-Identifier: Apache-2.0
//
// What a learner's files become when its leader replaces its history (SNAP) or shortens it (TRUNC).
//
// SNAP: the received tree becomes a snapshot, and nothing that contradicts it stays: no log (its
// records are in the snapshot, or are not part of the leader's history, and between an old log and
// the snapshot is a hole that zxids do not show) and no newer snapshot. A crash at any point leaves
// a directory that recovers to the old state or to the new one:
//
//     1. snapshot.<zxid>.tmp, durable                           recovery removes it: the old state
//     2. paddock.install with its name, durable                from here on it is the new state
//     3. rename; newer snapshots and logs away; 2. away         recovery does what is left of it
//
// Older snapshots stay, as purge's business; recovery does not mistake them for a base (recover.h).
// TRUNC: every state on the way is a shorter history of the same server (truncate.h).
//
// No txnlog may be open on the directory, nobody uses the tree; a worker may run both as jobs.
// Source: Learner.syncWithLeader; differs: Java keeps logs and newer snapshots.
#ifndef PADDOCK_STORE_INSTALL_H
#define PADDOCK_STORE_INSTALL_H

#include "store/recover.h"
#include "store/snapsave.h"

// `t` is the history of `d` from now on; its last zxid names the snapshot. Durable on return.
// Errors: those of port/file.h; the directory then has either history, recovery finds out which.
enum err install_tree(struct datadir *d, struct tree *t, const struct snapsave_options *options,
                      struct store_error *e) MUST_CHECK;

// What install_tree could not finish before the power went; recover() begins with it. *ret_name is
// the snapshot, "" when there was nothing to do.
// Errors: ERR_CORRUPT when it cannot be told what was installed; those of port/file.h.
enum err install_resume(struct datadir *d, char ret_name[NAMES_BYTES_MAX],
                        struct store_error *e) MUST_CHECK;
bool install_is_pending(struct datadir *d);

// truncate_after, then recover: *ret ends with `zxid`.
// Errors: those of both; ERR_CORRUPT when what was recovered ends elsewhere. After ERR_NOT_FOUND
//   nothing has been changed: this server does not have `zxid`, and needs a SNAP.
enum err install_truncated(struct datadir *d, int64_t zxid, struct port_clock *clock,
                           const struct recover_options *options, recover_note *note, void *ctx,
                           struct tree **ret, struct store_error *e) MUST_CHECK;

#endif
