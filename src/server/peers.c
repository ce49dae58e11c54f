// SPDX-License-Identifier: Apache-2.0
//
// Connections by address. IPv4 and IPv6 addresses never meet: the unused bytes of IPv4 are zero.
#include "server/peers.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/mem.h"

void peers_init(struct peers *p, uint64_t seed)
{
    hmap_init(&p->by_address);
    p->seed = seed;
}

void peers_fini(struct peers *p)
{
    ASSERT(p->by_address.count == 0);
    hmap_fini(&p->by_address);
}

static uint32_t hash_address(const struct peers *p, const struct port_address *address)
{
    return (uint32_t)hash_keyed(p->seed, slice_of(address->bytes, PORT_ADDRESS_BYTES));
}

static struct peer_count *find(const struct peers *p, const struct port_address *address,
                               uint32_t hash)
{
    for (struct hmap_link *l = hmap_first(&p->by_address, hash); l != NULL;
         l = hmap_next(l, hash)) {
        struct peer_count *peer = CONTAINER_OF(l, struct peer_count, link);
        if (memcmp(peer->address, address->bytes, PORT_ADDRESS_BYTES) == 0) {
            return peer;
        }
    }
    return NULL;
}

struct peer_count *peers_enter(struct peers *p, const struct port_address *address, uint32_t max)
{
    uint32_t hash = hash_address(p, address);
    struct peer_count *peer = find(p, address, hash);
    if (peer == NULL) {
        peer = mem_zalloc(sizeof(*peer));
        memcpy(peer->address, address->bytes, PORT_ADDRESS_BYTES);
        hmap_insert(&p->by_address, &peer->link, hash);
    }
    if (max > 0 && peer->connections >= max) {
        return NULL;
    }
    peer->connections++;
    return peer;
}

void peers_leave(struct peers *p, struct peer_count *peer)
{
    ASSERT(peer->connections > 0);
    if (--peer->connections == 0) {
        hmap_remove(&p->by_address, &peer->link);
        mem_free(peer);
    }
}
