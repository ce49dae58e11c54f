// SPDX-License-Identifier: Apache-2.0
//
// One operation of a transaction. The order of the checks is that of
// PrepRequestProcessor: it decides which error a client sees.
#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "jute/op.h"
#include "jute/path.h"
#include "server/prep_priv.h"
#include "server/quota.h"
#include "tree/owner.h"

enum { SUFFIX_BYTES_MAX = 16 }; // "-2147483648" and a zero

// Java's checkAndIncVersion: the version after the change wraps.
static enum zk_code next_version(int32_t current, int32_t expected, int32_t *ret)
{
    if (expected != -1 && expected != current) {
        return ZK_BAD_VERSION;
    }
    *ret = (int32_t)((uint32_t)current + 1);
    return ZK_OK;
}

static enum zk_code check_node_acl(struct prep *p, const struct prep_txn *t,
                                   const struct change *node, int32_t perm)
{
    return acl_check(p->auth, changes_acl(p->changes, node), perm, t->request->ids);
}

// ---- create ----

static bool is_ttl_mode(int32_t flags)
{
    return flags == CREATE_PERSISTENT_TTL || flags == CREATE_PERSISTENT_SEQUENTIAL_TTL;
}

static bool is_sequential(int32_t flags)
{
    return flags == CREATE_PERSISTENT_SEQUENTIAL || flags == CREATE_EPHEMERAL_SEQUENTIAL ||
           flags == CREATE_PERSISTENT_SEQUENTIAL_TTL;
}

static bool is_ephemeral(int32_t flags)
{
    return flags == CREATE_EPHEMERAL || flags == CREATE_EPHEMERAL_SEQUENTIAL;
}

static enum zk_code check_mode(const struct prep *p, const struct prep_create *c)
{
    if (c->flags < CREATE_PERSISTENT || c->flags > CREATE_PERSISTENT_SEQUENTIAL_TTL) {
        return ZK_BAD_ARGUMENTS;
    }
    if (is_ttl_mode(c->flags) && !p->config->extended_types_enabled) {
        return ZK_UNIMPLEMENTED;
    }
    if (is_ttl_mode(c->flags)) {
        bool is_legal = c->ttl_ms > 0 && c->ttl_ms <= TTL_MS_MAX;
        return is_legal ? ZK_OK : ZK_BAD_ARGUMENTS;
    }
    // A createTTL without a TTL mode becomes a transaction that no Java server survives, so it is
    // refused whatever its ttl is.
    return c->type == OP_CREATE_TTL ? ZK_BAD_ARGUMENTS : ZK_OK;
}

// An ephemeral needs a session that everybody knows.
static enum zk_code check_create_session(struct prep *p, const struct prep_txn *t, int32_t flags)
{
    const struct request *r = t->request;
    return is_ephemeral(flags) ? sessions_check_global(p->sessions, r->session_id, r->link)
                               : sessions_check(p->sessions, r->session_id, r->link);
}

static struct slice with_suffix(struct prep *p, struct slice path, int32_t counter)
{
    char suffix[SUFFIX_BYTES_MAX];
    int len = snprintf(suffix, sizeof(suffix), "%010" PRId32, counter);
    uint8_t *text = arena_alloc(p->arena, path.len + (size_t)len);
    memcpy(text, path.data, path.len);
    memcpy(text + path.len, suffix, (size_t)len);
    return slice_of(text, path.len + (size_t)len);
}

// What the opcode says is stored, whatever the flags say: op 1 with the container flag makes a
// plain node. Java stores the same but puts a digest for the other kind into the transaction.
static int64_t owner_of(const struct prep_txn *t, const struct prep_create *c)
{
    if (c->type == OP_CREATE_CONTAINER) {
        return CONTAINER_OWNER;
    }
    if (c->type == OP_CREATE_TTL) {
        return ttl_owner(c->ttl_ms);
    }
    return is_ephemeral(c->flags) ? t->request->session_id : 0;
}

