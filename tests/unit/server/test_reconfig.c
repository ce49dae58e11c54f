// SPDX-License-Identifier: Apache-2.0
//
// Reconfig requests against a leader of three: what becomes of the ensemble, and every refusal, in
// the order of Java's checks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/reconfig.h"
#include "zab/quorum.h"

static const int64_t version = 0x100000001, zxid = 0x100000007;

static const char three[] = "server.1=a:2888:3888:participant;0.0.0.0:2181\n"
                            "server.2=b:2888:3888:participant;0.0.0.0:2181\n"
                            "server.3=c:2888:3888:participant;0.0.0.0:2181\n"
                            "version=100000001";

struct ensemble_view {
    struct reconfig_view view;
    struct config_servers committed, seen;
    struct zab_follower followers[8];
};

static void parse(const char *text, struct config_servers *ret)
{
    struct buf complaint = {0};
    config_servers_fini(ret);
    assert_int_equal(config_servers_parse(slice_str(text), ret, &complaint), ERR_OK);
    buf_fini(&complaint);
}

static void follow(struct ensemble_view *e, int64_t sid)
{
    e->followers[e->view.follower_count++] =
        (struct zab_follower){.sid = sid, .is_synced = true, .is_forwarding = true};
}

// Server 1 leads; 2, 3 and 4, who is no member, follow.
static void begin(struct ensemble_view *e, const char *text)
{
    *e = (struct ensemble_view){0};
    parse(text, &e->committed);
    parse(text, &e->seen);
    e->view = (struct reconfig_view){.committed = &e->committed,
                                     .seen = &e->seen,
                                     .sid = 1,
                                     .is_standalone_enabled = true,
                                     .followers = e->followers};
    follow(e, 2);
    follow(e, 3);
    follow(e, 4);
}

static void end(struct ensemble_view *e)
{
    config_servers_fini(&e->committed);
    config_servers_fini(&e->seen);
}

static struct slice text_or_null(const char *text)
{
    return text != NULL ? slice_str(text) : slice_null();
}

static enum zk_code ask(struct ensemble_view *e, const char *leaving, const char *joining,
                        const char *members, struct buf *ret)
{
    const struct jute_reconfig_request request = {.joining = text_or_null(joining),
                                                  .leaving = text_or_null(leaving),
                                                  .new_members = text_or_null(members),
                                                  .cur_config_id = -1};
    buf_clear(ret);
    enum zk_code code = reconfig_check(&e->view, &request, zxid, ret);
    assert_true(code == ZK_OK || ret->len == 0);
    return code;
}

// In an ensemble of `three`.
static void expect(const char *leaving, const char *joining, const char *members, enum zk_code code,
                   const char *text)
{
    struct ensemble_view e;
    struct buf got = {0};
    begin(&e, three);
    assert_int_equal(ask(&e, leaving, joining, members, &got), code);
    assert_string_equal(buf_cstr(&got), text);
    buf_fini(&got);
    end(&e);
}

static void refuses(const char *leaving, const char *joining, const char *members,
                    enum zk_code code)
{
    expect(leaving, joining, members, code, "");
}

static void members_leave_and_join(void **state)
{
    (void)state;
    expect("3", NULL, NULL, ZK_OK,
           "server.1=a:2888:3888:participant;0.0.0.0:2181\n"
           "server.2=b:2888:3888:participant;0.0.0.0:2181\nversion=100000007");
    expect(" 3 ,, 9", "server.4=d:2888:3888;2181, server.5=e:1:2:observer;h:3", NULL, ZK_OK,
           "server.1=a:2888:3888:participant;0.0.0.0:2181\n"
           "server.2=b:2888:3888:participant;0.0.0.0:2181\n"
           "server.4=d:2888:3888:participant;0.0.0.0:2181\n"
           "server.5=e:1:2:observer;h:3\nversion=100000007");
}

static void a_joiner_replaces_the_member_of_its_number(void **state)
{
    (void)state;
    expect(NULL, "server.3=c:2889:3889:observer;2182", NULL, ZK_OK,
           "server.1=a:2888:3888:participant;0.0.0.0:2181\n"
           "server.2=b:2888:3888:participant;0.0.0.0:2181\n"
           "server.3=c:2889:3889:observer;0.0.0.0:2182\nversion=100000007");
    expect("3", "3=c:2888:3888;2181", NULL, ZK_OK,
           "server.1=a:2888:3888:participant;0.0.0.0:2181\n"
           "server.2=b:2888:3888:participant;0.0.0.0:2181\n"
           "server.3=c:2888:3888:participant;0.0.0.0:2181\nversion=100000007");
}

