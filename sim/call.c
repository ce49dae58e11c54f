// SPDX-License-Identifier: Apache-2.0
//
// Encoding requests and decoding answers of the simulated clients that share nodes.
#include "sim/call.h"

#include <stdio.h>

#include "base/mem.h"
#include "jute/multi.h"
#include "sim/model.h"

// "alice:secret", hashed as the digest scheme does.
static const char alice_id[] = "alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E=";
static const char alice_auth[] = "alice:secret";

enum { ACL_ENTRIES = 2, PARTS_MAX = 4 };

// ---- requests ----

struct encoded {
    uint8_t data[MODEL_DATA_MAX];
    struct jute_acl acl[ACL_ENTRIES];
};

static struct jute_acl entry(int32_t perms, const char *scheme, const char *id)
{
    return (struct jute_acl){.perms = perms, .id = {slice_str(scheme), slice_str(id)}};
}

static struct jute_acl_vec acl_of(enum annals_acl acl, struct encoded *e)
{
    e->acl[0] = entry(PERM_ALL, "world", "anyone");
    if (acl == ANNALS_ACL_WORLD) {
        return (struct jute_acl_vec){.count = 1, .items = e->acl};
    }
    e->acl[0] = entry(PERM_READ, "world", "anyone");
    e->acl[1] = entry(PERM_ALL, "digest", alice_id);
    return (struct jute_acl_vec){.count = 2, .items = e->acl};
}

static struct slice data_of(const struct annals_part *p, struct encoded *e)
{
    if (p->value == 0) {
        return slice_str(p->text != NULL ? p->text : "");
    }
    return slice_of(e->data, model_data(p->value, e->data));
}

static struct multi_op op_of(const struct annals *h, const struct annals_part *p, struct encoded *e)
{
    struct slice path = slice_str(annals_path(h, p->node));
    struct multi_op op = {.type = p->type};
    if (p->type == OP_CREATE_TTL) {
        op.create_ttl = (struct jute_create_ttl_request){path, data_of(p, e), acl_of(p->acl, e),
                                                         p->mode, p->ttl_ms};
    } else if (annals_is_create(p->type)) {
        op.create = (struct jute_create_request){path, data_of(p, e), acl_of(p->acl, e), p->mode};
    } else if (p->type == OP_SET_DATA) {
        op.set_data = (struct jute_set_data_request){path, data_of(p, e), p->version};
    } else if (p->type == OP_DELETE || p->type == OP_CHECK) {
        op.path_version = (struct jute_path_version){path, p->version};
    } else {
        op.read = (struct jute_path_watch){path, p->watch};
    }
    return op;
}

static void encode_op(const struct multi_op *op, struct buf *to)
{
    if (op->type == OP_CREATE_TTL) {
        jute_create_ttl_request_encode(&op->create_ttl, to);
    } else if (annals_is_create(op->type)) {
        jute_create_request_encode(&op->create, to);
    } else if (op->type == OP_SET_DATA) {
        jute_set_data_request_encode(&op->set_data, to);
    } else if (op->type == OP_DELETE || op->type == OP_CHECK) {
        jute_path_version_encode(&op->path_version, to);
    } else {
        jute_path_watch_encode(&op->read, to);
    }
}

static void encode_multi(const struct annals *h, int32_t type, const struct annals_part *parts,
                         size_t count, struct buf *to)
{
    struct encoded e[PARTS_MAX];
    struct multi_op ops[PARTS_MAX];
    for (size_t i = 0; i < count; i++) {
        ops[i] = op_of(h, &parts[i], &e[i]);
    }
    struct multi m = {
        .kind = type == OP_MULTI ? MULTI_WRITES : MULTI_READS, .count = (int32_t)count, .ops = ops};
    multi_encode(&m, to);
}

static void encode_set_watches(const struct annals *h, const struct annals_part *parts,
                               size_t count, int64_t relative_zxid, struct buf *to)
{
    buf_put_i64(to, relative_zxid);
    for (int32_t list = 0; list < LISTS; list++) {
        size_t at = to->len;
        int32_t paths = 0;
        buf_put_i32(to, 0);
        for (size_t i = 0; i < count; i++) {
            if (parts[i].mode == list) {
                jute_str_encode(slice_str(annals_path(h, parts[i].node)), to);
                paths++;
            }
        }
        be32_store(to->data + at, (uint32_t)paths);
    }
}

void call_encode(const struct annals *h, int32_t type, const struct annals_part *parts,
                 size_t count, int64_t relative_zxid, struct buf *to)
{
    const struct annals_part *p = &parts[0];
    struct encoded e;
    if (type == OP_MULTI || type == OP_MULTI_READ) {
        encode_multi(h, type, parts, count, to);
    } else if (type == OP_SET_WATCHES2) {
        encode_set_watches(h, parts, count, relative_zxid, to);
    } else if (type == OP_AUTH) {
        jute_auth_packet_encode(
            &(struct jute_auth_packet){0, slice_str("digest"), slice_str(alice_auth)}, to);
    } else if (type == OP_SET_ACL) {
        jute_set_acl_request_encode(
            &(struct jute_set_acl_request){slice_str(annals_path(h, p->node)), acl_of(p->acl, &e),
                                           p->version},
            to);
    } else if (type == OP_ADD_WATCH || type == OP_REMOVE_WATCHES) {
        jute_path_type_encode(&(struct jute_path_type){slice_str(annals_path(h, p->node)), p->mode},
                              to);
    } else if (type == OP_SYNC || type == OP_GET_EPHEMERALS || type == OP_GET_ACL) {
        jute_path_encode(&(struct jute_path){slice_str(annals_path(h, p->node))}, to);
    } else if (type != OP_CLOSE_SESSION) {
        struct multi_op op = op_of(h, p, &e);
        encode_op(&op, to);
    }
}

