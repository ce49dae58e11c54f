// SPDX-License-Identifier: Apache-2.0
//
// The writing half of an import: creations, changes and deletions go out in bounded transactions,
// and what is refused is told by its path. It may be cut off at any moment and begun again: what a
// server has already, with the data and ACL that are wanted, is no conflict.
#ifndef PADDOCK_CLI_IMPORT_WRITER_H
#define PADDOCK_CLI_IMPORT_WRITER_H

#include "cli/batch.h"
#include "cli/node_stream.h"
#include "cli/progress.h"

struct import_counts {
    uint64_t created, changed, deleted;
    uint64_t already;  // were there when they should be created, as they should be
    uint64_t refused;  // by the server, or by the plan; said one by one, up to a limit
    uint64_t below;    // not tried or refused because a node above them was
    uint64_t degraded; // containers and TTL nodes that the server could make only persistent
};

struct import_writer;
struct import_writer *import_writer_open(struct cli *c, struct paddock *zk,
                                         struct progress *progress);

// CLI_DONE; or what ends everything, after it was said. Paths are absolute.
int import_writer_create(struct import_writer *w, const char *path, const struct node *n,
                         bool wants_acl);
int import_writer_set(struct import_writer *w, const char *path, const struct node *n,
                      int32_t version);
int import_writer_set_acl(struct import_writer *w, const char *path, const struct node *n,
                          int32_t aversion);
int import_writer_delete(struct import_writer *w, const char *path);
int import_writer_finish(struct import_writer *w);

// A path that nothing was tried for: `why` is said. `is_missing`: so nothing below it is possible.
void import_writer_refuse(struct import_writer *w, const char *path, bool is_missing,
                          const char *why);

const struct import_counts *import_writer_counts(const struct import_writer *w);
void import_writer_close(struct import_writer *w); // NULL is legal

#endif
