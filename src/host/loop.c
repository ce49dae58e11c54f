// SPDX-License-Identifier: Apache-2.0
//
// libuv as a port_loop: turns, timers, and the delivery of finished jobs (worker.c makes them).
#include "host/loop.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/mem.h"
#include "host/errno.h"
#include "host/worker.h"

enum { TIMERS_AT_FIRST = 16 };

static struct host_loop *loop_of(struct port_loop *port)
{
    return CONTAINER_OF(port, struct host_loop, port);
}

static void run_hook(struct host_loop *l)
{
    if (l->hook != NULL) {
        l->hook(l->hook_ctx);
    }
}

// libuv's order of a turn: timers, prepare, wait, sockets and asyncs, closing handles. So whatever
// ran since the last wait, this comes between it and the next one.
static void on_prepare(uv_prepare_t *handle)
{
    struct host_loop *l = CONTAINER_OF(handle, struct host_loop, turn_end);
    if (!l->is_turned) {
        run_hook(l);
    }
}

static void loop_on_turn_end(struct port_loop *port, void (*hook)(void *ctx), void *ctx)
{
    struct host_loop *l = loop_of(port);
    l->hook = hook;
    l->hook_ctx = ctx;
}

// ---- timers ----

// Rounded up, so that a timer never fires early by the clock of port/clock.h.
static int64_t now_ms_up(void)
{
    return (int64_t)((uv_hrtime() + 999999) / 1000000);
}

static void on_alarm(uv_timer_t *handle);

static void arm(struct host_loop *l)
{
    int64_t due_ms;
    if (!timers_next_due(&l->timers, &due_ms)) {
        (void)uv_timer_stop(&l->alarm);
        return;
    }
    int64_t turn_ms = (int64_t)uv_now(&l->uv); // what libuv adds the delay to
    uint64_t delay_ms = due_ms > turn_ms ? (uint64_t)(due_ms - turn_ms) : 0;
    int status = uv_timer_start(&l->alarm, on_alarm, delay_ms, 0);
    ASSERT(status == 0);
}

static void on_alarm(uv_timer_t *handle)
{
    struct host_loop *l = CONTAINER_OF(handle, struct host_loop, alarm);
    timers_fire(&l->timers, (int64_t)(uv_hrtime() / 1000000));
    arm(l);
}

static void loop_timer_start(struct port_loop *port, struct port_timer *timer, int64_t delay_ms)
{
    ASSERT(delay_ms >= 0);
    struct host_loop *l = loop_of(port);
    timers_start(&l->timers, timer, now_ms_up() + delay_ms);
    if (l->timers.slots[0].timer == timer) {
        arm(l);
    }
}

static void loop_timer_stop(struct port_loop *port, struct port_timer *timer)
{
    // The alarm stays as it is: one wake-up for nothing costs less than arming at every stop.
    timers_stop(&loop_of(port)->timers, timer);
}

// ---- finished jobs ----

void loop_jobs_push(struct loop_jobs *jobs, struct port_job *job)
{
    job->next = NULL;
    if (jobs->head == NULL) {
        jobs->head = job;
    } else {
        jobs->tail->next = job;
    }
    jobs->tail = job;
}

void loop_job_done(struct host_loop *l, struct port_job *job)
{
    uv_mutex_lock(&l->mutex);
    bool was_empty = l->done.head == NULL;
    loop_jobs_push(&l->done, job);
    uv_mutex_unlock(&l->mutex);
    if (was_empty) { // else the loop has been told already
        int status = eventfd_write(l->finished_fd, 1);
        ASSERT(status == 0); // it blocks only at 2^64 - 1
    }
}

