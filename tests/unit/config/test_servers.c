// SPDX-License-Identifier: Apache-2.0
//
// Membership lines and the canonical text of an ensemble.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "config/servers.h"

// Parse `text` and expect its canonical form; `expect` NULL means an error that holds `complaint`.
static void check(const char *text, const char *expect, const char *complaint)
{
    struct config_servers s;
    struct buf said = {0}, printed = {0};
    config_servers_init(&s);
    enum err e = config_servers_parse(slice_str(text), &s, &said);
    if (expect != NULL) {
        assert_int_equal(e, ERR_OK);
        config_servers_print(&s, &printed);
        assert_string_equal(buf_cstr(&printed), expect);
    } else {
        assert_int_equal(e, ERR_INVALID);
        assert_non_null(strstr(buf_cstr(&said), complaint));
    }
    buf_fini(&said);
    buf_fini(&printed);
    config_servers_fini(&s);
}

static void every_form_of_a_server_line_is_read(void **state)
{
    (void)state;
    check("server.1=zk-0:2888:3888", "server.1=zk-0:2888:3888:participant\nversion=0", NULL);
    check("server.1=zk-0:2888:3888:OBSERVER", "server.1=zk-0:2888:3888:observer\nversion=0", NULL);
    check("server.2=10.0.0.1:1:2:participant;2181",
          "server.2=10.0.0.1:1:2:participant;0.0.0.0:2181\nversion=0", NULL);
    check("server.2=a:1:2;b:2181", "server.2=a:1:2:participant;b:2181\nversion=0", NULL);
    check("server.3=[2001:db8::1]:2888:3888:observer;[::]:2181",
          "server.3=[2001:db8::1]:2888:3888:observer;[::]:2181\nversion=0", NULL);
    check("server.1=a:1:2;2181;2281",
          "server.1=a:1:2:participant;0.0.0.0:2181;0.0.0.0:2281\nversion=0", NULL);
    check("server.1=a:1:2;;2281", "server.1=a:1:2:participant;;0.0.0.0:2281\nversion=0", NULL);
    check("server.1=a:1:2;", "server.1=a:1:2:participant\nversion=0", NULL);
    check("server.0=a:1:2:\n", "server.0=a:1:2:participant\nversion=0", NULL);
}

static void addresses_are_sorted_by_host(void **state)
{
    (void)state;
    check("server.1=b:1:2|a:3:4|[::1]:5:6", "server.1=[::1]:5:6|a:3:4|b:1:2:participant\nversion=0",
          NULL);
    check("server.1=b:1:2:observer|a:3:4", "server.1=a:3:4|b:1:2:observer\nversion=0", NULL);
}

static void members_are_sorted_by_id_and_the_last_line_wins(void **state)
{
    (void)state;
    check("server.10=c:1:2\nserver.9=b:1:2\nserver.1=a:1:2\nserver.9=d:1:2\nversion=100000000",
          "server.1=a:1:2:participant\nserver.9=d:1:2:participant\n"
          "server.10=c:1:2:participant\nversion=100000000",
          NULL);
}

static void broken_lines_say_what_is_wrong(void **state)
{
    (void)state;
    check("server.1=", NULL, "does not have the form");
    check("server.1=host", NULL, "does not have the form");
    check("server.1=host:2888", NULL, "does not have the form");
    check("server.1=host:1:2:participant:9", NULL, "does not have the form");
    check("server.1=[::1:1:2", NULL, "does not have the form");
    check("server.1=[::1]", NULL, "does not have the form");
    check("server.1=:1:2", NULL, "does not have the form");
    check("server.1=a:1:2;1;2;3", NULL, "does not have the form");
    check("server.1=a:b:2", NULL, "port outside the range");
    check("server.1=a:1:65536", NULL, "port outside the range");
    check("server.1=a:2888:2888", NULL, "must be different");
    check("server.1=a:1:2:leader", NULL, "Unrecognised peertype: leader");
    check("server.1=a:1:2:observer|b:1:2:participant", NULL, "different roles");
    check("server.1=a:1:2;x", NULL, "client address x has no port");
    check("server.1=a:1:2;a:b:1", NULL, "neither port nor host:port");
    check("server.x=a:1:2", NULL, "does not end with a number");
    check("version=xyz", NULL, "not a hexadecimal number");
    check("clientPort=2181", NULL, "Unrecognised parameter: clientPort");
    check("server.1=\\u12", NULL, "malformed");
}

static void many_addresses_need_their_switch(void **state)
{
    (void)state;
    struct config_servers s;
    struct buf said = {0};
    config_servers_init(&s);
    assert_int_equal(
        config_servers_add(&s, slice_str("server.7"), slice_str("a:1:2|b:1:2"), false, &said),
        ERR_INVALID);
    assert_non_null(strstr(buf_cstr(&said), "Multiple address feature is disabled"));
    assert_non_null(strstr(buf_cstr(&said), "sid 7"));
    assert_int_equal(s.count, 0);
    buf_fini(&said);
    config_servers_fini(&s);
}

static void groups_and_weights_may_stand_before_their_servers(void **state)
{
    (void)state;
    check("group.2=3\nweight.1=5\ngroup.1=1:2\nserver.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n"
          "server.4=d:1:2:observer",
          "server.1=a:1:2:participant\nserver.2=b:1:2:participant\nserver.3=c:1:2:participant\n"
          "server.4=d:1:2:observer\ngroup.1=1:2\ngroup.2=3\nweight.1=5\nweight.2=1\nweight.3=1\n"
          "version=0",
          NULL);
    check("group.1=1\ngroup.2=1\nserver.1=a:1:2", NULL, "Server 1 is in multiple groups");
    check("group.1=1\nserver.1=a:1:2\nserver.2=b:1:2", NULL, "Server 2 is not in a group");
    check("group.1=1:x\nserver.1=a:1:2", NULL, "x is not the id of a server");
    check("weight.1=heavy", NULL, "heavy is not a weight");
}

