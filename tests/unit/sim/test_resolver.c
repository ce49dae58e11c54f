// SPDX-License-Identifier: Apache-2.0
//
// Names in a simulated world: several addresses, moves, failures, cancelled questions.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sim/node.h"

struct asked {
    struct port_question question;
    struct port_address addresses[PORT_RESOLVED_MAX];
    size_t count;
    enum err err;
    int answers;
};

struct fixture {
    struct world world;
    struct sim_node *asker;
    struct sim_node *servers[2];
    struct port_resolver *port;
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    world_init(&f.world, 3);
    f.asker = node_open(&f.world);
    f.servers[0] = node_open(&f.world);
    f.servers[1] = node_open(&f.world);
    f.port = &f.asker->resolver.port;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    node_close(f->asker);
    node_close(f->servers[0]);
    node_close(f->servers[1]);
    assert_false(world_has_failed(&f->world));
    world_fini(&f->world);
    return 0;
}

static void answered(struct port_question *q, enum err err, const struct port_address *addresses,
                     size_t count)
{
    struct asked *a = CONTAINER_OF(q, struct asked, question);
    assert_null(q->impl);
    a->answers++;
    a->err = err;
    a->count = count;
    memcpy(a->addresses, addresses, count * sizeof(*addresses));
}

static void begin(struct fixture *f, struct asked *a, const char *host)
{
    *a = (struct asked){.question = {.answered = answered}};
    assert_int_equal(f->port->resolve(f->port, host, 2181, &a->question), ERR_OK);
    assert_int_equal(a->answers, 0);
}

static void ask(struct fixture *f, struct asked *a, const char *host)
{
    begin(f, a, host);
    while (world_step(&f->world)) {
    }
    assert_int_equal(a->answers, 1);
}

static void name_has_the_addresses_that_were_set_last(void **state)
{
    struct fixture *f = *state;
    struct asked a;
    ask(f, &a, "zk");
    assert_int_equal(a.err, ERR_UNRESOLVED);
    struct port_address both[] = {net_address(&f->servers[0]->net, 0),
                                  net_address(&f->servers[1]->net, 0)};
    names_set(&f->world, "zk", both, 2);
    ask(f, &a, "zk");
    assert_int_equal(a.err, ERR_OK);
    assert_int_equal(a.count, 2);
    assert_memory_equal(a.addresses[1].bytes, both[1].bytes, PORT_ADDRESS_BYTES);
    assert_int_equal(a.addresses[1].port, 2181);
    names_set(&f->world, "zk", &both[1], 1);
    ask(f, &a, "zk");
    assert_int_equal(a.count, 1);
    assert_memory_equal(a.addresses[0].bytes, both[1].bytes, PORT_ADDRESS_BYTES);
    names_set(&f->world, "zk", NULL, 0);
    ask(f, &a, "zk");
    assert_int_equal(a.err, ERR_UNRESOLVED);
}

static void numeric_addresses_need_no_name(void **state)
{
    struct fixture *f = *state;
    struct asked a;
    ask(f, &a, "10.0.0.2");
    assert_int_equal(a.err, ERR_OK);
    assert_memory_equal(a.addresses[0].bytes, "\x0a\0\0\2", 4);
    ask(f, &a, "10.0.0.256");
    assert_int_equal(a.err, ERR_UNRESOLVED);
    ask(f, &a, "10.0.0.2x");
    assert_int_equal(a.err, ERR_UNRESOLVED);
}

static void seed_decides_which_questions_fail_and_which_are_slow(void **state)
{
    struct fixture *f = *state;
    struct port_address one = net_address(&f->servers[0]->net, 0);
    names_set(&f->world, "zk", &one, 1);
    f->asker->resolver.fail_one_in = 4;
    f->asker->resolver.slow_one_in = 4;
    int failed = 0, slow = 0;
    enum { QUESTIONS = 400 };
    for (int i = 0; i < QUESTIONS; i++) {
        struct asked a;
        int64_t start_ns = f->world.now_ns;
        ask(f, &a, "zk");
        failed += a.err == ERR_UNRESOLVED ? 1 : 0;
        slow += f->world.now_ns - start_ns >= RESOLVER_SLOW_MS * INT64_C(1000000) ? 1 : 0;
    }
    assert_in_range(failed, QUESTIONS / 8, QUESTIONS / 2);
    assert_in_range(slow, QUESTIONS / 8, QUESTIONS / 2);
    assert_int_equal(f->asker->resolver.questions, QUESTIONS);
}

static void cancelled_question_is_never_answered(void **state)
{
    struct fixture *f = *state;
    struct asked a;
    begin(f, &a, "10.0.0.1");
    f->port->cancel(f->port, &a.question);
    f->port->cancel(f->port, &a.question);
    while (world_step(&f->world)) {
    }
    assert_int_equal(a.answers, 0);
    ask(f, &a, "10.0.0.1");
}

static void memory_that_is_out_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct port_question q = {.answered = answered};
    (void)mem_fail_after(1);
    assert_int_equal(f->port->resolve(f->port, "zk", 1, &q), ERR_NO_MEMORY);
    assert_null(q.impl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(name_has_the_addresses_that_were_set_last),
        T(numeric_addresses_need_no_name),
        T(seed_decides_which_questions_fail_and_which_are_slow),
        T(cancelled_question_is_never_answered),
        T(memory_that_is_out_is_an_error),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
