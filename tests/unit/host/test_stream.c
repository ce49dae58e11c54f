// SPDX-License-Identifier: Apache-2.0
//
// Streams over a real socket pair of the loopback interface: the test holds the other end as a
// plain blocking socket and turns the loop by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/listener.h"
#include "host/loop.h"
#include "host/stream.h"

struct fixture {
    struct host_loop loop;
    struct host_net net;
    struct port_listener *listener;
    struct port_stream *stream; // our end
    int peer;                   // the test's end
    struct buf got;
    enum err end;
    int ends;
    int writables;
    bool closes_at_bytes;
    bool pauses_at_bytes;
};

static void on_bytes(struct port_stream *s, struct slice bytes)
{
    struct fixture *f = s->owner;
    assert_true(bytes.len > 0);
    assert_true(bytes.len <= LIMIT_READ_CHUNK_BYTES);
    buf_append_slice(&f->got, bytes);
    if (f->closes_at_bytes) {
        s->close(s);
        f->stream = NULL;
    } else if (f->pauses_at_bytes) {
        s->pause(s);
    }
}

static void on_end(struct port_stream *s, enum err reason)
{
    struct fixture *f = s->owner;
    f->end = reason;
    f->ends++;
}

static void on_writable(struct port_stream *s)
{
    ((struct fixture *)s->owner)->writables++;
}

static const struct port_stream_handler handler = {
    .on_bytes = on_bytes, .on_end = on_end, .on_writable = on_writable};

static void on_accept(struct port_listener *l, struct port_stream *s)
{
    struct fixture *f = l->owner;
    assert_null(f->stream);
    f->stream = s;
    s->handler = &handler;
    s->owner = f;
    s->start(s);
}

static void turn(struct fixture *f)
{
    (void)uv_run(&f->loop.uv, UV_RUN_NOWAIT);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    *state = f;
    if (f == NULL || loop_init(&f->loop) != ERR_OK) {
        return -1;
    }
    net_init(&f->net, &f->loop);
    if (f->net.port.listen(&f->net.port, "127.0.0.1", 0, 0, true, &f->listener) != ERR_OK) {
        return -1;
    }
    f->listener->on_accept = on_accept;
    f->listener->owner = f;
    f->peer = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(f->listener->port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (connect(f->peer, (struct sockaddr *)&to, sizeof(to)) != 0) {
        return -1;
    }
    while (f->stream == NULL) {
        turn(f);
    }
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->stream != NULL) {
        f->stream->close(f->stream);
    }
    if (f->peer >= 0) {
        (void)close(f->peer);
    }
    f->listener->close(f->listener);
    loop_fini(&f->loop);
    buf_fini(&f->got);
    free(f);
    return 0;
}

static void wait_for_bytes(struct fixture *f, size_t len)
{
    while (f->got.len < len && f->ends == 0) {
        turn(f);
    }
}

static void sent_bytes_arrive(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(send(f->peer, "frame", 5, 0), 5);
    wait_for_bytes(f, 5);
    assert_true(slice_equal_str(buf_slice(&f->got), "frame"));
    assert_false(f->stream->peer.is_v6);
    assert_memory_equal(f->stream->peer.bytes, "\x7f\0\0\x01", 4);
    assert_int_not_equal(f->stream->peer.port, 0);
}

static void many_chunks_arrive_whole(void **state)
{
    struct fixture *f = *state;
    enum { TOTAL = 3 * 1024 * 1024 };
    uint8_t *bytes = malloc(TOTAL);
    assert_non_null(bytes);
    for (size_t i = 0; i < TOTAL; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    }
    size_t sent = 0;
    while (f->got.len < TOTAL) {
        ssize_t n = send(f->peer, bytes + sent, TOTAL - sent, MSG_DONTWAIT);
        sent += n > 0 ? (size_t)n : 0;
        turn(f);
    }
    assert_int_equal(f->got.len, TOTAL);
    assert_memory_equal(f->got.data, bytes, TOTAL);
    free(bytes);
}

static void end_of_stream_is_closed_and_told_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(send(f->peer, "last", 4, 0), 4);
    (void)shutdown(f->peer, SHUT_WR);
    while (f->ends == 0) {
        turn(f);
    }
    turn(f);
    assert_int_equal(f->ends, 1);
    assert_int_equal(f->end, ERR_CLOSED);
    assert_true(slice_equal_str(buf_slice(&f->got), "last"));
    struct slice part = slice_str("still writable");
    assert_int_equal(f->stream->write(f->stream, &part, 1), (int64_t)part.len);
    char back[32];
    assert_int_equal(recv(f->peer, back, sizeof(back), 0), (ssize_t)part.len);
}

