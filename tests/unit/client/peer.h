// SPDX-License-Identifier: Apache-2.0
//
// A server that says exactly what the test tells it to, lies included, and a handle connected to
// it. Nothing is answered by itself, not even a ping.
//
//     peer_open ──► peer_accept (connection, greeting) ──► peer_take, peer_say ... ──► peer_close
#ifndef PADDOCK_TESTS_UNIT_CLIENT_PEER_H
#define PADDOCK_TESTS_UNIT_CLIENT_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/handle.h"
#include "jute/connect.h"
#include "jute/op.h"
#include "sim/node.h"

enum { PEER_SESSION = 0x1234, PEER_TIMEOUT_MS = 6000, PEER_PORT = 2181 };

struct peer {
    struct client_ports ports; // of the handle; first
    struct world world;
    struct sim_node *node;   // the client's machine
    struct sim_node *server; // the machine of the peer
    struct port_listener *listener;
    struct port_stream *stream; // the newest connection; NULL: none, or it has ended
    size_t accepted;            // connections so far
    bool is_deaf;               // does not read
    struct buf in;              // frames not looked at yet
    struct buf frame;           // the one taken last
    struct arena arena;
    struct jute_in body; // of it, behind the request header
    struct jute_request_header header;
    struct connect_request greeting;
    struct paddock *zk;
    bool is_closed; // the handle's ports were given back
};

// A handle without a thread whose only server is the peer; asks for PEER_TIMEOUT_MS unless told.
void peer_open(struct peer *p, struct paddock_options options);
void peer_close(struct peer *p); // abandons the handle if it is open

// Wait for a connection and its greeting, which is then in p->greeting.
void peer_accept(struct peer *p);
// Answer the greeting: session, timeout, password "0123456789abcdef".
void peer_welcome(struct peer *p, int64_t session, int32_t timeout_ms, bool is_read_only);
void peer_join(struct peer *p); // accept, welcome with the defaults, connected

// The next frame must come, and be a request of this type. Its xid.
int32_t peer_take(struct peer *p, int32_t type);
// Nothing comes for this long.
void peer_hear_nothing(struct peer *p, int64_t for_ms);
void peer_run(struct peer *p, int64_t duration_ms);

void peer_say(struct peer *p, struct slice frame); // the length is put in front
void peer_say_raw(struct peer *p, struct slice bytes);
// A reply with a body; null for none.
void peer_reply(struct peer *p, int32_t xid, int64_t zxid, int32_t err, struct slice body);
void peer_event(struct peer *p, int32_t type, const char *path, int64_t zxid);
void peer_hang_up(struct peer *p);

// The connection was given up by the client, and its trouble names the cause.
void peer_expect_dropped(struct peer *p, const char *cause);

int64_t peer_now_ms(const struct peer *p);

#endif
