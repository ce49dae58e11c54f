// SPDX-License-Identifier: Apache-2.0
//
// Sessions that lost their servers at once would all try again at once; each waits a random part
// of PAUSE_NS, so that together they find out within a millisecond when a server serves again
// without keeping it busy. An attempt that is not answered is given up: a server of Apache's may
// leave it so for ever when it came too early.
#include "bench/lib/outage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/lib/session.h"

enum {
    EVENTS = 64,
    PATH_BYTES = 32,
    IN_BYTES = 256,
    PAUSE_NS = 20 * 1000 * 1000,
    ATTEMPT_NS = 100 * 1000 * 1000,
};

enum state { RESTING, CONNECTING, SHAKING, WRITING };

struct place {
    enum state state;
    int fd;
    uint32_t server; // number of the one it is at, or tries
    int32_t xid;
    uint64_t due_ns;      // RESTING: of the next attempt; until WRITING: of giving up
    uint64_t asked_ns;    // the write under way
    uint64_t answered_ns; // the last one that was
    bool is_back;         // a write asked after the kill was answered
    uint8_t session[WIRE_CONNECTED_BYTES]; // the answer that named it
    uint8_t in[IN_BYTES];
    size_t in_bytes;
    char path[PATH_BYTES];
};

struct outage {
    const struct outage_options *o;
    int epoll;
    uint64_t now;
    uint64_t random;
    struct place *places;
    uint8_t *out;
    uint8_t *value;
    uint64_t from_ns; // the window, or the kill
    uint64_t to_ns;
    uint64_t last_ns; // the last answer of all
    uint64_t answers;
    uint64_t longest_ns; // without an answer of anybody
    uint64_t worst_ns;   // of one session
    uint64_t first_ns;   // behind the kill: the first answer; 0: none yet
    uint64_t all_ns;     // behind the kill: the first answer of the last session
    uint32_t back;
    uint32_t lost;
    uint32_t expired;
    uint32_t refused;
};

static bool is_counting(const struct outage *g)
{
    return g->from_ns != 0;
}

// ---- one session ----

static void lose(struct outage *g, struct place *p)
{
    bool had_served = p->state == WRITING;
    close(p->fd);
    p->state = RESTING;
    g->random = g->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    p->due_ns = g->now + (g->random >> 33) % PAUSE_NS;
    p->server++;
    g->lost += is_counting(g) && had_served ? 1 : 0;
}

static void begin(struct outage *g, struct place *p)
{
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        fatal("socket: %s", strerror(errno));
    int on = 1;
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    p->state = CONNECTING;
    p->in_bytes = 0;
    p->due_ns = g->now + ATTEMPT_NS;
    struct sockaddr_in to = {.sin_family = AF_INET};
    to.sin_port = htons(servers_port(&g->o->servers, p->server));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct epoll_event e = {.events = EPOLLOUT, .data.ptr = p};
    if (connect(p->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
        lose(g, p);
    else if (epoll_ctl(g->epoll, EPOLL_CTL_ADD, p->fd, &e) != 0)
        fatal("epoll: %s", strerror(errno));
}

static void send_frame(struct outage *g, struct place *p, const uint8_t *end)
{
    size_t count = (size_t)(end - g->out);
    if (send(p->fd, g->out, count, MSG_NOSIGNAL) != (ssize_t)count)
        lose(g, p);
}

static void shake(struct outage *g, struct place *p)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    epoll_ctl(g->epoll, EPOLL_CTL_MOD, p->fd, &e);
    p->state = SHAKING;
    send_frame(g, p, wire_reconnect(g->out, g->o->timeout_ms, p->session));
}

static void write_next(struct outage *g, struct place *p)
{
    p->asked_ns = g->now;
    send_frame(g, p,
               wire_set_data(g->out, ++p->xid,
                             (struct wire_text){p->path, (uint32_t)strlen(p->path)},
                             (struct wire_text){(const char *)g->value, g->o->value_bytes}));
}

static void shaken(struct outage *g, struct place *p)
{
    if (wire_u32(p->in + 8) == 0) { // the session is gone, the next attempt opens another
        g->expired++;
        memset(p->session, 0, sizeof p->session);
        lose(g, p);
        return;
    }
    memcpy(p->session, p->in, sizeof p->session);
    p->state = WRITING;
    write_next(g, p);
}

// ---- what is measured ----

static void note_longest(uint64_t *longest_ns, uint64_t from_ns, uint64_t to_ns)
{
    if (to_ns > from_ns && to_ns - from_ns > *longest_ns)
        *longest_ns = to_ns - from_ns;
}

static void note_back(struct outage *g, struct place *p)
{
    if (p->is_back || p->asked_ns < g->from_ns)
        return;
    p->is_back = true;
    g->back++;
    g->first_ns = g->first_ns == 0 ? g->now : g->first_ns;
    g->all_ns = g->now;
}

static void answered(struct outage *g, struct place *p)
{
    struct wire_reply reply = wire_reply(p->in);
    if (reply.xid != p->xid)
        fatal("answer %d came where %d was due", reply.xid, p->xid);
    g->refused += reply.err != 0 ? 1 : 0;
    if (is_counting(g) && reply.err == 0) {
        note_longest(&g->longest_ns, g->last_ns, g->now);
        note_longest(&g->worst_ns, p->answered_ns, g->now);
        g->answers++;
        note_back(g, p);
    }
    g->last_ns = g->now;
    p->answered_ns = g->now;
    write_next(g, p);
}

// ---- the loop ----

static void receive(struct outage *g, struct place *p)
{
    ssize_t n = recv(p->fd, p->in + p->in_bytes, IN_BYTES - p->in_bytes, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        lose(g, p);
        return;
    }
    p->in_bytes += n < 0 ? 0 : (size_t)n;
    if (p->in_bytes < WIRE_LENGTH_BYTES || p->in_bytes < WIRE_LENGTH_BYTES + wire_u32(p->in))
        return;
    p->in_bytes = 0; // one request is under way, so one frame is all there is
    if (p->state == SHAKING)
        shaken(g, p);
    else
        answered(g, p);
}

static void handle(struct outage *g, struct place *p, uint32_t events)
{
    switch (p->state) {
    case CONNECTING:
        if (events & (EPOLLERR | EPOLLHUP))
            lose(g, p);
        else
            shake(g, p);
        return;
    case SHAKING:
    case WRITING:
        receive(g, p);
        return;
    case RESTING:
        return;
    }
}

static void look_at_clocks(struct outage *g)
{
    for (uint32_t i = 0; i < g->o->sessions; i++) {
        struct place *p = &g->places[i];
        if (p->state == WRITING || p->due_ns > g->now)
            continue;
        if (p->state == RESTING)
            begin(g, p);
        else
            lose(g, p);
    }
}

static void turn(struct outage *g)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(g->epoll, events, EVENTS, 1);
    g->now = now_ns();
    for (int i = 0; i < n; i++) {
        g->now = now_ns();
        handle(g, events[i].data.ptr, events[i].events);
    }
    look_at_clocks(g);
}

