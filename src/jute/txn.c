// SPDX-License-Identifier: Apache-2.0
//
// The body of a transaction is found by the type in its header, and nothing says where it ends:
// what is left behind it is the digest or nothing. Two old forms are told apart by their length: a
// create that ends before parentCVersion, and a closeSession without a body.
// Source: SerializeUtils.deserializeTxn, PrepRequestProcessor.
#include "jute/txn.h"

#include <inttypes.h>

#include "base/assert.h"
#include "jute/code.h"
#include "jute/op.h"

enum { DIGEST_BYTES = 12 };
enum { MULTI_PART_BYTES_MIN = 12 }; // type, length of the body, and an error as the smallest body

// ---- one operation ----

// Append the body. False for a type that has none.
static bool encode_op(const struct txn_op *op, struct buf *to)
{
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
        jute_create_txn_encode(&op->create, to);
        return true;
    case OP_CREATE_CONTAINER:
        jute_create_container_txn_encode(&op->create_container, to);
        return true;
    case OP_CREATE_TTL:
        jute_create_ttl_txn_encode(&op->create_ttl, to);
        return true;
    case OP_DELETE:
    case OP_DELETE_CONTAINER:
        jute_delete_txn_encode(&op->del, to);
        return true;
    case OP_SET_DATA:
    case OP_RECONFIG:
        jute_set_data_txn_encode(&op->set_data, to);
        return true;
    case OP_SET_ACL:
        jute_set_acl_txn_encode(&op->set_acl, to);
        return true;
    case OP_CHECK:
        jute_check_version_txn_encode(&op->check, to);
        return true;
    case OP_CREATE_SESSION:
        jute_create_session_txn_encode(&op->create_session, to);
        return true;
    case OP_CLOSE_SESSION:
        jute_close_session_txn_encode(&op->close_session, to);
        return true;
    case OP_ERROR:
        jute_error_txn_encode(&op->error, to);
        return true;
    }
    return false;
}

// Print the body behind a space. Nothing for a type that has none.
static void print_op(const struct txn_op *op, struct buf *to)
{
    buf_append_str(to, " ");
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
        jute_create_txn_print(&op->create, to);
        break;
    case OP_CREATE_CONTAINER:
        jute_create_container_txn_print(&op->create_container, to);
        break;
    case OP_CREATE_TTL:
        jute_create_ttl_txn_print(&op->create_ttl, to);
        break;
    case OP_DELETE:
    case OP_DELETE_CONTAINER:
        jute_delete_txn_print(&op->del, to);
        break;
    case OP_SET_DATA:
    case OP_RECONFIG:
        jute_set_data_txn_print(&op->set_data, to);
        break;
    case OP_SET_ACL:
        jute_set_acl_txn_print(&op->set_acl, to);
        break;
    case OP_CHECK:
        jute_check_version_txn_print(&op->check, to);
        break;
    case OP_CREATE_SESSION:
        jute_create_session_txn_print(&op->create_session, to);
        break;
    case OP_CLOSE_SESSION:
        jute_close_session_txn_print(&op->close_session, to);
        break;
    case OP_ERROR:
        jute_error_txn_print(&op->error, to);
        buf_printf(to, " code=%s", zk_code_name(op->error.err));
        break;
    }
}

// A path that is null never becomes a transaction, and nobody could apply it.
static bool need_path(struct jute_in *in, struct slice path)
{
    return slice_is_null(path) ? jute_in_fail(in) : true;
}

// The types that a multi may hold. Source: DataTree.processTxn.
static bool decode_part_body(struct jute_in *in, struct txn_op *op)
{
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
        return jute_create_txn_decode(in, &op->create) && need_path(in, op->create.path);
    case OP_CREATE_CONTAINER:
        return jute_create_container_txn_decode(in, &op->create_container) &&
               need_path(in, op->create_container.path);
    case OP_CREATE_TTL:
        return jute_create_ttl_txn_decode(in, &op->create_ttl) &&
               need_path(in, op->create_ttl.path);
    case OP_DELETE:
    case OP_DELETE_CONTAINER:
        return jute_delete_txn_decode(in, &op->del) && need_path(in, op->del.path);
    case OP_SET_DATA:
        return jute_set_data_txn_decode(in, &op->set_data) && need_path(in, op->set_data.path);
    case OP_CHECK:
        return jute_check_version_txn_decode(in, &op->check) && need_path(in, op->check.path);
    case OP_ERROR:
        return jute_error_txn_decode(in, &op->error);
    }
    return jute_in_fail(in);
}

// A create of before 3.4 ends where parentCVersion would follow; -1 makes the tree count itself.
static bool decode_create(struct jute_in *in, struct jute_create_txn *ret)
{
    struct jute_in old = *in;
    if (jute_create_txn_decode(in, ret)) {
        return need_path(in, ret->path);
    }
    struct jute_create_txn_v0 v0;
    if (!jute_create_txn_v0_decode(&old, &v0) || jute_in_left(&old) > 0) {
        return false;
    }
    *in = old;
    *ret = (struct jute_create_txn){.path = v0.path,
                                    .data = v0.data,
                                    .acl = v0.acl,
                                    .ephemeral = v0.ephemeral,
                                    .parent_cversion = -1};
    return need_path(in, ret->path);
}

// Without a body there is nothing, or a digest that begins with its version: as a list that would
// be two paths in eight bytes, which no list of real paths is.
static bool decode_close_session(struct jute_in *in, struct jute_close_session_txn *ret)
{
    size_t left = jute_in_left(in);
    if (left == 0 || (left == DIGEST_BYTES && be32_load(in->next) == TXN_DIGEST_VERSION)) {
        ret->paths = (struct jute_str_vec){.count = -1};
        return true;
    }
    if (!jute_close_session_txn_decode(in, ret)) {
        return false;
    }
    for (int32_t i = 0; i < ret->paths.count; i++) {
        if (!need_path(in, ret->paths.items[i])) {
            return false;
        }
    }
    return true;
}

