// SPDX-License-Identifier: Apache-2.0
//
// Notifications: the bytes of the wire, and the short forms of old releases.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/notification.h"

static const char config_text[] = "server.1=127.0.0.1:31891:31991:participant\n"
                                  "server.2=127.0.0.1:31892:31992:participant\n"
                                  "version=0";

// What server 2 of a Java 3.8 ensemble sent, without the frame's length.
static const uint8_t java_head[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0,
    0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0x5f,
};

static struct buf java_bytes(void)
{
    struct buf b = {0};
    buf_append(&b, java_head, sizeof(java_head));
    buf_append_str(&b, config_text);
    return b;
}

static void bytes_are_those_of_java(void **state)
{
    (void)state;
    struct notification n = {
        .vote = {.leader = 2, .zxid = 0x100000005, .election_epoch = 3, .peer_epoch = 1},
        .config = slice_str(config_text),
    };
    struct buf expected = java_bytes();
    struct buf got = {0};
    notification_encode(&n, &got);
    assert_true(slice_equal(buf_slice(&got), buf_slice(&expected)));
    buf_fini(&got);
    buf_fini(&expected);
}

static void what_java_sends_is_understood(void **state)
{
    (void)state;
    struct buf bytes = java_bytes();
    struct notification n;
    assert_int_equal(notification_decode(buf_slice(&bytes), &n), ERR_OK);
    assert_int_equal(n.vote.state, ZAB_LOOKING);
    assert_int_equal(n.vote.leader, 2);
    assert_int_equal(n.vote.zxid, 0x100000005);
    assert_int_equal(n.vote.election_epoch, 3);
    assert_int_equal(n.vote.peer_epoch, 1);
    assert_int_equal(n.vote.version, 2);
    assert_true(slice_equal_str(n.config, config_text));
    buf_fini(&bytes);
}

static void release_3_3_sends_no_peer_epoch(void **state)
{
    (void)state;
    struct notification n;
    assert_int_equal(notification_decode(slice_of(java_head, 28), &n), ERR_OK);
    assert_int_equal(n.vote.peer_epoch, 1); // of its zxid
    assert_int_equal(n.vote.version, 0);
    assert_true(slice_is_null(n.config));
}

static void release_3_4_sends_no_configuration(void **state)
{
    (void)state;
    struct buf b = java_bytes();
    struct notification n;
    be32_store(b.data + 36, 1);
    assert_int_equal(notification_decode(slice_of(b.data, 40), &n), ERR_OK);
    assert_int_equal(n.vote.peer_epoch, 1);
    assert_int_equal(n.vote.version, 0); // the field is there and does not count
    assert_true(slice_is_null(n.config));
    buf_fini(&b);
}

static void version_one_may_be_followed_by_anything(void **state)
{
    (void)state;
    struct buf b = java_bytes();
    struct notification n;
    be32_store(b.data + 36, 1);
    be32_store(b.data + 40, 0xffffffff);
    assert_int_equal(notification_decode(buf_slice(&b), &n), ERR_OK);
    assert_int_equal(n.vote.version, 1);
    assert_true(slice_is_null(n.config));
    buf_fini(&b);
}

static void every_other_length_is_too_short(void **state)
{
    (void)state;
    struct buf b = java_bytes();
    struct notification n = {.vote.leader = 77};
    for (size_t len = 0; len < b.len; len++) {
        if (len != 28 && len != 40) {
            assert_int_not_equal(notification_decode(slice_of(b.data, len), &n), ERR_OK);
        }
    }
    assert_int_equal(n.vote.leader, 77);
    buf_fini(&b);
}

static void a_wrong_length_of_the_configuration_is_refused(void **state)
{
    (void)state;
    struct buf b = java_bytes();
    struct notification n;
    be32_store(b.data + 40, 0x60);
    assert_int_equal(notification_decode(buf_slice(&b), &n), ERR_MALFORMED);
    be32_store(b.data + 40, 0x80000000);
    assert_int_equal(notification_decode(buf_slice(&b), &n), ERR_MALFORMED);
    be32_store(b.data + 40, 0);
    assert_int_equal(notification_decode(buf_slice(&b), &n), ERR_OK);
    assert_int_equal(n.config.len, 0);
    assert_false(slice_is_null(n.config));
    buf_fini(&b);
}

static void every_state_is_known_and_no_other(void **state)
{
    (void)state;
    struct buf b = java_bytes();
    struct notification n;
    for (uint32_t s = 0; s <= 3; s++) {
        be32_store(b.data, s);
        assert_int_equal(notification_decode(buf_slice(&b), &n), ERR_OK);
        assert_int_equal(n.vote.state, s);
    }
    be32_store(b.data, 4);
    assert_int_equal(notification_decode(buf_slice(&b), &n), ERR_MALFORMED);
    be32_store(b.data, 0xffffffff);
    assert_int_equal(notification_decode(buf_slice(&b), &n), ERR_MALFORMED);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_those_of_java),
        cmocka_unit_test(what_java_sends_is_understood),
        cmocka_unit_test(release_3_3_sends_no_peer_epoch),
        cmocka_unit_test(release_3_4_sends_no_configuration),
        cmocka_unit_test(version_one_may_be_followed_by_anything),
        cmocka_unit_test(every_other_length_is_too_short),
        cmocka_unit_test(a_wrong_length_of_the_configuration_is_refused),
        cmocka_unit_test(every_state_is_known_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
