// SPDX-License-Identifier: Apache-2.0
//
// Session ids of servers 255 and above look like TTLs: those servers know no TTL nodes, and no
// client can tell.
#include "cli/node_kind.h"

#include <inttypes.h>

#include "tree/owner.h"

enum node_kind node_kind_of(int64_t owner)
{
    uint64_t bits = (uint64_t)owner;
    if (bits == 0) {
        return NODE_PERSISTENT;
    }
    if (owner == INT64_MIN) {
        return NODE_CONTAINER;
    }
    return (bits & ~(uint64_t)TTL_MS_MAX) == TTL_OWNER_MARK ? NODE_TTL : NODE_EPHEMERAL;
}

int64_t node_ttl_ms(int64_t owner)
{
    return owner & TTL_MS_MAX;
}

void node_kind_text(int64_t owner, struct buf *to)
{
    switch (node_kind_of(owner)) {
    case NODE_PERSISTENT:
        break;
    case NODE_EPHEMERAL:
        buf_printf(to, "ephemeral 0x%" PRIx64, (uint64_t)owner);
        break;
    case NODE_CONTAINER:
        buf_append_str(to, "container");
        break;
    case NODE_TTL:
        buf_printf(to, "ttl %" PRId64 " ms", node_ttl_ms(owner));
        break;
    }
}
