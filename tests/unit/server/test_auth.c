// SPDX-License-Identifier: Apache-2.0
//
// Schemes: proving an identity, and naming one in an ACL.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/host.h"
#include "server/auth.h"
#include "tests/unit/server/prep_world.h"

struct world {
    struct host *host;
    struct config *config;
    struct auth auth;
    struct ids ids;
};

static int set_up(void **state)
{
    static struct world w;
    w = (struct world){0};
    assert_int_equal(host_open(&w.host), ERR_OK);
    w.config = config_new();
    config_set_argument(w.config, CONFIG_KEY_data_dir, "/nowhere");
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    ids_fini(&w->ids);
    config_free(w->config);
    host_close(w->host);
    return 0;
}

static struct auth *ready(struct world *w)
{
    config_finish(w->config);
    auth_init(&w->auth, w->config, host_digest(w->host));
    return &w->auth;
}

static enum auth_result prove(struct world *w, const char *scheme, struct slice credentials)
{
    const struct port_address peer = {.bytes = {10, 1, 2, 3}};
    return auth_handle(&w->auth, slice_str(scheme), credentials, &peer, &w->ids);
}

static bool has(const struct world *w, const char *scheme, const char *id)
{
    for (int32_t i = 0; i < w->ids.count; i++) {
        if (slice_equal_str(w->ids.items[i].scheme, scheme) &&
            slice_equal_str(w->ids.items[i].id, id)) {
            return true;
        }
    }
    return false;
}

static void digest_hashes_the_whole_credentials(void **state)
{
    struct world *w = *state;
    ready(w);
    assert_int_equal(prove(w, "digest", slice_str("super:test")), AUTH_OK);
    assert_true(has(w, "digest", "super:D/InIHSb7yEEbrWz8b9l71RjZJU="));
    assert_false(ids_has_scheme(&w->ids, slice_str("super")));
}

static void super_digest_gives_super(void **state)
{
    struct world *w = *state;
    config_define(w->config, "zookeeper.DigestAuthenticationProvider.superDigest="
                             "super:D/InIHSb7yEEbrWz8b9l71RjZJU=");
    ready(w);
    assert_int_equal(prove(w, "digest", slice_str("super:wrong")), AUTH_OK);
    assert_false(ids_has_scheme(&w->ids, slice_str("super")));
    assert_int_equal(prove(w, "digest", slice_str("super:test")), AUTH_OK);
    assert_true(has(w, "super", ""));
}

static void another_algorithm_may_be_configured(void **state)
{
    struct world *w = *state;
    config_define(w->config, "zookeeper.DigestAuthenticationProvider.digestAlg=SHA-256");
    ready(w);
    assert_int_equal(prove(w, "digest", slice_str("a:b")), AUTH_OK);
    assert_true(has(w, "digest", "a:Z4OjHqv2jMwGYPk1wIJigr3SJB86gKny0Q1Zrqnrtdg="));
}

static void null_credentials_and_unknown_schemes_fail(void **state)
{
    struct world *w = *state;
    ready(w);
    assert_int_equal(prove(w, "digest", slice_null()), AUTH_FAILED);
    assert_int_equal(prove(w, "world", slice_str("anyone")), AUTH_FAILED);
    assert_int_equal(prove(w, "nonsense", slice_str("x")), AUTH_FAILED);
    assert_int_equal(prove(w, "ensemble", slice_str("x")), AUTH_FAILED);
    assert_int_equal(w->ids.count, 0);
}

static void a_disabled_digest_is_absent(void **state)
{
    struct world *w = *state;
    config_define(w->config, "zookeeper.DigestAuthenticationProvider.enabled=false");
    ready(w);
    assert_int_equal(prove(w, "digest", slice_str("a:b")), AUTH_FAILED);
    assert_int_equal(auth_check_acl_id(&w->auth, slice_str("digest"), slice_str("a:b")),
                     ZK_INVALID_ACL);
}

