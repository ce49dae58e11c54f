// SPDX-License-Identifier: Apache-2.0
//
// Applying transactions. One handler per type, found in a table; a multi runs the handlers of its
// parts. Transactions were checked when they were made, but may be replayed over a snapshot that
// holds some of their effects already (PROTOCOL 5.3.2), so each handler is defined for that, too:
// creates of existing nodes, changes of missing ones, versions and zxids that only go up.
// Source: DataTree.processTxn, createNode, deleteNode, setData, setACL, killSession; PROTOCOL 4.7.
#include "base/assert.h"
#include "base/mem.h"
#include "jute/op.h"
#include "tree/owner.h"
#include "tree/tree_priv.h"

struct apply {
    struct tree *t;
    struct watches *w; // NULL: nobody watches
    const struct jute_txn_header *header;
};

typedef enum zk_code apply_fn(const struct apply *a, const struct txn_op *op,
                              struct tree_result *r);

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
        return ZK_NODE_EXISTS; // the root
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

static enum zk_code apply_create2(const struct apply *a, const struct txn_op *op,
                                  struct tree_result *r)
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
static enum zk_code apply_create(const struct apply *a, const struct txn_op *op,
                                 struct tree_result *r)
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

static enum zk_code apply_create_container(const struct apply *a, const struct txn_op *op,
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

// A ttl out of range kills a Java server (PROTOCOL trap 1); here it creates nothing.
static enum zk_code apply_create_ttl(const struct apply *a, const struct txn_op *op,
                                     struct tree_result *r)
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

static enum zk_code delete_path(const struct apply *a, struct slice path)
{
    struct tree *t = a->t;
    struct slice parent_path;
    struct slice name;
    if (!tree_split_path(path, &parent_path, &name)) {
        return ZK_BAD_ARGUMENTS; // the root stays
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

static enum zk_code apply_delete(const struct apply *a, const struct txn_op *op,
                                 struct tree_result *r)
{
    r->path = op->del.path;
    return delete_path(a, op->del.path);
}

// ---- changes of a node ----

static enum zk_code apply_set_data(const struct apply *a, const struct txn_op *op,
                                   struct tree_result *r)
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
    digest_refresh(t, n, s->path);
    znode_stat(n, t, &r->stat);
    quota_account(t, s->path, 0, grown);
    trigger(a, WATCH_DATA, s->path, WATCH_EVENT_DATA_CHANGED, n->acl_id, false);
    return ZK_OK;
}

static enum zk_code apply_set_acl(const struct apply *a, const struct txn_op *op,
                                  struct tree_result *r)
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

static enum zk_code apply_check(const struct apply *a, const struct txn_op *op,
                                struct tree_result *r)
{
    (void)a;
    r->path = op->check.path;
    return ZK_OK;
}

static enum zk_code apply_error(const struct apply *a, const struct txn_op *op,
                                struct tree_result *r)
{
    (void)a;
    (void)r;
    return (enum zk_code)op->error.err;
}

// ---- sessions ----

static enum zk_code apply_create_session(const struct apply *a, const struct txn_op *op,
                                         struct tree_result *r)
{
    (void)r;
    session_table_put(&a->t->sessions, a->header->client_id, op->create_session.timeout_ms);
    return ZK_OK;
}

static void delete_ephemerals(const struct apply *a, int64_t session)
{
    struct tree *t = a->t;
    struct buf path = {0};
    for (;;) {
        struct znode *n = ephemerals_first(&t->ephemerals, session);
        if (n == NULL) {
            break;
        }
        buf_clear(&path);
        znode_path(n, &path);
        enum zk_code code = delete_path(a, buf_slice(&path));
        ASSERT(code == ZK_OK);
    }
    buf_fini(&path);
    ephemerals_forget(&t->ephemerals, session);
}

// The listed nodes first, then whatever this server still has of the session (PROTOCOL 4.4).
static enum zk_code apply_close_session(const struct apply *a, const struct txn_op *op,
                                        struct tree_result *r)
{
    (void)r;
    const struct jute_str_vec *paths = &op->close_session.paths;
    for (int32_t i = 0; i < paths->count; i++) {
        (void)delete_path(a, paths->items[i]); // a missing one is fine
    }
    delete_ephemerals(a, a->header->client_id);
    session_table_remove(&a->t->sessions, a->header->client_id);
    return ZK_OK;
}

struct dead_owners {
    const struct tree *t;
    int64_t *sessions;
    size_t count, cap;
};

static void collect_if_dead(void *ctx, int64_t session)
{
    struct dead_owners *d = ctx;
    int32_t timeout_ms;
    if (tree_session_find(d->t, session, &timeout_ms)) {
        return;
    }
    if (d->count == d->cap) {
        d->cap = d->cap == 0 ? 64 : d->cap * 2;
        d->sessions = mem_realloc(d->sessions, d->cap * sizeof(d->sessions[0]));
    }
    d->sessions[d->count++] = session;
}

uint64_t tree_drop_dead_ephemerals(struct tree *t)
{
    struct dead_owners dead = {.t = t};
    ephemerals_owners_each(&t->ephemerals, collect_if_dead, &dead);
    uint64_t before = t->ephemerals.count;
    struct jute_txn_header header = {.zxid = t->last_zxid};
    struct apply a = {.t = t, .header = &header};
    for (size_t i = 0; i < dead.count; i++) {
        delete_ephemerals(&a, dead.sessions[i]);
    }
    mem_free(dead.sessions);
    acl_cache_sweep(&t->acls);
    return before - t->ephemerals.count;
}

// ---- one transaction ----

enum { TYPE_MIN = OP_CLOSE_SESSION, TYPE_MAX = OP_CREATE_TTL };

static apply_fn *handler_of(int32_t type)
{
    static apply_fn *const handlers[TYPE_MAX - TYPE_MIN + 1] = {
        [OP_CREATE - TYPE_MIN] = apply_create,
        [OP_CREATE2 - TYPE_MIN] = apply_create2,
        [OP_CREATE_CONTAINER - TYPE_MIN] = apply_create_container,
        [OP_CREATE_TTL - TYPE_MIN] = apply_create_ttl,
        [OP_DELETE - TYPE_MIN] = apply_delete,
        [OP_DELETE_CONTAINER - TYPE_MIN] = apply_delete,
        [OP_SET_DATA - TYPE_MIN] = apply_set_data,
        [OP_RECONFIG - TYPE_MIN] = apply_set_data,
        [OP_SET_ACL - TYPE_MIN] = apply_set_acl,
        [OP_CHECK - TYPE_MIN] = apply_check,
        [OP_ERROR - TYPE_MIN] = apply_error,
        [OP_CREATE_SESSION - TYPE_MIN] = apply_create_session,
        [OP_CLOSE_SESSION - TYPE_MIN] = apply_close_session,
    };
    return type >= TYPE_MIN && type <= TYPE_MAX ? handlers[type - TYPE_MIN] : NULL;
}

static void apply_op(const struct apply *a, const struct txn_op *op, struct tree_result *r)
{
    *r = (struct tree_result){.code = ZK_OK};
    apply_fn *handler = handler_of(op->type);
    ASSERT(handler != NULL); // txn_decode knows the same types
    r->code = handler(a, op, r);
}

static void reserve_results(struct tree_outcome *o, size_t count)
{
    if (o->result_cap < count) {
        o->result_cap = count * 2;
        o->results = mem_realloc(o->results, o->result_cap * sizeof(o->results[0]));
    }
    o->result_count = count;
}

static bool has_error(const struct txn *txn)
{
    for (int32_t i = 0; i < txn->op_count; i++) {
        if (txn->ops[i].type == OP_ERROR) {
            return true;
        }
    }
    return false;
}

// What a failed multi reports: 0 for parts in front of the failing one, its code, and -2 behind it.
static void report_failed(const struct txn *txn, struct tree_outcome *o)
{
    bool is_behind = false;
    for (int32_t i = 0; i < txn->op_count; i++) {
        const struct txn_op *op = &txn->ops[i];
        enum zk_code code = is_behind ? ZK_RUNTIME_INCONSISTENCY : ZK_OK;
        if (op->type == OP_ERROR) {
            code = (enum zk_code)op->error.err;
            is_behind = true;
        }
        o->results[i] = (struct tree_result){.code = code};
    }
}

static void apply_multi(const struct apply *a, const struct txn *txn, struct tree_outcome *o)
{
    reserve_results(o, (size_t)txn->op_count);
    if (has_error(txn)) {
        report_failed(txn, o);
    } else {
        for (int32_t i = 0; i < txn->op_count; i++) {
            apply_op(a, &txn->ops[i], &o->results[i]);
        }
    }
    o->result = (struct tree_result){.code = ZK_OK};
    for (size_t i = 0; i < o->result_count && o->result.code == ZK_OK; i++) {
        o->result.code = o->results[i].code;
    }
}

void tree_apply(struct tree *t, const struct txn *txn, struct watches *w, struct tree_outcome *o)
{
    ASSERT(!t->load.is_loading);
    acl_cache_sweep(&t->acls);
    struct apply a = {.t = t, .w = w, .header = &txn->header};
    o->result_count = 0;
    if (txn->op.type == OP_MULTI) {
        apply_multi(&a, txn, o);
    } else {
        apply_op(&a, &txn->op, &o->result);
    }
    if (txn->header.zxid > t->last_zxid) {
        t->last_zxid = txn->header.zxid;
    }
    digest_after_txn(t, txn);
}

void tree_outcome_fini(struct tree_outcome *o)
{
    mem_free(o->results);
    *o = (struct tree_outcome){.results = NULL};
}
