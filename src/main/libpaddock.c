// SPDX-License-Identifier: Apache-2.0
//
// The client library of a program: paddock_open puts a handle on this machine. It takes the parts
// of host/ that a client needs and leaves the rest out, so that a program that links the library
// does not load OpenSSL for it.
#include "base/list.h"
#include "base/mem.h"
#include "client/client.h"
#include "host/clock.h"
#include "host/entropy.h"
#include "host/listener.h"
#include "host/loop.h"
#include "host/pump.h"
#include "host/resolver.h"

struct machine {
    struct client_ports ports; // first
    struct host_loop loop;
    struct host_net net;
    struct port_clock clock;
    struct host_entropy entropy;
    struct host_resolver resolver;
    struct host_pump pump;
};

static void machine_close(struct client_ports *ports)
{
    struct machine *m = CONTAINER_OF(ports, struct machine, ports);
    pump_fini(&m->pump);
    resolver_fini(&m->resolver);
    loop_fini(&m->loop);
    mem_free(m);
}

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
    m->ports = (struct client_ports){
        .loop = &m->loop.port,
        .clock = &m->clock,
        .entropy = &m->entropy.port,
        .net = &m->net.port,
        .resolver = &m->resolver.port,
        .pump = &m->pump.port,
        .close = machine_close,
    };
    *ret = m;
    return ERR_OK;
}

int paddock_open(const struct paddock_options *options, struct paddock **ret)
{
    *ret = NULL;
    struct machine *m = NULL;
    enum err e = machine_open(&m);
    if (e != ERR_OK) {
        return e == ERR_NO_MEMORY ? PADDOCK_NO_MEMORY : PADDOCK_NO_RESOURCES;
    }
    return client_open(&m->ports, options, ret);
}
