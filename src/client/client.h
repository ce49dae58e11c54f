// SPDX-License-Identifier: Apache-2.0
//
// Where the client library meets a machine: the ports that one handle stands on, and the opening of
// a handle on them. paddock_open (main/libpaddock.c) is client_open on the host's ports; tests give
// a simulated world's. Everything else of the library is the public contract in paddock/paddock.h.
#ifndef PADDOCK_CLIENT_CLIENT_H
#define PADDOCK_CLIENT_CLIENT_H

#include "paddock/paddock.h"
#include "port/clock.h"
#include "port/entropy.h"
#include "port/loop.h"
#include "port/pump.h"
#include "port/resolver.h"
#include "port/stream.h"

// Embedded in whatever owns the ports. To a handle it looks as if the loop carried nobody else: its
// end-of-turn hook is ours. Where many share one, `loop` and `pump` are fronts of the shared ones,
// and `due` says which hooks have something to do.
struct client_ports {
    struct port_loop *loop;
    struct port_clock *clock;
    struct port_entropy *entropy;
    struct port_net *net;
    struct port_resolver *resolver;
    struct port_pump *pump;
    // NULL, or to be told that the hook is to run at the end of this turn, or before the next wait.
    // With the lock held.
    void (*due)(struct client_ports *ports);
    // Give everything back. Called last, without the lock, after the thread was joined and every
    // stream, timer and question was ended.
    void (*close)(struct client_ports *ports);
};

// Something happened to the handle of these ports.
static inline void client_is_due(struct client_ports *ports)
{
    if (ports->due != NULL) {
        ports->due(ports);
    }
}

// Memory: takes `ports`: they are closed by paddock_close and paddock_abandon, and here on failure.
// Errors: of paddock_open. On failure *ret is NULL.
int client_open(struct client_ports *ports, const struct paddock_options *options,
                struct paddock **ret);

// Of an open handle.
struct client_ports *client_ports_of(struct paddock *zk);
bool client_is_threaded(const struct paddock *zk);

#endif
