// SPDX-License-Identifier: Apache-2.0
//
// The way to a server: names, addresses, ports without a listener.
#include <stdio.h>

#include "base/mem.h"
#include "tests/unit/client/peer.h"

static void expect_trouble(struct peer *p, const char *part)
{
    char trouble[SESSION_TROUBLE_BYTES];
    paddock_trouble(p->zk, trouble, sizeof(trouble));
    if (strstr(trouble, part) == NULL) {
        print_error("trouble is: %s\n", trouble);
    }
    assert_non_null(strstr(trouble, part));
}

static void name_is_resolved_again_for_every_connection(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){.servers = "moving"});
    assert_int_equal(paddock_connect(p.zk, 500), PADDOCK_OPERATION_TIMEOUT);
    expect_trouble(&p, "moving:2181 cannot be found: host name does not resolve");
    struct port_address nowhere = {.bytes = {10, 99, 0, 1}};
    names_set(&p.world, "moving", &nowhere, 1);
    peer_run(&p, 2000);
    expect_trouble(&p, "moving:2181 (10.99.0.1:2181)");
    struct port_address here = net_address(&p.server->net, 0);
    names_set(&p.world, "moving", &here, 1);
    peer_join(&p);
    uint64_t before = p.node->resolver.questions;
    peer_hang_up(&p);
    peer_join(&p);
    assert_int_equal(p.node->resolver.questions, before + 1);
    peer_close(&p);
}

static void next_server_is_tried_at_once(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){.servers = "peer:1,nowhere,peer:2181",
                                           .flags = PADDOCK_KEEP_ORDER});
    int64_t start_ms = peer_now_ms(&p);
    peer_accept(&p);
    assert_in_range(peer_now_ms(&p) - start_ms, 0, 100);
    peer_close(&p);
}

// One server, and nothing else to do: the wait for the whole share is no stall of this process.
static void silent_server_is_given_up_also_by_one_who_only_waits(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){.servers = "peer"});
    peer_accept(&p);
    int64_t start_ms = peer_now_ms(&p);
    char trouble[SESSION_TROUBLE_BYTES] = "";
    for (int i = 0; i < 10 && trouble[0] == 0; i++) {
        paddock_turn(p.zk, -1);
        paddock_trouble(p.zk, trouble, sizeof(trouble));
    }
    expect_trouble(&p, "does not answer the greeting");
    assert_in_range(peer_now_ms(&p) - start_ms, PEER_TIMEOUT_MS - 100, PEER_TIMEOUT_MS + 2000);
    peer_close(&p);
}

static void slow_resolver_costs_no_more_than_its_share(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){.servers = "peer,peer:2180"});
    p.node->resolver.slow_one_in = 1; // every answer takes 5 s
    peer_run(&p, 3200);
    expect_trouble(&p, "is not found by the resolver within 3000 ms");
    p.node->resolver.slow_one_in = 0;
    peer_join(&p);
    peer_close(&p);
}

// Nobody answers from the first address; the timeout is shared among all of them.
static void address_that_swallows_everything_is_left(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){0});
    net_cut_off(&p.server->net, true);
    peer_run(&p, PEER_TIMEOUT_MS + 200);
    expect_trouble(&p, "does not accept the connection within 6000 ms");
    net_cut_off(&p.server->net, false);
    peer_join(&p);
    peer_close(&p);
}

static void resolver_without_memory_is_one_more_pause(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){0});
    (void)mem_fail_after(1);
    paddock_turn(p.zk, 0);
    expect_trouble(&p, "cannot be found: out of memory");
    (void)mem_fail_after(0);
    peer_join(&p);
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_is_resolved_again_for_every_connection),
        cmocka_unit_test(next_server_is_tried_at_once),
        cmocka_unit_test(silent_server_is_given_up_also_by_one_who_only_waits),
        cmocka_unit_test(slow_resolver_costs_no_more_than_its_share),
        cmocka_unit_test(address_that_swallows_everything_is_left),
        cmocka_unit_test(resolver_without_memory_is_one_more_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