// ---- answers ----

// Quota nodes hold text, the others what a request wrote.
static bool take_data(const struct annals *h, struct slice data, struct annals_part *p)
{
    p->found = 0;
    bool is_text = strncmp(annals_path(h, p->node), "/zookeeper", 10) == 0;
    return is_text || data.len == 0 || model_value(data.data, data.len, &p->found);
}

static bool take_names(struct annals *h, const struct jute_str_vec *v, int32_t parent,
                       struct annals_part *p)
{
    char path[128];
    p->has_names = true;
    p->name_count = 0;
    p->first_name = h->name_count;
    for (int32_t i = 0; i < v->count; i++) {
        struct slice name = v->items[i];
        const char *above = parent > 0 ? annals_path(h, parent) : "";
        const char *slash = parent == ANNALS_NONE ? "" : "/";
        int len = snprintf(path, sizeof(path), "%s%s%.*s", above, slash, SLICE_ARGS(name));
        if (len >= (int)sizeof(h->paths[0]->text)) {
            return false;
        }
        (void)annals_add_name(h, annals_node(h, slice_str(path)));
        p->name_count++;
    }
    return true;
}

static bool take_stat(struct jute_in *body, struct annals_part *p)
{
    p->has_stat = jute_stat_decode(body, &p->stat);
    return p->has_stat;
}

static bool decode_create(struct annals *h, struct jute_in *body, int32_t type,
                          struct annals_part *p)
{
    struct slice path;
    if (!jute_in_str(body, &path) || path.len >= sizeof(h->paths[0]->text)) {
        return false;
    }
    p->made = annals_node(h, path);
    return type == OP_CREATE || take_stat(body, p);
}

static bool decode_data(const struct annals *h, struct jute_in *body, struct annals_part *p)
{
    struct jute_get_data_response r;
    if (!jute_get_data_response_decode(body, &r)) {
        return false;
    }
    p->has_stat = true;
    p->stat = r.stat;
    return r.stat.data_length == (int32_t)r.data.len && take_data(h, r.data, p);
}

static bool decode_children(struct annals *h, struct jute_in *body, struct annals_part *p)
{
    struct jute_str_vec v;
    return jute_str_vec_decode(body, &v) && take_names(h, &v, p->node, p) &&
           (p->type != OP_GET_CHILDREN2 || take_stat(body, p));
}

static bool decode_ephemerals(struct annals *h, struct jute_in *body, struct annals_part *p)
{
    struct jute_str_vec v;
    return jute_str_vec_decode(body, &v) && take_names(h, &v, ANNALS_NONE, p);
}

static bool decode_acl(struct jute_in *body, struct annals_part *p)
{
    struct jute_acl_vec v;
    struct encoded e;
    if (!jute_acl_vec_decode(body, &v) || !take_stat(body, p)) {
        return false;
    }
    // Everybody but Alice sees the hash as "x".
    bool is_world = v.count == 1;
    struct jute_acl_vec right = acl_of(is_world ? ANNALS_ACL_WORLD : ANNALS_ACL_ALICE, &e);
    p->acl = is_world ? ANNALS_ACL_WORLD : ANNALS_ACL_ALICE;
    if (!is_world && v.count == 2 && slice_equal_str(v.items[1].id.id, "alice:x")) {
        e.acl[1].id.id = slice_str("alice:x");
    }
    return jute_acl_vec_equal(&v, &right);
}

static bool decode_result(struct annals *h, int32_t type, struct jute_in *body,
                          struct annals_part *p)
{
    if (annals_is_create(type)) {
        return decode_create(h, body, type, p);
    }
    switch (type) {
    case OP_EXISTS:
    case OP_SET_DATA:
    case OP_SET_ACL:
        return take_stat(body, p);
    case OP_GET_DATA:
        return decode_data(h, body, p);
    case OP_GET_CHILDREN:
    case OP_GET_CHILDREN2:
        return decode_children(h, body, p);
    case OP_GET_EPHEMERALS:
        return decode_ephemerals(h, body, p);
    case OP_GET_ACL:
        return decode_acl(body, p);
    default:
        return true;
    }
}

static bool decode_part(struct annals *h, struct jute_in *body, struct annals_part *p)
{
    struct jute_multi_header header;
    struct jute_error_response e;
    if (!jute_multi_header_decode(body, &header) || header.done) {
        return false;
    }
    if (header.type == OP_ERROR) {
        bool is_right = jute_error_response_decode(body, &e) && e.err == header.err;
        p->code = is_right ? e.err : ZK_OK;
        return is_right;
    }
    p->code = ZK_OK;
    return decode_result(h, header.type, body, p);
}

bool call_decode(struct annals *h, int32_t type, int32_t code, struct jute_in *body,
                 struct annals_part *parts, size_t count)
{
    bool is_list = type == OP_MULTI || type == OP_MULTI_READ;
    for (size_t i = 0; i < count; i++) {
        parts[i].code = code;
        bool has_body = code == ZK_OK && (is_list || count == 1);
        if (has_body && !(is_list ? decode_part(h, body, &parts[i])
                                  : decode_result(h, type, body, &parts[i]))) {
            return false;
        }
    }
    return true;
}
