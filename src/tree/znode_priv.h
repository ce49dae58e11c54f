// SPDX-License-Identifier: Apache-2.0
//
// How a znode lies in memory. Most znodes of a large tree are leaves that were created and at most
// rewritten, so a leaf pays only for what it has:
//
//     struct znode, 88 bytes, from a slab             struct znode_body, one malloc
//     +--------------------------------------+        +----------+----------+------+------+
//     | link: next in bucket, hash, digest   |   +--> | data_len | name_len | name | data |
//     | parent                               |   |    +----------+----------+------+------+
//     | tail -------------------------------------+         ^
//     | next_sibling, prev_sibling           |   |          |   struct znode_ext, one malloc
//     | czxid mzxid ctime mtime              |   |    +-----|-----------------------------+
//     | version, acl_id                      |   +--> | body  first_child child_count     |
//     +--------------------------------------+  or    | cversion aversion pzxid owner ... |
//                                                     +-----------------------------------+
//
// `tail` points to the body, or (bit 0 set) to the extension that points to the body. A node gets
// an extension when a value in it first differs from what a fresh leaf has: no child, cversion 0,
// aversion 0, owner 0, pzxid = czxid; it keeps it until it goes. No full path is stored: a path is
// checked against a node by comparing components from its end while walking up the parents.
//
// With 100 bytes of data and a name of up to 12 bytes the body is one 128 byte malloc chunk, so a
// node costs 88 + 128 + 8 (its bucket) = 224 bytes.
//
// Siblings form a list that grows only at its head: the snapshot walk (walk.c) depends on it.
#ifndef PADDOCK_TREE_ZNODE_PRIV_H
#define PADDOCK_TREE_ZNODE_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hmap.h"
#include "base/list.h"
#include "base/slice.h"
#include "jute/records.h"
#include "tree/slab.h"

#define ZNODE_DATA_NULL UINT32_MAX // data_len of null data

struct znode_body {
    uint32_t data_len; // bytes, or ZNODE_DATA_NULL
    uint32_t name_len;
    uint8_t bytes[]; // the name, then the data
};

struct znode {
    struct hmap_link link; // in tree.nodes; `spare` is the node's digest, 0 when it has none
    struct znode *parent;  // NULL for the root
    uintptr_t tail;        // struct znode_body, or with bit 0 struct znode_ext
    struct znode *next_sibling, *prev_sibling;
    int64_t czxid, mzxid, ctime, mtime;
    int32_t version;
    int32_t acl_id;
};
_Static_assert(sizeof(void *) != 8 || sizeof(struct znode) == 88, "a leaf grew");

struct znode_ext {
    struct znode_body *body;
    struct znode *node;
    struct znode *first_child;
    struct znode *walk_first; // with walk_serial: first child that was there when the walk began
    struct list kin;          // in the list of its owner, of containers or of TTL nodes
    int64_t pzxid;
    int64_t owner;
    uint64_t descendant_count;
    int32_t child_count, cversion, aversion;
    int32_t walk_acl_id;                   // with walk_acl_serial: the ACL id when the walk began
    uint32_t walk_serial, walk_acl_serial; // the walks that the two belong to; 0: none
    uint32_t digest_prefix;                // with has_digest_prefix: of path and data
    bool has_digest_prefix;                // a parent's stays while its children come and go
};
_Static_assert(sizeof(void *) != 8 || sizeof(struct znode_ext) <= 104, "malloc has 104 bytes");

static inline struct znode_ext *znode_ext(const struct znode *n)
{
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a removed node has a parent
    return (n->tail & 1) != 0 ? (struct znode_ext *)(n->tail & ~(uintptr_t)1) : NULL;
}

static inline struct znode_body *znode_body(const struct znode *n)
{
    const struct znode_ext *x = znode_ext(n);
    return x != NULL ? x->body : (struct znode_body *)n->tail;
}

static inline size_t znode_data_len(const struct znode *n)
{
    uint32_t len = znode_body(n)->data_len;
    return len == ZNODE_DATA_NULL ? 0 : len;
}

static inline int32_t znode_cversion(const struct znode *n)
{
    const struct znode_ext *x = znode_ext(n);
    return x != NULL ? x->cversion : 0;
}

static inline int64_t znode_pzxid(const struct znode *n)
{
    const struct znode_ext *x = znode_ext(n);
    return x != NULL ? x->pzxid : n->czxid;
}

// Life cycle. The node is not linked anywhere yet; zeroed links.
struct znode *znode_new(struct slab *slab, struct slice name, struct slice data, int32_t acl_id,
                        const struct jute_stat_persisted *stat);
void znode_free(struct slab *slab, struct znode *n);

struct znode_ext *znode_extend(struct znode *n);         // the extension, made if there is none
void znode_set_data(struct znode *n, struct slice data); // copies; invalidates znode_data(n)

void znode_link_child(struct znode *parent, struct znode *child); // at the head
void znode_unlink_child(struct znode *child);

// Java counts the characters of a path in UTF-16 units.
size_t znode_utf16_len(struct slice utf8);
size_t znode_path_utf16_len(const struct znode *n);

#endif