// ---- a run ----

static void *need(void *memory)
{
    if (memory == NULL)
        fatal("out of memory");
    return memory;
}

static void prepare(struct outage *g)
{
    const struct outage_options *o = g->o;
    struct session s;
    size_t frame_max = WIRE_OVERHEAD_MAX + PATH_BYTES + o->value_bytes;
    g->places = need(calloc(o->sessions, sizeof *g->places));
    g->out = need(malloc(frame_max));
    g->value = need(calloc(1, o->value_bytes + 1u));
    g->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (g->epoll < 0)
        fatal("epoll: %s", strerror(errno));
    session_open(&s, o->servers.ports[0], 1, frame_max, o->timeout_ms);
    session_ensure(&s, g->out, (struct wire_text){"/bench", 6}, (struct wire_text){"", 0});
    for (uint32_t i = 0; i < o->sessions; i++) {
        struct place *p = &g->places[i];
        int n = snprintf(p->path, PATH_BYTES, "/bench/o%06u", i);
        session_ensure(&s, g->out, (struct wire_text){p->path, (uint32_t)n},
                       (struct wire_text){"", 0});
        p->server = i;
    }
    session_close(&s);
}

static void open_window(struct outage *g)
{
    if (g->o->kill_pid > 0 && kill(g->o->kill_pid, SIGKILL) != 0)
        fatal("kill: %s", strerror(errno));
    g->from_ns = g->last_ns = now_ns();
    g->to_ns = g->from_ns + (uint64_t)(g->o->seconds * 1e9);
    for (uint32_t i = 0; i < g->o->sessions; i++)
        g->places[i].answered_ns = g->from_ns;
}

static void close_window(struct outage *g)
{
    note_longest(&g->longest_ns, g->last_ns, g->now);
    for (uint32_t i = 0; i < g->o->sessions; i++)
        note_longest(&g->worst_ns, g->places[i].answered_ns, g->now);
}

static bool is_over(const struct outage *g)
{
    return g->now >= g->to_ns || (g->o->kill_pid > 0 && g->back == g->o->sessions);
}

static void print(const struct outage *g)
{
    uint64_t gap_ns = g->longest_ns;
    uint64_t all_ns = g->worst_ns;
    if (g->o->kill_pid > 0) {
        if (g->back < g->o->sessions)
            fatal("%u of %u sessions could write again", g->back, g->o->sessions);
        gap_ns = g->first_ns - g->from_ns;
        all_ns = g->all_ns - g->from_ns;
    }
    printf("{\"mode\": \"outage\", \"answers\": %" PRIu64 ", \"gap_ms\": %.3f, \"all_ms\": %.3f, "
           "\"lost\": %u, \"expired\": %u, \"refused\": %u}\n",
           g->answers, (double)gap_ns / 1e6, (double)all_ns / 1e6, g->lost, g->expired, g->refused);
}

void outage_run(const struct outage_options *o)
{
    struct outage g = {.o = o, .random = now_ns()};
    prepare(&g);
    g.now = now_ns();
    uint64_t warm_ns = g.now + (uint64_t)(o->warmup_s * 1e9);
    while (g.now < warm_ns)
        turn(&g);
    open_window(&g);
    while (!is_over(&g))
        turn(&g);
    close_window(&g);
    print(&g);
    close(g.epoll);
    free(g.places);
    free(g.out);
    free(g.value);
}
