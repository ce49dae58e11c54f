// SPDX-License-Identifier: Apache-2.0
//
// Values by kind. Rows of keys.def stand for their kinds, so the table is tested along.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/value.h"

static struct config_value parse(enum config_key key, const char *text)
{
    struct config_value v;
    assert_int_equal(config_value_parse(config_row(key), text, &v), ERR_OK);
    return v;
}

static void refuse(enum config_key key, const char *text)
{
    struct config_value v = {.number = 77};
    assert_int_equal(config_value_parse(config_row(key), text, &v), ERR_INVALID);
    assert_int_equal(v.number, 77);
}

static void numbers_of_the_file_are_decimal(void **state)
{
    (void)state;
    assert_int_equal(parse(CONFIG_KEY_tick_time_ms, "2000").number, 2000);
    assert_int_equal(parse(CONFIG_KEY_tick_time_ms, "+010").number, 10);
    assert_int_equal(parse(CONFIG_KEY_max_client_cnxns, "-5").number, -5);
    const char *const bad[] = {"",
                               "-",
                               "+",
                               "0x10",
                               "1 000",
                               "1.5",
                               "abc",
                               "0",
                               "-1",
                               "2147483648",
                               "99999999999999999999999",
                               "10s"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        refuse(CONFIG_KEY_tick_time_ms, bad[i]);
    }
}

static void numbers_of_properties_may_have_a_radix(void **state)
{
    (void)state;
    assert_int_equal(parse(CONFIG_KEY_jute_max_buffer, "0x3fffff").number, 0x3fffff);
    assert_int_equal(parse(CONFIG_KEY_jute_max_buffer, "#FF").number, 255);
    assert_int_equal(parse(CONFIG_KEY_jute_max_buffer, "017").number, 15);
    assert_int_equal(parse(CONFIG_KEY_snap_count, "-0x10").number, -16);
    assert_int_equal(parse(CONFIG_KEY_snap_count, "0").number, 0);
    refuse(CONFIG_KEY_snap_count, "08");
    refuse(CONFIG_KEY_snap_count, "0x");
    refuse(CONFIG_KEY_snap_count, "#");
}

static void longs_reach_their_ends(void **state)
{
    (void)state;
    assert_true(parse(CONFIG_KEY_fsync_warning_threshold_ms, "9223372036854775807").number ==
                INT64_MAX);
    refuse(CONFIG_KEY_fsync_warning_threshold_ms, "9223372036854775808");
    assert_true(parse(CONFIG_KEY_snap_size_limit_kb, "-9223372036854775807").number == -INT64_MAX);
    refuse(CONFIG_KEY_snap_size_limit_kb, "-9223372036854775808");
}

static void reals_lie_in_their_range(void **state)
{
    (void)state;
    assert_true(parse(CONFIG_KEY_connection_throttle_drop_increase, "0.25").real == 0.25);
    assert_true(parse(CONFIG_KEY_connection_throttle_drop_increase, "1e-2").real == 0.01);
    refuse(CONFIG_KEY_connection_throttle_drop_increase, "1.01");
    refuse(CONFIG_KEY_connection_throttle_drop_increase, "nan");
    refuse(CONFIG_KEY_connection_throttle_drop_increase, "0.5x");
    refuse(CONFIG_KEY_connection_throttle_drop_increase, "");
}

static void booleans_of_the_file_are_strict(void **state)
{
    (void)state;
    assert_true(parse(CONFIG_KEY_standalone_enabled, "TRUE").flag);
    assert_false(parse(CONFIG_KEY_standalone_enabled, "False").flag);
    refuse(CONFIG_KEY_standalone_enabled, "yes");
    refuse(CONFIG_KEY_standalone_enabled, "");
}

static void boolean_properties_are_false_unless_true(void **state)
{
    (void)state;
    assert_true(parse(CONFIG_KEY_digest_enabled, "True").flag);
    assert_false(parse(CONFIG_KEY_digest_enabled, "false").is_doubtful);
    struct config_value v = parse(CONFIG_KEY_digest_enabled, "yes");
    assert_false(v.flag);
    assert_true(v.is_doubtful);
}

static void yes_no_switches_change_on_their_exact_word_only(void **state)
{
    (void)state;
    assert_false(parse(CONFIG_KEY_force_sync, "no").flag);
    assert_true(parse(CONFIG_KEY_force_sync, "yes").flag);
    assert_true(parse(CONFIG_KEY_force_sync, "NO").flag);
    assert_true(parse(CONFIG_KEY_force_sync, "NO").is_doubtful);
    assert_true(parse(CONFIG_KEY_skip_acl, "yes").flag);
    assert_false(parse(CONFIG_KEY_skip_acl, "true").flag);
    assert_false(parse(CONFIG_KEY_admin_enable_server, "false").flag);
    assert_true(parse(CONFIG_KEY_admin_enable_server, "off").flag);
}

static void choices_and_classes_are_known_names(void **state)
{
    (void)state;
    parse(CONFIG_KEY_ssl_client_auth, "WANT");
    refuse(CONFIG_KEY_ssl_client_auth, "maybe");
    refuse(CONFIG_KEY_ssl_client_auth, "none,want");
    parse(CONFIG_KEY_server_cnxn_factory, "org.apache.zookeeper.server.NettyServerCnxnFactory");
    parse(CONFIG_KEY_server_cnxn_factory, "NIOServerCnxnFactory");
    refuse(CONFIG_KEY_server_cnxn_factory, "com.example.Factory");
}

static void expect_range(enum config_key key, const char *expect)
{
    struct buf out = {0};
    config_value_range(config_row(key), &out);
    assert_string_equal(buf_cstr(&out), expect);
    buf_fini(&out);
}

static void ranges_read_as_text(void **state)
{
    (void)state;
    expect_range(CONFIG_KEY_tick_time_ms, "a number in the range 1..2147483647 (ms)");
    expect_range(CONFIG_KEY_election_alg, "a number in the range 3..3");
    expect_range(CONFIG_KEY_standalone_enabled, "true or false");
    expect_range(CONFIG_KEY_skip_acl, "no or yes");
    expect_range(CONFIG_KEY_ssl_client_auth, "one of none, want, need");
    expect_range(CONFIG_KEY_data_dir, "path");
}

static void every_default_is_legal(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_row *row = config_row((enum config_key)i);
        if (row->default_text[0] != 0) {
            struct config_value v = parse((enum config_key)i, row->default_text);
            assert_false(v.is_doubtful);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_the_file_are_decimal),
        cmocka_unit_test(numbers_of_properties_may_have_a_radix),
        cmocka_unit_test(longs_reach_their_ends),
        cmocka_unit_test(reals_lie_in_their_range),
        cmocka_unit_test(booleans_of_the_file_are_strict),
        cmocka_unit_test(boolean_properties_are_false_unless_true),
        cmocka_unit_test(yes_no_switches_change_on_their_exact_word_only),
        cmocka_unit_test(choices_and_classes_are_known_names),
        cmocka_unit_test(ranges_read_as_text),
        cmocka_unit_test(every_default_is_legal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