static void on_finished(uv_poll_t *handle, int status, int events)
{
    (void)status; // an eventfd has no errors
    (void)events;
    struct host_loop *l = CONTAINER_OF(handle, struct host_loop, finished);
    eventfd_t rung;
    (void)eventfd_read(l->finished_fd, &rung);
    uv_mutex_lock(&l->mutex);
    l->delivering = l->done;
    l->done = (struct loop_jobs){0};
    uv_mutex_unlock(&l->mutex);
    while (l->delivering.head != NULL) {
        struct port_job *job = l->delivering.head;
        l->delivering.head = job->next;
        job->done(job); // may submit the job again, or close the worker
    }
}

// ---- life cycle ----

static enum err open_handles(struct host_loop *l)
{
    l->finished_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->finished_fd < 0) {
        return host_err(errno);
    }
    int status = uv_poll_init(&l->uv, &l->finished, l->finished_fd);
    if (status < 0) {
        (void)close(l->finished_fd);
        return host_err_uv(status);
    }
    (void)uv_poll_start(&l->finished, UV_READABLE, on_finished); // fails only for a closing handle
    // These two cannot fail: they only link the handle into the loop.
    (void)uv_prepare_init(&l->uv, &l->turn_end);
    (void)uv_prepare_start(&l->turn_end, on_prepare);
    (void)uv_timer_init(&l->uv, &l->alarm);
    return ERR_OK;
}

// What a loop has from its first moment; `l->uv` is open.
static enum err fill(struct host_loop *l)
{
    timers_init(&l->timers);
    l->read_buffer = mem_try_alloc(LIMIT_READ_CHUNK_BYTES);
    if (l->read_buffer == NULL || !timers_try_reserve(&l->timers, TIMERS_AT_FIRST) ||
        uv_mutex_init(&l->mutex) != 0) {
        return ERR_NO_MEMORY;
    }
    enum err e = open_handles(l);
    if (e != ERR_OK) {
        uv_mutex_destroy(&l->mutex);
    }
    return e;
}

enum err loop_init(struct host_loop *l)
{
    *l = (struct host_loop){
        .port = {.timer_start = loop_timer_start,
                 .timer_stop = loop_timer_stop,
                 .on_turn_end = loop_on_turn_end,
                 .worker_open = worker_open},
    };
    int status = uv_loop_init(&l->uv);
    if (status < 0) {
        return host_err_uv(status);
    }
    enum err e = fill(l);
    if (e != ERR_OK) {
        (void)uv_loop_close(&l->uv);
        timers_fini(&l->timers);
        mem_free(l->read_buffer);
    }
    return e;
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle)) {
        // A stream or listener that its owner forgot has its closing function in `data`.
        void (*const *close)(uv_handle_t * handle) = handle->data;
        if (close != NULL) {
            (*close)(handle);
        } else {
            uv_close(handle, NULL);
        }
    }
}

void loop_fini(struct host_loop *l)
{
    l->hook = NULL;
    uv_walk(&l->uv, close_handle, NULL);
    (void)uv_run(&l->uv, UV_RUN_DEFAULT); // runs the closing callbacks
    int status = uv_loop_close(&l->uv);
    ASSERT(status == 0);
    (void)close(l->finished_fd);
    uv_mutex_destroy(&l->mutex);
    timers_fini(&l->timers);
    mem_free(l->read_buffer);
}

void loop_run(struct host_loop *l)
{
    (void)uv_run(&l->uv, UV_RUN_DEFAULT);
    run_hook(l); // the turn that stopped the loop has an end too
}

int loop_wait_ms(struct host_loop *l, int timeout_ms)
{
    uv_update_time(&l->uv);
    int wait_ms = uv_backend_timeout(&l->uv); // 0 also when epoll is to be told of something first
    if (timeout_ms < 0 || (wait_ms >= 0 && wait_ms < timeout_ms)) {
        return wait_ms;
    }
    return timeout_ms;
}

void loop_turn(struct host_loop *l)
{
    l->is_turned = true;
    (void)uv_run(&l->uv, UV_RUN_NOWAIT);
    l->is_turned = false;
    run_hook(l);
}