// ---- multi ----

static bool decode_part(struct jute_in *in, struct txn_op *ret)
{
    struct slice body;
    if (!jute_in_i32(in, &ret->type) || !jute_in_buf(in, &body) || slice_is_null(body)) {
        return jute_in_fail(in);
    }
    struct jute_in part;
    jute_in_init(&part, body, in->arena, in->string_max);
    part.is_own = in->is_own;
    return decode_part_body(&part, ret) || jute_in_fail(in);
}

static bool decode_multi(struct jute_in *in, struct txn *t)
{
    int32_t count;
    if (!jute_in_count(in, MULTI_PART_BYTES_MIN, &count) || count < 0) {
        return jute_in_fail(in);
    }
    t->ops = jute_in_alloc(in, (size_t)count * sizeof(*t->ops));
    if (t->ops == NULL) {
        return false;
    }
    t->op_count = count;
    for (int32_t i = 0; i < count; i++) {
        if (!decode_part(in, &t->ops[i])) {
            return false;
        }
    }
    return true;
}

// The body becomes a buffer: its length is known only behind it.
static void encode_part(const struct txn_op *op, struct buf *to)
{
    buf_put_i32(to, op->type);
    size_t length_at = to->len;
    buf_put_i32(to, 0);
    bool is_known = encode_op(op, to);
    ASSERT(is_known);
    size_t body_bytes = to->len - length_at - 4;
    ASSERT(body_bytes <= INT32_MAX);
    be32_store(to->data + length_at, (uint32_t)body_bytes);
}

static void encode_multi(const struct txn *t, struct buf *to)
{
    buf_put_i32(to, t->op_count);
    for (int32_t i = 0; i < t->op_count; i++) {
        encode_part(&t->ops[i], to);
    }
}

// ---- whole transactions ----

// The body of a transaction by its own type. Source: SerializeUtils.deserializeTxn; a check is only
// legal inside a multi.
static bool decode_body(struct jute_in *in, struct txn *t)
{
    switch (t->op.type) {
    case OP_MULTI:
        return decode_multi(in, t);
    case OP_CREATE:
        return decode_create(in, &t->op.create);
    case OP_CREATE_SESSION:
        return jute_create_session_txn_decode(in, &t->op.create_session);
    case OP_CLOSE_SESSION:
        return decode_close_session(in, &t->op.close_session);
    case OP_RECONFIG:
        return jute_set_data_txn_decode(in, &t->op.set_data) && need_path(in, t->op.set_data.path);
    case OP_SET_ACL:
        return jute_set_acl_txn_decode(in, &t->op.set_acl) && need_path(in, t->op.set_acl.path);
    case OP_CHECK:
        return jute_in_fail(in);
    }
    return decode_part_body(in, &t->op);
}

static bool decode_digest(struct jute_in *in, struct txn *t)
{
    if (jute_in_left(in) == 0) {
        return true;
    }
    t->has_digest = true;
    return jute_txn_digest_decode(in, &t->digest) && jute_in_left(in) == 0;
}

enum err txn_decode(struct slice bytes, struct arena *arena, uint32_t string_max, struct txn *ret)
{
    struct jute_in in;
    struct txn t = {0};
    jute_in_init(&in, bytes, arena, string_max);
    in.is_own = true;
    if (!jute_txn_header_decode(&in, &t.header)) {
        return ERR_MALFORMED;
    }
    t.op.type = t.header.type;
    if (!decode_body(&in, &t) || !decode_digest(&in, &t)) {
        return ERR_MALFORMED;
    }
    *ret = t;
    return ERR_OK;
}

// True for the closeSession of a server that does not list the ephemerals. A digest behind it would
// be taken for a list by Java.
static bool is_bare_close(const struct txn *t)
{
    return t->op.type == OP_CLOSE_SESSION && t->op.close_session.paths.count < 0;
}

void txn_encode(const struct txn *t, struct buf *to)
{
    ASSERT(t->op.type == t->header.type);
    jute_txn_header_encode(&t->header, to);
    if (is_bare_close(t)) {
        return;
    }
    if (t->op.type == OP_MULTI) {
        encode_multi(t, to);
    } else {
        bool is_known = encode_op(&t->op, to);
        ASSERT(is_known);
    }
    if (t->has_digest) {
        jute_txn_digest_encode(&t->digest, to);
    }
}

void txn_print(const struct txn *t, struct buf *to)
{
    buf_printf(to, "zxid=0x%" PRIx64 " session=0x%" PRIx64 " cxid=%" PRId32 " type=%s",
               (uint64_t)t->header.zxid, (uint64_t)t->header.client_id, t->header.cxid,
               op_name(t->header.type));
    buf_printf(to, " time_ms=%" PRId64, t->header.time_ms);
    if (t->op.type == OP_MULTI) {
        buf_printf(to, " ops=%" PRId32, t->op_count);
        for (int32_t i = 0; i < t->op_count; i++) {
            buf_printf(to, " {type=%s", op_name(t->ops[i].type));
            print_op(&t->ops[i], to);
            buf_append_str(to, "}");
        }
    } else {
        print_op(&t->op, to);
    }
    if (t->has_digest) {
        buf_printf(to, " digest=%" PRId32 ":0x%" PRIx64, t->digest.version,
                   (uint64_t)t->digest.tree_digest);
    }
}
