// SPDX-License-Identifier: Apache-2.0
//
// Simulated connections: order, pieces, short writes, ends.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sim/node.h"

struct fixture {
    struct world world;
    struct sim_node *node;
    struct port_listener *listener;
    struct port_stream *stream;
    struct net_link *client;
    struct buf at_machine, at_client;
    struct buf to_send; // by the machine; what is left
    int pieces;
    enum err machine_end, client_end;
};

static void machine_bytes(struct port_stream *s, struct slice bytes)
{
    struct fixture *f = s->owner;
    buf_append_slice(&f->at_machine, bytes);
    f->pieces++;
}

static void machine_end(struct port_stream *s, enum err reason)
{
    ((struct fixture *)s->owner)->machine_end = reason;
}

static void machine_writable(struct port_stream *s)
{
    struct fixture *f = s->owner;
    struct slice part = buf_slice(&f->to_send);
    int64_t taken = s->write(s, &part, 1);
    if (taken > 0) {
        buf_consume(&f->to_send, (size_t)taken);
    }
}

static const struct port_stream_handler machine = {
    .on_bytes = machine_bytes, .on_end = machine_end, .on_writable = machine_writable};

static void on_accept(struct port_listener *l, struct port_stream *s)
{
    struct fixture *f = l->owner;
    f->stream = s;
    s->handler = &machine;
    s->owner = f;
    s->start(s);
}

static void client_bytes(void *owner, struct slice bytes)
{
    buf_append_slice(&((struct fixture *)owner)->at_client, bytes);
}

static void client_end(void *owner, enum err reason)
{
    ((struct fixture *)owner)->client_end = reason;
}

static const struct net_client_handler client = {client_bytes, client_end};

static void run(struct fixture *f)
{
    while (world_step(&f->world)) {
    }
    assert_false(world_has_failed(&f->world));
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    world_init(&f.world, 21);
    f.node = node_open(&f.world);
    if (f.node->net.port.listen(&f.node->net.port, NULL, 2181, 0, false, &f.listener) != ERR_OK) {
        return -1;
    }
    f.listener->on_accept = on_accept;
    f.listener->owner = &f;
    f.client = net_connect(f.node, 2181, &client, &f);
    run(&f);
    *state = &f;
    return f.stream != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->client != NULL) {
        net_hang_up(f->client);
    }
    if (f->stream != NULL) {
        f->stream->close(f->stream);
    }
    if (f->listener != NULL) {
        f->listener->close(f->listener);
    }
    buf_fini(&f->at_machine);
    buf_fini(&f->at_client);
    buf_fini(&f->to_send);
    node_close(f->node);
    world_fini(&f->world);
    return 0;
}

static void bytes_arrive_in_order_and_in_pieces(void **state)
{
    struct fixture *f = *state;
    struct buf sent = {0};
    for (int i = 0; i < 20; i++) {
        size_t before = sent.len;
        for (int j = 0; j < 50; j++) {
            buf_printf(&sent, "frame %d of %d;", j, i);
        }
        net_send(f->client, slice_skip(buf_slice(&sent), before));
        run(f);
    }
    assert_true(slice_equal(buf_slice(&f->at_machine), buf_slice(&sent)));
    assert_true(f->pieces > 25);
    buf_fini(&sent);
}

static void short_writes_continue_when_the_client_has_read(void **state)
{
    struct fixture *f = *state;
    struct buf sent = {0};
    while (sent.len < 5 * NET_ROOM_BYTES) {
        buf_printf(&sent, "reply %zu;", sent.len);
    }
    buf_append_slice(&f->to_send, buf_slice(&sent));
    machine_writable(f->stream);
    assert_true(f->to_send.len > 0);
    run(f);
    assert_int_equal(f->to_send.len, 0);
    assert_true(slice_equal(buf_slice(&f->at_client), buf_slice(&sent)));
    buf_fini(&sent);
}

static void a_deaf_client_leaves_the_machine_without_room(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[2 * NET_ROOM_BYTES];
    net_set_deaf(f->client, true);
    buf_append(&f->to_send, bytes, sizeof(bytes));
    machine_writable(f->stream);
    run(f);
    assert_int_equal(f->at_client.len, 0);
    assert_true(f->to_send.len >= sizeof(bytes) - NET_ROOM_BYTES);
    net_set_deaf(f->client, false);
    run(f);
    assert_int_equal(f->at_client.len, sizeof(bytes));
}

static void paused_machine_gets_nothing(void **state)
{
    struct fixture *f = *state;
    f->stream->pause(f->stream);
    net_send(f->client, slice_str("later"));
    run(f);
    assert_int_equal(f->at_machine.len, 0);
    f->stream->start(f->stream);
    run(f);
    assert_true(slice_equal_str(buf_slice(&f->at_machine), "later"));
}

