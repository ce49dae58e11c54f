// SPDX-License-Identifier: Apache-2.0
//
// Two streams of nodes side by side: every path once, with the node of each side that has it. One
// node of each stream is held, no more.
#ifndef PADDOCK_CLI_MERGE_H
#define PADDOCK_CLI_MERGE_H

#include "cli/node_stream.h"

struct merge {
    struct node_stream *left, *right; // borrowed
    struct node left_node, right_node;
    enum node_step left_step, right_step;
    bool wants_left, wants_right; // the node held was given out
};

void merge_begin(struct merge *m, struct node_stream *left, struct node_stream *right);

// The next path. *ret_left or *ret_right is NULL when that side has no such node; they are valid
// until the next call. NODE_FAILED: that side's exit_code says how.
enum node_step merge_next(struct merge *m, const struct node **ret_left,
                          const struct node **ret_right);
int merge_exit_code(const struct merge *m);

#endif
