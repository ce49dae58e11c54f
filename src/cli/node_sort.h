// SPDX-License-Identifier: Apache-2.0
//
// Records sorted by path (node_order.h) in bounded memory: pieces that fit are sorted and put into
// a temporary file, then merged as they are read.
#ifndef PADDOCK_CLI_NODE_SORT_H
#define PADDOCK_CLI_NODE_SORT_H

#include "base/slice.h"
#include "cli/cli.h"

struct node_sort;

// Units: `memory_bytes` of records held at once; about as much again is used while merging.
struct node_sort *node_sort_new(struct cli *c, size_t memory_bytes);
void node_sort_free(struct node_sort *s); // NULL is legal

// `value` is copied. CLI_DONE, or after cli_fail (the temporary file).
int node_sort_add(struct node_sort *s, const char *path, struct slice value);

// All were added. CLI_DONE, or after cli_fail.
int node_sort_end(struct node_sort *s);

// The next record; valid until the next call. False at the end, and after cli_fail, which
// node_sort_exit_code tells.
bool node_sort_next(struct node_sort *s, const char **ret_path, struct slice *ret_value);
int node_sort_exit_code(const struct node_sort *s);

#endif
