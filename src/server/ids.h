// SPDX-License-Identifier: Apache-2.0
//
// The identities of a connection: a set of (scheme, id), in order of arrival. It starts with the
// peer's address and grows by authentication; there is no logout. It travels with every write to
// the check of its ACLs. Source: ServerCnxn.authInfo.
#ifndef PADDOCK_SERVER_IDS_H
#define PADDOCK_SERVER_IDS_H

#include <stdbool.h>

#include "jute/records.h"
#include "port/stream.h"

enum { IDS_MAX = 256 }; // of one connection; more authentications are refused

struct ids {
    struct jute_id *items; // owned, with their bytes
    int32_t count;
};

void ids_init(struct ids *ids);
void ids_fini(struct ids *ids);

// Add unless present. False at IDS_MAX.
bool ids_add(struct ids *ids, struct slice scheme, struct slice id);
bool ids_has_scheme(const struct ids *ids, struct slice scheme);

// The text of an address as Java prints it: dotted quad, or eight groups without leading zeros and
// without "::", with %scope for link-local ones. Appends to `to`.
void ids_print_address(const struct port_address *address, struct buf *to);

#endif
