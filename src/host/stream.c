// SPDX-License-Identifier: Apache-2.0
//
// Connecting, reading and writing one socket. epoll is told of a change of interest as seldom as
// possible, since libuv needs two or three system calls for it: reading stays armed, also over a
// pause in which nothing arrives; writing is armed after a short write until the socket drains, and
// while the socket connects.
#include "host/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/mem.h"
#include "host/errno.h"

enum {
    READS_PER_EVENT = 4, // of a full chunk each; then the other connections have their turn
    WRITE_PARTS = 64,    // handed to the kernel in one call
    DRAINS_AT_CLOSE = 16,
    DRAIN_BYTES = 1024 * 1024,
};

struct host_stream {
    struct port_stream port; // first
    uv_poll_t poll;
    struct host_loop *loop;
    int fd;
    int armed;          // the events that epoll watches
    int connect_number; // the errno with which connect() failed at once, else 0
    bool is_connecting; // on_connected or on_end is to come; nothing else happens before it
    bool is_reading;
    bool wants_writable;
    bool has_ended; // on_end was called
    bool is_closing;
};

static struct host_stream *stream_of(struct port_stream *port)
{
    return CONTAINER_OF(port, struct host_stream, port);
}

// ---- what epoll watches ----

static void on_ready(uv_poll_t *handle, int status, int events);

static void watch(struct host_stream *s)
{
    bool reads = s->is_reading && !s->has_ended && !s->is_connecting;
    int events = (reads ? UV_READABLE : 0) | (s->wants_writable ? UV_WRITABLE : 0);
    if (events == s->armed) {
        return;
    }
    s->armed = events;
    int status = events != 0 ? uv_poll_start(&s->poll, events, on_ready) : uv_poll_stop(&s->poll);
    ASSERT(status == 0);
}

static void stream_start(struct port_stream *port)
{
    struct host_stream *s = stream_of(port);
    ASSERT(!s->is_closing);
    ASSERT(port->handler != NULL);
    s->is_reading = true;
    watch(s);
}

static void stream_pause(struct port_stream *port)
{
    struct host_stream *s = stream_of(port);
    ASSERT(!s->is_closing);
    s->is_reading = false; // on_ready disarms it when something arrives all the same
}

// ---- reading ----

static void end(struct host_stream *s, enum err reason)
{
    if (!s->has_ended) {
        s->has_ended = true;
        watch(s);
        s->port.handler->on_end(&s->port, reason);
    }
}

// One read. True when the socket may hold more that can be delivered now.
static bool read_once(struct host_stream *s)
{
    ssize_t len = recv(s->fd, s->loop->read_buffer, LIMIT_READ_CHUNK_BYTES, 0);
    if (len > 0) {
        s->port.handler->on_bytes(&s->port, slice_of(s->loop->read_buffer, (size_t)len));
        return len == LIMIT_READ_CHUNK_BYTES && s->is_reading && !s->is_closing;
    }
    if (len == 0) {
        end(s, ERR_CLOSED);
    } else if (errno == EINTR) {
        return true;
    } else if (errno != EAGAIN) {
        end(s, host_failed(s->loop->trace, "recv", "from a connection", errno));
    }
    return false;
}

// The pending error of the socket, which this clears; 0 when there is none.
static int socket_error(int fd)
{
    int number = 0;
    socklen_t size = sizeof(number);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) == 0 ? number : errno;
}

// ---- connecting ----

static void finish_connect(struct host_stream *s)
{
    int number = s->connect_number != 0 ? s->connect_number : socket_error(s->fd);
    s->is_connecting = false;
    s->wants_writable = false;
    if (number != 0) {
        end(s, ERR_CONNECTION);
        return;
    }
    watch(s);
    s->port.handler->on_connected(&s->port);
}

// ---- what epoll saw ----

