// SPDX-License-Identifier: Apache-2.0
//
// Copying a subtree: parents first, many nodes in a transaction, between two sessions or within
// one. Kept are data and, when asked for, ACLs; what the protocol cannot say starts anew: times,
// versions, counters of sequential nodes, and the kind of containers and of nodes with a time to
// live, which look persistent to clients. Ephemeral nodes belong to sessions and are left out.
#ifndef PADDOCK_CLI_COPYING_H
#define PADDOCK_CLI_COPYING_H

#include "cli/cli.h"

struct copy_options {
    const char *from, *to; // paths
    struct paddock *from_zk, *to_zk;
    bool has_acl;
    bool is_forced;              // nodes that are there get data and ACL, too
    bool are_ephemerals_kept;    // as persistent nodes
    bool is_ephemeral_a_failure; // for who deletes the source then
};

struct copied {
    uint64_t nodes, bytes;
    uint64_t ephemerals; // left out
    uint64_t failures;   // each said on err: not readable, refused
};

// CLI_DONE, also with failures; or what ended it, after it was said. The root is created first, and
// alone: when it is there already and `is_forced` is not, nothing else is touched (CLI_NO).
int copy_subtree(struct cli *c, const struct copy_options *options, struct copied *ret);

// `path`, which is within `from`, as it is called within `to`. Memory: valid until `buf` changes.
struct buf;
const char *copy_path(const char *path, const char *from, const char *to, struct buf *buf);

// A digest that the server hid from this session, which has no ADMIN permission: "user:x".
bool copy_acl_is_masked(const struct paddock_acl *acl, size_t count);

#endif
