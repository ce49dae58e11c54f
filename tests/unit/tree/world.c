// SPDX-License-Identifier: Apache-2.0
//
// See world.h. After every transaction the invariants of the tree are checked when it is small.
#include "tests/unit/tree/world.h"

#include "base/assert.h"
#include "jute/op.h"

enum { CHECK_NODES_MAX = 200 };

void world_init_with(struct world *w, const struct tree_options *options)
{
    *w = (struct world){.time_ms = 1000, .session = 0x10};
    w->t = tree_new(options);
    w->ws = watches_new(WORLD_SEED);
}

void world_init(struct world *w)
{
    struct tree_options options = {
        .hash_seed = WORLD_SEED, .digest_enabled = true, .extended_types_enabled = true};
    world_init_with(w, &options);
}

void world_fini(struct world *w)
{
    tree_free(w->t);
    watches_free(w->ws);
    tree_outcome_fini(&w->o);
}

int world_set_up(void **state)
{
    static struct world w;
    world_init(&w);
    *state = &w;
    return 0;
}

int world_tear_down(void **state)
{
    world_fini(*state);
    return 0;
}

struct jute_acl_vec world_acl(int32_t perms)
{
    static struct jute_acl items[1];
    items[0] = (struct jute_acl){.perms = perms,
                                 .id = {.scheme = slice_str("world"), .id = slice_str("anyone")}};
    return (struct jute_acl_vec){.count = 1, .items = items};
}

static enum zk_code apply(struct world *w, struct txn *txn)
{
    txn->header = (struct jute_txn_header){.client_id = w->session,
                                           .cxid = 1,
                                           .zxid = ++w->zxid,
                                           .time_ms = w->time_ms,
                                           .type = txn->op.type};
    tree_apply(w->t, txn, w->ws, &w->o);
    ASSERT(tree_node_count(w->t) > CHECK_NODES_MAX || tree_check(w->t));
    return w->o.result.code;
}

enum zk_code world_apply(struct world *w, const struct txn_op *op)
{
    struct txn txn = {.op = *op};
    return apply(w, &txn);
}

enum zk_code world_multi(struct world *w, struct txn_op *ops, int32_t count)
{
    struct txn txn = {.op = {.type = OP_MULTI}, .ops = ops, .op_count = count};
    return apply(w, &txn);
}

static struct slice text(const char *s)
{
    return s != NULL ? slice_str(s) : slice_null();
}

struct txn_op op_create(const char *path, const char *data)
{
    return (struct txn_op){
        .type = OP_CREATE2,
        .create = {
            .path = text(path), .data = text(data), .acl = world_acl(31), .parent_cversion = -1}};
}

struct txn_op op_ephemeral(const char *path)
{
    struct txn_op op = op_create(path, "");
    op.create.ephemeral = true;
    return op;
}

struct txn_op op_delete(const char *path)
{
    return (struct txn_op){.type = OP_DELETE, .del = {.path = text(path)}};
}

struct txn_op op_set_data(const char *path, const char *data, int32_t version)
{
    return (struct txn_op){
        .type = OP_SET_DATA,
        .set_data = {.path = text(path), .data = text(data), .version = version}};
}

enum zk_code world_create(struct world *w, const char *path, const char *data)
{
    struct txn_op op = op_create(path, data);
    return world_apply(w, &op);
}

enum zk_code world_create_ephemeral(struct world *w, int64_t session, const char *path)
{
    struct txn_op op = op_ephemeral(path);
    w->session = session;
    return world_apply(w, &op);
}

enum zk_code world_create_container(struct world *w, const char *path)
{
    struct txn_op op = {
        .type = OP_CREATE_CONTAINER,
        .create_container = {
            .path = text(path), .data = text(""), .acl = world_acl(31), .parent_cversion = -1}};
    return world_apply(w, &op);
}

enum zk_code world_create_ttl(struct world *w, const char *path, int64_t ttl_ms)
{
    struct txn_op op = {.type = OP_CREATE_TTL,
                        .create_ttl = {.path = text(path),
                                       .data = text(""),
                                       .acl = world_acl(31),
                                       .parent_cversion = -1,
                                       .ttl_ms = ttl_ms}};
    return world_apply(w, &op);
}

enum zk_code world_delete(struct world *w, const char *path)
{
    struct txn_op op = op_delete(path);
    return world_apply(w, &op);
}

enum zk_code world_set_data(struct world *w, const char *path, const char *data, int32_t version)
{
    struct txn_op op = op_set_data(path, data, version);
    return world_apply(w, &op);
}

enum zk_code world_set_acl(struct world *w, const char *path, int32_t perms, int32_t version)
{
    struct txn_op op = {
        .type = OP_SET_ACL,
        .set_acl = {.path = text(path), .acl = world_acl(perms), .version = version}};
    return world_apply(w, &op);
}

enum zk_code world_create_session(struct world *w, int64_t session, int32_t timeout_ms)
{
    struct txn_op op = {.type = OP_CREATE_SESSION, .create_session = {.timeout_ms = timeout_ms}};
    w->session = session;
    return world_apply(w, &op);
}

enum zk_code world_close_session(struct world *w, int64_t session, struct slice *paths,
                                 int32_t count)
{
    struct txn_op op = {
        .type = OP_CLOSE_SESSION,
        .close_session = {.paths = {.count = paths != NULL ? count : -1, .items = paths}}};
    w->session = session;
    return world_apply(w, &op);
}

struct znode *world_find(const struct world *w, const char *path)
{
    return tree_find(w->t, slice_str(path));
}

struct jute_stat world_stat(const struct world *w, const char *path)
{
    struct jute_stat stat;
    struct znode *n = world_find(w, path);
    ASSERT(n != NULL);
    znode_stat(n, w->t, &stat);
    return stat;
}

struct jute_stat_persisted world_stored(const struct world *w, const char *path)
{
    struct jute_stat_persisted stat;
    struct znode *n = world_find(w, path);
    ASSERT(n != NULL);
    znode_stat_stored(n, &stat);
    return stat;
}

bool world_has(const struct world *w, const char *path, const char *data)
{
    const struct znode *n = world_find(w, path);
    return n != NULL && slice_equal(znode_data(n), text(data));
}
