// SPDX-License-Identifier: Apache-2.0
//
// The invariants of tree.h, checked by walking everything and computing everything again.
#include "tree/tree_priv.h"

struct recount {
    const struct tree *t;
    uint64_t nodes, size, digest, acl_refs;
    uint64_t ephemerals, reapable, ttls;
    struct buf path;
};

static bool children_are_linked(const struct znode *n)
{
    const struct znode_ext *x = znode_ext(n);
    if (x == NULL) {
        return true;
    }
    int32_t count = 0;
    uint64_t below = 0;
    const struct znode *previous = NULL;
    for (const struct znode *c = x->first_child; c != NULL; c = c->next_sibling) {
        if (c->parent != n || c->prev_sibling != previous) {
            return false;
        }
        below += 1 + znode_descendant_count(c);
        count++;
        previous = c;
    }
    return x->node == n && x->child_count == count && x->descendant_count == below;
}

static bool digest_holds(struct recount *r, const struct znode *n, struct slice path)
{
    struct jute_stat_persisted stat;
    znode_stat_stored(n, &stat);
    uint64_t digest = 0;
    if (r->t->options.digest_enabled) {
        digest = tree_node_digest(path, znode_data(n), &stat);
    }
    r->digest += digest;
    return n->link.spare == digest;
}

static void count_kind(struct recount *r, const struct znode *n)
{
    enum znode_kind kind = tree_kind_of_owner(r->t, znode_owner(n));
    r->ephemerals += kind == ZNODE_EPHEMERAL;
    r->reapable += kind == ZNODE_CONTAINER || kind == ZNODE_TTL;
    r->ttls += kind == ZNODE_TTL;
}

static bool node_holds(struct recount *r, const struct znode *n)
{
    buf_clear(&r->path);
    znode_path(n, &r->path);
    struct slice path = buf_slice(&r->path);
    r->nodes++;
    r->size += znode_utf16_len(path) + znode_data_len(n);
    r->acl_refs += n->acl_id != ACL_ID_OPEN;
    count_kind(r, n);
    return tree_find(r->t, path) == n && tree_acl(r->t, n->acl_id) != NULL &&
           children_are_linked(n) && digest_holds(r, n, path);
}

static bool nodes_hold(struct recount *r)
{
    const struct znode *n = r->t->root;
    while (n != NULL) {
        if (!node_holds(r, n)) {
            return false;
        }
        const struct znode *next = znode_first_child(n);
        while (next == NULL && n != NULL) {
            next = n->next_sibling;
            n = n->parent;
        }
        n = next;
    }
    return true;
}

struct owned {
    int64_t session;
    uint64_t count;
    const struct tree *t;
    bool holds;
};

static void check_owned(void *ctx, const struct znode *n)
{
    struct owned *o = ctx;
    o->count++;
    o->holds = o->holds && znode_owner(n) == o->session;
}

static void check_owner(void *ctx, int64_t session)
{
    struct owned *o = ctx;
    o->session = session;
    tree_ephemerals_each(o->t, session, check_owned, o);
}

bool tree_check(const struct tree *t)
{
    struct recount r = {.t = t};
    bool holds = nodes_hold(&r);
    buf_fini(&r.path);
    struct owned owned = {.t = t, .holds = true};
    tree_ephemeral_owners_each(t, check_owner, &owned);
    return holds && owned.holds && r.nodes == t->nodes.count && r.nodes == t->slab.item_count &&
           r.size == t->size && r.digest == t->digest.sum &&
           r.acl_refs == acl_cache_references(&t->acls) && reap_holds(t, r.reapable) &&
           r.ttls == t->reap.ttl_count && r.ephemerals == t->ephemerals.count &&
           r.ephemerals == owned.count;
}
