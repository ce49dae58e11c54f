// SPDX-License-Identifier: Apache-2.0
//
// The server: opens a data directory, recovers, listens, and serves until it is stopped. Everything
// it needs of the machine comes in as ports, so a simulation runs the same code. It decides on one
// thread, the loop; see ARCHITECTURE.md for the life of a write and of a read.
//
//     server_open ──► serving ──server_stop──► draining ──on_stopped──► server_close
//                        └──────── a failed log ───────────────┘
#ifndef PADDOCK_SERVER_SERVER_H
#define PADDOCK_SERVER_SERVER_H

#include "base/err.h"
#include "base/trace.h"
#include "config/config.h"
#include "port/clock.h"
#include "port/digest.h"
#include "port/entropy.h"
#include "port/file.h"
#include "port/loop.h"
#include "port/machine.h"
#include "port/resolver.h"
#include "port/stream.h"
#include "server/log.h"

struct server;

// Exit codes of a server process. Source: ExitCode.
enum server_exit {
    SERVER_EXIT_OK = 0,
    SERVER_EXIT_UNEXPECTED = 1,
    SERVER_EXIT_INVALID = 2,        // configuration
    SERVER_EXIT_DATADIR = 3,        // data directory
    SERVER_EXIT_LOG = 10,           // the log can no longer be written
    SERVER_EXIT_PROPOSAL = 12,      // a COMMIT that does not fit
    SERVER_EXIT_PACKET = 13,        // the leader said what cannot be followed
    SERVER_EXIT_ELECTION_PORT = 14, // cannot be bound
};

// Memory: everything is borrowed until server_close.
struct server_options {
    const struct config *config; // finished, without errors
    struct log *log;
    struct port_loop *loop;
    struct port_clock *clock;
    struct port_entropy *entropy;
    struct port_files *files;
    struct port_net *net;
    struct port_resolver *resolver; // of a member; NULL for a standalone server
    struct port_digest *digest;
    struct port_machine *machine; // NULL: the words print that nothing is known
    const char *version;          // as the words print it; NULL likewise
    const char *config_file;      // path of zoo.cfg, whose dynamic files lie beside it; NULL: none
    struct trace_sink *trace;     // NULL: nobody reads traces
    // The process ends after server_close: leave the tree's memory to the system, which gives back
    // a million nodes faster than we free them.
    bool ends_process;
    // The server has stopped: everything acknowledged is durable, all connections are closed.
    void (*on_stopped)(void *ctx, enum server_exit code);
    void *ctx;
};

// Recover and listen. Failures are logged, each with its remedy.
// Memory: *ret is owned by the caller; untouched unless the result is SERVER_EXIT_OK.
enum server_exit server_open(const struct server_options *options, struct server **ret) MUST_CHECK;

// Finish what is in flight, then call on_stopped. Legal more than once.
void server_stop(struct server *s);

// Release everything. Without server_stop before it, this is a crash: nothing more is written.
void server_close(struct server *s); // NULL is legal

// The port that clients connect to; 0 when there is no plain listener.
uint16_t server_client_port(const struct server *s);

#endif
