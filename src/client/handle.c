// SPDX-License-Identifier: Apache-2.0
//
// Opening, turning, delivering and closing of a handle.
#include "client/handle.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "client/recipe.h"

int64_t handle_now(const struct paddock *zk)
{
    return clock_mono_ms(zk->ports->clock);
}

static void lock(struct paddock *zk)
{
    zk->ports->pump->lock(zk->ports->pump);
}

static void unlock(struct paddock *zk)
{
    zk->ports->pump->unlock(zk->ports->pump);
}

// ---- callbacks ----

static bool is_on_event(const struct paddock *zk, struct paddock_watch watch)
{
    return watch.fn == zk->on_event && watch.ctx == zk->ctx;
}

static void call_watch(struct paddock *zk, struct paddock_watch watch,
                       const struct paddock_event *event)
{
    if (watch.fn != NULL) {
        unlock(zk);
        watch.fn(zk, event, watch.ctx);
        lock(zk);
    }
}

static void call_on_event(struct paddock *zk, const struct paddock_event *event)
{
    call_watch(zk, (struct paddock_watch){zk->on_event, zk->ctx}, event);
}

static void deliver_event(struct paddock *zk, struct event_delivery *d)
{
    call_on_event(zk, &d->event);
    for (size_t i = 0; i < d->target_count; i++) {
        if (!is_on_event(zk, d->targets[i])) {
            call_watch(zk, d->targets[i], &d->event);
        }
    }
    mem_free(d);
}

static void deliver_state(struct paddock *zk, struct state_delivery *d)
{
    struct paddock_event event = {.type = PADDOCK_EVENT_SESSION, .state = d->state, .zxid = -1};
    uint64_t number = d->number;
    d->is_queued = false;
    if (d->is_heap) {
        mem_free(d);
    }
    call_on_event(zk, &event);
    struct paddock_watch watch;
    while (watchers_next_listener(&zk->session.watchers, number, &watch)) {
        if (!is_on_event(zk, watch)) {
            call_watch(zk, watch, &event);
        }
    }
}

void handle_tell_waiter(struct waiter *w, struct request *r)
{
    *w = (struct waiter){
        .is_done = true, .code = r->code, .fate = r->fate, .zxid = r->zxid, .result = r->result};
    r->result = NULL;
}

static void deliver_result(struct paddock *zk, struct request *r)
{
    struct waiter *w = r->waiter;
    if (w != NULL) {
        handle_tell_waiter(w, r);
        zk->ports->pump->notify(zk->ports->pump);
    } else if (r->done != NULL) {
        struct paddock_result plain = {.code = r->code, .fate = r->fate, .zxid = r->zxid};
        unlock(zk);
        r->done(zk, r->result != NULL ? r->result : &plain, r->ctx);
        lock(zk);
    }
    requests_delivered(&zk->session.requests, r);
}

static void deliver(struct paddock *zk, struct delivery *d)
{
    list_remove(&d->link);
    zk->is_delivering = true;
    switch (d->type) {
    case DELIVERY_RESULT:
        deliver_result(zk, CONTAINER_OF(d, struct request, delivery));
        break;
    case DELIVERY_EVENT:
        deliver_event(zk, CONTAINER_OF(d, struct event_delivery, delivery));
        break;
    case DELIVERY_STATE:
        deliver_state(zk, CONTAINER_OF(d, struct state_delivery, delivery));
        break;
    }
    zk->is_delivering = false;
}

static bool deliver_all(struct paddock *zk)
{
    struct list *queue = &zk->session.deliveries;
    bool has_delivered = false;
    while (!list_is_empty(queue)) {
        deliver(zk, CONTAINER_OF(queue->next, struct delivery, link));
        has_delivered = true;
    }
    return has_delivered;
}

// ---- turning ----

