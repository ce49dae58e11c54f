// SPDX-License-Identifier: Apache-2.0
//
// The replicated state: znodes, their ACLs, the table of global sessions, and what is derived from
// them (ephemerals by session, containers, TTL nodes, quota statistics, the digest). It changes by
// tree_apply (one transaction) and by loading a snapshot, and is the same on every server that
// applied the same transactions; but for /zookeeper/config, which each writes for itself.
//
// What it is not: it checks no permission, session or version. prep (server/) did that before the
// transaction was made; here a transaction that does not fit (replay over a fuzzy snapshot) has the
// effects that Java gives it and a code in its result. One differs: a replayed delete of a node
// with children takes them along (docs/design/tree.md).
//
// Invariants:
//  1. Every node but the root has a parent in the tree; a parent counts exactly its children.
//  2. `digest` equals the sum of the node digests of all nodes outside /zookeeper/.
//  3. A node is in exactly one of: no list, the ephemerals of its owner, containers, TTL nodes; and
//     its stored owner says which.
//  4. last_zxid never goes back.
// tree_check() walks everything and tells whether they hold.
#ifndef PADDOCK_TREE_TREE_H
#define PADDOCK_TREE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "jute/code.h"
#include "jute/records.h"
#include "jute/txn.h"
#include "tree/znode.h"

struct tree;
struct watches;

struct tree_options {
    uint64_t hash_seed; // secret; from port_entropy
    bool digest_enabled;
    bool extended_types_enabled; // TTL nodes
    bool emulate_353_ttl_nodes;
};

// ---- life cycle ----

// A fresh tree: /, /zookeeper, /zookeeper/quota, /zookeeper/config.
struct tree *tree_new(const struct tree_options *options);
void tree_free(struct tree *t); // NULL is legal

// ---- reading ----

// A path is found by its keyed hash; callers that look it up more than once compute it once.
uint32_t tree_path_hash(const struct tree *t, struct slice path);

// Borrowed, valid until the next apply; NULL when absent. "" and "/" are the root. No validation.
struct znode *tree_find(const struct tree *t, struct slice path);
struct znode *tree_find_hashed(const struct tree *t, struct slice path, uint32_t hash);

// The list behind an ACL id; borrowed until the next apply.
const struct jute_acl_vec *tree_acl(const struct tree *t, int64_t acl_id);

// What a stored owner means. Source: EphemeralType.get.
enum znode_kind { ZNODE_PERSISTENT, ZNODE_EPHEMERAL, ZNODE_CONTAINER, ZNODE_TTL };
enum znode_kind tree_kind_of_owner(const struct tree *t, int64_t owner);
int64_t tree_ttl_of_owner(const struct tree *t, int64_t owner); // ms; only for ZNODE_TTL

int64_t tree_last_zxid(const struct tree *t);
void tree_set_last_zxid(struct tree *t, int64_t zxid); // recovery and simulation only
uint64_t tree_node_count(const struct tree *t);        // as Java prints it: the root counts twice
uint64_t tree_ephemeral_count(const struct tree *t);
uint64_t tree_approximate_data_size(const struct tree *t);
uint64_t tree_session_count(const struct tree *t);
uint64_t tree_acl_count(const struct tree *t); // distinct lists in use
// The answer to getAllChildrenNumber for a path that was found to be `n`: "" counts the root, too.
uint64_t tree_all_children_count(const struct tree *t, struct slice path, const struct znode *n);

// ---- the digest ----

uint64_t tree_digest(const struct tree *t); // 0 when disabled
// The digest of one node; 0 below /zookeeper/. prep computes with it what a change will lead to.
uint64_t tree_node_digest(struct slice path, struct slice data,
                          const struct jute_stat_persisted *stat);
// The same in two steps, for a caller that keeps the first one of a node whose data stays.
uint32_t tree_digest_prefix(struct slice path, struct slice data);
uint64_t tree_digest_finish(struct slice path, uint32_t prefix,
                            const struct jute_stat_persisted *stat);
// tree_digest_prefix of a node at its path; costs nothing while only its children change.
uint32_t znode_digest_prefix(const struct znode *n, struct slice path);
uint64_t znode_digest(const struct tree *t, const struct znode *n); // 0 when disabled
enum { TREE_DIGEST_LOG_INTERVAL = 128, TREE_DIGEST_LOG_MAX = 1024 };
struct tree_digest_entry {
    int64_t zxid;
    uint64_t digest;
};
// The last transaction whose digest was logged: what a snapshot writes at its end; zeros when none.
struct tree_digest_entry tree_digest_point(const struct tree *t);
// {zxid, digest} of every 128th transaction, the newest TREE_DIGEST_LOG_MAX, oldest first ("hash").
size_t tree_digest_log(const struct tree *t, struct tree_digest_entry ret[TREE_DIGEST_LOG_MAX]);
// How many comparisons with a transaction or the loaded snapshot failed, and the zxid of the first
// (0: none). One zxid counts twice when both are compared there.
uint64_t tree_digest_mismatches(const struct tree *t);
int64_t tree_digest_first_mismatch(const struct tree *t);

// ---- sessions and ephemerals ----

