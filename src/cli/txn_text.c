// SPDX-License-Identifier: Apache-2.0
//
// Each kind of operation in words and in members.
#include "cli/txn_text.h"

#include <inttypes.h>

#include "base/base64.h"
#include "cli/acl_text.h"
#include "cli/json.h"
#include "jute/code.h"
#include "jute/op.h"
#include "jute/utf8.h"

// ---- text ----

static bool is_printable(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] < ' ' && s.data[i] != '\n' && s.data[i] != '\t' && s.data[i] != '\r') {
            return false;
        }
    }
    return utf8_repair_room(s) == 0;
}

// Cut at a character, so that a cut text is still one.
static struct slice cut(struct slice s)
{
    if (s.len <= TXN_TEXT_DATA_BYTES) {
        return s;
    }
    size_t len = TXN_TEXT_DATA_BYTES;
    while (len > 0 && (s.data[len] & 0xc0) == 0x80) {
        len--;
    }
    return slice_of(s.data, len);
}

void txn_text_data(struct slice data, bool is_whole, struct buf *append)
{
    if (slice_is_null(data)) {
        buf_append_str(append, " data null");
        return;
    }
    buf_printf(append, " data %zu %s", data.len, data.len == 1 ? "byte" : "bytes");
    struct slice shown = is_whole ? data : cut(data);
    if (data.len == 0) {
        return;
    }
    buf_append_str(append, " ");
    if (is_printable(shown)) {
        jute_str_print(shown, append);
    } else {
        buf_append_str(append, "base64:");
        base64_encode(shown, append);
    }
    buf_append_str(append, shown.len < data.len ? "..." : "");
}

void txn_text_acl(const struct jute_acl_vec *acl, struct buf *append)
{
    for (int32_t i = 0; i < acl->count; i++) {
        char perms[PERMS_TEXT_BYTES];
        buf_append_str(append, i > 0 ? "," : "");
        buf_append_slice(append, acl->items[i].id.scheme);
        buf_append_str(append, ":");
        buf_append_slice(append, acl->items[i].id.id);
        buf_printf(append, ":%s", perms_text(acl->items[i].perms, perms));
    }
}

static void put_path(struct slice path, struct buf *to)
{
    buf_append_str(to, " ");
    jute_str_print(path, to);
}

static void put_created(struct slice path, struct slice data, const struct jute_acl_vec *acl,
                        int32_t parent_cversion, bool is_whole, struct buf *to)
{
    put_path(path, to);
    txn_text_data(data, is_whole, to);
    buf_append_str(to, " acl ");
    txn_text_acl(acl, to);
    buf_printf(to, " parent-cversion %" PRId32, parent_cversion);
}

static void put_op(const struct txn_op *op, bool is_whole, struct buf *to)
{
    buf_append_str(to, op_name(op->type));
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
        put_created(op->create.path, op->create.data, &op->create.acl, op->create.parent_cversion,
                    is_whole, to);
        buf_append_str(to, op->create.ephemeral ? " ephemeral" : "");
        return;
    case OP_CREATE_CONTAINER:
        put_created(op->create_container.path, op->create_container.data, &op->create_container.acl,
                    op->create_container.parent_cversion, is_whole, to);
        return;
    case OP_CREATE_TTL:
        put_created(op->create_ttl.path, op->create_ttl.data, &op->create_ttl.acl,
                    op->create_ttl.parent_cversion, is_whole, to);
        buf_printf(to, " ttl %" PRId64 " ms", op->create_ttl.ttl_ms);
        return;
    case OP_DELETE:
    case OP_DELETE_CONTAINER:
        put_path(op->del.path, to);
        return;
    case OP_SET_DATA:
    case OP_RECONFIG:
        put_path(op->set_data.path, to);
        txn_text_data(op->set_data.data, is_whole, to);
        buf_printf(to, " version %" PRId32, op->set_data.version);
        return;
    case OP_SET_ACL:
        put_path(op->set_acl.path, to);
        buf_append_str(to, " acl ");
        txn_text_acl(&op->set_acl.acl, to);
        buf_printf(to, " aversion %" PRId32, op->set_acl.version);
        return;
    case OP_CHECK:
        put_path(op->check.path, to);
        buf_printf(to, " version %" PRId32, op->check.version);
        return;
    case OP_CREATE_SESSION:
        buf_printf(to, " timeout %" PRId32 " ms", op->create_session.timeout_ms);
        return;
    case OP_CLOSE_SESSION:
        for (int32_t i = 0; i < op->close_session.paths.count; i++) {
            put_path(op->close_session.paths.items[i], to);
        }
        return;
    case OP_ERROR:
        buf_printf(to, " %s", zk_code_name(op->error.err));
        return;
    }
}

static void put_time(int64_t ms, struct buf *to)
{
    struct json *time = cli_json_time(ms);
    struct slice text;
    if (json_text_of(time, &text)) {
        buf_append_slice(to, text);
    } else {
        buf_printf(to, "%" PRId64 " ms", ms);
    }
    json_free(time);
}

