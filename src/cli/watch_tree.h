// SPDX-License-Identifier: Apache-2.0
//
// `watch --recursive`: what has come, changed or gone at and below a path. Events only say that it
// is time to look: each look lists the tree and compares it with the one before, so that nothing is
// missed while no server is reached. A look costs one request a node; changes that come while it
// goes on are seen by the next.
#ifndef PADDOCK_CLI_WATCH_TREE_H
#define PADDOCK_CLI_WATCH_TREE_H

#include "cli/cli.h"

// Tell "created PATH", "changed PATH" and "deleted PATH", in the order of paths, until a signal,
// the first failure of `argv` or `count` lines (negative: no end). `argv` may be NULL; it finds
// PADDOCK_EVENT and PADDOCK_PATH in its environment. With `is_initial` what is there at the
// beginning is told as created. Returns an exit code.
int watch_tree(struct cli *c, const char *path, const char *const *argv, bool is_initial,
               int64_t count);

#endif
