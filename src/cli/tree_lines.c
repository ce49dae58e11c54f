// SPDX-License-Identifier: Apache-2.0
//
// The prefix grows by one piece for each level and shrinks by the same.
#include "cli/tree_lines.h"

#include "base/assert.h"

static const char *below(const struct tree_lines *t, bool is_last)
{
    return is_last ? "    " : t->is_ascii ? "|   " : "\u2502   ";
}

void tree_lines_enter(struct tree_lines *t, size_t depth, bool is_last, struct buf *to)
{
    if (depth == 0) {
        return;
    }
    buf_append_slice(to, buf_slice(&t->prefix));
    if (t->is_ascii) {
        buf_append_str(to, is_last ? "`-- " : "|-- ");
    } else {
        buf_append_str(to, is_last ? "\u2514\u2500\u2500 " : "\u251c\u2500\u2500 ");
    }
    buf_append_str(&t->prefix, below(t, is_last));
}

void tree_lines_leave(struct tree_lines *t, size_t depth, bool is_last)
{
    if (depth > 0) {
        size_t len = strlen(below(t, is_last));
        ASSERT(t->prefix.len >= len);
        t->prefix.len -= len;
    }
}

void tree_lines_fini(struct tree_lines *t)
{
    buf_fini(&t->prefix);
}
