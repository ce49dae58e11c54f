// SPDX-License-Identifier: Apache-2.0
//
// What link.c (an open link) and link_dial.c (one that is still being dialled) share.
#ifndef PADDOCK_SERVER_LINK_PRIV_H
#define PADDOCK_SERVER_LINK_PRIV_H

#include "server/link.h"

struct dialler; // link_dial.c

enum link_state { LINK_DIALLING, LINK_UP, LINK_GONE };

struct link {
    struct links *links;
    struct hmap_link by_id;
    uint64_t id;
    enum link_state state;
    struct list dirty; // in links->dirty
    struct list due;   // in links->due; in links->graveyard when gone
    struct dialler *dialler;
    struct port_stream *stream; // NULL unless up
    struct port_address peer;   // of one that is up

    struct buf in; // an incomplete packet, or what waits while held
    size_t in_used;
    bool is_greeted; // the first packet has come, or we dialled
    bool is_raw;
    bool is_held;
    bool is_ended; // nothing more will be read; end_reason says why
    enum err end_reason;

    struct buf out;
    size_t out_sent;
    bool is_blocked;  // the kernel is full; on_writable will come
    bool is_mute;     // what is written goes nowhere any more
    bool owes_room;   // something was written since on_room
    enum err failure; // to be told: this side gives up

    struct port_timer stall;
    int64_t taken_ms;   // when some output was taken last
    bool is_last_stall; // as is_last_chance

    struct port_timer silence;
    int64_t timeout_ms, heard_ms;
    bool is_last_chance; // the time is over; what waits in the kernel is read first
};

// The stream of a dialled link has connected: the link is up.
void link_opened(struct link *l, struct port_stream *stream);
// Close and tell.
void link_down(struct link *l, enum err reason);
// Read `bytes`, and what waits before them.
void link_read(struct link *l, struct slice bytes);
// Tell in a turn of its own what there is to tell.
void link_set_due(struct link *l);
// Give up, in a turn of its own.
void link_fail(struct link *l, enum err reason);

void dialler_start(struct link *l, const struct link_dialling *where);
void dialler_free(struct dialler *d); // NULL is legal

#endif
