// SPDX-License-Identifier: Apache-2.0
//
// port_loop, port_worker, port_clock and port_entropy of a simulated machine.
#include "sim/node.h"

#include "base/assert.h"
#include "base/mem.h"

enum {
    PICK_UP_NS = 10000,  // from submit until a worker runs the job
    HAND_BACK_NS = 8000, // from its end until the loop is woken
};
static const int64_t wall_start_ms = 1700000000000;

struct sim_worker {
    struct port_worker port; // first
    struct sim_node *node;
    struct list link;
    struct port_job *queue, *queue_tail;
    struct port_job *finished, *finished_tail;
    struct port_timer run;  // on the world's list: the thread is not a turn of the loop
    struct port_timer done; // on the node's
};

// ---- workers ----

static void push(struct port_job **head, struct port_job **tail, struct port_job *job)
{
    job->next = NULL;
    if (*head == NULL) {
        *head = job;
    } else {
        (*tail)->next = job;
    }
    *tail = job;
}

static struct port_job *pop(struct port_job **head)
{
    struct port_job *job = *head;
    if (job != NULL) {
        *head = job->next;
    }
    return job;
}

static void run_one(struct port_timer *event)
{
    struct sim_worker *k = CONTAINER_OF(event, struct sim_worker, run);
    struct sim_node *n = k->node;
    struct port_job *job = pop(&k->queue);
    node_enter(n);
    job->run(job);
    node_leave(n);
    int64_t cost_ns = disk_take_cost(&n->disk);
    push(&k->finished, &k->finished_tail, job);
    if (k->done.impl == NULL) {
        int64_t delay_ns = cost_ns + world_delay(n->world, HAND_BACK_NS);
        timers_start(&n->events, &k->done, n->world->now_ns + delay_ns);
    }
    if (k->queue != NULL) {
        world_start(n->world, &k->run, cost_ns);
    }
}

static void deliver(struct port_timer *event)
{
    struct sim_worker *k = CONTAINER_OF(event, struct sim_worker, done);
    struct port_job *last = k->finished_tail;
    for (bool is_last = k->finished == NULL; !is_last;) {
        struct port_job *job = pop(&k->finished);
        is_last = job == last; // what finishes during these callbacks comes another time
        job->done(job);
    }
}

static void worker_submit(struct port_worker *port, struct port_job *job)
{
    struct sim_worker *k = CONTAINER_OF(port, struct sim_worker, port);
    push(&k->queue, &k->queue_tail, job);
    if (k->run.impl == NULL) {
        world_start(k->node->world, &k->run, world_delay(k->node->world, PICK_UP_NS));
    }
}

static void worker_close(struct port_worker *port)
{
    struct sim_worker *k = CONTAINER_OF(port, struct sim_worker, port);
    for (struct port_job *job = pop(&k->queue); job != NULL; job = pop(&k->queue)) {
        job->run(job);
    }
    timers_stop(&k->node->world->events, &k->run);
    timers_stop(&k->node->events, &k->done);
    list_remove(&k->link);
    mem_free(k);
}

static enum err worker_open(struct port_loop *loop, const char *name, struct port_worker **ret)
{
    (void)name;
    struct sim_worker *k = mem_zalloc(sizeof(*k));
    k->port = (struct port_worker){.submit = worker_submit, .close = worker_close};
    k->node = CONTAINER_OF(loop, struct sim_node, loop);
    k->run.fire = run_one;
    k->done.fire = deliver;
    list_push_back(&k->node->workers, &k->link);
    *ret = &k->port;
    return ERR_OK;
}

// ---- loop, clocks, randomness ----

static void timer_start(struct port_loop *loop, struct port_timer *timer, int64_t delay_ms)
{
    ASSERT(delay_ms >= 0);
    struct sim_node *n = CONTAINER_OF(loop, struct sim_node, loop);
    timers_start(&n->events, timer, n->world->now_ns + delay_ms * 1000000);
}

