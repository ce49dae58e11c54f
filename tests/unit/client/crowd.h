// SPDX-License-Identifier: Apache-2.0
//
// Several handles, each on a machine of its own, and one server, for recipes: what one of them does
// the others hear, since whoever waits turns the whole world. The test is inside the process of one
// member at a time.
#ifndef PADDOCK_TESTS_UNIT_CLIENT_CROWD_H
#define PADDOCK_TESTS_UNIT_CLIENT_CROWD_H

#include "client/recipe.h"
#include "tests/unit/client/scene.h"

enum { CROWD_MAX = 6 };

struct member {
    struct client_ports ports;
    struct sim_node *node;
    struct paddock *zk;
};

struct crowd {
    struct scene sc;
    struct member members[CROWD_MAX];
    size_t count;
    size_t inside; // whose process the test is in; CROWD_MAX: the scene's own
};

// Every member is connected, with a session timeout of 4 s; the test is inside member 0.
void crowd_open(struct crowd *c, uint64_t seed, size_t count, unsigned flags);
void crowd_close(struct crowd *c); // handles that are open are closed

struct paddock *crowd_be(struct crowd *c, size_t i); // go inside member i; its handle
struct sim_net *crowd_net(struct crowd *c, size_t i);
void crowd_run(struct crowd *c, int64_t duration_ms);

// Children of `path` as member `i` sees them.
size_t crowd_count(struct crowd *c, size_t i, const char *path);

// Changes of a hold as text, "HUL".
struct holds {
    char text[32];
    size_t len;
};
void holds_hear(struct paddock *zk, enum paddock_hold hold, void *ctx);

#endif
