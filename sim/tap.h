// SPDX-License-Identifier: Apache-2.0
//
// A tap: a network port in front of another one. What is between it and the other side sees no
// difference; its owner sees every frame, one that is sent when its last byte is taken, one that
// comes before it is passed on.
//
//     who connects ──► tap ──► the network below
//                       └──► frame, lost
#ifndef PADDOCK_SIM_TAP_H
#define PADDOCK_SIM_TAP_H

#include "base/buf.h"
#include "port/stream.h"

struct tap {
    struct port_net port; // first: only connect
    struct port_net *below;
    void *ctx;
    // A frame without its length; valid during the call.
    void (*frame)(void *ctx, bool is_sent, struct slice frame);
    void (*lost)(void *ctx); // a connection was closed, or did not come about
};

void tap_init(struct tap *t, struct port_net *below, void *ctx,
              void (*frame)(void *ctx, bool is_sent, struct slice frame), void (*lost)(void *ctx));

#endif
