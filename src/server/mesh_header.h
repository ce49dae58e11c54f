// SPDX-License-Identifier: Apache-2.0
//
// What the dialling side of an election connection says first: who it is and where it is dialled.
//
//     i64 -65536 (one address) or -65535 (several, joined by '|'), i64 sid, i32 length, address
//     text
//
// Before 3.5 the first i64 was the sid, and nothing followed. Pure.
// Source: QuorumCnxManager.InitialMessage, startConnection, handleConnection.
#ifndef PADDOCK_SERVER_MESH_HEADER_H
#define PADDOCK_SERVER_MESH_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum {
    MESH_ADDRESS_BYTES_MAX = 2048, // of the address text
    MESH_HOST_BYTES_MAX = 256,     // with its end
    MESH_ADDRESSES_MAX = 16,
};
// The id of observers before 3.5, which had none.
#define MESH_ANONYMOUS INT64_MAX

struct mesh_place {
    char host[MESH_HOST_BYTES_MAX]; // without brackets
    uint16_t port;
};

struct mesh_header {
    int64_t sid;
    size_t place_count; // 0: not said, or wildcards only
    struct mesh_place places[MESH_ADDRESSES_MAX];
};

// With `many` all places are sent, else the first alone. Those that do not fit are left out.
// `place_count` is at least 1.
void mesh_header_encode(const struct mesh_header *h, bool many, struct buf *to);

// Take a header off the front of `bytes`. *ret_len 0: it is not complete yet.
// Errors: ERR_MALFORMED, when what is there already cannot become one.
enum err mesh_header_take(struct slice bytes, struct mesh_header *ret, size_t *ret_len) MUST_CHECK;

#endif
