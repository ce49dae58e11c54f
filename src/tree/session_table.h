// SPDX-License-Identifier: Apache-2.0
//
// The replicated table of global sessions: id to timeout. createSession transactions add,
// closeSession ones remove; it is part of snapshots. When a session expires is not decided here.
// Source: ZKDatabase.sessionsWithTimeouts.
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

// The sessions of bucket `index` that the pass `pass`, not 0, has not had; false when there is no
// such bucket. Passes take one bucket after the other and the table may change between two: a
// session that stays is given once. One pass at a time, each with a number of its own.
bool session_table_step(struct session_table *s, size_t index, uint32_t pass,
                        void (*each)(void *ctx, int64_t session, int32_t timeout_ms), void *ctx);

#endif
