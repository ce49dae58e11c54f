// SPDX-License-Identifier: Apache-2.0
//
// A governor: a client that asks for other members of the ensemble, one request after the other.
// Everybody but one is a member, that one is none or an observer; the leader has its turn like the
// others. In the end it asks for the members that there were, until that is so.
//
//     governor_start ──► other members, again and again ──governor_restore──► those of the
//     beginning
#ifndef PADDOCK_SIM_GOVERNOR_H
#define PADDOCK_SIM_GOVERNOR_H

#include "sim/client.h"
#include "sim/cluster.h"

// For zoo.cfg: it is the superuser.
#define GOVERNOR_CONFIG                                                                            \
    "reconfigEnabled=true\n"                                                                       \
    "DigestAuthenticationProvider.superDigest=super:gE1aAGqIQyOKZ1Uk4t9ZMAruzG8=\n"

struct governor {
    struct sim_client client;
    struct cluster *cluster;
    struct port_timer think;
    int32_t next_xid;
    bool has_asked;
    bool has_asked_for_all;
    bool wants_all;
    bool has_all; // that was answered with yes
    uint64_t changes, refusals;
};

void governor_start(struct governor *g, struct cluster *c);
void governor_stop(struct governor *g); // it asks nothing more, and leaves
void governor_fini(struct governor *g);

void governor_restore(struct governor *g);
// The members are those of the beginning, in one configuration that is in force on all servers.
bool governor_is_done(const struct governor *g);

#endif
