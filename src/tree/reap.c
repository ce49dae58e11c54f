// SPDX-License-Identifier: Apache-2.0
//
// Containers and TTL nodes: which of them may be deleted now. A node with children never may, so
// those without are kept in lists of their own and the others are not looked at.
// Source: ContainerManager.getCandidates; PROTOCOL 2.15.
#include "base/assert.h"
#include "tree/tree_priv.h"

void reap_init(struct reap_lists *r)
{
    list_init(&r->idle_containers);
    list_init(&r->idle_ttls);
    list_init(&r->busy);
    r->ttl_count = 0;
}

static void enlist(struct tree *t, struct znode_ext *x)
{
    if (x->child_count > 0) {
        list_push_back(&t->reap.busy, &x->kin);
    } else if (tree_kind_of_owner(t, x->owner) == ZNODE_TTL) {
        list_push_back(&t->reap.idle_ttls, &x->kin);
    } else {
        list_push_back(&t->reap.idle_containers, &x->kin);
    }
}

void reap_add(struct tree *t, struct znode *n)
{
    struct znode_ext *x = znode_ext(n);
    t->reap.ttl_count += tree_kind_of_owner(t, x->owner) == ZNODE_TTL;
    enlist(t, x);
}

void reap_remove(struct tree *t, struct znode *n)
{
    struct znode_ext *x = znode_ext(n);
    t->reap.ttl_count -= tree_kind_of_owner(t, x->owner) == ZNODE_TTL;
    list_remove(&x->kin);
}

void reap_children_changed(struct tree *t, struct znode *n)
{
    struct znode_ext *x = znode_ext(n);
    enum znode_kind kind = tree_kind_of_owner(t, x->owner);
    if (kind == ZNODE_CONTAINER || kind == ZNODE_TTL) {
        list_remove(&x->kin);
        enlist(t, x);
    }
}

// The age of a node in ms; Java's subtraction wraps.
static int64_t age_ms(const struct znode *n, int64_t wall_ms)
{
    return (int64_t)((uint64_t)wall_ms - (uint64_t)n->mtime);
}

void tree_reapable_each(const struct tree *t, int64_t wall_ms, int64_t never_used_ms,
                        void (*each)(void *ctx, const struct znode *n), void *ctx)
{
    LIST_FOREACH (l, &t->reap.idle_containers) {
        const struct znode_ext *x = CONTAINER_OF(l, struct znode_ext, kin);
        bool was_used = x->cversion > 0;
        if (was_used || (never_used_ms != 0 && age_ms(x->node, wall_ms) > never_used_ms)) {
            each(ctx, x->node);
        }
    }
    LIST_FOREACH (l, &t->reap.idle_ttls) {
        const struct znode_ext *x = CONTAINER_OF(l, struct znode_ext, kin);
        int64_t ttl_ms = tree_ttl_of_owner(t, x->owner);
        if (ttl_ms != 0 && age_ms(x->node, wall_ms) > ttl_ms) {
            each(ctx, x->node);
        }
    }
}

struct ttl_count {
    const struct tree *t;
    uint64_t count;
};

static void count_node(void *ctx, const struct znode *n)
{
    (void)n;
    (*(uint64_t *)ctx)++;
}

static void count_if_marked(void *ctx, int64_t session)
{
    struct ttl_count *c = ctx;
    if ((uint64_t)session >> 40 == 0xff0000) {
        ephemerals_each(&c->t->ephemerals, session, count_node, &c->count);
    }
}

// With the types off, TTL nodes lie among the ephemerals, of owners that no session can have.
uint64_t tree_ttl_node_count(const struct tree *t)
{
    struct ttl_count c = {.t = t, .count = t->reap.ttl_count};
    ephemerals_owners_each(&t->ephemerals, count_if_marked, &c);
    return c.count;
}
