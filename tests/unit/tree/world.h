// SPDX-License-Identifier: Apache-2.0
//
// A tree, its watches and the next zxid, with short verbs that apply one transaction each. For the
// unit tests of tree/.
#ifndef PADDOCK_TESTS_UNIT_TREE_WORLD_H
#define PADDOCK_TESTS_UNIT_TREE_WORLD_H

#include "tree/tree.h"
#include "tree/watch.h"

#define WORLD_SEED 0x5eed

struct world {
    struct tree *t;
    struct watches *ws;
    struct tree_outcome o;
    int64_t zxid;    // of the last transaction
    int64_t time_ms; // of the next ones
    int64_t session; // that asks for the next ones
};

void world_init(struct world *w); // digest on, extended types on
void world_init_with(struct world *w, const struct tree_options *options);
void world_fini(struct world *w);
// world_init and world_fini as cmocka wants them.
int world_set_up(void **state);
int world_tear_down(void **state);

// world:anyone with `perms`; the static list of one entry behind it changes with each call.
struct jute_acl_vec world_acl(int32_t perms);

// One transaction; zxid, client id and time come from `w`. Returns the code of the outcome.
enum zk_code world_apply(struct world *w, const struct txn_op *op);
enum zk_code world_multi(struct world *w, struct txn_op *ops, int32_t count);

struct txn_op op_create(const char *path, const char *data); // create2, persistent; NULL: null
struct txn_op op_ephemeral(const char *path);
struct txn_op op_delete(const char *path);
struct txn_op op_set_data(const char *path, const char *data, int32_t version);

enum zk_code world_create(struct world *w, const char *path, const char *data);
enum zk_code world_create_ephemeral(struct world *w, int64_t session, const char *path);
enum zk_code world_create_container(struct world *w, const char *path);
enum zk_code world_create_ttl(struct world *w, const char *path, int64_t ttl_ms);
enum zk_code world_delete(struct world *w, const char *path);
enum zk_code world_set_data(struct world *w, const char *path, const char *data, int32_t version);
enum zk_code world_set_acl(struct world *w, const char *path, int32_t perms, int32_t version);
enum zk_code world_create_session(struct world *w, int64_t session, int32_t timeout_ms);
// `paths` NULL: a transaction without body.
enum zk_code world_close_session(struct world *w, int64_t session, struct slice *paths,
                                 int32_t count);

struct znode *world_find(const struct world *w, const char *path);
struct jute_stat world_stat(const struct world *w, const char *path);
struct jute_stat_persisted world_stored(const struct world *w, const char *path);
bool world_has(const struct world *w, const char *path, const char *data); // node with that data

#endif