static void on_ready(uv_poll_t *handle, int status, int events)
{
    struct host_stream *s = CONTAINER_OF(handle, struct host_stream, poll);
    if (status < 0) { // the socket is in error; libuv has stopped watching it
        s->armed = 0;
    }
    if (s->is_connecting) {
        finish_connect(s);
        return;
    }
    if (status < 0) {
        int number = socket_error(s->fd);
        s->wants_writable = false;
        number = number != 0 ? number : ECONNRESET;
        end(s, host_failed(s->loop->trace, "poll", "of a connection", number));
        return;
    }
    if ((events & UV_READABLE) != 0 && !s->is_reading) {
        watch(s);
    }
    for (int i = 0; (events & UV_READABLE) != 0 && s->is_reading && i < READS_PER_EVENT; i++) {
        if (!read_once(s)) {
            break;
        }
    }
    if ((events & UV_WRITABLE) != 0 && s->wants_writable && !s->is_closing) {
        s->wants_writable = false;
        watch(s);
        s->port.handler->on_writable(&s->port);
    }
}

// ---- writing ----

// Hand `count` parts to the kernel in one call; returns bytes taken or a negative errno.
static int64_t send_parts(int fd, const struct slice *parts, size_t count, size_t *ret_offered)
{
    struct iovec vec[WRITE_PARTS];
    size_t offered = 0;
    for (size_t i = 0; i < count; i++) {
        vec[i] =
            (struct iovec){.iov_base = (void *)(uintptr_t)parts[i].data, .iov_len = parts[i].len};
        offered += parts[i].len;
    }
    *ret_offered = offered;
    if (offered == 0) {
        return 0;
    }
    struct msghdr message = {.msg_iov = vec, .msg_iovlen = count};
    ssize_t taken;
    do {
        taken = sendmsg(fd, &message, MSG_NOSIGNAL);
    } while (taken < 0 && errno == EINTR);
    return taken >= 0 ? taken : -(int64_t)errno;
}

static int64_t stream_write(struct port_stream *port, const struct slice *parts, size_t count)
{
    struct host_stream *s = stream_of(port);
    ASSERT(!s->is_closing);
    ASSERT(!s->is_connecting);
    int64_t total = 0;
    while (count > 0) {
        size_t part_count = count < WRITE_PARTS ? count : WRITE_PARTS;
        size_t offered;
        int64_t taken = send_parts(s->fd, parts, part_count, &offered);
        if (taken < 0 && taken != -EAGAIN) {
            return (int64_t)host_failed(s->loop->trace, "sendmsg", "to a client", (int)-taken);
        }
        total += taken > 0 ? taken : 0;
        if (taken != (int64_t)offered) {
            s->wants_writable = true;
            watch(s);
            break;
        }
        parts += part_count;
        count -= part_count;
    }
    return total;
}

// ---- life cycle ----

static void on_closed(uv_handle_t *handle)
{
    mem_free(CONTAINER_OF((uv_poll_t *)handle, struct host_stream, poll));
}

// Closing a socket with unread bytes makes the kernel send a reset, which can overtake and destroy
// what we sent before. So read them away first, up to a bound.
static void close_socket(int fd)
{
    (void)shutdown(fd, SHUT_WR);
    for (int i = 0; i < DRAINS_AT_CLOSE; i++) {
        if (recv(fd, NULL, DRAIN_BYTES, MSG_TRUNC | MSG_DONTWAIT) <= 0) {
            break;
        }
    }
    (void)close(fd);
}

static void stream_close(struct port_stream *port)
{
    struct host_stream *s = stream_of(port);
    ASSERT(!s->is_closing);
    s->is_closing = true;
    uv_close((uv_handle_t *)&s->poll, on_closed);
    close_socket(s->fd);
    s->fd = -1;
}

static void close_forgotten(uv_handle_t *handle)
{
    stream_close(&CONTAINER_OF((uv_poll_t *)handle, struct host_stream, poll)->port);
}

static void (*const closer)(uv_handle_t *handle) = close_forgotten;

