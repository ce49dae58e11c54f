// SPDX-License-Identifier: Apache-2.0
//
//     CONNECTING ──writable──► SHAKING ──ConnectResponse──► CLOSING ──reply──► CONNECTING (next)
//
// Each place binds its own loopback address, so that the ports of connections in TIME_WAIT never
// run out.
#include "bench/lib/churn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/lib/measure.h"
#include "bench/lib/session.h"

enum { EVENTS = 64, WAIT_MAX_MS = 10, DRAIN_S = 60 };

enum state { CONNECTING, SHAKING, CLOSING, RESTING };

struct place {
    enum state state;
    int fd;
    uint32_t address;
    uint16_t port; // of its server
    uint64_t begun_ns;
    uint8_t in[WIRE_CONNECTED_BYTES];
    size_t in_bytes;
};

struct churn {
    const struct churn_options *o;
    struct measure *m;
    int epoll;
    uint64_t now;
    uint32_t busy;
    struct place *places;
};

static void begin(struct churn *c, struct place *p)
{
    p->state = CONNECTING;
    p->in_bytes = 0;
    p->begun_ns = c->now;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        fatal("socket: %s", strerror(errno));
    int on = 1;
    setsockopt(p->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(p->address)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(p->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(p->fd, (struct sockaddr *)&from, sizeof from) != 0)
        fatal("bind: %s", strerror(errno));
    if (connect(p->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
        fatal("connect: %s", strerror(errno));
    struct epoll_event e = {.events = EPOLLOUT, .data.ptr = p};
    epoll_ctl(c->epoll, EPOLL_CTL_ADD, p->fd, &e);
    c->busy++;
}

static void send_frame(struct place *p, const uint8_t *frame, const uint8_t *end)
{
    size_t count = (size_t)(end - frame);
    if (send(p->fd, frame, count, MSG_NOSIGNAL) != (ssize_t)count)
        fatal("send: %s", strerror(errno));
    p->in_bytes = 0;
}

static void shake(struct churn *c, struct place *p)
{
    uint8_t frame[WIRE_CONNECT_BYTES];
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    epoll_ctl(c->epoll, EPOLL_CTL_MOD, p->fd, &e);
    send_frame(p, frame, wire_connect(frame, c->o->timeout_ms));
    p->state = SHAKING;
}

// True when the `count` bytes of an answer are there.
static bool receive(struct place *p, size_t count)
{
    ssize_t n = recv(p->fd, p->in + p->in_bytes, count - p->in_bytes, 0);
    if (n == 0)
        fatal("the server closed the connection");
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        fatal("recv: %s", strerror(errno));
    p->in_bytes += n < 0 ? 0 : (size_t)n;
    return p->in_bytes == count;
}

static void close_session(struct place *p)
{
    uint8_t frame[WIRE_OVERHEAD_MAX];
    if (wire_u32(p->in + 8) == 0)
        fatal("the server refused the session");
    send_frame(p, frame, wire_bare(frame, 1, WIRE_CLOSE_SESSION));
    p->state = CLOSING;
}

static void end(struct churn *c, struct place *p)
{
    struct wire_reply reply = wire_reply(p->in);
    if (reply.xid != 1 || reply.err != 0)
        fatal("closeSession %d was answered with %d", reply.xid, reply.err);
    close(p->fd);
    c->busy--;
    p->state = RESTING;
    measure_answer(c->m, p->begun_ns, c->now);
    if (c->now < c->m->to_ns)
        begin(c, p);
}

static void handle(struct churn *c, struct place *p)
{
    switch (p->state) {
    case CONNECTING:
        shake(c, p);
        return;
    case SHAKING:
        if (receive(p, WIRE_CONNECTED_BYTES))
            close_session(p);
        return;
    case CLOSING:
        if (receive(p, WIRE_LENGTH_BYTES + WIRE_HEAD_BYTES))
            end(c, p);
        return;
    case RESTING:
        return;
    }
}

static void turn(struct churn *c)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(c->epoll, events, EVENTS, WAIT_MAX_MS);
    for (int i = 0; i < n; i++) {
        c->now = now_ns();
        handle(c, events[i].data.ptr);
    }
    c->now = now_ns();
    measure_turn(c->m, c->now);
}

void churn_run(const struct churn_options *o, struct measure *ret)
{
    struct churn c = {.o = o, .m = ret, .now = now_ns(), .epoll = epoll_create1(EPOLL_CLOEXEC)};
    c.places = calloc(o->sessions, sizeof *c.places);
    if (c.epoll < 0 || c.places == NULL)
        fatal("out of memory");
    uint64_t from_ns = c.now + (uint64_t)(o->warmup_s * 1e9);
    measure_init(ret, from_ns, from_ns + (uint64_t)(o->seconds * 1e9), &o->servers);
    for (uint32_t i = 0; i < o->sessions; i++) {
        c.places[i].address = INADDR_LOOPBACK + 1 + i;
        c.places[i].port = servers_port(&o->servers, i);
        begin(&c, &c.places[i]);
    }
    uint64_t deadline = ret->to_ns + DRAIN_S * UINT64_C(1000000000);
    while (c.now < ret->to_ns || (c.busy > 0 && c.now < deadline))
        turn(&c);
    if (c.busy > 0)
        fatal("%u s after the end, answers are still missing", DRAIN_S);
    close(c.epoll);
    free(c.places);
}
