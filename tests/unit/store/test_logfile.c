// SPDX-License-Identifier: Apache-2.0
//
// The header of log files and the judgement of single records.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "store/logfile.h"
#include "store/record.h"
#include "tests/unit/store/world.h"

static void header_is_that_of_java(void **state)
{
    (void)state;
    uint8_t header[LOGFILE_HEADER_BYTES];
    struct buf java = {0};
    world_hex(&java, "5a4b4c47 00000002 0000000000000000");
    logfile_header(header);
    assert_memory_equal(header, java.data, java.len);
    assert_null(logfile_header_fault(header));
    header[7] = 3;
    assert_string_equal(logfile_header_fault(header), "its version is not 2");
    header[0] = 0;
    assert_non_null(logfile_header_fault(header));
    buf_fini(&java);
}

static struct buf one_record(void)
{
    struct buf b = {0};
    world_put_create(&b, 5, "/a", "data", false);
    record_seal(b.data, b.len);
    return b;
}

static void each_kind_of_break_is_named(void **state)
{
    (void)state;
    struct buf b = one_record();
    struct slice body;
    assert_int_equal(logfile_record_at(buf_slice(&b), &body), LOGFILE_INTACT);
    assert_int_equal(body.len, b.len - RECORD_FRAME_BYTES);
    for (size_t len = 0; len < b.len; len++) {
        assert_int_equal(logfile_record_at(slice_of(b.data, len), &body), LOGFILE_INCOMPLETE);
    }
    b.data[20] ^= 1;
    assert_int_equal(logfile_record_at(buf_slice(&b), &body), LOGFILE_BAD_SUM);
    b.data[b.len - 1] = 0;
    assert_int_equal(logfile_record_at(buf_slice(&b), &body), LOGFILE_INCOMPLETE);
    b.data[8] = 0x80;
    assert_int_equal(logfile_record_at(buf_slice(&b), &body), LOGFILE_BAD_LENGTH);
    be32_store(b.data + 8, 31);
    assert_int_equal(logfile_record_at(buf_slice(&b), &body), LOGFILE_BAD_LENGTH);
    be32_store(b.data + 8, 0);
    assert_int_equal(logfile_record_at(buf_slice(&b), &body), LOGFILE_PADDING);
    buf_fini(&b);
}

static void intact_records_are_found_at_any_place(void **state)
{
    (void)state;
    struct buf record = one_record();
    for (size_t before = 0; before < 40; before++) {
        struct buf b = {0};
        size_t at = 0;
        for (size_t i = 0; i < before; i++) {
            buf_put_u8(&b, (uint8_t)(i * 37));
        }
        assert_false(logfile_find_intact(buf_slice(&b), 1 << 20, &at));
        buf_append_slice(&b, buf_slice(&record));
        assert_true(logfile_find_intact(buf_slice(&b), 1 << 20, &at));
        assert_int_equal(at, before);
        b.data[before + 15] ^= 0x10;
        assert_false(logfile_find_intact(buf_slice(&b), 1 << 20, &at));
        buf_fini(&b);
    }
    buf_fini(&record);
}

// Bytes made to look like records everywhere must not cost more than the budget.
static void search_beyond_its_budget_answers_yes(void **state)
{
    (void)state;
    struct buf b = one_record();
    size_t at = 0;
    b.data[20] ^= 1;
    assert_false(logfile_find_intact(buf_slice(&b), b.len, &at));
    assert_true(logfile_find_intact(buf_slice(&b), 10, &at));
    buf_fini(&b);
}

static void only_a_whole_aligned_sector_of_zeros_is_missing(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    memset(bytes, 1, sizeof bytes);
    memset(bytes + 100, 0, 900); // 512 to 999: not a whole sector from offset 0
    assert_false(logfile_lacks_sector(slice_of(bytes, sizeof bytes), 0));
    assert_true(logfile_lacks_sector(slice_of(bytes, sizeof bytes), 512 - 100));
    memset(bytes + 512, 0, 512);
    assert_true(logfile_lacks_sector(slice_of(bytes, sizeof bytes), 0));
    assert_false(logfile_lacks_sector(slice_of(bytes, 600), 0));
}

