// SPDX-License-Identifier: Apache-2.0
//
// Simulated connections. Machines connect to each other by their ports, as in production; a test
// may also hold the connecting end itself:
//
//     net_connect ──► on_bytes ... on_end ──► net_hang_up
//
// Bytes travel in order with a delay and arrive in pieces of any size. The end of a machine takes
// at most NET_ROOM_BYTES that the other has not got yet, and sometimes fewer than it could, so that
// short writes happen. A link lives until both ends are closed.
//
// Troubles: a machine is cut off (nothing arrives at it or from it, and nobody is told), its
// connections break, or break at the n-th byte. Between two machines, in each direction by itself,
// the way is cut, slow or narrow (way.h). Connections of one machine overtake each other, bytes of
// one connection do not.
#ifndef PADDOCK_SIM_NET_H
#define PADDOCK_SIM_NET_H

#include "base/buf.h"
#include "port/stream.h"
#include "sim/way.h"
#include "sim/world.h"

enum { NET_ROOM_BYTES = 16 * 1024 };

struct sim_node;
struct net_link;

struct sim_net {
    struct port_net port; // first
    struct sim_node *node;
    struct port_address address; // of this machine; 127.0.0.1 is it, too
    struct list listeners;
    struct list ends; // of connections
    struct list ways; // to other machines, where somebody changed them
    uint16_t next_port;
    uint16_t next_client_port;
    bool is_cut_off;
    // Not 0: when that many bytes more have arrived, in both directions together, over connections
    // that this machine began, the one of the last byte breaks.
    uint64_t break_after_bytes;
};

void net_init(struct sim_net *n, struct sim_node *node);
void net_fini(struct sim_net *n); // every link's both ends must be closed
bool net_has_listener(const struct sim_net *n);

// The address with a port, to connect to.
struct port_address net_address(const struct sim_net *n, uint16_t port);

// Break every connection: the other ends get some of what is under way, then ERR_CONNECTION; this
// machine, which has no power any more, is told nothing.
void net_power_off(struct sim_net *n);

// Break every connection; both ends get some of what is under way, then ERR_CONNECTION.
void net_break(struct sim_net *n);

// What is under way waits, connections that begin do not come about; when healed, both go on.
void net_cut_off(struct sim_net *n, bool is_cut_off);

// The same in one direction between two machines; every cut needs its own mending. A connection
// begins only when both directions are open.
void net_cut_way(struct sim_net *from, const struct sim_net *to);
void net_mend_way(struct sim_net *from, const struct sim_net *to);
// Break the connections between two machines, as net_break.
void net_break_between(struct sim_net *a, const struct sim_net *b);

// Something may have been mended: whatever waits goes on.
void net_go_on(struct world *w);

// ---- connections of a test ----

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
