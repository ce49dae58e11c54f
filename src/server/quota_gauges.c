// SPDX-License-Identifier: Apache-2.0
//
// A walk over /zookeeper/quota. Only leaves count, as in Java; a text that cannot be read counts as
// none, where Java's whole answer fails.
#include "server/quota_gauges.h"

#include "tree/quota_text.h"
#include "tree/znode.h"

static int64_t sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t hard_or_soft(const struct quota_text *q, const char *hard_key, int64_t soft)
{
    int64_t hard = quota_text_value(q, hard_key);
    return hard > -1 ? hard : soft;
}

static void add_leaf(const struct znode *n, struct quota_gauges *g)
{
    bool is_limits = slice_equal_str(znode_name(n), "zookeeper_limits");
    bool is_usage = slice_equal_str(znode_name(n), "zookeeper_stats");
    if (!is_limits && !is_usage) {
        return;
    }
    struct quota_text q = {0};
    bool is_read = quota_text_parse(znode_data(n), &q) == ERR_OK;
    if (is_read && is_limits) {
        g->has_limits = true;
        g->count_limit = sum(g->count_limit, hard_or_soft(&q, "countHardLimit", q.count));
        g->bytes_limit = sum(g->bytes_limit, hard_or_soft(&q, "byteHardLimit", q.bytes));
    } else if (is_read) {
        g->has_usage = true;
        g->count_usage = sum(g->count_usage, q.count);
        g->bytes_usage = sum(g->bytes_usage, q.bytes);
    }
    quota_text_fini(&q);
}

// The node after `n` in the subtree of `top`, children before siblings; NULL at its end.
static const struct znode *after(const struct znode *top, const struct znode *n)
{
    const struct znode *next = znode_first_child(n);
    while (next == NULL && n != top) {
        next = znode_next_sibling(n);
        n = znode_parent(n);
    }
    return next;
}

void quota_gauges_each(const struct tree *t,
                       void (*each)(void *ctx, struct slice name, const struct quota_gauges *g),
                       void *ctx)
{
    const struct znode *root = tree_find(t, slice_str("/zookeeper/quota"));
    const struct znode *top = root != NULL ? znode_first_child(root) : NULL;
    for (; top != NULL; top = znode_next_sibling(top)) {
        struct quota_gauges g = {0};
        for (const struct znode *n = top; n != NULL; n = after(top, n)) {
            if (znode_child_count(n) == 0) {
                add_leaf(n, &g);
            }
        }
        if (g.has_limits || g.has_usage) {
            each(ctx, znode_name(top), &g);
        }
    }
}
