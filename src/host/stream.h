// SPDX-License-Identifier: Apache-2.0
//
// TCP connections over our own non-blocking sockets; libuv only says when one is ready (uv_poll_t).
// A stream has no buffer: it reads into the loop's shared one and writes what it is given, so an
// idle connection costs this struct and nothing else.
#ifndef PADDOCK_HOST_STREAM_H
#define PADDOCK_HOST_STREAM_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "host/loop.h"
#include "port/stream.h"

// Wrap the connected, non-blocking socket `fd`; `from` is its peer.
// Memory: takes `fd`, also on failure; the stream lives until its close().
// Errors: ERR_TOO_MANY_FILES, ERR_NO_MEMORY, when epoll does not take the socket.
enum err stream_open(struct host_loop *l, int fd, const struct sockaddr_storage *from,
                     struct port_stream **ret) MUST_CHECK;

// As connect() of struct port_net says.
enum err stream_connect(struct host_loop *l, const struct port_address *to, bool keepalive,
                        struct port_stream **ret) MUST_CHECK;

// The size of what was written to *ret.
socklen_t stream_sockaddr(const struct port_address *from, struct sockaddr_storage *ret);

// An IPv4 address that came through an IPv6 socket is an IPv4 address.
struct port_address stream_address(const struct sockaddr_storage *from);

#endif