static void a_whole_list_replaces_everything(void **state)
{
    (void)state;
    expect(NULL, NULL, "server.1=a:1:2:participant,server.2=b:1:2\nserver.4=d:1:2:observer;7,",
           ZK_OK,
           "server.1=a:1:2:participant\nserver.2=b:1:2:participant\n"
           "server.4=d:1:2:observer;0.0.0.0:7\nversion=100000007");
    expect(NULL, NULL, "server.1=a:1:2\nserver.2=b:1:2\ngroup.1=1:2\nweight.2=0\nversion=5", ZK_OK,
           "server.1=a:1:2:participant\nserver.2=b:1:2:participant\ngroup.1=1:2\nweight.1=1\n"
           "weight.2=0\nversion=100000007");
}

static void nothing_at_all_is_the_same_ensemble_with_a_new_version(void **state)
{
    (void)state;
    expect(NULL, NULL, NULL, ZK_OK,
           "server.1=a:2888:3888:participant;0.0.0.0:2181\n"
           "server.2=b:2888:3888:participant;0.0.0.0:2181\n"
           "server.3=c:2888:3888:participant;0.0.0.0:2181\nversion=100000007");
}

static void one_at_a_time(void **state)
{
    (void)state;
    struct ensemble_view e;
    struct buf got = {0};
    begin(&e, three);
    e.seen.version++;
    assert_int_equal(ask(&e, "x", NULL, NULL, &got), ZK_RECONFIG_IN_PROGRESS);
    buf_fini(&got);
    end(&e);
}

static void the_version_it_was_meant_for_is_compared_in_64_bits(void **state)
{
    (void)state;
    struct ensemble_view e;
    struct buf got = {0};
    begin(&e, three);
    struct jute_reconfig_request request = {.leaving = slice_str("3"), .cur_config_id = 1};
    assert_int_equal(reconfig_check(&e.view, &request, zxid, &got), ZK_BAD_VERSION);
    request.leaving = slice_str("x"); // is not looked at before
    assert_int_equal(reconfig_check(&e.view, &request, zxid, &got), ZK_BAD_VERSION);
    request.cur_config_id = version;
    assert_int_equal(reconfig_check(&e.view, &request, zxid, &got), ZK_MARSHALLING_ERROR);
    request.leaving = slice_str("3");
    assert_int_equal(reconfig_check(&e.view, &request, zxid, &got), ZK_OK);
    buf_fini(&got);
    end(&e);
}

static void what_is_no_number_is_a_marshalling_error(void **state)
{
    (void)state;
    refuses("two", NULL, NULL, ZK_MARSHALLING_ERROR);
    refuses(NULL, "server.x=d:1:2;3", NULL, ZK_MARSHALLING_ERROR);
    refuses(NULL, NULL, "server.x=d:1:2", ZK_MARSHALLING_ERROR);
    refuses(NULL, NULL, "server.1=d:1:2,version=xyz", ZK_MARSHALLING_ERROR);
    refuses(NULL, NULL, "server.1=d:1:2,server.2=e:1:2,group.1=1:2,weight.1=heavy",
            ZK_MARSHALLING_ERROR);
    refuses(NULL, NULL, "server.1=d:1:2\\u00,server.2=e:1:2", ZK_MARSHALLING_ERROR);
}

static void a_whole_list_that_could_not_start_is_a_marshalling_error(void **state)
{
    (void)state;
    refuses(NULL, NULL, "server.1=a:1:2:observer", ZK_MARSHALLING_ERROR);
    refuses(NULL, NULL, "server.1=a:1:2,server.2=b:1:2:observer", ZK_MARSHALLING_ERROR);
    struct ensemble_view e;
    struct buf got = {0};
    begin(&e, three);
    e.view.is_standalone_enabled = false;
    assert_int_equal(ask(&e, NULL, NULL, "", &got), ZK_MARSHALLING_ERROR);
    buf_fini(&got);
    end(&e);
}

