// SPDX-License-Identifier: Apache-2.0
//
// Listening: which addresses, how many connections a turn, and what happens without descriptors.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "host/listener.h"

enum { STREAMS_MAX = 256 };

struct fixture {
    struct host_loop loop;
    struct host_net net;
    struct port_listener *listener;
    struct port_stream *streams[STREAMS_MAX];
    int count;
    int errors;
    enum err error;
    bool closes_at_accept;
};

static void on_accept(struct port_listener *l, struct port_stream *s)
{
    struct fixture *f = l->owner;
    assert_true(f->count < STREAMS_MAX);
    f->streams[f->count++] = s;
    if (f->closes_at_accept) {
        l->close(l);
        f->listener = NULL;
    }
}

static void on_error(struct port_listener *l, enum err reason)
{
    struct fixture *f = l->owner;
    f->error = reason;
    f->errors++;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    *state = f;
    if (f == NULL || loop_init(&f->loop) != ERR_OK) {
        return -1;
    }
    net_init(&f->net, &f->loop);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < f->count; i++) {
        f->streams[i]->close(f->streams[i]);
    }
    if (f->listener != NULL) {
        f->listener->close(f->listener);
    }
    loop_fini(&f->loop);
    free(f);
    return 0;
}

static void open_on(struct fixture *f, const char *host)
{
    assert_int_equal(f->net.port.listen(&f->net.port, host, 0, 0, false, &f->listener), ERR_OK);
    f->listener->on_accept = on_accept;
    f->listener->on_error = on_error;
    f->listener->owner = f;
    assert_int_not_equal(f->listener->port, 0);
}

static int connect_v4(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void turn_until(struct fixture *f, int count)
{
    while (f->count < count && f->errors == 0) {
        (void)uv_run(&f->loop.uv, UV_RUN_NOWAIT);
    }
}

static void wildcard_takes_both_families(void **state)
{
    struct fixture *f = *state;
    open_on(f, NULL);
    int fd = connect_v4(f->listener->port);
    turn_until(f, 1);
    assert_false(f->streams[0]->peer.is_v6);
    assert_memory_equal(f->streams[0]->peer.bytes, "\x7f\0\0\x01", 4);
    (void)close(fd);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 to = {.sin6_family = AF_INET6,
                              .sin6_port = htons(f->listener->port),
                              .sin6_addr = in6addr_loopback};
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
        turn_until(f, 2);
        assert_true(f->streams[1]->peer.is_v6);
        assert_memory_equal(f->streams[1]->peer.bytes, &in6addr_loopback, 16);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void taken_port_is_an_error(void **state)
{
    struct fixture *f = *state;
    open_on(f, "127.0.0.1");
    struct port_listener *second = NULL;
    assert_int_equal(
        f->net.port.listen(&f->net.port, "127.0.0.1", f->listener->port, 0, false, &second),
        ERR_ADDRESS_IN_USE);
    assert_null(second);
}

static void foreign_and_unknown_addresses_are_errors(void **state)
{
    struct fixture *f = *state;
    struct port_listener *l = NULL;
    assert_int_equal(f->net.port.listen(&f->net.port, "192.0.2.1", 0, 0, false, &l), ERR_ADDRESS);
    assert_int_equal(f->net.port.listen(&f->net.port, "no such host", 0, 0, false, &l),
                     ERR_UNRESOLVED);
    assert_null(l);
}

static void one_turn_accepts_a_bounded_number(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = LIMIT_ACCEPTS_PER_TURN + 10 };
    open_on(f, "127.0.0.1");
    int fds[COUNT];
    for (int i = 0; i < COUNT; i++) {
        fds[i] = connect_v4(f->listener->port);
    }
    while (f->count == 0) {
        (void)uv_run(&f->loop.uv, UV_RUN_NOWAIT);
    }
    assert_int_equal(f->count, LIMIT_ACCEPTS_PER_TURN);
    turn_until(f, COUNT);
    assert_int_equal(f->count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        (void)close(fds[i]);
    }
}

static void listener_may_close_while_accepting(void **state)
{
    struct fixture *f = *state;
    open_on(f, "127.0.0.1");
    f->closes_at_accept = true;
    int first = connect_v4(f->listener->port);
    int second = connect_v4(f->listener->port);
    turn_until(f, 1);
    (void)uv_run(&f->loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(f->count, 1);
    (void)close(first);
    (void)close(second);
}

static void exhausted_descriptors_pause_and_recover(void **state)
{
    struct fixture *f = *state;
    open_on(f, "127.0.0.1");
    int fd = connect_v4(f->listener->port);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = (rlim_t)fd + 1, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    turn_until(f, 1);
    assert_int_equal(f->count, 0);
    assert_int_equal(f->error, ERR_TOO_MANY_FILES);
    for (int i = 0; i < 5; i++) { // resting, it does not spin on the same failure
        (void)uv_run(&f->loop.uv, UV_RUN_NOWAIT);
    }
    assert_int_equal(f->errors, 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    f->errors = 0;
    turn_until(f, 1);
    assert_int_equal(f->count, 1);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(wildcard_takes_both_families),
        T(taken_port_is_an_error),
        T(foreign_and_unknown_addresses_are_errors),
        T(one_turn_accepts_a_bounded_number),
        T(listener_may_close_while_accepting),
        T(exhausted_descriptors_pause_and_recover),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
