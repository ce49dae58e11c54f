// SPDX-License-Identifier: Apache-2.0
//
// Two machines with links between them: one listens and accepts, the other dials. What the links
// tell is kept as text, one word or line per callback, for each side.
//
//     world ──► link_world_open ──► link_world_join (dial, accept) ──► say, run, look ──► close
#ifndef PADDOCK_TESTS_UNIT_SERVER_LINK_WORLD_H
#define PADDOCK_TESTS_UNIT_SERVER_LINK_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "server/link.h"
#include "sim/node.h"

enum { LINK_WORLD_PORT = 2888, LINK_WORLD_DATA_MAX = 200000, LINK_WORLD_STALL_MS = 3000 };

struct link_side {
    struct sim_node *node;
    struct links links;
    struct buf told;      // "up", "NAME zxid len", "down CLOSED"; ';' behind each
    struct buf raw;       // bytes taken in raw mode
    size_t raw_take_max;  // of one on_raw; 0: everything
    size_t raw_ends_at;   // bytes of the whole stream; 0: never
    bool holds_at_packet; // link_hold from on_packet
    bool closes_at_packet;
    bool raw_at_packet;  // raw mode from on_packet
    size_t rooms;        // on_room calls
    size_t answers_room; // that many of them are answered by a packet
    size_t packets;
    uint64_t packet_bytes;
    bool is_quiet; // counts packets, and keeps no text of them
    size_t turns_flushed;
};

struct link_world {
    struct world world;
    struct link_side here;  // dials
    struct link_side there; // listens
    struct port_listener *listener;
    struct link *link;     // the one dialled; NULL when gone
    struct link *accepted; // the newest; NULL when gone
    uint64_t next_id;
};

void link_world_open(struct link_world *w, uint64_t seed);
void link_world_close(struct link_world *w);

void link_world_listen(struct link_world *w);
struct link *link_world_dial(struct link_world *w, const char *host);
void link_world_join(struct link_world *w); // both are up
void link_world_run(struct link_world *w, int64_t ms);

void link_world_say(struct link *l, int32_t type, int64_t zxid, size_t data_len);
const char *link_side_told(struct link_side *side); // and forgets it

#endif
