// SPDX-License-Identifier: Apache-2.0
//
// What the member lines and this server's own number decide; messages hold Java's words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/unit/config/config_help.h"

// A configuration of `lines` behind a legal beginning must say `expect`.
static void check(const char *lines, const char *expect, bool is_error)
{
    struct buf text = {0};
    buf_printf(&text, "dataDir=/d\nclientPort=2181\n%s\n", lines);
    struct config *cfg = config_of(buf_cstr(&text));
    expect_said(cfg, expect);
    assert_int_equal(config_has_errors(cfg), is_error);
    config_free(cfg);
    buf_fini(&text);
}

static void refuses(const char *lines, const char *expect)
{
    check(lines, expect, true);
}

static void accepts(const char *lines, const char *expect)
{
    check(lines, expect, false);
}

static void membership_decides_what_is_started(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=1\nserver.1=a:1:2\n");
    assert_false(config_is_distributed(cfg));
    expect_said(cfg, "warning: only one server line");
    config_free(cfg);
    cfg = config_of("dataDir=/d\nclientPort=1\nserver.1=a:1:2\nstandaloneEnabled=false\n"
                    "initLimit=1\nsyncLimit=1\n");
    assert_true(config_is_distributed(cfg));
    assert_false(config_has_errors(cfg));
    config_free(cfg);
    refuses("standaloneEnabled=false", "number of participants should be >0");
    refuses("server.1=a:1:2:observer", "Observers w/o participants is an invalid configuration");
    refuses("server.1=a:1:2\nserver.2=a:3:4:observer",
            "Observers w/o quorum is an invalid configuration");
    refuses("server.1=a:1:2\nserver.2=b:1:2", "initLimit is not set");
    refuses("server.1=a:1:2\nserver.2=b:1:2\ninitLimit=1", "syncLimit is not set");
    accepts("server.1=a:1:2\nserver.2=b:1:2\ninitLimit=1\nsyncLimit=1", "two voting servers");
    accepts("server.1=a:1:2\nserver.2=b:1:2\nserver.3=b:1:2\nserver.4=b:1:2\ninitLimit=1\n"
            "syncLimit=1",
            "4 voting servers tolerate no more failures than 3 do");
}

static void broken_member_lines_are_reported_at_their_line(void **state)
{
    (void)state;
    refuses("server.1=a", "zoo.cfg:3: error: server.1: a does not have the form");
    refuses("dynamicConfigFile=/x\nserver.1=a:1:2",
            "zoo.cfg:4: error: parameter: server.1 must be in a separate dynamic config file");
    refuses("server.1=a:1:2|b:1:2", "Multiple address feature is disabled");
    accepts("multiAddress.enabled=true\nserver.1=a:1:2|b:1:2", "only one server line");
    refuses("server.1=a:1:2\ngroup.1=2", "Server 1 is not in a group");
}

static struct config *with_myid(const char *lines, const char *myid)
{
    struct config *cfg = config_new();
    config_parse_file(cfg, "zoo.cfg", slice_str(lines));
    config_set_myid(cfg, "/d/myid", myid != NULL ? slice_str(myid) : slice_null());
    config_finish(cfg);
    return cfg;
}

static void myid_is_a_number_and_needed_by_an_ensemble(void **state)
{
    (void)state;
    static const char three[] = "dataDir=/d\nclientPort=1\ninitLimit=1\nsyncLimit=1\n"
                                "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n";
    struct config *cfg = with_myid(three, "2\nrest");
    assert_true(cfg->has_server_id);
    assert_int_equal(cfg->server_id, 2);
    assert_false(config_has_errors(cfg));
    config_free(cfg);
    cfg = with_myid(three, NULL);
    expect_said(cfg, "error: myid file is missing: write this server's number into /d/myid");
    config_free(cfg);
    cfg = with_myid(three, "two");
    expect_said(cfg, "/d/myid: error: serverid two is not a number");
    config_free(cfg);
    cfg = with_myid("dataDir=/d\nclientPort=1\n", NULL);
    assert_false(config_has_errors(cfg));
    config_free(cfg);
}

static void client_address_comes_from_the_own_server_line(void **state)
{
    (void)state;
    struct config *cfg = with_myid("dataDir=/d\nserver.1=a:1:2;10.0.0.1:2182\n", "1");
    assert_true(cfg->has_client_port);
    assert_int_equal(cfg->client_port, 2182);
    assert_string_equal(cfg->client_port_address, "10.0.0.1");
    config_free(cfg);
    cfg = with_myid("dataDir=/d\nclientPort=2182\nserver.1=a:1:2;2182\n", "1");
    assert_false(config_has_errors(cfg));
    assert_null(cfg->client_port_address);
    config_free(cfg);
    cfg = with_myid("dataDir=/d\nclientPort=2181\nserver.1=a:1:2;2182\n", "1");
    expect_said(cfg, "client address for this server (id = 1) in static config file is *:2181 is "
                     "different from client address found in dynamic file: 0.0.0.0:2182");
    config_free(cfg);
}

static const char three_members[] = "dataDir=/d\nclientPort=2181\ninitLimit=5\nsyncLimit=2\n"
                                    "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2:observer\n";

