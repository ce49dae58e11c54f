// SPDX-License-Identifier: Apache-2.0
//
// Time passes here only as far as the world's events carry it, or the caller's patience.
#include "sim/pump.h"

#include "base/assert.h"
#include "sim/node.h"

static struct sim_pump *pump_of(struct port_pump *port)
{
    return CONTAINER_OF(port, struct sim_pump, port);
}

// One event of the world, unless it is due later than `end_ns`, to which the clock then moves.
// False when that moment has come.
static bool step_before(struct world *w, int64_t end_ns)
{
    int64_t due_ns;
    bool has_event = world_next_due(w, &due_ns) && due_ns <= end_ns;
    if (has_event && world_step(w)) {
        return true;
    }
    if (end_ns == INT64_MAX) {
        world_fail(w, "a machine waits for ever");
    } else if (w->now_ns < end_ns) {
        w->now_ns = end_ns;
    }
    return false;
}

static int64_t end_of_patience(const struct world *w, int timeout_ms)
{
    return timeout_ms < 0 ? INT64_MAX : w->now_ns + (int64_t)timeout_ms * 1000000;
}

static void pump_turn(struct port_pump *port, int timeout_ms)
{
    struct sim_node *n = pump_of(port)->node;
    int64_t end_ns = end_of_patience(n->world, timeout_ms);
    uint64_t turns = n->turns;
    node_leave(n);
    while (n->turns == turns && step_before(n->world, end_ns)) {
    }
    if (n->turns == turns) { // the end of a turn also when nothing happened in it
        node_turn(n);
    }
    node_enter(n);
}

static bool pump_wait(struct port_pump *port, int timeout_ms)
{
    struct sim_pump *p = pump_of(port);
    int64_t end_ns = end_of_patience(p->node->world, timeout_ms);
    node_leave(p->node);
    p->is_notified = false;
    while (!p->is_notified && step_before(p->node->world, end_ns)) {
    }
    node_enter(p->node);
    return p->is_notified;
}

static void pump_notify(struct port_pump *port)
{
    pump_of(port)->is_notified = true;
}

static void pump_wake(struct port_pump *port)
{
    struct sim_pump *p = pump_of(port);
    timers_start(&p->node->events, &p->awake, p->node->world->now_ns);
}

static void awake(struct port_timer *event)
{
    (void)event; // that it made a turn is all
}

static void nothing(struct port_pump *port)
{
    (void)port;
}

static enum err start_no_thread(struct port_pump *port, void (*run)(void *ctx), void *ctx)
{
    (void)port;
    (void)run;
    (void)ctx;
    return ERR_LIMIT;
}

static bool is_on_no_thread(struct port_pump *port)
{
    (void)port;
    return false;
}

void pump_init(struct sim_pump *p, struct sim_node *node)
{
    *p = (struct sim_pump){
        .port = {.turn = pump_turn,
                 .wake = pump_wake,
                 .lock = nothing,
                 .unlock = nothing,
                 .wait = pump_wait,
                 .notify = pump_notify,
                 .start_thread = start_no_thread,
                 .join_thread = nothing,
                 .is_on_thread = is_on_no_thread},
        .node = node,
        .awake = {.fire = awake},
    };
}