static void first_sector_is_missing_from_the_record_on(void **state)
{
    (void)state;
    uint8_t bytes[100];
    memset(bytes, 1, sizeof bytes);
    memset(bytes, 0, 50);
    assert_true(logfile_lacks_sector(slice_of(bytes, sizeof bytes), 512 - 50));
    assert_false(logfile_lacks_sector(slice_of(bytes, sizeof bytes), 512 - 51));
    assert_false(logfile_lacks_sector(slice_of(bytes, sizeof bytes), 512 - 4));
}

// Where the bytes behind the record are zeros, as in room made ahead.
static bool is_torn(const struct buf *b, uint64_t offset)
{
    struct buf file = {0};
    buf_append_slice(&file, buf_slice(b));
    memset(buf_reserve(&file, 4096), 0, 4096);
    file.len += 4096;
    bool torn = logfile_is_torn(buf_slice(&file), logfile_trim(buf_slice(b)), offset);
    buf_fini(&file);
    return torn;
}

static void record_that_lost_any_sectors_is_torn(void **state)
{
    (void)state;
    for (uint64_t offset = 16; offset < 16 + 512; offset += 7) {
        struct buf whole = {0};
        world_put_many(&whole, 5, 1, 1300);
        record_seal(whole.data, whole.len);
        size_t sectors = (size_t)((offset + whole.len - 1) / 512 - offset / 512 + 1);
        for (unsigned lost = 1; lost < 1U << sectors; lost++) {
            struct buf b = {0};
            buf_append_slice(&b, buf_slice(&whole));
            for (size_t i = 0; i < b.len; i++) {
                bool is_lost = (lost >> ((offset + i) / 512 - offset / 512) & 1) != 0;
                b.data[i] = is_lost ? 0 : b.data[i];
            }
            struct slice body;
            // What was lost may have been zeros anyway.
            bool is_whole = logfile_record_at(buf_slice(&b), &body) == LOGFILE_INTACT;
            assert_true(is_whole || is_torn(&b, offset));
            buf_fini(&b);
        }
        buf_fini(&whole);
    }
}

static void record_that_runs_over_the_end_of_the_file_is_torn(void **state)
{
    (void)state;
    struct buf b = {0};
    world_put_many(&b, 5, 1, 700);
    record_seal(b.data, b.len);
    for (size_t len = 1; len < b.len; len++) {
        struct slice part = slice_of(b.data, len);
        assert_true(logfile_is_torn(part, logfile_trim(part), 100));
    }
    buf_fini(&b);
}

static void no_flipped_bit_looks_torn(void **state)
{
    (void)state;
    for (uint64_t offset = 16; offset < 16 + 512; offset += 101) {
        struct buf b = {0};
        world_put_many(&b, 5, 1, 700);
        record_seal(b.data, b.len);
        for (size_t bit = 0; bit < b.len * 8; bit++) {
            b.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_false(is_torn(&b, offset));
            b.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        buf_fini(&b);
    }
}

static void trimming_leaves_the_last_byte_that_counts(void **state)
{
    (void)state;
    uint8_t bytes[3000] = {0};
    assert_int_equal(logfile_trim(slice_of(bytes, sizeof bytes)), 0);
    for (size_t at = 0; at < sizeof bytes; at += 97) {
        bytes[at] = 7;
        assert_int_equal(logfile_trim(slice_of(bytes, sizeof bytes)), at + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_is_that_of_java),
        cmocka_unit_test(each_kind_of_break_is_named),
        cmocka_unit_test(intact_records_are_found_at_any_place),
        cmocka_unit_test(search_beyond_its_budget_answers_yes),
        cmocka_unit_test(only_a_whole_aligned_sector_of_zeros_is_missing),
        cmocka_unit_test(first_sector_is_missing_from_the_record_on),
        cmocka_unit_test(record_that_lost_any_sectors_is_torn),
        cmocka_unit_test(record_that_runs_over_the_end_of_the_file_is_torn),
        cmocka_unit_test(no_flipped_bit_looks_torn),
        cmocka_unit_test(trimming_leaves_the_last_byte_that_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