bool tree_session_find(const struct tree *t, int64_t session, int32_t *ret_timeout_ms);
void tree_sessions_each(const struct tree *t,
                        void (*each)(void *ctx, int64_t session, int32_t timeout_ms), void *ctx);
// Ephemerals of a session in no stated order; and every owner that has or had some and is not
// closed.
void tree_ephemerals_each(const struct tree *t, int64_t session,
                          void (*each)(void *ctx, const struct znode *n), void *ctx);
void tree_ephemeral_owners_each(const struct tree *t, void (*each)(void *ctx, int64_t session),
                                void *ctx);
// Delete ephemerals whose owner is not in the session table, without a transaction; returns how
// many. Source: ZooKeeperServer.loadData.
uint64_t tree_drop_dead_ephemerals(struct tree *t);

// Containers and TTL nodes that may go now. Source: ContainerManager.getCandidates.
void tree_reapable_each(const struct tree *t, int64_t wall_ms, int64_t never_used_ms,
                        void (*each)(void *ctx, const struct znode *n), void *ctx);
// TTL nodes. With extended types off: nodes that read as such and so are ephemerals of no session;
// tree_drop_dead_ephemerals would delete them with all below: recovery should refuse to go on.
uint64_t tree_ttl_node_count(const struct tree *t);

// ---- quota ----

struct tree_quota {
    struct slice path;                                       // of the limited subtree
    int64_t count, bytes, count_hard_limit, byte_hard_limit; // limits; -1: none
    int64_t used_count, used_bytes;
    bool is_malformed; // the limits text does not parse: a checked create answers -5
};
// The quota that covers `path`; false when none does. `ret->path` is borrowed until the next apply.
bool tree_quota_find(const struct tree *t, struct slice path, struct tree_quota *ret);

// ---- applying ----

// What one transaction did. The caller keeps one, zeroed at first, and passes it again and again.
// Everything in it is valid until the next tree_apply with it.
struct tree_result {
    enum zk_code code;     // of a single operation, or of an error transaction
    struct slice path;     // as in the transaction, which it borrows from; null: names none
    struct jute_stat stat; // create, setData, setACL
};
struct tree_outcome {
    struct tree_result result;   // for a multi: code of the first failure
    struct tree_result *results; // multi: one per sub-transaction
    size_t result_count, result_cap;
};
void tree_outcome_fini(struct tree_outcome *o);

// Apply one committed transaction; fire watches in `w` (NULL: none, during recovery).
// Memory: borrows `txn`. Source: DataTree.processTxn. Session transactions change the table.
void tree_apply(struct tree *t, const struct txn *txn, struct watches *w, struct tree_outcome *o);
void tree_set_config(struct tree *t, struct slice text, int64_t version, int64_t wall_ms,
                     struct watches *w); // Source: ZKDatabase.initConfigInZKDatabase

// ---- loading a snapshot ----

// Into a fresh tree: tree_load_begin empties it, then every ACL list, then every node with its
// parent first, then tree_load_end, which rebuilds what is derived.
// Errors: ERR_CORRUPT for a node without a parent or with an unknown ACL id, an extended type that
// does not exist, a second node of the same path (told by tree_load_end at the latest); the tree
// may then only be freed or loaded again.
void tree_load_begin(struct tree *t);
enum err tree_load_session(struct tree *t, int64_t session, int32_t timeout_ms) MUST_CHECK;
enum err tree_load_acl(struct tree *t, int64_t acl_id, const struct jute_acl_vec *acl) MUST_CHECK;
enum err tree_load_node(struct tree *t, struct slice path, struct slice data, int64_t acl_id,
                        const struct jute_stat_persisted *stat) MUST_CHECK;
enum err tree_load_end(struct tree *t, int64_t last_zxid) MUST_CHECK;
// The digest that the snapshot claims for `zxid`; compared when that transaction has been applied.
void tree_load_digest(struct tree *t, int64_t zxid, uint64_t digest);

// ---- walking for a snapshot ----

// A pre-order walk that survives changes between its steps (fuzzy, as Java's): nodes created after
// tree_walk_open are left out, with everything below them; a node deleted before its turn is not
// seen; replaying the log from the walk's zxid makes it whole. ACL ids that a node gained after
// tree_walk_open are reported as the id it had then. One walk at a time.
//
// Sessions and ACL lists come in steps, too, each of which gives few or none (false at the end):
// a session that comes or goes meanwhile may be given or not, and the log says what became of it;
// every list that a node had when the walk was opened is given, once, perhaps some others.
struct tree_walk;
struct tree_walk *tree_walk_open(struct tree *t);
int64_t tree_walk_zxid(const struct tree_walk *w);
bool tree_walk_sessions(struct tree_walk *w,
                        void (*each)(void *ctx, int64_t session, int32_t timeout_ms), void *ctx);
bool tree_walk_acls(struct tree_walk *w,
                    void (*each)(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl),
                    void *ctx);
// The next node, or NULL at the end; path appended to the cleared `path`.
const struct znode *tree_walk_next(struct tree_walk *w, struct buf *path, int64_t *ret_acl_id);
void tree_walk_close(struct tree_walk *w); // NULL is legal

// True when every invariant holds; walks the whole tree. For CHECK_SLOW and tests.
bool tree_check(const struct tree *t);

#endif
