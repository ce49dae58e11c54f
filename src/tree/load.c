// SPDX-License-Identifier: Apache-2.0
//
// Building a tree from a snapshot. A node is placed below its parent at once but enters the index
// only at the end, together with all others: then the number of buckets is known, nothing is split,
// and the order of the work allows to fetch ahead what the next insertions touch.
//
// Without an index, the parent is found by going from the last node: snapshots are written in
// pre-order, so the parent of the next node is the last node or one of its ancestors. A snapshot in
// another order, which Java reads, too, is loaded with an index from the first node that does not
// fit. Source: DataTree.deserialize.
#include "base/assert.h"
#include "tree/tree_priv.h"

void tree_load_begin(struct tree *t)
{
    ASSERT(t->walk == NULL);
    tree_fini_nodes(t);
    buf_fini(&t->load.dir);
    t->load = (struct load_state){.is_loading = true};
    tree_init_empty(t);
}

enum err tree_load_session(struct tree *t, int64_t session, int32_t timeout_ms)
{
    ASSERT(t->load.is_loading);
    session_table_put(&t->sessions, session, timeout_ms);
    return ERR_OK;
}

enum err tree_load_acl(struct tree *t, int64_t acl_id, const struct jute_acl_vec *acl)
{
    ASSERT(t->load.is_loading);
    return acl_cache_load(&t->acls, acl_id, acl);
}

// ---- the index ----

enum { AHEAD_BUCKET = 32, AHEAD_ELEMENT = 16 };

static bool is_indexed_twice(const struct tree *t, const struct znode *n)
{
    uint32_t hash = n->link.hash;
    for (struct hmap_link *l = hmap_first(&t->nodes, hash); l != NULL; l = hmap_next(l, hash)) {
        const struct znode *other = CONTAINER_OF(l, struct znode, link);
        if (other->parent == n->parent && slice_equal(znode_name(other), znode_name(n))) {
            return true;
        }
    }
    return false;
}

static const struct hmap_link *skip(const struct hmap_link *l, int count)
{
    while (l != NULL && count-- > 0) {
        l = l->next;
    }
    return l;
}

// Move the pending nodes into the index, each only when its bucket and what hangs there had time to
// arrive. False when two nodes have one path; the rest stays pending.
static bool index_pending(struct tree *t)
{
    struct load_state *load = &t->load;
    const struct hmap_link *element = skip(load->pending, AHEAD_ELEMENT);
    const struct hmap_link *bucket = skip(element, AHEAD_BUCKET - AHEAD_ELEMENT);
    while (load->pending != NULL) {
        if (bucket != NULL) {
            hmap_prefetch_bucket(&t->nodes, bucket->hash);
            bucket = bucket->next;
        }
        if (element != NULL) {
            hmap_prefetch_element(&t->nodes, element->hash);
            element = element->next;
        }
        struct hmap_link *l = load->pending;
        if (is_indexed_twice(t, CONTAINER_OF(l, struct znode, link))) {
            return false;
        }
        load->pending = l->next;
        load->pending_count--;
        hmap_insert(&t->nodes, l, l->hash);
    }
    load->pending_end = NULL;
    return true;
}

static void add_pending(struct load_state *load, struct hmap_link *l, uint32_t hash)
{
    l->hash = hash;
    l->next = NULL;
    if (load->pending == NULL) {
        load->pending = l;
    } else {
        *load->pending_end = l;
    }
    load->pending_end = &l->next;
    load->pending_count++;
}

// ---- nodes ----

static void set_parent(struct load_state *load, struct znode *parent, struct slice path)
{
    load->parent = parent;
    buf_clear(&load->dir);
    buf_append_slice(&load->dir, path);
}

// The path of the last node, which lies in `dir`, is a slash and a name longer than its parent's.
static bool is_last_node(const struct load_state *load, struct slice path)
{
    struct slice dir = buf_slice(&load->dir);
    struct slice name = znode_name(load->last);
    return path.len == dir.len + 1 + name.len && slice_starts_with(path, dir) &&
           path.data[dir.len] == '/' && slice_equal(slice_skip(path, dir.len + 1), name);
}

