// SPDX-License-Identifier: Apache-2.0
//
// Sources of the configuration: what sets a key, what overrides what, and what is reported.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/unit/config/config_help.h"

static const char base[] = "dataDir=/d\nclientPort=2181\n";

// The sample that the project must load as it is.
static const char sample[] = "clientPort=2181\n"
                             "dataDir=/var/lib/zookeeper/data\n"
                             "dataLogDir=/var/lib/zookeeper/log\n"
                             "tickTime=2000\n"
                             "initLimit=10\n"
                             "syncLimit=2000\n"
                             "maxClientCnxns=60\n"
                             "minSessionTimeout= 4000\n"
                             "maxSessionTimeout= 40000\n"
                             "autopurge.snapRetainCount=3\n"
                             "autopurge.purgeInterval=0\n"
                             "server.1=zk-0.zk-hs.default.svc.cluster.local:2888:3888\n"
                             "server.2=zk-1.zk-hs.default.svc.cluster.local:2888:3888\n"
                             "server.3=zk-2.zk-hs.default.svc.cluster.local:2888:3888\n";

static void sample_of_the_documents_loads_without_errors(void **state)
{
    (void)state;
    struct config *cfg = config_of(sample);
    assert_false(config_has_errors(cfg));
    assert_true(config_is_distributed(cfg));
    assert_int_equal(cfg->client_port, 2181);
    assert_string_equal(cfg->data_dir, "/var/lib/zookeeper/data");
    assert_string_equal(cfg->data_log_dir, "/var/lib/zookeeper/log");
    assert_int_equal(cfg->tick_time_ms, 2000);
    assert_int_equal(cfg->min_session_timeout_ms, 4000);
    assert_int_equal(cfg->max_session_timeout_ms, 40000);
    assert_int_equal(cfg->purge_interval_hours, 0);
    assert_int_equal(cfg->servers.count, 3);
    expect_said(cfg, "zoo.cfg:6: warning: syncLimit=2000 means");
    config_free(cfg);
}

static void defaults_are_those_of_apache_zookeeper(void **state)
{
    (void)state;
    struct config *cfg = config_of(base);
    expect_said(cfg, "");
    assert_int_equal(cfg->tick_time_ms, 3000);
    assert_int_equal(cfg->min_session_timeout_ms, 6000);
    assert_int_equal(cfg->max_session_timeout_ms, 60000);
    assert_int_equal(cfg->max_client_cnxns, 60);
    assert_int_equal(cfg->jute_max_buffer, 0xfffff);
    assert_int_equal(cfg->jute_extra_size, 0xfffff);
    assert_int_equal(cfg->snap_count, 100000);
    assert_true(cfg->force_sync && cfg->digest_enabled && cfg->close_session_txn_enabled);
    assert_false(cfg->skip_acl || cfg->extended_types_enabled || cfg->read_only_mode_enabled);
    assert_string_equal(cfg->data_log_dir, "/d");
    assert_string_equal(cfg->digest_alg, "SHA1");
    assert_null(cfg->super_digest);
    assert_null(cfg->client_port_address);
    assert_true(cfg->connection_throttle_drop_increase == 0.02);
    config_free(cfg);
}

static void deliberate_differences_can_be_undone(void **state)
{
    (void)state;
    struct config *cfg = config_of(base);
    assert_int_equal(cfg->purge_interval_hours, 1);
    assert_true(cfg->is_loopback_trusted);
    config_free(cfg);
    cfg = config_of("dataDir=/d\nclientPort=1\nautopurge.purgeInterval=0\n"
                    "4lw.commands.whitelist=srvr\n");
    assert_int_equal(cfg->purge_interval_hours, 0);
    assert_false(cfg->is_loopback_trusted);
    assert_string_equal(cfg->four_letter_whitelist, "srvr");
    config_free(cfg);
}

static void file_overrides_property_and_argument_overrides_both(void **state)
{
    (void)state;
    struct config *cfg = config_new();
    config_define(cfg, "zookeeper.snapCount=500");
    config_define(cfg, "zookeeper.maxCnxns=7");
    config_parse_file(cfg, "zoo.cfg", slice_str("dataDir=/d\nclientPort=1\nsnapCount=600\n"));
    config_set_argument(cfg, CONFIG_KEY_client_port, "2");
    config_finish(cfg);
    assert_int_equal(cfg->snap_count, 600);
    assert_int_equal(cfg->max_cnxns, 7);
    assert_int_equal(cfg->client_port, 2);
    assert_string_equal(config_origin(cfg, CONFIG_KEY_snap_count), "zoo.cfg:3");
    assert_string_equal(config_origin(cfg, CONFIG_KEY_max_cnxns), "-D");
    assert_string_equal(config_origin(cfg, CONFIG_KEY_client_port), "command line");
    assert_string_equal(config_origin(cfg, CONFIG_KEY_tick_time_ms), "default");
    config_free(cfg);
}

