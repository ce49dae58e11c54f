// SPDX-License-Identifier: Apache-2.0
//
// The lines in front of a node's name in the drawing of a tree.
//
//     /app
//     ├── a
//     │   └── b
//     └── c
#ifndef PADDOCK_CLI_TREE_LINES_H
#define PADDOCK_CLI_TREE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

// A zeroed struct is the drawing of a root.
struct tree_lines {
    bool is_ascii;
    struct buf prefix; // of what is below the node entered last
};

// Append what stands before the name of a node; 0 is the root, which has nothing.
void tree_lines_enter(struct tree_lines *t, size_t depth, bool is_last, struct buf *to);
void tree_lines_leave(struct tree_lines *t, size_t depth, bool is_last);
void tree_lines_fini(struct tree_lines *t);

#endif
