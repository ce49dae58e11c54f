// SPDX-License-Identifier: Apache-2.0
//
// What config_finish derives and refuses; messages hold Java's words.
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

static void schemes_may_have_blanks_around_them(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=2181\nenforce.auth.enabled=true\n"
                                   "enforce.auth.schemes=digest , ip\n");
    assert_false(config_has_errors(cfg));
    config_free(cfg);
}

static void providers_of_ours_may_be_named(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=2181\nauthProvider.1=x.KeyAuthentication"
                                   "Provider\nauthProvider.2=x.DigestAuthenticationProvider\n");
    assert_false(config_has_errors(cfg));
    assert_int_equal(cfg->auth_provider_count, 2);
    config_free(cfg);
}

static void impossible_values_name_line_value_and_range(void **state)
{
    (void)state;
    refuses("\nmaxClientCnxns=many",
            "zoo.cfg:4: error: maxClientCnxns=many is not possible; legal is a number in the range "
            "-2147483648..2147483647 (connections)\n");
    refuses("clientPort=65536", "legal is a number in the range 0..65535 (port)");
    refuses("standaloneEnabled=yes",
            "error: Invalid option yes for standaloneEnabled. Choose 'true' or 'false.'");
    refuses("electionAlg=1", "Invalid electionAlg value. Only 3 is supported");
    refuses("peerType=leader", "Unrecognised peertype: leader");
    refuses("tickTime=0", "tickTime is not set");
    refuses("metricsProvider.className=com.x.Y", "metrics provider class was not found");
    refuses("serverCnxnFactory=com.x.Y", "legal is one of NIOServerCnxnFactory");
    refuses("authProvider.1=com.x.Y", "zoo.cfg:3: error: authProvider.1=com.x.Y: there is no such");
}

static void missing_and_contradicting_keys_are_refused(void **state)
{
    (void)state;
    struct config *cfg = config_of("clientPort=1\n");
    expect_said(cfg, "error: dataDir is not set\n");
    config_free(cfg);
    cfg = config_of("dataDir=/d\nclientPortAddress=localhost\n");
    expect_said(cfg, "zoo.cfg:2: error: clientPortAddress is set but clientPort is not set\n");
    config_free(cfg);
    cfg = config_of("dataDir=/d\nsecureClientPort=2281\n");
    expect_said(cfg, "zoo.cfg:2: error: no port would be open");
    config_free(cfg);
    refuses("secureClientPortAddress=a", "secureClientPortAddress is set but secureClientPort is");
    refuses("minSessionTimeout=5000\nmaxSessionTimeout=4000",
            "zoo.cfg:3: error: minSessionTimeout must not be larger than maxSessionTimeout");
    refuses("quorum.auth.serverRequireSasl=true", "quorum.auth.enableSasl is disabled, so cannot");
    refuses("quorum.auth.enableSasl=true\nquorum.auth.serverRequireSasl=true",
            "quorum.auth.learnerRequireSasl is disabled, so cannot enable");
    refuses("enforce.auth.enabled=true", "needs enforce.auth.schemes");
    refuses("enforce.auth.enabled=true\nenforce.auth.schemes=digest,magic",
            "there is no scheme magic");
    refuses("connection_throttle_global_session_weight=1\n"
            "connection_throttle_local_session_weight=2\n"
            "connection_throttle_renew_session_weight=1",
            "legal is at least connection_throttle_local_session_weight (2)");
}

static void values_that_java_reads_otherwise_are_warned_of(void **state)
{
    (void)state;
    accepts("digest.enabled=yes", "warning: digest.enabled=yes counts as false, as in Java");
    accepts("forceSync=NO", "warning: forceSync=NO counts as yes, as in Java");
    accepts("snapshot.compression.method=zip", "means none, as in Java");
    accepts("snapCount=1", "snapCount=1 counts as 2, its minimum");
    accepts("autopurge.snapRetainCount=1", "autopurge.snapRetainCount=1 counts as 3, its minimum");
}

static void dangerous_values_are_accepted_with_a_warning(void **state)
{
    (void)state;
    accepts("forceSync=no", "warning: forceSync=no: writes are acknowledged before");
    accepts("skipACL=yes", "warning: skipACL=yes: every client may do everything");
    accepts("dataDir=data", "warning: dataDir=data is relative");
}

static void keys_without_effect_have_one_line_each(void **state)
{
    (void)state;
    accepts("nio.numWorkerThreads=4",
            "zoo.cfg:3: note: nio.numWorkerThreads has no effect here. One thread decides");
    accepts("admin.serverPort=8081", "it belongs to the HTTP admin server, which this version");
    accepts("ssl.keyStore.location=/k", "it belongs to TLS");
    accepts("superUser=bob", "superUser has no effect: it belongs to SASL");
    accepts("sasl.client=true", "Java's client reads it");
    accepts("authProvider.1=x.SASLAuthenticationProvider", "authProvider.1 has no effect: it "
                                                           "belongs to SASL");
}

static void empty_property_counts_as_not_set(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=1\nsnapCount=\n");
    assert_int_equal(cfg->snap_count, 100000);
    assert_false(config_has_errors(cfg));
    config_free(cfg);
    refuses("tickTime=", "tickTime= is not possible");
}

static void limits_below_zero_mean_none(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=1\nmaxClientCnxns=-1\nmaxCnxns=-9\n"
                                   "autopurge.purgeInterval=-1\nsnapSizeLimitInKb=-7\n"
                                   "txnLogSizeLimitInKb=-9223372036854775807\n");
    assert_int_equal(cfg->max_client_cnxns, 0);
    assert_int_equal(cfg->max_cnxns, 0);
    assert_int_equal(cfg->purge_interval_hours, 0);
    assert_int_equal(cfg->snap_size_limit_kb, 0);
    assert_int_equal(cfg->txn_log_size_limit_kb, -1);
    config_free(cfg);
}

static void what_is_not_set_is_derived(void **state)
{
    (void)state;
    struct config *cfg = config_of("dataDir=/d\nclientPort=1\ntickTime=200000000\nflushDelay=30\n"
                                   "jute.maxbuffer.extrasize=5\n");
    assert_int_equal(cfg->min_session_timeout_ms, 400000000);
    assert_int_equal(cfg->max_session_timeout_ms, INT32_MAX); // 20 ticks are beyond
    assert_int_equal(cfg->max_write_queue_poll_ms, 10);
    assert_int_equal(cfg->jute_extra_size, 1024);
    config_free(cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemes_may_have_blanks_around_them),
        cmocka_unit_test(providers_of_ours_may_be_named),
        cmocka_unit_test(impossible_values_name_line_value_and_range),
        cmocka_unit_test(missing_and_contradicting_keys_are_refused),
        cmocka_unit_test(values_that_java_reads_otherwise_are_warned_of),
        cmocka_unit_test(dangerous_values_are_accepted_with_a_warning),
        cmocka_unit_test(keys_without_effect_have_one_line_each),
        cmocka_unit_test(empty_property_counts_as_not_set),
        cmocka_unit_test(limits_below_zero_mean_none),
        cmocka_unit_test(what_is_not_set_is_derived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
