// SPDX-License-Identifier: Apache-2.0
//
// Access control: may these identities do that to a node with this list, and what does a list that
// a client sent become before it is stored. Source: ZooKeeperServer.checkACL,
// PrepRequestProcessor.fixupACL.
#ifndef PADDOCK_SERVER_ACL_H
#define PADDOCK_SERVER_ACL_H

#include "base/arena.h"
#include "server/auth.h"

// OK or NoAuth. `wanted` is a set of permissions of which one suffices. A NULL list (the open list
// of the built-in nodes) and an empty one permit everything.
enum zk_code acl_check(const struct auth *a, const struct jute_acl_vec *acl, int32_t wanted,
                       const struct ids *ids);

// Check and expand the list of a create or setACL: duplicates dropped, "auth" replaced by the
// caller's identities.
// Memory: *ret lives in `arena` or is `acl`; it borrows the strings of `acl` and `ids`.
// Errors: InvalidACL, MarshallingError.
enum zk_code acl_fix_up(const struct auth *a, const struct jute_acl_vec *acl, const struct ids *ids,
                        struct arena *arena, struct jute_acl_vec *ret);

#endif