bool handle_run(struct paddock *zk)
{
    if (zk->is_delivering) {
        return false; // the program turns the loop in a callback: that does nothing
    }
    bool has_delivered = false;
    bool more = true;
    while (more) {
        has_delivered |= recipes_run(zk);
        session_work(&zk->session);
        more = deliver_all(zk);
        has_delivered |= more;
    }
    enum paddock_state state = session_state(&zk->session);
    if (state != zk->noticed_state) {
        zk->noticed_state = state;
        zk->ports->pump->notify(zk->ports->pump);
    }
    return has_delivered;
}

static void on_turn_end(void *ctx)
{
    (void)handle_run(ctx);
}

static void run_thread(void *ctx)
{
    struct paddock *zk = ctx;
    struct port_pump *pump = zk->ports->pump;
    lock(zk);
    (void)handle_run(zk);
    while (!zk->must_stop) {
        pump->turn(pump, -1);
    }
    unlock(zk);
}

bool handle_is_in_callback(struct paddock *zk)
{
    return zk->is_threaded ? zk->ports->pump->is_on_thread(zk->ports->pump) : zk->is_delivering;
}

void handle_kick(struct paddock *zk)
{
    struct port_pump *pump = zk->ports->pump;
    if (!zk->is_threaded) {
        client_is_due(zk->ports);
    } else if (!pump->is_on_thread(pump)) {
        pump->wake(pump);
    }
}

void handle_wait(struct paddock *zk, int64_t deadline_ms)
{
    struct port_pump *pump = zk->ports->pump;
    int64_t left = deadline_ms - handle_now(zk);
    int wait_ms = left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
    if (zk->is_threaded) {
        (void)pump->wait(pump, wait_ms);
    } else if (!handle_run(zk)) { // what it delivered may be what is waited for
        pump->turn(pump, wait_ms);
    }
}

void paddock_turn(struct paddock *zk, int timeout_ms)
{
    if (zk->is_threaded || zk->is_delivering) {
        return;
    }
    struct port_pump *pump = zk->ports->pump;
    lock(zk);
    bool has_delivered = handle_run(zk);
    bool is_endless = timeout_ms < 0 && zk->session.phase == SESSION_ENDED; // nothing will happen
    pump->turn(pump, has_delivered || is_endless ? 0 : timeout_ms);
    unlock(zk);
}

// ---- life ----

int client_open(struct client_ports *ports, const struct paddock_options *options,
                struct paddock **ret)
{
    *ret = NULL;
    struct paddock *zk = mem_try_alloc(sizeof(*zk));
    int code = zk != NULL ? session_init(&zk->session, ports, options) : PADDOCK_NO_MEMORY;
    if (code != PADDOCK_OK) {
        mem_free(zk);
        ports->close(ports);
        return code;
    }
    zk->ports = ports;
    zk->on_event = options->on_event;
    zk->ctx = options->ctx;
    zk->request_timeout_ms = options->request_timeout_ms;
    zk->is_threaded = (options->flags & PADDOCK_NO_THREAD) == 0;
    zk->must_stop = zk->is_delivering = false;
    list_init(&zk->recipes);
    list_init(&zk->gates);
    zk->acting = NULL;
    zk->noticed_state = PADDOCK_STATE_CONNECTING;
    ports->loop->on_turn_end(ports->loop, on_turn_end, zk);
    if (zk->is_threaded && ports->pump->start_thread(ports->pump, run_thread, zk) != ERR_OK) {
        zk->is_threaded = false;
        paddock_abandon(zk);
        return PADDOCK_NO_RESOURCES;
    }
    *ret = zk;
    return PADDOCK_OK;
}

struct client_ports *client_ports_of(struct paddock *zk)
{
    return zk->ports;
}

bool client_is_threaded(const struct paddock *zk)
{
    return zk->is_threaded;
}

static void stop_thread(struct paddock *zk)
{
    if (zk->is_threaded) {
        zk->must_stop = true;
        zk->ports->pump->wake(zk->ports->pump);
        unlock(zk);
        zk->ports->pump->join_thread(zk->ports->pump);
        lock(zk);
        zk->is_threaded = false; // what is left to deliver is delivered here
    }
}