static void fill_create_txn(const struct prep_create *c, struct slice path,
                            const struct jute_acl_vec *acl, int32_t parent_cversion,
                            struct txn_op *ret)
{
    ret->type = c->type;
    if (c->type == OP_CREATE_CONTAINER) {
        ret->create_container = (struct jute_create_container_txn){
            .path = path, .data = c->data, .acl = *acl, .parent_cversion = parent_cversion};
    } else if (c->type == OP_CREATE_TTL) {
        ret->create_ttl = (struct jute_create_ttl_txn){.path = path,
                                                       .data = c->data,
                                                       .acl = *acl,
                                                       .parent_cversion = parent_cversion,
                                                       .ttl_ms = c->ttl_ms};
    } else {
        ret->create = (struct jute_create_txn){.path = path,
                                               .data = c->data,
                                               .acl = *acl,
                                               .ephemeral = is_ephemeral(c->flags),
                                               .parent_cversion = parent_cversion};
    }
}

// Both nodes as they will be: applying raises cversion and pzxid only if cversion grows, so behind
// its last value the parent stays as it is. Source: DataTree.createNode.
static void record_create(struct prep *p, const struct prep_txn *t, const struct prep_create *c,
                          struct change *parent, int32_t cversion, struct change *place,
                          const struct jute_acl_vec *acl)
{
    changes_edit(p->changes, parent);
    parent->now.child_count++;
    if (cversion > parent->now.stat.cversion) {
        parent->now.stat.cversion = cversion;
        parent->now.stat.pzxid = t->zxid;
    }
    changes_edited(p->changes, parent);
    struct jute_stat_persisted stat = {
        .czxid = t->zxid,
        .mzxid = t->zxid,
        .pzxid = t->zxid,
        .ctime = t->wall_ms,
        .mtime = t->wall_ms,
        .ephemeral_owner = owner_of(t, c),
    };
    changes_create(p->changes, place, &stat, c->data, acl);
}

static bool is_ephemeral_node(const struct prep *p, const struct change *node)
{
    return tree_kind_of_owner(p->tree, node->now.stat.ephemeral_owner) == ZNODE_EPHEMERAL;
}

// Everything that needs the parent. Source: PrepRequestProcessor.pRequest2TxnCreate.
static enum zk_code create_under(struct prep *p, const struct prep_txn *t,
                                 const struct prep_create *c, struct change *parent,
                                 const struct jute_acl_vec *acl, struct txn_op *ret)
{
    enum zk_code code = check_node_acl(p, t, parent, PERM_CREATE);
    if (code != ZK_OK) {
        return code;
    }
    struct slice path = c->path;
    if (is_sequential(c->flags)) {
        path = with_suffix(p, path, parent->now.stat.cversion);
    }
    if (!path_is_valid(path)) {
        return ZK_BAD_ARGUMENTS;
    }
    struct change *place = changes_place(p->changes, path);
    if (place == NULL) {
        return ZK_NODE_EXISTS;
    }
    if (is_ephemeral_node(p, parent)) {
        return ZK_NO_CHILDREN_FOR_EPHEMERALS;
    }
    code = quota_check_poison_create(path);
    if (code == ZK_OK) {
        code = quota_check_create(p, path, c->data.len);
    }
    if (code != ZK_OK) {
        return code;
    }
    int32_t cversion = (int32_t)((uint32_t)parent->now.stat.cversion + 1);
    record_create(p, t, c, parent, cversion, place, acl);
    fill_create_txn(c, path, acl, cversion, ret);
    return ZK_OK;
}

enum zk_code prep_op_create(struct prep *p, const struct prep_txn *t, const struct prep_create *c,
                            struct txn_op *ret)
{
    enum zk_code code = check_mode(p, c);
    if (code == ZK_OK) {
        code = check_create_session(p, t, c->flags);
    }
    if (code != ZK_OK) {
        return code;
    }
    if (slice_is_null(c->path)) {
        return ZK_MARSHALLING_ERROR;
    }
    if (!path_has_slash_and_no_nul(c->path)) {
        return ZK_BAD_ARGUMENTS;
    }
    struct jute_acl_vec acl;
    code = acl_fix_up(p->auth, &c->acl, t->request->ids, p->arena, &acl);
    if (code != ZK_OK) {
        return code;
    }
    struct change *parent = changes_find(p->changes, path_parent(c->path));
    return parent == NULL ? ZK_NO_NODE : create_under(p, t, c, parent, &acl, ret);
}

