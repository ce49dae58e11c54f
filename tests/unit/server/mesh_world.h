// SPDX-License-Identifier: Apache-2.0
//
// Machines m1, m2, ... in a simulated world, a mesh on each; and guests, who connect to an election
// port and say what a test wants. Server N is at machine mN, port 3888.
#ifndef PADDOCK_TESTS_UNIT_SERVER_MESH_WORLD_H
#define PADDOCK_TESTS_UNIT_SERVER_MESH_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "server/mesh.h"
#include "server/mesh_header.h"
#include "sim/node.h"

enum { MESH_WORLD_MAX = 8, MESH_WORLD_PORT = 3888 };

struct mesh_member {
    struct mesh_world *world;
    int64_t sid;
    struct sim_node *node;
    struct mesh *mesh; // NULL: not running
    struct buf told;   // "from text;" for each message
    struct buf logged; // lines of the log
    struct log log;
    int bind_failures;
    struct slice reply;          // sent to whoever sends something; null: nothing
    bool closes_at_message;      // mesh_close from the callback
    struct mesh_options options; // for the next start
};

struct mesh_guest {
    struct net_link *link; // NULL: hung up
    struct buf heard;
    bool is_ended;
};

struct mesh_world {
    struct world world;
    struct mesh_member members[MESH_WORLD_MAX]; // [0] is not used
    struct config_servers committed, seen;
};

void mesh_world_open(struct mesh_world *w, uint64_t seed, int count);
void mesh_world_close(struct mesh_world *w);

// What mesh_configure is given from now on; `seen` may be NULL for the same.
void mesh_world_config(struct mesh_world *w, const char *committed, const char *seen);
void mesh_world_start(struct mesh_world *w, int sid); // with the configuration of now
void mesh_world_stop(struct mesh_world *w, int sid);
void mesh_world_say(struct mesh_world *w, int from, int64_t to, const char *text);
void mesh_world_run(struct mesh_world *w, int64_t ms);
const char *mesh_world_told(struct mesh_world *w, int sid);                // and forgets it
size_t mesh_world_logged(struct mesh_world *w, int sid, const char *what); // lines with `what`

// ---- guests ----

void mesh_guest_connect(struct mesh_guest *g, struct mesh_world *w, int sid);
void mesh_guest_send(struct mesh_guest *g, const void *bytes, size_t len);
void mesh_guest_greet(struct mesh_guest *g, int64_t sid, const char *address); // version 1
void mesh_guest_frame(struct mesh_guest *g, const char *text);
void mesh_guest_hang_up(struct mesh_guest *g);

#endif
