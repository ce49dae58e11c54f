// SPDX-License-Identifier: Apache-2.0
//
// Bugs planted into an ensemble, to see that the checkers bite. The servers are those of
// production; what is wrong lies around them: disks that lie, bytes that change under way, and
// configurations that give a server another idea of a quorum, as a bug in counting would; and
// guests (guest.h) that hear something else than their library says.
#ifndef PADDOCK_SIM_PLANT_H
#define PADDOCK_SIM_PLANT_H

#include "sim/cluster.h"

#define PLANTS_OF(X)                                                                               \
    X(NONE, "none")                                                                                \
    X(LYING_DISKS, "lying-disks")   /* a server speaks before it syncs */                          \
    X(LYING_LOGS, "lying-logs")     /* and of the last transactions only */                        \
    X(LONE_LEADER, "lone-leader")   /* a leader commits without a quorum */                        \
    X(TWO_LEADERS, "two-leaders")   /* two servers lead one epoch */                               \
    X(FLIPPED_BYTE, "flipped-byte") /* a server applies something else than the others */          \
    X(LOST_RESULT, "lost-result")   /* the library keeps an answer for itself */                   \
    X(WRONG_FATE, "wrong-fate")     /* it says that a request never left */                        \
    X(LOST_EVENT, "lost-event")     /* it does not tell an event */                                \
    X(LOST_WATCH, "lost-watch")     /* it forgets a watch, so it comes back without it */

enum plant {
#define X(id, name) PLANT_##id,
    PLANTS_OF(X)
#undef X
        PLANTS,
};

struct planted {
    enum plant plant;
    struct buf only[SCHEDULE_SERVERS_MAX]; // lines of single configurations
    bool is_flipped;
};

// Before cluster_init: what the bug needs in the options, which borrow `ret`.
void plant_prepare(enum plant plant, uint64_t seed, struct cluster_options *options,
                   struct planted *ret);
// After it.
void plant_begin(struct planted *planted, struct cluster *c);
void plant_fini(struct planted *planted);

const char *plant_name(enum plant plant);
bool plant_parse(const char *name, enum plant *ret);

#endif
