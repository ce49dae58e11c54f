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
// last `ROT_TAIL` bytes that are not zero of a file stay as they are when `spares_tail`, since a
// damaged end of a log reads as one that was never finished. Returns false when there was nothing
// to damage; *what says what was done, for people.
bool rot_once(struct sim_disk *d, const char *dir, enum rot_kind kind, bool spares_tail,
              struct prng *p, struct buf *what);

const char *rot_name(enum rot_kind kind);

#endif
