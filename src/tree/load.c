// SPDX-License-Identifier: Apache-2.0
//
// Building a tree from a snapshot. Nodes come parents first and mostly in runs of siblings, so the
// parent of the last node is remembered with its path, and most nodes cost one hash of their path.
// Source: DataTree.deserialize; PROTOCOL 5.3.
#include "base/assert.h"
#include "tree/tree_priv.h"

void tree_load_begin(struct tree *t)
{
    ASSERT(t->walk == NULL);
    tree_fini_nodes(t);
    tree_init_empty(t);
    t->is_loading = true;
    t->load_parent = NULL;
    buf_clear(&t->load_dir);
}

enum err tree_load_session(struct tree *t, int64_t session, int32_t timeout_ms)
{
    ASSERT(t->is_loading);
    session_table_put(&t->sessions, session, timeout_ms);
    return ERR_OK;
}

enum err tree_load_acl(struct tree *t, int64_t acl_id, const struct jute_acl_vec *acl)
{
    ASSERT(t->is_loading);
    return acl_cache_load(&t->acls, acl_id, acl);
}

static struct znode *find_parent(struct tree *t, struct slice parent_path)
{
    if (t->load_parent != NULL && slice_equal(buf_slice(&t->load_dir), parent_path)) {
        return t->load_parent;
    }
    t->load_parent = tree_find(t, parent_path);
    buf_clear(&t->load_dir);
    buf_append_slice(&t->load_dir, parent_path);
    return t->load_parent;
}

enum err tree_load_node(struct tree *t, struct slice path, struct slice data, int64_t acl_id,
                        const struct jute_stat_persisted *stat)
{
    ASSERT(t->is_loading);
    struct znode *parent = NULL;
    uint32_t hash = tree_path_hash(t, path);
    if (path.len > 0) {
        struct slice parent_path;
        struct slice name;
        if (t->root == NULL || !tree_split_path(path, &parent_path, &name) || name.len == 0) {
            return ERR_CORRUPT;
        }
        parent = find_parent(t, parent_path);
        if (parent == NULL || tree_find_hashed(t, path, hash) != NULL) {
            return ERR_CORRUPT;
        }
    } else if (t->root != NULL || stat->ephemeral_owner != 0) {
        return ERR_CORRUPT;
    }
    int32_t local_acl_id = ACL_ID_OPEN;
    if (tree_owner_is_unknown(t, stat->ephemeral_owner) ||
        (acl_id != ACL_ID_OPEN && !acl_cache_loaded_id(&t->acls, acl_id, &local_acl_id))) {
        return ERR_CORRUPT;
    }
    acl_cache_ref(&t->acls, local_acl_id);
    tree_insert(t, parent, path, hash, data, stat, local_acl_id);
    return ERR_OK;
}

enum err tree_load_end(struct tree *t, int64_t last_zxid)
{
    ASSERT(t->is_loading);
    if (t->root == NULL) {
        return ERR_CORRUPT;
    }
    t->is_loading = false;
    t->load_parent = NULL;
    buf_fini(&t->load_dir);
    acl_cache_load_end(&t->acls);
    quota_load(t);
    t->last_zxid = last_zxid;
    if (t->digest.is_pending && t->digest.pending.zxid < last_zxid) {
        t->digest.is_pending = false; // that transaction will not come
    }
    digest_check_pending(t, last_zxid);
    return ERR_OK;
}

// Source: DataTree.deserializeZxidDigest.
void tree_load_digest(struct tree *t, int64_t zxid, uint64_t digest)
{
    struct digest_state *d = &t->digest;
    d->pending = (struct tree_digest_entry){.zxid = zxid, .digest = digest};
    d->is_pending =
        zxid > 0 && t->options.digest_enabled && (t->is_loading || zxid >= t->last_zxid);
    if (!t->is_loading) {
        digest_check_pending(t, t->last_zxid);
    }
}