static void reset_is_a_connection_failure(void **state)
{
    struct fixture *f = *state;
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(f->peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    (void)close(f->peer);
    f->peer = -1;
    while (f->ends == 0) {
        turn(f);
    }
    assert_int_equal(f->end, ERR_CONNECTION);
    struct slice part = slice_str("x");
    assert_true(f->stream->write(f->stream, &part, 1) < 0);
}

static void parts_leave_in_order(void **state)
{
    struct fixture *f = *state;
    enum { PARTS = 200 };
    char texts[PARTS][8];
    struct slice parts[PARTS];
    struct buf expected = {0};
    for (int i = 0; i < PARTS; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "%d;", i);
        parts[i] = i % 50 == 49 ? slice_str("") : slice_str(texts[i]);
        buf_append_slice(&expected, parts[i]);
    }
    assert_int_equal(f->stream->write(f->stream, parts, PARTS), (int64_t)expected.len);
    char back[4096];
    ssize_t len = recv(f->peer, back, sizeof(back), MSG_WAITALL | MSG_DONTWAIT);
    assert_int_equal(len, (ssize_t)expected.len);
    assert_memory_equal(back, expected.data, expected.len);
    buf_fini(&expected);
}

static void full_socket_takes_a_part_and_tells_when_it_drains(void **state)
{
    struct fixture *f = *state;
    enum { PIECE = 1024 * 1024 };
    char *piece = calloc(1, PIECE);
    assert_non_null(piece);
    struct slice part = slice_of(piece, PIECE);
    int64_t total = 0;
    int64_t taken = PIECE;
    while (taken == PIECE) {
        taken = f->stream->write(f->stream, &part, 1);
        assert_true(taken >= 0);
        total += taken;
    }
    assert_int_equal(f->stream->write(f->stream, &part, 1), 0);
    turn(f);
    assert_int_equal(f->writables, 0);
    while (total > 0) {
        ssize_t n = recv(f->peer, piece, PIECE, 0);
        assert_true(n > 0);
        total -= n;
    }
    while (f->writables == 0) {
        turn(f);
    }
    for (int i = 0; i < 10; i++) {
        turn(f);
    }
    assert_int_equal(f->writables, 1); // told once, not at every turn
    free(piece);
}

static void paused_stream_delivers_nothing(void **state)
{
    struct fixture *f = *state;
    f->stream->pause(f->stream);
    assert_int_equal(send(f->peer, "later", 5, 0), 5);
    for (int i = 0; i < 20; i++) {
        turn(f);
    }
    assert_int_equal(f->got.len, 0);
    f->stream->start(f->stream);
    wait_for_bytes(f, 5);
    assert_int_equal(f->got.len, 5);
}

static void pausing_inside_on_bytes_stops_the_rounds(void **state)
{
    struct fixture *f = *state;
    f->pauses_at_bytes = true;
    static char bytes[4 * LIMIT_READ_CHUNK_BYTES];
    size_t sent = 0;
    while (sent < 2 * LIMIT_READ_CHUNK_BYTES) {
        ssize_t n = send(f->peer, bytes, sizeof(bytes), MSG_DONTWAIT);
        assert_true(n > 0);
        sent += (size_t)n;
    }
    while (f->got.len == 0) {
        turn(f);
    }
    size_t len = f->got.len;
    assert_true(len <= LIMIT_READ_CHUNK_BYTES);
    turn(f);
    assert_int_equal(f->got.len, len);
}

static void closing_inside_on_bytes_is_legal(void **state)
{
    struct fixture *f = *state;
    f->closes_at_bytes = true;
    assert_int_equal(send(f->peer, "bye", 3, 0), 3);
    wait_for_bytes(f, 3);
    assert_null(f->stream);
    char back[8];
    assert_int_equal(recv(f->peer, back, sizeof(back), 0), 0);
    turn(f);
    assert_int_equal(f->ends, 0);
}

static void close_does_not_destroy_what_was_sent(void **state)
{
    struct fixture *f = *state;
    f->stream->pause(f->stream);
    assert_int_equal(send(f->peer, "never read by us", 16, 0), 16);
    struct slice part = slice_str("imok");
    assert_int_equal(f->stream->write(f->stream, &part, 1), 4);
    f->stream->close(f->stream);
    f->stream = NULL;
    char back[8];
    assert_int_equal(recv(f->peer, back, sizeof(back), 0), 4);
    assert_int_equal(recv(f->peer, back, sizeof(back), 0), 0); // an end, not a reset
}

static void forgotten_stream_is_closed_with_the_loop(void **state)
{
    struct fixture *f = *state;
    f->stream = NULL; // teardown's loop_fini has to find it; the leak check tells
}