static void check_sets_group_and_weight_of_members(void **state)
{
    (void)state;
    struct config_servers s;
    struct buf said = {0};
    config_servers_init(&s);
    assert_int_equal(
        config_servers_parse(
            slice_str("group.8=1\nweight.1=3\nserver.1=a:1:2\nserver.2=b:1:2:observer"), &s, &said),
        ERR_OK);
    assert_int_equal(config_servers_find(&s, 1)->group, 8);
    assert_int_equal(config_servers_find(&s, 1)->weight, 3);
    assert_int_equal(config_servers_find(&s, 2)->group, -1);
    assert_int_equal(config_servers_find(&s, 2)->weight, 1);
    assert_null(config_servers_find(&s, 3));
    assert_int_equal(config_servers_count_role(&s, CONFIG_PARTICIPANT), 1);
    assert_int_equal(config_servers_count_role(&s, CONFIG_OBSERVER), 1);
    buf_fini(&said);
    config_servers_fini(&s);
}

static bool are_equal(const char *a, const char *b)
{
    struct config_servers left, right;
    struct buf said = {0};
    config_servers_init(&left);
    config_servers_init(&right);
    assert_int_equal(config_servers_parse(slice_str(a), &left, &said), ERR_OK);
    assert_int_equal(config_servers_parse(slice_str(b), &right, &said), ERR_OK);
    bool is_equal = config_servers_equal(&left, &right);
    buf_fini(&said);
    config_servers_fini(&left);
    config_servers_fini(&right);
    return is_equal;
}

static void equality_looks_at_version_first_then_at_members(void **state)
{
    (void)state;
    assert_true(are_equal("server.1=a:1:2\nversion=5", "server.1=b:1:2\nversion=5"));
    assert_true(are_equal("server.1=a:1:2\nversion=5", "server.1=a:1:2\nversion=6"));
    assert_false(are_equal("server.1=a:1:2\nversion=5", "server.1=b:1:2\nversion=6"));
    assert_false(are_equal("server.1=a:1:2\nversion=5", "server.1=a:1:2:observer\nversion=6"));
}

static void client_address_from_the_static_file_is_not_printed(void **state)
{
    (void)state;
    struct config_servers s;
    struct buf said = {0}, out = {0};
    config_servers_init(&s);
    assert_int_equal(config_servers_parse(slice_str("server.1=a:1:2;2181"), &s, &said), ERR_OK);
    s.members[0].is_client_from_static = true;
    config_servers_print(&s, &out);
    assert_string_equal(buf_cstr(&out), "server.1=a:1:2:participant\nversion=0");
    buf_fini(&said);
    buf_fini(&out);
    config_servers_fini(&s);
}

static void ensemble_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    struct config_servers s;
    struct buf said = {0};
    config_servers_init(&s);
    enum err e = ERR_OK;
    for (int i = 0; i <= CONFIG_SERVERS_MAX; i++) {
        char key[32];
        snprintf(key, sizeof key, "server.%d", i);
        assert_int_equal(e, ERR_OK);
        e = config_servers_add(&s, slice_str(key), slice_str("a:1:2"), false, &said);
    }
    assert_int_equal(e, ERR_LIMIT);
    assert_int_equal(s.count, CONFIG_SERVERS_MAX);
    buf_fini(&said);
    config_servers_fini(&s);
}

static void addresses_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_append_str(&text, "server.1=a:1:2");
    for (int i = 0; i < CONFIG_ADDRESSES_MAX; i++) {
        buf_append_str(&text, "|a:1:2");
    }
    check(buf_cstr(&text), NULL, "more than");
    buf_fini(&text);
}

static void a_removed_member_is_gone_and_the_others_stay(void **state)
{
    (void)state;
    struct config_servers s;
    struct buf text = {0};
    config_servers_init(&s);
    assert_int_equal(config_servers_parse(slice_str("server.1=a:1:2\nserver.2=b:1:2\n"
                                                    "server.3=c:1:2\n"),
                                          &s, &text),
                     ERR_OK);
    config_servers_remove(&s, 7);
    config_servers_remove(&s, 2);
    config_servers_print(&s, &text);
    assert_string_equal(buf_cstr(&text),
                        "server.1=a:1:2:participant\nserver.3=c:1:2:participant\nversion=0");
    assert_null(config_servers_find(&s, 2));
    buf_fini(&text);
    config_servers_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_removed_member_is_gone_and_the_others_stay),
        cmocka_unit_test(every_form_of_a_server_line_is_read),
        cmocka_unit_test(addresses_are_sorted_by_host),
        cmocka_unit_test(members_are_sorted_by_id_and_the_last_line_wins),
        cmocka_unit_test(broken_lines_say_what_is_wrong),
        cmocka_unit_test(many_addresses_need_their_switch),
        cmocka_unit_test(groups_and_weights_may_stand_before_their_servers),
        cmocka_unit_test(check_sets_group_and_weight_of_members),
        cmocka_unit_test(equality_looks_at_version_first_then_at_members),
        cmocka_unit_test(client_address_from_the_static_file_is_not_printed),
        cmocka_unit_test(ensemble_beyond_the_limit_is_refused),
        cmocka_unit_test(addresses_beyond_the_limit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
