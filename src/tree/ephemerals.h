// SPDX-License-Identifier: Apache-2.0
//
// Ephemeral nodes by the session that owns them. An owner stays known, perhaps without nodes, from
// its first ephemeral until its session closes: the `dump` command lists it, as Java's does.
// Source: DataTree.ephemerals.
#ifndef PADDOCK_TREE_EPHEMERALS_H
#define PADDOCK_TREE_EPHEMERALS_H

#include "tree/znode_priv.h"

struct ephemerals {
    uint64_t hash_seed;
    struct hmap owners;
    uint64_t count; // nodes of all owners
};

void ephemerals_init(struct ephemerals *e, uint64_t hash_seed);
void ephemerals_fini(struct ephemerals *e); // does not touch the nodes

void ephemerals_add(struct ephemerals *e, struct znode_ext *node); // under node->owner
void ephemerals_remove(struct ephemerals *e, struct znode_ext *node);
void ephemerals_forget(struct ephemerals *e, int64_t session); // an owner without nodes, or none

struct znode *ephemerals_first(const struct ephemerals *e, int64_t session); // NULL when none
void ephemerals_each(const struct ephemerals *e, int64_t session,
                     void (*each)(void *ctx, const struct znode *n), void *ctx);
void ephemerals_owners_each(const struct ephemerals *e, void (*each)(void *ctx, int64_t session),
                            void *ctx);

#endif
