// SPDX-License-Identifier: Apache-2.0
//
// The tree as a whole: its life, how a path becomes a node, and the two operations that add and
// remove a node with all that hangs on it (index, parent, counts, owner list, ACL, digest).
#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "tree/owner.h"
#include "tree/tree_priv.h"

enum { NODES_PER_CHUNK = 4096 };

// ---- life cycle ----

void tree_init_empty(struct tree *t)
{
    uint64_t seed = t->options.hash_seed;
    slab_init(&t->slab, sizeof(struct znode), NODES_PER_CHUNK);
    hmap_init(&t->nodes);
    t->root = NULL;
    t->size = 0;
    t->last_zxid = 0;
    acl_cache_init(&t->acls, seed);
    session_table_init(&t->sessions, seed);
    ephemerals_init(&t->ephemerals, seed);
    reap_init(&t->reap);
    t->digest = (struct digest_state){.sum = 0};
    hmap_init(&t->quotas);
}

// In the order of the walk, which is mostly that of memory. Going up reads no extension.
static void free_bodies(struct znode *root)
{
    struct znode *n = root;
    while (n != NULL) {
        struct znode *next = znode_first_child(n);
        mem_free(znode_body(n));
        mem_free(znode_ext(n));
        while (next == NULL && n != NULL) {
            next = n->next_sibling;
            n = n->parent;
        }
        n = next;
    }
}

void tree_fini_nodes(struct tree *t)
{
    free_bodies(t->root); // nodes that are not in the index yet, too
    slab_fini(&t->slab);
    hmap_fini(&t->nodes);
    acl_cache_fini(&t->acls);
    session_table_fini(&t->sessions);
    ephemerals_fini(&t->ephemerals);
    reap_fini(&t->reap);
    quota_fini(t);
    mem_free(t->digest.log);
}

// Built-in nodes have neither zxid nor time. Source: DataTree(), addConfigNode.
static struct znode *add_built_in(struct tree *t, struct znode *parent, const char *path,
                                  int32_t acl_id, int32_t aversion)
{
    struct slice p = slice_str(path);
    struct jute_stat_persisted stat = {.aversion = aversion};
    return tree_insert(t, parent, p, tree_path_hash(t, p), slice_str(""), &stat, acl_id);
}

// It is read by everybody and written by those whom an administrator allows to.
void tree_add_config(struct tree *t, struct znode *zookeeper)
{
    struct jute_acl read = {.perms = 1,
                            .id = {.scheme = slice_str("world"), .id = slice_str("anyone")}};
    struct jute_acl_vec read_only = {.count = 1, .items = &read};
    add_built_in(t, zookeeper, "/zookeeper/config", acl_cache_intern(&t->acls, &read_only), -1);
}

struct tree *tree_new(const struct tree_options *options)
{
    struct tree *t = mem_zalloc(sizeof(*t));
    t->options = *options;
    tree_init_empty(t);
    struct znode *root = add_built_in(t, NULL, "", ACL_ID_OPEN, 0);
    struct znode *zookeeper = add_built_in(t, root, "/zookeeper", ACL_ID_OPEN, 0);
    add_built_in(t, zookeeper, "/zookeeper/quota", ACL_ID_OPEN, 0);
    tree_add_config(t, zookeeper);
    return t;
}

void tree_free(struct tree *t)
{
    if (t == NULL) {
        return;
    }
    ASSERT(t->walk == NULL);
    tree_fini_nodes(t);
    buf_fini(&t->path);
    buf_fini(&t->load.dir);
    mem_free(t);
}

// ---- from path to node ----

static bool is_root_path(struct slice path)
{
    return path.len == 0 || (path.len == 1 && path.data[0] == '/');
}

uint32_t tree_path_hash(const struct tree *t, struct slice path)
{
    struct slice p = is_root_path(path) ? slice_str("") : path;
    return (uint32_t)hash_keyed(t->options.hash_seed, p);
}

