// SPDX-License-Identifier: Apache-2.0
//
// Transactions: what the log holds, what proposals carry, what tree_apply takes. Header, body by
// type, optional digest, without lengths between them. Source: SerializeUtils.
#ifndef PADDOCK_JUTE_TXN_H
#define PADDOCK_JUTE_TXN_H

#include "base/err.h"
#include "jute/records.h"

enum { TXN_DIGEST_VERSION = 2 };

// One operation of a transaction: the body of a single one, or an element of a multi.
struct txn_op {
    int32_t type; // enum zk_op; OP_ERROR in failed multis
    union {
        struct jute_create_txn create; // OP_CREATE, OP_CREATE2
        struct jute_create_container_txn create_container;
        struct jute_create_ttl_txn create_ttl;
        struct jute_delete_txn del;        // OP_DELETE, OP_DELETE_CONTAINER
        struct jute_set_data_txn set_data; // OP_SET_DATA, OP_RECONFIG
        struct jute_set_acl_txn set_acl;
        struct jute_check_version_txn check;
        struct jute_create_session_txn create_session;
        struct jute_close_session_txn close_session; // paths.count -1: no body
        struct jute_error_txn error;
    };
};

struct txn {
    struct jute_txn_header header;
    struct txn_op op;   // single: its body; multi: op.type is OP_MULTI and `ops` holds the parts
    struct txn_op *ops; // multi only
    int32_t op_count;
    bool has_digest;
    struct jute_txn_digest digest;
};

// Append header, body and digest. A closeSession without a body is written without digest too.
// Sub-operations of a multi become {type, buffer}.
void txn_encode(const struct txn *t, struct buf *to);

// Decode exactly `bytes`. Accepts every form that releases wrote: CreateTxnV0, closeSession
// with and without body, all with and without digest.
// Memory: `ret` borrows `bytes`; vectors are in `arena`.
// Errors: ERR_MALFORMED.
enum err txn_decode(struct slice bytes, struct arena *arena, uint32_t string_max,
                    struct txn *ret) MUST_CHECK;

// One line for people: "zxid=0x5 session=0x... cxid=1 type=create time_ms=... path=/a ...".
void txn_print(const struct txn *t, struct buf *to);

#endif
