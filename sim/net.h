// SPDX-License-Identifier: Apache-2.0
//
// Simulated connections. The machine's end is a port_stream; the client's end is held by the test:
//
//     net_connect ──► on_bytes ... on_end ──► net_hang_up
//
// Bytes travel in order with a delay and arrive in pieces of any size. The machine's end takes at
// most NET_ROOM_BYTES that the client has not got yet, and sometimes fewer than it could, so that
// short writes happen. A link lives until both ends are closed.
#ifndef PADDOCK_SIM_NET_H
#define PADDOCK_SIM_NET_H

#include "base/buf.h"
#include "port/stream.h"
#include "sim/world.h"

enum { NET_ROOM_BYTES = 16 * 1024 };

struct sim_node;
struct net_link;

struct sim_net {
    struct port_net port; // first
    struct sim_node *node;
    struct list listeners;
    struct list links;
    uint16_t next_port;
    uint16_t next_client_port;
};

void net_init(struct sim_net *n, struct sim_node *node);
void net_fini(struct sim_net *n); // every link's both ends must be closed
bool net_has_listener(const struct sim_net *n);

// Break every connection: clients get some of what is under way, then ERR_CONNECTION.
void net_power_off(struct sim_net *n);

struct net_client_handler {
    void (*on_bytes)(void *owner, struct slice bytes); // may hang up
    void (*on_end)(void *owner, enum err reason);      // the owner hangs up
};

// Connect to `port` of the machine. NULL when nobody listens there.
// Memory: the client's end is the caller's until net_hang_up.
struct net_link *net_connect(struct sim_node *node, uint16_t port,
                             const struct net_client_handler *handler, void *owner);
void net_send(struct net_link *l, struct slice bytes);
// While deaf, the client takes nothing in: what the machine writes fills the room and stays there.
void net_set_deaf(struct net_link *l, bool is_deaf);
void net_hang_up(struct net_link *l); // no callback comes after it

#endif
