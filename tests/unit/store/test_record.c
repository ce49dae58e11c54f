// SPDX-License-Identifier: Apache-2.0
//
// Framing of log records, against the bytes of a Java server.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/record.h"
#include "tests/unit/store/world.h"

// The first two records of a 3.8.0 server's log.
static const char java_records[] =
    "00000000b3910a03 00000030 01000034651d0000 00000000 0000000000000001 000001a1fb8c3b6d"
    "fffffff6 00002710 00000002 0000000051c6d660 42"
    "00000000a16d0b7a 00000057 01000034651d0000 00000001 0000000000000002 000001a1fb8c3b77"
    "00000001 000000022f61 0000000178"
    "00000001 0000001f 00000005776f726c64 00000006616e796f6e65 00 00000001"
    "00000002 00000000df04f71e 42";

static void frames_are_those_of_java(void **state)
{
    (void)state;
    struct buf java = {0};
    struct buf ours = {0};
    world_hex(&java, java_records);
    struct slice rest = buf_slice(&java);
    struct slice body;
    while (record_next(&rest, &body)) {
        size_t start = record_begin(&ours);
        buf_append_slice(&ours, body);
        record_end(&ours, start);
    }
    record_seal(ours.data, ours.len);
    assert_int_equal(ours.len, java.len);
    assert_memory_equal(ours.data, java.data, java.len);
    buf_fini(&java);
    buf_fini(&ours);
}

static void iteration_gives_every_body_and_its_zxid(void **state)
{
    (void)state;
    struct buf batch = {0};
    world_put_session(&batch, 1, 0x10, 4000);
    world_put_create(&batch, 2, "/a", "x", false);
    world_put_delete(&batch, 3, "/a");
    struct slice rest = buf_slice(&batch);
    struct slice body;
    int64_t zxid = 0;
    while (record_next(&rest, &body)) {
        zxid++;
        assert_int_equal(record_zxid(body), zxid);
    }
    assert_int_equal(zxid, 3);
    assert_false(record_next(&rest, &body));
    buf_fini(&batch);
}

static void a_record_may_be_given_up(void **state)
{
    (void)state;
    struct buf batch = {0};
    world_put_session(&batch, 1, 0x10, 4000);
    size_t len = batch.len;
    size_t start = record_begin(&batch);
    buf_append_str(&batch, "not to be");
    batch.len = start;
    assert_int_equal(batch.len, len);
    record_seal(batch.data, batch.len);
    buf_fini(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_those_of_java),
        cmocka_unit_test(iteration_gives_every_body_and_its_zxid),
        cmocka_unit_test(a_record_may_be_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
