// SPDX-License-Identifier: Apache-2.0
//
// The bytes of the quorum port, compared with what Apache ZooKeeper sends, and how a packet is cut
// off a stream that comes in pieces.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/packet.h"

enum { DATA_MAX = 1024 };

// clang-format off: one field a line
static const uint8_t FOLLOWERINFO[] = {
    0, 0, 0, 11, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 20, 0,    0,    0,    0,
    0, 0, 0, 3,  0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0xff, 0xff, 0xff, 0xff,
};
// clang-format on
static const uint8_t DIFF[] = {0, 0, 0,    13,   0,    0,    0,    1,    0,    0,
                               0, 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t PING_ANSWER[] = {0, 0, 0, 5, 0, 0, 0,    2,    0,    0,
                                      0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
static const uint8_t REQUEST[] = {
    0,   0, 0,    1,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,   0,   0, 0x1a, 3,
    0,   0, 0,    0x12, 0x34, 0,    0,    0,    0,    0,    7,    0,    0,   0,   2, 0,    0,
    0,   2, 0x2f, 0x61, 0xff, 0xff, 0xff, 0xff, 0,    0,    0,    1,    0,   0,   0, 2,    'i',
    'p', 0, 0,    0,    9,    '1',  '2',  '7',  '.',  '0',  '.',  '0',  '.', '1',
};

static void assert_bytes(const struct buf *b, const uint8_t *expected, size_t len)
{
    assert_int_equal(b->len, len);
    assert_memory_equal(b->data, expected, len);
}

static struct zab_packet take(const uint8_t *bytes, size_t len)
{
    struct zab_packet p = {0};
    size_t taken = 0;
    assert_int_equal(zab_packet_take(slice_of(bytes, len), DATA_MAX, &p, &taken), ERR_OK);
    assert_int_equal(taken, len);
    return p;
}

static enum err error_of(const uint8_t *bytes, size_t len)
{
    struct zab_packet p = {.type = 77};
    size_t taken = 99;
    enum err e = zab_packet_take(slice_of(bytes, len), DATA_MAX, &p, &taken);
    assert_int_equal(p.type, 77);
    assert_int_equal(taken, 99);
    return e;
}

static void packets_are_encoded_as_other_members_send_them(void **state)
{
    (void)state;
    struct buf b = {0};
    struct buf info = {0};
    const struct zab_learner_info li = {
        .has_sid = true, .sid = 3, .protocol_version = ZAB_PROTOCOL_VERSION};
    zab_learner_info_encode(&li, &info);
    struct zab_packet p = {.type = ZAB_FOLLOWERINFO, .zxid = 0x100000000, .data = buf_slice(&info)};
    zab_packet_encode(&p, &b);
    assert_bytes(&b, FOLLOWERINFO, sizeof(FOLLOWERINFO));

    buf_clear(&b);
    zab_packet_encode(&(struct zab_packet){.type = ZAB_DIFF, .zxid = 0x100000005}, &b);
    assert_bytes(&b, DIFF, sizeof(DIFF));

    buf_clear(&b);
    p = (struct zab_packet){.type = ZAB_PING, .zxid = 0x200000001, .data = slice_str("")};
    zab_packet_encode(&p, &b);
    assert_bytes(&b, PING_ANSWER, sizeof(PING_ANSWER));
    buf_fini(&b);
    buf_fini(&info);
}

static void what_was_taken_is_encoded_as_it_was(void **state)
{
    (void)state;
    struct zab_packet p = take(REQUEST, sizeof(REQUEST));
    assert_int_equal(p.type, ZAB_REQUEST);
    assert_int_equal(p.zxid, -1);
    assert_int_equal(p.data.len, 0x1a);
    assert_int_equal(p.authinfo.len, 23);
    struct buf b = {0};
    zab_packet_encode(&p, &b);
    assert_bytes(&b, REQUEST, sizeof(REQUEST));
    buf_fini(&b);
}

static void null_and_empty_data_are_told_apart(void **state)
{
    (void)state;
    assert_true(slice_is_null(take(DIFF, sizeof(DIFF)).data));
    struct zab_packet p = take(PING_ANSWER, sizeof(PING_ANSWER));
    assert_false(slice_is_null(p.data));
    assert_int_equal(p.data.len, 0);
    assert_true(slice_is_null(p.authinfo));
}

static void a_packet_is_taken_only_when_its_last_byte_is_there(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof(REQUEST); len++) {
        struct zab_packet p = {.type = 77};
        size_t taken = 99;
        assert_int_equal(zab_packet_take(slice_of(REQUEST, len), DATA_MAX, &p, &taken), ERR_OK);
        assert_int_equal(taken, 0);
        assert_int_equal(p.type, 77);
    }
}

static void packets_back_to_back_come_one_by_one(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_append(&b, REQUEST, sizeof(REQUEST));
    buf_append(&b, DIFF, sizeof(DIFF));
    struct zab_packet p;
    size_t taken;
    assert_int_equal(zab_packet_take(buf_slice(&b), DATA_MAX, &p, &taken), ERR_OK);
    assert_int_equal(taken, sizeof(REQUEST));
    struct slice rest = slice_skip(buf_slice(&b), taken);
    assert_int_equal(zab_packet_take(rest, DATA_MAX, &p, &taken), ERR_OK);
    assert_int_equal(p.type, ZAB_DIFF);
    assert_int_equal(taken, rest.len);
    buf_fini(&b);
}

static void impossible_lengths_are_refused_before_the_rest_has_come(void **state)
{
    (void)state;
    uint8_t bytes[20] = {0, 0, 0, 2};
    be32_store(bytes + 12, (uint32_t)-2);
    assert_int_equal(error_of(bytes, 16), ERR_MALFORMED);
    be32_store(bytes + 12, DATA_MAX + 1);
    assert_int_equal(error_of(bytes, 16), ERR_TOO_BIG);
    be32_store(bytes + 12, (uint32_t)-1);
    be32_store(bytes + 16, (uint32_t)-2);
    assert_int_equal(error_of(bytes, 20), ERR_MALFORMED);
    be32_store(bytes + 16, ZAB_AUTH_IDS_MAX + 1);
    assert_int_equal(error_of(bytes, 20), ERR_MALFORMED);
}

static void a_string_of_authinfo_has_the_limit_of_data(void **state)
{
    (void)state;
    uint8_t bytes[24] = {0, 0, 0, 1};
    be32_store(bytes + 12, (uint32_t)-1);
    be32_store(bytes + 16, 1);
    be32_store(bytes + 20, DATA_MAX + 1);
    assert_int_equal(error_of(bytes, 24), ERR_TOO_BIG);
}

static void every_type_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(zab_packet_name(ZAB_REQUEST), "REQUEST");
    assert_string_equal(zab_packet_name(ZAB_INFORMANDACTIVATE), "INFORMANDACTIVATE");
    for (int32_t t = ZAB_REQUEST; t <= ZAB_INFORMANDACTIVATE; t++) {
        assert_string_not_equal(zab_packet_name(t), "?");
    }
    assert_string_equal(zab_packet_name(0), "?");
    assert_string_equal(zab_packet_name(20), "?");
    assert_string_equal(zab_packet_name(-1), "?");
}

