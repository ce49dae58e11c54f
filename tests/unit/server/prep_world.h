// SPDX-License-Identifier: Apache-2.0
//
// What preparation needs around it, and the way of a transaction from there into the tree, without
// log and connections: transactions wait in a queue until the test applies them.
#ifndef PADDOCK_TESTS_UNIT_SERVER_PREP_WORLD_H
#define PADDOCK_TESTS_UNIT_SERVER_PREP_WORLD_H

#include "host/host.h"
#include "server/prep.h"

struct prep_world {
    struct host *host;
    struct config *config;
    struct log log;
    struct auth auth;
    struct tree *tree;
    struct changes changes;
    struct sessions sessions;
    struct arena arena;
    struct prep prep;
    struct ids ids;
    int64_t session;
    int64_t last_zxid;
    struct buf queue; // {i32 length, transaction} each
    struct tree_outcome outcome;
    struct txn last; // prepared last; valid until the next one
};

// `defines`: "name=value" for the configuration, ended by NULL; may be NULL.
void prep_world_open(struct prep_world *w, const char *const *defines);
void prep_world_close(struct prep_world *w);
// The same as cmocka wants it.
int prep_world_set_up(void **state);
int prep_world_set_up_with(void **state, const char *const *defines);
int prep_world_tear_down(void **state);

// Prepare a request whose body is `body`; its transaction is queued. Returns the code.
enum zk_code prep_world_write(struct prep_world *w, int32_t type, const struct buf *body);
enum zk_code prep_world_create(struct prep_world *w, const char *path, const char *data,
                               int32_t flags);
enum zk_code prep_world_delete(struct prep_world *w, const char *path, int32_t version);
enum zk_code prep_world_set(struct prep_world *w, const char *path, const char *data,
                            int32_t version);

// Apply what is queued, at most `max` transactions; checks that the digest of each is the tree's.
void prep_world_apply(struct prep_world *w, size_t max);

#endif