static void ensemble_names_are_compared_when_configured(void **state)
{
    struct world *w = *state;
    config_define(w->config, "zookeeper.authProvider.e=org.apache.zookeeper.server.auth."
                             "EnsembleAuthenticationProvider");
    config_define(w->config, "zookeeper.ensembleAuthName=one, two");
    ready(w);
    assert_int_equal(prove(w, "ensemble", slice_str("two")), AUTH_OK);
    assert_int_equal(prove(w, "ensemble", slice_str("")), AUTH_OK);
    assert_int_equal(prove(w, "ensemble", slice_str("three")), AUTH_CLOSE);
    assert_int_equal(auth_check_acl_id(&w->auth, slice_str("ensemble"), slice_str("one")),
                     ZK_INVALID_ACL);
}

static void the_key_scheme_reads_the_node_as_applied(void **state)
{
    (void)state;
    const char *defines[] = {"zookeeper.authProvider.1=org.apache.zookeeper.server.auth."
                             "KeyAuthenticationProvider",
                             NULL};
    const struct slice key = slice_str("key");
    struct prep_world w;
    prep_world_open(&w, defines);
    assert_int_equal(auth_handle(&w.auth, key, slice_str("7"), NULL, &w.ids), AUTH_OK);
    assert_int_equal(w.ids.count, 1);
    assert_true(slice_equal_str(w.ids.items[0].id, ""));
    assert_int_equal(prep_world_create(&w, "/key", "5", 0), ZK_OK);
    assert_int_equal(auth_handle(&w.auth, key, slice_str("7"), NULL, &w.ids), AUTH_OK);
    prep_world_apply(&w, 1);
    assert_int_equal(auth_handle(&w.auth, key, slice_str("7"), NULL, &w.ids), AUTH_FAILED);
    assert_int_equal(auth_handle(&w.auth, key, slice_null(), NULL, &w.ids), AUTH_FAILED);
    assert_int_equal(auth_handle(&w.auth, key, slice_str("15"), NULL, &w.ids), AUTH_OK);
    assert_int_equal(w.ids.count, 1); // the same id for all
    assert_int_equal(prep_world_set(&w, "/key", "", -1), ZK_OK);
    prep_world_apply(&w, 1);
    assert_int_equal(auth_handle(&w.auth, key, slice_str("15"), NULL, &w.ids), AUTH_FAILED);
    prep_world_close(&w);
}

static void any_id_of_the_key_scheme_may_stand_in_an_acl(void **state)
{
    struct world *w = *state;
    const struct slice key = slice_str("key");
    ready(w);
    assert_int_equal(auth_check_acl_id(&w->auth, key, slice_str("")), ZK_INVALID_ACL);
    assert_int_equal(prove(w, "key", slice_str("5")), AUTH_FAILED);
    assert_false(auth_is_expandable(&w->auth, key));
    config_define(w->config, "zookeeper.authProvider.1=org.apache.zookeeper.server.auth."
                             "KeyAuthenticationProvider");
    ready(w);
    assert_int_equal(auth_check_acl_id(&w->auth, key, slice_str("")), ZK_OK);
    assert_int_equal(auth_check_acl_id(&w->auth, key, slice_str("x")), ZK_OK);
    assert_int_equal(auth_check_acl_id(&w->auth, key, slice_null()), ZK_MARSHALLING_ERROR);
    assert_true(auth_matches(&w->auth, key, slice_str(""), slice_str("")));
    assert_false(auth_matches(&w->auth, key, slice_str(""), slice_str("x")));
    assert_true(auth_is_expandable(&w->auth, key));
}

static void the_ip_scheme_gives_the_address(void **state)
{
    struct world *w = *state;
    ready(w);
    assert_int_equal(prove(w, "ip", slice_null()), AUTH_OK);
    assert_true(has(w, "ip", "10.1.2.3"));
    assert_true(
        auth_matches(&w->auth, slice_str("ip"), slice_str("10.1.2.3"), slice_str("10.0.0.0/8")));
    assert_false(auth_is_expandable(&w->auth, slice_str("ip")));
}

