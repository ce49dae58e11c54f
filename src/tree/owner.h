// SPDX-License-Identifier: Apache-2.0
//
// Stored ephemeralOwner values that mark a kind of node instead of a session.
// Source: EphemeralType, EphemeralTypeEmulate353.
#ifndef PADDOCK_TREE_OWNER_H
#define PADDOCK_TREE_OWNER_H

#include <stdint.h>

#define CONTAINER_OWNER INT64_MIN        // 0x8000000000000000
#define TTL_MS_MAX INT64_C(0xffffffffff) // 40 bits
#define TTL_OWNER_MARK UINT64_C(0xff00000000000000)

// `ttl_ms` is 1 to TTL_MS_MAX.
static inline int64_t ttl_owner(int64_t ttl_ms)
{
    return (int64_t)(TTL_OWNER_MARK | (uint64_t)ttl_ms);
}

#endif
