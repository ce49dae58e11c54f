// SPDX-License-Identifier: Apache-2.0
//
// The way from one machine to another, in that direction only: whether anything arrives, how much
// later, how fast. What nobody changed is open, quick and wide. Holds count, so that two troubles
// may cut the same way and each give back its own.
#ifndef PADDOCK_SIM_WAY_H
#define PADDOCK_SIM_WAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"

struct sim_node;

struct way {
    struct list link; // of the machine where it begins
    const struct sim_node *to;
    unsigned cuts;
    int64_t delay_ns;     // of every delivery, besides what is usual
    int64_t bytes_per_ms; // 0: as fast as it comes
    // A planted bug: sees what arrives and may change it. NULL.
    void (*tamper)(void *ctx, uint8_t *bytes, size_t len);
    void *ctx;
};

void ways_fini(struct list *ways);

// NULL while nobody has changed it.
const struct way *way_find(const struct sim_node *from, const struct sim_node *to);
// Made when it is new; to be changed.
struct way *way_make(struct sim_node *from, const struct sim_node *to);

// Questions about machines that may be unknown (NULL): their ways are open.
bool way_is_cut(const struct sim_node *from, const struct sim_node *to);
int64_t way_delay_ns(const struct sim_node *from, const struct sim_node *to);

#endif