static void digest_ids_have_two_parts(void **state)
{
    struct world *w = *state;
    ready(w);
    const struct {
        const char *id;
        enum zk_code code;
    } cases[] = {
        {"a:b", ZK_OK},        {":b", ZK_OK},           {"a:b:", ZK_OK},
        {"a", ZK_INVALID_ACL}, {"a:", ZK_INVALID_ACL},  {"a:b:c", ZK_INVALID_ACL},
        {"", ZK_INVALID_ACL},  {":::", ZK_INVALID_ACL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(auth_check_acl_id(&w->auth, slice_str("digest"), slice_str(cases[i].id)),
                         cases[i].code);
    }
    assert_int_equal(auth_check_acl_id(&w->auth, slice_str("digest"), slice_null()),
                     ZK_MARSHALLING_ERROR);
    assert_int_equal(auth_check_acl_id(&w->auth, slice_str("super"), slice_str("x")),
                     ZK_INVALID_ACL);
}

static void user_names_hide_the_hash(void **state)
{
    (void)state;
    assert_true(slice_equal_str(auth_user_name(slice_str("digest"), slice_str("bob:xyz")), "bob"));
    assert_true(slice_equal_str(auth_user_name(slice_str("ip"), slice_str("1.2.3.4")), "1.2.3.4"));
    assert_true(slice_equal_str(auth_user_name(slice_str("super"), slice_str("")), ""));
}

static void enforced_schemes_are_required(void **state)
{
    struct world *w = *state;
    config_define(w->config, "zookeeper.enforce.auth.enabled=true");
    config_define(w->config, "zookeeper.enforce.auth.schemes=sasl, digest");
    ready(w);
    assert_false(auth_is_satisfied(&w->auth, &w->ids));
    prove(w, "ip", slice_null());
    assert_false(auth_is_satisfied(&w->auth, &w->ids));
    prove(w, "digest", slice_str("a:b"));
    assert_true(auth_is_satisfied(&w->auth, &w->ids));
    assert_true(auth_schemes_exist(&w->auth, "digest,ip"));
    assert_false(auth_schemes_exist(&w->auth, "digest,nonsense"));
}

static void ids_of_x509_and_sasl_are_valid_where_configured(void **state)
{
    struct world *w = *state;
    struct slice x509 = slice_str("x509");
    struct slice sasl = slice_str("sasl");
    ready(w);
    assert_int_equal(auth_check_acl_id(&w->auth, x509, slice_str("CN=a")), ZK_INVALID_ACL);
    assert_int_equal(auth_check_acl_id(&w->auth, sasl, slice_str("bob")), ZK_INVALID_ACL);
    config_define(w->config, "zookeeper.authProvider.1=org.apache.zookeeper.server.auth."
                             "SASLAuthenticationProvider");
    config_define(w->config, "zookeeper.authProvider.2=org.apache.zookeeper.server.auth."
                             "X509AuthenticationProvider");
    ready(w);
    assert_int_equal(auth_check_acl_id(&w->auth, x509, slice_str("CN=a,O=b")), ZK_OK);
    assert_int_equal(auth_check_acl_id(&w->auth, x509, slice_str("nonsense")), ZK_INVALID_ACL);
    const char *good[] = {"a", "a/b", "a@R", "a/b@R"};
    const char *bad[] = {"", "/b", "a/", "a@", "@R", "a@R/b", "a/b/c", "a@b@c", "a/@R"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(auth_check_acl_id(&w->auth, sasl, slice_str(good[i])), ZK_OK);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(auth_check_acl_id(&w->auth, sasl, slice_str(bad[i])), ZK_INVALID_ACL);
    }
    assert_int_equal(prove(w, "sasl", slice_str("bob")), AUTH_FAILED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(digest_hashes_the_whole_credentials),
        T(super_digest_gives_super),
        T(another_algorithm_may_be_configured),
        T(null_credentials_and_unknown_schemes_fail),
        T(a_disabled_digest_is_absent),
        T(ensemble_names_are_compared_when_configured),
        T(the_key_scheme_reads_the_node_as_applied),
        T(any_id_of_the_key_scheme_may_stand_in_an_acl),
        T(the_ip_scheme_gives_the_address),
        T(digest_ids_have_two_parts),
        T(user_names_hide_the_hash),
        T(enforced_schemes_are_required),
        T(ids_of_x509_and_sasl_are_valid_where_configured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
