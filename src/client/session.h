// SPDX-License-Identifier: Apache-2.0
//
// The core of a handle: one session with an ensemble, over one connection after the other.
//
//              ┌────────────── attempt failed, connection lost ──────────────┐
//              ▼                                                             │
//     ──► RESTING ──pause over──► RESOLVING ──► CONNECTING ──► GREETING ──► OPEN
//              │                      │             │             │          │
//              └──────────────────────┴─── ENDED ◄──┴─────────────┴──────────┘
//
// RESTING waits between attempts, GREETING for the answer to the ConnectRequest. ENDED is for good:
// the server said that the session expired, refused a credential, or the handle was closed.
//
// 1. A stream exists exactly in CONNECTING, GREETING and OPEN; a question exactly in RESOLVING.
// 2. Requests are written only in OPEN, behind the credentials and watches of the connection.
// 3. Nothing here calls the program: results and events go to `deliveries`.
// 4. All of it runs on the loop, in turns, with the pump's lock held. What other threads may do
//    under the lock is to make requests and to set wishes (close, servers); the loop acts on them.
//
// Source: ClientCnxn.SendThread.
#ifndef PADDOCK_CLIENT_SESSION_H
#define PADDOCK_CLIENT_SESSION_H

#include "base/arena.h"
#include "client/client.h"
#include "client/credentials.h"
#include "client/delivery.h"
#include "client/frame_reader.h"
#include "client/hosts.h"
#include "client/probe.h"
#include "client/requests.h"
#include "client/watchers.h"

enum session_phase {
    SESSION_RESTING,
    SESSION_RESOLVING,
    SESSION_CONNECTING,
    SESSION_GREETING,
    SESSION_OPEN,
    SESSION_ENDED,
    SESSION_PHASES,
};

enum {
    SESSION_STATE_EVENTS = 6, // that can wait at once without memory: one of each state
    SESSION_TROUBLE_BYTES = 448,
    SESSION_SERVER_BYTES = 64,
};

struct session {
    struct client_ports *ports;
    // What was asked for.
    int asked_timeout_ms;
    bool is_read_only_ok;
    bool keeps_order;
    bool renews; // an expired session is followed by another

    // The session on the server.
    int64_t id; // 0: none yet
    uint8_t password[16];
    int timeout_ms;    // negotiated, or asked for
    int64_t last_zxid; // highest of the answers
    bool is_global;    // some server with a quorum knows it

    // Where it is.
    enum session_phase phase;
    int64_t phase_since_ms;
    enum paddock_state final_state; // in ENDED
    int end_code;                   // what requests get in ENDED
    bool is_read_only;              // the server of this connection

    // Servers and the way to them.
    struct hosts hosts;
    struct slice chroot;  // owned copy
    bool servers_changed; // by session_set_servers
    int64_t retry_at_ms;  // in RESTING
    struct port_question question;
    struct port_address addresses[PORT_RESOLVED_MAX]; // of the host at hand
    size_t address_count, address_next;
    struct probe probe; // for a server with a quorum, while is_read_only
    bool is_moving;     // to the server that the probe found: nothing new is sent here

    // The connection.
    struct port_stream *stream;
    char server[SESSION_SERVER_BYTES]; // its address
    char host_name[256];               // as in the list
    uint16_t host_port;
    struct frame_reader reader;
    struct arena arena;     // of the frame or the request at hand
    struct buf urgent;      // what goes before requests: greeting, credentials, watches, pings
    size_t urgent_written;  // of it
    bool is_blocked;        // the socket is full
    size_t credentials_due; // answers to credentials that were told again
    size_t set_watches_due; // answers to setWatches
    bool is_ping_due;       // the answer to a ping
    int64_t greeting_sent_ms, ping_sent_ms, last_sent_ms, last_heard_ms;
    bool has_lease;
    int64_t lease_from_ms; // sending of the newest request that was answered

    // Closing.
    bool wants_close;
    int64_t close_by_ms;
    int32_t close_xid; // sent on this connection; 0: not yet
    bool was_closed;   // the server has ended the session

    struct requests requests;
    struct watchers watchers;
    struct credentials credentials;
    struct list deliveries;
    struct state_delivery state_events[SESSION_STATE_EVENTS];

    struct port_timer timer;
    int64_t timer_due_ms; // INT64_MAX: stopped
    int64_t alarm_ms;     // when the handle wants a turn for its recipes; INT64_MAX: it does not
    int64_t worked_ms;    // when session_work ran last
    int64_t planned_ms;   // when it was to run next, unless something came
    char trouble[SESSION_TROUBLE_BYTES];
};

// Memory: borrows `ports` until fini.
// Errors: PADDOCK_BAD_ARGUMENTS, PADDOCK_NO_MEMORY; then nothing is to be released.
int session_init(struct session *s, struct client_ports *ports,
                 const struct paddock_options *options);
void session_fini(struct session *s); // in ENDED; deliveries must be empty

// Do what is due now: expire, connect, ping, write. Called at the end of every turn, and by whoever
// has made work outside of one. May append deliveries.
void session_work(struct session *s);

// Errors: of paddock_submit. On success the request is in the queue, without done and waiter.
int session_submit(struct session *s, const struct paddock_op *op, int64_t deadline_ms,
                   struct request **ret);

enum paddock_state session_state(const struct session *s);
int64_t session_lease_ms(const struct session *s, int64_t now_ms);

// Wishes; legal under the lock from any thread. session_work fulfils them.
void session_close_by(struct session *s, int64_t deadline_ms);
int session_set_servers(struct session *s, const char *servers);

// At once, without a word to the server: everything under way ends with `code`.
void session_end(struct session *s, enum paddock_state state, int code);

#endif
