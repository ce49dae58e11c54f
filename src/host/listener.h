// SPDX-License-Identifier: Apache-2.0
//
// Listening sockets: names resolved and bound at once, connections accepted in bounded rounds.
#ifndef PADDOCK_HOST_LISTENER_H
#define PADDOCK_HOST_LISTENER_H

#include "host/loop.h"
#include "port/stream.h"

struct host_net {
    struct port_net port; // first
    struct host_loop *loop;
};

void net_init(struct host_net *n, struct host_loop *l);

#endif
