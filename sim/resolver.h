// SPDX-License-Identifier: Apache-2.0
//
// Names of a simulated world, and a machine's questions for them. Numeric IPv4 addresses are
// answered as well. A test sets how often a question fails or takes long; the seed decides which.
#ifndef PADDOCK_SIM_RESOLVER_H
#define PADDOCK_SIM_RESOLVER_H

#include "port/resolver.h"
#include "sim/world.h"

enum { RESOLVER_SLOW_MS = 5000 };

struct sim_node;

struct sim_resolver {
    struct port_resolver port; // first
    struct sim_node *node;
    uint64_t fail_one_in; // 0: never
    uint64_t slow_one_in; // an answer after RESOLVER_SLOW_MS; 0: never
    uint64_t questions;   // asked so far
};

void resolver_init(struct sim_resolver *r, struct sim_node *node);

// From now on `name` has these addresses; their ports do not matter. With `count` 0 it has none.
void names_set(struct world *w, const char *name, const struct port_address *addresses,
               size_t count);
void names_fini(struct world *w);

#endif
