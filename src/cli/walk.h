// SPDX-License-Identifier: Apache-2.0
//
// Whole subtrees with many requests under way and little memory: the engine of every command that
// touches more than one node.
#ifndef PADDOCK_CLI_WALK_H
#define PADDOCK_CLI_WALK_H

#include "cli/cli.h"

// `ls -R`: the path of every node, parents before children, children in the order of names.
int walk_print_paths(struct cli *c, const char *path, bool is_watching);

// `setAcl -R`: SET_ACL as `op` has it, for its path and all below.
int walk_set_acl(struct cli *c, const struct paddock_op *op);

#endif
