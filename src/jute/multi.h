// SPDX-License-Identifier: Apache-2.0
//
// The bodies of multi and multiRead: {header, record} repeated, then the terminator {-1, 1, -1}.
// A request is decoded whole; the entries of an answer are appended one by one:
//
//     multi_entry_begin(OP_CREATE, out);            then the record of that type
//     jute_str_encode(path, out);
//     multi_entry_error(ZK_NO_NODE, out);           a failed part, or any part of a failed multi
//     multi_end(out);
//
// Source: MultiOperationRecord, MultiResponse, Op.create.
#ifndef PADDOCK_JUTE_MULTI_H
#define PADDOCK_JUTE_MULTI_H

#include "jute/op.h"
#include "jute/records.h"

// One part. `type` is the type to record and to answer, which the create flags may have changed.
struct multi_op {
    int32_t type;
    union {
        struct jute_create_request create;         // OP_CREATE, OP_CREATE2, OP_CREATE_CONTAINER
        struct jute_create_ttl_request create_ttl; // OP_CREATE_TTL: flags are a TTL mode
        struct jute_path_version path_version;     // OP_DELETE, OP_CHECK
        struct jute_set_data_request set_data;     // OP_SET_DATA
        struct jute_path_watch read; // OP_GET_DATA, OP_GET_CHILDREN; `watch` is to be ignored
    };
};

enum multi_kind { MULTI_EMPTY, MULTI_WRITES, MULTI_READS };

struct multi {
    enum multi_kind kind; // multi asks for writes, multiRead for reads; both may be empty
    int32_t count;
    struct multi_op *ops;
};

// Decode a request body up to its terminator; bytes behind it are ignored, as Java does.
// What a create becomes, by its flags F and the type T of its header:
//     T 1, 15, 19: F 4 -> 19; F 0 to 3 -> T; F 5, 6 and unknown, or a null ACL -> failure
//     T 21:        F 5, 6 -> 21; F 4 -> 19; all else, unknown F too -> 1, the TTL is dropped
// Memory: slices borrow the input, `ops` and vectors are in in->arena.
// Errors: false for a type that is not allowed, bad flags, reads mixed with writes, a null path,
// or input that ends before the terminator: the answer to the whole request is MARSHALLING_ERROR.
bool multi_decode(struct jute_in *in, struct multi *ret);

// The request that multi_decode reads: for clients and tests.
void multi_encode(const struct multi *m, struct buf *to);

// The path of a part, whatever its type.
struct slice multi_op_path(const struct multi_op *op);

// Answers. `type` is OP_CREATE (then str path), OP_CREATE2 (create2_response; also for container
// and TTL creates), OP_DELETE and OP_CHECK (nothing), OP_SET_DATA (stat), OP_GET_CHILDREN
// (get_children_response), OP_GET_DATA (get_data_response).
void multi_entry_begin(int32_t type, struct buf *to);
void multi_entry_error(int32_t code, struct buf *to); // enum zk_code; 0 before the failed part
void multi_end(struct buf *to);

#endif