static void observers_switch_is_overridden_by_its_property(void **state)
{
    (void)state;
    struct config *cfg = config_new();
    config_define(cfg, "zookeeper.observer.syncEnabled=false");
    config_parse_file(cfg, "zoo.cfg", slice_str("dataDir=/d\nclientPort=1\nsyncEnabled=true\n"));
    config_finish(cfg);
    assert_false(cfg->sync_enabled);
    config_free(cfg);
}

static void property_with_prefix_wins_over_the_one_without(void **state)
{
    (void)state;
    struct config *cfg = config_new();
    config_define(cfg, "zookeeper.fsync.warningthresholdms=20");
    config_define(cfg, "fsync.warningthresholdms=10");
    config_finish(cfg);
    assert_int_equal(cfg->fsync_warning_threshold_ms, 20);
    config_free(cfg);
}

static void overridden_text_is_never_complained_about(void **state)
{
    (void)state;
    struct config *cfg = config_new();
    config_define(cfg, "zookeeper.snapCount=abc");
    config_parse_file(cfg, "zoo.cfg", slice_str("dataDir=/d\nclientPort=1\nsnapCount=600\n"));
    config_finish(cfg);
    expect_said(cfg, "");
    config_free(cfg);
}

static void properties_without_prefix_have_no_effect_in_the_file(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=1\njute.maxbuffer=5000\n");
    assert_int_equal(cfg->jute_max_buffer, 0xfffff);
    expect_said(cfg, "zoo.cfg:3: warning: jute.maxbuffer has no effect in this file, in Java "
                     "neither: give -Djute.maxbuffer=5000\n");
    config_free(cfg);
    cfg = config_new();
    config_define(cfg, "jute.maxbuffer=0x2000");
    config_define(cfg, "readonlymode.enabled=true");
    config_finish(cfg);
    assert_int_equal(cfg->jute_max_buffer, 0x2000);
    assert_true(cfg->read_only_mode_enabled);
    config_free(cfg);
}

static void unknown_keys_are_reported_with_their_line(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=1\n\ncolour=blue\nticktime=5\n"
                                   "zookeeper.snapCount=3\nconnectionMaxTokens=1\n");
    assert_false(config_has_errors(cfg));
    expect_said(cfg, "zoo.cfg:4: warning: colour is not known and has no effect\n");
    expect_said(cfg, "zoo.cfg:5: warning: ticktime is not known and has no effect; is tickTime "
                     "meant?\n");
    expect_said(cfg, "zoo.cfg:6: warning: zookeeper.snapCount is not known and has no effect; is "
                     "snapCount meant?\n");
    expect_said(cfg, "is connection_throttle_tokens meant?");
    config_free(cfg);
}

static void unknown_properties_are_told_apart(void **state)
{
    (void)state;
    struct config *cfg = config_new();
    config_define(cfg, "java.net.preferIPv4Stack=true");
    config_define(cfg, "zookeeper.colour=blue");
    config_define(cfg, "zookeeper.tickTime=2");
    config_define(cfg, "snapCount=2");
    config_define(cfg, "zookeeper.snapcount=2");
    expect_said(cfg, "-D: note: java.net.preferIPv4Stack is no property of ZooKeeper");
    expect_said(cfg, "-D: warning: zookeeper.colour is not known");
    expect_said(cfg, "tickTime can be set in zoo.cfg only");
    expect_said(cfg, "snapCount has no effect: write -Dzookeeper.snapCount=...");
    expect_said(cfg, "is snapCount meant?");
    config_free(cfg);
}

static void duplicates_are_reported_and_the_last_one_wins(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=1\ntickTime=5\ntickTime=7\n");
    assert_int_equal(cfg->tick_time_ms, 7);
    expect_said(cfg, "zoo.cfg:4: warning: tickTime is set again: line 3 has no effect\n");
    config_free(cfg);
}

