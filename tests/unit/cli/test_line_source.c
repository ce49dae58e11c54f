// SPDX-License-Identifier: Apache-2.0
//
// Lines of any length, plain and packed.
#include "cli/line_source.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "store/gz_stream.h"
#include "tests/unit/cli/fake.h"

static void assert_lines(struct slice bytes, size_t count, size_t total, bool is_cut)
{
    struct fake f;
    struct slice line;
    size_t seen = 0, seen_total = 0;
    bool is_last_cut = false;
    fake_init(&f);
    fake_put(&f, "f", bytes);
    struct line_source *s = line_source_open(&f.cli, "f");
    while (line_source_next(s, &line, &is_last_cut) == LINE_NEXT) {
        seen++;
        seen_total += line.len;
        assert_int_equal(line_source_number(s), seen);
        assert_null(memchr(line.data, '\n', line.len));
        if (is_last_cut) {
            assert_true(is_cut && seen == count);
        }
    }
    assert_int_equal(seen, count);
    assert_int_equal(seen_total, total);
    line_source_close(s);
    fake_fini(&f);
}

static void assert_both(struct slice text, size_t count, size_t total, bool is_cut)
{
    struct buf packed = {0};
    struct gz_packer *g = gz_packer_new(6);
    gz_pack(g, text, true, &packed);
    assert_lines(text, count, total, is_cut);
    assert_lines(buf_slice(&packed), count, total, is_cut);
    gz_packer_free(g);
    buf_fini(&packed);
}

static void lines_are_cut_at_their_ends(void **state)
{
    (void)state;
    assert_both(slice_str("a\nbb\n\nccc\n"), 4, 6, false);
    assert_both(slice_str("a\nbb"), 2, 3, true);
    assert_both(slice_str("\n"), 1, 0, false);
    assert_lines(slice_str(""), 0, 0, false);
}

static void lines_longer_than_a_chunk_are_whole(void **state)
{
    (void)state;
    struct buf text = {0};
    size_t total = 0;
    for (size_t i = 0; i < 40; i++) {
        size_t len = i * 40 * 1000 % 900001;
        for (size_t j = 0; j < len; j++) {
            buf_put_u8(&text, (uint8_t)('a' + j % 20));
        }
        buf_put_u8(&text, '\n');
        total += len;
    }
    assert_both(buf_slice(&text), 40, total, false);
    buf_fini(&text);
}

static void damaged_packing_is_an_error(void **state)
{
    (void)state;
    struct fake f;
    struct slice line;
    bool is_cut;
    fake_init(&f);
    fake_put(&f, "f", slice_of("\x1f\x8b\x08\0\0\0\0\0\0\x03\xff\xff\xff\xff", 14));
    struct line_source *s = line_source_open(&f.cli, "f");
    assert_int_equal(line_source_next(s, &line, &is_cut), LINE_FAILED);
    assert_string_equal(fake_err(&f),
                        "paddock: f:0: the packed data is damaged behind this line\n");
    line_source_close(s);
    fake_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_cut_at_their_ends),
        cmocka_unit_test(lines_longer_than_a_chunk_are_whole),
        cmocka_unit_test(damaged_packing_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
