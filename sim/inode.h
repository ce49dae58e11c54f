// SPDX-License-Identifier: Apache-2.0
//
// The contents of one simulated file: what a process sees, what would survive a crash, and the
// changes in between. disk.h has names and faults; this has bytes.
#ifndef PADDOCK_SIM_INODE_H
#define PADDOCK_SIM_INODE_H

#include "base/buf.h"
#include "base/list.h"
#include "base/prng.h"

struct inode {
    struct list link; // of the disk
    size_t refs;      // names, moves and handles
    bool is_dir;
    int64_t changed_ms; // when its contents changed last
    struct buf seen;
    struct buf durable;
    struct list changes; // oldest first
};

struct inode *inode_new(struct list *files, bool is_dir); // refs = 1
struct inode *inode_ref(struct inode *i);
void inode_unref(struct inode *i); // the last one frees

void inode_write(struct inode *i, uint64_t offset, struct slice bytes);
void inode_resize(struct inode *i, uint64_t bytes);
void inode_sync(struct inode *i);          // every change becomes durable
void inode_sync_but_last(struct inode *i); // all but one

// Decide which changes become durable; the rest is lost for good. What a process sees stays.
void inode_settle(struct inode *i, struct prng *p);
// The same, and then a process sees what is durable.
void inode_crash(struct inode *i, struct prng *p);

#endif
