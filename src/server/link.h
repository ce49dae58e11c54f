// SPDX-License-Identifier: Apache-2.0
//
// Links: the connections on the quorum port, learner to leader. Packets in, packets out; between
// them, while a snapshot is on the way, raw bytes in either direction.
//
//     link_dial ──► dialling ──on_up──► up ──on_down──► gone
//                       └─────────────on_down──────────►
//     link_accept ────────────────────► up ──link_close──► gone
//
// Input is decoded where one read put it; only what is left of an incomplete packet is copied.
// Output gathers and leaves in one write at the end of the turn (links_flush).
//
// Invariants:
//  1. A callback comes from an event or from a timer, never out of a call of this header; but
//     on_room, which links_flush tells.
//  2. Nothing comes from a link that is held, but the news that its own side has failed.
//  3. After on_down or link_close no callback comes; the memory stays until the end of the turn.
// Bounds: links by LIMIT_LINKS; output by LIMIT_LINK_OUT_BYTES; input by `data_max`, for the first
// packet of somebody who connected by LIMIT_LINK_GREETING_BYTES; silence by the read timeout; a
// peer that takes nothing by the stall timeout.
#ifndef PADDOCK_SERVER_LINK_H
#define PADDOCK_SERVER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/trace.h"
#include "port/clock.h"
#include "port/loop.h"
#include "port/resolver.h"
#include "port/stream.h"
#include "server/log.h"
#include "zab/packet.h"

enum {
    LINK_ROOM_BYTES = 1024 * 1024, // less unsent output is room for more
    LINK_TARGETS_MAX = 16,         // host names of one server
};

struct link;

struct link_handler {
    void (*on_up)(struct link *l);                                 // of a dialled one: it is open
    void (*on_packet)(struct link *l, const struct zab_packet *p); // borrowed
    // In raw mode: bytes of a stream. What is not used comes again together with more. With
    // *ret_done the stream has ended and packets follow.
    void (*on_raw)(struct link *l, struct slice bytes, size_t *ret_used, bool *ret_done);
    // Something was written since the last on_room, and there is room now; once a turn at most.
    void (*on_room)(struct link *l);
    // ERR_CLOSED, ERR_CONNECTION, ERR_UNRESOLVED, ERR_TIMEOUT, ERR_MALFORMED, ERR_TOO_BIG,
    // ERR_LIMIT (output), ERR_NO_MEMORY. The link is closed already; forget it.
    void (*on_down)(struct link *l, enum err reason);
};

struct links_options {
    struct port_loop *loop;
    struct port_clock *clock;
    struct port_net *net;
    struct port_resolver *resolver;
    struct log *log;          // may be NULL
    struct trace_sink *trace; // may be NULL
    const struct link_handler *handler;
    void *owner;
    uint32_t data_max;        // bytes of a packet's data
    int64_t read_timeout_ms;  // of a new link; 0: none
    int64_t stall_timeout_ms; // unsent output that nothing is taken of; 0: none
};

// All links of a server.
struct links {
    struct links_options options;
    struct hmap by_id;
    struct list dirty;     // with output, until the end of the turn
    struct list due;       // with something to tell in a turn of their own
    struct list graveyard; // closed, until the end of the turn
    struct port_timer wake;
};

// Where a server may be, and how long to try.
struct link_target {
    const char *host; // a name or an address without brackets
    uint16_t port;
};
struct link_dialling {
    struct link_target targets[LINK_TARGETS_MAX]; // all at once; the first that answers wins
    size_t target_count;                          // at least 1
    unsigned tries;                               // at least 1; names are resolved at each
    int64_t try_ms;                               // for one try
    int64_t pause_ms;                             // between two
    int64_t whole_ms;                             // for everything
};

// ---- life cycle ----

void links_init(struct links *ls, const struct links_options *options);
void links_fini(struct links *ls); // closes them all, without callbacks

// Take an accepted stream; it is up. `id` is not in use. NULL above LIMIT_LINKS: it was closed.
struct link *link_accept(struct links *ls, struct port_stream *stream, uint64_t id);

// Connect; on_up or on_down follows. NULL above LIMIT_LINKS. Memory: copies `where`.
struct link *link_dial(struct links *ls, uint64_t id, const struct link_dialling *where);

// Write what can be written at once of the output, and close. Legal twice.
void link_close(struct link *l);

// At the end of every turn: write, and free what was closed.
void links_flush(struct links *ls);

// ---- output; does nothing on a link that is not up ----

void link_send(struct link *l, const struct zab_packet *p); // copies
void link_write(struct link *l, struct slice bytes);        // as they are; copies
size_t link_out_bytes(const struct link *l);                // not yet with the kernel
static inline bool link_has_room(const struct link *l)
{
    return link_out_bytes(l) < LINK_ROOM_BYTES;
}

// ---- input ----

void link_set_raw(struct link *l, bool is_raw); // from the next byte on
// Stop and continue reading. What came already waits here; silence does not count meanwhile.
void link_hold(struct link *l);
void link_release(struct link *l);
void link_set_read_timeout(struct link *l, int64_t timeout_ms); // counts from now; 0: none

// ---- asking ----

struct link *links_find(const struct links *ls, uint64_t id); // NULL when gone
static inline size_t links_count(const struct links *ls)
{
    return ls->by_id.count;
}
uint64_t link_id(const struct link *l);
struct links *link_links(const struct link *l);
bool link_is_up(const struct link *l);
const struct port_address *link_peer(const struct link *l); // of one that is up

#endif
