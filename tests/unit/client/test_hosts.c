// SPDX-License-Identifier: Apache-2.0
//
// Lists of servers: what is one, and in which order and at which pace they are tried.
#include <stdlib.h>

#include "base/mem.h"
#include "client/hosts.h"
#include "paddock/paddock.h"
#include "tests/unit/client/unit.h"

static uint64_t counter;

static uint64_t next_number(struct port_entropy *entropy)
{
    (void)entropy;
    counter = counter * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return counter >> 33;
}

static struct port_entropy entropy = {next_number};

static void lists_are_read_with_ports_brackets_blanks_and_chroot(void **state)
{
    (void)state;
    struct hosts h;
    assert_int_equal(hosts_parse(" zk-0:2182 , zk-1,[fe80::1]:7, [::1] ,10.0.0.1:65535/app/x ", &h),
                     PADDOCK_OK);
    static const struct host expected[] = {
        {"zk-0", 2182}, {"zk-1", 2181}, {"fe80::1", 7}, {"::1", 2181}, {"10.0.0.1", 65535}};
    assert_int_equal(h.count, 5);
    for (size_t i = 0; i < h.count; i++) {
        assert_string_equal(h.items[i].name, expected[i].name);
        assert_int_equal(h.items[i].port, expected[i].port);
        assert_int_equal(hosts_find(&h, expected[i].name, expected[i].port), i);
    }
    assert_int_equal(hosts_find(&h, "zk-0", 2181), h.count);
    assert_true(slice_equal_str(h.chroot, "/app/x"));
    hosts_fini(&h);
    assert_int_equal(hosts_parse("a,,b,/", &h), PADDOCK_OK);
    assert_int_equal(h.count, 2);
    assert_int_equal(h.chroot.len, 0);
    hosts_fini(&h);
}

static void bad_lists_are_refused_and_leave_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {"",        ",",      "/app", "a:",     ":2181",    "a:0",
                                      "a:65536", "a:21x",  "a:-1", "[::1",   "[::1]x",   "[]:2181",
                                      "::1",     "a/app/", "a//x", "a/../b", "a:999999", "a:+2181"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hosts h = {.count = 77};
        assert_int_equal(hosts_parse(bad[i], &h), PADDOCK_BAD_ARGUMENTS);
        assert_int_equal(h.count, 77);
    }
    char longest[300];
    memset(longest, 'a', sizeof(longest));
    longest[253] = 0;
    struct hosts h;
    assert_int_equal(hosts_parse(longest, &h), PADDOCK_OK);
    hosts_fini(&h);
    longest[253] = 'a';
    longest[254] = 0;
    assert_int_equal(hosts_parse(longest, &h), PADDOCK_BAD_ARGUMENTS);
}

static void parsing_without_memory_says_so(void **state)
{
    (void)state;
    struct hosts h;
    (void)mem_fail_after(1);
    assert_int_equal(hosts_parse("a", &h), PADDOCK_NO_MEMORY);
}

static void shuffling_puts_every_server_everywhere(void **state)
{
    (void)state;
    size_t seen[3][3] = {{0}};
    for (int round = 0; round < 300; round++) {
        struct hosts h;
        assert_int_equal(hosts_parse("a:1,a:2,a:3", &h), PADDOCK_OK);
        hosts_shuffle(&h, &entropy);
        for (size_t i = 0; i < 3; i++) {
            seen[h.items[i].port - 1][i]++;
        }
        hosts_fini(&h);
    }
    for (size_t i = 0; i < 9; i++) {
        assert_in_range(seen[i / 3][i % 3], 60, 140);
    }
}

static void first_round_has_no_pause_and_later_ones_have_longer_ones(void **state)
{
    (void)state;
    struct hosts h;
    assert_int_equal(hosts_parse("a,b", &h), PADDOCK_OK);
    static const int most[] = {0, 100, 200, 400, 800, 1000, 1000, 1000};
    for (size_t round = 0; round < 8; round++) {
        assert_in_range(hosts_pause_ms(&h, &entropy), most[round] / 2, most[round]);
        assert_string_equal(hosts_take(&h)->name, "a");
        assert_int_equal(hosts_pause_ms(&h, &entropy), 0);
        assert_string_equal(hosts_take(&h)->name, "b");
    }
    hosts_rewind(&h);
    assert_int_equal(hosts_pause_ms(&h, &entropy), 0);
    hosts_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read_with_ports_brackets_blanks_and_chroot),
        cmocka_unit_test(bad_lists_are_refused_and_leave_nothing),
        cmocka_unit_test(parsing_without_memory_says_so),
        cmocka_unit_test(shuffling_puts_every_server_everywhere),
        cmocka_unit_test(first_round_has_no_pause_and_later_ones_have_longer_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
