// SPDX-License-Identifier: Apache-2.0
//
// Whole requests: decode, prepare the operations, settle the changes in flight, attach the digest.
#include "server/prep.h"

#include "base/assert.h"
#include "base/mem.h"
#include "jute/op.h"
#include "jute/path.h"
#include "server/prep_priv.h"

static void init_txn(const struct prep_txn *t, int32_t type, struct txn *ret)
{
    *ret = (struct txn){
        .header = {.client_id = t->request->session_id,
                   .cxid = t->request->xid,
                   .zxid = t->zxid,
                   .time_ms = t->wall_ms,
                   .type = type},
        .op = {.type = type},
    };
}

static void attach_digest(const struct prep *p, struct txn *txn)
{
    if (p->changes->digest_enabled) {
        txn->has_digest = true;
        txn->digest = (struct jute_txn_digest){.version = TXN_DIGEST_VERSION,
                                               .tree_digest = (int64_t)p->changes->digest};
    }
}

static void make_error_txn(const struct prep_txn *t, enum zk_code code, struct txn *ret)
{
    init_txn(t, OP_ERROR, ret);
    ret->op.error.err = code;
}

// ---- single operations ----

static bool decode_create(const struct prep_txn *t, struct jute_in *in, struct prep_create *ret)
{
    ret->type = t->request->type;
    if (ret->type == OP_CREATE_TTL) {
        struct jute_create_ttl_request r;
        if (!jute_create_ttl_request_decode(in, &r)) {
            return false;
        }
        *ret = (struct prep_create){OP_CREATE_TTL, r.path, r.data, r.acl, r.flags, r.ttl_ms};
        return true;
    }
    struct jute_create_request r;
    if (!jute_create_request_decode(in, &r)) {
        return false;
    }
    *ret = (struct prep_create){t->request->type, r.path, r.data, r.acl, r.flags, -1};
    return true;
}

// Decode and prepare one operation into *ret_op; *ret_decoded says whether the body made sense.
static enum zk_code prep_single(struct prep *p, const struct prep_txn *t, struct jute_in *in,
                                bool *ret_decoded, struct txn_op *ret_op)
{
    struct prep_create create;
    struct jute_path_version path_version;
    struct jute_set_data_request set_data;
    struct jute_set_acl_request set_acl;
    struct jute_path path;
    struct jute_reconfig_request reconfig;
    switch (t->request->type) {
    case OP_CREATE:
    case OP_CREATE2:
    case OP_CREATE_CONTAINER:
    case OP_CREATE_TTL:
        *ret_decoded = decode_create(t, in, &create);
        return *ret_decoded ? prep_op_create(p, t, &create, ret_op) : ZK_MARSHALLING_ERROR;
    case OP_DELETE:
        *ret_decoded = jute_path_version_decode(in, &path_version);
        return *ret_decoded ? prep_op_delete(p, t, path_version.path, path_version.version, ret_op)
                            : ZK_MARSHALLING_ERROR;
    case OP_DELETE_CONTAINER:
        *ret_decoded = jute_path_decode(in, &path);
        return *ret_decoded ? prep_op_delete_container(p, t, path.path, ret_op)
                            : ZK_MARSHALLING_ERROR;
    case OP_SET_DATA:
        *ret_decoded = jute_set_data_request_decode(in, &set_data);
        return *ret_decoded ? prep_op_set_data(p, t, &set_data, ret_op) : ZK_MARSHALLING_ERROR;
    case OP_SET_ACL:
        *ret_decoded = jute_set_acl_request_decode(in, &set_acl);
        return *ret_decoded ? prep_op_set_acl(p, t, &set_acl, ret_op) : ZK_MARSHALLING_ERROR;
    case OP_RECONFIG:
        *ret_decoded = jute_reconfig_request_decode(in, &reconfig);
        return *ret_decoded ? prep_op_reconfig(p, t, &reconfig, ret_op) : ZK_MARSHALLING_ERROR;
    }
    ASSERT(false && "not a single write");
    return ZK_MARSHALLING_ERROR;
}

static struct prep_result finish_single(struct prep *p, const struct prep_txn *t,
                                        struct jute_in *in, struct txn *ret)
{
    bool decoded = false;
    init_txn(t, t->request->type, ret);
    enum zk_code code = prep_single(p, t, in, &decoded, &ret->op);
    if (code != ZK_OK) {
        changes_rollback(p->changes);
        make_error_txn(t, code, ret);
        return (struct prep_result){.code = code, .is_txn = decoded};
    }
    changes_commit(p->changes, t->zxid);
    attach_digest(p, ret);
    struct slice config = ret->op.type == OP_RECONFIG ? ret->op.set_data.data : slice_null();
    return (struct prep_result){.code = ZK_OK, .is_txn = true, .config = config};
}

// ---- multi ----

