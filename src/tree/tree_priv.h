// SPDX-License-Identifier: Apache-2.0
//
// The inside of a tree, shared by the files of this folder. Changes go down one way: apply.c and
// load.c decide what changes, tree_insert and tree_remove (tree.c) keep index, counts, owner lists
// and digest together, and the hooks below keep the quota table and an open walk in step.
#ifndef PADDOCK_TREE_TREE_PRIV_H
#define PADDOCK_TREE_TREE_PRIV_H

#include "tree/acl_cache.h"
#include "tree/ephemerals.h"
#include "tree/session_table.h"
#include "tree/tree.h"
#include "tree/watch.h"
#include "tree/znode_priv.h"

// Containers and TTL nodes; the idle ones have no children, so only they can be reaped.
struct reap_lists {
    struct list idle_containers, busy; // of znode_ext.kin
    struct hmap ttl_buckets;           // idle TTL nodes by the minute of their end (reap.c)
    uint64_t ttl_count;
};

struct digest_state {
    uint64_t sum;           // of the digests of all nodes outside /zookeeper/
    uint64_t mismatches;    // comparisons that failed
    int64_t first_mismatch; // zxid of the first of them
    bool is_pending;        // a snapshot claimed `pending` and its zxid is not reached yet
    struct tree_digest_entry pending;
    uint64_t unproven_left; // of a tree that was loaded without a digest (digest_load_end); or 0
    struct tree_digest_entry last; // of the last transaction with a digest; zeros: none
    struct tree_digest_entry *log; // ring of TREE_DIGEST_LOG_MAX, allocated at first use
    size_t log_first, log_count;
};

// While a snapshot is loaded. New nodes are not in the index yet but in a list through link.next:
// the index is built at the end, when the number of buckets is known (load.c).
struct load_state {
    bool is_loading;
    struct znode *last;   // newest node
    struct znode *parent; // of the newest node
    struct buf dir;       // path of `parent`
    struct hmap_link *pending, **pending_end;
    size_t pending_count;
};

struct tree {
    struct tree_options options;
    struct slab slab;
    struct hmap nodes;
    struct znode *root; // NULL only while loading
    uint64_t size;      // path units (UTF-16) and data bytes of all nodes, the root once
    int64_t last_zxid;
    struct acl_cache acls;
    struct session_table sessions;
    struct ephemerals ephemerals;
    struct reap_lists reap;
    struct digest_state digest;
    struct hmap quotas; // of struct quota_limit (quota.c)
    struct buf path;    // scratch of whoever builds the path of a node
    struct tree_walk *walk;
    uint32_t walk_serial; // of the newest walk
    struct load_state load;
};

// ---- tree.c: nodes in the tree ----

// Parent and name of a path. False for the root, and for paths that no node can have: without a
// slash at the front, with an empty name, with the parent "/" (a top-level node's is "").
bool tree_split_path(struct slice path, struct slice *ret_parent, struct slice *ret_name);
// A new node in its place, but not in the index. Takes over one reference of `acl_id`.
struct znode *tree_place(struct tree *t, struct znode *parent, struct slice path, struct slice data,
                         const struct jute_stat_persisted *stat, int32_t acl_id);
// The same, and in the index.
struct znode *tree_insert(struct tree *t, struct znode *parent, struct slice path, uint32_t hash,
                          struct slice data, const struct jute_stat_persisted *stat,
                          int32_t acl_id);
void tree_add_config(struct tree *t, struct znode *zookeeper); // the empty /zookeeper/config
void tree_remove(struct tree *t, struct znode *n);             // a node without children
void tree_set_data(struct tree *t, struct znode *n, struct slice data);
bool tree_owner_is_unknown(const struct tree *t, int64_t owner); // an extended type that is none
void tree_init_empty(struct tree *t);                            // members of a tree without nodes
void tree_fini_nodes(struct tree *t);

// ---- digest.c ----

void digest_refresh(struct tree *t, struct znode *n, struct slice path); // after a change
void digest_forget(struct tree *t, struct znode *n);                     // before it goes
void digest_after_txn(struct tree *t, const struct txn *txn);
void digest_check_pending(struct tree *t, int64_t zxid);
void digest_load_end(struct tree *t);

// ---- reap.c ----

void reap_init(struct reap_lists *r);
void reap_fini(struct reap_lists *r); // does not touch the nodes
void reap_add(struct tree *t, struct znode *n);
void reap_remove(struct tree *t, struct znode *n);
void reap_children_changed(struct tree *t, struct znode *n); // none left, or the first one came
void reap_data_changed(struct tree *t, struct znode *n);     // and with it the time
bool reap_holds(const struct tree *t, uint64_t node_count);  // every invariant; for tree_check

// ---- quota.c ----

void quota_node_created(struct tree *t, struct slice parent, struct slice name);
void quota_node_deleted(struct tree *t, struct slice parent, struct slice name);
void quota_account(struct tree *t, struct slice path, int64_t count, int64_t bytes);
void quota_load(struct tree *t);
void quota_fini(struct tree *t);

// ---- walk.c: what an open walk must hear of, before it happens ----

void walk_before_insert(struct tree *t, struct znode *parent);
void walk_before_remove(struct tree *t, struct znode *n);
void walk_before_acl(struct tree *t, struct znode *n);

#endif
