// SPDX-License-Identifier: Apache-2.0
//
// Names and numbers through the system's resolver, and questions that end early. Run under TSan
// too.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/list.h"
#include "base/mem.h"
#include "host/resolver.h"

// The system's resolver gives a dead name server up after two tries of five seconds each, for each
// server of resolv.conf.
enum { LEAVE_STEP_MS = 20, LEAVE_MS_MAX = 60 * 1000 };

struct asked {
    struct port_question question;
    struct fixture *f;
    int answers;
    enum err err;
    struct port_address addresses[PORT_RESOLVED_MAX];
    size_t count;
    struct asked *cancels; // within the answer
    bool asks_again;
};

struct fixture {
    struct host_loop loop;
    struct host_resolver resolver;
    struct port_resolver *port;
    bool is_closed;
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    *state = &f;
    if (loop_init(&f.loop) != ERR_OK || resolver_init(&f.resolver, &f.loop) != ERR_OK) {
        return -1;
    }
    f.port = &f.resolver.port;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (!f->is_closed) {
        resolver_fini(&f->resolver);
        loop_fini(&f->loop);
    }
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
    assert_true(count <= PORT_RESOLVED_MAX);
    if (count > 0) {
        memcpy(a->addresses, addresses, count * sizeof(*addresses));
    }
    if (a->cancels != NULL) {
        a->f->port->cancel(a->f->port, &a->cancels->question);
    }
    if (a->asks_again) {
        a->asks_again = false;
        assert_int_equal(a->f->port->resolve(a->f->port, "10.0.0.2", 2, q), ERR_OK);
    }
}

static void ask(struct fixture *f, struct asked *a, const char *host, uint16_t port)
{
    *a = (struct asked){.question = {.answered = answered}, .f = f};
    assert_int_equal(f->port->resolve(f->port, host, port, &a->question), ERR_OK);
    assert_int_equal(a->answers, 0); // never within the call
    assert_non_null(a->question.impl);
}

static void turn_until_answered(struct fixture *f, const struct asked *a)
{
    while (a->answers == 0) {
        (void)uv_run(&f->loop.uv, UV_RUN_ONCE);
    }
}

static void numbers_are_answered_in_both_families(void **state)
{
    struct fixture *f = *state;
    struct asked a;
    ask(f, &a, "10.1.2.3", 2181);
    turn_until_answered(f, &a);
    assert_int_equal(a.err, ERR_OK);
    assert_int_equal(a.count, 1);
    assert_false(a.addresses[0].is_v6);
    assert_memory_equal(a.addresses[0].bytes, "\x0a\1\2\3", 4);
    assert_int_equal(a.addresses[0].port, 2181);
    ask(f, &a, "2001:db8::7", 65535);
    turn_until_answered(f, &a);
    assert_int_equal(a.count, 1);
    assert_true(a.addresses[0].is_v6);
    assert_memory_equal(a.addresses[0].bytes, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7", 16);
    assert_int_equal(a.addresses[0].port, 65535);
    assert_int_equal(a.answers, 1);
}

static void localhost_is_found_without_a_network(void **state)
{
    struct fixture *f = *state;
    struct asked a;
    ask(f, &a, "localhost", 7);
    turn_until_answered(f, &a);
    assert_int_equal(a.err, ERR_OK);
    assert_true(a.count >= 1);
    for (size_t i = 0; i < a.count; i++) {
        assert_int_equal(a.addresses[i].port, 7);
    }
}

static void names_of_localhost_need_no_hosts_file(void **state)
{
    struct fixture *f = *state;
    struct asked a;
    ask(f, &a, "no-such-name.LocalHost", 7);
    turn_until_answered(f, &a);
    assert_int_equal(a.err, ERR_OK);
    assert_memory_equal(a.addresses[0].bytes, "\x7f\0\0\x01", 4);
    assert_int_equal(a.addresses[0].port, 7);
    ask(f, &a, "no such name-localhost", 7);
    turn_until_answered(f, &a);
    assert_int_equal(a.err, ERR_UNRESOLVED);
}

static void what_is_no_name_is_unresolved(void **state)
{
    struct fixture *f = *state;
    static char long_name[70000];
    memset(long_name, 'a', sizeof(long_name) - 1);
    const char *names[] = {"", "no such host", "-", "1.2.3.4.5", long_name};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct asked a;
        ask(f, &a, names[i], 1);
        turn_until_answered(f, &a);
        assert_int_equal(a.err, ERR_UNRESOLVED);
        assert_int_equal(a.count, 0);
    }
}

static void cancelled_question_is_never_answered(void **state)
{
    struct fixture *f = *state;
    struct asked numeric, name, later;
    ask(f, &numeric, "10.0.0.1", 1);
    ask(f, &name, "localhost", 1);
    f->port->cancel(f->port, &numeric.question);
    f->port->cancel(f->port, &name.question);
    f->port->cancel(f->port, &name.question); // not under way any more
    ask(f, &later, "localhost", 1);
    turn_until_answered(f, &later);
    ask(f, &numeric, "10.0.0.9", 1); // a cancelled question may be asked again
    turn_until_answered(f, &numeric);
    assert_int_equal(numeric.answers, 1);
    assert_int_equal(name.answers, 0);
}

