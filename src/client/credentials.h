// SPDX-License-Identifier: Apache-2.0
//
// The credentials that servers have accepted, as they go over the wire: every new connection is
// told all of them, in their order, before anything else. Source: ClientCnxn.addAuthInfo.
#ifndef PADDOCK_CLIENT_CREDENTIALS_H
#define PADDOCK_CLIENT_CREDENTIALS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"

// One credential: the frame of an auth request, with its length.
struct credential {
    struct list link;
    size_t frame_len;
    uint8_t frame[];
};

struct credential *credential_new(struct slice frame); // NULL: out of memory
void credential_free(struct credential *c);            // wiped first; NULL is legal

struct credentials {
    struct list list;
    size_t count;
};

void credentials_init(struct credentials *cs);
void credentials_fini(struct credentials *cs);
void credentials_add(struct credentials *cs, struct credential *c); // takes it; twins become one
// Append all frames. Errors: ERR_NO_MEMORY; nothing was appended.
enum err credentials_tell(const struct credentials *cs, struct buf *to) MUST_CHECK;

#endif
