// SPDX-License-Identifier: Apache-2.0
//
// Checks and records, one small function per shape of request. What a Java client would refuse is
// refused here, too, so that a mistake is told before a connection is needed.
#include "client/encode.h"

#include "base/assert.h"
#include "client/chroot.h"
#include "jute/path.h"

static const int64_t ttl_ms_max = (INT64_C(1) << 40) - 1; // EphemeralType.TTL

enum { FRAME_HEADER_BYTES = 4 + 8, MULTI_HEADER_BYTES = 9, ACL_BYTES = 12 };

struct encoder {
    struct slice chroot;
    struct arena *scratch;
    struct prepared *p;
};

// ---- parts of records ----

static struct slice text_of(const char *text)
{
    return text != NULL ? slice_str(text) : slice_null();
}

static struct slice bytes_of(struct paddock_bytes b)
{
    return slice_of(b.bytes, b.bytes != NULL ? b.len : 0);
}

static bool is_valid_name(struct slice path, bool is_sequential, struct arena *scratch, int *code)
{
    if (!is_sequential) {
        return path_is_valid(path);
    }
    uint8_t *longer = arena_try_alloc(scratch, path.len + 1); // the server will append digits
    if (longer == NULL) {
        *code = PADDOCK_NO_MEMORY;
        return false;
    }
    memcpy(longer, path.data, path.len);
    longer[path.len] = '1';
    return path_is_valid(slice_of(longer, path.len + 1));
}

// The server's path of the program's.
static int path_for(const struct encoder *e, const char *path, bool is_sequential,
                    struct slice *ret)
{
    int code = PADDOCK_BAD_ARGUMENTS;
    if (path == NULL || !is_valid_name(slice_str(path), is_sequential, e->scratch, &code)) {
        return code;
    }
    // "/app" and a sequential "/" make "/app/": the name is what the server appends.
    if (is_sequential && path[1] == 0 && e->chroot.len > 0) {
        uint8_t *whole = arena_try_alloc(e->scratch, e->chroot.len + 1);
        if (whole == NULL) {
            return PADDOCK_NO_MEMORY;
        }
        memcpy(whole, e->chroot.data, e->chroot.len);
        whole[e->chroot.len] = '/';
        *ret = slice_of(whole, e->chroot.len + 1);
        return PADDOCK_OK;
    }
    return chroot_add(e->chroot, slice_str(path), e->scratch, ret) ? PADDOCK_OK : PADDOCK_NO_MEMORY;
}

static int acl_for(const struct encoder *e, const struct paddock_op *op, struct jute_acl_vec *ret)
{
    static const struct paddock_acl open_to_all = {PADDOCK_ALL, "world", "anyone"};
    bool is_default = op->acl_count == 0 && !op->is_acl_given;
    const struct paddock_acl *acl = is_default ? &open_to_all : op->acl;
    size_t count = is_default ? 1 : op->acl_count;
    if ((acl == NULL && count > 0) || count > ENCODE_FRAME_BYTES_MAX / ACL_BYTES) {
        return acl == NULL ? PADDOCK_BAD_ARGUMENTS : PADDOCK_TOO_BIG;
    }
    struct jute_acl *items = arena_try_alloc(e->scratch, count * sizeof(*items));
    if (items == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct jute_acl){
            .perms = acl[i].perms,
            .id = {.scheme = text_of(acl[i].scheme), .id = text_of(acl[i].id)},
        };
    }
    *ret = (struct jute_acl_vec){.count = (int32_t)count, .items = items};
    return PADDOCK_OK;
}

static int32_t version_of(const struct paddock_op *op)
{
    return op->is_versioned ? op->version : -1;
}

// ---- sizes ----

static size_t size_of(struct slice s)
{
    return 4 + s.len;
}

static size_t acl_size(const struct jute_acl_vec *v)
{
    size_t size = 4;
    for (int32_t i = 0; i < v->count; i++) {
        size += 4 + size_of(v->items[i].id.scheme) + size_of(v->items[i].id.id);
    }
    return size;
}

