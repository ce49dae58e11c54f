// SPDX-License-Identifier: Apache-2.0
//
// Packets recorded from a real server and its clients, and passwords that real servers gave.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "jute/connect.h"
#include "tests/unit/jute/hex.h"

enum { STRING_MAX = 1 << 20 };

#define REQUEST                                                                                    \
    "00 00 00 00  00 00 00 00 00 00 00 00  00 00 27 10  00 00 00 00 00 00 00 00"                   \
    "00 00 00 10  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
#define RESPONSE                                                                                   \
    "00 00 00 00  00 00 27 10  01 00 00 14 a4 c6 00 00"                                            \
    "00 00 00 10  d8 ee a4 c1 85 f3 84 ed 76 f9 01 11 d6 83 61 e6"

static bool decode_request(const char *text, struct connect_request *ret, struct buf *bytes)
{
    struct jute_in in;
    *bytes = hex_bytes(text);
    jute_in_init(&in, buf_slice(bytes), NULL, STRING_MAX);
    return connect_request_decode(&in, ret);
}

static void request_of_a_new_session_is_read(void **state)
{
    (void)state;
    struct connect_request r;
    struct buf bytes;
    assert_true(decode_request(REQUEST "00", &r, &bytes));
    assert_int_equal(r.body.protocol_version, 0);
    assert_int_equal(r.body.timeout_ms, 10000);
    assert_int_equal(r.body.session_id, 0);
    assert_int_equal(r.body.passwd.len, 16);
    assert_true(r.has_read_only);
    assert_false(r.read_only);
    struct buf out = {0};
    connect_request_encode(&r, &out);
    assert_true(slice_equal(buf_slice(&out), buf_slice(&bytes)));
    buf_fini(&out);
    buf_fini(&bytes);
}

static void read_only_byte_is_optional(void **state)
{
    (void)state;
    struct connect_request r;
    struct buf bytes;
    assert_true(decode_request(REQUEST, &r, &bytes));
    assert_false(r.has_read_only);
    assert_false(r.read_only);
    struct buf out = {0};
    connect_request_encode(&r, &out);
    hex_assert(buf_slice(&out), REQUEST);
    buf_fini(&out);
    buf_fini(&bytes);
    assert_true(decode_request(REQUEST "01", &r, &bytes));
    assert_true(r.has_read_only && r.read_only);
    buf_fini(&bytes);
    assert_true(decode_request(REQUEST "00 ff ff", &r, &bytes)); // more bytes are ignored
    assert_true(r.has_read_only && !r.read_only);
    buf_fini(&bytes);
}

static void request_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct buf whole = hex_bytes(REQUEST);
    for (size_t cut = 0; cut < whole.len; cut++) {
        uint8_t *part = mem_alloc(cut + 1);
        memcpy(part, whole.data, cut);
        struct jute_in in;
        struct connect_request r;
        jute_in_init(&in, slice_of(part, cut), NULL, STRING_MAX);
        assert_false(connect_request_decode(&in, &r));
        assert_true(in.failed);
        mem_free(part);
    }
    buf_fini(&whole);
}

static void password_may_be_null_or_of_any_length(void **state)
{
    (void)state;
    struct connect_request r;
    struct buf bytes;
    const char *head = "00 00 00 00  00 00 00 00 00 00 00 00  00 00 27 10  00 00 00 00 00 00 00 07";
    struct buf text = {0};
    buf_printf(&text, "%s ff ff ff ff 01", head);
    assert_true(decode_request(buf_cstr(&text), &r, &bytes));
    assert_true(slice_is_null(r.body.passwd));
    assert_true(r.read_only);
    buf_fini(&bytes);
    buf_clear(&text);
    buf_printf(&text, "%s 00 00 00 03 61 62 63", head);
    assert_true(decode_request(buf_cstr(&text), &r, &bytes));
    assert_true(slice_equal_str(r.body.passwd, "abc"));
    assert_false(connect_passwd_matches(7, r.body.passwd));
    buf_fini(&bytes);
    buf_fini(&text);
}

static void response_has_the_byte_only_when_asked(void **state)
{
    (void)state;
    uint8_t passwd[CONNECT_PASSWD_BYTES];
    connect_passwd(INT64_C(0x01000014a4c60000), passwd);
    struct connect_response r = {
        .body = {.timeout_ms = 10000,
                 .session_id = INT64_C(0x01000014a4c60000),
                 .passwd = slice_of(passwd, sizeof(passwd))},
        .has_read_only = true,
    };
    struct buf out = {0};
    connect_response_encode(&r, &out);
    hex_assert(buf_slice(&out), RESPONSE "00");
    struct jute_in in;
    struct connect_response back;
    jute_in_init(&in, buf_slice(&out), NULL, STRING_MAX);
    assert_true(connect_response_decode(&in, &back));
    assert_int_equal(back.body.session_id, r.body.session_id);
    assert_true(back.has_read_only && !back.read_only);
    buf_clear(&out);
    r.has_read_only = false;
    connect_response_encode(&r, &out);
    hex_assert(buf_slice(&out), RESPONSE);
    jute_in_init(&in, buf_slice(&out), NULL, STRING_MAX);
    assert_true(connect_response_decode(&in, &back));
    assert_false(back.has_read_only);
    buf_fini(&out);
}

