// SPDX-License-Identifier: Apache-2.0
//
// Names to addresses, without blocking the loop. Asked again before every connection: a server
// that moved keeps its name. What was resolved is never kept here.
#ifndef PADDOCK_PORT_RESOLVER_H
#define PADDOCK_PORT_RESOLVER_H

#include <stddef.h>

#include "base/err.h"
#include "port/stream.h"

enum { PORT_RESOLVED_MAX = 16 }; // addresses of one name; more are left out

// One question, embedded in its owner.
struct port_question {
    // The answer, on the loop, never within resolve(). `err` is ERR_OK with at least one address,
    // ERR_UNRESOLVED, or ERR_NO_MEMORY; `addresses` is valid during the call, in the system's order
    // (RFC 6724), both families, with `port` filled in.
    void (*answered)(struct port_question *q, enum err err, const struct port_address *addresses,
                     size_t count);
    void *impl; // of the resolver; NULL while not under way
};

struct port_resolver {
    // Numeric addresses are answered as well. Borrows `host` during the call.
    // Errors: ERR_NO_MEMORY, ERR_LIMIT; then `answered` is not called.
    enum err (*resolve)(struct port_resolver *r, const char *host, uint16_t port,
                        struct port_question *q);
    void (*cancel)(struct port_resolver *r, struct port_question *q); // legal when not under way
};

#endif