// ---- delete ----

static bool is_built_in(struct slice path)
{
    return slice_equal_str(path, "/") || slice_equal_str(path, "/zookeeper") ||
           slice_equal_str(path, "/zookeeper/quota") || slice_equal_str(path, "/zookeeper/config");
}

static enum zk_code check_delete_path(struct slice path)
{
    if (slice_is_null(path)) {
        return ZK_MARSHALLING_ERROR;
    }
    return path_has_slash_and_no_nul(path) && !is_built_in(path) ? ZK_OK : ZK_BAD_ARGUMENTS;
}

static void record_delete(struct prep *p, const struct prep_txn *t, struct change *parent,
                          struct change *node, struct slice path, int32_t type, struct txn_op *ret)
{
    changes_edit(p->changes, parent);
    parent->now.child_count--;
    parent->now.stat.pzxid = t->zxid;
    changes_edited(p->changes, parent);
    changes_delete(p->changes, node);
    ret->type = type;
    ret->del = (struct jute_delete_txn){.path = path};
}

enum zk_code prep_op_delete(struct prep *p, const struct prep_txn *t, struct slice path,
                            int32_t version, struct txn_op *ret)
{
    enum zk_code code = sessions_check(p->sessions, t->request->session_id, t->request->link);
    if (code == ZK_OK) {
        code = check_delete_path(path);
    }
    if (code != ZK_OK) {
        return code;
    }
    struct change *parent = changes_find(p->changes, path_parent(path));
    if (parent == NULL) {
        return ZK_NO_NODE;
    }
    code = check_node_acl(p, t, parent, PERM_DELETE);
    if (code != ZK_OK) {
        return code;
    }
    struct change *node = changes_find(p->changes, path);
    if (node == NULL) {
        return ZK_NO_NODE;
    }
    int32_t unused;
    code = next_version(node->now.stat.version, version, &unused);
    if (code != ZK_OK) {
        return code;
    }
    if (node->now.child_count > 0) {
        return ZK_NOT_EMPTY;
    }
    record_delete(p, t, parent, node, path, OP_DELETE, ret);
    return ZK_OK;
}

// Whether the server may still take this node by itself: since it was found, a request may have set
// it again, or put another node in its place. Java does not look again, and then takes that one.
static bool may_reap(const struct prep *p, const struct prep_txn *t, const struct change *node)
{
    const struct jute_stat_persisted *s = &node->now.stat;
    int64_t age_ms = (int64_t)((uint64_t)t->wall_ms - (uint64_t)s->mtime);
    int64_t never_used_ms = p->config->container_max_never_used_ms;
    switch (tree_kind_of_owner(p->tree, s->ephemeral_owner)) {
    case ZNODE_CONTAINER:
        return s->cversion > 0 || (never_used_ms != 0 && age_ms > never_used_ms);
    case ZNODE_TTL:
        return age_ms > tree_ttl_of_owner(p->tree, s->ephemeral_owner);
    case ZNODE_EPHEMERAL:
    case ZNODE_PERSISTENT:
        return false;
    }
    return false;
}

enum zk_code prep_op_delete_container(struct prep *p, const struct prep_txn *t, struct slice path,
                                      struct txn_op *ret)
{
    enum zk_code code = check_delete_path(path);
    if (code != ZK_OK) {
        return code;
    }
    struct change *node = changes_find(p->changes, path);
    if (node == NULL) {
        return ZK_NO_NODE;
    }
    if (node->now.child_count > 0) {
        return ZK_NOT_EMPTY;
    }
    if (!may_reap(p, t, node)) {
        return ZK_BAD_VERSION;
    }
    struct change *parent = changes_find(p->changes, path_parent(path));
    ASSERT(parent != NULL);
    record_delete(p, t, parent, node, path, OP_DELETE_CONTAINER, ret);
    return ZK_OK;
}

