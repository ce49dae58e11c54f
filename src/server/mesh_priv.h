// SPDX-License-Identifier: Apache-2.0
//
// What the files of the mesh share: mesh.c (servers, messages, listeners), mesh_wire.c (connections
// and frames), mesh_dial.c (attempts to connect).
//
// Memory: connections and servers that go are freed at the end of the event (mesh_leave), so
// whoever is up the stack may still look at them.
#ifndef PADDOCK_SERVER_MESH_PRIV_H
#define PADDOCK_SERVER_MESH_PRIV_H

#include "base/buf.h"
#include "base/list.h"
#include "server/mesh.h"
#include "server/mesh_header.h"

struct mesh_dial; // mesh_dial.c

enum mesh_wire_state {
    MESH_WIRE_GUEST,   // accepted; has not said who it is
    MESH_WIRE_PARTING, // dialled by the smaller id: closes when the header is written
    MESH_WIRE_OPEN,    // the connection of `peer`
    MESH_WIRE_CLOSED,
};

struct mesh_wire {
    struct mesh *mesh;
    struct list link; // of the mesh: wires or graveyard
    enum mesh_wire_state state;
    struct mesh_peer *peer; // NULL of a guest
    struct port_stream *stream;
    struct buf in;           // a header or a frame that is not complete
    struct buf head;         // our header
    size_t head_sent;        // bytes
    struct port_timer limit; // of a guest and of one that parts
};

// Another server.
struct mesh_peer {
    struct mesh *mesh;
    struct list link; // of the mesh: peers or graveyard
    int64_t sid;
    bool is_known; // in a configuration; else it goes with its connection
    bool is_unreachable;
    struct mesh_place *places;
    size_t place_count;
    size_t committed_count;    // of the places: those of the committed configuration are first
    struct buf waiting;        // the message to send next; empty: none
    struct buf last;           // the frame sent last
    size_t last_sent;          // bytes of it that left over the present connection
    struct mesh_wire *wire;    // open, or NULL
    struct mesh_wire *parting; // likewise
    struct mesh_dial *dial;    // under way, or NULL
    struct port_timer again;   // started while something is to be said and nothing is under way
    unsigned attempts;         // since the last mesh_send or connection
};

struct mesh_listener {
    char *host; // NULL: all addresses
    uint16_t port;
    struct port_listener *port_listener; // NULL: not bound
};

struct mesh {
    struct mesh_options options;
    struct list peers, dead_peers;
    struct list wires, dead_wires; // guests are in the order of their coming
    size_t guest_count;
    int64_t next_anonymous;
    struct mesh_header own; // no places before the first configuration
    struct mesh_listener listeners[MESH_ADDRESSES_MAX];
    size_t listener_count;
    struct port_timer bind; // started while one is not bound
    int bind_tries;
    unsigned depth; // of events and calls under way
    bool is_closed; // free it when they are over
};

// Around everything that may close something.
void mesh_enter(struct mesh *m);
void mesh_leave(struct mesh *m);

// ---- mesh.c ----

struct mesh_peer *mesh_peer_find(const struct mesh *m, int64_t sid);
// A server that is in no configuration. NULL above LIMIT_MESH_STRANGERS.
struct mesh_peer *mesh_peer_make(struct mesh *m, int64_t sid);
// Nothing is to be sent to it before this is true.
bool mesh_peer_has_to_say(const struct mesh_peer *p);
// Dial, unless it is connected or being dialled. `places` go before what the configurations say.
void mesh_peer_dial(struct mesh_peer *p, const struct mesh_place *places, size_t count);
// A connection or an attempt is over: try again later, or forget it.
void mesh_peer_settle(struct mesh_peer *p);
// Stop what is under way towards it.
void mesh_peer_drop_attempt(struct mesh_peer *p);

// ---- mesh_wire.c ----

void mesh_wire_accept(struct mesh *m, struct port_stream *stream);
void mesh_wire_dialled(struct mesh_peer *p, struct port_stream *stream); // it has connected
void mesh_wire_send(struct mesh_wire *w); // what the peer has to say, as far as the socket takes it
void mesh_wire_close(struct mesh_wire *w, const char *reason); // NULL is legal; settles nothing
void mesh_wire_free(struct mesh_wire *w);

// ---- mesh_dial.c ----

// Ends with mesh_wire_dialled, or as failed, never within the call. NULL: nothing to dial.
struct mesh_dial *mesh_dial_new(struct mesh_peer *p, const struct mesh_place *places, size_t count);
void mesh_dial_free(struct mesh_dial *d); // stops it; NULL is legal

#endif