static void hanging_up_ends_the_stream_after_its_bytes(void **state)
{
    struct fixture *f = *state;
    net_send(f->client, slice_str("last words"));
    net_hang_up(f->client);
    f->client = NULL;
    run(f);
    assert_true(slice_equal_str(buf_slice(&f->at_machine), "last words"));
    assert_int_equal(f->machine_end, ERR_CLOSED);
    struct slice part = slice_str("too late");
    assert_true(f->stream->write(f->stream, &part, 1) < 0);
}

static void closing_delivers_what_was_written(void **state)
{
    struct fixture *f = *state;
    struct slice part = slice_str("bye");
    int64_t taken = 0;
    while (taken == 0) {
        taken = f->stream->write(f->stream, &part, 1);
    }
    f->stream->close(f->stream);
    f->stream = NULL;
    run(f);
    assert_int_equal(f->at_client.len, taken);
    assert_int_equal(f->client_end, ERR_CLOSED);
}

static void power_loss_breaks_connections(void **state)
{
    struct fixture *f = *state;
    net_power_off(&f->node->net);
    struct slice part = slice_str("x");
    assert_true(f->stream->write(f->stream, &part, 1) < 0);
    f->stream->close(f->stream);
    f->stream = NULL;
    run(f);
    assert_int_equal(f->client_end, ERR_CONNECTION);
}

static void nobody_listening_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_null(net_connect(f->node, 9, &client, f));
    struct port_listener *second = NULL;
    assert_int_equal(f->node->net.port.listen(&f->node->net.port, NULL, 2181, 0, false, &second),
                     ERR_ADDRESS_IN_USE);
    struct net_link *waiting = net_connect(f->node, 2181, &client, f);
    f->listener->close(f->listener); // before it was accepted
    f->listener = NULL;
    run(f);
    assert_int_equal(f->client_end, ERR_CLOSED);
    net_hang_up(waiting);
}

// ---- machine to machine ----

// A second machine with one connection to the first.
struct caller {
    struct sim_node *node;
    struct port_stream *stream;
    struct buf got, to_send;
    int connects, ends;
    enum err end;
};

static void caller_connected(struct port_stream *s)
{
    struct caller *c = s->owner;
    c->connects++;
    s->start(s);
}

static void caller_bytes(struct port_stream *s, struct slice bytes)
{
    struct caller *c = s->owner;
    buf_append_slice(&c->got, bytes);
}

static void caller_end(struct port_stream *s, enum err reason)
{
    struct caller *c = s->owner;
    c->ends++;
    c->end = reason;
}

static void caller_writable(struct port_stream *s)
{
    struct caller *c = s->owner;
    struct slice part = buf_slice(&c->to_send);
    int64_t taken = s->write(s, &part, 1);
    if (taken > 0) {
        buf_consume(&c->to_send, (size_t)taken);
    }
}

static const struct port_stream_handler caller_handler = {.on_connected = caller_connected,
                                                          .on_bytes = caller_bytes,
                                                          .on_end = caller_end,
                                                          .on_writable = caller_writable};

static void call(struct caller *c, const struct port_address *to)
{
    assert_int_equal(c->node->net.port.connect(&c->node->net.port, to, false, &c->stream), ERR_OK);
    c->stream->handler = &caller_handler;
    c->stream->owner = c;
}

static void hang_up(struct fixture *f, struct caller *c)
{
    c->stream->close(c->stream);
    c->stream = NULL;
    run(f);
    if (f->stream != NULL) {
        f->stream->close(f->stream);
        f->stream = NULL;
    }
    run(f);
    buf_clear(&c->got);
    buf_clear(&f->at_machine);
    c->connects = c->ends = 0;
}

static void caller_init(struct fixture *f, struct caller *c)
{
    net_hang_up(f->client); // set-up's
    f->client = NULL;
    f->stream->close(f->stream);
    f->stream = NULL;
    *c = (struct caller){.node = node_open(&f->world)};
}

static void caller_fini(struct caller *c)
{
    buf_fini(&c->got);
    buf_fini(&c->to_send);
    node_close(c->node);
}

static void machines_talk_both_ways(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    caller_init(f, &c);
    struct port_address to = net_address(&f->node->net, 2181);
    call(&c, &to);
    assert_int_equal(c.connects, 0);
    run(f);
    assert_int_equal(c.connects, 1);
    assert_memory_equal(f->stream->peer.bytes, c.node->net.address.bytes, 4);
    while (c.to_send.len < 5 * NET_ROOM_BYTES) {
        buf_printf(&c.to_send, "request %zu;", c.to_send.len);
    }
    struct buf sent = {0};
    buf_append_slice(&sent, buf_slice(&c.to_send));
    buf_append_slice(&f->to_send, buf_slice(&sent));
    caller_writable(c.stream);
    assert_true(c.to_send.len >= 4 * NET_ROOM_BYTES); // one room at a time
    machine_writable(f->stream);
    run(f);
    assert_true(slice_equal(buf_slice(&f->at_machine), buf_slice(&sent)));
    assert_true(slice_equal(buf_slice(&c.got), buf_slice(&sent)));
    hang_up(f, &c);
    assert_int_equal(f->machine_end, ERR_CLOSED);
    buf_fini(&sent);
    caller_fini(&c);
}

