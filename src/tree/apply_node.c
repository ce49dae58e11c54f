// SPDX-License-Identifier: Apache-2.0
//
// Transactions on nodes: create, delete, setData, setACL, and the watches they fire in the order of
// WatchManager.triggerWatch. A fired event names the ACL that decides who hears of it: of the node
// as it was before the change (as it is, for a new one), or of the parent. Source:
// DataTree.createNode, deleteNode, setData, setACL.
#include "base/assert.h"
#include "tree/apply_priv.h"
#include "tree/owner.h"

static void trigger(const struct apply *a, enum watch_table table, struct slice path,
                    enum watch_event event, int32_t acl_id, bool skip_marked)
{
    if (a->w != NULL) {
        watches_trigger(a->w, table, path, event, a->header->zxid, acl_id, skip_marked);
    }
}

static struct slice path_to_watch(struct slice path)
{
    return path.len == 0 ? slice_str("/") : path;
}

// ---- create ----

// The versions of a parent only go up; a create that names none counts one up.
static void raise_parent(const struct apply *a, struct znode *parent, struct slice path,
                         int32_t cversion)
{
    struct znode_ext *x = znode_extend(parent);
    if (cversion == -1) {
        cversion = (int32_t)((uint32_t)x->cversion + 1U);
    }
    if (cversion > x->cversion) {
        x->cversion = cversion;
        x->pzxid = a->header->zxid;
        digest_refresh(a->t, parent, path);
    }
}

static void replace_acl(const struct apply *a, struct znode *n, const struct jute_acl_vec *acl)
{
    walk_before_acl(a->t, n);
    acl_cache_unref(&a->t->acls, n->acl_id);
    n->acl_id = acl_cache_intern(&a->t->acls, acl);
}

struct creation {
    struct slice path, data;
    const struct jute_acl_vec *acl;
    int64_t owner;
    int32_t parent_cversion;
};

static struct znode *insert_created(const struct apply *a, const struct creation *c,
                                    struct znode *parent, uint32_t hash)
{
    const struct jute_txn_header *h = a->header;
    struct jute_stat_persisted stat = {.czxid = h->zxid,
                                       .mzxid = h->zxid,
                                       .ctime = h->time_ms,
                                       .mtime = h->time_ms,
                                       .ephemeral_owner = c->owner,
                                       .pzxid = h->zxid};
    return tree_insert(a->t, parent, c->path, hash, c->data, &stat,
                       acl_cache_intern(&a->t->acls, c->acl));
}

static enum zk_code create_node(const struct apply *a, const struct creation *c,
                                struct tree_result *r)
{
    struct tree *t = a->t;
    struct slice parent_path;
    struct slice name;
    r->path = c->path;
    if (!tree_split_path(c->path, &parent_path, &name)) {
        return tree_find(t, c->path) == t->root ? ZK_NODE_EXISTS : ZK_BAD_ARGUMENTS;
    }
    uint32_t hash = tree_path_hash(t, c->path);
    hmap_prefetch_bucket(&t->nodes, hash); // arrives while the parent is found
    struct znode *parent = tree_find(t, parent_path);
    if (parent == NULL) {
        return ZK_NO_NODE;
    }
    hmap_prefetch_element(&t->nodes, hash);
    struct znode *n = tree_find_hashed(t, c->path, hash);
    if (n != NULL) {
        replace_acl(a, n, c->acl);
        return ZK_NODE_EXISTS;
    }
    raise_parent(a, parent, parent_path, c->parent_cversion);
    n = insert_created(a, c, parent, hash);
    znode_stat(n, t, &r->stat);
    quota_node_created(t, parent_path, name);
    quota_account(t, c->path, 1, (int64_t)c->data.len);
    trigger(a, WATCH_DATA, c->path, WATCH_EVENT_CREATED, n->acl_id, false);
    trigger(a, WATCH_CHILD, path_to_watch(parent_path), WATCH_EVENT_CHILDREN_CHANGED,
            parent->acl_id, false);
    return ZK_OK;
}

static int64_t owner_of_create(const struct apply *a, const struct jute_create_txn *c)
{
    return c->ephemeral ? a->header->client_id : 0;
}

enum zk_code apply_create2(const struct apply *a, const struct txn_op *op, struct tree_result *r)
{
    const struct jute_create_txn *c = &op->create;
    return create_node(a,
                       &(struct creation){.path = c->path,
                                          .data = c->data,
                                          .acl = &c->acl,
                                          .owner = owner_of_create(a, c),
                                          .parent_cversion = c->parent_cversion},
                       r);
}

// Only the old create raises the parent when the node is there already.
enum zk_code apply_create(const struct apply *a, const struct txn_op *op, struct tree_result *r)
{
    enum zk_code code = apply_create2(a, op, r);
    struct slice parent_path;
    struct slice name;
    if (code == ZK_NODE_EXISTS && tree_split_path(op->create.path, &parent_path, &name)) {
        struct znode *parent = tree_find(a->t, parent_path);
        raise_parent(a, parent, parent_path, op->create.parent_cversion);
    }
    return code;
}

