// SPDX-License-Identifier: Apache-2.0
//
// Connections per address.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/peers.h"

static struct port_address address(uint8_t last)
{
    return (struct port_address){.bytes = {10, 0, 0, last}};
}

static void an_address_has_at_most_its_limit(void **state)
{
    (void)state;
    struct peers p;
    struct port_address a = address(1);
    struct port_address b = address(2);
    peers_init(&p, 1);
    struct peer_count *first = peers_enter(&p, &a, 2);
    assert_ptr_equal(peers_enter(&p, &a, 2), first);
    assert_null(peers_enter(&p, &a, 2));
    struct peer_count *other = peers_enter(&p, &b, 2);
    assert_non_null(other);
    peers_leave(&p, first);
    assert_ptr_equal(peers_enter(&p, &a, 2), first);
    peers_leave(&p, first);
    peers_leave(&p, first);
    peers_leave(&p, other);
    assert_int_equal(p.by_address.count, 0);
    peers_fini(&p);
}

static void the_port_does_not_make_an_address(void **state)
{
    (void)state;
    struct peers p;
    struct port_address a = address(1);
    peers_init(&p, 1);
    struct peer_count *first = peers_enter(&p, &a, 1);
    a.port = 4711;
    assert_null(peers_enter(&p, &a, 1));
    peers_leave(&p, first);
    peers_fini(&p);
}

static void zero_means_no_limit(void **state)
{
    (void)state;
    struct peers p;
    struct port_address a = address(1);
    struct peer_count *peer = NULL;
    peers_init(&p, 1);
    for (int i = 0; i < 1000; i++) {
        peer = peers_enter(&p, &a, 0);
        assert_non_null(peer);
    }
    for (int i = 0; i < 1000; i++) {
        peers_leave(&p, peer);
    }
    peers_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_at_most_its_limit),
        cmocka_unit_test(the_port_does_not_make_an_address),
        cmocka_unit_test(zero_means_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
