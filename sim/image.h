// SPDX-License-Identifier: Apache-2.0
//
// What a disk holds at a moment, to be put back later: a machine that comes back with old data, or
// with none.
//
//     image_take ──► (the machine goes on, and ends) ──► image_restore ──► image_free
#ifndef PADDOCK_SIM_IMAGE_H
#define PADDOCK_SIM_IMAGE_H

#include "sim/disk.h"

struct image;

// The files as a process sees them now, synced or not.
struct image *image_take(struct sim_disk *d);
void image_free(struct image *image); // NULL is legal

// From now on the disk holds that and nothing else, durably; no file may be open. NULL: only its
// directories are left of it.
void image_restore(struct sim_disk *d, const struct image *image);

#endif
