// SPDX-License-Identifier: Apache-2.0
//
// Names to addresses by the system's resolver, each question on a thread of its own. libuv's
// getaddrinfo is not used: a question to a dead name server takes half a minute and cannot be
// stopped, libuv does not let its loop be closed before, and its few threads are those of the
// program that we are a guest in. Here a cancelled question is answered to nobody, and its thread
// goes, or takes a question that waits, when the system lets it.
#ifndef PADDOCK_HOST_RESOLVER_H
#define PADDOCK_HOST_RESOLVER_H

#include "host/loop.h"
#include "port/resolver.h"

// Threads that are asking, for cancelled questions too; further questions wait for one of them.
enum { RESOLVER_THREADS_MAX = 8 };

struct lookups;

struct host_resolver {
    struct port_resolver port; // first
    uv_async_t answered;       // `lookups` has answers
    struct lookups *lookups;   // outlives this while a thread is asking
};

// Memory: `r` is the caller's, and must not move.
// Errors: ERR_TOO_MANY_FILES, ERR_NO_MEMORY; `r` is then not initialised.
enum err resolver_init(struct host_resolver *r, struct host_loop *l) MUST_CHECK;
void resolver_fini(struct host_resolver *r); // before loop_fini; cancels what is under way

#endif
