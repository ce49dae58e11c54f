// SPDX-License-Identifier: Apache-2.0
//
// Doing a schedule's troubles to a cluster, and undoing those that last.
//
// Damaged, emptied and old disks are delicate: what a server has acknowledged may be gone, and an
// ensemble can stand that of one server only while all others are well and have everything. Such a
// trouble waits until all servers serve and no other trouble lasts; and until that server serves
// again, all others wait.
#ifndef PADDOCK_SIM_STRIKE_H
#define PADDOCK_SIM_STRIKE_H

#include "sim/cluster.h"
#include "sim/schedule.h"

struct strikes {
    struct cluster *cluster;
    struct list lasting;
    struct buf journal; // a line for each that was done, for people
    uint64_t counts[TROUBLE_KINDS];
};

void strikes_init(struct strikes *s, struct cluster *c);
void strikes_fini(struct strikes *s);

// Do it now. False: it has to wait. TROUBLE_CLOCK and TROUBLE_AWAY concern clients, too, and are
// the caller's.
bool strikes_try(struct strikes *s, const struct trouble *t);
void strikes_end_all(struct strikes *s); // undo what lasts; disks are well from now on

// Append a line to the journal, with the time before it.
void strikes_note(struct strikes *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
