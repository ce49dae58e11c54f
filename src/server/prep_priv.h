// SPDX-License-Identifier: Apache-2.0
//
// Between prep.c (whole requests) and prep_op.c (one operation, alone or inside a multi).
#ifndef PADDOCK_SERVER_PREP_PRIV_H
#define PADDOCK_SERVER_PREP_PRIV_H

#include "server/prep.h"

// What all operations of one transaction share.
struct prep_txn {
    const struct request *request;
    int64_t zxid;
    int64_t wall_ms;
};

// The arguments of the create family.
struct prep_create {
    int32_t type; // OP_CREATE, OP_CREATE2, OP_CREATE_CONTAINER, OP_CREATE_TTL
    struct slice path;
    struct slice data;
    struct jute_acl_vec acl;
    int32_t flags;
    int64_t ttl_ms; // -1 when the request has none
};

// Each checks, edits the changes in flight and fills `ret`. On an error nothing was edited.
enum zk_code prep_op_create(struct prep *p, const struct prep_txn *t, const struct prep_create *c,
                            struct txn_op *ret);
enum zk_code prep_op_delete(struct prep *p, const struct prep_txn *t, struct slice path,
                            int32_t version, struct txn_op *ret);
enum zk_code prep_op_delete_container(struct prep *p, const struct prep_txn *t, struct slice path,
                                      struct txn_op *ret);
enum zk_code prep_op_set_data(struct prep *p, const struct prep_txn *t,
                              const struct jute_set_data_request *r, struct txn_op *ret);
enum zk_code prep_op_set_acl(struct prep *p, const struct prep_txn *t,
                             const struct jute_set_acl_request *r, struct txn_op *ret);
enum zk_code prep_op_reconfig(struct prep *p, const struct prep_txn *t,
                              const struct jute_reconfig_request *r, struct txn_op *ret);
enum zk_code prep_op_check(struct prep *p, const struct prep_txn *t, struct slice path,
                           int32_t version, struct txn_op *ret);

#endif