struct port_address stream_address(const struct sockaddr_storage *from)
{
    struct port_address a = {0};
    if (from->ss_family == AF_INET) {
        struct sockaddr_in in4;
        memcpy(&in4, from, sizeof(in4));
        memcpy(a.bytes, &in4.sin_addr, 4);
        a.port = ntohs(in4.sin_port);
    } else if (from->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, from, sizeof(in6));
        a.port = ntohs(in6.sin6_port);
        a.is_v6 = !IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
        memcpy(a.bytes, in6.sin6_addr.s6_addr + (a.is_v6 ? 0 : 12), a.is_v6 ? 16 : 4);
        a.scope = a.is_v6 ? in6.sin6_scope_id : 0;
    }
    return a;
}

socklen_t stream_sockaddr(const struct port_address *from, struct sockaddr_storage *ret)
{
    *ret = (struct sockaddr_storage){0};
    if (from->is_v6) {
        struct sockaddr_in6 in6 = {
            .sin6_family = AF_INET6, .sin6_port = htons(from->port), .sin6_scope_id = from->scope};
        memcpy(&in6.sin6_addr, from->bytes, 16);
        memcpy(ret, &in6, sizeof(in6));
        return sizeof(in6);
    }
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(from->port)};
    memcpy(&in4.sin_addr, from->bytes, 4);
    memcpy(ret, &in4, sizeof(in4));
    return sizeof(in4);
}

// Takes `fd`, also when it returns NULL, for want of memory.
static struct host_stream *stream_new(struct host_loop *l, int fd, struct port_address peer)
{
    struct host_stream *s = mem_try_alloc(sizeof(*s));
    if (s == NULL) {
        (void)close(fd);
        return NULL;
    }
    *s = (struct host_stream){.port = {.peer = peer,
                                       .start = stream_start,
                                       .pause = stream_pause,
                                       .write = stream_write,
                                       .close = stream_close},
                              .loop = l,
                              .fd = fd};
    return s;
}

// Have libuv know it. On failure `s` and its descriptor are gone.
static enum err attach(struct host_stream *s)
{
    int status = uv_poll_init_socket(&s->loop->uv, &s->poll, s->fd);
    if (status < 0) {
        (void)close(s->fd);
        mem_free(s);
        return host_err_uv(status);
    }
    s->poll.data = (void *)(uintptr_t)&closer;
    return ERR_OK;
}

enum err stream_open(struct host_loop *l, int fd, const struct sockaddr_storage *from,
                     struct port_stream **ret)
{
    struct host_stream *s = stream_new(l, fd, stream_address(from));
    if (s == NULL) {
        return ERR_NO_MEMORY;
    }
    enum err e = attach(s);
    if (e == ERR_OK) {
        *ret = &s->port;
    }
    return e;
}

// Begin to connect `fd`; 0, or the errno with which that failed at once.
static int begin(int fd, const struct port_address *to, bool keepalive)
{
    struct sockaddr_storage address;
    socklen_t size = stream_sockaddr(to, &address);
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (keepalive) {
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    int number = connect(fd, (struct sockaddr *)&address, size) == 0 ? 0 : errno;
    return number == EINPROGRESS || number == EINTR ? 0 : number;
}

// Failures that say something of the peer or of the way to it are the connection's: they come by
// on_end. EADDRNOTAVAIL is ours: no local port is free, or no address of that family.
enum err stream_connect(struct host_loop *l, const struct port_address *to, bool keepalive,
                        struct port_stream **ret)
{
    int fd = socket(to->is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return host_err(errno);
    }
    int number = begin(fd, to, keepalive);
    if (number == EADDRNOTAVAIL || number == ENOMEM || number == ENOBUFS) {
        (void)close(fd);
        return host_err(number);
    }
    struct host_stream *s = stream_new(l, fd, *to);
    if (s == NULL) {
        return ERR_NO_MEMORY;
    }
    enum err e = attach(s);
    if (e == ERR_OK) {
        s->connect_number = number;
        s->is_connecting = true;
        s->wants_writable = true; // a socket that has connected, or failed to, is writable
        watch(s);
        *ret = &s->port;
    }
    return e;
}
