// SPDX-License-Identifier: Apache-2.0
//
// Identities and the text of addresses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/ids.h"

static void an_identity_is_kept_once(void **state)
{
    (void)state;
    struct ids ids;
    ids_init(&ids);
    assert_true(ids_add(&ids, slice_str("digest"), slice_str("bob:x")));
    assert_true(ids_add(&ids, slice_str("digest"), slice_str("bob:x")));
    assert_true(ids_add(&ids, slice_str("digest"), slice_str("bob:y")));
    assert_int_equal(ids.count, 2);
    assert_true(ids_has_scheme(&ids, slice_str("digest")));
    assert_false(ids_has_scheme(&ids, slice_str("super")));
    ids_fini(&ids);
}

static void the_number_of_identities_is_bounded(void **state)
{
    (void)state;
    struct ids ids;
    ids_init(&ids);
    for (uint32_t i = 0; i < IDS_MAX; i++) {
        assert_true(ids_add(&ids, slice_str("ip"), slice_of(&i, sizeof(i))));
    }
    assert_false(ids_add(&ids, slice_str("ip"), slice_str("one more")));
    assert_int_equal(ids.count, IDS_MAX);
    ids_fini(&ids);
}

static void check_text(const struct port_address *address, const char *expected)
{
    struct buf text = {0};
    ids_print_address(address, &text);
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
}

static void addresses_print_as_java_prints_them(void **state)
{
    (void)state;
    const struct port_address v4 = {.bytes = {127, 0, 0, 1}};
    const struct port_address v6 = {.bytes = {[15] = 1}, .is_v6 = true};
    const struct port_address link_local = {
        .bytes = {0xfe, 0x80, [14] = 0x12, [15] = 0xab}, .is_v6 = true, .scope = 2};
    check_text(&v4, "127.0.0.1");
    check_text(&v6, "0:0:0:0:0:0:0:1");
    check_text(&link_local, "fe80:0:0:0:0:0:0:12ab%2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identity_is_kept_once),
        cmocka_unit_test(the_number_of_identities_is_bounded),
        cmocka_unit_test(addresses_print_as_java_prints_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
