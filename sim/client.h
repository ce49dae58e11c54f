// SPDX-License-Identifier: Apache-2.0
//
// A simulated client's session: connects, pings, comes back with its session id after a lost
// connection, and hands frames up. It knows the framing of the protocol and nothing of nodes.
//
// With several servers the next connection goes to any of them, and one that says nothing for long
// is given up. With one it waits as long as the connection stands.
//
//     away ──► connecting ──► open ──► away (connection lost or hung up) ...
//       └──────────── client_rest keeps it away for a while ────────┘
#ifndef PADDOCK_SIM_CLIENT_H
#define PADDOCK_SIM_CLIENT_H

#include "base/arena.h"
#include "jute/connect.h"
#include "sim/node.h"

enum { CLIENT_SERVERS_MAX = 8 };

struct sim_client;

struct client_handler {
    // The session is open. `is_new`: the one before, if any, has ended.
    void (*on_open)(void *owner, bool is_new);
    void (*on_reply)(void *owner, const struct jute_reply_header *header, struct jute_in *body);
    void (*on_event)(void *owner, const struct jute_watcher_event *event, int64_t zxid);
    // The connection is gone; answers to what was sent will not come. It reconnects by itself.
    void (*on_lost)(void *owner);
};

struct sim_client {
    const struct client_handler *handler;
    void *owner;
    struct world *world;
    struct sim_node *servers[CLIENT_SERVERS_MAX];
    size_t server_count;
    struct sim_node *server; // the one that it is connected to, or tried last
    uint16_t port;
    struct net_link *link; // NULL while away
    bool is_open;
    bool is_stopped; // does not come back
    bool is_closing; // asked for the end of its session
    struct buf in;
    struct arena arena;
    int64_t session_id; // 0: none
    uint8_t passwd[CONNECT_PASSWD_BYTES];
    int32_t timeout_ms;
    int64_t last_zxid;
    uint64_t lost_count; // of open connections
    int64_t heard_ns;    // when the server last sent something
    int64_t since_ns;    // the same, of this connection; or when it began
    int64_t slack_ms;    // a session may end so much earlier than its timeout says
    struct port_timer retry;
    struct port_timer ping;
    struct port_timer watchdog; // of a connection, when there are several servers
};

void client_init(struct sim_client *c, struct sim_node *server, uint16_t port,
                 const struct client_handler *handler, void *owner);
void client_fini(struct sim_client *c);
// One more server of the same ensemble, before client_start.
void client_add_server(struct sim_client *c, struct sim_node *server);

void client_start(struct sim_client *c); // begin connecting
// Send a request; `body` may be empty. Only while open.
void client_send(struct sim_client *c, int32_t xid, int32_t type, struct slice body);
// The session is to end: closeSession was sent, so that nobody wonders when it is gone.
void client_expect_end(struct sim_client *c);
// The session has ended: the next connection opens a new one.
void client_forget(struct sim_client *c);
// Drop the connection and come back after `away_ms`.
void client_rest(struct sim_client *c, int64_t away_ms);
// Drop the connection for good.
void client_stop(struct sim_client *c);

#endif