enum zk_code apply_create_container(const struct apply *a, const struct txn_op *op,
                                    struct tree_result *r)
{
    const struct jute_create_container_txn *c = &op->create_container;
    return create_node(a,
                       &(struct creation){.path = c->path,
                                          .data = c->data,
                                          .acl = &c->acl,
                                          .owner = CONTAINER_OWNER,
                                          .parent_cversion = c->parent_cversion},
                       r);
}

// A ttl out of range kills a Java server; here it creates nothing.
enum zk_code apply_create_ttl(const struct apply *a, const struct txn_op *op, struct tree_result *r)
{
    const struct jute_create_ttl_txn *c = &op->create_ttl;
    r->path = c->path;
    if (c->ttl_ms <= 0 || c->ttl_ms > TTL_MS_MAX) {
        return ZK_BAD_ARGUMENTS;
    }
    return create_node(a,
                       &(struct creation){.path = c->path,
                                          .data = c->data,
                                          .acl = &c->acl,
                                          .owner = ttl_owner(c->ttl_ms),
                                          .parent_cversion = c->parent_cversion},
                       r);
}

// ---- delete ----

static void remove_leaf(struct tree *t, struct znode *n, struct slice path)
{
    struct slice parent_path;
    struct slice name;
    bool is_split = tree_split_path(path, &parent_path, &name);
    ASSERT(is_split);
    int64_t bytes = (int64_t)znode_data_len(n);
    tree_remove(t, n);
    quota_node_deleted(t, parent_path, name);
    quota_account(t, path, -1, -bytes);
}

// A node that goes has children only in a replay: they come from transactions that follow, which
// will create them again. (Java leaves them behind as nodes that no parent lists.)
static void remove_descendants(struct tree *t, struct znode *top)
{
    struct znode *n = znode_first_child(top);
    while (n != NULL && n != top) {
        struct znode *child = znode_first_child(n);
        if (child != NULL) {
            n = child;
            continue;
        }
        struct znode *after = n->next_sibling != NULL ? n->next_sibling : n->parent;
        buf_clear(&t->path);
        znode_path(n, &t->path);
        remove_leaf(t, n, buf_slice(&t->path));
        n = after;
    }
}

static void raise_pzxid(struct tree *t, struct znode *parent, struct slice path, int64_t zxid)
{
    if (zxid > znode_pzxid(parent)) {
        znode_extend(parent)->pzxid = zxid;
        digest_refresh(t, parent, path);
    }
}

enum zk_code apply_delete_path(const struct apply *a, struct slice path)
{
    struct tree *t = a->t;
    struct slice parent_path;
    struct slice name;
    if (!tree_split_path(path, &parent_path, &name)) {
        return ZK_BAD_ARGUMENTS; // the root stays, and what is no path is nowhere
    }
    struct znode *parent = tree_find(t, parent_path);
    if (parent == NULL) {
        return ZK_NO_NODE;
    }
    raise_pzxid(t, parent, parent_path, a->header->zxid);
    struct znode *n = tree_find(t, path);
    if (n == NULL) {
        return ZK_NO_NODE;
    }
    remove_descendants(t, n);
    int32_t acl_id = n->acl_id;
    remove_leaf(t, n, path);
    trigger(a, WATCH_DATA, path, WATCH_EVENT_DELETED, acl_id, false);
    trigger(a, WATCH_CHILD, path, WATCH_EVENT_DELETED, acl_id, true);
    trigger(a, WATCH_CHILD, path_to_watch(parent_path), WATCH_EVENT_CHILDREN_CHANGED,
            parent->acl_id, false);
    return ZK_OK;
}

enum zk_code apply_delete(const struct apply *a, const struct txn_op *op, struct tree_result *r)
{
    r->path = op->del.path;
    return apply_delete_path(a, op->del.path);
}

// ---- changes of a node ----

enum zk_code apply_set_data(const struct apply *a, const struct txn_op *op, struct tree_result *r)
{
    const struct jute_set_data_txn *s = &op->set_data;
    struct tree *t = a->t;
    r->path = s->path;
    struct znode *n = tree_find(t, s->path);
    if (n == NULL) {
        return ZK_NO_NODE;
    }
    int64_t grown = (int64_t)s->data.len - (int64_t)znode_data_len(n);
    tree_set_data(t, n, s->data);
    n->mtime = a->header->time_ms;
    n->mzxid = a->header->zxid;
    n->version = s->version;
    reap_data_changed(t, n);
    digest_refresh(t, n, s->path);
    znode_stat(n, t, &r->stat);
    quota_account(t, s->path, 0, grown);
    trigger(a, WATCH_DATA, s->path, WATCH_EVENT_DATA_CHANGED, n->acl_id, false);
    return ZK_OK;
}

enum zk_code apply_set_acl(const struct apply *a, const struct txn_op *op, struct tree_result *r)
{
    const struct jute_set_acl_txn *s = &op->set_acl;
    r->path = s->path;
    struct znode *n = tree_find(a->t, s->path);
    if (n == NULL) {
        return ZK_NO_NODE;
    }
    replace_acl(a, n, &s->acl);
    znode_extend(n)->aversion = s->version;
    digest_refresh(a->t, n, s->path);
    znode_stat(n, a->t, &r->stat);
    return ZK_OK;
}
