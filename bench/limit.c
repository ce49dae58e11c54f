// SPDX-License-Identifier: Apache-2.0
//
// bench_limit: what this machine can do at most. An epoll server that speaks just enough of the
// protocol to answer bench_load with frames of the right sizes, and has no tree, no sessions, no
// checks. A read is answered from one constant; a write is copied into a group-committed log and
// answered when that is synced. The ratio of a server to it is how much of the machine the server
// turns into answers.
//
//     bench_limit --port N --value BYTES [--log FILE [--sync inline|thread]]
//
// Invariants:
// 1. No byte of `out` from `held_collecting` or `held_syncing` on leaves before the batch it waits
//    for is synced: replies keep their order behind the session's own writes.
// 2. `held_syncing` < `held_collecting` when both are set.
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
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

#include "bench/lib/grouplog.h"
#include "bench/lib/session.h"
#include "bench/lib/wire.h"

enum {
    EVENTS = 64,
    ROOM_BYTES = 512 * 1024,
    OUT_BYTES = 2 * 1024 * 1024,
    FRAME_MAX = 128 * 1024,
    RECORD_OVERHEAD_BYTES = 64, // checksum, length, txn header and digest of a real record
    PEERS_MAX = 65536,
};

static const size_t NOTHING_HELD = SIZE_MAX;

struct peer {
    int fd;
    bool is_shaken;
    bool is_touched;  // has to be flushed at the end of this turn
    bool is_ended;    // close when `out` is empty
    uint8_t *partial; // of a frame
    size_t partial_bytes;
    uint8_t *out;
    size_t out_bytes;
    size_t held_collecting;
    size_t held_syncing;
};

struct limit {
    int epoll;
    int listener;
    struct grouplog *log;
    size_t value_bytes;
    uint8_t *room;
    uint8_t *read_reply;
    size_t read_reply_bytes;
    struct peer *peers[PEERS_MAX]; // by descriptor
    int peers_end;
    int touched[PEERS_MAX];
    int touched_count;
};

struct options {
    uint16_t port;
    size_t value_bytes;
    const char *log_path; // NULL: writes are answered as reads are
    bool with_thread;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static void put_u32(uint8_t *to, uint32_t v)
{
    v = htonl(v);
    memcpy(to, &v, sizeof v);
}

// ---- peers

static void watch(const struct limit *l, int fd, bool writable)
{
    struct epoll_event e = {.events = EPOLLIN | (writable ? (uint32_t)EPOLLOUT : 0), .data.fd = fd};
    if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &e) != 0 &&
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) != 0)
        fatal("epoll: %s", strerror(errno));
}

