// SPDX-License-Identifier: Apache-2.0
//
// A conversation of a handle with a server that survives any trouble, and what must hold of it
// whatever happens on the way:
//
// 1. Every request that was accepted ends exactly once: with the server's answer, or with a code
//    of the library and the fate that belongs to it.
// 2. What was answered OK was done; what was not sent was not.
// 3. A watch whose registration was answered fires exactly once; another one never does.
// 4. Afterwards the handle works, and closes.
#ifndef PADDOCK_TESTS_UNIT_CLIENT_CONVERSATION_H
#define PADDOCK_TESTS_UNIT_CLIENT_CONVERSATION_H

#include "tests/unit/client/scene.h"

struct conversation {
    struct scene *sc;
    struct paddock *witness; // another handle, without trouble, on a machine of its own
    struct client_ports witness_ports;
    struct sim_node *witness_node;
    bool may_lack_memory; // NO_MEMORY is an answer, too
};

void conversation_begin(struct conversation *c, struct scene *sc);
// Hold the whole conversation once: open, speak, close. False when even opening ran out of memory.
bool conversation_hold(struct conversation *c);
void conversation_end(struct conversation *c);

#endif