// ---- operations that a multi can hold, too: a `struct multi_op`, and the bytes of its record ----

static bool is_sequential(enum paddock_mode mode)
{
    return mode == PADDOCK_PERSISTENT_SEQUENTIAL || mode == PADDOCK_EPHEMERAL_SEQUENTIAL ||
           mode == PADDOCK_PERSISTENT_SEQUENTIAL_TTL;
}

static bool has_ttl(enum paddock_mode mode)
{
    return mode == PADDOCK_PERSISTENT_TTL || mode == PADDOCK_PERSISTENT_SEQUENTIAL_TTL;
}

static bool is_ttl_sound(const struct paddock_op *op)
{
    return has_ttl(op->mode) ? op->ttl_ms > 0 && op->ttl_ms <= ttl_ms_max : op->ttl_ms == 0;
}

static int prepare_create(const struct encoder *e, const struct paddock_op *op,
                          struct multi_op *ret, size_t *ret_size)
{
    struct jute_create_ttl_request c = {
        .data = bytes_of(op->data), .flags = (int32_t)op->mode, .ttl_ms = op->ttl_ms};
    if (c.flags < CREATE_PERSISTENT || c.flags > CREATE_PERSISTENT_SEQUENTIAL_TTL ||
        !is_ttl_sound(op)) {
        return PADDOCK_BAD_ARGUMENTS;
    }
    int code = path_for(e, op->path, is_sequential(op->mode), &c.path);
    if (code == PADDOCK_OK) {
        code = acl_for(e, op, &c.acl);
    }
    if (code != PADDOCK_OK) {
        return code;
    }
    *ret_size = size_of(c.path) + size_of(c.data) + acl_size(&c.acl) + 4;
    if (has_ttl(op->mode)) {
        *ret = (struct multi_op){.type = OP_CREATE_TTL, .create_ttl = c};
        *ret_size += 8;
        return PADDOCK_OK;
    }
    *ret = (struct multi_op){
        .type = op->mode == PADDOCK_CONTAINER ? OP_CREATE_CONTAINER : OP_CREATE,
        .create = {.path = c.path, .data = c.data, .acl = c.acl, .flags = c.flags}};
    return PADDOCK_OK;
}

static int prepare_versioned(const struct encoder *e, const struct paddock_op *op, int32_t type,
                             struct multi_op *ret, size_t *ret_size)
{
    struct slice path;
    int code = path_for(e, op->path, false, &path);
    if (code != PADDOCK_OK) {
        return code;
    }
    *ret_size = size_of(path) + 4;
    if (type != OP_SET_DATA) {
        *ret = (struct multi_op){.type = type,
                                 .path_version = {.path = path, .version = version_of(op)}};
        return PADDOCK_OK;
    }
    *ret = (struct multi_op){
        .type = type,
        .set_data = {.path = path, .data = bytes_of(op->data), .version = version_of(op)}};
    *ret_size += size_of(ret->set_data.data);
    return PADDOCK_OK;
}

static int prepare_read(const struct encoder *e, const struct paddock_op *op, int32_t type,
                        struct multi_op *ret, size_t *ret_size)
{
    struct slice path;
    int code = path_for(e, op->path, false, &path);
    if (code == PADDOCK_OK) {
        *ret =
            (struct multi_op){.type = type, .read = {.path = path, .watch = op->watch.fn != NULL}};
        *ret_size = size_of(path) + 1;
    }
    return code;
}

// ---- multi ----

static int prepare_part(const struct encoder *e, const struct paddock_op *part, bool is_read,
                        struct multi_op *ret, size_t *ret_size)
{
    if (part->watch.fn != NULL) {
        return PADDOCK_BAD_ARGUMENTS; // servers ignore watches here
    }
    if (is_read) {
        return part->type == PADDOCK_OP_GET ? prepare_read(e, part, OP_GET_DATA, ret, ret_size)
               : part->type == PADDOCK_OP_GET_CHILDREN
                   ? prepare_read(e, part, OP_GET_CHILDREN, ret, ret_size)
                   : PADDOCK_BAD_ARGUMENTS;
    }
    if (part->type == PADDOCK_OP_CREATE) {
        return prepare_create(e, part, ret, ret_size);
    }
    int32_t type = part->type == PADDOCK_OP_DELETE  ? OP_DELETE
                   : part->type == PADDOCK_OP_SET   ? OP_SET_DATA
                   : part->type == PADDOCK_OP_CHECK ? OP_CHECK
                                                    : OP_ERROR;
    return type == OP_ERROR ? PADDOCK_BAD_ARGUMENTS
                            : prepare_versioned(e, part, type, ret, ret_size);
}

