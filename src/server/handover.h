// SPDX-License-Identifier: Apache-2.0
//
// When a leader hands over by itself: it is asked to stop, its disk does not answer, or its epoch
// has given away nearly all of its numbers. How it does so is zab/leader_handover.c's business.
//
// A leader that is asked to stop hands over first, follows the new leader for a moment, so that it
// has a quorum while the others arrive, and leaves then. When nobody can take over, or that takes
// too long, it stops at once, as a server does that does not lead.
#ifndef PADDOCK_SERVER_HANDOVER_H
#define PADDOCK_SERVER_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "port/timers.h"

struct server;

// Of the 2^32 numbers of an epoch: from the first on a leader goes when nobody writes, from the
// second on at once. At the end it must (pipeline.c).
#define HANDOVER_COUNTER_EARLY UINT32_C(0xf0000000)
#define HANDOVER_COUNTER_LATE UINT32_C(0xff000000)

struct handover {
    struct server *server;
    struct port_timer timer; // of a server that is to stop
    bool is_stopping;
    bool has_successor;  // and the time that it stays runs
    int64_t seen_zxid;   // newest at the last look
    const char *refused; // said already
};

void handover_init(struct handover *h, struct server *s);
void handover_fini(struct handover *h);

// The server is to stop. True: it leads, and will be told to stop once more when it does not.
bool handover_before_stop(struct handover *h);
// A role serves clients; or the leader could not hand over and goes on.
void handover_served(struct handover *h);
void handover_given_up(struct handover *h);

void handover_look(struct handover *h); // once a tick

#endif
