// SPDX-License-Identifier: Apache-2.0
//
// A connection that came too early may be refused, closed, or left without an answer for ever
// (ZooKeeperServer.removeCnxn of Apache's 3.9.5 throws when there is no database yet). So further
// attempts start beside the waiting ones, and the first answer of any of them counts. Attempts are
// frequent enough for a start of milliseconds and few enough not to slow one of seconds.
#include "bench/lib/first.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/lib/session.h"
#include "bench/lib/wire.h"

enum {
    ATTEMPTS = 64,
    REFUSED_PAUSE_MS = 1,
    WAITING_PAUSE_MS = 5,
};

struct attempts {
    struct pollfd waiting[ATTEMPTS];
    nfds_t count;
};

static void drop(struct attempts *a, nfds_t i)
{
    close(a->waiting[i].fd);
    a->waiting[i] = a->waiting[--a->count];
}

static void attempt(struct attempts *a, uint16_t port, uint32_t timeout_ms)
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    uint8_t frame[WIRE_CONNECT_BYTES];
    ssize_t count = wire_connect(frame, timeout_ms) - frame;
    if (a->count == ATTEMPTS)
        drop(a, 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fatal("socket: %s", strerror(errno));
    a->waiting[a->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    if (connect(fd, (const struct sockaddr *)&server, sizeof server) != 0 ||
        send(fd, frame, (size_t)count, MSG_NOSIGNAL) != count)
        drop(a, a->count - 1);
}

// True when one of the waiting connections got its session.
static bool is_answered(struct attempts *a)
{
    int pause_ms = a->count > 0 ? WAITING_PAUSE_MS : REFUSED_PAUSE_MS;
    poll(a->waiting, a->count, pause_ms);
    for (nfds_t i = a->count; i-- > 0;) {
        uint8_t answer[WIRE_CONNECTED_BYTES];
        if (a->waiting[i].revents == 0)
            continue;
        ssize_t n = recv(a->waiting[i].fd, answer, sizeof answer, MSG_DONTWAIT);
        if (n == (ssize_t)sizeof answer && wire_u32(answer + 8) != 0)
            return true;
        drop(a, i);
    }
    return false;
}

void first_run(const struct servers *servers, uint32_t timeout_ms, double seconds_max)
{
    struct attempts a = {.count = 0};
    uint64_t deadline = now_ns() + (uint64_t)(seconds_max * 1e9);
    do {
        if (now_ns() > deadline)
            fatal("no session within %g s", seconds_max);
        for (uint32_t i = 0; i < servers->port_count; i++)
            attempt(&a, servers->ports[i], timeout_ms);
    } while (!is_answered(&a));
    printf("{\"mode\": \"first\", \"established_ns\": %" PRIu64 "}\n", now_ns());
    while (a.count > 0)
        drop(&a, 0);
}
