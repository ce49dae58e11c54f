// SPDX-License-Identifier: Apache-2.0
//
// A simulated world: machines (node.h), what connects them (net.h) and what they write on (disk.h),
// all driven by one virtual clock and decided by one seed. It answers port/ as host/ does, so what
// runs in it are the objects of production.
//
//     world_new(seed) ──► nodes, connections ──► world_step ... ──► world_free
//
// One step takes the earliest event of anybody, moves the clock to it, sometimes a little further
// (a machine that was busy, so that several events meet in one turn), and runs one turn of its
// owner. Nothing else moves time, and nothing reads a real clock; the same seed gives the same run.
//
// A property that does not hold is reported by world_fail; the run then stops at the next step.
#ifndef PADDOCK_SIM_WORLD_H
#define PADDOCK_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/prng.h"
#include "port/timers.h"

struct world {
    struct prng prng;
    int64_t now_ns;
    struct timers events; // of nobody's machine: clients, workers, faults
    struct list nodes;
    uint32_t machines; // ever opened: the newest one's number
    struct list names; // of resolver.h
    uint64_t steps;
    uint64_t trace; // a hash over all steps: equal runs have equal traces
    char failure[512];
};

void world_init(struct world *w, uint64_t seed);
void world_fini(struct world *w); // every node must be closed

// Run one turn. False when nothing is scheduled any more, or after a failure.
bool world_step(struct world *w);
// Step until the clock has passed `duration_ms`; false when it ended earlier.
bool world_run(struct world *w, int64_t duration_ms);

// When the earliest event of anybody is due; false when nothing is scheduled.
bool world_next_due(const struct world *w, int64_t *ret);

// Start an event `delay_ns` from now on the world's list.
void world_start(struct world *w, struct port_timer *event, int64_t delay_ns);

// A random duration of the order of `typical_ns`: half to three halves of it, rarely many times
// more.
int64_t world_delay(struct world *w, int64_t typical_ns);
bool world_chance(struct world *w, uint64_t one_in);

// Mix a value into the trace.
void world_note(struct world *w, uint64_t value);

// Keep the first report.
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline bool world_has_failed(const struct world *w)
{
    return w->failure[0] != 0;
}

#endif
