// SPDX-License-Identifier: Apache-2.0
//
// Handshake and preparation block; what is measured never does (MSG_DONTWAIT on every call) and
// allocates nothing.
#include "bench/lib/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void fatal(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

static void send_all(int fd, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t n = send(fd, bytes, count, MSG_NOSIGNAL);
        if (n < 0)
            fatal("send: %s", strerror(errno));
        bytes += n;
        count -= (size_t)n;
    }
}

static void receive_all(int fd, uint8_t *to, size_t count)
{
    while (count > 0) {
        ssize_t n = recv(fd, to, count, 0);
        if (n == 0)
            fatal("the server closed the connection");
        if (n < 0)
            fatal("recv: %s", strerror(errno));
        to += n;
        count -= (size_t)n;
    }
}

static void shake_hands(int fd, uint32_t timeout_ms)
{
    uint8_t frame[WIRE_CONNECT_BYTES];
    send_all(fd, frame, (size_t)(wire_connect(frame, timeout_ms) - frame));
    uint8_t answer[WIRE_CONNECTED_BYTES];
    receive_all(fd, answer, sizeof answer);
    if (wire_u32(answer) != sizeof answer - WIRE_LENGTH_BYTES || wire_u32(answer + 8) == 0)
        fatal("the server refused the session");
}

void session_open(struct session *s, uint16_t port, uint32_t outstanding_max, size_t frame_max,
                  uint32_t timeout_ms)
{
    uint32_t slots = 1;
    while (slots < outstanding_max)
        slots *= 2;
    *s = (struct session){.asked_mask = slots - 1, .unsent_max = frame_max * outstanding_max};
    s->asked = calloc(slots, sizeof *s->asked);
    s->unsent = malloc(s->unsent_max);
    if (s->asked == NULL || s->unsent == NULL)
        fatal("out of memory");
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (s->fd < 0 || connect(s->fd, (struct sockaddr *)&address, sizeof address) != 0)
        fatal("connect to port %u: %s", port, strerror(errno));
    int on = 1;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    shake_hands(s->fd, timeout_ms);
}

void session_close(struct session *s)
{
    uint8_t frame[WIRE_OVERHEAD_MAX];
    int32_t xid = session_ask(s, 0, WIRE_HEAD_BYTES);
    uint8_t *end = wire_bare(frame, xid, WIRE_CLOSE_SESSION);
    if (session_call(s, frame, (size_t)(end - frame)) != 0)
        fatal("the server did not close the session");
    close(s->fd);
    free(s->asked);
    free(s->unsent);
}

static void note(struct session *s, uint64_t at_ns, int32_t xid, uint32_t reply_bytes)
{
    s->asked[s->sent++ & s->asked_mask] = (struct asked){at_ns, xid, reply_bytes};
}

int32_t session_ask(struct session *s, uint64_t at_ns, uint32_t reply_bytes)
{
    note(s, at_ns, ++s->last_xid, reply_bytes);
    return s->last_xid;
}

void session_ask_ping(struct session *s, uint64_t at_ns)
{
    note(s, at_ns, WIRE_XID_PING, WIRE_HEAD_BYTES);
}

uint32_t session_outstanding(const struct session *s)
{
    return s->sent - s->answered;
}

static size_t send_some(int fd, const uint8_t *bytes, size_t count)
{
    ssize_t n = send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        fatal("send: %s", strerror(errno));
    return n < 0 ? 0 : (size_t)n;
}

bool session_flush(struct session *s)
{
    size_t n = send_some(s->fd, s->unsent, s->unsent_bytes);
    s->unsent_bytes -= n;
    memmove(s->unsent, s->unsent + n, s->unsent_bytes);
    return s->unsent_bytes == 0;
}

bool session_send(struct session *s, const uint8_t *bytes, size_t count)
{
    size_t n = s->unsent_bytes == 0 ? send_some(s->fd, bytes, count) : 0;
    if (n == count)
        return true;
    if (s->unsent_bytes + (count - n) > s->unsent_max)
        fatal("more unsent bytes than outstanding requests can hold");
    memcpy(s->unsent + s->unsent_bytes, bytes + n, count - n);
    s->unsent_bytes += count - n;
    return false;
}

static void check(struct session *s, struct asked **ret)
{
    struct wire_reply reply = wire_reply(s->head);
    struct asked *asked = &s->asked[s->answered & s->asked_mask];
    if (s->answered == s->sent)
        fatal("an answer to nothing: xid %d", reply.xid);
    if (reply.xid != asked->xid)
        fatal("answer %d came where %d was due", reply.xid, asked->xid);
    if (reply.err != 0)
        fatal("request %d failed with %d", reply.xid, reply.err);
    if (reply.bytes != asked->reply_bytes)
        fatal("answer %d has %u bytes instead of %u", reply.xid, reply.bytes, asked->reply_bytes);
    *ret = asked;
}

// Take one header, or the part of it that is there. True when it is whole.
static bool take_head(struct session *s, const uint8_t **at, const uint8_t *end)
{
    size_t wanted = sizeof s->head - s->head_bytes;
    size_t there = (size_t)(end - *at);
    size_t n = there < wanted ? there : wanted;
    memcpy(s->head + s->head_bytes, *at, n);
    s->head_bytes += (uint32_t)n;
    *at += n;
    return s->head_bytes == sizeof s->head;
}

uint32_t session_receive(struct session *s, uint8_t *room, size_t room_bytes,
                         session_answered *answered, void *ctx)
{
    ssize_t n = recv(s->fd, room, room_bytes, MSG_DONTWAIT);
    if (n == 0)
        fatal("the server closed the connection");
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        fatal("recv: %s", strerror(errno));
    const uint8_t *at = room;
    const uint8_t *end = room + (n < 0 ? 0 : n);
    uint32_t answers = 0;
    for (;;) {
        size_t skip = (size_t)(end - at) < s->skip_bytes ? (size_t)(end - at) : s->skip_bytes;
        at += skip;
        s->skip_bytes -= (uint32_t)skip;
        if (at == end || !take_head(s, &at, end))
            return answers;
        struct asked *asked;
        check(s, &asked);
        s->head_bytes = 0;
        s->skip_bytes = asked->reply_bytes - WIRE_HEAD_BYTES;
        s->answered++;
        answers++;
        answered(ctx, asked->at_ns);
    }
}

int32_t session_call(struct session *s, const uint8_t *frame, size_t count)
{
    send_all(s->fd, frame, count);
    receive_all(s->fd, s->head, sizeof s->head);
    struct wire_reply reply = wire_reply(s->head);
    const struct asked *asked = &s->asked[s->answered++ & s->asked_mask];
    if (reply.xid != asked->xid)
        fatal("answer %d came where %d was due", reply.xid, asked->xid);
    uint8_t body[512];
    for (size_t left = reply.bytes - WIRE_HEAD_BYTES; left > 0;) {
        size_t n = left < sizeof body ? left : sizeof body;
        receive_all(s->fd, body, n);
        left -= n;
    }
    return reply.err;
}

void session_ensure(struct session *s, uint8_t *frame, struct wire_text path,
                    struct wire_text value)
{
    int32_t xid = session_ask(s, 0, 0);
    uint8_t *end = wire_create(frame, xid, path, value);
    int32_t err = session_call(s, frame, (size_t)(end - frame));
    if (err == WIRE_NODE_EXISTS) {
        end = wire_set_data(frame, session_ask(s, 0, 0), path, value);
        err = session_call(s, frame, (size_t)(end - frame));
    }
    if (err != 0)
        fatal("create %.*s failed with %d", (int)path.count, path.bytes, err);
}
