// SPDX-License-Identifier: Apache-2.0
//
// What ephemeralOwner says of a node: a session's id, or a mark of its kind.
// Source: org.apache.zookeeper.server.EphemeralType, EphemeralTypeEmulate353.
#ifndef PADDOCK_CLI_NODE_KIND_H
#define PADDOCK_CLI_NODE_KIND_H

#include <stdint.h>

#include "base/buf.h"

enum node_kind { NODE_PERSISTENT, NODE_EPHEMERAL, NODE_CONTAINER, NODE_TTL };

enum node_kind node_kind_of(int64_t owner);
int64_t node_ttl_ms(int64_t owner); // of NODE_TTL

// "ephemeral 0x10000a", "container", "ttl 5000 ms"; nothing for a persistent one.
void node_kind_text(int64_t owner, struct buf *to);

#endif