static void learner_info_of_every_release_is_understood(void **state)
{
    (void)state;
    struct buf b = {0};
    const struct zab_learner_info li = {
        .sid = -7, .protocol_version = ZAB_PROTOCOL_VERSION, .config_version = 0x300000000};
    zab_learner_info_encode(&li, &b);
    struct zab_learner_info got;
    assert_int_equal(zab_learner_info_decode(buf_slice(&b), &got), ERR_OK);
    assert_true(got.has_sid);
    assert_int_equal(got.sid, -7);
    assert_int_equal(got.protocol_version, ZAB_PROTOCOL_VERSION);
    assert_int_equal(got.config_version, 0x300000000);

    assert_int_equal(zab_learner_info_decode(slice_of(b.data, 12), &got), ERR_OK);
    assert_int_equal(got.protocol_version, ZAB_PROTOCOL_VERSION);
    assert_int_equal(got.config_version, 0);

    assert_int_equal(zab_learner_info_decode(slice_of(b.data, 8), &got), ERR_OK);
    assert_int_equal(got.sid, -7);
    assert_int_equal(got.protocol_version, 1);

    assert_int_equal(zab_learner_info_decode(slice_null(), &got), ERR_OK);
    assert_false(got.has_sid);
    assert_int_equal(zab_learner_info_decode(slice_of(b.data, 7), &got), ERR_MALFORMED);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_encoded_as_other_members_send_them),
        cmocka_unit_test(what_was_taken_is_encoded_as_it_was),
        cmocka_unit_test(null_and_empty_data_are_told_apart),
        cmocka_unit_test(a_packet_is_taken_only_when_its_last_byte_is_there),
        cmocka_unit_test(packets_back_to_back_come_one_by_one),
        cmocka_unit_test(impossible_lengths_are_refused_before_the_rest_has_come),
        cmocka_unit_test(a_string_of_authinfo_has_the_limit_of_data),
        cmocka_unit_test(every_type_has_its_name),
        cmocka_unit_test(learner_info_of_every_release_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
