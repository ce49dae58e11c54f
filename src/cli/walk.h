// SPDX-License-Identifier: Apache-2.0
//
// Whole subtrees: the engine of every command that touches more than one node. A walk is as deep
// as the tree and keeps, for each level, the names of one family of siblings and the children of
// the next few of them; children are asked for many nodes at a time.
//
// A walk is no snapshot: what comes or goes meanwhile may be seen or not, and a node that has gone
// is passed over. Source: org.apache.zookeeper.ZKUtil.visitSubTreeDFS.
#ifndef PADDOCK_CLI_WALK_H
#define PADDOCK_CLI_WALK_H

#include "cli/cli.h"

// What a walk does at a node. Anything but CLI_DONE ends the walk with it.
typedef int walk_visit_fn(struct cli *c, const char *path, void *ctx);

// `enter` for the root, then for all children of a node before any grandchild; `leave`, which may
// be NULL, for a node behind everything below it. Children come in the order of Java's strings.
// Errors: CLI_INTERRUPTED; what stops the walk is printed.
int walk(struct cli *c, const char *root, bool is_watching, walk_visit_fn *enter,
         walk_visit_fn *leave, void *ctx);

// `ls -R`: the path of every node, a family of siblings together.
int walk_print_paths(struct cli *c, const char *path, bool is_watching);

// `setAcl -R`: SET_ACL as `op` has it, for its path and all below. A node that refuses it is said
// and passed over.
int walk_set_acl(struct cli *c, const struct paddock_op *op);

// `deleteall`: everything below, children first, `batch` nodes in one transaction each (below 1:
// one node a request). *ret_all: everything went. Source: ZKUtil.deleteRecursive.
int walk_delete(struct cli *c, const char *path, int64_t batch, bool *ret_all);

// Names in the order of Java's strings, UTF-16 unit by unit. For qsort over const char *.
int walk_by_name(const void *a, const void *b);

#endif