static void timer_stop(struct port_loop *loop, struct port_timer *timer)
{
    timers_stop(&CONTAINER_OF(loop, struct sim_node, loop)->events, timer);
}

static void on_turn_end(struct port_loop *loop, void (*hook)(void *ctx), void *ctx)
{
    struct sim_node *n = CONTAINER_OF(loop, struct sim_node, loop);
    n->hook = hook;
    n->hook_ctx = ctx;
}

static int64_t mono_ns(struct port_clock *clock)
{
    return CONTAINER_OF(clock, struct sim_node, clock)->world->now_ns;
}

static int64_t wall_ms(struct port_clock *clock)
{
    const struct sim_node *n = CONTAINER_OF(clock, struct sim_node, clock);
    return wall_start_ms + n->world->now_ns / 1000000 + n->wall_offset_ms;
}

static uint64_t next_random(struct port_entropy *entropy)
{
    return prng_next(&CONTAINER_OF(entropy, struct sim_node, entropy)->world->prng);
}

void node_enter(struct sim_node *n)
{
    (void)mem_fail_after(n->try_countdown);
}

void node_leave(struct sim_node *n)
{
    n->try_countdown = mem_fail_after(0);
}

void node_pause(struct sim_node *n, int64_t duration_ms)
{
    int64_t until_ns = n->world->now_ns + duration_ms * 1000000;
    n->paused_until_ns = until_ns > n->paused_until_ns ? until_ns : n->paused_until_ns;
}

void node_turn(struct sim_node *n)
{
    n->turns++;
    node_enter(n);
    timers_fire(&n->events, n->world->now_ns);
    if (n->hook != NULL) {
        n->hook(n->hook_ctx);
    }
    node_leave(n);
}

void node_walls(const struct world *w, int64_t *ret_least, int64_t *ret_most)
{
    int64_t least = INT64_MAX;
    int64_t most = INT64_MIN;
    LIST_FOREACH (it, &w->nodes) {
        struct sim_node *n = CONTAINER_OF(it, struct sim_node, link);
        int64_t wall = wall_ms(&n->clock);
        least = wall < least ? wall : least;
        most = wall > most ? wall : most;
    }
    *ret_least = least;
    *ret_most = most;
}

// ---- life cycle ----

struct sim_node *node_open(struct world *w)
{
    struct sim_node *n = mem_zalloc(sizeof(*n));
    n->loop = (struct port_loop){.timer_start = timer_start,
                                 .timer_stop = timer_stop,
                                 .on_turn_end = on_turn_end,
                                 .worker_open = worker_open};
    n->clock = (struct port_clock){.mono_ns = mono_ns, .wall_ms = wall_ms};
    n->entropy.next = next_random;
    n->world = w;
    timers_init(&n->events);
    list_init(&n->workers);
    disk_init(&n->disk, w);
    net_init(&n->net, n);
    resolver_init(&n->resolver, n);
    pump_init(&n->pump, n);
    list_push_back(&w->nodes, &n->link);
    return n;
}

void node_close(struct sim_node *n)
{
    node_stop_process(n);
    net_fini(&n->net);
    disk_fini(&n->disk);
    timers_fini(&n->events);
    list_remove(&n->link);
    mem_free(n);
}

void node_stop_process(struct sim_node *n)
{
    n->hook = NULL;
    if (!list_is_empty(&n->workers)) {
        world_fail(n->world, "a process left a worker behind");
    }
    if (net_has_listener(&n->net)) {
        world_fail(n->world, "a process left a listener behind");
    }
    if (n->events.count > 0) {
        world_fail(n->world, "a process left %zu timers or streams behind", n->events.count);
    }
}

void node_power_off(struct sim_node *n)
{
    disk_freeze(&n->disk);
    net_power_off(&n->net);
}

void node_power_on(struct sim_node *n)
{
    node_stop_process(n);
    disk_crash(&n->disk);
}
