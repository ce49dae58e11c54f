// SPDX-License-Identifier: Apache-2.0
//
// This machine: Linux's answers to everything in port/, opened and closed together.
//
//     host_open ──► host_on_signal, server opens on the ports ──► host_run ──► host_stop ──►
//     host_close
//
// host_run returns after host_stop. What was opened through the ports (listeners, streams, workers)
// is closed by its owner before host_close; streams and listeners left over are closed by it, and
// questions to the resolver are cancelled.
#ifndef PADDOCK_HOST_HOST_H
#define PADDOCK_HOST_HOST_H

#include "base/err.h"
#include "base/trace.h"
#include "port/clock.h"
#include "port/digest.h"
#include "port/entropy.h"
#include "port/file.h"
#include "port/loop.h"
#include "port/pump.h"
#include "port/resolver.h"
#include "port/stream.h"

struct host;

// Errors: ERR_TOO_MANY_FILES, ERR_NO_MEMORY.
enum err host_open(struct host **ret) MUST_CHECK;
void host_close(struct host *h); // NULL is legal

// From now on trace the errno of what fails. A file keeps the sink it was opened with.
void host_trace(struct host *h, struct trace_sink *trace);

// Valid until host_close.
struct port_loop *host_loop(struct host *h);
struct port_clock *host_clock(struct host *h);
struct port_entropy *host_entropy(struct host *h);
struct port_files *host_files(struct host *h);
struct port_net *host_net(struct host *h);
struct port_digest *host_digest(struct host *h);
struct port_resolver *host_resolver(struct host *h);
struct port_pump *host_pump(struct host *h); // instead of host_run

void host_run(struct host *h);
void host_stop(struct host *h); // from a callback: host_run returns after this turn and its hook

// Signals arrive as callbacks of the loop. Without a call they keep their default meaning.
enum host_signal {
    HOST_SIGNAL_STOP,   // SIGTERM, SIGINT
    HOST_SIGNAL_HANGUP, // SIGHUP
    HOST_SIGNAL_USER1,  // SIGUSR1
    HOST_SIGNAL_USER2,  // SIGUSR2
};
// Also ignores SIGPIPE: a closed log pipe must not end the server.
// Errors: ERR_TOO_MANY_FILES, when libuv cannot make its signal pipe.
enum err host_on_signal(struct host *h, void (*signalled)(enum host_signal signal, void *ctx),
                        void *ctx) MUST_CHECK;

#endif
