// SPDX-License-Identifier: Apache-2.0
//
// Digests by their Java names, against published values.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "host/digest.h"

static void expect(const char *algorithm, const char *text, const char *hex)
{
    struct port_digest d;
    digest_init(&d);
    uint8_t bytes[PORT_DIGEST_BYTES_MAX];
    size_t len = 0;
    assert_int_equal(d.hash(&d, algorithm, slice_str(text), bytes, &len), ERR_OK);
    assert_int_equal(len * 2, strlen(hex));
    for (size_t i = 0; i < len; i++) {
        char pair[3];
        (void)snprintf(pair, sizeof(pair), "%02x", bytes[i]);
        assert_memory_equal(pair, hex + 2 * i, 2);
    }
}

static void known_digests_are_right(void **state)
{
    (void)state;
    expect("MD5", "abc", "900150983cd24fb0d6963f7d28e17f72");
    expect("SHA1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
    expect("SHA-1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
    expect("SHA-256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect("SHA-512/256", "abc",
           "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
    expect("SHA3-256", "", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
}

static void every_name_hashes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t len;
    } rows[] = {
        {"SHA", 20},         {"sha-256", 32},  {"SHA-224", 28},  {"SHA-384", 48},  {"SHA-512", 64},
        {"SHA-512/224", 28}, {"SHA3-224", 28}, {"SHA3-384", 48}, {"SHA3-512", 64},
    };
    struct port_digest d;
    digest_init(&d);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t bytes[PORT_DIGEST_BYTES_MAX];
        size_t len = 0;
        assert_int_equal(d.hash(&d, rows[i].name, slice_str("x"), bytes, &len), ERR_OK);
        assert_int_equal(len, rows[i].len);
    }
}

static void unknown_name_is_unsupported(void **state)
{
    (void)state;
    struct port_digest d;
    digest_init(&d);
    uint8_t bytes[PORT_DIGEST_BYTES_MAX];
    size_t len = 77;
    assert_int_equal(d.hash(&d, "SHA-3", slice_str("x"), bytes, &len), ERR_UNSUPPORTED);
    assert_int_equal(d.hash(&d, "", slice_str("x"), bytes, &len), ERR_UNSUPPORTED);
    assert_int_equal(len, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests_are_right),
        cmocka_unit_test(every_name_hashes),
        cmocka_unit_test(unknown_name_is_unsupported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
