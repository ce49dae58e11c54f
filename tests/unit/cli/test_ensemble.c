// SPDX-License-Identifier: Apache-2.0
//
// Client addresses out of a configuration; asking is tested with processes.
#include "cli/ensemble.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void client_addresses_are_taken_from_server_lines(void **state)
{
    (void)state;
    static const struct {
        const char *config, *hosts;
        size_t count;
    } rows[] = {
        {"server.1=zk-0:2888:3888:participant;0.0.0.0:2181\n"
         "server.2=zk-1:2888:3888:observer;10.0.0.2:2182\nversion=100000000",
         "zk-0:2181,10.0.0.2:2182", 2},
        {"server.1=zk-0:2888:3888:participant;2181\nversion=0", "zk-0:2181", 1},
        {"server.1=[::1]:2888:3888:participant;[::]:2181", "[::1]:2181", 1},
        {"server.1=zk-0:2888:3888|zk-00:2888:3888:participant;0.0.0.0:2181", "zk-0:2181", 1},
        {"server.1=zk-0:2888:3888:participant\nversion=0", "", 0}, // no client address known
        {"version=0", "", 0},
        {"", "", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf hosts = {0};
        assert_int_equal(ensemble_config_hosts(slice_str(rows[i].config), &hosts), rows[i].count);
        assert_string_equal(buf_cstr(&hosts), rows[i].hosts);
        buf_fini(&hosts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_addresses_are_taken_from_server_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