static void answer_may_cancel_another_that_is_ready(void **state)
{
    struct fixture *f = *state;
    struct asked first, second;
    ask(f, &first, "10.0.0.1", 1);
    ask(f, &second, "10.0.0.2", 1);
    first.cancels = &second;
    turn_until_answered(f, &first);
    (void)uv_run(&f->loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(second.answers, 0);
}

static void answer_may_ask_again(void **state)
{
    struct fixture *f = *state;
    struct asked a;
    ask(f, &a, "10.0.0.1", 1);
    a.asks_again = true;
    while (a.answers < 2) {
        (void)uv_run(&f->loop.uv, UV_RUN_ONCE);
    }
    assert_int_equal(a.addresses[0].port, 2);
}

// A loop whose questions are open closes at once; the threads of the system go when they can.
static void closing_waits_for_no_answer(void **state)
{
    struct fixture *f = *state;
    struct asked name, numeric;
    ask(f, &name, "localhost", 1);
    ask(f, &numeric, "10.0.0.1", 1);
    resolver_fini(&f->resolver);
    loop_fini(&f->loop);
    f->is_closed = true;
    assert_null(name.question.impl);
    assert_null(numeric.question.impl);
    assert_int_equal(name.answers + numeric.answers, 0);
}

static void many_loops_open_and_close_under_way(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct fixture f = {0};
        assert_int_equal(loop_init(&f.loop), ERR_OK);
        assert_int_equal(resolver_init(&f.resolver, &f.loop), ERR_OK);
        f.port = &f.resolver.port;
        struct asked a;
        ask(&f, &a, "localhost", 1);
        for (int turns = i % 4; turns > 0; turns--) {
            (void)uv_run(&f.loop.uv, UV_RUN_NOWAIT);
        }
        resolver_fini(&f.resolver);
        loop_fini(&f.loop);
        assert_null(a.question.impl);
    }
}

static int thread_count(void)
{
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    int count = 0;
    for (struct dirent *e = readdir(tasks); e != NULL; e = readdir(tasks)) {
        count += e->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(tasks);
    return count;
}

static int threads_at_start;

// Threads of abandoned lookups end by themselves; what they hold meanwhile is no leak.
static int threads_leave(void **state)
{
    (void)state;
    for (int i = 0; i < LEAVE_MS_MAX / LEAVE_STEP_MS; i++) {
        if (thread_count() <= threads_at_start) {
            return 0;
        }
        (void)usleep(LEAVE_STEP_MS * 1000);
    }
    return -1;
}

static void questions_beyond_the_threads_wait_and_are_answered(void **state)
{
    enum { ASKED = 20 * RESOLVER_THREADS_MAX };
    struct fixture *f = *state;
    static struct asked asked[ASKED];
    memset(asked, 0, sizeof(asked));
    int threads = 0;
    assert_int_equal(threads_leave(state), 0); // those of the tests before
    for (int i = 0; i < ASKED; i++) {
        ask(f, &asked[i], "localhost", 1);
        int now = thread_count() - threads_at_start;
        threads = now > threads ? now : threads;
    }
    assert_in_range(threads, 0, 2 * RESOLVER_THREADS_MAX); // one that ends may still be seen
    for (int i = 0; i < ASKED; i += 3) { // some while they wait, some asking, some answered
        f->port->cancel(f->port, &asked[i].question);
    }
    for (int i = 0; i < ASKED; i++) {
        if (i % 3 != 0) {
            turn_until_answered(f, &asked[i]);
            assert_int_equal(asked[i].err, ERR_OK);
        }
    }
    for (int i = 0; i < ASKED; i += 3) {
        assert_int_equal(asked[i].answers, 0);
    }
    for (int i = 0; i < ASKED; i++) { // closing takes them away in every place
        ask(f, &asked[i], "localhost", 1);
    }
}

static void memory_that_is_out_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct port_question q = {.answered = answered};
    (void)mem_fail_after(1);
    assert_int_equal(f->port->resolve(f->port, "10.0.0.1", 1, &q), ERR_NO_MEMORY);
    assert_null(q.impl);
    struct host_resolver other;
    (void)mem_fail_after(1);
    assert_int_equal(resolver_init(&other, &f->loop), ERR_NO_MEMORY);
    (void)mem_fail_after(0);
}

static void do_nothing(void *arg)
{
    (void)arg;
}

// A sanitizer may have a thread of its own, from the first one that is made on.
static int count_threads(void **state)
{
    (void)state;
    uv_thread_t first;
    if (uv_thread_create(&first, do_nothing, NULL) != 0 || uv_thread_join(&first) != 0) {
        return -1;
    }
    threads_at_start = thread_count();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(numbers_are_answered_in_both_families),
        T(localhost_is_found_without_a_network),
        T(names_of_localhost_need_no_hosts_file),
        T(what_is_no_name_is_unresolved),
        T(cancelled_question_is_never_answered),
        T(answer_may_cancel_another_that_is_ready),
        T(answer_may_ask_again),
        T(closing_waits_for_no_answer),
        cmocka_unit_test(many_loops_open_and_close_under_way),
        T(questions_beyond_the_threads_wait_and_are_answered),
        T(memory_that_is_out_is_an_error),
#undef T
    };
    return cmocka_run_group_tests(tests, count_threads, threads_leave);
}