static void mapped_address_is_ipv4(void **state)
{
    (void)state;
    struct sockaddr_storage from = {0};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(77)};
    memcpy(in6.sin6_addr.s6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03", 16);
    memcpy(&from, &in6, sizeof(in6));
    struct port_address a = stream_address(&from);
    assert_false(a.is_v6);
    assert_int_equal(a.port, 77);
    assert_memory_equal(a.bytes, "\x0a\x01\x02\x03\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    in6.sin6_addr.s6_addr[0] = 0xfe;
    in6.sin6_addr.s6_addr[1] = 0x80;
    in6.sin6_scope_id = 3;
    memcpy(&from, &in6, sizeof(in6));
    a = stream_address(&from);
    assert_true(a.is_v6);
    assert_int_equal(a.scope, 3);
    assert_memory_equal(a.bytes, in6.sin6_addr.s6_addr, 16);
}

// ---- connecting ----

// A stream that we began ourselves, and what became of it.
struct dialled {
    struct port_stream *stream;
    int connects, ends;
    enum err end;
    bool closes_when_connected;
    bool keepalive; // asked for
};

static void dial_connected(struct port_stream *s)
{
    struct dialled *d = s->owner;
    d->connects++;
    if (d->closes_when_connected) {
        s->close(s);
        d->stream = NULL;
    }
}

static void dial_end(struct port_stream *s, enum err reason)
{
    struct dialled *d = s->owner;
    d->ends++;
    d->end = reason;
}

static void dial_bytes(struct port_stream *s, struct slice bytes)
{
    struct slice part = bytes;
    assert_int_equal(s->write(s, &part, 1), (int64_t)part.len); // an echo
}

static const struct port_stream_handler dialler = {
    .on_connected = dial_connected, .on_bytes = dial_bytes, .on_end = dial_end};

static enum err dial(struct fixture *f, const struct port_address *to, struct dialled *d)
{
    *d = (struct dialled){.keepalive = d->keepalive};
    enum err e = f->net.port.connect(&f->net.port, to, d->keepalive, &d->stream);
    if (e == ERR_OK) {
        assert_int_equal(d->connects + d->ends, 0);
        d->stream->handler = &dialler;
        d->stream->owner = d;
    }
    return e;
}

static void hang_up(struct fixture *f, struct dialled *d)
{
    d->stream->close(d->stream);
    turn(f);
}

static struct port_address loopback(uint16_t port)
{
    return (struct port_address){.bytes = {127, 0, 0, 1}, .port = port};
}

// A plain listening socket of the test on the loopback interface; `ret` is its address.
static int test_listener(int family, int backlog, struct port_address *ret)
{
    *ret = loopback(0);
    if (family == AF_INET6) {
        *ret = (struct port_address){.bytes = {[15] = 1}, .is_v6 = true};
    }
    struct sockaddr_storage here;
    socklen_t size = stream_sockaddr(ret, &here);
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, size) != 0) {
        assert_int_equal(family, AF_INET6); // a machine without IPv6
        (void)close(fd);
        return -1;
    }
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&here, &size), 0);
    ret->port = stream_address(&here).port;
    return fd;
}

static void connect_and_echo(struct fixture *f, int family)
{
    struct port_address to;
    int listener = test_listener(family, 4, &to);
    if (listener < 0) {
        return;
    }
    struct dialled d = {0};
    assert_int_equal(dial(f, &to, &d), ERR_OK);
    while (d.connects + d.ends == 0) {
        turn(f);
    }
    assert_int_equal(d.connects, 1);
    assert_int_equal(d.stream->peer.port, to.port);
    int fd = accept(listener, NULL, NULL);
    assert_int_equal(send(fd, "hello", 5, 0), 5);
    turn(f); // nothing is read before start()
    d.stream->start(d.stream);
    char back[8];
    while (recv(fd, back, sizeof(back), MSG_DONTWAIT) < 0) {
        turn(f);
    }
    assert_memory_equal(back, "hello", 5);
    assert_int_equal(d.connects, 1);
    (void)close(fd);
    while (d.ends == 0) {
        turn(f);
    }
    assert_int_equal(d.end, ERR_CLOSED);
    hang_up(f, &d);
    (void)close(listener);
}

static void connection_over_ipv4_carries_bytes(void **state)
{
    connect_and_echo(*state, AF_INET);
}

static void connection_over_ipv6_carries_bytes(void **state)
{
    connect_and_echo(*state, AF_INET6);
}

// The socket that is connected to `port`, of the few that this process has.
static int socket_to(uint16_t port)
{
    for (int fd = 3; fd < 64; fd++) {
        struct sockaddr_in to = {0};
        socklen_t size = sizeof(to);
        if (getpeername(fd, (struct sockaddr *)&to, &size) == 0 && ntohs(to.sin_port) == port) {
            return fd;
        }
    }
    return -1;
}

