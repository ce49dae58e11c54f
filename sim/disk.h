// SPDX-License-Identifier: Apache-2.0
//
// A simulated disk: files in memory that know which bytes and which names would survive a crash.
//
// Every file has its contents as a process sees them, the contents that are durable, and the
// changes between the two; names likewise, per directory. sync makes a file's changes durable,
// sync_dir a directory's names. disk_crash decides the fate of the rest: none, all, a first part
// with the last write torn, or any sectors in any order; of names a first part, since file systems
// journal them.
//
// Faults: the n-th operation of a kind fails; a failed write leaves a part of itself, a failed sync
// leaves each change durable or lost for good, as Linux does. A capacity makes the disk full.
#ifndef PADDOCK_SIM_DISK_H
#define PADDOCK_SIM_DISK_H

#include <stdbool.h>

#include "base/slice.h"
#include "port/file.h"
#include "sim/world.h"

enum disk_op {
    DISK_OPEN,
    DISK_READ,
    DISK_WRITE,
    DISK_SYNC,
    DISK_TRUNCATE,
    DISK_RENAME,
    DISK_REMOVE,
    DISK_SYNC_DIR,
    DISK_OPS,
};

struct inode;
struct disk_name; // a name and the file behind it
struct disk_move; // a change of a name that is not durable

struct sim_disk {
    struct port_files port; // first
    struct world *world;
    struct list names;   // as the process sees them
    struct list durable; // as they would be after a crash
    struct list moves;   // what turns `durable` into `names`, oldest first
    struct list files;   // every inode
    struct list locks;
    int64_t cost_ns;  // of the operations since disk_take_cost
    int64_t slowness; // each takes so many times as long; 0 is 1
    uint64_t counts[DISK_OPS];
    uint64_t fail_at[DISK_OPS]; // count at which the operation fails; 0: never
    enum err fail_with[DISK_OPS];
    uint64_t capacity_bytes; // UINT64_MAX: no end
    uint64_t op_count;
    uint64_t freeze_at; // op_count at which power goes; 0: never
    bool is_frozen;
    bool sync_lies;     // a planted bug: sync reports success and does nothing
    bool log_sync_lies; // another: sync of a log leaves the last write for the next one
};

void disk_init(struct sim_disk *d, struct world *w);
void disk_fini(struct sim_disk *d); // every file must be closed

// Make `path` and its parents without cost or fault, durable at once: for the test's own set-up.
void disk_make_durable_dir(struct sim_disk *d, const char *path);

void disk_fail_nth(struct sim_disk *d, enum disk_op op, uint64_t nth, enum err with); // from now on
void disk_heal(struct sim_disk *d); // no planned fault, no capacity, as fast as usual
uint64_t disk_used_bytes(const struct sim_disk *d);

void disk_freeze(
    struct sim_disk *d);             // from now on everything fails with ERR_IO and changes nothing
void disk_thaw(struct sim_disk *d);  // what was written is still there: only the process died
void disk_crash(struct sim_disk *d); // decide what is left, and thaw

// Every file and directory, in the order in which their names came. For image.h and rot.h.
void disk_each(struct sim_disk *d, void (*each)(void *ctx, const char *path, struct inode *i),
               void *ctx);
// Remove every name, durably; no file may be open.
void disk_wipe(struct sim_disk *d);
// A file or directory with these bytes, durably; its parents exist. Returns what is borrowed.
struct inode *disk_put(struct sim_disk *d, const char *path, bool is_dir, struct slice bytes);

// Virtual time that the operations took since the last call.
int64_t disk_take_cost(struct sim_disk *d);

const char *disk_op_name(enum disk_op op);

#endif
