// SPDX-License-Identifier: Apache-2.0
//
// A list of unknown length in one pass: the array doubles in the arena. The create flags decide the
// type of a part here, once, so that nobody behind the decoder sees two sources of truth.
#include "jute/multi.h"

#include "base/assert.h"

enum { FIRST_CAP = 8 };

static bool is_ttl_mode(int32_t flags)
{
    return flags == CREATE_PERSISTENT_TTL || flags == CREATE_PERSISTENT_SEQUENTIAL_TTL;
}

// ---- decoding ----

// Headers 1, 15 and 19. Java refuses a TTL mode here because this record carries no TTL.
// Source: CreateOptions.Builder, Op.create.
static bool decode_create(struct jute_in *in, struct multi_op *op)
{
    if (!jute_create_request_decode(in, &op->create)) {
        return false;
    }
    int32_t flags = op->create.flags;
    if (flags < CREATE_PERSISTENT || flags > CREATE_CONTAINER || op->create.acl.count == -1) {
        return jute_in_fail(in);
    }
    if (flags == CREATE_CONTAINER) {
        op->type = OP_CREATE_CONTAINER;
    }
    return true;
}

// Header 21. Without a TTL mode it is an ordinary create with whatever flags it has; checking them
// is left to the preparation of that part.
static bool decode_create_ttl(struct jute_in *in, struct multi_op *op)
{
    struct jute_create_ttl_request r;
    if (!jute_create_ttl_request_decode(in, &r)) {
        return false;
    }
    if (is_ttl_mode(r.flags)) {
        op->create_ttl = r;
        return true;
    }
    op->type = r.flags == CREATE_CONTAINER ? OP_CREATE_CONTAINER : OP_CREATE;
    op->create = (struct jute_create_request){
        .path = r.path, .data = r.data, .acl = r.acl, .flags = r.flags};
    return true;
}

// The record of a part whose header says op->type.
static bool decode_record(struct jute_in *in, struct multi_op *op)
{
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
    case OP_CREATE_CONTAINER:
        return decode_create(in, op);
    case OP_CREATE_TTL:
        return decode_create_ttl(in, op);
    case OP_DELETE:
    case OP_CHECK:
        return jute_path_version_decode(in, &op->path_version);
    case OP_SET_DATA:
        return jute_set_data_request_decode(in, &op->set_data);
    case OP_GET_DATA:
    case OP_GET_CHILDREN:
        return jute_path_watch_decode(in, &op->read);
    }
    return jute_in_fail(in);
}

static enum multi_kind kind_of(int32_t type)
{
    return type == OP_GET_DATA || type == OP_GET_CHILDREN ? MULTI_READS : MULTI_WRITES;
}

// Room for one more part.
static bool grow(struct jute_in *in, struct multi *m, int32_t *cap)
{
    if (m->count < *cap) {
        return true;
    }
    int32_t larger = *cap == 0 ? FIRST_CAP : *cap * 2; // bounded: each part took bytes of the input
    struct multi_op *ops = jute_in_alloc(in, (size_t)larger * sizeof(*ops));
    if (ops == NULL) {
        return false;
    }
    if (m->count > 0) {
        memcpy(ops, m->ops, (size_t)m->count * sizeof(*ops));
    }
    m->ops = ops;
    *cap = larger;
    return true;
}

static bool decode_part(struct jute_in *in, int32_t type, struct multi *m)
{
    struct multi_op *op = &m->ops[m->count];
    op->type = type;
    if (!decode_record(in, op)) {
        return false;
    }
    enum multi_kind kind = kind_of(op->type);
    if ((m->kind != MULTI_EMPTY && m->kind != kind) || slice_is_null(multi_op_path(op))) {
        return jute_in_fail(in);
    }
    m->kind = kind;
    m->count += 1;
    return true;
}

bool multi_decode(struct jute_in *in, struct multi *ret)
{
    struct multi m = {.kind = MULTI_EMPTY};
    int32_t cap = 0;
    while (true) {
        struct jute_multi_header h;
        if (!jute_multi_header_decode(in, &h)) {
            return false;
        }
        if (h.done) { // whatever its type and code say
            *ret = m;
            return true;
        }
        if (!grow(in, &m, &cap) || !decode_part(in, h.type, &m)) {
            return false;
        }
    }
}

struct slice multi_op_path(const struct multi_op *op)
{
    switch (op->type) {
    case OP_CREATE_TTL:
        return op->create_ttl.path;
    case OP_DELETE:
    case OP_CHECK:
        return op->path_version.path;
    case OP_SET_DATA:
        return op->set_data.path;
    case OP_GET_DATA:
    case OP_GET_CHILDREN:
        return op->read.path;
    }
    return op->create.path;
}

// ---- encoding ----

static void put_header(int32_t type, bool done, int32_t code, struct buf *to)
{
    struct jute_multi_header h = {.type = type, .done = done, .err = code};
    jute_multi_header_encode(&h, to);
}

// Append the record of a part; false for a type that a multi cannot hold.
static bool encode_record(const struct multi_op *op, struct buf *to)
{
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
    case OP_CREATE_CONTAINER:
        jute_create_request_encode(&op->create, to);
        return true;
    case OP_CREATE_TTL:
        jute_create_ttl_request_encode(&op->create_ttl, to);
        return true;
    case OP_DELETE:
    case OP_CHECK:
        jute_path_version_encode(&op->path_version, to);
        return true;
    case OP_SET_DATA:
        jute_set_data_request_encode(&op->set_data, to);
        return true;
    case OP_GET_DATA:
    case OP_GET_CHILDREN:
        jute_path_watch_encode(&op->read, to);
        return true;
    }
    return false;
}

void multi_encode(const struct multi *m, struct buf *to)
{
    for (int32_t i = 0; i < m->count; i++) {
        put_header(m->ops[i].type, false, -1, to);
        bool is_known = encode_record(&m->ops[i], to);
        ASSERT(is_known);
    }
    multi_end(to);
}

void multi_entry_begin(int32_t type, struct buf *to)
{
    put_header(type, false, 0, to);
}

void multi_entry_error(int32_t code, struct buf *to)
{
    put_header(OP_ERROR, false, code, to);
    buf_put_i32(to, code);
}

void multi_end(struct buf *to)
{
    put_header(-1, true, -1, to);
}
