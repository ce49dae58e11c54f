// SPDX-License-Identifier: Apache-2.0
//
// A subtree read node by node: the engine of every command that looks at more than one. Many
// requests are under way ahead of the node that is handed out, in the order in which they will be
// wanted, so that a walk costs one round trip a window and not one a node.
//
//     ENTER /a   ENTER /a/b   LEAVE /a/b   ENTER /a/c   LEAVE /a/c   LEAVE /a   END
//
// 1. Every node is entered before anything below it and left behind everything below it; siblings
//    come in the order of Java's strings (walk_by_name).
// 2. A node that has gone since it was listed is passed over. A walk is no snapshot.
// 3. A node that may not be read is handed out with `code`, and its children are missing.
// 4. Memory: what is held ahead is bounded in nodes and bytes, and requests under way are fewer
//    the bigger the answers are; beside that, one list of names for each level of the path.
#ifndef PADDOCK_CLI_SUBTREE_H
#define PADDOCK_CLI_SUBTREE_H

#include "cli/cli.h"

// Zero what is not named.
struct subtree_options {
    const char *path; // the root of the walk
    bool wants_data, wants_acl;
    bool has_depth_max;
    size_t depth_max; // of what is handed out; the root has depth 0
    // Nodes that are left out with all below them; asked when their parent's children are known.
    // Thread: the caller's.
    bool (*is_skipped)(void *ctx, const char *path);
    void *ctx;
};

struct subtree_node {
    const char *path;
    const char *name; // within `path`; that of "/" is ""
    size_t depth;
    bool is_last; // of its siblings, as they were listed
    int code;     // PADDOCK_OK; or why data or children could not be read: PADDOCK_NO_AUTH, ...
    bool has_stat;
    struct paddock_stat stat; // of one moment, which may differ from that of the list of children
    struct paddock_bytes data;
    bool has_data;
    const struct paddock_acl *acl;
    size_t acl_count;
    bool has_acl;
    const char *const *names; // its children; NULL when not asked for (depth_max) or not readable
    size_t name_count;
};

enum subtree_step {
    SUBTREE_ENTER,
    SUBTREE_LEAVE,
    SUBTREE_END,    // the whole subtree was handed out
    SUBTREE_FAILED, // it was said why; subtree_exit_code
};

struct subtree;

// `options` and its path are borrowed until subtree_close. `zk` may be any session, also a second
// one; it must outlive the walk.
struct subtree *subtree_open(struct cli *c, struct paddock *zk,
                             const struct subtree_options *options);

// The next step. `*ret` is valid until the next call; its data and ACL only while entering.
// Errors: SUBTREE_FAILED after cli_fail_code: the root is not there or may not be seen, the session
// is lost, interrupted; and again for every further call.
enum subtree_step subtree_next(struct subtree *s, struct subtree_node *ret);
int subtree_exit_code(const struct subtree *s); // CLI_DONE unless it failed

void subtree_close(struct subtree *s); // at any time; NULL is legal

// ---- for people ----

// Say on err that this node could not be read whole; counts, too.
void subtree_complain(struct cli *c, const struct subtree_node *node, uint64_t *count);

#endif
