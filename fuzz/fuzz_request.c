// SPDX-License-Identifier: Apache-2.0
//
// A frame of a client: as the first one (a connect request), and as a request header with the body
// that its type announces. Decoded bodies encode to bytes that decode to the same; their paths go
// through the functions of path.h, which must agree with each other.
#include "base/arena.h"
#include "base/assert.h"
#include "jute/connect.h"
#include "jute/multi.h"
#include "jute/op.h"
#include "jute/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STRING_MAX = 1 << 20 };

// X(operation, record of its body)
#define BODIES(X)                                                                                  \
    X(OP_CREATE, create_request)                                                                   \
    X(OP_CREATE2, create_request)                                                                  \
    X(OP_CREATE_CONTAINER, create_request)                                                         \
    X(OP_CREATE_TTL, create_ttl_request)                                                           \
    X(OP_DELETE, path_version)                                                                     \
    X(OP_EXISTS, path_watch)                                                                       \
    X(OP_GET_DATA, path_watch)                                                                     \
    X(OP_GET_CHILDREN, path_watch)                                                                 \
    X(OP_GET_CHILDREN2, path_watch)                                                                \
    X(OP_SET_DATA, set_data_request)                                                               \
    X(OP_GET_ACL, path)                                                                            \
    X(OP_SET_ACL, set_acl_request)                                                                 \
    X(OP_SYNC, path)                                                                               \
    X(OP_RECONFIG, reconfig_request)                                                               \
    X(OP_CHECK_WATCHES, path_type)                                                                 \
    X(OP_REMOVE_WATCHES, path_type)                                                                \
    X(OP_DELETE_CONTAINER, path)                                                                   \
    X(OP_AUTH, auth_packet)                                                                        \
    X(OP_SET_WATCHES, set_watches)                                                                 \
    X(OP_SASL, sasl_token)                                                                         \
    X(OP_GET_EPHEMERALS, path)                                                                     \
    X(OP_GET_ALL_CHILDREN_NUMBER, path)                                                            \
    X(OP_SET_WATCHES2, set_watches2)                                                               \
    X(OP_ADD_WATCH, path_type)

static void check_path(struct slice path)
{
    if (path_is_valid(path)) {
        ASSERT(path_has_slash_and_no_nul(path));
        ASSERT(path.len == 1 || path_name(path).len > 0);
    }
    if (path_has_slash_and_no_nul(path)) {
        ASSERT(path_parent(path).len + 1 + path_name(path).len == path.len);
    }
}

static void check_paths_of_first_field(struct slice body, struct arena *arena)
{
    struct jute_in in;
    struct slice path;
    jute_in_init(&in, body, arena, STRING_MAX);
    if (jute_in_str(&in, &path)) {
        check_path(path);
    }
}

#define DEFINE(op, record)                                                                         \
    static void try_##op(struct jute_in *in, struct buf *first, struct buf *second)                \
    {                                                                                              \
        struct jute_##record v;                                                                    \
        if (jute_##record##_decode(in, &v)) {                                                      \
            struct jute_in again;                                                                  \
            jute_##record##_encode(&v, first);                                                     \
            jute_in_init(&again, buf_slice(first), in->arena, INT32_MAX);                          \
            ASSERT(jute_##record##_decode(&again, &v) && jute_in_left(&again) == 0);               \
            jute_##record##_encode(&v, second);                                                    \
            ASSERT(slice_equal(buf_slice(first), buf_slice(second)));                              \
        }                                                                                          \
    }
BODIES(DEFINE)
#undef DEFINE

// True for parts that only a createTTL header without a TTL mode gives: written as a plain create
// they are refused.
static bool is_one_way(const struct multi_op *op)
{
    bool is_create = op->type == OP_CREATE || op->type == OP_CREATE_CONTAINER;
    return is_create && (op->create.flags < CREATE_PERSISTENT || op->create.acl.count < 0 ||
                         op->create.flags > CREATE_CONTAINER);
}

static void try_multi(struct jute_in *in, struct buf *first, struct buf *second)
{
    struct multi m;
    if (!multi_decode(in, &m)) {
        return;
    }
    bool is_two_way = true;
    for (int32_t i = 0; i < m.count; i++) {
        check_path(multi_op_path(&m.ops[i]));
        is_two_way = is_two_way && !is_one_way(&m.ops[i]);
    }
    multi_encode(&m, first);
    struct jute_in again;
    struct multi back;
    jute_in_init(&again, buf_slice(first), in->arena, INT32_MAX);
    bool is_accepted = multi_decode(&again, &back);
    ASSERT(is_accepted == is_two_way);
    if (is_accepted) {
        ASSERT(back.count == m.count && back.kind == m.kind && jute_in_left(&again) == 0);
        multi_encode(&back, second);
        ASSERT(slice_equal(buf_slice(first), buf_slice(second)));
    }
}

static void try_request(struct jute_in *in, struct buf *first, struct buf *second)
{
    struct jute_request_header h;
    if (!jute_request_header_decode(in, &h)) {
        return;
    }
    check_paths_of_first_field(slice_of(in->next, jute_in_left(in)), in->arena);
    switch (h.type) {
#define CASE(op, record)                                                                           \
    case op:                                                                                       \
        try_##op(in, first, second);                                                               \
        break;
        BODIES(CASE)
#undef CASE
    case OP_MULTI:
    case OP_MULTI_READ:
        try_multi(in, first, second);
        break;
    }
}

static void try_connect(struct jute_in *in, struct buf *first)
{
    struct connect_request r;
    if (connect_request_decode(in, &r)) {
        struct connect_request back;
        struct jute_in again;
        connect_request_encode(&r, first);
        jute_in_init(&again, buf_slice(first), in->arena, INT32_MAX);
        ASSERT(connect_request_decode(&again, &back) && jute_in_left(&again) == 0);
        ASSERT(back.has_read_only == r.has_read_only && back.read_only == r.read_only);
        ASSERT(slice_equal(back.body.passwd, r.body.passwd));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct buf first = {0}, second = {0};
    struct jute_in in;
    jute_in_init(&in, slice_of(data, size), &arena, STRING_MAX);
    try_request(&in, &first, &second);
    buf_clear(&first);
    jute_in_init(&in, slice_of(data, size), &arena, STRING_MAX);
    try_connect(&in, &first);
    buf_fini(&first);
    buf_fini(&second);
    arena_fini(&arena);
    return 0;
}
