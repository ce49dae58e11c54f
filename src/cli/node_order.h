// SPDX-License-Identifier: Apache-2.0
//
// The order in which every walk meets nodes: a node, then everything below it, then its next
// sibling; siblings as Java sorts their names (walk_by_name).
#ifndef PADDOCK_CLI_NODE_ORDER_H
#define PADDOCK_CLI_NODE_ORDER_H

#include <stdbool.h>

// Below zero when `a` comes before `b`. Paths of one kind: both absolute, or both below a root.
int node_order(const char *a, const char *b);

// True for the node itself and all below it; "" is above every path below a root.
bool node_is_within(const char *path, const char *above);

#endif
