// SPDX-License-Identifier: Apache-2.0
//
// The handlers of the transaction types, for the table in apply.c. Each applies one operation with
// the header of its transaction, fills `r` and returns the code.
#ifndef PADDOCK_TREE_APPLY_PRIV_H
#define PADDOCK_TREE_APPLY_PRIV_H

#include "tree/tree_priv.h"

struct apply {
    struct tree *t;
    struct watches *w; // NULL: nobody watches
    const struct jute_txn_header *header;
};

typedef enum zk_code apply_fn(const struct apply *a, const struct txn_op *op,
                              struct tree_result *r);

// apply_node.c
apply_fn apply_create, apply_create2, apply_create_container, apply_create_ttl;
apply_fn apply_delete, apply_set_data, apply_set_acl;
enum zk_code apply_delete_path(const struct apply *a, struct slice path);

// apply_session.c
apply_fn apply_create_session, apply_close_session;

#endif
