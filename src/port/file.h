// SPDX-License-Identifier: Apache-2.0
//
// Files and directories. All calls block: workers make them, and start-up does before it serves.
// A file is durable only after file->sync; a created, renamed or removed name only after sync_dir.
// Thread: one file is used by one thread at a time; `struct port_files` itself by any thread.
#ifndef PADDOCK_PORT_FILE_H
#define PADDOCK_PORT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { PORT_FILE_BLOCK_BYTES = 4096 };

enum port_open_flags {
    PORT_OPEN_READ = 0,     // must exist
    PORT_OPEN_WRITE = 1,    // read and write; must exist
    PORT_OPEN_CREATE = 2,   // with WRITE: create when missing
    PORT_OPEN_TRUNCATE = 4, // with WRITE: empty it first
};

struct port_file_info {
    bool is_dir;
    uint64_t bytes;
    uint32_t owner, mode; // user id and permission bits; mode 0: the system knows neither
    int64_t changed_ms;   // wall clock, of the last change of its contents
};

struct port_file {
    // Read up to `len` bytes at `offset`; *ret < len only at the end of the file.
    enum err (*read)(struct port_file *f, uint64_t offset, void *to, size_t len, size_t *ret);
    // Write all of it or fail. After a failure the contents from `offset` on are unknown.
    enum err (*write)(struct port_file *f, uint64_t offset, const void *from, size_t len);
    enum err (*sync)(struct port_file *f); // data and what is needed to read it (fdatasync)
    // The same for whole blocks (`offset`, `len` and the address are multiples of
    // PORT_FILE_BLOCK_BYTES), past the system's cache: on return the disk has them, though not yet
    // durably, so the next sync is short. A plain write where the file system knows no such way.
    enum err (*write_direct)(struct port_file *f, uint64_t offset, const void *from, size_t len);
    enum err (*truncate)(struct port_file *f, uint64_t bytes);
    enum err (*size)(struct port_file *f, uint64_t *ret);
    void (*close)(struct port_file *f); // frees; does not sync
};

struct port_files {
    // Errors: ERR_NOT_FOUND, ERR_ACCESS, ERR_TOO_MANY_FILES, ERR_NO_SPACE, ERR_READ_ONLY, ERR_IO.
    enum err (*open)(struct port_files *fs, const char *path, unsigned flags,
                     struct port_file **ret);
    enum err (*info)(struct port_files *fs, const char *path, struct port_file_info *ret);
    // Call `entry` for each name in `dir` except "." and ".."; in no stated order.
    enum err (*list)(struct port_files *fs, const char *dir,
                     void (*entry)(void *ctx, const char *name), void *ctx);
    enum err (*make_dir)(struct port_files *fs, const char *path); // with missing parents
    enum err (*rename)(struct port_files *fs, const char *from, const char *to);
    enum err (*remove)(struct port_files *fs, const char *path);
    enum err (*sync_dir)(struct port_files *fs, const char *path);
    bool (*is_writable)(struct port_files *fs, const char *dir);
    // Hold an exclusive lock on `path` (created when missing) until the process ends or close.
    // Errors: ERR_LOCKED when another process holds it.
    enum err (*lock)(struct port_files *fs, const char *path, struct port_file **ret);
};

#endif