// Compare the components of `path` from the last one, going up from `n`.
static bool has_path(const struct znode *n, struct slice path)
{
    size_t end = path.len;
    for (; n->parent != NULL; n = n->parent) {
        const struct znode_body *b = znode_body(n);
        if (end <= b->name_len) {
            return false;
        }
        end -= b->name_len;
        if (memcmp(path.data + end, b->bytes, b->name_len) != 0 || path.data[end - 1] != '/') {
            return false;
        }
        end--;
    }
    return end == 0;
}

struct znode *tree_find_hashed(const struct tree *t, struct slice path, uint32_t hash)
{
    if (is_root_path(path)) {
        return t->root;
    }
    for (struct hmap_link *l = hmap_first(&t->nodes, hash); l != NULL; l = hmap_next(l, hash)) {
        struct znode *n = CONTAINER_OF(l, struct znode, link);
        if (has_path(n, path)) {
            return n;
        }
    }
    return NULL;
}

struct znode *tree_find(const struct tree *t, struct slice path)
{
    return tree_find_hashed(t, path, tree_path_hash(t, path));
}

bool tree_split_path(struct slice path, struct slice *ret_parent, struct slice *ret_name)
{
    if (is_root_path(path) || path.data[0] != '/') {
        return false;
    }
    const uint8_t *slash = memrchr(path.data, '/', path.len);
    size_t at = (size_t)(slash - path.data);
    *ret_parent = slice_of(path.data, at);
    *ret_name = slice_skip(path, at + 1);
    return ret_name->len > 0 && !(at == 1 && is_root_path(*ret_parent));
}

// ---- what an owner means (EphemeralType.get) ----

static uint64_t top_byte(int64_t owner)
{
    return (uint64_t)owner >> 56;
}

static uint64_t extended_feature(int64_t owner)
{
    return ((uint64_t)owner >> 40) & 0xffff;
}

enum znode_kind tree_kind_of_owner(const struct tree *t, int64_t owner)
{
    if (t->options.extended_types_enabled) {
        if (t->options.emulate_353_ttl_nodes && owner < 0 && owner != CONTAINER_OWNER) {
            return ZNODE_TTL;
        }
        if (top_byte(owner) == 0xff) {
            return ZNODE_TTL;
        }
    }
    if (owner == CONTAINER_OWNER) {
        return ZNODE_CONTAINER;
    }
    return owner == 0 ? ZNODE_PERSISTENT : ZNODE_EPHEMERAL;
}

bool tree_owner_is_unknown(const struct tree *t, int64_t owner)
{
    return t->options.extended_types_enabled && !t->options.emulate_353_ttl_nodes &&
           top_byte(owner) == 0xff && extended_feature(owner) != 0;
}

int64_t tree_ttl_of_owner(const struct tree *t, int64_t owner)
{
    (void)t; // also an owner in the form of 3.5.3 is read in 40 bits
    return owner & TTL_MS_MAX;
}

// ---- adding and removing a node ----

static void add_to_owner(struct tree *t, struct znode *n, int64_t owner)
{
    switch (tree_kind_of_owner(t, owner)) {
    case ZNODE_PERSISTENT:
        break;
    case ZNODE_EPHEMERAL:
        ephemerals_add(&t->ephemerals, znode_ext(n));
        break;
    case ZNODE_CONTAINER:
    case ZNODE_TTL:
        reap_add(t, n);
        break;
    }
}

static void remove_from_owner(struct tree *t, struct znode *n, int64_t owner)
{
    switch (tree_kind_of_owner(t, owner)) {
    case ZNODE_PERSISTENT:
        break;
    case ZNODE_EPHEMERAL:
        ephemerals_remove(&t->ephemerals, znode_ext(n));
        break;
    case ZNODE_CONTAINER:
    case ZNODE_TTL:
        reap_remove(t, n);
        break;
    }
}

static void link_below(struct tree *t, struct znode *parent, struct znode *n)
{
    walk_before_insert(t, parent);
    znode_link_child(parent, n);
    for (struct znode *up = parent; up != NULL; up = up->parent) {
        znode_ext(up)->descendant_count++;
    }
    if (znode_ext(parent)->child_count == 1) {
        reap_children_changed(t, parent);
    }
}