static void machine_that_does_not_listen_refuses(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    caller_init(f, &c);
    const struct port_address targets[] = {
        net_address(&f->node->net, 9),
        {.bytes = {10, 9, 9, 9}, .port = 2181},
        {.bytes = {0x20, 1}, .is_v6 = true, .port = 2181},
    };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        call(&c, &targets[i]);
        run(f);
        assert_int_equal(c.connects, 0);
        assert_int_equal(c.ends, 1);
        assert_int_equal(c.end, ERR_CONNECTION);
        hang_up(f, &c);
    }
    caller_fini(&c);
}

static void connection_may_be_closed_at_any_step(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    caller_init(f, &c);
    struct port_address to = net_address(&f->node->net, 2181);
    for (int steps = 0; steps < 8; steps++) {
        call(&c, &to);
        for (int i = 0; i < steps; i++) {
            (void)world_step(&f->world);
        }
        hang_up(f, &c);
        assert_int_equal(c.node->events.count, 0);
    }
    caller_fini(&c);
}

static void cut_off_machine_hears_nothing_until_healed(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    caller_init(f, &c);
    struct port_address to = net_address(&f->node->net, 2181);
    net_cut_off(&f->node->net, true);
    call(&c, &to);
    run(f);
    assert_int_equal(c.connects + c.ends, 0);
    net_cut_off(&f->node->net, false);
    run(f);
    assert_int_equal(c.connects, 1);
    net_cut_off(&c.node->net, true);
    buf_append_slice(&c.to_send, slice_str("late"));
    while (c.to_send.len > 0) {
        caller_writable(c.stream);
    }
    run(f);
    assert_int_equal(f->at_machine.len, 0);
    net_cut_off(&c.node->net, false);
    run(f);
    assert_true(slice_equal_str(buf_slice(&f->at_machine), "late"));
    hang_up(f, &c);
    caller_fini(&c);
}

static void broken_connection_ends_on_both_sides(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    caller_init(f, &c);
    struct port_address to = net_address(&f->node->net, 2181);
    call(&c, &to);
    run(f);
    net_break(&f->node->net);
    struct slice part = slice_str("x");
    assert_true(c.stream->write(c.stream, &part, 1) < 0);
    run(f);
    assert_int_equal(c.end, ERR_CONNECTION);
    assert_int_equal(f->machine_end, ERR_CONNECTION);
    hang_up(f, &c);
    call(&c, &to); // the next one holds
    run(f);
    assert_int_equal(c.connects, 1);
    assert_int_equal(c.ends, 0);
    hang_up(f, &c);
    caller_fini(&c);
}

static void connection_breaks_at_exactly_the_nth_byte(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    caller_init(f, &c);
    struct port_address to = net_address(&f->node->net, 2181);
    for (size_t n = 1; n <= 24; n++) {
        c.node->net.break_after_bytes = n;
        call(&c, &to);
        run(f);
        buf_append_slice(&c.to_send, slice_str("twelve bytes"));
        while (c.to_send.len > 0 && c.ends == 0) {
            caller_writable(c.stream);
        }
        run(f);
        buf_clear(&c.to_send);
        assert_int_equal(f->at_machine.len, n < 12 ? n : 12);
        if (n > 12) {
            buf_append_slice(&f->to_send, slice_str("twelve bytes"));
            while (f->to_send.len > 0) {
                machine_writable(f->stream);
            }
            run(f);
        }
        assert_int_equal(f->at_machine.len + c.got.len, n);
        assert_int_equal(c.ends, 1);
        assert_int_equal(c.end, ERR_CONNECTION);
        hang_up(f, &c);
    }
    caller_fini(&c);
}

static void connection_without_memory_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    caller_init(f, &c);
    struct port_address to = net_address(&f->node->net, 2181);
    (void)mem_fail_after(1);
    assert_int_equal(c.node->net.port.connect(&c.node->net.port, &to, false, &c.stream),
                     ERR_NO_MEMORY);
    (void)mem_fail_after(0);
    caller_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(bytes_arrive_in_order_and_in_pieces),
        T(short_writes_continue_when_the_client_has_read),
        T(a_deaf_client_leaves_the_machine_without_room),
        T(paused_machine_gets_nothing),
        T(hanging_up_ends_the_stream_after_its_bytes),
        T(closing_delivers_what_was_written),
        T(power_loss_breaks_connections),
        T(nobody_listening_is_refused),
        T(machines_talk_both_ways),
        T(machine_that_does_not_listen_refuses),
        T(connection_may_be_closed_at_any_step),
        T(cut_off_machine_hears_nothing_until_healed),
        T(broken_connection_ends_on_both_sides),
        T(connection_breaks_at_exactly_the_nth_byte),
        T(connection_without_memory_is_an_error),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
