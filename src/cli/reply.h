// SPDX-License-Identifier: Apache-2.0
//
// A result of the client library kept beyond its callback: copied into one block.
#ifndef PADDOCK_CLI_REPLY_H
#define PADDOCK_CLI_REPLY_H

#include "paddock/paddock.h"

struct reply {
    int code;
    enum paddock_fate fate;
    struct paddock_stat stat;
    struct paddock_bytes data;
    const char **strings; // NULL when the code is not PADDOCK_OK
    size_t string_count;
    struct paddock_acl *acl;
    size_t acl_count;
    size_t bytes; // of `block`
    void *block;
};

// Thread: any. Memory: owned, release with reply_fini; a copy of a failure has no block.
void reply_copy(struct reply *to, const struct paddock_result *from);
void reply_fini(struct reply *r); // a zeroed one is legal

#endif
