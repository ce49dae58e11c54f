// SPDX-License-Identifier: Apache-2.0
//
// bind, listen, accept. The options of accepted connections are set on the listening socket, from
// which Linux inherits them, so accepting costs one call. When the process is out of descriptors
// the listener rests for a moment instead of spinning on a connection that it cannot take.
#include "host/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/mem.h"
#include "host/errno.h"
#include "host/stream.h"

enum { REST_MS = 100 };

struct host_listener {
    struct port_listener port; // first
    uv_poll_t poll;
    struct host_loop *loop;
    struct port_timer rest;
    int fd;
    bool is_closing;
};

// ---- accepting ----

static void on_ready(uv_poll_t *handle, int status, int events);

static void rest_now(struct host_listener *l, enum err reason)
{
    (void)uv_poll_stop(&l->poll);
    l->loop->port.timer_start(&l->loop->port, &l->rest, REST_MS);
    if (l->port.on_error != NULL) {
        l->port.on_error(&l->port, reason);
    }
}

static void on_rested(struct port_timer *timer)
{
    struct host_listener *l = CONTAINER_OF(timer, struct host_listener, rest);
    (void)uv_poll_start(&l->poll, UV_READABLE, on_ready);
}

static void hand_over(struct host_listener *l, int fd, const struct sockaddr_storage *from)
{
    struct port_stream *stream;
    enum err e = stream_open(l->loop, fd, from, &stream);
    if (e != ERR_OK) {
        rest_now(l, e);
    } else if (l->port.on_accept != NULL) {
        l->port.on_accept(&l->port, stream);
    } else {
        stream->close(stream);
    }
}

static bool is_of_one_connection(int number)
{
    // Source: accept(2), "Error handling": the failure of a connection that is gone already.
    return number == EINTR || number == ECONNABORTED || number == EPROTO || number == ENETDOWN ||
           number == ENOPROTOOPT || number == EHOSTDOWN || number == ENONET ||
           number == EHOSTUNREACH || number == EOPNOTSUPP || number == ENETUNREACH;
}

static void on_ready(uv_poll_t *handle, int status, int events)
{
    (void)events;
    struct host_listener *l = CONTAINER_OF(handle, struct host_listener, poll);
    if (status < 0) {
        rest_now(l, host_err_uv(status));
        return;
    }
    for (int i = 0; i < LIMIT_ACCEPTS_PER_TURN && !l->is_closing && l->rest.impl == NULL; i++) {
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof(from);
        int fd = accept4(l->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            hand_over(l, fd, &from);
        } else if (errno == EAGAIN) {
            return;
        } else if (!is_of_one_connection(errno)) {
            rest_now(l, host_failed(l->loop->trace, "accept", NULL, errno));
        }
    }
}

// ---- binding ----

static int bind_and_listen(int fd, const struct addrinfo *to, int backlog, bool keepalive)
{
    const int on = 1;
    const int off = 0;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (keepalive) {
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    if (to->ai_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
    if (bind(fd, to->ai_addr, to->ai_addrlen) != 0) {
        return errno;
    }
    return listen(fd, backlog > 0 ? backlog : SOMAXCONN) == 0 ? 0 : errno;
}

// A listening socket on `to`, or a negative errno.
static int open_socket(const struct addrinfo *to, int backlog, bool keepalive)
{
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    int number = bind_and_listen(fd, to, backlog, keepalive);
    if (number != 0) {
        (void)close(fd);
        return -number;
    }
    return fd;
}

// The wildcard: IPv6 that takes IPv4 too, or IPv4 alone on a machine without IPv6.
static int open_wildcard(uint16_t port, int backlog, bool keepalive)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct addrinfo to = {
        .ai_family = AF_INET6, .ai_addr = (struct sockaddr *)&in6, .ai_addrlen = sizeof(in6)};
    int fd = open_socket(&to, backlog, keepalive);
    if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) {
        struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(port)};
        to = (struct addrinfo){
            .ai_family = AF_INET, .ai_addr = (struct sockaddr *)&in4, .ai_addrlen = sizeof(in4)};
        fd = open_socket(&to, backlog, keepalive);
    }
    return fd;
}

static enum err open_named(const char *host, uint16_t port, int backlog, bool keepalive,
                           int *ret_fd)
{
    char service[8];
    (void)snprintf(service, sizeof(service), "%u", (unsigned)port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, service, &hints, &found) != 0 || found == NULL) {
        return ERR_UNRESOLVED;
    }
    int fd = open_socket(found, backlog, keepalive);
    freeaddrinfo(found);
    if (fd < 0) {
        return host_err(-fd);
    }
    *ret_fd = fd;
    return ERR_OK;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage here = {0};
    socklen_t size = sizeof(here);
    return getsockname(fd, (struct sockaddr *)&here, &size) == 0 ? stream_address(&here).port : 0;
}

// ---- life cycle ----

static void on_closed(uv_handle_t *handle)
{
    mem_free(CONTAINER_OF((uv_poll_t *)handle, struct host_listener, poll));
}

static void listener_close(struct port_listener *port)
{
    struct host_listener *l = CONTAINER_OF(port, struct host_listener, port);
    ASSERT(!l->is_closing);
    l->is_closing = true;
    l->loop->port.timer_stop(&l->loop->port, &l->rest);
    uv_close((uv_handle_t *)&l->poll, on_closed);
    (void)close(l->fd);
    l->fd = -1;
}

static void close_forgotten(uv_handle_t *handle)
{
    listener_close(&CONTAINER_OF((uv_poll_t *)handle, struct host_listener, poll)->port);
}

static void (*const closer)(uv_handle_t *handle) = close_forgotten;

// Takes `fd`, also on failure.
static enum err wrap(struct host_loop *loop, int fd, struct port_listener **ret)
{
    struct host_listener *l = mem_zalloc(sizeof(*l));
    l->port = (struct port_listener){.port = bound_port(fd), .close = listener_close};
    l->loop = loop;
    l->rest.fire = on_rested;
    l->fd = fd;
    int status = uv_poll_init_socket(&loop->uv, &l->poll, fd);
    if (status < 0) {
        (void)close(fd);
        mem_free(l);
        return host_err_uv(status);
    }
    l->poll.data = (void *)(uintptr_t)&closer;
    status = uv_poll_start(&l->poll, UV_READABLE, on_ready);
    ASSERT(status == 0);
    *ret = &l->port;
    return ERR_OK;
}

static enum err net_listen(struct port_net *net, const char *host, uint16_t port, int backlog,
                           bool keepalive, struct port_listener **ret)
{
    struct host_loop *loop = CONTAINER_OF(net, struct host_net, port)->loop;
    int fd = -1;
    if (host != NULL) {
        enum err e = open_named(host, port, backlog, keepalive, &fd);
        if (e != ERR_OK) {
            return e;
        }
    } else {
        fd = open_wildcard(port, backlog, keepalive);
        if (fd < 0) {
            return host_failed(loop->trace, "listen", NULL, -fd);
        }
    }
    return wrap(loop, fd, ret);
}

static enum err net_connect(struct port_net *net, const struct port_address *to, bool keepalive,
                            struct port_stream **ret)
{
    return stream_connect(CONTAINER_OF(net, struct host_net, port)->loop, to, keepalive, ret);
}

void net_init(struct host_net *n, struct host_loop *l)
{
    *n = (struct host_net){.port = {.listen = net_listen, .connect = net_connect}, .loop = l};
}
