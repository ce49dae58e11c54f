// SPDX-License-Identifier: Apache-2.0
//
// What was packed comes out again, in pieces of any size.
#include "store/gz_stream.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/prng.h"

// Text that packs well, packed in pieces of `piece` bytes.
static void make(size_t bytes, size_t piece, struct buf *text, struct buf *packed)
{
    struct prng random;
    struct gz_packer *g = gz_packer_new(1);
    prng_init(&random, bytes);
    while (text->len < bytes) {
        buf_printf(text, "%x,", (unsigned)prng_below(&random, 1000));
    }
    for (size_t at = 0; at < text->len; at += piece) {
        size_t left = text->len - at;
        gz_pack(g, slice_of(text->data + at, left < piece ? left : piece), false, packed);
    }
    gz_pack(g, slice_of("", 0), true, packed);
    gz_packer_free(g);
}

static enum err unpack(struct slice packed, size_t piece, size_t room, struct buf *to, bool *whole)
{
    struct gz_unpacker *g = gz_unpacker_new();
    enum err err = ERR_OK;
    while (packed.len > 0 && err == ERR_OK) {
        struct slice part = slice_of(packed.data, packed.len < piece ? packed.len : piece);
        packed = slice_skip(packed, part.len);
        while (part.len > 0 && err == ERR_OK) {
            err = gz_unpack(g, &part, room, to);
        }
    }
    *whole = gz_is_whole(g);
    gz_unpacker_free(g);
    return err;
}

static void pieces_of_any_size_come_back(void **state)
{
    static const size_t sizes[][3] = {{10, 1, 1},
                                      {100000, 999, 10},
                                      {1000000, 100000, 65536},
                                      {3000000, 7777, 4096},
                                      {100000, 100000, 1000000}};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct buf text = {0}, packed = {0}, back = {0};
        bool is_whole = false;
        make(sizes[i][0], sizes[i][1], &text, &packed);
        assert_true(gz_is_packed(buf_slice(&packed)));
        assert_true(packed.len < text.len || text.len < 100);
        assert_int_equal(unpack(buf_slice(&packed), sizes[i][1], sizes[i][2], &back, &is_whole),
                         ERR_OK);
        assert_true(is_whole);
        assert_true(slice_equal(buf_slice(&back), buf_slice(&text)));
        buf_fini(&text);
        buf_fini(&packed);
        buf_fini(&back);
    }
}

static void members_in_a_row_are_one_stream(void **state)
{
    (void)state;
    struct buf text = {0}, packed = {0}, back = {0};
    bool is_whole = false;
    make(5000, 5000, &text, &packed);
    size_t once = packed.len;
    buf_append(&packed, (uint8_t[]){0}, 0);
    uint8_t *again = buf_reserve(&packed, once);
    memcpy(again, packed.data, once);
    packed.len += once;
    assert_int_equal(unpack(buf_slice(&packed), 100, 100, &back, &is_whole), ERR_OK);
    assert_true(is_whole);
    assert_int_equal(back.len, 2 * text.len);
    buf_fini(&text);
    buf_fini(&packed);
    buf_fini(&back);
}

static void a_cut_stream_is_not_whole_and_a_damaged_one_is_an_error(void **state)
{
    (void)state;
    struct buf text = {0}, packed = {0}, back = {0};
    bool is_whole = true;
    make(20000, 20000, &text, &packed);
    assert_int_equal(unpack(slice_of(packed.data, packed.len - 1), 1000, 1000, &back, &is_whole),
                     ERR_OK);
    assert_false(is_whole);
    packed.data[packed.len - 5] ^= 1; // of the checksum at its end
    assert_int_equal(unpack(buf_slice(&packed), 1000, 1000, &back, &is_whole), ERR_CORRUPT);
    buf_fini(&text);
    buf_fini(&packed);
    buf_fini(&back);
}

static void other_bytes_are_not_taken_for_packed(void **state)
{
    (void)state;
    assert_false(gz_is_packed(slice_str("{\"format\"")));
    assert_false(gz_is_packed(slice_of("\x1f", 1)));
    assert_false(gz_is_packed(slice_of("", 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size_come_back),
        cmocka_unit_test(members_in_a_row_are_one_stream),
        cmocka_unit_test(a_cut_stream_is_not_whole_and_a_damaged_one_is_an_error),
        cmocka_unit_test(other_bytes_are_not_taken_for_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
