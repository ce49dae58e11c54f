// SPDX-License-Identifier: Apache-2.0
//
// How many connections come from each address, for maxClientCnxns.
// Source: NIOServerCnxnFactory.getClientCnxnCount.
#ifndef PADDOCK_SERVER_PEERS_H
#define PADDOCK_SERVER_PEERS_H

#include "base/hmap.h"
#include "port/stream.h"

struct peer_count {
    struct hmap_link link;
    uint8_t address[PORT_ADDRESS_BYTES];
    uint32_t connections;
};

struct peers {
    struct hmap by_address;
    uint64_t seed;
};

void peers_init(struct peers *p, uint64_t seed);
void peers_fini(struct peers *p);

// One more connection from `address`; NULL when it has `max` already (0: no limit).
struct peer_count *peers_enter(struct peers *p, const struct port_address *address, uint32_t max);
void peers_leave(struct peers *p, struct peer_count *peer);

#endif
