// SPDX-License-Identifier: Apache-2.0
//
// The scheduler of the simulated world.
#include "sim/world.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "sim/node.h"

enum {
    START_NS = 1000000000,     // not zero, so that nothing mistakes "never" for "at the start"
    BUSY_ONE_IN = 6,           // turns that begin late
    BUSY_NS_MAX = 2 * 1000000, // and by how much
    SLOW_ONE_IN = 50,          // delays that are much longer than usual
    SLOW_FACTOR = 20,
};

void world_init(struct world *w, uint64_t seed)
{
    *w = (struct world){.now_ns = START_NS};
    prng_init(&w->prng, seed);
    timers_init(&w->events);
    list_init(&w->nodes);
    list_init(&w->names);
}

void world_fini(struct world *w)
{
    ASSERT(list_is_empty(&w->nodes));
    names_fini(w);
    timers_fini(&w->events);
}

// The node with the earliest event before that of the world's own list; NULL for the world itself.
// Returns false when there is no event anywhere.
static bool find_next(const struct world *w, struct sim_node **ret_node, int64_t *ret_due)
{
    int64_t due;
    bool has_event = timers_next_due(&w->events, &due);
    struct sim_node *node = NULL;
    LIST_FOREACH (it, &w->nodes) {
        struct sim_node *n = CONTAINER_OF(it, struct sim_node, link);
        int64_t node_due;
        if (!timers_next_due(&n->events, &node_due)) {
            continue;
        }
        node_due = node_due > n->paused_until_ns ? node_due : n->paused_until_ns;
        if (!has_event || node_due < due) {
            has_event = true;
            node = n;
            due = node_due;
        }
    }
    if (has_event) {
        *ret_node = node;
        *ret_due = due;
    }
    return has_event;
}

bool world_next_due(const struct world *w, int64_t *ret)
{
    struct sim_node *node;
    return find_next(w, &node, ret);
}

bool world_step(struct world *w)
{
    struct sim_node *node;
    int64_t due;
    if (world_has_failed(w) || !find_next(w, &node, &due)) {
        return false;
    }
    if (world_chance(w, BUSY_ONE_IN)) {
        due += (int64_t)prng_below(&w->prng, BUSY_NS_MAX);
    }
    w->now_ns = due > w->now_ns ? due : w->now_ns;
    w->steps++;
    world_note(w, (uint64_t)w->now_ns);
    if (node != NULL) {
        node_turn(node);
    } else {
        timers_fire(&w->events, w->now_ns);
    }
    return true;
}

bool world_run(struct world *w, int64_t duration_ms)
{
    int64_t end_ns = w->now_ns + duration_ms * 1000000;
    while (w->now_ns < end_ns) {
        if (!world_step(w)) {
            return false;
        }
    }
    return true;
}

void world_start(struct world *w, struct port_timer *event, int64_t delay_ns)
{
    ASSERT(delay_ns >= 0);
    timers_start(&w->events, event, w->now_ns + delay_ns);
}

int64_t world_delay(struct world *w, int64_t typical_ns)
{
    int64_t delay = typical_ns / 2 + (int64_t)prng_below(&w->prng, (uint64_t)typical_ns + 1);
    return world_chance(w, SLOW_ONE_IN) ? delay * SLOW_FACTOR : delay;
}

bool world_chance(struct world *w, uint64_t one_in)
{
    return prng_below(&w->prng, one_in) == 0;
}

void world_note(struct world *w, uint64_t value)
{
    struct prng mix;
    prng_init(&mix, w->trace ^ value);
    w->trace = prng_next(&mix);
}

void world_fail(struct world *w, const char *format, ...)
{
    if (world_has_failed(w)) {
        return;
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(w->failure, sizeof(w->failure), format, args);
    va_end(args);
}
