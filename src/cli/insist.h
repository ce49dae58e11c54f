// SPDX-License-Identifier: Apache-2.0
//
// One request that may be done twice (a read, or a write whose echo the caller knows), waited for:
// asked again when a connection broke with it. How often is bounded, as some requests break every
// connection: a server closes it on a frame above its jute.maxbuffer.
#ifndef PADDOCK_CLI_INSIST_H
#define PADDOCK_CLI_INSIST_H

#include "paddock/paddock.h"

enum { INSIST_TRIES_MAX = 5 }; // also of those that are not waited for: batch.h, subtree.h

// As paddock_call: the code, and *ret (owned; may be NULL) of the last try.
int insist(struct paddock *zk, const struct paddock_op *op, struct paddock_result **ret);

// The same for a creation: a node that a lost try has made is no conflict, but PADDOCK_OK.
int insist_create(struct paddock *zk, const struct paddock_op *op, struct paddock_result **ret);

#endif
