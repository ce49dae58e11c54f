// SPDX-License-Identifier: Apache-2.0
//
// The table of keys: its rows are well formed and names find them as Java would.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "config/keys.h"

static enum config_key find_key(const char *name)
{
    enum config_key key = CONFIG_KEY_COUNT;
    return config_find_key(slice_str(name), &key) ? key : CONFIG_KEY_COUNT;
}

static enum config_key find_property(const char *name)
{
    enum config_key key = CONFIG_KEY_COUNT;
    return config_find_property(slice_str(name), &key) ? key : CONFIG_KEY_COUNT;
}

static void every_row_is_found_by_its_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_row *row = config_row((enum config_key)i);
        assert_true(row->key[0] != 0 || row->property[0] != 0);
        assert_true(row->help[0] != 0);
        assert_true(row->min <= row->max);
        if (row->key[0] != 0) {
            assert_int_equal(find_key(row->key), i);
        }
        if (row->property[0] != 0) {
            assert_int_equal(find_property(row->property), i);
        }
    }
}

static void unknown_key_is_a_property_behind_the_prefix(void **state)
{
    (void)state;
    assert_int_equal(find_key("snapCount"), CONFIG_KEY_snap_count);
    assert_int_equal(find_key("observer.syncEnabled"), CONFIG_KEY_sync_enabled);
    assert_int_equal(find_key("sasl.client"), CONFIG_KEY_client_sasl);
    assert_int_equal(find_key("zookeeper.snapCount"), CONFIG_KEY_COUNT);
}

static void properties_without_prefix_are_no_keys(void **state)
{
    (void)state;
    assert_int_equal(find_key("jute.maxbuffer"), CONFIG_KEY_COUNT);
    assert_int_equal(find_key("readonlymode.enabled"), CONFIG_KEY_COUNT);
    assert_int_equal(find_key("znode.container.checkIntervalMs"), CONFIG_KEY_COUNT);
    assert_int_equal(find_property("jute.maxbuffer"), CONFIG_KEY_jute_max_buffer);
    assert_int_equal(find_property("zookeeper.jute.maxbuffer"), CONFIG_KEY_COUNT);
}

static void keys_of_the_file_are_no_properties(void **state)
{
    (void)state;
    assert_int_equal(find_property("zookeeper.tickTime"), CONFIG_KEY_COUNT);
    assert_int_equal(find_property("tickTime"), CONFIG_KEY_COUNT);
    assert_int_equal(find_property("snapCount"), CONFIG_KEY_COUNT);
}

static void four_properties_are_also_read_without_prefix(void **state)
{
    (void)state;
    assert_int_equal(find_property("fsync.warningthresholdms"),
                     CONFIG_KEY_fsync_warning_threshold_ms);
    assert_int_equal(find_property("learner.asyncSending"), CONFIG_KEY_learner_async_sending);
}

static void patterns_stand_for_many_names(void **state)
{
    (void)state;
    assert_int_equal(find_key("server.17"), CONFIG_KEY_server_n);
    assert_int_equal(find_key("group.1"), CONFIG_KEY_group_n);
    assert_int_equal(find_key("weight.1"), CONFIG_KEY_weight_n);
    assert_int_equal(find_key("authProvider.1"), CONFIG_KEY_auth_provider);
    assert_int_equal(find_property("zookeeper.authProvider.sasl"), CONFIG_KEY_auth_provider);
    assert_int_equal(find_key("superUser"), CONFIG_KEY_super_user);
    assert_int_equal(find_property("zookeeper.superUser.2"), CONFIG_KEY_super_user);
    assert_int_equal(find_property("zookeeper.log.dir"), CONFIG_KEY_logback_variables);
    assert_int_equal(find_key("serverCnxnFactory"), CONFIG_KEY_server_cnxn_factory);
    assert_int_equal(find_key("server.realm"), CONFIG_KEY_server_realm);
}

static void suggestions_name_the_real_key(void **state)
{
    (void)state;
    assert_string_equal(config_suggest(slice_str("ticktime")), "tickTime");
    assert_string_equal(config_suggest(slice_str("snap_count")), "snapCount");
    assert_string_equal(config_suggest(slice_str("zookeeper.snapCount")), "snapCount");
    assert_string_equal(config_suggest(slice_str("connectionMaxTokens")),
                        "connection_throttle_tokens");
    assert_null(config_suggest(slice_str("colour")));
    assert_null(config_suggest(slice_str("")));
}

static void every_later_state_names_its_part(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        enum config_state s = config_row((enum config_key)i)->state;
        bool is_later = s != CONFIG_WORKS && s != CONFIG_NO_MEANING && s != CONFIG_CLIENT_ONLY;
        assert_int_equal(config_state_part(s) != NULL, is_later);
    }
}

static void sections_stand_before_their_first_row(void **state)
{
    (void)state;
    assert_string_equal(config_section(CONFIG_KEY_data_dir), "Basic");
    assert_string_equal(config_section(CONFIG_KEY_server_n), "Ensemble");
    assert_null(config_section(CONFIG_KEY_data_log_dir));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_its_names),
        cmocka_unit_test(unknown_key_is_a_property_behind_the_prefix),
        cmocka_unit_test(properties_without_prefix_are_no_keys),
        cmocka_unit_test(keys_of_the_file_are_no_properties),
        cmocka_unit_test(four_properties_are_also_read_without_prefix),
        cmocka_unit_test(patterns_stand_for_many_names),
        cmocka_unit_test(suggestions_name_the_real_key),
        cmocka_unit_test(every_later_state_names_its_part),
        cmocka_unit_test(sections_stand_before_their_first_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
