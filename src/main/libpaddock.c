// SPDX-License-Identifier: Apache-2.0
//
// The client library of a program: paddock_open puts a handle on this machine. It takes the parts
// of host/ that a client needs and leaves the rest out, so that a program that links the library
// does not load OpenSSL for it.
//
// Every handle has a seat on a machine. A seat's loop and pump are fronts of the machine's, so that
// each handle sees a hook of its own. Most machines have one seat; with options.beside handles
// share one, and then only those hooks run to which something happened: what a turn costs goes by
// what it brought, not by how many handles there are.
#include "base/list.h"
#include "base/mem.h"
#include "client/client.h"
#include "host/clock.h"
#include "host/entropy.h"
#include "host/listener.h"
#include "host/loop.h"
#include "host/pump.h"
#include "host/resolver.h"

enum { TIMERS_SPARE = 16 };

struct machine {
    struct host_loop loop;
    struct host_net net;
    struct port_clock clock;
    struct host_entropy entropy;
    struct host_resolver resolver;
    struct host_pump pump;
    struct list seats;
    size_t seat_count;
    struct list due; // seats whose hooks are to run
};

struct seat {
    struct client_ports ports; // first
    struct port_loop loop;
    struct port_pump pump;
    struct machine *machine;
    struct list link; // of the machine's seats
    struct list due;
    void (*hook)(void *ctx); // NULL: none
    void *hook_ctx;
};

// ---- hooks ----

static void run_hook(struct seat *s)
{
    if (s->hook != NULL) {
        s->hook(s->hook_ctx);
    }
}

// A hook runs callbacks of the program, which may make other seats due, and open and close them.
static bool run_due(struct machine *m)
{
    bool has_run = false;
    while (!list_is_empty(&m->due)) {
        struct seat *s = CONTAINER_OF(m->due.next, struct seat, due);
        list_remove(&s->due);
        run_hook(s);
        has_run = true;
    }
    return has_run;
}

static void on_turn_end(void *ctx)
{
    struct machine *m = ctx;
    if (m->seat_count == 1) {
        run_hook(CONTAINER_OF(m->seats.next, struct seat, link));
    } else {
        (void)run_due(m);
    }
}

static void seat_due(struct client_ports *ports)
{
    struct seat *s = CONTAINER_OF(ports, struct seat, ports);
    if (s->machine->seat_count > 1) {
        list_remove(&s->due);
        list_push_back(&s->machine->due, &s->due);
    }
}

// ---- the loop of a seat ----

static struct seat *of_loop(struct port_loop *loop)
{
    return CONTAINER_OF(loop, struct seat, loop);
}

static void seat_timer_start(struct port_loop *loop, struct port_timer *timer, int64_t delay_ms)
{
    struct port_loop *shared = &of_loop(loop)->machine->loop.port;
    shared->timer_start(shared, timer, delay_ms);
}

static void seat_timer_stop(struct port_loop *loop, struct port_timer *timer)
{
    struct port_loop *shared = &of_loop(loop)->machine->loop.port;
    shared->timer_stop(shared, timer);
}

static void seat_on_turn_end(struct port_loop *loop, void (*hook)(void *ctx), void *ctx)
{
    struct seat *s = of_loop(loop);
    s->hook = hook;
    s->hook_ctx = ctx;
}

static enum err seat_worker_open(struct port_loop *loop, const char *name, struct port_worker **ret)
{
    struct port_loop *shared = &of_loop(loop)->machine->loop.port;
    return shared->worker_open(shared, name, ret);
}

// ---- the pump of a seat ----

static struct port_pump *shared_pump(struct port_pump *pump)
{
    return &CONTAINER_OF(pump, struct seat, pump)->machine->pump.port;
}

// What others that share the loop were given to do goes out before the wait.
static void seat_turn(struct port_pump *pump, int timeout_ms)
{
    bool has_run = run_due(CONTAINER_OF(pump, struct seat, pump)->machine);
    struct port_pump *shared = shared_pump(pump);
    shared->turn(shared, has_run ? 0 : timeout_ms);
}

static void seat_wake(struct port_pump *pump)
{
    shared_pump(pump)->wake(shared_pump(pump));
}

static void seat_lock(struct port_pump *pump)
{
    shared_pump(pump)->lock(shared_pump(pump));
}

static void seat_unlock(struct port_pump *pump)
{
    shared_pump(pump)->unlock(shared_pump(pump));
}

static bool seat_wait(struct port_pump *pump, int timeout_ms)
{
    return shared_pump(pump)->wait(shared_pump(pump), timeout_ms);
}

static void seat_notify(struct port_pump *pump)
{
    shared_pump(pump)->notify(shared_pump(pump));
}

static enum err seat_start_thread(struct port_pump *pump, void (*run)(void *ctx), void *ctx)
{
    return shared_pump(pump)->start_thread(shared_pump(pump), run, ctx);
}

static void seat_join_thread(struct port_pump *pump)
{
    shared_pump(pump)->join_thread(shared_pump(pump));
}

