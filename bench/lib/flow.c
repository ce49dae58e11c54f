// SPDX-License-Identifier: Apache-2.0
//
// One epoll loop. An answer frees a place in its session, the place is filled at once, and all
// frames of a session that one turn produces leave in one send.
#include "bench/lib/flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "bench/lib/measure.h"
#include "bench/lib/session.h"

enum {
    EVENTS = 64,
    PATH_MAX_BYTES = 64,
    ROOM_BYTES = 256 * 1024,
    DRAIN_S = 60,
    WAIT_MAX_NS = 10 * 1000 * 1000, // so that the ends of the window are noticed in time
};

struct place {
    struct session session;
    uint32_t created;
    bool waits_writable;
    char parent[PATH_MAX_BYTES]; // of the nodes this session creates
    uint32_t parent_bytes;
};

struct flow {
    const struct flow_options *o;
    struct measure *m;
    int epoll;
    uint64_t now;
    uint64_t asked;
    uint64_t answered;
    uint64_t due_ns; // of the next request of an open loop
    uint32_t turn;   // the place it tries first
    uint64_t random;
    struct place *places;
    char (*keys)[PATH_MAX_BYTES];
    uint32_t key_bytes;
    uint8_t *value;
    uint8_t *room; // for received bytes
    uint8_t *out;  // for frames to send
};

static void *need(void *memory)
{
    if (memory == NULL)
        fatal("out of memory");
    return memory;
}

static uint64_t next_random(struct flow *f)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return f->random;
}

static size_t frame_max(const struct flow_options *o)
{
    return WIRE_OVERHEAD_MAX + PATH_MAX_BYTES + o->value_bytes;
}

static struct wire_text value_of(const struct flow *f)
{
    return (struct wire_text){(const char *)f->value, f->o->value_bytes};
}

// ---- requests

static uint8_t *ask_create(struct flow *f, struct place *p, uint64_t at_ns, uint8_t *to)
{
    char *digits = p->parent + p->parent_bytes; // "/parent/n00000000"
    uint32_t number = p->created++;
    for (int i = 9; i >= 2; i--) {
        digits[i] = (char)('0' + number % 10);
        number /= 10;
    }
    struct wire_text path = {p->parent, p->parent_bytes + 10};
    uint32_t reply_bytes = WIRE_HEAD_BYTES + WIRE_LENGTH_BYTES + path.count;
    return wire_create(to, session_ask(&p->session, at_ns, reply_bytes), path, value_of(f));
}

static uint8_t *ask(struct flow *f, struct place *p, uint64_t at_ns, uint8_t *to)
{
    f->asked++;
    if (f->o->creates)
        return ask_create(f, p, at_ns, to);
    uint64_t random = next_random(f);
    struct wire_text path = {f->keys[(random >> 32) % f->o->keys], f->key_bytes};
    if ((uint32_t)random % 100 < f->o->write_percent) {
        int32_t xid = session_ask(&p->session, at_ns, WIRE_HEAD_BYTES + WIRE_STAT_BYTES);
        return wire_set_data(to, xid, path, value_of(f));
    }
    uint32_t body_bytes = WIRE_LENGTH_BYTES + f->o->value_bytes + WIRE_STAT_BYTES;
    return wire_get_data(to, session_ask(&p->session, at_ns, WIRE_HEAD_BYTES + body_bytes), path);
}

static bool may_ask(const struct flow *f)
{
    if (f->o->count > 0)
        return f->asked < f->o->count;
    return f->now < f->m->to_ns;
}

static void watch_writable(struct flow *f, struct place *p, bool on)
{
    if (p->waits_writable == on)
        return;
    p->waits_writable = on;
    struct epoll_event e = {.events = EPOLLIN | (on ? (uint32_t)EPOLLOUT : 0), .data.ptr = p};
    epoll_ctl(f->epoll, EPOLL_CTL_MOD, p->session.fd, &e);
}

static void send_out(struct flow *f, struct place *p, const uint8_t *end)
{
    if (end != f->out)
        watch_writable(f, p, !session_send(&p->session, f->out, (size_t)(end - f->out)));
}

// Closed loop: fill the free places of a session.
static void fill(struct flow *f, struct place *p)
{
    uint8_t *end = f->out;
    while (session_outstanding(&p->session) < f->o->outstanding && may_ask(f))
        end = ask(f, p, f->now, end);
    send_out(f, p, end);
}

// Open loop: send what is due, as long as some session has a free place.
static void send_due(struct flow *f)
{
    uint64_t step_ns = (uint64_t)(1e9 / f->o->rate);
    uint32_t full = 0;
    while (f->due_ns <= f->now && f->due_ns < f->m->to_ns && full < f->o->sessions) {
        struct place *p = &f->places[f->turn++ % f->o->sessions];
        if (session_outstanding(&p->session) >= f->o->outstanding) {
            full++;
            continue;
        }
        full = 0;
        send_out(f, p, ask(f, p, f->due_ns, f->out));
        f->due_ns += step_ns;
    }
}

// ---- answers

static void on_answer(void *ctx, uint64_t asked_ns)
{
    struct flow *f = ctx;
    f->answered++;
    measure_answer(f->m, asked_ns, f->now);
}

static void handle(struct flow *f, struct place *p, uint32_t events)
{
    if (events & EPOLLOUT)
        watch_writable(f, p, !session_flush(&p->session));
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    // One reading of the clock ends the latency of these answers and begins that of the requests
    // that take their places: the recv between them is charged to the latter, nothing is lost.
    f->now = now_ns();
    session_receive(&p->session, f->room, ROOM_BYTES, on_answer, f);
    if (f->o->rate <= 0)
        fill(f, p);
}