static void lines_that_are_none_are_bad_arguments(void **state)
{
    (void)state;
    refuses(NULL, "server.4", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=d:1:2;3=4", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=d:1", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=d:1:1;3", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=d:1:2:king;3", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=d:1:2|f:1:2;3", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, NULL, "clientPort=2181", ZK_BAD_ARGUMENTS);
    // What would be more lines than were counted, once it is printed.
    refuses(NULL, NULL, "server.1=a:1:2,server.2=b\\u000aserver.9=c:1:2", ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=d\\:1:2;3", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=d:1:2;h h:3", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, NULL, "server.1=a", ZK_BAD_ARGUMENTS);
    refuses(NULL, NULL, "server.1=a:1:2,server.2=b:1:2,group.1=1", ZK_BAD_ARGUMENTS);
}

static void a_joiner_needs_all_three_ports(void **state)
{
    (void)state;
    refuses(NULL, "server.4=d:1:2", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=d:1:2:participant", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=d:1:2;3;4", NULL, ZK_BAD_ARGUMENTS); // 3.9 cannot read it
}

static void a_joiner_may_not_stand_where_another_member_does(void **state)
{
    (void)state;
    refuses(NULL, "server.4=b:2888:9;2181", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=b:9:2888;2181", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=d:1:2;b:3888", NULL, ZK_BAD_ARGUMENTS);
    refuses(NULL, "server.4=d:1:2;3,server.5=d:2:7;3", NULL, ZK_BAD_ARGUMENTS);
    struct ensemble_view e;
    struct buf got = {0};
    begin(&e, "server.1=localhost:1:2;3\nserver.2=127.0.0.1:4:5;6\nversion=1");
    assert_int_equal(ask(&e, NULL, "server.4=localhost:1:5;127.0.0.1:4", NULL, &got), ZK_OK);
    buf_fini(&got);
    end(&e);
}

static void a_hierarchical_ensemble_changes_as_a_whole_only(void **state)
{
    (void)state;
    struct ensemble_view e;
    struct buf got = {0};
    begin(&e, "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\ngroup.1=1:2:3\nversion=1");
    assert_int_equal(ask(&e, "3", NULL, NULL, &got), ZK_BAD_ARGUMENTS);
    assert_int_equal(ask(&e, NULL, NULL, "server.1=a:1:2,server.2=b:1:2", &got), ZK_OK);
    buf_fini(&got);
    end(&e);
}

static void enough_voters_must_stay(void **state)
{
    (void)state;
    struct ensemble_view e;
    struct buf got = {0};
    begin(&e, three);
    assert_int_equal(ask(&e, "2,3", NULL, NULL, &got), ZK_BAD_ARGUMENTS);
    assert_int_equal(ask(&e, NULL, NULL, "", &got), ZK_BAD_ARGUMENTS);
    e.view.is_standalone_enabled = false;
    assert_int_equal(ask(&e, "2,3", NULL, NULL, &got), ZK_OK);
    assert_int_equal(ask(&e, "1,2,3", NULL, NULL, &got), ZK_BAD_ARGUMENTS);
    buf_clear(&got);
    for (int i = 1; i <= QUORUM_VOTERS_MAX + 1; i++) {
        buf_printf(&got, "server.%d=h%d:1:2\n", i, i);
    }
    struct buf result = {0};
    assert_int_equal(ask(&e, NULL, NULL, buf_cstr(&got), &result), ZK_BAD_ARGUMENTS);
    buf_fini(&result);
    buf_fini(&got);
    end(&e);
}

static void a_quorum_of_the_new_voters_must_be_connected_and_synchronised(void **state)
{
    (void)state;
    struct ensemble_view e;
    struct buf got = {0};
    begin(&e, three);
    const char two_strangers[] = "server.7=f:1:2;3,server.8=g:1:2;3";
    assert_int_equal(ask(&e, NULL, two_strangers, NULL, &got), ZK_OK); // 1, 2, 3 of five
    e.followers[0].is_synced = false;
    assert_int_equal(ask(&e, NULL, two_strangers, NULL, &got), ZK_NEW_CONFIG_NO_QUORUM);
    e.followers[0] = (struct zab_follower){.sid = 2, .is_synced = true};
    assert_int_equal(ask(&e, NULL, two_strangers, NULL, &got), ZK_NEW_CONFIG_NO_QUORUM);
    e.followers[0] = (struct zab_follower){
        .sid = 2, .is_synced = true, .is_forwarding = true, .is_observer = true};
    assert_int_equal(ask(&e, NULL, two_strangers, NULL, &got), ZK_NEW_CONFIG_NO_QUORUM);
    // 4 is no member yet, but connected, and counts when it is to become one.
    assert_int_equal(ask(&e, "2", "server.4=d:1:2;3,server.7=f:1:2;3", NULL, &got), ZK_OK);
    // A leader that leaves does not count.
    assert_int_equal(ask(&e, "1", "server.7=f:1:2;3", NULL, &got), ZK_NEW_CONFIG_NO_QUORUM);
    buf_fini(&got);
    end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_leave_and_join),
        cmocka_unit_test(a_joiner_replaces_the_member_of_its_number),
        cmocka_unit_test(a_whole_list_replaces_everything),
        cmocka_unit_test(nothing_at_all_is_the_same_ensemble_with_a_new_version),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(the_version_it_was_meant_for_is_compared_in_64_bits),
        cmocka_unit_test(what_is_no_number_is_a_marshalling_error),
        cmocka_unit_test(a_whole_list_that_could_not_start_is_a_marshalling_error),
        cmocka_unit_test(lines_that_are_none_are_bad_arguments),
        cmocka_unit_test(a_joiner_needs_all_three_ports),
        cmocka_unit_test(a_joiner_may_not_stand_where_another_member_does),
        cmocka_unit_test(a_hierarchical_ensemble_changes_as_a_whole_only),
        cmocka_unit_test(enough_voters_must_stay),
        cmocka_unit_test(a_quorum_of_the_new_voters_must_be_connected_and_synchronised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
