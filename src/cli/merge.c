// SPDX-License-Identifier: Apache-2.0
//
// The smaller of the two paths is next; equal ones are one step.
#include "cli/merge.h"

#include "cli/node_order.h"

void merge_begin(struct merge *m, struct node_stream *left, struct node_stream *right)
{
    *m = (struct merge){.left = left, .right = right, .wants_left = true, .wants_right = true};
}

enum node_step merge_next(struct merge *m, const struct node **ret_left,
                          const struct node **ret_right)
{
    if (m->wants_left) {
        m->left_step = m->left->next(m->left, &m->left_node);
    }
    if (m->wants_right && m->left_step != NODE_FAILED) {
        m->right_step = m->right->next(m->right, &m->right_node);
    }
    m->wants_left = m->wants_right = false;
    if (m->left_step == NODE_FAILED || m->right_step == NODE_FAILED) {
        return NODE_FAILED;
    }
    if (m->left_step == NODE_END && m->right_step == NODE_END) {
        return NODE_END;
    }
    int order = m->left_step == NODE_END    ? 1
                : m->right_step == NODE_END ? -1
                                            : node_order(m->left_node.path, m->right_node.path);
    m->wants_left = order <= 0;
    m->wants_right = order >= 0;
    *ret_left = m->wants_left ? &m->left_node : NULL;
    *ret_right = m->wants_right ? &m->right_node : NULL;
    return NODE_NEXT;
}

int merge_exit_code(const struct merge *m)
{
    return m->left_step == NODE_FAILED ? m->left->exit_code : m->right->exit_code;
}