static enum zk_code prep_part(struct prep *p, const struct prep_txn *t, const struct multi_op *op,
                              struct txn_op *ret)
{
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
    case OP_CREATE_CONTAINER: {
        const struct jute_create_request *r = &op->create;
        struct prep_create c = {op->type, r->path, r->data, r->acl, r->flags, -1};
        return prep_op_create(p, t, &c, ret);
    }
    case OP_CREATE_TTL: {
        const struct jute_create_ttl_request *r = &op->create_ttl;
        struct prep_create c = {op->type, r->path, r->data, r->acl, r->flags, r->ttl_ms};
        return prep_op_create(p, t, &c, ret);
    }
    case OP_DELETE:
        return prep_op_delete(p, t, op->path_version.path, op->path_version.version, ret);
    case OP_SET_DATA:
        return prep_op_set_data(p, t, &op->set_data, ret);
    case OP_CHECK:
        return prep_op_check(p, t, op->path_version.path, op->path_version.version, ret);
    }
    ASSERT(false && "multi_decode lets no other type through");
    return ZK_MARSHALLING_ERROR;
}

static void set_error_part(struct txn_op *part, enum zk_code code)
{
    *part = (struct txn_op){.type = OP_ERROR, .error = {.err = code}};
}

// All parts or none: the first failure takes the edits back and names itself; later parts are
// RuntimeInconsistency.
static enum zk_code prep_parts(struct prep *p, const struct prep_txn *t, const struct multi *m,
                               struct txn_op *parts)
{
    enum zk_code failure = ZK_OK;
    for (int32_t i = 0; i < m->count; i++) {
        if (failure != ZK_OK) {
            set_error_part(&parts[i], ZK_RUNTIME_INCONSISTENCY);
            continue;
        }
        failure = prep_part(p, t, &m->ops[i], &parts[i]);
        if (failure != ZK_OK) {
            set_error_part(&parts[i], failure);
        }
    }
    return failure;
}

static struct prep_result prep_multi(struct prep *p, const struct prep_txn *t, struct jute_in *in,
                                     struct txn *ret)
{
    struct multi m;
    bool is_decoded = multi_decode(in, &m);
    if (!is_decoded || m.kind == MULTI_READS) {
        changes_rollback(p->changes);
        make_error_txn(t, ZK_MARSHALLING_ERROR, ret);
        if (is_decoded) {
            attach_digest(p, ret); // as Java: the digest was attached before the reads failed
        }
        return (struct prep_result){.code = ZK_MARSHALLING_ERROR, .is_txn = true};
    }
    init_txn(t, OP_MULTI, ret);
    ret->op_count = m.count;
    ret->ops = arena_alloc(p->arena, ((size_t)m.count + 1) * sizeof(*ret->ops));
    enum zk_code failure = prep_parts(p, t, &m, ret->ops);
    if (failure == ZK_OK) {
        changes_commit(p->changes, t->zxid);
    } else {
        changes_rollback(p->changes);
    }
    if (failure == ZK_MARSHALLING_ERROR) { // as Java: such a part is not its own failure
        make_error_txn(t, failure, ret);
        return (struct prep_result){.code = failure, .is_txn = true};
    }
    attach_digest(p, ret);
    return (struct prep_result){.code = ZK_OK, .is_txn = true};
}

// ---- sessions ----

struct path_list {
    struct prep *prep;
    int64_t session;
    struct slice *items;
    size_t count, cap;
};

static void add_path(struct path_list *list, struct slice path)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 16 : 2 * list->cap;
        struct slice *items = arena_alloc(list->prep->arena, cap * sizeof(*items));
        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof(*items));
        }
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = path;
}

// Applied ephemerals, unless a change in flight knows better.
static void add_applied(void *ctx, const struct znode *node)
{
    struct path_list *list = ctx;
    struct buf path = {0};
    znode_path(node, &path);
    if (changes_find_edited(list->prep->changes, buf_slice(&path)) == NULL) {
        add_path(list, arena_copy(list->prep->arena, buf_slice(&path)));
    }
    buf_fini(&path);
}

static void add_in_flight(void *ctx, const struct change *ch)
{
    struct path_list *list = ctx;
    if (!ch->now.is_deleted && ch->now.stat.ephemeral_owner == list->session) {
        add_path(list, arena_copy(list->prep->arena, change_path(ch)));
    }
}

static void record_session_delete(struct prep *p, const struct prep_txn *t, struct slice path)
{
    struct change *parent = changes_find(p->changes, path_parent(path));
    ASSERT(parent != NULL);
    changes_edit(p->changes, parent);
    parent->now.child_count--;
    parent->now.stat.pzxid = t->zxid;
    changes_edited(p->changes, parent);
    struct change *node = changes_find(p->changes, path);
    ASSERT(node != NULL);
    changes_delete(p->changes, node);
}