static void accept_all(struct limit *l)
{
    for (;;) {
        int fd = accept4(l->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct peer *p = fd < PEERS_MAX ? calloc(1, sizeof *p) : NULL;
        if (p == NULL)
            fatal("too many connections");
        *p = (struct peer){.fd = fd, .held_collecting = NOTHING_HELD, .held_syncing = NOTHING_HELD};
        l->peers[fd] = p;
        l->peers_end = fd >= l->peers_end ? fd + 1 : l->peers_end;
        watch(l, fd, false);
    }
}

static void drop(struct limit *l, struct peer *p)
{
    l->peers[p->fd] = NULL;
    close(p->fd);
    free(p->partial);
    free(p->out);
    free(p);
}

// ---- replies

static uint8_t *reply_room(struct limit *l, struct peer *p, size_t count)
{
    if (p->out == NULL && (p->out = malloc(OUT_BYTES)) == NULL)
        fatal("out of memory");
    if (p->out_bytes + count > OUT_BYTES)
        fatal("a client has too many requests outstanding");
    if (!p->is_touched)
        l->touched[l->touched_count++] = p->fd;
    p->is_touched = true;
    uint8_t *at = p->out + p->out_bytes;
    p->out_bytes += count;
    return at;
}

static uint8_t *reply(struct limit *l, struct peer *p, const uint8_t *xid, size_t body_bytes)
{
    size_t count = WIRE_LENGTH_BYTES + WIRE_HEAD_BYTES + body_bytes;
    uint8_t *at = reply_room(l, p, count);
    memset(at, 0, count);
    put_u32(at, (uint32_t)count - WIRE_LENGTH_BYTES);
    memcpy(at + WIRE_LENGTH_BYTES, xid, 4);
    return at + WIRE_LENGTH_BYTES + WIRE_HEAD_BYTES;
}

static void write_record(struct limit *l, struct peer *p, const uint8_t *frame, size_t bytes)
{
    if (l->log == NULL)
        return;
    uint8_t *record = grouplog_append(l->log, bytes + RECORD_OVERHEAD_BYTES);
    memset(record, 0, RECORD_OVERHEAD_BYTES);
    memcpy(record + RECORD_OVERHEAD_BYTES, frame, bytes);
    if (p->held_collecting == NOTHING_HELD)
        p->held_collecting = p->out_bytes;
}

static void shake_hands(struct limit *l, struct peer *p, const uint8_t *frame, size_t bytes)
{
    write_record(l, p, frame, bytes); // a session is a transaction
    uint8_t *at = reply_room(l, p, WIRE_CONNECTED_BYTES);
    memset(at, 0, WIRE_CONNECTED_BYTES);
    put_u32(at, WIRE_CONNECTED_BYTES - WIRE_LENGTH_BYTES);
    memcpy(at + 8, frame + 16, 4); // the timeout it asked for
    put_u32(at + 16, 1);           // a session id
    put_u32(at + 20, 16);
    p->is_shaken = true;
}

static void answer(struct limit *l, struct peer *p, const uint8_t *frame, size_t bytes)
{
    const uint8_t *xid = frame + 4;
    switch ((int32_t)wire_u32(frame + 8)) {
    case WIRE_GET_DATA: {
        uint8_t *at = reply_room(l, p, l->read_reply_bytes);
        memcpy(at, l->read_reply, l->read_reply_bytes);
        memcpy(at + WIRE_LENGTH_BYTES, xid, 4);
        return;
    }
    case WIRE_SET_DATA:
        write_record(l, p, frame, bytes);
        reply(l, p, xid, WIRE_STAT_BYTES);
        return;
    case WIRE_CREATE: {
        write_record(l, p, frame, bytes);
        size_t path_bytes = wire_u32(frame + 12);
        memcpy(reply(l, p, xid, 4 + path_bytes), frame + 12, 4 + path_bytes);
        return;
    }
    case WIRE_CLOSE_SESSION:
        write_record(l, p, frame, bytes);
        p->is_ended = true;
        break;
    default:
        break;
    }
    reply(l, p, xid, 0);
}

// ---- turns

static void take_frames(struct limit *l, struct peer *p, const uint8_t *at, const uint8_t *end)
{
    while (end - at >= WIRE_LENGTH_BYTES) {
        size_t bytes = WIRE_LENGTH_BYTES + wire_u32(at);
        if (bytes > FRAME_MAX)
            fatal("a frame of %zu bytes", bytes);
        if ((size_t)(end - at) < bytes)
            break;
        if (p->is_shaken)
            answer(l, p, at, bytes);
        else
            shake_hands(l, p, at, bytes);
        at += bytes;
    }
    p->partial_bytes = (size_t)(end - at);
    if (p->partial_bytes > 0 && p->partial == NULL)
        p->partial = malloc(FRAME_MAX);
    if (p->partial_bytes > 0 && p->partial == NULL)
        fatal("out of memory");
    if (p->partial_bytes > 0)
        memcpy(p->partial, at, p->partial_bytes);
}

static void receive(struct limit *l, struct peer *p)
{
    if (p->partial_bytes > 0)
        memcpy(l->room, p->partial, p->partial_bytes);
    ssize_t n = recv(p->fd, l->room + p->partial_bytes, ROOM_BYTES - p->partial_bytes, 0);
    if (n > 0)
        take_frames(l, p, l->room, l->room + p->partial_bytes + (size_t)n);
    else if (n == 0 || errno != EAGAIN)
        p->is_ended = true;
    if (p->is_ended && !p->is_touched) {
        p->is_touched = true;
        l->touched[l->touched_count++] = p->fd;
    }
}

static size_t sendable(const struct peer *p)
{
    size_t held = p->held_syncing != NOTHING_HELD ? p->held_syncing : p->held_collecting;
    return held != NOTHING_HELD ? held : p->out_bytes;
}

static void move_mark(size_t *mark, size_t sent)
{
    if (*mark != NOTHING_HELD)
        *mark -= sent;
}

static void flush(struct limit *l, struct peer *p)
{
    size_t wanted = sendable(p);
    ssize_t n = wanted > 0 ? send(p->fd, p->out, wanted, MSG_NOSIGNAL) : 0;
    if (n < 0 && errno != EAGAIN) {
        p->is_ended = true;
        n = (ssize_t)wanted;
    }
    size_t sent = n > 0 ? (size_t)n : 0;
    if (sent < wanted)
        watch(l, p->fd, true);
    p->out_bytes -= sent;
    memmove(p->out, p->out + sent, p->out_bytes);
    move_mark(&p->held_collecting, sent);
    move_mark(&p->held_syncing, sent);
    if (p->is_ended && p->out_bytes == 0)
        drop(l, p);
}

// A sync has ended: what waited for it may leave.
static void release(struct limit *l)
{
    for (int fd = 0; fd < l->peers_end; fd++) {
        struct peer *p = l->peers[fd];
        if (p == NULL || p->held_syncing == NOTHING_HELD)
            continue;
        p->held_syncing = NOTHING_HELD;
        flush(l, p);
    }
}

static void commit(struct limit *l)
{
    // Marks move before the sync: it may have ended when grouplog_commit() returns.
    if (l->log == NULL || !grouplog_commit(l->log))
        return;
    for (int fd = 0; fd < l->peers_end; fd++) {
        struct peer *p = l->peers[fd];
        if (p == NULL || p->held_collecting == NOTHING_HELD)
            continue;
        p->held_syncing = p->held_collecting;
        p->held_collecting = NOTHING_HELD;
    }
    if (grouplog_fd(l->log) < 0)
        release(l);
}

static void handle(struct limit *l, const struct epoll_event *e)
{
    if (e->data.fd == l->listener) {
        accept_all(l);
        return;
    }
    if (l->log != NULL && e->data.fd == grouplog_fd(l->log)) {
        grouplog_synced(l->log);
        release(l);
        return;
    }
    struct peer *p = l->peers[e->data.fd];
    if (p == NULL)
        return;
    if (e->events & EPOLLOUT) {
        watch(l, p->fd, false);
        flush(l, p);
        return;
    }
    receive(l, p);
}

static void turn(struct limit *l)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(l->epoll, events, EVENTS, -1);
    for (int i = 0; i < n; i++)
        handle(l, &events[i]);
    commit(l);
    for (int i = 0; i < l->touched_count; i++) {
        struct peer *p = l->peers[l->touched[i]];
        if (p == NULL || !p->is_touched)
            continue;
        p->is_touched = false;
        flush(l, p);
    }
    l->touched_count = 0;
}

