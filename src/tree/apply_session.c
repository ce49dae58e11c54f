// SPDX-License-Identifier: Apache-2.0
//
// Transactions on sessions, and what happens to the ephemerals of sessions that end.
// Source: DataTree.killSession, ZooKeeperServer.loadData.
#include "base/assert.h"
#include "base/mem.h"
#include "tree/apply_priv.h"

enum zk_code apply_create_session(const struct apply *a, const struct txn_op *op,
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
        enum zk_code code = apply_delete_path(a, buf_slice(&path));
        ASSERT(code == ZK_OK);
    }
    buf_fini(&path);
    ephemerals_forget(&t->ephemerals, session);
}

// The listed nodes first, then whatever this server still has of the session.
enum zk_code apply_close_session(const struct apply *a, const struct txn_op *op,
                                 struct tree_result *r)
{
    (void)r;
    const struct jute_str_vec *paths = &op->close_session.paths;
    for (int32_t i = 0; i < paths->count; i++) {
        (void)apply_delete_path(a, paths->items[i]); // a missing one is fine
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
