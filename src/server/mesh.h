// SPDX-License-Identifier: Apache-2.0
//
// The mesh: one connection between each pair of servers on the election ports, for messages of
// which only the newest matters. What they say is not understood here.
//
//     dialler, larger id:   connect ── header ──► open
//     dialler, smaller id:  connect ── header ──► hang up, and wait to be dialled
//     acceptor:             header of a larger id ──► open, in place of the connection before
//                           header of a smaller id ──► hang up, dial back
//
// Invariants:
//  1. At most one open connection and one attempt per server.
//  2. At most one message waits per server; a newer one replaces it. The last one sent is sent
//     again on a new connection when nothing waits, since it may have been lost with the old one.
//  3. Callbacks come from events and timers, never out of a call of this header; any call of this
//     header is legal within them.
// Bounds: connections that have not said who they are by LIMIT_MESH_GUESTS (the oldest goes) and a
// timeout; those of servers that are in no configuration by LIMIT_MESH_STRANGERS; messages by
// MESH_MESSAGE_BYTES_MAX.
// Source: QuorumCnxManager. Differs: docs/design/election.md.
#ifndef PADDOCK_SERVER_MESH_H
#define PADDOCK_SERVER_MESH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/trace.h"
#include "config/servers.h"
#include "port/loop.h"
#include "port/resolver.h"
#include "port/stream.h"
#include "server/log.h"

enum { MESH_MESSAGE_BYTES_MAX = 512 * 1024 };

struct mesh;

struct mesh_options {
    int64_t sid; // our own
    struct port_net *net;
    struct port_loop *loop;
    struct port_resolver *resolver;
    struct log *log;              // may be NULL
    struct trace_sink *trace;     // may be NULL
    int64_t connect_timeout_ms;   // of one attempt, resolving included
    int64_t handshake_timeout_ms; // for the header of who connected
    bool listens_on_all;          // quorumListenOnAllIPs
    bool many_addresses;          // multiAddress.enabled
    bool keepalive;               // TCP's, on all of them
    int bind_retries;             // times to try to bind, a second apart; 0: for ever
    // A whole message, borrowed. `from` is what the sender calls itself.
    void (*on_message)(void *ctx, int64_t from, struct slice bytes);
    void (*on_bind_failed)(void *ctx); // no election address could be bound, tries are over
    void *ctx;
};

// Does nothing before the first mesh_configure. Memory: copies the options.
struct mesh *mesh_new(const struct mesh_options *options);
void mesh_close(struct mesh *m); // frees; NULL is legal

// Where the servers are: `committed`, and `seen` when it names others. Listens where our own entry
// says, and stays where it is when there is none. What has not changed keeps its connection.
// Memory: copies what it needs.
void mesh_configure(struct mesh *m, const struct config_servers *committed,
                    const struct config_servers *seen);

// Send, or dial and send. To one that is in no configuration only over a connection that it has
// made. Memory: copies. Legal lengths: 1 to MESH_MESSAGE_BYTES_MAX; a longer one is dropped.
void mesh_send(struct mesh *m, int64_t sid, struct slice bytes);

// Dial everybody who is not connected and has been sent something.
void mesh_connect_all(struct mesh *m);

bool mesh_is_connected(const struct mesh *m, int64_t sid);

#endif