static void this_server_must_be_among_the_members(void **state)
{
    (void)state;
    struct config *cfg = with_myid(three_members, "4");
    expect_said(cfg, "error: My id 4 not in the peer list: no server line has the number that "
                     "/d/myid says");
    config_free(cfg);
    cfg = with_myid("dataDir=/d\nclientPort=1\nserver.1=a:1:2\n", "4");
    assert_false(config_has_errors(cfg)); // a standalone server
    config_free(cfg);
}

static void the_server_line_decides_the_role(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_printf(&text, "%speerType=observer\n", three_members);
    struct config *cfg = with_myid(buf_cstr(&text), "1");
    expect_said(cfg, "peerType says observer, the server line of 1 says participant");
    assert_false(config_has_errors(cfg));
    config_free(cfg);
    cfg = with_myid(buf_cstr(&text), "3");
    expect_said(cfg, "warning: two voting servers");
    config_free(cfg);
    buf_fini(&text);
}

static void a_large_id_is_warned_of(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_printf(&text, "%sserver.256=d:1:2\n", three_members);
    struct config *cfg = with_myid(buf_cstr(&text), "256");
    expect_said(cfg, "server id 256 is outside 0..255");
    assert_false(config_has_errors(cfg));
    config_free(cfg);
    buf_append_str(&text, "extendedTypesEnabled=true\n"); // whose owners need that number
    cfg = with_myid(buf_cstr(&text), "256");
    expect_said(cfg, "extendedTypesEnabled is true but Server ID is too large. Cannot be larger "
                     "than 254");
    assert_true(config_has_errors(cfg));
    config_free(cfg);
    cfg = with_myid(buf_cstr(&text), "2");
    assert_false(config_has_errors(cfg));
    config_free(cfg);
    buf_fini(&text);
}

// Source: QuorumServer.isClientAddrFromStatic.
static void a_static_client_address_is_known_but_not_printed(void **state)
{
    (void)state;
    struct config *cfg = with_myid(three_members, "2");
    const struct config_member *own = config_servers_find(&cfg->servers, 2);
    assert_string_equal(own->client.host, "0.0.0.0");
    assert_int_equal(own->client.port, 2181);
    assert_true(own->is_client_from_static);
    assert_null(config_servers_find(&cfg->servers, 1)->client.host);
    struct buf text = {0};
    config_servers_print(&cfg->servers, &text);
    assert_string_equal(buf_cstr(&text), "server.1=a:1:2:participant\nserver.2=b:1:2:participant\n"
                                         "server.3=c:1:2:observer\nversion=0");
    buf_fini(&text);
    config_free(cfg);
}

static void limits_that_follow_from_others_are_derived(void **state)
{
    (void)state;
    struct config *cfg = with_myid(three_members, "2");
    assert_int_equal(cfg->connect_limit, 5);
    assert_int_equal(cfg->quorum_cnxn_timeout_ms, 2 * 3000);
    assert_int_equal(cfg->commit_log_count, 500);
    config_free(cfg);
    struct buf text = {0};
    buf_printf(&text, "%sconnectToLearnerMasterLimit=7\nquorumCnxnTimeoutMs=9\ncommitLogCount=9\n",
               three_members);
    cfg = with_myid(buf_cstr(&text), "2");
    expect_said(cfg, "commitLogCount=9 counts as 500, its minimum");
    assert_int_equal(cfg->connect_limit, 7);
    assert_int_equal(cfg->quorum_cnxn_timeout_ms, 9);
    config_free(cfg);
    buf_fini(&text);
}

static void the_last_seen_configuration_is_kept_beside_the_one_in_force(void **state)
{
    (void)state;
    struct config *cfg = with_myid(three_members, "2");
    assert_false(cfg->has_seen);
    config_parse_seen(cfg, "zoo.cfg.dynamic.next",
                      slice_str("server.2=b:1:2:participant\nversion=1f"));
    config_finish(cfg);
    assert_true(cfg->has_seen);
    assert_int_equal(cfg->seen.version, 0x1f);
    assert_int_equal(cfg->seen.count, 1);
    assert_int_equal(cfg->servers.count, 3);
    config_parse_seen(cfg, "zoo.cfg.dynamic.next", slice_str("clientPort=3\n"));
    config_finish(cfg);
    expect_said(cfg, "zoo.cfg.dynamic.next: error: Unrecognised parameter: clientPort");
    config_free(cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(membership_decides_what_is_started),
        cmocka_unit_test(broken_member_lines_are_reported_at_their_line),
        cmocka_unit_test(myid_is_a_number_and_needed_by_an_ensemble),
        cmocka_unit_test(client_address_comes_from_the_own_server_line),
        cmocka_unit_test(this_server_must_be_among_the_members),
        cmocka_unit_test(the_server_line_decides_the_role),
        cmocka_unit_test(a_large_id_is_warned_of),
        cmocka_unit_test(a_static_client_address_is_known_but_not_printed),
        cmocka_unit_test(limits_that_follow_from_others_are_derived),
        cmocka_unit_test(the_last_seen_configuration_is_kept_beside_the_one_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
