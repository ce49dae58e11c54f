// SPDX-License-Identifier: Apache-2.0
//
// The walk of a snapshot, which other changes interrupt. It holds the node to give next. Children
// are inserted only at the head of their list, so those that were there when the walk began are a
// tail of it; a parent remembers where that tail starts when it first gets a child during the walk:
//
//     children:   new2 -> new1 -> old1 -> old2 -> old3
//                                 ^ walk_first (only if walk_serial is this walk's)
//
// Deleting the node to give next moves the walk on; deleting old1 moves walk_first on. A node that
// is deleted and created again is new. Old nodes only ever lose ACL ids that were there when the
// walk began, so the first change of a node's ACL keeps the old id in its extension, and the lists
// are held until all have been given.
#include "base/assert.h"
#include "base/mem.h"
#include "tree/tree_priv.h"

enum { CACHE_LINE_BYTES = 64 };

struct tree_walk {
    struct tree *tree;
    struct znode *next;                // NULL at the end
    size_t session_bucket, acl_bucket; // to give next
    int64_t zxid;
    uint32_t serial;
};

struct tree_walk *tree_walk_open(struct tree *t)
{
    ASSERT(t->walk == NULL && !t->load.is_loading);
    struct tree_walk *w = mem_alloc(sizeof(*w));
    t->walk_serial++;
    if (t->walk_serial == 0) {
        t->walk_serial = 1; // 0 means no walk
    }
    *w = (struct tree_walk){
        .tree = t, .next = t->root, .zxid = t->last_zxid, .serial = t->walk_serial};
    t->walk = w;
    acl_cache_hold(&t->acls, true); // until every list has been given
    return w;
}

void tree_walk_close(struct tree_walk *w)
{
    if (w != NULL) {
        acl_cache_hold(&w->tree->acls, false);
        w->tree->walk = NULL;
        mem_free(w);
    }
}

int64_t tree_walk_zxid(const struct tree_walk *w)
{
    return w->zxid;
}

bool tree_walk_sessions(struct tree_walk *w,
                        void (*each)(void *ctx, int64_t session, int32_t timeout_ms), void *ctx)
{
    return session_table_step(&w->tree->sessions, w->session_bucket++, w->serial, each, ctx);
}

bool tree_walk_acls(struct tree_walk *w,
                    void (*each)(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl),
                    void *ctx)
{
    bool has_more = acl_cache_step(&w->tree->acls, w->acl_bucket++, w->serial, each, ctx);
    if (!has_more) {
        acl_cache_hold(&w->tree->acls, false);
    }
    return has_more;
}

static struct znode *first_old_child(const struct tree_walk *w, const struct znode *n)
{
    const struct znode_ext *x = znode_ext(n);
    if (x == NULL) {
        return NULL;
    }
    return x->walk_serial == w->serial ? x->walk_first : x->first_child;
}

static struct znode *after_subtree(const struct znode *n)
{
    while (n != NULL && n->next_sibling == NULL) {
        n = n->parent;
    }
    return n != NULL ? n->next_sibling : NULL;
}

// Nodes lie anywhere, so the walk would wait for each of them twice. While one is given, the next
// one, which was fetched a step ago, names its body and the one behind it.
static void prefetch_ahead(const struct znode *next)
{
    if (next != NULL) {
        __builtin_prefetch((const void *)(next->tail & ~(uintptr_t)1));
        __builtin_prefetch(next->next_sibling);
        __builtin_prefetch((const void *)((uintptr_t)next->next_sibling + CACHE_LINE_BYTES));
    }
}

const struct znode *tree_walk_next(struct tree_walk *w, struct buf *path, int64_t *ret_acl_id)
{
    struct znode *n = w->next;
    if (n == NULL) {
        return NULL;
    }
    const struct znode_ext *x = znode_ext(n);
    *ret_acl_id = x != NULL && x->walk_acl_serial == w->serial ? x->walk_acl_id : n->acl_id;
    buf_clear(path);
    znode_path(n, path);
    struct znode *child = first_old_child(w, n);
    w->next = child != NULL ? child : after_subtree(n);
    prefetch_ahead(w->next);
    return n;
}

void walk_before_insert(struct tree *t, struct znode *parent)
{
    if (t->walk == NULL) {
        return;
    }
    struct znode_ext *x = znode_extend(parent);
    if (x->walk_serial != t->walk->serial) {
        x->walk_serial = t->walk->serial;
        x->walk_first = x->first_child;
    }
}

void walk_before_remove(struct tree *t, struct znode *n)
{
    if (t->walk == NULL) {
        return;
    }
    struct znode_ext *x = znode_ext(n->parent);
    if (x->walk_serial == t->walk->serial && x->walk_first == n) {
        x->walk_first = n->next_sibling;
    }
    if (t->walk->next == n) {
        t->walk->next = after_subtree(n);
    }
}

void walk_before_acl(struct tree *t, struct znode *n)
{
    if (t->walk == NULL) {
        return;
    }
    struct znode_ext *x = znode_extend(n);
    if (x->walk_acl_serial != t->walk->serial) {
        x->walk_acl_serial = t->walk->serial;
        x->walk_acl_id = n->acl_id;
    }
}
