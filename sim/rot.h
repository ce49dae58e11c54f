// SPDX-License-Identifier: Apache-2.0
//
// Damage that nobody sees when it happens: what was durable reads differently at the next start.
// The machine's process must be down.
#ifndef PADDOCK_SIM_ROT_H
#define PADDOCK_SIM_ROT_H

#include "base/buf.h"
#include "sim/disk.h"

enum { ROT_BLOCK_BYTES = 4096 };

enum rot_kind {
    ROT_FLIP,      // one bit
    ROT_ZERO,      // a block reads as zeros: never written
    ROT_TEAR,      // a block keeps its first part, the rest is of the block before it
    ROT_MISDIRECT, // a block holds what was written for another one
    ROT_KINDS,
};

// Damage one block of one file below `dir`, both chosen by `p` among the files with contents; the
// end of a log's contents stays as it is, since damaged it reads as one that was never finished.
// Returns false when there was nothing to damage; `what` gets what was done, for people.
bool rot_once(struct sim_disk *d, const char *dir, enum rot_kind kind, struct prng *p,
              struct buf *what);

const char *rot_name(enum rot_kind kind);

#endif