static void response_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct buf whole = hex_bytes(RESPONSE);
    for (size_t cut = 0; cut < whole.len; cut++) {
        struct jute_in in;
        struct connect_response r;
        jute_in_init(&in, slice_of(whole.data, cut), NULL, STRING_MAX);
        assert_false(connect_response_decode(&in, &r));
    }
    buf_fini(&whole);
}

static void refusal_is_all_zeros(void **state)
{
    (void)state;
    struct buf out = {0};
    struct connect_response r = connect_refused(true);
    connect_response_encode(&r, &out);
    hex_assert(buf_slice(&out), "00 00 00 00  00 00 00 00  00 00 00 00 00 00 00 00  00 00 00 10"
                                "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  00");
    buf_clear(&out);
    r = connect_refused(false);
    connect_response_encode(&r, &out);
    assert_int_equal(out.len, 36);
    buf_fini(&out);
}

static void passwords_are_those_of_java(void **state)
{
    (void)state;
    static const struct {
        uint64_t session;
        const char *passwd;
    } known[] = {
        {0x01000014a4c60000, "d8eea4c185f384ed76f90111d68361e6"},
        {0x010000263d0e0000, "b0d137c07d99fdb80e741d298e4659ae"},
        {0x0100003284e70000, "cbda16d6fcbb063a213e133ea5621132"},
        {0x0300000012340000, "6ed47e886378d816fcff98b3e4ae1308"},
        {0xffffffffffffffff, "20f62cb5648dc2d771471c8a2486a9ee"},
        {0x8000000000000001, "054cc74a37327db215e702e20c73f005"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        uint8_t passwd[CONNECT_PASSWD_BYTES];
        int64_t session = (int64_t)known[i].session;
        connect_passwd(session, passwd);
        hex_assert(slice_of(passwd, sizeof(passwd)), known[i].passwd);
        assert_true(connect_passwd_matches(session, slice_of(passwd, sizeof(passwd))));
        assert_false(connect_passwd_matches(session + 1, slice_of(passwd, sizeof(passwd))));
        for (size_t byte = 0; byte < sizeof(passwd); byte++) {
            passwd[byte] ^= 0x40;
            assert_false(connect_passwd_matches(session, slice_of(passwd, sizeof(passwd))));
            passwd[byte] ^= 0x40;
        }
    }
}

static void session_zero_has_no_password(void **state)
{
    (void)state;
    uint8_t passwd[CONNECT_PASSWD_BYTES];
    connect_passwd(0, passwd);
    assert_false(connect_passwd_matches(0, slice_of(passwd, sizeof(passwd))));
    assert_false(connect_passwd_matches(1, slice_null()));
}

static void first_session_id_holds_server_and_time(void **state)
{
    (void)state;
    assert_int_equal(connect_first_session_id(0x14a4c6, 1), INT64_C(0x01000014a4c60000));
    assert_int_equal(connect_first_session_id(0, 3), INT64_C(0x0300000000000000));
    // Only 40 bits of the time and 8 of the server id fit; they do not touch.
    assert_int_equal(connect_first_session_id(INT64_C(0xabcdef123456789), 0x1ff),
                     (int64_t)UINT64_C(0xfff1234567890000));
}

static void first_session_id_is_never_the_container_mark(void **state)
{
    (void)state;
    assert_int_equal(connect_first_session_id(0, 128), INT64_MIN + 1);
    assert_int_equal(connect_first_session_id(1, 128), INT64_MIN + 0x10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_of_a_new_session_is_read),
        cmocka_unit_test(read_only_byte_is_optional),
        cmocka_unit_test(request_cut_anywhere_is_refused),
        cmocka_unit_test(password_may_be_null_or_of_any_length),
        cmocka_unit_test(response_has_the_byte_only_when_asked),
        cmocka_unit_test(response_cut_anywhere_is_refused),
        cmocka_unit_test(refusal_is_all_zeros),
        cmocka_unit_test(passwords_are_those_of_java),
        cmocka_unit_test(session_zero_has_no_password),
        cmocka_unit_test(first_session_id_holds_server_and_time),
        cmocka_unit_test(first_session_id_is_never_the_container_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
