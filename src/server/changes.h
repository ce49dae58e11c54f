// SPDX-License-Identifier: Apache-2.0
//
// Changes in flight: what nodes will be once the transactions that are proposed but not applied are
// applied. prep validates against this overlay first and the tree second, so a pipelined write sees
// the ones before it, and it carries the digest that the tree will have.
//
//     changes_find(path) ──► in the overlay? that : else a fresh change made from the tree's node
//
// A change is one path; every transaction that edits it is a touch, queued in zxid order. When a
// transaction has been applied its touches are released, and a change without touches is dropped:
// from then on the tree says the same. A change holds no data: the digest continues from the
// checksum of path and data, and the quota needs only its length.
//
// Invariants: (1) touches are in zxid order; (2) a change in the overlay has touches, or belongs to
// the transaction being prepared; (3) `digest` is the tree's digest after the newest proposed one.
// Source: ZooKeeperServer.outstandingChanges.
#ifndef PADDOCK_SERVER_CHANGES_H
#define PADDOCK_SERVER_CHANGES_H

#include "base/hmap.h"
#include "tree/tree.h"

// What is known about a node; a value, so that a failed multi can be taken back.
struct change_state {
    bool is_deleted; // the node does not exist (any more)
    bool has_prefix; // else computed from the tree's data when it is first needed
    int32_t child_count;
    uint32_t prefix;      // checksum of path and data, tree_digest_prefix
    uint64_t node_digest; // in the tree's digest; 0 when deleted
    uint64_t data_len;    // bytes; 0 for null
    struct jute_stat_persisted stat;
    int64_t acl_id;         // the list in the tree, while `acl` is NULL
    struct change_acl *acl; // set in flight; changes_acl reads it
};

struct change {
    struct hmap_link link;
    uint32_t touches; // transactions in flight that edited it
    uint32_t path_len;
    struct change_state now;
    uint8_t path[]; // path_len bytes; the root is ""
};

struct changes {
    struct tree *tree;
    struct hmap by_path;
    bool digest_enabled;
    uint64_t digest;              // of the tree once everything in flight is applied
    uint64_t digest_before;       // the same before the transaction being prepared
    struct change_touch *touches; // ring, oldest at touch_first
    size_t touch_first, touch_count, touch_cap;
    struct change_undo *undo; // of the transaction being prepared, oldest first
    size_t undo_count, undo_cap;
    struct change_acl *recent_acl; // the last list set, shared by those who set it again
    struct hmap_link *kept;        // blocks of dropped changes
    size_t kept_count;
};

void changes_init(struct changes *c, struct tree *tree, bool digest_enabled);
void changes_fini(struct changes *c);

// ---- looking ----

// The node as it will be; NULL when it will not exist. Borrowed until the transaction ends.
struct change *changes_find(struct changes *c, struct slice path);
// The place of a node that may come into being; NULL when the node will exist. The same lifetime.
struct change *changes_place(struct changes *c, struct slice path);
// changes_find without looking at the tree: NULL when nothing in flight edits it. It may be
// deleted.
const struct change *changes_find_edited(const struct changes *c, struct slice path);
struct slice change_path(const struct change *ch);
const struct jute_acl_vec *changes_acl(const struct changes *c, const struct change *ch);

// ---- editing; every transaction is begun, then committed or rolled back ----

void changes_begin(struct changes *c);
// Edit between these two; `now.stat` and `now.child_count` may be assigned freely.
void changes_edit(struct changes *c, struct change *ch);
void changes_edited(struct changes *c, struct change *ch);
// Within an edit: new data, a new list.
void changes_set_data(struct changes *c, struct change *ch, struct slice data);
void changes_set_acl(struct changes *c, struct change *ch, const struct jute_acl_vec *acl);
// A node that comes into being.
void changes_create(struct changes *c, struct change *place, const struct jute_stat_persisted *stat,
                    struct slice data, const struct jute_acl_vec *acl);
void changes_delete(struct changes *c, struct change *ch);

// Keep the edits since changes_begin as those of `zxid`, or take them back.
void changes_commit(struct changes *c, int64_t zxid);
void changes_rollback(struct changes *c);

// ---- settling ----

// Everything up to `zxid` has been applied to the tree.
void changes_applied(struct changes *c, int64_t zxid);

// Everything in flight is abandoned; the tree says what is.
void changes_abandon(struct changes *c);

// Every change in flight, in no stated order.
void changes_each(const struct changes *c, void (*each)(void *ctx, const struct change *ch),
                  void *ctx);

#endif
