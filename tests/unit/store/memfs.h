// SPDX-License-Identifier: Apache-2.0
//
// A file system in memory for the tests of store/: it answers port/file.h, fails the n-th write or
// sync, runs out of space, and crashes, which keeps only what was synced.
#ifndef PADDOCK_TESTS_UNIT_STORE_MEMFS_H
#define PADDOCK_TESTS_UNIT_STORE_MEMFS_H

#include "base/buf.h"
#include "port/file.h"

struct memfs_file {
    char *path;
    struct buf bytes;
    struct buf synced; // what a crash leaves
    bool is_name_durable;
    bool is_locked;
    struct memfs_file *next;
};

struct memfs {
    struct port_files port;
    struct memfs_file *files;
    uint64_t space_bytes;   // of all files together; 0: no limit
    unsigned fail_write_in; // 1: the next one fails half way; 0: never
    unsigned fail_sync_in;  // file and directory syncs; 0: never
    unsigned fail_truncate_in;
    unsigned fail_open_in;
    bool is_read_only_dir;
    unsigned writes, syncs, opened; // counted; opened: handles not closed yet
};

void memfs_init(struct memfs *fs);
void memfs_fini(struct memfs *fs);

// Contents of a file; NULL when there is none.
struct memfs_file *memfs_find(struct memfs *fs, const char *path);
void memfs_put(struct memfs *fs, const char *path, const void *bytes, size_t len); // durable
unsigned memfs_count(const struct memfs *fs);

// Everything unsynced is lost.
void memfs_crash(struct memfs *fs);

#endif
