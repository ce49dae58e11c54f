// SPDX-License-Identifier: Apache-2.0
//
// Frames out of bytes that come in any pieces.
#include "base/mem.h"
#include "client/frame_reader.h"
#include "tests/unit/client/unit.h"

static void put_frame(struct buf *to, const char *text)
{
    buf_put_i32(to, (int32_t)strlen(text));
    buf_append_str(to, text);
}

static void expect_frames(struct slice stream, size_t piece)
{
    static const char *const expected[] = {"first", "", "the third one is longer", "x"};
    struct frame_reader r;
    frame_reader_init(&r, 100);
    size_t seen = 0;
    for (size_t at = 0; at < stream.len; at += piece) {
        size_t len = piece < stream.len - at ? piece : stream.len - at;
        struct slice bytes = slice_of(stream.data + at, len);
        struct slice frame;
        while (frame_reader_next(&r, &bytes, &frame) == FRAME_READY) {
            assert_true(slice_equal_str(frame, expected[seen]));
            seen++;
        }
        assert_int_equal(bytes.len, 0);
    }
    assert_int_equal(seen, 4);
    frame_reader_fini(&r);
}

static void frames_are_the_same_in_pieces_of_any_size(void **state)
{
    (void)state;
    struct buf stream = {0};
    put_frame(&stream, "first");
    put_frame(&stream, "");
    put_frame(&stream, "the third one is longer");
    put_frame(&stream, "x");
    for (size_t piece = 1; piece <= stream.len; piece++) {
        expect_frames(buf_slice(&stream), piece);
    }
    buf_fini(&stream);
}

static void whole_frame_is_not_copied(void **state)
{
    (void)state;
    struct frame_reader r;
    frame_reader_init(&r, 100);
    struct slice bytes = slice_of("\0\0\0\3abc\0\0", 9);
    struct slice frame;
    const uint8_t *start = bytes.data;
    assert_int_equal(frame_reader_next(&r, &bytes, &frame), FRAME_READY);
    assert_ptr_equal(frame.data, start + 4);
    assert_int_equal(r.held.cap, 0);
    frame_reader_fini(&r);
}

static void too_long_frame_is_refused_with_its_first_bytes(void **state)
{
    (void)state;
    struct frame_reader r;
    struct slice frame;
    frame_reader_init(&r, 20);
    struct slice bytes = slice_of("\0\0\0\25"
                                  "0123456789",
                                  14);
    assert_int_equal(frame_reader_next(&r, &bytes, &frame), FRAME_INCOMPLETE);
    bytes = slice_str("abcdefghijk");
    assert_int_equal(frame_reader_next(&r, &bytes, &frame), FRAME_TOO_BIG);
    assert_true(slice_equal_str(frame, "0123456789abcdef"));
    frame_reader_reset(&r);
    bytes = slice_of("\0\0\0\1y", 5);
    assert_int_equal(frame_reader_next(&r, &bytes, &frame), FRAME_READY);
    bytes = slice_of("\x80\0\0\0", 4);
    assert_int_equal(frame_reader_next(&r, &bytes, &frame), FRAME_MALFORMED);
    frame_reader_fini(&r);
}

static void memory_lacks_and_is_given_back(void **state)
{
    (void)state;
    struct frame_reader r;
    struct slice frame;
    frame_reader_init(&r, 1 << 20);
    (void)mem_fail_after(1);
    struct slice bytes = slice_of("\0\0", 2);
    assert_int_equal(frame_reader_next(&r, &bytes, &frame), FRAME_NO_MEMORY);
    frame_reader_reset(&r);
    static uint8_t large[200000];
    be32_store(large, sizeof(large) - 4);
    bytes = slice_of(large, 10);
    assert_int_equal(frame_reader_next(&r, &bytes, &frame), FRAME_INCOMPLETE);
    bytes = slice_of(large + 10, sizeof(large) - 10);
    assert_int_equal(frame_reader_next(&r, &bytes, &frame), FRAME_READY);
    assert_int_equal(frame.len, sizeof(large) - 4);
    bytes = slice_of("\0", 1);
    assert_int_equal(frame_reader_next(&r, &bytes, &frame), FRAME_INCOMPLETE);
    assert_true(r.held.cap < 1000); // the large one is gone
    frame_reader_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_the_same_in_pieces_of_any_size),
        cmocka_unit_test(whole_frame_is_not_copied),
        cmocka_unit_test(too_long_frame_is_refused_with_its_first_bytes),
        cmocka_unit_test(memory_lacks_and_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