static int64_t until_due_ns(const struct flow *f)
{
    if (f->due_ns <= f->now)
        return 0;
    uint64_t wait_ns = f->due_ns - f->now;
    return wait_ns < WAIT_MAX_NS ? (int64_t)wait_ns : WAIT_MAX_NS;
}

static void turn(struct flow *f)
{
    struct epoll_event events[EVENTS];
    struct timespec wait = {.tv_nsec = WAIT_MAX_NS};
    if (f->o->rate > 0 && f->due_ns < f->m->to_ns)
        wait.tv_nsec = until_due_ns(f);
    int n = epoll_pwait2(f->epoll, events, EVENTS, &wait, NULL);
    if (n < 0 && errno != EINTR)
        fatal("epoll: %s", strerror(errno));
    for (int i = 0; i < n; i++)
        handle(f, events[i].data.ptr, events[i].events);
    f->now = now_ns();
    measure_turn(f->m, f->now);
    if (f->o->rate > 0)
        send_due(f);
}

// ---- preparation

static void prepare_nodes(struct flow *f)
{
    struct session *s = &f->places[0].session;
    session_ensure(s, f->out, (struct wire_text){"/bench", 6}, (struct wire_text){"", 0});
    for (uint32_t i = 0; f->o->creates && i < f->o->sessions; i++) {
        struct place *p = &f->places[i];
        int n = snprintf(p->parent, 40, "/bench/%.12s%04u", f->o->tag, i);
        p->parent_bytes = (uint32_t)n;
        session_ensure(s, f->out, (struct wire_text){p->parent, p->parent_bytes},
                       (struct wire_text){"", 0});
        memcpy(p->parent + n, "/n00000000", 10);
    }
    for (uint32_t i = 0; !f->o->creates && i < f->o->keys; i++) {
        f->key_bytes = (uint32_t)snprintf(f->keys[i], PATH_MAX_BYTES, "/bench/k%06u", i);
        session_ensure(s, f->out, (struct wire_text){f->keys[i], f->key_bytes}, value_of(f));
    }
}

// The nodes were made on the first server; the others may not have them yet.
static void see_nodes(struct flow *f)
{
    for (uint32_t i = 1; i < f->o->sessions && i < f->o->servers.port_count; i++) {
        struct session *s = &f->places[i].session;
        int32_t xid = session_ask(s, 0, 0);
        const uint8_t *end = wire_sync(f->out, xid, (struct wire_text){"/", 1});
        int32_t err = session_call(s, f->out, (size_t)(end - f->out));
        if (err != 0)
            fatal("sync failed with %d", err);
    }
}

static void open_place(struct flow *f, uint32_t number)
{
    const struct flow_options *o = f->o;
    struct place *p = &f->places[number];
    uint16_t port = servers_port(&o->servers, number);
    session_open(&p->session, port, o->outstanding, frame_max(o), o->timeout_ms);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    epoll_ctl(f->epoll, EPOLL_CTL_ADD, p->session.fd, &e);
}

static void prepare(struct flow *f)
{
    const struct flow_options *o = f->o;
    f->places = need(calloc(o->sessions, sizeof *f->places));
    f->keys = need(calloc(o->keys, sizeof *f->keys));
    f->value = need(malloc(o->value_bytes + 1u));
    f->room = need(malloc(ROOM_BYTES));
    f->out = need(malloc(frame_max(o) * o->outstanding));
    for (uint32_t i = 0; i < o->value_bytes; i++)
        f->value[i] = (uint8_t)next_random(f);
    f->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (f->epoll < 0)
        fatal("epoll: %s", strerror(errno));
    // The nodes first, on a slow disk they take long, and a session that only waits expires.
    open_place(f, 0);
    prepare_nodes(f);
    for (uint32_t i = 1; i < o->sessions; i++)
        open_place(f, i);
    see_nodes(f);
}

static void finish(struct flow *f)
{
    for (uint32_t i = 0; i < f->o->sessions; i++)
        session_close(&f->places[i].session);
    close(f->epoll);
    free(f->places);
    free(f->keys);
    free(f->value);
    free(f->room);
    free(f->out);
}

void flow_run(const struct flow_options *o, struct measure *ret)
{
    struct flow f = {.o = o, .m = ret, .random = UINT64_C(0x9e3779b97f4a7c15)};
    prepare(&f);
    f.now = f.due_ns = now_ns();
    uint64_t from_ns = f.now + (o->count > 0 ? 0 : (uint64_t)(o->warmup_s * 1e9));
    measure_init(ret, from_ns, o->count > 0 ? UINT64_MAX : from_ns + (uint64_t)(o->seconds * 1e9),
                 &o->servers);
    measure_turn(ret, f.now);
    for (uint32_t i = 0; o->rate <= 0 && i < o->sessions; i++)
        fill(&f, &f.places[i]);
    while (may_ask(&f))
        turn(&f);
    uint64_t deadline = now_ns() + DRAIN_S * UINT64_C(1000000000);
    while (f.answered < f.asked && f.now < deadline)
        turn(&f);
    if (f.answered < f.asked)
        fatal("%u s after the end, answers are still missing", DRAIN_S);
    if (o->count > 0) {
        ret->to_ns = f.now;
        measure_turn(ret, f.now);
    }
    finish(&f);
}
