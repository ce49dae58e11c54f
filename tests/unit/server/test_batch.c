// SPDX-License-Identifier: Apache-2.0
//
// Batches: what was added comes out again, in parts, as it was.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "jute/op.h"
#include "server/batch.h"
#include "store/record.h"

static void nothing(struct port_job *job)
{
    (void)job;
}

static struct batch *new_batch(void)
{
    return batch_new(NULL, nothing, NULL); // its clock is for the worker
}

static struct slice add_error(struct batch *b, int64_t zxid, int32_t err)
{
    const struct txn txn = {.header = {.zxid = zxid, .cxid = err, .type = OP_ERROR},
                            .op = {.type = OP_ERROR, .error = {.err = err}}};
    const struct pending p = {.xid = err, .type = OP_DELETE};
    struct slice body;
    batch_add(b, &txn, &p, &body);
    return body;
}

static void transactions_come_out_in_order_up_to_a_limit(void **state)
{
    (void)state;
    struct batch *b = new_batch();
    add_error(b, 5, -1);
    add_error(b, 6, -2);
    add_error(b, INT64_C(0x100000001), -3); // of the next epoch
    assert_int_equal(b->first_zxid, 5);
    assert_int_equal(b->last_zxid, INT64_C(0x100000001));
    batch_logged(b);
    struct slice body;
    const struct pending *p;
    assert_false(batch_next(b, 4, &body, &p));
    for (int32_t i = 0; i < 2; i++) {
        assert_true(batch_next(b, 7, &body, &p));
        assert_int_equal(record_zxid(body), 5 + i);
        assert_int_equal(p->xid, -1 - i);
        assert_false(batch_is_applied(b));
        batch_advance(b, body);
    }
    assert_false(batch_next(b, INT64_C(0x100000000), &body, &p));
    assert_true(batch_next(b, INT64_MAX, &body, &p));
    assert_int_equal(p->xid, -3);
    batch_advance(b, body);
    assert_true(batch_is_applied(b));
    assert_false(batch_next(b, INT64_MAX, &body, &p));
    batch_free(b);
}

static void bytes_are_taken_as_they_are(void **state)
{
    (void)state;
    struct batch *from = new_batch();
    struct batch *to = new_batch();
    const struct pending nobody = {0};
    for (int64_t zxid = 1; zxid <= 100; zxid++) { // grows
        struct slice body = add_error(from, zxid, (int32_t)-zxid);
        batch_add_bytes(to, zxid, body, &nobody);
    }
    assert_int_equal(to->count, 100);
    assert_true(slice_equal(buf_slice(&from->records), buf_slice(&to->records)));
    batch_free(from);
    batch_free(to);
}

static void the_body_handed_out_is_the_encoded_transaction(void **state)
{
    (void)state;
    struct batch *b = new_batch();
    struct slice body = add_error(b, 9, ZK_NO_NODE);
    struct arena arena = {0};
    struct txn txn;
    assert_int_equal(txn_decode(body, &arena, 100, &txn), ERR_OK);
    assert_int_equal(txn.header.zxid, 9);
    assert_int_equal(txn.op.error.err, ZK_NO_NODE);
    arena_fini(&arena);
    batch_free(b);
}

static void a_cleared_batch_begins_anew_and_keeps_no_large_buffer(void **state)
{
    (void)state;
    enum { LARGE_BYTES = 3 * 1024 * 1024 };
    struct batch *b = new_batch();
    struct buf large = {0};
    memset(buf_reserve(&large, LARGE_BYTES), 0, LARGE_BYTES);
    large.len = LARGE_BYTES;
    const struct pending nobody = {0};
    batch_add_bytes(b, 7, buf_slice(&large), &nobody);
    buf_fini(&large);
    batch_logged(b);
    batch_clear(b);
    assert_int_equal(b->records.cap, 0);
    assert_int_equal(b->count, 0);
    assert_true(batch_is_applied(b));
    add_error(b, 3, -1); // a smaller zxid is fine again
    assert_int_equal(b->first_zxid, 3);
    batch_clear(b);
    assert_true(b->records.cap > 0);
    batch_free(b);
    batch_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transactions_come_out_in_order_up_to_a_limit),
        cmocka_unit_test(bytes_are_taken_as_they_are),
        cmocka_unit_test(the_body_handed_out_is_the_encoded_transaction),
        cmocka_unit_test(a_cleared_batch_begins_anew_and_keeps_no_large_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
