// SPDX-License-Identifier: Apache-2.0
//
// Ids of the scheme ip, with the tolerance of Java's parser.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/ip_match.h"

static void these_are_valid(void **state)
{
    (void)state;
    const char *texts[] = {
        "1.2.3.4", "01.2.3.4", "+1.2.3.4",   "10.0.0.0/8",      "0.0.0.0/0", "1.2.3.4/32",
        "::1",     "::",       "fe80::1/64", "1:2:3:4:5:6:7:8", "1::8/128",  "::1/0"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_true(ip_is_valid(slice_str(texts[i])));
    }
}

static void these_are_not(void **state)
{
    (void)state;
    const char *texts[] = {"",
                           "1.2.3",
                           "1.2.3.4.5",
                           "256.1.1.1",
                           "1.2.3.4/33",
                           "1.2.3.4/-1",
                           "1.2.3.4/",
                           "1.2.3.4/x",
                           " 1.2.3.4",
                           "localhost",
                           "[::1]",
                           "::1%eth0",
                           "::1/129",
                           "1:2:3",
                           "1::2::3",
                           ":::",
                           "12345::",
                           "1:2:3:4:5:6:7:8:9",
                           "::1.2.3.4",
                           "1:2:3:4:5:6:7::8",
                           "4294967296.0.0.1"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(ip_is_valid(slice_str(texts[i])));
    }
}

static bool matches(const char *peer, const char *pattern)
{
    return ip_matches(slice_str(peer), slice_str(pattern));
}

static void prefixes_compare_their_bits_only(void **state)
{
    (void)state;
    assert_true(matches("10.1.2.3", "10.0.0.0/8"));
    assert_false(matches("11.1.2.3", "10.0.0.0/8"));
    assert_true(matches("10.1.2.3", "10.1.2.3"));
    assert_false(matches("10.1.2.3", "10.1.2.4"));
    assert_true(matches("192.168.1.127", "192.168.1.64/26"));
    assert_false(matches("192.168.1.128", "192.168.1.64/26"));
    assert_true(matches("1.2.3.4", "9.9.9.9/0"));
    assert_true(matches("fe80:0:0:0:0:0:0:1", "fe80::/10"));
    assert_false(matches("fec0:0:0:0:0:0:0:1", "fe80::/10"));
}

static void families_never_match_each_other(void **state)
{
    (void)state;
    assert_false(matches("1.2.3.4", "::/0"));
    assert_false(matches("0:0:0:0:0:0:0:1", "0.0.0.0/0"));
}

static void what_does_not_parse_matches_nothing(void **state)
{
    (void)state;
    assert_false(matches("fe80:0:0:0:0:0:0:1%2", "fe80::/10"));
    assert_false(matches("1.2.3.4", "1.2.3.4/40"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(these_are_valid),
        cmocka_unit_test(these_are_not),
        cmocka_unit_test(prefixes_compare_their_bits_only),
        cmocka_unit_test(families_never_match_each_other),
        cmocka_unit_test(what_does_not_parse_matches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
