// SPDX-License-Identifier: Apache-2.0
//
// From a `struct paddock_op` to a request frame, in two steps, because the encoders of jute abort
// when memory is out: encode_prepare checks the operation, builds the records in an arena and says
// how long the frame will be; encode_frame then writes it into memory that is there.
#ifndef PADDOCK_CLIENT_ENCODE_H
#define PADDOCK_CLIENT_ENCODE_H

#include "base/arena.h"
#include "jute/multi.h"
#include "paddock/paddock.h"

enum { ENCODE_FRAME_BYTES_MAX = 1 << 30 };

struct prepared {
    int32_t type;       // opcode; removals may change REMOVE_WATCHES to CHECK_WATCHES
    size_t frame_bytes; // with length and header
    struct slice path;  // the server's; null when the operation has none
    union {
        struct jute_create_request create;
        struct jute_create_ttl_request create_ttl;
        struct jute_path_version path_version;
        struct jute_path_watch path_watch;
        struct jute_set_data_request set_data;
        struct jute_set_acl_request set_acl;
        struct jute_path path;
        struct jute_path_type path_type;
        struct jute_reconfig_request reconfig;
        struct jute_auth_packet auth;
        struct multi multi;
    } body;
};

// Memory: *ret borrows `op` and `scratch`.
// Errors: PADDOCK_BAD_ARGUMENTS, PADDOCK_TOO_BIG, PADDOCK_NO_MEMORY.
int encode_prepare(const struct paddock_op *op, struct slice chroot, struct arena *scratch,
                   struct prepared *ret);

// Write exactly p->frame_bytes to `to`.
void encode_frame(const struct prepared *p, int32_t xid, uint8_t *to);

#endif
