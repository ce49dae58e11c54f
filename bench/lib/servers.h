// SPDX-License-Identifier: Apache-2.0
//
// The servers a load goes to: their ports on 127.0.0.1, over which sessions are spread one after
// the other, and their processes, whose cost is added up. More processes than ports is well: a
// member that no client asks costs, too.
#ifndef PADDOCK_BENCH_LIB_SERVERS_H
#define PADDOCK_BENCH_LIB_SERVERS_H

#include <stdint.h>

enum { SERVERS_MAX = 16 };

struct servers {
    uint16_t ports[SERVERS_MAX];
    uint32_t port_count; // at least 1
    int pids[SERVERS_MAX];
    uint32_t pid_count; // 0: none is watched
};

// The port of the session with this number.
static inline uint16_t servers_port(const struct servers *s, uint32_t number)
{
    return s->ports[number % s->port_count];
}

#endif