static int prepare_multi(const struct encoder *e, const struct paddock_op *op, size_t *ret_size)
{
    bool is_read = op->type == PADDOCK_OP_MULTI_READ;
    if (op->part_count > ENCODE_FRAME_BYTES_MAX / MULTI_HEADER_BYTES) {
        return PADDOCK_TOO_BIG;
    }
    struct multi_op *ops = arena_try_alloc(e->scratch, op->part_count * sizeof(*ops));
    if (ops == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    size_t total = MULTI_HEADER_BYTES;
    for (size_t i = 0; i < op->part_count; i++) {
        size_t size = 0;
        int code = prepare_part(e, &op->parts[i], is_read, &ops[i], &size);
        if (code != PADDOCK_OK) {
            return code;
        }
        total += MULTI_HEADER_BYTES + size;
    }
    e->p->type = is_read ? OP_MULTI_READ : OP_MULTI;
    e->p->body.multi = (struct multi){.count = (int32_t)op->part_count, .ops = ops};
    *ret_size = total;
    return PADDOCK_OK;
}

// ---- single operations ----

static int prepare_set_acl(const struct encoder *e, const struct paddock_op *op, size_t *ret_size)
{
    struct jute_set_acl_request r = {.version = version_of(op)};
    int code = path_for(e, op->path, false, &r.path);
    if (code == PADDOCK_OK) {
        code = acl_for(e, op, &r.acl);
    }
    if (code == PADDOCK_OK) {
        e->p->type = OP_SET_ACL;
        e->p->path = r.path;
        e->p->body.set_acl = r;
        *ret_size = size_of(r.path) + acl_size(&r.acl) + 4;
    }
    return code;
}

static int prepare_path(const struct encoder *e, const struct paddock_op *op, int32_t type,
                        size_t *ret_size)
{
    int code = path_for(e, op->path, false, &e->p->path);
    if (code == PADDOCK_OK) {
        e->p->type = type;
        e->p->body.path = (struct jute_path){.path = e->p->path};
        *ret_size = size_of(e->p->path);
    }
    return code;
}

// A prefix of paths; none means all, which below a chroot are the chroot's.
static int prepare_ephemerals(const struct encoder *e, const struct paddock_op *op,
                              size_t *ret_size)
{
    if (op->path != NULL) {
        return prepare_path(e, op, OP_GET_EPHEMERALS, ret_size);
    }
    e->p->type = OP_GET_EPHEMERALS;
    e->p->body.path.path = e->chroot.len > 0 ? e->chroot : slice_str("/");
    *ret_size = size_of(e->p->body.path.path);
    return PADDOCK_OK;
}

static int prepare_watch(const struct encoder *e, const struct paddock_op *op, size_t *ret_size)
{
    bool is_removal = op->type == PADDOCK_OP_REMOVE_WATCHES;
    int kind = (int)op->watch_kind;
    if (is_removal && (kind < PADDOCK_WATCH_CHILDREN || kind > PADDOCK_WATCH_RECURSIVE)) {
        return PADDOCK_BAD_ARGUMENTS;
    }
    int code = path_for(e, op->path, false, &e->p->path);
    if (code == PADDOCK_OK) {
        int mode = op->is_recursive ? ADD_WATCH_RECURSIVE : ADD_WATCH_PERSISTENT;
        e->p->type = is_removal ? OP_REMOVE_WATCHES : OP_ADD_WATCH;
        e->p->body.path_type =
            (struct jute_path_type){.path = e->p->path, .type = is_removal ? kind : mode};
        *ret_size = size_of(e->p->path) + 4;
    }
    return code;
}

static int prepare_reconfig(const struct encoder *e, const struct paddock_op *op, size_t *ret_size)
{
    struct jute_reconfig_request r = {
        .joining = text_of(op->joining),
        .leaving = text_of(op->leaving),
        .new_members = text_of(op->members),
        .cur_config_id = op->is_versioned ? op->config_id : -1,
    };
    e->p->type = OP_RECONFIG;
    e->p->body.reconfig = r;
    *ret_size = size_of(r.joining) + size_of(r.leaving) + size_of(r.new_members) + 8;
    return PADDOCK_OK;
}

static int prepare_auth(const struct encoder *e, const struct paddock_op *op, size_t *ret_size)
{
    if (op->scheme == NULL) {
        return PADDOCK_BAD_ARGUMENTS;
    }
    struct jute_auth_packet r = {.scheme = slice_str(op->scheme), .auth = bytes_of(op->data)};
    e->p->type = OP_AUTH;
    e->p->body.auth = r;
    *ret_size = 4 + size_of(r.scheme) + size_of(r.auth);
    return PADDOCK_OK;
}

// The one node that no chroot hides. Source: ZooKeeper.getConfig.
static int prepare_config(const struct encoder *e, const struct paddock_op *op, size_t *ret_size)
{
    e->p->type = OP_GET_DATA;
    e->p->path = slice_str(CHROOT_CONFIG_PATH);
    e->p->body.path_watch =
        (struct jute_path_watch){.path = e->p->path, .watch = op->watch.fn != NULL};
    *ret_size = size_of(e->p->path) + 1;
    return PADDOCK_OK;
}

// From the form that multi shares to the one of a single request. A single create asks for the
// stat (create2); in a multi that would be a transaction that servers before 3.7.2 cannot apply.
static int unpack(const struct encoder *e, int code, const struct multi_op *op)
{
    if (code != PADDOCK_OK) {
        return code;
    }
    struct prepared *p = e->p;
    p->type = op->type == OP_CREATE ? OP_CREATE2 : op->type;
    p->path = multi_op_path(op);
    switch (op->type) {
    case OP_CREATE_TTL:
        p->body.create_ttl = op->create_ttl;
        break;
    case OP_DELETE:
        p->body.path_version = op->path_version;
        break;
    case OP_SET_DATA:
        p->body.set_data = op->set_data;
        break;
    case OP_EXISTS:
    case OP_GET_DATA:
    case OP_GET_CHILDREN2:
        p->path = op->read.path;
        p->body.path_watch = op->read;
        break;
    default: // OP_CREATE, OP_CREATE_CONTAINER
        p->body.create = op->create;
    }
    return PADDOCK_OK;
}

static int prepare(const struct encoder *e, const struct paddock_op *op, size_t *size)
{
    struct multi_op m;
    switch (op->type) {
    case PADDOCK_OP_CREATE:
        return unpack(e, prepare_create(e, op, &m, size), &m);
    case PADDOCK_OP_DELETE:
        return unpack(e, prepare_versioned(e, op, OP_DELETE, &m, size), &m);
    case PADDOCK_OP_SET:
        return unpack(e, prepare_versioned(e, op, OP_SET_DATA, &m, size), &m);
    case PADDOCK_OP_EXISTS:
        return unpack(e, prepare_read(e, op, OP_EXISTS, &m, size), &m);
    case PADDOCK_OP_GET:
        return unpack(e, prepare_read(e, op, OP_GET_DATA, &m, size), &m);
    case PADDOCK_OP_GET_CHILDREN:
        return unpack(e, prepare_read(e, op, OP_GET_CHILDREN2, &m, size), &m);
    case PADDOCK_OP_GET_ACL:
        return prepare_path(e, op, OP_GET_ACL, size);
    case PADDOCK_OP_SET_ACL:
        return prepare_set_acl(e, op, size);
    case PADDOCK_OP_SYNC:
        return prepare_path(e, op, OP_SYNC, size);
    case PADDOCK_OP_CHECK:
        return PADDOCK_BAD_ARGUMENTS; // servers know it only within a multi
    case PADDOCK_OP_MULTI:
    case PADDOCK_OP_MULTI_READ:
        return prepare_multi(e, op, size);
    case PADDOCK_OP_GET_EPHEMERALS:
        return prepare_ephemerals(e, op, size);
    case PADDOCK_OP_COUNT_CHILDREN:
        return prepare_path(e, op, OP_GET_ALL_CHILDREN_NUMBER, size);
    case PADDOCK_OP_ADD_WATCH:
    case PADDOCK_OP_REMOVE_WATCHES:
        return prepare_watch(e, op, size);
    case PADDOCK_OP_RECONFIG:
        return prepare_reconfig(e, op, size);
    case PADDOCK_OP_WHO_AM_I:
        e->p->type = OP_WHO_AM_I;
        return PADDOCK_OK;
    case PADDOCK_OP_ADD_AUTH:
        return prepare_auth(e, op, size);
    case PADDOCK_OP_GET_CONFIG:
        return prepare_config(e, op, size);
    }
    return PADDOCK_BAD_ARGUMENTS;
}

int encode_prepare(const struct paddock_op *op, struct slice chroot, struct arena *scratch,
                   struct prepared *ret)
{
    struct prepared p = {.type = OP_ERROR};
    struct encoder e = {.chroot = chroot, .scratch = scratch, .p = &p};
    size_t size = 0;
    int code = prepare(&e, op, &size);
    if (code == PADDOCK_OK && size > ENCODE_FRAME_BYTES_MAX) {
        code = PADDOCK_TOO_BIG;
    }
    if (code == PADDOCK_OK) {
        p.frame_bytes = FRAME_HEADER_BYTES + size;
        *ret = p;
    }
    return code;
}

static void encode_body(const struct prepared *p, struct buf *to)
{
    switch (p->type) {
    case OP_CREATE2:
    case OP_CREATE_CONTAINER:
        jute_create_request_encode(&p->body.create, to);
        break;
    case OP_CREATE_TTL:
        jute_create_ttl_request_encode(&p->body.create_ttl, to);
        break;
    case OP_DELETE:
        jute_path_version_encode(&p->body.path_version, to);
        break;
    case OP_SET_DATA:
        jute_set_data_request_encode(&p->body.set_data, to);
        break;
    case OP_EXISTS:
    case OP_GET_DATA:
    case OP_GET_CHILDREN2:
        jute_path_watch_encode(&p->body.path_watch, to);
        break;
    case OP_GET_ACL:
    case OP_SYNC:
    case OP_GET_EPHEMERALS:
    case OP_GET_ALL_CHILDREN_NUMBER:
        jute_path_encode(&p->body.path, to);
        break;
    case OP_SET_ACL:
        jute_set_acl_request_encode(&p->body.set_acl, to);
        break;
    case OP_MULTI:
    case OP_MULTI_READ:
        multi_encode(&p->body.multi, to);
        break;
    case OP_ADD_WATCH:
    case OP_REMOVE_WATCHES:
    case OP_CHECK_WATCHES:
        jute_path_type_encode(&p->body.path_type, to);
        break;
    case OP_RECONFIG:
        jute_reconfig_request_encode(&p->body.reconfig, to);
        break;
    case OP_AUTH:
        jute_auth_packet_encode(&p->body.auth, to);
        break;
    default:
        ASSERT(p->type == OP_WHO_AM_I); // an empty body
    }
}

void encode_frame(const struct prepared *p, int32_t xid, uint8_t *to)
{
    struct buf frame = {.data = to, .cap = p->frame_bytes}; // never grows: the size is exact
    buf_put_i32(&frame, (int32_t)(p->frame_bytes - 4));
    buf_put_i32(&frame, xid);
    buf_put_i32(&frame, p->type);
    encode_body(p, &frame);
    ASSERT(frame.data == to && frame.len == p->frame_bytes);
}
