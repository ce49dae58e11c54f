// SPDX-License-Identifier: Apache-2.0
//
// Snapshots in memory: what a walk of one tree gives is kept as a list of nodes and loaded into
// another tree. For the tests of walk.c, load.c and whole histories.
#ifndef PADDOCK_TESTS_UNIT_TREE_COPY_H
#define PADDOCK_TESTS_UNIT_TREE_COPY_H

#include "tree/tree.h"

struct copy_node {
    struct slice path, data; // owned
    int64_t acl_id;
    struct jute_stat_persisted stat;
};
struct copy_acl {
    int64_t id;
    int32_t perms; // the lists of the tests are world:anyone
};
struct copy {
    int64_t zxid;
    struct copy_node *nodes;
    size_t node_count;
    struct copy_acl *acls;
    size_t acl_count;
    struct {
        int64_t id;
        int32_t timeout_ms;
    } * sessions;
    size_t session_count;
    struct tree_walk *walk; // open until copy_step returned false
};

void copy_begin(struct copy *c, struct tree *t); // sessions, lists, walk opened
bool copy_step(struct copy *c);                  // one node; false at the end
void copy_fini(struct copy *c);

enum err copy_load(const struct copy *c, struct tree *into);
bool copy_has(const struct copy *c, const char *path);

// Equal nodes (stat, data, ACL), sessions and digests.
bool trees_are_equal(const struct tree *a, const struct tree *b);

#endif
