// SPDX-License-Identifier: Apache-2.0
//
// A leader that is about to hand over reads nothing more from its clients: what is in flight is
// answered, the rest waits until it goes on, or until its role ends and the connections with it.
#ifndef PADDOCK_SERVER_HOLD_H
#define PADDOCK_SERVER_HOLD_H

#include <stdbool.h>

struct server;

struct hold {
    bool is_on;
};

void hold_begin(struct server *s);
void hold_end(struct server *s);    // legal when it is not on
void hold_forget(struct server *s); // the role is over, and the connections are closed

#endif
