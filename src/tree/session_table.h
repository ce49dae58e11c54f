// SPDX-License-Identifier: Apache-2.0
//
// The replicated table of global sessions: id to timeout. createSession transactions add,
// closeSession ones remove; it is part of snapshots. When a session expires is not decided here.
// Source: ZKDatabase.sessionsWithTimeouts; PROTOCOL 2.16.
#ifndef PADDOCK_TREE_SESSION_TABLE_H
#define PADDOCK_TREE_SESSION_TABLE_H

#include <stdbool.h>

#include "base/hmap.h"

struct session_table {
    uint64_t hash_seed;
    struct hmap sessions;
};

void session_table_init(struct session_table *s, uint64_t hash_seed);
void session_table_fini(struct session_table *s);

void session_table_put(struct session_table *s, int64_t session, int32_t timeout_ms);
void session_table_remove(struct session_table *s, int64_t session); // of any id
bool session_table_find(const struct session_table *s, int64_t session, int32_t *ret_timeout_ms);
void session_table_each(const struct session_table *s,
                        void (*each)(void *ctx, int64_t session, int32_t timeout_ms), void *ctx);

#endif
