// SPDX-License-Identifier: Apache-2.0
//
// The machine as a whole: every port is answered, signals become callbacks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/host.h"

struct seen {
    struct host *host;
    int counts[4];
};

static void on_signal(enum host_signal signal, void *ctx)
{
    struct seen *s = ctx;
    s->counts[signal]++;
    if (signal == HOST_SIGNAL_STOP) {
        host_stop(s->host);
    }
}

static void every_port_is_answered(void **state)
{
    (void)state;
    struct host *h = NULL;
    assert_int_equal(host_open(&h), ERR_OK);
    assert_non_null(host_loop(h)->worker_open);
    assert_true(clock_mono_ns(host_clock(h)) > 0);
    assert_true(entropy_next(host_entropy(h)) != entropy_next(host_entropy(h)));
    assert_true(host_files(h)->is_writable(host_files(h), "/tmp"));
    assert_non_null(host_net(h)->listen);
    assert_non_null(host_net(h)->connect);
    assert_non_null(host_digest(h)->hash);
    assert_non_null(host_resolver(h)->resolve);
    host_pump(h)->lock(host_pump(h));
    host_pump(h)->turn(host_pump(h), 0);
    host_pump(h)->unlock(host_pump(h));
    host_close(h);
    host_close(NULL);
}

static void memory_that_is_out_is_an_error(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (enum err e = ERR_NO_MEMORY; e != ERR_OK; failures++) {
        struct host *h = NULL;
        (void)mem_fail_after(failures + 1);
        e = host_open(&h);
        (void)mem_fail_after(0);
        assert_true(e == ERR_OK || e == ERR_NO_MEMORY);
        assert_true((h != NULL) == (e == ERR_OK));
        host_close(h);
    }
    assert_true(failures > 3);
}

static void signals_become_callbacks(void **state)
{
    (void)state;
    struct seen s = {0};
    assert_int_equal(host_open(&s.host), ERR_OK);
    assert_int_equal(host_on_signal(s.host, on_signal, &s), ERR_OK);
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(kill(getpid(), SIGUSR2), 0);
    assert_int_equal(kill(getpid(), SIGPIPE), 0);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    host_run(s.host);
    assert_int_equal(s.counts[HOST_SIGNAL_STOP], 1);
    assert_int_equal(s.counts[HOST_SIGNAL_HANGUP], 1);
    assert_int_equal(s.counts[HOST_SIGNAL_USER1], 1);
    assert_int_equal(s.counts[HOST_SIGNAL_USER2], 1);
    assert_int_equal(kill(getpid(), SIGINT), 0);
    host_run(s.host);
    assert_int_equal(s.counts[HOST_SIGNAL_STOP], 2);
    host_close(s.host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_port_is_answered),
        cmocka_unit_test(memory_that_is_out_is_an_error),
        cmocka_unit_test(signals_become_callbacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