void txn_text(const struct txn *t, bool is_whole, struct buf *append)
{
    buf_printf(append, "0x%" PRIx64 "  ", (uint64_t)t->header.zxid);
    put_time(t->header.time_ms, append);
    buf_printf(append, "  session 0x%" PRIx64 " cxid %" PRId32 "  ", (uint64_t)t->header.client_id,
               t->header.cxid);
    if (t->op.type == OP_MULTI) {
        buf_printf(append, "multi of %" PRId32, t->op_count);
    } else {
        put_op(&t->op, is_whole, append);
    }
    if (t->has_digest) {
        buf_printf(append, "  digest 0x%" PRIx64, (uint64_t)t->digest.tree_digest);
    }
    buf_append_str(append, "\n");
    for (int32_t i = 0; i < t->op_count; i++) {
        buf_append_str(append, "    ");
        put_op(&t->ops[i], is_whole, append);
        buf_append_str(append, "\n");
    }
}

// ---- JSON ----

struct json *txn_json_acl(const struct jute_acl_vec *acl)
{
    struct json *list = acl->count < 0 ? json_new_null() : json_new_array();
    for (int32_t i = 0; i < acl->count; i++) {
        char perms[PERMS_TEXT_BYTES];
        struct json *o = json_new_object();
        json_put(o, "scheme", json_new_text(acl->items[i].id.scheme));
        json_put(o, "id", json_new_text(acl->items[i].id.id));
        json_put(o, "perms", json_new_cstr(perms_text(acl->items[i].perms, perms)));
        json_append(list, o);
    }
    return list;
}

static struct paddock_bytes bytes_of(struct slice s)
{
    return (struct paddock_bytes){.bytes = s.data, .len = s.len};
}

static void add_created(struct json *o, struct slice path, struct slice data,
                        const struct jute_acl_vec *acl, int32_t parent_cversion)
{
    json_put(o, "path", json_new_text(path));
    cli_json_data(o, bytes_of(data));
    json_put(o, "acl", txn_json_acl(acl));
    json_put(o, "parent_cversion", json_new_int(parent_cversion));
}

static struct json *paths_json(const struct jute_str_vec *paths)
{
    struct json *list = paths->count < 0 ? json_new_null() : json_new_array();
    for (int32_t i = 0; i < paths->count; i++) {
        json_append(list, json_new_text(paths->items[i]));
    }
    return list;
}

static void add_op(struct json *o, const struct txn_op *op)
{
    json_put(o, "type", json_new_cstr(op_name(op->type)));
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
        add_created(o, op->create.path, op->create.data, &op->create.acl,
                    op->create.parent_cversion);
        json_put(o, "is_ephemeral", json_new_bool(op->create.ephemeral));
        return;
    case OP_CREATE_CONTAINER:
        add_created(o, op->create_container.path, op->create_container.data,
                    &op->create_container.acl, op->create_container.parent_cversion);
        return;
    case OP_CREATE_TTL:
        add_created(o, op->create_ttl.path, op->create_ttl.data, &op->create_ttl.acl,
                    op->create_ttl.parent_cversion);
        json_put(o, "ttl_ms", json_new_int(op->create_ttl.ttl_ms));
        return;
    case OP_DELETE:
    case OP_DELETE_CONTAINER:
        json_put(o, "path", json_new_text(op->del.path));
        return;
    case OP_SET_DATA:
    case OP_RECONFIG:
        json_put(o, "path", json_new_text(op->set_data.path));
        cli_json_data(o, bytes_of(op->set_data.data));
        json_put(o, "version", json_new_int(op->set_data.version));
        return;
    case OP_SET_ACL:
        json_put(o, "path", json_new_text(op->set_acl.path));
        json_put(o, "acl", txn_json_acl(&op->set_acl.acl));
        json_put(o, "aversion", json_new_int(op->set_acl.version));
        return;
    case OP_CHECK:
        json_put(o, "path", json_new_text(op->check.path));
        json_put(o, "version", json_new_int(op->check.version));
        return;
    case OP_CREATE_SESSION:
        json_put(o, "timeout_ms", json_new_int(op->create_session.timeout_ms));
        return;
    case OP_CLOSE_SESSION:
        json_put(o, "paths", paths_json(&op->close_session.paths));
        return;
    case OP_ERROR:
        json_put(o, "code", json_new_int(op->error.err));
        json_put(o, "code_name", json_new_cstr(zk_code_name(op->error.err)));
        return;
    }
}

struct json *txn_json(const struct txn *t)
{
    struct json *o = json_new_object();
    json_put(o, "zxid", cli_json_hex(t->header.zxid));
    json_put(o, "time_ms", json_new_int(t->header.time_ms));
    json_put(o, "time", cli_json_time(t->header.time_ms));
    json_put(o, "session", cli_json_hex(t->header.client_id));
    json_put(o, "cxid", json_new_int(t->header.cxid));
    add_op(o, &t->op);
    if (t->op.type == OP_MULTI) {
        struct json *ops = json_new_array();
        for (int32_t i = 0; i < t->op_count; i++) {
            struct json *part = json_new_object();
            add_op(part, &t->ops[i]);
            json_append(ops, part);
        }
        json_put(o, "ops", ops);
    }
    json_put(o, "digest", t->has_digest ? cli_json_hex(t->digest.tree_digest) : json_new_null());
    return o;
}