// Go from the parent of the last node up to the ancestor with that path; NULL when it is none.
static struct znode *find_ancestor(const struct load_state *load, struct slice path)
{
    struct slice dir = buf_slice(&load->dir);
    if (!slice_starts_with(dir, path) || (dir.len > path.len && dir.data[path.len] != '/')) {
        return NULL;
    }
    struct znode *n = load->parent;
    for (size_t at = path.len; at < dir.len; at++) {
        n = dir.data[at] == '/' ? n->parent : n;
    }
    return n;
}

// The parent with that path. NULL when it has not come, or when there was a second node of a path.
static struct znode *find_parent(struct tree *t, struct slice path)
{
    struct load_state *load = &t->load;
    struct znode *parent;
    if (load->last->parent == NULL) {
        parent = path.len == 0 ? load->last : NULL;
    } else if (slice_equal(buf_slice(&load->dir), path)) {
        return load->parent;
    } else if (is_last_node(load, path)) {
        parent = load->last;
    } else {
        parent = find_ancestor(load, path);
    }
    if (parent == NULL && index_pending(t)) {
        parent = tree_find(t, path);
    }
    if (parent != NULL) {
        set_parent(load, parent, path);
    }
    return parent;
}

static enum err find_place(struct tree *t, struct slice path, struct znode **ret_parent)
{
    if (path.len == 0) {
        *ret_parent = NULL;
        return t->root == NULL ? ERR_OK : ERR_CORRUPT;
    }
    struct slice parent_path;
    struct slice name;
    if (t->root == NULL || !tree_split_path(path, &parent_path, &name)) {
        return ERR_CORRUPT;
    }
    *ret_parent = find_parent(t, parent_path);
    return *ret_parent != NULL ? ERR_OK : ERR_CORRUPT;
}

enum err tree_load_node(struct tree *t, struct slice path, struct slice data, int64_t acl_id,
                        const struct jute_stat_persisted *stat)
{
    ASSERT(t->load.is_loading);
    int32_t local_acl_id = ACL_ID_OPEN;
    if (tree_owner_is_unknown(t, stat->ephemeral_owner) ||
        (path.len == 0 && stat->ephemeral_owner != 0) ||
        (acl_id != ACL_ID_OPEN && !acl_cache_loaded_id(&t->acls, acl_id, &local_acl_id))) {
        return ERR_CORRUPT;
    }
    struct znode *parent;
    enum err e = find_place(t, path, &parent);
    if (e != ERR_OK) {
        return e;
    }
    acl_cache_ref(&t->acls, local_acl_id);
    struct znode *n = tree_place(t, parent, path, data, stat, local_acl_id);
    add_pending(&t->load, &n->link, tree_path_hash(t, path));
    t->load.last = n;
    return ERR_OK;
}

enum err tree_load_end(struct tree *t, int64_t last_zxid)
{
    ASSERT(t->load.is_loading);
    if (t->nodes.count == 0) {
        hmap_reserve(&t->nodes, t->load.pending_count);
    }
    if (t->root == NULL || !index_pending(t)) {
        return ERR_CORRUPT;
    }
    buf_fini(&t->load.dir);
    t->load = (struct load_state){.is_loading = false};
    acl_cache_load_end(&t->acls);
    quota_load(t);
    t->last_zxid = last_zxid;
    if (t->digest.is_pending && t->digest.pending.zxid < last_zxid) {
        t->digest.is_pending = false; // that transaction will not come
    }
    digest_load_end(t);
    digest_check_pending(t, last_zxid);
    return ERR_OK;
}

// Source: DataTree.deserializeZxidDigest.
void tree_load_digest(struct tree *t, int64_t zxid, uint64_t digest)
{
    struct digest_state *d = &t->digest;
    d->pending = (struct tree_digest_entry){.zxid = zxid, .digest = digest};
    d->is_pending =
        zxid > 0 && t->options.digest_enabled && (t->load.is_loading || zxid >= t->last_zxid);
    d->unproven_left = d->is_pending ? 0 : d->unproven_left;
    if (!t->load.is_loading) {
        digest_check_pending(t, t->last_zxid);
    }
}