static void keepalive_is_on_when_it_was_asked_for(void **state)
{
    struct fixture *f = *state;
    for (int asked = 0; asked <= 1; asked++) {
        struct port_address to;
        int listener = test_listener(AF_INET, 4, &to);
        struct dialled d = {.keepalive = asked != 0};
        assert_int_equal(dial(f, &to, &d), ERR_OK);
        while (d.connects + d.ends == 0) {
            turn(f);
        }
        int on = -1;
        socklen_t size = sizeof(on);
        int fd = socket_to(to.port);
        assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size), 0);
        assert_int_equal(on, asked);
        hang_up(f, &d);
        (void)close(listener);
    }
}

static void failed_connection_ends_and_is_not_told_within_the_call(void **state)
{
    struct fixture *f = *state;
    struct port_address to;
    (void)close(test_listener(AF_INET, 1, &to)); // now nobody listens there
    const struct port_address targets[] = {
        to,
        {.bytes = {255, 255, 255, 255}, .port = 1}, // refused by our own kernel, at once
        {.bytes = {0xff, 2}, .is_v6 = true, .port = 1},
    };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct dialled d = {0};
        enum err e = dial(f, &targets[i], &d);
        if (e == ERR_ADDRESS) { // a machine without IPv6
            assert_true(targets[i].is_v6);
            continue;
        }
        assert_int_equal(e, ERR_OK);
        while (d.connects + d.ends == 0) {
            turn(f);
        }
        turn(f);
        assert_int_equal(d.connects, 0);
        assert_int_equal(d.ends, 1);
        assert_int_equal(d.end, ERR_CONNECTION);
        hang_up(f, &d);
    }
}

static void connection_may_be_closed_while_it_hangs(void **state)
{
    struct fixture *f = *state;
    struct port_address to;
    int listener = test_listener(AF_INET, 0, &to);
    struct dialled waiting[8] = {0}; // more than its queue takes: the last ones hang
    for (int i = 0; i < 8; i++) {
        assert_int_equal(dial(f, &to, &waiting[i]), ERR_OK);
    }
    for (int i = 0; i < 20; i++) {
        turn(f);
    }
    assert_int_equal(waiting[7].connects + waiting[7].ends, 0);
    for (int i = 0; i < 8; i++) {
        hang_up(f, &waiting[i]);
    }
    assert_int_equal(waiting[7].connects + waiting[7].ends, 0);
    struct dialled forgotten = {0};
    assert_int_equal(dial(f, &to, &forgotten), ERR_OK); // teardown's loop_fini closes it
    (void)close(listener);
}

static void closing_inside_on_connected_is_legal(void **state)
{
    struct fixture *f = *state;
    struct port_address to;
    int listener = test_listener(AF_INET, 4, &to);
    struct dialled d = {0};
    assert_int_equal(dial(f, &to, &d), ERR_OK);
    d.closes_when_connected = true;
    while (d.connects == 0) {
        turn(f);
    }
    turn(f);
    assert_null(d.stream);
    assert_int_equal(d.ends, 0);
    (void)close(listener);
}

static void connection_without_resources_is_an_error(void **state)
{
    struct fixture *f = *state;
    const struct port_address to = loopback(f->listener->port);
    struct dialled d = {0};
    int next = dup(f->peer); // the lowest free descriptor
    (void)close(next);
    (void)mem_fail_after(1);
    assert_int_equal(dial(f, &to, &d), ERR_NO_MEMORY);
    (void)mem_fail_after(0);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(dial(f, &to, &d), ERR_TOO_MANY_FILES);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    int again = dup(f->peer);
    assert_int_equal(again, next); // nothing leaked
    (void)close(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(sent_bytes_arrive),
        T(many_chunks_arrive_whole),
        T(end_of_stream_is_closed_and_told_once),
        T(reset_is_a_connection_failure),
        T(parts_leave_in_order),
        T(full_socket_takes_a_part_and_tells_when_it_drains),
        T(paused_stream_delivers_nothing),
        T(pausing_inside_on_bytes_stops_the_rounds),
        T(closing_inside_on_bytes_is_legal),
        T(close_does_not_destroy_what_was_sent),
        T(forgotten_stream_is_closed_with_the_loop),
        T(connection_over_ipv4_carries_bytes),
        T(connection_over_ipv6_carries_bytes),
        T(keepalive_is_on_when_it_was_asked_for),
        T(failed_connection_ends_and_is_not_told_within_the_call),
        T(connection_may_be_closed_while_it_hangs),
        T(closing_inside_on_connected_is_legal),
        T(connection_without_resources_is_an_error),
        cmocka_unit_test(mapped_address_is_ipv4),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