static bool seat_is_on_thread(struct port_pump *pump)
{
    return shared_pump(pump)->is_on_thread(shared_pump(pump));
}

// ---- the machine ----

// The parts with handles in the loop.
static enum err open_parts(struct machine *m)
{
    enum err e = resolver_init(&m->resolver, &m->loop);
    if (e != ERR_OK) {
        return e;
    }
    e = pump_init(&m->pump, &m->loop);
    if (e != ERR_OK) {
        resolver_fini(&m->resolver);
    }
    return e;
}

static enum err machine_open(struct machine **ret)
{
    struct machine *m = mem_try_alloc(sizeof(*m));
    if (m == NULL) {
        return ERR_NO_MEMORY;
    }
    enum err e = loop_init(&m->loop);
    if (e != ERR_OK) {
        mem_free(m);
        return e;
    }
    e = open_parts(m);
    if (e != ERR_OK) {
        loop_fini(&m->loop);
        mem_free(m);
        return e;
    }
    net_init(&m->net, &m->loop);
    clock_init(&m->clock);
    entropy_init(&m->entropy);
    list_init(&m->seats);
    list_init(&m->due);
    m->seat_count = 0;
    m->loop.port.on_turn_end(&m->loop.port, on_turn_end, m);
    *ret = m;
    return ERR_OK;
}

static void machine_close(struct machine *m)
{
    pump_fini(&m->pump);
    resolver_fini(&m->resolver);
    loop_fini(&m->loop);
    mem_free(m);
}

// ---- seats ----

static void seat_close(struct client_ports *ports)
{
    struct seat *s = CONTAINER_OF(ports, struct seat, ports);
    struct machine *m = s->machine;
    list_remove(&s->due);
    list_remove(&s->link);
    mem_free(s);
    m->seat_count--;
    if (m->seat_count == 0) {
        machine_close(m);
    }
}

static void fill_ports(struct seat *s, struct machine *m)
{
    s->loop = (struct port_loop){.timer_start = seat_timer_start,
                                 .timer_stop = seat_timer_stop,
                                 .on_turn_end = seat_on_turn_end,
                                 .worker_open = seat_worker_open};
    s->pump = (struct port_pump){.turn = seat_turn,
                                 .wake = seat_wake,
                                 .lock = seat_lock,
                                 .unlock = seat_unlock,
                                 .wait = seat_wait,
                                 .notify = seat_notify,
                                 .start_thread = seat_start_thread,
                                 .join_thread = seat_join_thread,
                                 .is_on_thread = seat_is_on_thread};
    s->ports = (struct client_ports){
        .loop = &s->loop,
        .clock = &m->clock,
        .entropy = &m->entropy.port,
        .net = &m->net.port,
        .resolver = &m->resolver.port,
        .pump = &s->pump,
        .due = seat_due,
        .close = seat_close,
    };
}

// Errors: ERR_NO_MEMORY; the machine is as it was.
static enum err seat_open(struct machine *m, struct seat **ret)
{
    struct seat *s = mem_try_alloc(sizeof(*s));
    // A handle has one timer, which has to start without asking for memory.
    if (s == NULL || !timers_try_reserve(&m->loop.timers, m->seat_count + 1 + TIMERS_SPARE)) {
        mem_free(s);
        return ERR_NO_MEMORY;
    }
    *s = (struct seat){.machine = m};
    fill_ports(s, m);
    list_init(&s->due);
    list_push_back(&m->seats, &s->link);
    m->seat_count++;
    for (struct list *l = m->seats.next; m->seat_count == 2 && l != &m->seats; l = l->next) {
        seat_due(&CONTAINER_OF(l, struct seat, link)->ports); // alone it was run in every turn
    }
    seat_due(&s->ports);
    *ret = s;
    return ERR_OK;
}

static int code_of(enum err e)
{
    return e == ERR_NO_MEMORY ? PADDOCK_NO_MEMORY : PADDOCK_NO_RESOURCES;
}

static int open_beside(const struct paddock_options *options, struct paddock **ret)
{
    bool is_threaded = (options->flags & PADDOCK_NO_THREAD) == 0;
    if (is_threaded || client_is_threaded(options->beside)) {
        return PADDOCK_BAD_ARGUMENTS;
    }
    struct client_ports *ports = client_ports_of(options->beside);
    struct seat *s;
    enum err e = seat_open(CONTAINER_OF(ports, struct seat, ports)->machine, &s);
    return e == ERR_OK ? client_open(&s->ports, options, ret) : code_of(e);
}

int paddock_open(const struct paddock_options *options, struct paddock **ret)
{
    *ret = NULL;
    if (options->beside != NULL) {
        return open_beside(options, ret);
    }
    struct machine *m = NULL;
    enum err e = machine_open(&m);
    if (e != ERR_OK) {
        return code_of(e);
    }
    struct seat *s;
    e = seat_open(m, &s);
    if (e != ERR_OK) {
        machine_close(m);
        return code_of(e);
    }
    return client_open(&s->ports, options, ret);
}
