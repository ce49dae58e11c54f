// SPDX-License-Identifier: Apache-2.0
//
// A server in a simulated world of its own, for one fuzz input: opened fresh, given a connection,
// checked and closed. Whatever the input is, the process must still be up, the tree whole, and the
// output bounded.
#ifndef PADDOCK_FUZZ_ONE_SERVER_H
#define PADDOCK_FUZZ_ONE_SERVER_H

#include <stdlib.h>

#include "base/assert.h"
#include "server/server_priv.h"
#include "sim/box.h"

enum { OUTPUT_BYTES_MAX = 8 * 1024 * 1024, SETTLE_MS = 50 };

struct one_server {
    struct world world;
    struct box box;
    struct net_link *link; // NULL when hung up
    struct buf received;
    bool has_ended; // the server closed the connection
};

static void one_on_bytes(void *owner, struct slice bytes)
{
    struct one_server *o = owner;
    ASSERT(o->received.len + bytes.len <= OUTPUT_BYTES_MAX);
    buf_append_slice(&o->received, bytes);
}

static void one_on_end(void *owner, enum err reason)
{
    struct one_server *o = owner;
    (void)reason;
    o->has_ended = true;
    net_hang_up(o->link);
    o->link = NULL;
}

static void one_open(struct one_server *o)
{
    static const struct net_client_handler handler = {one_on_bytes, one_on_end};
    *o = (struct one_server){0};
    world_init(&o->world, 1);
    box_init(&o->box, &o->world,
             "4lw.commands.whitelist=*\nextendedTypesEnabled=true\nenforceQuota=true\n"
             "preAllocSize=0\n", false);
    enum server_exit code = box_start(&o->box);
    ASSERT(code == SERVER_EXIT_OK);
    o->link = net_connect(o->box.node, BOX_CLIENT_PORT, &handler, o);
    ASSERT(o->link != NULL);
}

static void one_send(struct one_server *o, struct slice bytes)
{
    if (o->link != NULL && bytes.len > 0) {
        net_send(o->link, bytes);
    }
}

static void one_settle(struct one_server *o)
{
    (void)world_run(&o->world, SETTLE_MS);
    if (world_has_failed(&o->world)) {
        abort();
    }
}

static void one_close(struct one_server *o)
{
    ASSERT(box_is_up(&o->box) && !o->box.has_stopped);
    tree_check(o->box.server->tree);
    if (o->link != NULL) {
        net_hang_up(o->link);
        o->link = NULL;
    }
    box_stop(&o->box);
    while (!box_reap(&o->box)) {
        ASSERT(world_step(&o->world));
    }
    buf_fini(&o->received);
    box_fini(&o->box);
    world_fini(&o->world);
}

#endif
