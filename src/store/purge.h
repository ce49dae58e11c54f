// SPDX-License-Identifier: Apache-2.0
//
// Purge: keep the newest whole snapshots and every log that the oldest of them needs; delete the
// rest. A log older than that snapshot is kept when it is the newest such, since it may run on
// past it. Source: PurgeTxnLog. Differs: files that only look like ours stay.
// Thread: any worker; never deletes a file that a running server still writes.
#ifndef PADDOCK_STORE_PURGE_H
#define PADDOCK_STORE_PURGE_H

#include "port/file.h"
#include "store/error.h"

enum { PURGE_KEEP_MIN = 3 };

struct purge_report {
    uint64_t snapshots_removed, logs_removed;
    uint64_t bytes_removed;
};

// `snap_dir` and `log_dir` are version-2 directories (equal or not); `keep` >= PURGE_KEEP_MIN.
// Errors: those of listing and removing; what was removed before stays removed.
enum err purge_run(struct port_files *fs, const char *snap_dir, const char *log_dir, uint32_t keep,
                   struct purge_report *ret, struct store_error *e) MUST_CHECK;

// Call `file` for each file that purge_run would remove, in its order, and remove none.
typedef void purge_file(void *ctx, const char *path, const struct port_file_info *info);
enum err purge_each(struct port_files *fs, const char *snap_dir, const char *log_dir, uint32_t keep,
                    purge_file *file, void *ctx, struct store_error *e) MUST_CHECK;

#endif