static void broken_escape_and_zero_character_are_errors(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=1\nfoo=\\u12");
    assert_true(config_has_errors(cfg));
    expect_said(cfg, "zoo.cfg:3: error: malformed \\u escape");
    config_free(cfg);
    cfg = config_of("dataDir=/d\\u0000e\nclientPort=1\n");
    expect_said(cfg, "zoo.cfg:1: error: dataDir contains a zero character");
    config_free(cfg);
}

static void dynamic_file_gives_members_and_version(void **state)
{
    (void)state;
    struct config *cfg = config_new();
    config_parse_file(cfg, "zoo.cfg",
                      slice_str("dataDir=/d\nclientPort=1\ninitLimit=1\nsyncLimit=1\n"
                                "dynamicConfigFile=/c/zoo.cfg.dynamic.1000000ab\n"));
    config_parse_dynamic(cfg, "/c/zoo.cfg.dynamic.1000000ab",
                         slice_str("server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n"));
    config_finish(cfg);
    assert_false(config_has_errors(cfg));
    assert_true(config_is_distributed(cfg));
    assert_int_equal(cfg->servers.count, 3);
    assert_true(cfg->servers.version == 0x1000000ab);
    config_free(cfg);
}

static void dynamic_file_holds_nothing_else(void **state)
{
    (void)state;
    struct config *cfg = config_new();
    config_parse_dynamic(cfg, "zoo.cfg.dynamic",
                         slice_str("server.1=a:1:2\nversion=5\nclientPort=1\nfoo=\\u"));
    assert_true(config_has_errors(cfg));
    expect_said(cfg, "zoo.cfg.dynamic:2: error: dynamic file shouldn't have version inside");
    expect_said(cfg, "zoo.cfg.dynamic:3: error: Unrecognised parameter: clientPort");
    expect_said(cfg, "zoo.cfg.dynamic:4: error: malformed");
    config_free(cfg);
}

static void many_named_keys_are_collected_in_order(void **state)
{
    (void)state;
    struct config *cfg = config_new();
    config_define(cfg, "zookeeper.superUser.b=two");
    config_define(cfg, "zookeeper.superUser=one");
    config_define(cfg, "zookeeper.superUser.c=overridden");
    config_parse_file(cfg, "zoo.cfg",
                      slice_str("dataDir=/d\nclientPort=1\nsuperUser.c=three\nauthProvider.1="
                                "org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider"));
    config_finish(cfg);
    assert_int_equal(cfg->super_user_count, 3);
    assert_string_equal(cfg->super_users[0].name, "superUser");
    assert_string_equal(cfg->super_users[0].value, "one");
    assert_string_equal(cfg->super_users[1].value, "two");
    assert_string_equal(cfg->super_users[2].value, "three");
    assert_int_equal(cfg->auth_provider_count, 1);
    assert_string_equal(cfg->auth_providers[0].name, "authProvider.1");
    assert_true(cfg->has_ensemble_auth);
    config_free(cfg);
}

static void finishing_twice_says_everything_once(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=1\nsyncEnabled=true\ncolour=1\n");
    size_t first, second;
    config_diags(cfg, &first);
    config_finish(cfg);
    config_diags(cfg, &second);
    assert_int_equal(first, 2);
    assert_int_equal(second, 2);
    config_free(cfg);
    config_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_of_the_documents_loads_without_errors),
        cmocka_unit_test(defaults_are_those_of_apache_zookeeper),
        cmocka_unit_test(deliberate_differences_can_be_undone),
        cmocka_unit_test(file_overrides_property_and_argument_overrides_both),
        cmocka_unit_test(observers_switch_is_overridden_by_its_property),
        cmocka_unit_test(property_with_prefix_wins_over_the_one_without),
        cmocka_unit_test(overridden_text_is_never_complained_about),
        cmocka_unit_test(properties_without_prefix_have_no_effect_in_the_file),
        cmocka_unit_test(unknown_keys_are_reported_with_their_line),
        cmocka_unit_test(unknown_properties_are_told_apart),
        cmocka_unit_test(duplicates_are_reported_and_the_last_one_wins),
        cmocka_unit_test(broken_escape_and_zero_character_are_errors),
        cmocka_unit_test(dynamic_file_gives_members_and_version),
        cmocka_unit_test(dynamic_file_holds_nothing_else),
        cmocka_unit_test(many_named_keys_are_collected_in_order),
        cmocka_unit_test(finishing_twice_says_everything_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
