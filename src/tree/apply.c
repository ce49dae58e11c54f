// SPDX-License-Identifier: Apache-2.0
//
// Applying transactions. One handler per type, found in a table; a multi runs the handlers of its
// parts. Transactions were checked when they were made, but may be replayed over a snapshot that
// holds some of their effects already, so each handler is defined for that, too:
// creates of existing nodes, changes of missing ones, versions and zxids that only go up.
// Source: DataTree.processTxn.
#include "base/assert.h"
#include "base/mem.h"
#include "jute/op.h"
#include "tree/apply_priv.h"

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

void tree_set_config(struct tree *t, struct slice text, int64_t version, int64_t wall_ms,
                     struct watches *w)
{
    struct slice path = slice_str("/zookeeper/config");
    struct znode *zookeeper = tree_find(t, slice_str("/zookeeper"));
    if (tree_find(t, path) == NULL && zookeeper != NULL) {
        tree_add_config(t, zookeeper);
    }
    const struct jute_txn_header header = {.zxid = version, .time_ms = wall_ms};
    const struct apply a = {.t = t, .w = w, .header = &header};
    const struct txn_op op = {.type = OP_SET_DATA,
                              .set_data = {.path = path, .data = text, .version = -1}};
    struct tree_result result;
    (void)apply_set_data(&a, &op, &result);
}

void tree_outcome_fini(struct tree_outcome *o)
{
    mem_free(o->results);
    *o = (struct tree_outcome){.results = NULL};
}