static void unlink_from_parent(struct tree *t, struct znode *n)
{
    struct znode *parent = n->parent;
    znode_unlink_child(n);
    for (struct znode *up = parent; up != NULL; up = up->parent) {
        znode_ext(up)->descendant_count--;
    }
    if (znode_ext(parent)->child_count == 0) {
        reap_children_changed(t, parent);
    }
}

struct znode *tree_place(struct tree *t, struct znode *parent, struct slice path, struct slice data,
                         const struct jute_stat_persisted *stat, int32_t acl_id)
{
    struct slice name = slice_str("");
    struct slice parent_path;
    if (parent != NULL) {
        bool is_split = tree_split_path(path, &parent_path, &name);
        ASSERT(is_split);
    }
    struct znode *n = znode_new(&t->slab, name, data, acl_id, stat);
    if (parent != NULL) {
        link_below(t, parent, n);
    } else {
        t->root = n;
    }
    t->size += znode_utf16_len(path) + data.len;
    if (stat->ephemeral_owner != 0) {
        add_to_owner(t, n, stat->ephemeral_owner);
    }
    digest_refresh(t, n, path);
    return n;
}

struct znode *tree_insert(struct tree *t, struct znode *parent, struct slice path, uint32_t hash,
                          struct slice data, const struct jute_stat_persisted *stat, int32_t acl_id)
{
    struct znode *n = tree_place(t, parent, path, data, stat, acl_id);
    hmap_insert(&t->nodes, &n->link, hash);
    return n;
}

void tree_remove(struct tree *t, struct znode *n)
{
    ASSERT(n->parent != NULL && znode_child_count(n) == 0);
    walk_before_remove(t, n);
    digest_forget(t, n);
    t->size -= znode_path_utf16_len(n) + znode_data_len(n);
    int64_t owner = znode_owner(n);
    if (owner != 0) {
        remove_from_owner(t, n, owner);
    }
    unlink_from_parent(t, n);
    hmap_remove(&t->nodes, &n->link);
    acl_cache_unref(&t->acls, n->acl_id);
    znode_free(&t->slab, n);
}

void tree_set_data(struct tree *t, struct znode *n, struct slice data)
{
    t->size += data.len - znode_data_len(n);
    znode_set_data(n, data);
}

// ---- what is read from the whole ----

const struct jute_acl_vec *tree_acl(const struct tree *t, int64_t acl_id)
{
    return acl_cache_find(&t->acls, acl_id);
}

uint64_t tree_acl_count(const struct tree *t)
{
    return t->acls.count;
}

int64_t tree_last_zxid(const struct tree *t)
{
    return t->last_zxid;
}

void tree_set_last_zxid(struct tree *t, int64_t zxid)
{
    t->last_zxid = zxid;
}

// Java's map of paths holds the root under "" and "/".
uint64_t tree_node_count(const struct tree *t)
{
    return t->nodes.count + 1;
}

uint64_t tree_approximate_data_size(const struct tree *t)
{
    return t->size + 1 + znode_data_len(t->root);
}

uint64_t tree_ephemeral_count(const struct tree *t)
{
    return t->ephemerals.count;
}

uint64_t tree_session_count(const struct tree *t)
{
    return t->sessions.sessions.count;
}

bool tree_session_find(const struct tree *t, int64_t session, int32_t *ret_timeout_ms)
{
    return session_table_find(&t->sessions, session, ret_timeout_ms);
}

void tree_sessions_each(const struct tree *t,
                        void (*each)(void *ctx, int64_t session, int32_t timeout_ms), void *ctx)
{
    session_table_each(&t->sessions, each, ctx);
}

void tree_ephemerals_each(const struct tree *t, int64_t session,
                          void (*each)(void *ctx, const struct znode *n), void *ctx)
{
    ephemerals_each(&t->ephemerals, session, each, ctx);
}

void tree_ephemeral_owners_each(const struct tree *t, void (*each)(void *ctx, int64_t session),
                                void *ctx)
{
    ephemerals_owners_each(&t->ephemerals, each, ctx);
}

// Source: DataTree.getAllChildrenNumber.
uint64_t tree_all_children_count(const struct tree *t, struct slice path, const struct znode *n)
{
    return znode_descendant_count(n) + (n == t->root && path.len == 0 ? 1 : 0);
}
