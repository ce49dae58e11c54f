// SPDX-License-Identifier: Apache-2.0
//
// libuv runs the callbacks of sockets within its own wait, where no lock could be given up and
// taken again between the two. So its loop is embedded: the wait is ours, on the descriptor that
// libuv offers for it, and libuv's turn does not wait.
#include "host/pump.h"

#include <poll.h>

#include "base/assert.h"
#include "base/list.h"
#include "host/errno.h"
#include "host/thread.h"

static struct host_pump *pump_of(struct port_pump *port)
{
    return CONTAINER_OF(port, struct host_pump, port);
}

// ---- turns ----

static void pump_turn(struct port_pump *port, int timeout_ms)
{
    struct host_pump *p = pump_of(port);
    int wait_ms = loop_wait_ms(p->loop, timeout_ms);
    if (wait_ms != 0) {
        struct pollfd backend = {.fd = uv_backend_fd(&p->loop->uv), .events = POLLIN};
        uv_mutex_unlock(&p->mutex);
        (void)poll(&backend, 1, wait_ms); // a signal only makes the turn come earlier
        uv_mutex_lock(&p->mutex);
    }
    loop_turn(p->loop);
}

static void on_awake(uv_async_t *handle)
{
    (void)handle; // that it ended the wait is all
}

static void pump_wake(struct port_pump *port)
{
    (void)uv_async_send(&pump_of(port)->awake);
}

// ---- the lock ----

static void pump_lock(struct port_pump *port)
{
    uv_mutex_lock(&pump_of(port)->mutex);
}

static void pump_unlock(struct port_pump *port)
{
    uv_mutex_unlock(&pump_of(port)->mutex);
}

static bool pump_wait(struct port_pump *port, int timeout_ms)
{
    ASSERT(timeout_ms >= 0);
    struct host_pump *p = pump_of(port);
    // Its clock is the monotonic one.
    return uv_cond_timedwait(&p->notified, &p->mutex, (uint64_t)timeout_ms * 1000000) == 0;
}

static void pump_notify(struct port_pump *port)
{
    uv_cond_broadcast(&pump_of(port)->notified);
}

// ---- the thread ----

static void run_thread(void *arg)
{
    struct host_pump *p = arg;
    p->self = uv_thread_self();
    atomic_store_explicit(&p->has_self, true, memory_order_release);
    p->run(p->run_ctx);
}

static enum err pump_start_thread(struct port_pump *port, void (*run)(void *ctx), void *ctx)
{
    struct host_pump *p = pump_of(port);
    ASSERT(!p->has_thread);
    p->run = run;
    p->run_ctx = ctx;
    enum err e = thread_start(&p->thread, run_thread, p);
    p->has_thread = e == ERR_OK;
    return e;
}

static void pump_join_thread(struct port_pump *port)
{
    struct host_pump *p = pump_of(port);
    if (p->has_thread) {
        int status = uv_thread_join(&p->thread);
        ASSERT(status == 0);
        p->has_thread = false;
        atomic_store_explicit(&p->has_self, false, memory_order_release);
    }
}

static bool pump_is_on_thread(struct port_pump *port)
{
    struct host_pump *p = pump_of(port);
    uv_thread_t here = uv_thread_self();
    return atomic_load_explicit(&p->has_self, memory_order_acquire) &&
           uv_thread_equal(&p->self, &here) != 0;
}

// ---- life cycle ----

enum err pump_init(struct host_pump *p, struct host_loop *l)
{
    *p = (struct host_pump){
        .port = {.turn = pump_turn,
                 .wake = pump_wake,
                 .lock = pump_lock,
                 .unlock = pump_unlock,
                 .wait = pump_wait,
                 .notify = pump_notify,
                 .start_thread = pump_start_thread,
                 .join_thread = pump_join_thread,
                 .is_on_thread = pump_is_on_thread},
        .loop = l,
    };
    if (uv_mutex_init(&p->mutex) != 0) {
        return ERR_NO_MEMORY;
    }
    if (uv_cond_init(&p->notified) != 0) {
        uv_mutex_destroy(&p->mutex);
        return ERR_NO_MEMORY;
    }
    int status = uv_async_init(&l->uv, &p->awake, on_awake);
    if (status < 0) {
        uv_cond_destroy(&p->notified);
        uv_mutex_destroy(&p->mutex);
        return host_err_uv(status);
    }
    return ERR_OK;
}

void pump_fini(struct host_pump *p)
{
    ASSERT(!p->has_thread);
    uv_close((uv_handle_t *)&p->awake, NULL);
    uv_cond_destroy(&p->notified);
    uv_mutex_destroy(&p->mutex);
}
