// SPDX-License-Identifier: Apache-2.0
//
// The parts of this machine put together, and signals.
#include "host/host.h"

#include <signal.h>

#include "base/list.h"
#include "base/mem.h"
#include "host/clock.h"
#include "host/digest.h"
#include "host/entropy.h"
#include "host/errno.h"
#include "host/file.h"
#include "host/listener.h"
#include "host/loop.h"
#include "host/pump.h"
#include "host/resolver.h"

static const struct {
    int number;
    enum host_signal meaning;
} signals[] = {
    {SIGTERM, HOST_SIGNAL_STOP},  {SIGINT, HOST_SIGNAL_STOP},   {SIGHUP, HOST_SIGNAL_HANGUP},
    {SIGUSR1, HOST_SIGNAL_USER1}, {SIGUSR2, HOST_SIGNAL_USER2},
};
enum { SIGNAL_COUNT = sizeof(signals) / sizeof(signals[0]) };

struct host {
    struct host_loop loop;
    struct host_net net;
    struct port_clock clock;
    struct host_entropy entropy;
    struct host_files files;
    struct port_digest digest;
    struct host_resolver resolver;
    struct host_pump pump;
    uv_signal_t watchers[SIGNAL_COUNT];
    void (*signalled)(enum host_signal signal, void *ctx);
    void *signalled_ctx;
};

// The parts with handles in the loop.
static enum err open_parts(struct host *h)
{
    enum err e = resolver_init(&h->resolver, &h->loop);
    if (e != ERR_OK) {
        return e;
    }
    e = pump_init(&h->pump, &h->loop);
    if (e != ERR_OK) {
        resolver_fini(&h->resolver);
    }
    return e;
}

enum err host_open(struct host **ret)
{
    struct host *h = mem_try_alloc(sizeof(*h));
    if (h == NULL) {
        return ERR_NO_MEMORY;
    }
    *h = (struct host){0};
    enum err e = loop_init(&h->loop);
    if (e != ERR_OK) {
        mem_free(h);
        return e;
    }
    e = open_parts(h);
    if (e != ERR_OK) {
        loop_fini(&h->loop);
        mem_free(h);
        return e;
    }
    net_init(&h->net, &h->loop);
    clock_init(&h->clock);
    entropy_init(&h->entropy);
    files_init(&h->files, NULL);
    digest_init(&h->digest);
    *ret = h;
    return ERR_OK;
}

void host_close(struct host *h)
{
    if (h != NULL) {
        pump_fini(&h->pump);
        resolver_fini(&h->resolver);
        loop_fini(&h->loop);
        mem_free(h);
    }
}

void host_trace(struct host *h, struct trace_sink *trace)
{
    h->files.trace = trace;
    h->loop.trace = trace;
}

struct port_loop *host_loop(struct host *h)
{
    return &h->loop.port;
}

struct port_clock *host_clock(struct host *h)
{
    return &h->clock;
}

struct port_entropy *host_entropy(struct host *h)
{
    return &h->entropy.port;
}

struct port_files *host_files(struct host *h)
{
    return &h->files.port;
}

struct port_net *host_net(struct host *h)
{
    return &h->net.port;
}

struct port_digest *host_digest(struct host *h)
{
    return &h->digest;
}

struct port_resolver *host_resolver(struct host *h)
{
    return &h->resolver.port;
}

struct port_pump *host_pump(struct host *h)
{
    return &h->pump.port;
}

void host_run(struct host *h)
{
    loop_run(&h->loop);
}

void host_stop(struct host *h)
{
    uv_stop(&h->loop.uv);
}

static void on_signal(uv_signal_t *watcher, int number)
{
    (void)number;
    struct host *h = CONTAINER_OF(watcher->loop, struct host, loop.uv);
    h->signalled(signals[watcher - h->watchers].meaning, h->signalled_ctx);
}

enum err host_on_signal(struct host *h, void (*signalled)(enum host_signal signal, void *ctx),
                        void *ctx)
{
    h->signalled = signalled;
    h->signalled_ctx = ctx;
    (void)signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        int status = uv_signal_init(&h->loop.uv, &h->watchers[i]);
        if (status == 0) {
            status = uv_signal_start(&h->watchers[i], on_signal, signals[i].number);
        }
        if (status < 0) {
            return host_err_uv(status);
        }
    }
    return ERR_OK;
}
