// SPDX-License-Identifier: Apache-2.0
//
// The header of an election connection: bytes of the wire, every length, addresses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/mesh_header.h"

static struct mesh_header header_of(const char *host, uint16_t port)
{
    struct mesh_header h = {.sid = 2, .place_count = 1};
    memcpy(h.places[0].host, host, strlen(host) + 1);
    h.places[0].port = port;
    return h;
}

static void put_header(struct buf *to, int64_t version, int64_t sid, const char *text)
{
    buf_put_i64(to, version);
    buf_put_i64(to, sid);
    buf_put_i32(to, (int32_t)strlen(text));
    buf_append_str(to, text);
}

static void bytes_are_those_of_java(void **state)
{
    (void)state;
    static const uint8_t java[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
                                   0,    0,    0,    0,    0,    2,    0, 0, 0, 15};
    struct mesh_header h = header_of("127.0.0.1", 31992);
    struct buf got = {0};
    struct buf expected = {0};
    buf_append(&expected, java, sizeof(java));
    buf_append_str(&expected, "127.0.0.1:31992");
    mesh_header_encode(&h, false, &got);
    assert_true(slice_equal(buf_slice(&got), buf_slice(&expected)));
    buf_fini(&got);
    buf_fini(&expected);
}

static void several_addresses_go_in_the_second_form_only(void **state)
{
    (void)state;
    struct mesh_header h = header_of("::1", 3888);
    struct buf got = {0};
    struct buf expected = {0};
    h.places[1] = (struct mesh_place){.host = "zk-1", .port = 3889};
    h.place_count = 2;
    put_header(&expected, -65535, 2, "[::1]:3888|zk-1:3889");
    mesh_header_encode(&h, true, &got);
    assert_true(slice_equal(buf_slice(&got), buf_slice(&expected)));
    buf_clear(&got);
    buf_clear(&expected);
    put_header(&expected, -65536, 2, "[::1]:3888");
    mesh_header_encode(&h, false, &got);
    assert_true(slice_equal(buf_slice(&got), buf_slice(&expected)));
    buf_fini(&got);
    buf_fini(&expected);
}

static void what_does_not_fit_is_left_out(void **state)
{
    (void)state;
    struct mesh_header h = {.sid = 1, .place_count = MESH_ADDRESSES_MAX};
    struct buf got = {0};
    size_t len;
    for (size_t i = 0; i < MESH_ADDRESSES_MAX; i++) {
        memset(h.places[i].host, 'a' + (int)i, MESH_HOST_BYTES_MAX - 1);
        h.places[i].port = 3888;
    }
    mesh_header_encode(&h, true, &got);
    assert_true(got.len <= 20 + MESH_ADDRESS_BYTES_MAX);
    struct mesh_header again;
    assert_int_equal(mesh_header_take(buf_slice(&got), &again, &len), ERR_OK);
    assert_int_equal(len, got.len);
    assert_int_equal(again.place_count, 7);
    assert_string_equal(again.places[6].host, h.places[6].host);
    buf_fini(&got);
}

static void a_header_is_taken_when_it_is_whole(void **state)
{
    (void)state;
    struct buf b = {0};
    struct mesh_header h;
    size_t len;
    put_header(&b, -65535, 7, "10.0.0.1:3888|[fe80::2]:1|0.0.0.0:5");
    size_t whole = b.len;
    buf_append_str(&b, "frame");
    for (size_t i = 0; i < whole; i++) {
        assert_int_equal(mesh_header_take(slice_of(b.data, i), &h, &len), ERR_OK);
        assert_int_equal(len, 0);
    }
    assert_int_equal(mesh_header_take(buf_slice(&b), &h, &len), ERR_OK);
    assert_int_equal(len, whole);
    assert_int_equal(h.sid, 7);
    assert_int_equal(h.place_count, 2); // a wildcard is no address
    assert_string_equal(h.places[0].host, "10.0.0.1");
    assert_int_equal(h.places[0].port, 3888);
    assert_string_equal(h.places[1].host, "fe80::2");
    assert_int_equal(h.places[1].port, 1);
    buf_fini(&b);
}

static void wildcards_alone_are_no_address(void **state)
{
    (void)state;
    struct buf b = {0};
    struct mesh_header h;
    size_t len;
    put_header(&b, -65535, 7, "0.0.0.0:3888|[::]:3888|[0:0:0:0:0:0:0:0]:1");
    assert_int_equal(mesh_header_take(buf_slice(&b), &h, &len), ERR_OK);
    assert_int_equal(h.place_count, 0);
    buf_fini(&b);
}

static void before_3_5_the_id_was_all(void **state)
{
    (void)state;
    struct buf b = {0};
    struct mesh_header h;
    size_t len;
    buf_put_i64(&b, 5);
    buf_append_str(&b, "frames");
    assert_int_equal(mesh_header_take(buf_slice(&b), &h, &len), ERR_OK);
    assert_int_equal(len, 8);
    assert_int_equal(h.sid, 5);
    assert_int_equal(h.place_count, 0);
    buf_fini(&b);
}

static void assert_refused(int64_t version, int32_t length, const char *text)
{
    struct buf b = {0};
    struct mesh_header h;
    size_t len = 77;
    buf_put_i64(&b, version);
    buf_put_i64(&b, 3);
    buf_put_i32(&b, length);
    buf_append_str(&b, text);
    assert_int_equal(mesh_header_take(buf_slice(&b), &h, &len), ERR_MALFORMED);
    assert_int_equal(len, 77);
    buf_fini(&b);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"h",      ":1",   "h:",      "h:x",    "h:65536", "h:-1",
                                        "[::1]1", "[::1", "[]:3888", "h:1|:2", "h:1||h:2"};
    assert_refused(-1, 3, "h:1");
    assert_refused(-65534, 3, "h:1");
    assert_refused(INT64_MIN, 3, "h:1");
    assert_refused(-65536, 0, "h:1");
    assert_refused(-65536, -1, "h:1");
    assert_refused(-65536, MESH_ADDRESS_BYTES_MAX + 1, "h:1");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_refused(-65535, (int32_t)strlen(texts[i]), texts[i]);
    }
}

static void names_that_are_too_long_or_hold_zeros_are_refused(void **state)
{
    (void)state;
    char name[MESH_HOST_BYTES_MAX + 3];
    struct buf b = {0};
    struct mesh_header h;
    size_t len;
    memset(name, 'n', sizeof(name));
    memcpy(name + MESH_HOST_BYTES_MAX, ":1", 3);
    assert_refused(-65536, MESH_HOST_BYTES_MAX + 2, name);
    put_header(&b, -65536, 1, "host:1");
    b.data[22] = '\0';
    assert_int_equal(mesh_header_take(buf_slice(&b), &h, &len), ERR_MALFORMED);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_those_of_java),
        cmocka_unit_test(several_addresses_go_in_the_second_form_only),
        cmocka_unit_test(what_does_not_fit_is_left_out),
        cmocka_unit_test(a_header_is_taken_when_it_is_whole),
        cmocka_unit_test(wildcards_alone_are_no_address),
        cmocka_unit_test(before_3_5_the_id_was_all),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(names_that_are_too_long_or_hold_zeros_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
