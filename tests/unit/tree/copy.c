// SPDX-License-Identifier: Apache-2.0
//
// See copy.h.
#include "tests/unit/tree/copy.h"

#include "base/mem.h"

static struct slice own(struct slice s)
{
    if (slice_is_null(s)) {
        return s;
    }
    uint8_t *bytes = mem_alloc(s.len);
    if (s.len > 0) {
        memcpy(bytes, s.data, s.len);
    }
    return slice_of(bytes, s.len);
}

static void add_acl(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl)
{
    struct copy *c = ctx;
    c->acls = mem_realloc(c->acls, (c->acl_count + 1) * sizeof(c->acls[0]));
    c->acls[c->acl_count].id = acl_id;
    c->acls[c->acl_count].perms = acl->items[0].perms;
    c->acl_count++;
}

static void add_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    struct copy *c = ctx;
    c->sessions = mem_realloc(c->sessions, (c->session_count + 1) * sizeof(c->sessions[0]));
    c->sessions[c->session_count].id = session;
    c->sessions[c->session_count].timeout_ms = timeout_ms;
    c->session_count++;
}

void copy_begin(struct copy *c, struct tree *t)
{
    *c = (struct copy){.zxid = tree_last_zxid(t)};
    c->walk = tree_walk_open(t);
    while (tree_walk_sessions(c->walk, add_session, c)) {
    }
    while (tree_walk_acls(c->walk, add_acl, c)) {
    }
}

bool copy_step(struct copy *c)
{
    struct buf path = {0};
    int64_t acl_id;
    const struct znode *n = tree_walk_next(c->walk, &path, &acl_id);
    if (n == NULL) {
        tree_walk_close(c->walk);
        c->walk = NULL;
        buf_fini(&path);
        return false;
    }
    c->nodes = mem_realloc(c->nodes, (c->node_count + 1) * sizeof(c->nodes[0]));
    struct copy_node *to = &c->nodes[c->node_count++];
    *to = (struct copy_node){
        .path = own(buf_slice(&path)), .data = own(znode_data(n)), .acl_id = acl_id};
    znode_stat_stored(n, &to->stat);
    buf_fini(&path);
    return true;
}

void copy_fini(struct copy *c)
{
    tree_walk_close(c->walk);
    for (size_t i = 0; i < c->node_count; i++) {
        mem_free((void *)(uintptr_t)c->nodes[i].path.data);
        mem_free((void *)(uintptr_t)c->nodes[i].data.data);
    }
    mem_free(c->nodes);
    mem_free(c->acls);
    mem_free(c->sessions);
}

static enum err load_acls(const struct copy *c, struct tree *into)
{
    for (size_t i = 0; i < c->acl_count; i++) {
        struct jute_acl item = {.perms = c->acls[i].perms,
                                .id = {.scheme = slice_str("world"), .id = slice_str("anyone")}};
        struct jute_acl_vec list = {.count = 1, .items = &item};
        enum err e = tree_load_acl(into, c->acls[i].id, &list);
        if (e != ERR_OK) {
            return e;
        }
    }
    return ERR_OK;
}

enum err copy_load(const struct copy *c, struct tree *into)
{
    tree_load_begin(into);
    enum err e = load_acls(c, into);
    for (size_t i = 0; e == ERR_OK && i < c->session_count; i++) {
        e = tree_load_session(into, c->sessions[i].id, c->sessions[i].timeout_ms);
    }
    for (size_t i = 0; e == ERR_OK && i < c->node_count; i++) {
        const struct copy_node *n = &c->nodes[i];
        e = tree_load_node(into, n->path, n->data, n->acl_id, &n->stat);
    }
    return e == ERR_OK ? tree_load_end(into, c->zxid) : e;
}

bool copy_has(const struct copy *c, const char *path)
{
    for (size_t i = 0; i < c->node_count; i++) {
        if (slice_equal_str(c->nodes[i].path, path)) {
            return true;
        }
    }
    return false;
}

static bool nodes_are_equal(const struct tree *a, const struct znode *x, const struct tree *b,
                            const struct znode *y)
{
    struct jute_stat_persisted s;
    struct jute_stat_persisted u;
    znode_stat_stored(x, &s);
    znode_stat_stored(y, &u);
    return s.czxid == u.czxid && s.mzxid == u.mzxid && s.pzxid == u.pzxid && s.ctime == u.ctime &&
           s.mtime == u.mtime && s.version == u.version && s.cversion == u.cversion &&
           s.aversion == u.aversion && s.ephemeral_owner == u.ephemeral_owner &&
           slice_equal(znode_data(x), znode_data(y)) &&
           znode_child_count(x) == znode_child_count(y) &&
           jute_acl_vec_equal(tree_acl(a, znode_acl_id(x)), tree_acl(b, znode_acl_id(y)));
}

bool trees_are_equal(const struct tree *a, const struct tree *b)
{
    bool is_equal = tree_node_count(a) == tree_node_count(b) && tree_digest(a) == tree_digest(b) &&
                    tree_session_count(a) == tree_session_count(b) &&
                    tree_ephemeral_count(a) == tree_ephemeral_count(b) &&
                    tree_approximate_data_size(a) == tree_approximate_data_size(b) &&
                    tree_last_zxid(a) == tree_last_zxid(b);
    struct buf path = {0};
    const struct znode *n = tree_find(a, slice_str(""));
    while (n != NULL && is_equal) {
        buf_clear(&path);
        znode_path(n, &path);
        const struct znode *other = tree_find(b, buf_slice(&path));
        is_equal = other != NULL && nodes_are_equal(a, n, b, other);
        const struct znode *next = znode_first_child(n);
        while (next == NULL && n != NULL) {
            next = znode_next_sibling(n);
            n = znode_parent(n);
        }
        n = next;
    }
    buf_fini(&path);
    return is_equal;
}
