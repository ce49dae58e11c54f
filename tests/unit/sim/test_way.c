// SPDX-License-Identifier: Apache-2.0
//
// Ways between two machines: cut in one direction or both, late, narrow; and a machine that stands
// still.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/node.h"

enum { PORT = 2888 };

struct end {
    struct port_stream *stream;
    struct buf got;
    int64_t got_ns; // when the last bytes came
    bool is_connected;
    enum err reason;
    struct world *world;
};

struct fixture {
    struct world world;
    struct sim_node *a, *b;
    struct port_listener *listener;
    struct end client, server; // of a connection from a to b
};

static void on_connected(struct port_stream *s)
{
    struct end *e = s->owner;
    e->is_connected = true;
    s->start(s);
}

static void on_bytes(struct port_stream *s, struct slice bytes)
{
    struct end *e = s->owner;
    buf_append_slice(&e->got, bytes);
    e->got_ns = e->world->now_ns;
}

static void on_end(struct port_stream *s, enum err reason)
{
    ((struct end *)s->owner)->reason = reason;
}

static void on_writable(struct port_stream *s)
{
    (void)s;
}

static const struct port_stream_handler handler = {on_connected, on_bytes, on_end, on_writable};

static void own(struct fixture *f, struct end *e, struct port_stream *s)
{
    e->stream = s;
    e->world = &f->world;
    s->handler = &handler;
    s->owner = e;
}

static void on_accept(struct port_listener *l, struct port_stream *s)
{
    struct fixture *f = l->owner;
    own(f, &f->server, s);
    s->start(s);
}

static void run(struct fixture *f)
{
    while (world_step(&f->world)) {
    }
    assert_false(world_has_failed(&f->world));
}

static void connect(struct fixture *f)
{
    struct port_address to = net_address(&f->b->net, PORT);
    struct port_stream *s;
    assert_int_equal(f->a->net.port.connect(&f->a->net.port, &to, false, &s), ERR_OK);
    own(f, &f->client, s);
}

static void write_text(struct end *e, const char *text)
{
    struct slice part = slice_str(text);
    while (part.len > 0) { // a write may be short
        int64_t n = e->stream->write(e->stream, &part, 1);
        assert_true(n >= 0);
        part = slice_skip(part, (size_t)n);
    }
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    world_init(&f.world, 9);
    f.a = node_open(&f.world);
    f.b = node_open(&f.world);
    if (f.b->net.port.listen(&f.b->net.port, NULL, PORT, 0, false, &f.listener) != ERR_OK) {
        return -1;
    }
    f.listener->on_accept = on_accept;
    f.listener->owner = &f;
    *state = &f;
    return 0;
}

static int setup_connected(void **state)
{
    int result = setup(state);
    struct fixture *f = *state;
    connect(f);
    run(f);
    return result == 0 && f->client.is_connected ? 0 : -1;
}

static void close_end(struct end *e)
{
    if (e->stream != NULL) {
        e->stream->close(e->stream);
    }
    buf_fini(&e->got);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    close_end(&f->client);
    close_end(&f->server);
    f->listener->close(f->listener);
    node_close(f->a);
    node_close(f->b);
    world_fini(&f->world);
    return 0;
}

static void a_way_is_cut_in_its_direction_only(void **state)
{
    struct fixture *f = *state;
    net_cut_way(&f->a->net, &f->b->net);
    write_text(&f->client, "lost?");
    write_text(&f->server, "heard");
    run(f);
    assert_int_equal(f->server.got.len, 0);
    assert_string_equal(buf_cstr(&f->client.got), "heard");
    net_mend_way(&f->a->net, &f->b->net);
    run(f);
    assert_string_equal(buf_cstr(&f->server.got), "lost?");
}

static void each_cut_needs_its_own_mending(void **state)
{
    struct fixture *f = *state;
    net_cut_way(&f->a->net, &f->b->net);
    net_cut_way(&f->a->net, &f->b->net);
    write_text(&f->client, "x");
    net_mend_way(&f->a->net, &f->b->net);
    run(f);
    assert_int_equal(f->server.got.len, 0);
    net_mend_way(&f->a->net, &f->b->net);
    run(f);
    assert_int_equal(f->server.got.len, 1);
}

static void connections_begin_only_when_both_directions_are_open(void **state)
{
    struct fixture *f = *state;
    net_cut_way(&f->b->net, &f->a->net);
    connect(f);
    run(f);
    assert_false(f->client.is_connected);
    assert_null(f->server.stream);
    net_mend_way(&f->b->net, &f->a->net);
    run(f);
    assert_true(f->client.is_connected);
    assert_non_null(f->server.stream);
}

static void a_slow_way_delays_what_passes(void **state)
{
    struct fixture *f = *state;
    int64_t begin_ns = f->world.now_ns;
    way_make(f->a, f->b)->delay_ns = 300 * 1000000;
    write_text(&f->client, "late");
    write_text(&f->server, "soon");
    run(f);
    assert_true(f->server.got_ns - begin_ns >= 300 * 1000000);
    assert_true(f->client.got_ns - begin_ns < 100 * 1000000);
}

static void a_narrow_way_lets_few_bytes_through_at_a_time(void **state)
{
    struct fixture *f = *state;
    int64_t begin_ns = f->world.now_ns;
    way_make(f->a, f->b)->bytes_per_ms = 1;
    write_text(&f->client, "forty bytes, one in each millisecond....");
    run(f);
    assert_int_equal(f->server.got.len, 40);
    assert_true(f->server.got_ns - begin_ns >= 20 * 1000000);
}

static void what_breaks_between_two_breaks_both_ends(void **state)
{
    struct fixture *f = *state;
    net_break_between(&f->b->net, &f->a->net);
    run(f);
    assert_int_equal(f->client.reason, ERR_CONNECTION);
    assert_int_equal(f->server.reason, ERR_CONNECTION);
}

static void a_machine_that_stands_still_hears_later(void **state)
{
    struct fixture *f = *state;
    int64_t begin_ns = f->world.now_ns;
    node_pause(f->b, 500);
    node_pause(f->b, 10); // a shorter one ends no earlier
    write_text(&f->client, "x");
    run(f);
    assert_true(f->server.got_ns - begin_ns >= (int64_t)500 * 1000000);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup_connected, teardown)
    const struct CMUnitTest tests[] = {
        T(a_way_is_cut_in_its_direction_only),
        T(each_cut_needs_its_own_mending),
        cmocka_unit_test_setup_teardown(connections_begin_only_when_both_directions_are_open, setup,
                                        teardown),
        T(a_slow_way_delays_what_passes),
        T(a_narrow_way_lets_few_bytes_through_at_a_time),
        T(what_breaks_between_two_breaks_both_ends),
        T(a_machine_that_stands_still_hears_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
