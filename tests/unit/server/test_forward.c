// SPDX-License-Identifier: Apache-2.0
//
// What waits for the leader, and requests as packets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/prng.h"
#include "jute/op.h"
#include "server/forward.h"

// ---- the queue ----

static void add(struct forward *f, int64_t session, int32_t xid, int32_t type, uint64_t order)
{
    const struct pending p = {.session_id = session, .xid = xid, .type = type};
    forward_add(f, &p, order, 10);
}

static bool take(struct forward *f, int64_t session, int32_t xid, int32_t type)
{
    const struct jute_txn_header header = {.client_id = session, .cxid = xid, .type = type};
    struct forward_item item;
    return forward_take(f, &header, &item);
}

static void only_the_oldest_request_is_answered(void **state)
{
    (void)state;
    struct forward f;
    forward_init(&f);
    assert_false(take(&f, 1, 1, OP_CREATE));
    add(&f, 1, 1, OP_CREATE, 1);
    add(&f, 2, 1, OP_SET_DATA, 2);
    assert_false(take(&f, 2, 1, OP_SET_DATA)); // not its turn
    assert_false(take(&f, 1, 2, OP_CREATE));   // another cxid
    assert_false(take(&f, 3, 1, OP_CREATE));   // another session
    assert_true(take(&f, 1, 1, OP_CREATE));
    assert_true(take(&f, 2, 1, OP_ERROR)); // whatever it asked for
    assert_int_equal(f.count, 0);
    assert_int_equal(f.bytes, 0);
    forward_fini(&f);
}

// A close by expiry has cxid 0; a client may number its requests from 0.
static void a_transaction_of_another_type_is_somebody_elses(void **state)
{
    (void)state;
    struct forward f;
    forward_init(&f);
    add(&f, 1, 0, OP_SET_DATA, 1);
    assert_false(take(&f, 1, 0, OP_CLOSE_SESSION));
    assert_true(take(&f, 1, 0, OP_SET_DATA));
    forward_fini(&f);
}

static void requests_come_out_in_their_order_however_many_there_are(void **state)
{
    (void)state;
    struct forward f;
    forward_init(&f);
    struct prng prng;
    prng_init(&prng, 5);
    int32_t added = 0;
    int32_t taken = 0;
    while (taken < 5000) {
        if (prng_below(&prng, 100) < 51) {
            added++;
            add(&f, added % 7, added, OP_CREATE, (uint64_t)added);
        } else if (taken < added) {
            taken++;
            struct forward_item item;
            const struct jute_txn_header header = {taken % 7, taken, 0, 0, OP_CREATE};
            assert_true(forward_take(&f, &header, &item));
            assert_int_equal(item.order, taken);
        }
        assert_int_equal(f.count, added - taken);
        assert_int_equal(f.bytes, 10 * (added - taken));
    }
    struct forward_item item;
    while (forward_take_any(&f, &item)) {
        taken++;
        assert_int_equal(item.pending.xid, taken);
    }
    assert_int_equal(taken, added);
    forward_fini(&f);
}

// ---- the packet ----

static void a_request_comes_back_from_its_packet(void **state)
{
    (void)state;
    struct jute_id items[] = {{slice_str("ip"), slice_str("10.1.2.3")},
                              {slice_str("digest"), slice_str("me:hash")}};
    const struct ids ids = {items, 2};
    const struct request request = {.ids = &ids,
                                    .session_id = INT64_C(0x1122334455667788),
                                    .xid = -7,
                                    .type = OP_CREATE_SESSION,
                                    .body = slice_of("\0\0\x0f\xa0", 4)};
    struct buf data = {0};
    struct buf authinfo = {0};
    forward_encode(&request, &data, &authinfo);
    static const uint8_t expected[] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, // session
                                       0xff, 0xff, 0xff, 0xf9,                         // cxid
                                       0xff, 0xff, 0xff, 0xf6,                         // opcode
                                       0,    0,    0x0f, 0xa0};
    assert_true(slice_equal(buf_slice(&data), slice_of(expected, sizeof(expected))));
    const struct zab_packet packet = {.data = buf_slice(&data), .authinfo = buf_slice(&authinfo)};
    struct arena arena = {0};
    struct ids got_ids;
    struct request got;
    assert_int_equal(forward_decode(&packet, &arena, &got_ids, &got), ERR_OK);
    assert_int_equal(got.session_id, request.session_id);
    assert_int_equal(got.xid, -7);
    assert_int_equal(got.type, OP_CREATE_SESSION);
    assert_true(slice_equal(got.body, request.body));
    assert_ptr_equal(got.ids, &got_ids);
    assert_int_equal(got_ids.count, 2);
    assert_true(slice_equal_str(got_ids.items[1].scheme, "digest"));
    assert_true(slice_equal_str(got_ids.items[1].id, "me:hash"));
    arena_fini(&arena);
    buf_fini(&data);
    buf_fini(&authinfo);
}

static void a_request_without_identities_has_the_null_vector(void **state)
{
    (void)state;
    const struct request request = {.session_id = 1, .type = OP_CLOSE_SESSION};
    struct buf data = {0};
    struct buf authinfo = {0};
    forward_encode(&request, &data, &authinfo);
    assert_true(slice_equal(buf_slice(&authinfo), slice_of("\xff\xff\xff\xff", 4)));
    struct zab_packet packet = {.data = buf_slice(&data), .authinfo = buf_slice(&authinfo)};
    struct arena arena = {0};
    struct ids ids;
    struct request got;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(forward_decode(&packet, &arena, &ids, &got), ERR_OK);
        assert_int_equal(ids.count, 0);
        assert_int_equal(got.body.len, 0);
        packet.authinfo = slice_null();
    }
    arena_fini(&arena);
    buf_fini(&data);
    buf_fini(&authinfo);
}

static void packets_that_are_cut_off_are_refused(void **state)
{
    (void)state;
    struct jute_id items[] = {{slice_str("world"), slice_str("anyone")}};
    const struct ids ids = {items, 1};
    const struct request request = {.ids = &ids, .session_id = 1, .type = OP_CLOSE_SESSION};
    struct buf data = {0};
    struct buf authinfo = {0};
    forward_encode(&request, &data, &authinfo);
    struct arena arena = {0};
    struct ids got_ids;
    struct request got;
    for (size_t len = 0; len < data.len; len++) {
        const struct zab_packet packet = {.data = slice_of(data.data, len)};
        assert_int_equal(forward_decode(&packet, &arena, &got_ids, &got), ERR_MALFORMED);
    }
    for (size_t len = 0; len < authinfo.len; len++) {
        const struct zab_packet packet = {.data = buf_slice(&data),
                                          .authinfo = slice_of(authinfo.data, len)};
        assert_int_equal(forward_decode(&packet, &arena, &got_ids, &got), ERR_MALFORMED);
    }
    arena_fini(&arena);
    buf_fini(&data);
    buf_fini(&authinfo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_oldest_request_is_answered),
        cmocka_unit_test(a_transaction_of_another_type_is_somebody_elses),
        cmocka_unit_test(requests_come_out_in_their_order_however_many_there_are),
        cmocka_unit_test(a_request_comes_back_from_its_packet),
        cmocka_unit_test(a_request_without_identities_has_the_null_vector),
        cmocka_unit_test(packets_that_are_cut_off_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