// Every ephemeral that the session has, or will have from creates in flight.
static struct prep_result prep_close_session(struct prep *p, const struct prep_txn *t,
                                             struct txn *ret)
{
    struct path_list list = {.prep = p, .session = t->request->session_id};
    tree_ephemerals_each(p->tree, list.session, add_applied, &list);
    changes_each(p->changes, add_in_flight, &list);
    for (size_t i = 0; i < list.count; i++) {
        record_session_delete(p, t, list.items[i]);
    }
    changes_commit(p->changes, t->zxid);
    init_txn(t, OP_CLOSE_SESSION, ret);
    ret->op.close_session.paths = (struct jute_str_vec){.count = -1};
    if (p->config->close_session_txn_enabled) {
        ret->op.close_session.paths.count = (int32_t)list.count;
        ret->op.close_session.paths.items = list.items;
        attach_digest(p, ret);
    }
    struct session *session = sessions_find(p->sessions, list.session);
    if (session != NULL) {
        sessions_set_closing(p->sessions, session);
    }
    return (struct prep_result){.code = ZK_OK, .is_txn = true};
}

// The session is tracked already, with the timeout that was negotiated.
static struct prep_result prep_create_session(struct prep *p, const struct prep_txn *t,
                                              struct jute_in *in, struct txn *ret)
{
    int32_t timeout_ms;
    if (!jute_in_i32(in, &timeout_ms)) {
        changes_rollback(p->changes);
        return (struct prep_result){.code = ZK_MARSHALLING_ERROR};
    }
    changes_commit(p->changes, t->zxid);
    init_txn(t, OP_CREATE_SESSION, ret);
    ret->op.create_session.timeout_ms = timeout_ms;
    attach_digest(p, ret);
    return (struct prep_result){.code = ZK_OK, .is_txn = true};
}

// ---- any write ----

static struct prep_result prep_by_type(struct prep *p, const struct prep_txn *t, struct jute_in *in,
                                       struct txn *ret)
{
    if (t->request->type == OP_MULTI) {
        return prep_multi(p, t, in, ret);
    }
    if (t->request->type == OP_CLOSE_SESSION) {
        return prep_close_session(p, t, ret);
    }
    if (t->request->type == OP_CREATE_SESSION) {
        return prep_create_session(p, t, in, ret);
    }
    return finish_single(p, t, in, ret);
}

struct prep_result prep_request(struct prep *p, const struct request *request, int64_t zxid,
                                int64_t wall_ms, struct txn *ret)
{
    const struct prep_txn t = {.request = request, .zxid = zxid, .wall_ms = wall_ms};
    struct jute_in in;
    jute_in_init(&in, request->body, p->arena, p->string_max);
    changes_begin(p->changes);
    struct prep_result result = prep_by_type(p, &t, &in, ret);
    if (in.is_out_of_memory) { // its edits are rolled back like those of a malformed request
        ASSERT(result.code != ZK_OK);
        return (struct prep_result){.code = ZK_SYSTEM_ERROR, .is_out_of_memory = true};
    }
    return result;
}

void prep_refuse(const struct request *request, enum zk_code code, int64_t zxid, int64_t wall_ms,
                 struct txn *ret)
{
    const struct prep_txn t = {.request = request, .zxid = zxid, .wall_ms = wall_ms};
    make_error_txn(&t, code, ret);
}

static bool decodes(const struct prep_txn *t, struct jute_in *in)
{
    struct prep_create create;
    struct jute_path_version path_version;
    struct jute_set_data_request set_data;
    struct jute_set_acl_request set_acl;
    struct jute_path path;
    struct jute_reconfig_request reconfig;
    switch (t->request->type) {
    case OP_CREATE:
    case OP_CREATE2:
    case OP_CREATE_CONTAINER:
    case OP_CREATE_TTL:
        return decode_create(t, in, &create);
    case OP_DELETE:
        return jute_path_version_decode(in, &path_version);
    case OP_DELETE_CONTAINER:
        return jute_path_decode(in, &path);
    case OP_SET_DATA:
        return jute_set_data_request_decode(in, &set_data);
    case OP_SET_ACL:
        return jute_set_acl_request_decode(in, &set_acl);
    case OP_RECONFIG:
        return jute_reconfig_request_decode(in, &reconfig);
    }
    return true; // the rest becomes a transaction, whatever its body is
}

bool prep_is_decodable(struct prep *p, const struct request *request, bool *ret_no_memory)
{
    const struct prep_txn t = {.request = request};
    struct jute_in in;
    jute_in_init(&in, request->body, p->arena, p->string_max);
    bool is_decoded = decodes(&t, &in);
    *ret_no_memory = in.is_out_of_memory;
    arena_reset(p->arena);
    return is_decoded;
}