// ---- start

static void listen_on(struct limit *l, uint16_t port)
{
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    l->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(l->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(l->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(l->listener, 1024) != 0)
        fatal("listen on port %u: %s", port, strerror(errno));
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(l, l->listener, false);
}

static void build_read_reply(struct limit *l)
{
    size_t body_bytes = WIRE_LENGTH_BYTES + l->value_bytes + WIRE_STAT_BYTES;
    l->read_reply_bytes = WIRE_LENGTH_BYTES + WIRE_HEAD_BYTES + body_bytes;
    l->read_reply = calloc(1, l->read_reply_bytes);
    l->room = malloc(ROOM_BYTES);
    if (l->read_reply == NULL || l->room == NULL)
        fatal("out of memory");
    put_u32(l->read_reply, (uint32_t)l->read_reply_bytes - WIRE_LENGTH_BYTES);
    put_u32(l->read_reply + WIRE_LENGTH_BYTES + WIRE_HEAD_BYTES, (uint32_t)l->value_bytes);
}

static void parse(int argc, char **argv, struct options *ret)
{
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},
        {"value", required_argument, NULL, 'v'},
        {"log", required_argument, NULL, 'l'},
        {"sync", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    *ret = (struct options){.port = 2181, .value_bytes = 1024, .with_thread = true};
    for (int got; (got = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (got == 'p')
            ret->port = (uint16_t)strtoul(optarg, NULL, 10);
        else if (got == 'v')
            ret->value_bytes = strtoul(optarg, NULL, 10);
        else if (got == 'l')
            ret->log_path = optarg;
        else if (got == 's')
            ret->with_thread = strcmp(optarg, "inline") != 0;
        else
            fatal("usage: bench_limit --port N --value BYTES [--log FILE [--sync inline|thread]]");
    }
}

static void stop_on_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
}

int main(int argc, char **argv)
{
    struct options o;
    struct limit *l = calloc(1, sizeof *l);
    if (l == NULL)
        fatal("out of memory");
    parse(argc, argv, &o);
    l->value_bytes = o.value_bytes;
    if (o.log_path != NULL)
        l->log = grouplog_open(o.log_path, o.with_thread);
    listen_on(l, o.port);
    build_read_reply(l);
    if (l->log != NULL && grouplog_fd(l->log) >= 0)
        watch(l, grouplog_fd(l->log), false);
    stop_on_signals();
    while (!stopped)
        turn(l);
    if (l->log != NULL)
        grouplog_close(l->log);
    free(l->read_reply);
    free(l->room);
    free(l);
    return 0;
}
