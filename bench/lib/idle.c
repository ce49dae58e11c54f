// SPDX-License-Identifier: Apache-2.0
//
// All sessions have one ping interval, so the order in which they were opened is for ever the
// order in which their pings are due: a cursor walks round the array and no heap is needed.
#include "bench/lib/idle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/lib/measure.h"
#include "bench/lib/session.h"

enum { EVENTS = 256, ROOM_BYTES = 4096, PINGS_AT_ONCE = 4, DRAIN_S = 30 };

struct place {
    struct session session;
    uint64_t ping_ns; // when the next is due
};

struct idle {
    const struct idle_options *o;
    struct measure *m;
    int epoll;
    uint64_t now;
    uint64_t interval_ns;
    uint32_t opened;
    uint32_t next; // the place whose ping is due first
    uint64_t asked;
    uint64_t answered;
    struct place *places;
    uint8_t room[ROOM_BYTES];
};

static void on_answer(void *ctx, uint64_t asked_ns)
{
    struct idle *d = ctx;
    d->answered++;
    if (d->m != NULL)
        measure_answer(d->m, asked_ns, d->now);
}

static void ping_due(struct idle *d)
{
    while (d->opened > 0 && d->places[d->next].ping_ns <= d->now) {
        struct place *p = &d->places[d->next];
        uint8_t frame[WIRE_OVERHEAD_MAX];
        if (session_outstanding(&p->session) == PINGS_AT_ONCE)
            fatal("%u pings in a row were not answered", PINGS_AT_ONCE);
        session_ask_ping(&p->session, p->ping_ns);
        const uint8_t *end = wire_bare(frame, WIRE_XID_PING, WIRE_PING);
        session_send(&p->session, frame, (size_t)(end - frame));
        d->asked++;
        p->ping_ns += d->interval_ns;
        d->next = (d->next + 1) % d->opened;
    }
}

static void turn(struct idle *d, int wait_ms)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(d->epoll, events, EVENTS, wait_ms);
    d->now = now_ns();
    for (int i = 0; i < n; i++) {
        struct place *p = events[i].data.ptr;
        session_receive(&p->session, d->room, sizeof d->room, on_answer, d);
    }
}

static void open_next(struct idle *d)
{
    struct place *p = &d->places[d->opened];
    session_open(&p->session, servers_port(&d->o->servers, d->opened), PINGS_AT_ONCE,
                 WIRE_OVERHEAD_MAX, d->o->timeout_ms);
    p->ping_ns = now_ns() + d->interval_ns;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    if (epoll_ctl(d->epoll, EPOLL_CTL_ADD, p->session.fd, &e) != 0)
        fatal("epoll: %s", strerror(errno));
    d->opened++;
}

void idle_run(const struct idle_options *o, struct measure *ret)
{
    struct idle d = {.o = o, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    d.interval_ns = (uint64_t)o->timeout_ms * 1000000u / 3;
    d.places = calloc(o->sessions, sizeof *d.places);
    if (d.epoll < 0 || d.places == NULL)
        fatal("out of memory");
    while (d.opened < o->sessions) {
        open_next(&d);
        turn(&d, 0);
        ping_due(&d);
    }
    uint64_t from_ns = now_ns() + (uint64_t)(o->warmup_s * 1e9);
    measure_init(ret, from_ns, from_ns + (uint64_t)(o->seconds * 1e9), &o->servers);
    d.m = ret;
    while (d.now < ret->to_ns) {
        turn(&d, 1);
        measure_turn(ret, d.now);
        ping_due(&d);
    }
    while (d.answered < d.asked && d.now < ret->to_ns + DRAIN_S * UINT64_C(1000000000))
        turn(&d, 1);
    if (d.answered < d.asked)
        fatal("%u s after the end, pings are still unanswered", DRAIN_S);
    for (uint32_t i = 0; i < o->sessions; i++)
        session_close(&d.places[i].session);
    close(d.epoll);
    free(d.places);
}
