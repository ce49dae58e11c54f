// SPDX-License-Identifier: Apache-2.0
//
// Reading one node of a tree. A node is borrowed from the tree (tree.h) and valid until the next
// transaction is applied, and so is every slice that is read from it. Nodes change only through
// transactions; their memory is drawn in znode_priv.h.
#ifndef PADDOCK_TREE_ZNODE_H
#define PADDOCK_TREE_ZNODE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "jute/records.h"

struct tree;
struct znode;

struct slice znode_data(const struct znode *n);             // null data is a null slice
struct slice znode_name(const struct znode *n);             // last component; empty for the root
void znode_path(const struct znode *n, struct buf *append); // "" for the root
void znode_stat(const struct znode *n, const struct tree *t,
                struct jute_stat *ret); // as clients see
void znode_stat_stored(const struct znode *n, struct jute_stat_persisted *ret);
int32_t znode_child_count(const struct znode *n);
uint64_t znode_descendant_count(const struct znode *n);  // all levels; costs nothing to ask
struct znode *znode_parent(const struct znode *n);       // NULL for the root
struct znode *znode_first_child(const struct znode *n);  // NULL when none
struct znode *znode_next_sibling(const struct znode *n); // NULL at the end
int64_t znode_owner(const struct znode *n);              // stored ephemeralOwner
int64_t znode_acl_id(const struct znode *n);             // -1: world:anyone:31

#endif
