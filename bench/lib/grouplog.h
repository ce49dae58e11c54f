// SPDX-License-Identifier: Apache-2.0
//
// A log with group commit and nothing else: no checksum, no format. What is appended while a sync
// runs is written and synced together by the next. With a thread the caller goes on while it
// syncs; without one, grouplog_commit() blocks and is done when it returns.
//
//     append ──► collecting ──commit()──► syncing ──synced──► done
//
// The file is written once before and then over and over, so that a sync finds nothing to do but
// the data: the fastest that a file on this disk allows.
#ifndef PADDOCK_BENCH_LIB_GROUPLOG_H
#define PADDOCK_BENCH_LIB_GROUPLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct grouplog;

// The file at `path` is created anew. Ends the program on failure, as all here do.
struct grouplog *grouplog_open(const char *path, bool with_thread);
void grouplog_close(struct grouplog *log);

// Room for `count` bytes at the end of the batch that collects; the caller fills it at once.
uint8_t *grouplog_append(struct grouplog *log, size_t count);

// Start a sync of what was collected, if there is something and no sync runs. True when it started.
bool grouplog_commit(struct grouplog *log);
// Readable when the sync that was started is done; -1 without a thread.
int grouplog_fd(const struct grouplog *log);
void grouplog_synced(struct grouplog *log); // acknowledge it

#endif
