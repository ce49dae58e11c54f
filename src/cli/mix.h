// SPDX-License-Identifier: Apache-2.0
//
// What a benchmark asks for, in which shares: "get=90,set=10". A lone name has the share 1. Also
// when: the moments at which the requests of an open loop are due. Pure.
#ifndef PADDOCK_CLI_MIX_H
#define PADDOCK_CLI_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Kinds of requests: X(SYMBOL, name, what it does).
#define MIX_OPS(X)                                                                                 \
    X(GET, "get", "the data of a key")                                                             \
    X(SET, "set", "new data for a key")                                                            \
    X(EXISTS, "exists", "the stat of a key")                                                       \
    X(CHILDREN, "children", "the names of the at most 100 keys of a folder")                       \
    X(CREATE, "create", "a new node")                                                              \
    X(EPHEMERAL, "ephemeral", "a new ephemeral node")                                              \
    X(DELETE, "delete",                                                                            \
      "the oldest node that the session has made; when there is none, a create instead")           \
    X(MULTI, "multi", "a transaction of 4 sets")                                                   \
    X(SYNC, "sync", "wait until this server has caught up with the leader")

enum mix_op {
#define MIX_ENUM(symbol, name, help) MIX_##symbol,
    MIX_OPS(MIX_ENUM)
#undef MIX_ENUM
        MIX_OP_COUNT
};

const char *mix_name(enum mix_op op);

struct mix {
    uint64_t shares[MIX_OP_COUNT];
    uint64_t total;
};

enum { MIX_WHY_BYTES = 160, MIX_SHARE_MAX = 1000000 };

// Errors: false, and the reason in `why`; *ret is untouched.
bool mix_parse(const char *text, struct mix *ret, char why[MIX_WHY_BYTES]);

// The kind that stands at `place` (0 <= place < total) of all shares laid side by side.
enum mix_op mix_at(const struct mix *m, uint64_t place);

// ---- an open loop ----

// Requests are due at even distances whatever becomes of those before: so what the server makes
// wait has its waiting counted (no coordinated omission).
struct pace {
    int64_t begin_ns;
    double per_second; // > 0
};

int64_t pace_due_ns(const struct pace *p, uint64_t number); // of request `number`, from 0

#endif