// With the lock held, nobody else inside.
static void end_and_free(struct paddock *zk)
{
    struct client_ports *ports = zk->ports;
    stop_thread(zk);
    session_end(&zk->session, PADDOCK_STATE_CLOSED, PADDOCK_CLOSED);
    (void)deliver_all(zk);
    recipes_end(zk);
    ports->loop->on_turn_end(ports->loop, NULL, NULL);
    session_fini(&zk->session);
    unlock(zk);
    mem_free(zk);
    ports->close(ports);
}

static int closing_code(const struct session *s)
{
    if (s->was_closed) {
        return s->final_state == PADDOCK_STATE_EXPIRED ? PADDOCK_SESSION_EXPIRED : PADDOCK_OK;
    }
    return s->final_state == PADDOCK_STATE_AUTH_FAILED ? PADDOCK_AUTH_FAILED
                                                       : PADDOCK_OPERATION_TIMEOUT;
}

int paddock_close_within(struct paddock *zk, int timeout_ms)
{
    if (zk == NULL) {
        return PADDOCK_OK;
    }
    if (handle_is_in_callback(zk)) {
        return PADDOCK_WOULD_DEADLOCK;
    }
    lock(zk);
    int64_t deadline = handle_now(zk) + (timeout_ms > 0 ? timeout_ms : 0);
    session_close_by(&zk->session, deadline);
    handle_kick(zk);
    while (zk->session.phase != SESSION_ENDED && handle_now(zk) < deadline) {
        handle_wait(zk, deadline);
    }
    int code = closing_code(&zk->session);
    end_and_free(zk);
    return code;
}

void paddock_close(struct paddock *zk)
{
    enum { CLOSE_MS = 1000 };
    (void)paddock_close_within(zk, CLOSE_MS);
}

void paddock_abandon(struct paddock *zk)
{
    if (zk != NULL && !handle_is_in_callback(zk)) {
        lock(zk);
        end_and_free(zk);
    }
}

// ---- questions ----

int paddock_connect(struct paddock *zk, int timeout_ms)
{
    if (handle_is_in_callback(zk)) {
        return PADDOCK_WOULD_DEADLOCK;
    }
    lock(zk);
    int64_t deadline = handle_now(zk) + (timeout_ms > 0 ? timeout_ms : 0);
    while (session_state(&zk->session) == PADDOCK_STATE_CONNECTING && handle_now(zk) < deadline) {
        handle_wait(zk, deadline);
    }
    int code = zk->session.phase == SESSION_OPEN    ? PADDOCK_OK
               : zk->session.phase == SESSION_ENDED ? zk->session.end_code
                                                    : PADDOCK_OPERATION_TIMEOUT;
    unlock(zk);
    return code;
}

enum paddock_state paddock_state(struct paddock *zk)
{
    lock(zk);
    enum paddock_state state = session_state(&zk->session);
    unlock(zk);
    return state;
}

void paddock_session(struct paddock *zk, struct paddock_session_info *ret)
{
    lock(zk);
    const struct session *s = &zk->session;
    *ret = (struct paddock_session_info){
        .id = s->id, .timeout_ms = s->timeout_ms, .last_zxid = s->last_zxid};
    memcpy(ret->password, s->password, sizeof(ret->password));
    if (s->phase == SESSION_OPEN) {
        (void)snprintf(ret->server, sizeof(ret->server), "%s", s->server);
    }
    unlock(zk);
}

int paddock_lease_ms(struct paddock *zk)
{
    lock(zk);
    int64_t left = session_lease_ms(&zk->session, handle_now(zk));
    unlock(zk);
    return left > INT32_MAX ? INT32_MAX : (int)left;
}

void paddock_trouble(struct paddock *zk, char *text, size_t size)
{
    lock(zk);
    if (size > 0) {
        (void)snprintf(text, size, "%s", zk->session.trouble);
    }
    unlock(zk);
}

int paddock_set_servers(struct paddock *zk, const char *servers)
{
    lock(zk);
    int code = session_set_servers(&zk->session, servers);
    handle_kick(zk);
    unlock(zk);
    return code;
}