// ---- setData, setACL, check ----

enum zk_code prep_op_set_data(struct prep *p, const struct prep_txn *t,
                              const struct jute_set_data_request *r, struct txn_op *ret)
{
    enum zk_code code = sessions_check(p->sessions, t->request->session_id, t->request->link);
    if (code != ZK_OK) {
        return code;
    }
    if (!path_is_valid(r->path)) {
        return ZK_BAD_ARGUMENTS;
    }
    struct change *node = changes_find(p->changes, r->path);
    if (node == NULL) {
        return ZK_NO_NODE;
    }
    code = check_node_acl(p, t, node, PERM_WRITE);
    if (code == ZK_OK) {
        code = quota_check_poison_data(r->path, r->data);
    }
    if (code == ZK_OK) {
        code = quota_check_set_data(p, r->path, node->now.data_len, r->data.len);
    }
    int32_t version = 0;
    if (code == ZK_OK) {
        code = next_version(node->now.stat.version, r->version, &version);
    }
    if (code != ZK_OK) {
        return code;
    }
    changes_edit(p->changes, node);
    node->now.stat.version = version;
    node->now.stat.mtime = t->wall_ms;
    node->now.stat.mzxid = t->zxid;
    changes_set_data(p->changes, node, r->data);
    changes_edited(p->changes, node);
    ret->type = OP_SET_DATA;
    ret->set_data =
        (struct jute_set_data_txn){.path = r->path, .data = r->data, .version = version};
    return ZK_OK;
}

enum zk_code prep_op_set_acl(struct prep *p, const struct prep_txn *t,
                             const struct jute_set_acl_request *r, struct txn_op *ret)
{
    enum zk_code code = sessions_check(p->sessions, t->request->session_id, t->request->link);
    if (code != ZK_OK) {
        return code;
    }
    if (!path_is_valid(r->path)) {
        return ZK_BAD_ARGUMENTS;
    }
    struct jute_acl_vec acl;
    code = acl_fix_up(p->auth, &r->acl, t->request->ids, p->arena, &acl);
    if (code != ZK_OK) {
        return code;
    }
    struct change *node = changes_find(p->changes, r->path);
    if (node == NULL) {
        return ZK_NO_NODE;
    }
    int32_t version = 0;
    code = check_node_acl(p, t, node, PERM_ADMIN);
    if (code == ZK_OK) {
        code = next_version(node->now.stat.aversion, r->version, &version);
    }
    if (code != ZK_OK) {
        return code;
    }
    changes_edit(p->changes, node);
    node->now.stat.aversion = version;
    changes_set_acl(p->changes, node, &acl);
    changes_edited(p->changes, node);
    ret->type = OP_SET_ACL;
    ret->set_acl = (struct jute_set_acl_txn){.path = r->path, .acl = acl, .version = version};
    return ZK_OK;
}

enum zk_code prep_op_check(struct prep *p, const struct prep_txn *t, struct slice path,
                           int32_t version, struct txn_op *ret)
{
    enum zk_code code = sessions_check(p->sessions, t->request->session_id, t->request->link);
    if (code != ZK_OK) {
        return code;
    }
    if (!path_is_valid(path)) {
        return ZK_BAD_ARGUMENTS;
    }
    struct change *node = changes_find(p->changes, path);
    if (node == NULL) {
        return ZK_NO_NODE;
    }
    int32_t next = 0;
    code = check_node_acl(p, t, node, PERM_READ);
    if (code == ZK_OK) {
        code = next_version(node->now.stat.version, version, &next);
    }
    if (code != ZK_OK) {
        return code;
    }
    ret->type = OP_CHECK;
    ret->check = (struct jute_check_version_txn){.path = path, .version = next};
    return ZK_OK;
}
