// SPDX-License-Identifier: Apache-2.0
//
// Repaired text against what java.lang.String(byte[], UTF_8) of Java 17 made of the same bytes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "jute/utf8.h"
#include "tests/unit/jute/hex.h"

// Printed by a Java program: bytes, and the UTF-8 of the string that Java reads from them.
static const struct {
    const char *bytes;
    const char *repaired;
} java[] = {
    {"", ""},
    {"41", "41"},
    {"c3a9", "c3a9"},
    {"f09f9880", "f09f9880"},
    {"80", "efbfbd"},
    {"80bf", "efbfbdefbfbd"},
    {"c3", "efbfbd"},
    {"c341", "efbfbd41"},
    {"c0af", "efbfbdefbfbd"},
    {"e0809f", "efbfbdefbfbdefbfbd"},
    {"e09f80", "efbfbdefbfbdefbfbd"},
    {"e0a0", "efbfbd"},
    {"e0a041", "efbfbd41"},
    {"ed9fbf", "ed9fbf"},
    {"eda080", "efbfbd"},
    {"eda0", "efbfbd"},
    {"eda041", "efbfbd41"},
    {"edbfbf", "efbfbd"},
    {"eda080edb080", "efbfbdefbfbd"},
    {"e282", "efbfbd"},
    {"e28241", "efbfbd41"},
    {"e2e282ac", "efbfbde282ac"},
    {"f08f8080", "efbfbdefbfbdefbfbdefbfbd"},
    {"f09f98", "efbfbd"},
    {"f09f9841", "efbfbd41"},
    {"f09f", "efbfbd"},
    {"f0", "efbfbd"},
    {"f48fbfbf", "f48fbfbf"},
    {"f4908080", "efbfbdefbfbdefbfbdefbfbd"},
    {"f5808080", "efbfbdefbfbdefbfbdefbfbd"},
    {"f8888080", "efbfbdefbfbdefbfbdefbfbd"},
    {"ff", "efbfbd"},
    {"fefeffff", "efbfbdefbfbdefbfbdefbfbd"},
    {"2f61ff62", "2f61efbfbd62"},
    {"2f6162636465666768698062", "2f616263646566676869efbfbd62"},
    {"f0908141", "efbfbd41"},
    {"f09080c3a9", "efbfbdc3a9"},
    {"e1bfe1bfbf", "efbfbde1bfbf"},
    {"f480808080", "f4808080efbfbd"},
};

enum { JAVA_COUNT = sizeof(java) / sizeof(java[0]) };

// Check java[i] with `padding` ASCII bytes before and behind it.
static void check_padded(size_t i, size_t padding)
{
    const char *text = "abcdefghijklmnopqrstuvwxyz";
    struct buf in = {0};
    struct buf want = {0};
    buf_reserve(&in, 1);
    buf_append(&in, text, padding);
    buf_append(&want, text, padding);
    hex_append(&in, java[i].bytes);
    hex_append(&want, java[i].repaired);
    if (padding > 0) { // "/" ends a run that the end of the text would end
        buf_append_str(&in, "/z");
        buf_append_str(&want, "/z");
    }
    size_t room = utf8_repair_room(buf_slice(&in));
    bool is_valid = slice_equal(buf_slice(&in), buf_slice(&want));
    assert_true((room == 0) == is_valid);
    assert_true(is_valid || room >= want.len);
    uint8_t *copy = mem_alloc(room > 0 ? room : in.len);
    assert_true(slice_equal(utf8_repair(buf_slice(&in), copy), buf_slice(&want)));
    mem_free(copy);
    buf_fini(&in);
    buf_fini(&want);
}

static void malformed_runs_become_as_many_replacements_as_in_java(void **state)
{
    (void)state;
    for (size_t i = 0; i < JAVA_COUNT; i++) {
        check_padded(i, 0);
    }
}

static void place_in_the_text_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < JAVA_COUNT; i++) {
        for (size_t padding = 1; padding <= 20; padding++) {
            check_padded(i, padding);
        }
    }
}

static void null_and_empty_need_no_copy(void **state)
{
    (void)state;
    assert_int_equal(utf8_repair_room(slice_null()), 0);
    assert_int_equal(utf8_repair_room(slice_str("")), 0);
}

static void one_high_byte_anywhere_is_not_ascii(void **state)
{
    (void)state;
    uint8_t text[40];
    for (size_t len = 0; len <= sizeof(text); len++) {
        memset(text, 0x7f, sizeof(text));
        assert_true(utf8_is_ascii(slice_of(text, len)));
        for (size_t at = 0; at < len; at++) {
            text[at] = 0x80;
            assert_false(utf8_is_ascii(slice_of(text, len)));
            text[at] = 0;
            assert_true(utf8_is_ascii(slice_of(text, len)));
        }
    }
}

static void characters_have_their_code_points(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t c;
    } chars[] = {{"A", 'A'},
                 {"\xc2\x80", 0x80},
                 {"\xdf\xbf", 0x7ff},
                 {"\xe0\xa0\x80", 0x800},
                 {"\xef\xbf\xbd", 0xfffd},
                 {"\xf0\x90\x80\x80", 0x10000},
                 {"\xf4\x8f\xbf\xbf", 0x10ffff}};
    for (size_t i = 0; i < sizeof(chars) / sizeof(chars[0]); i++) {
        const uint8_t *p = (const uint8_t *)chars[i].text;
        size_t len = strlen(chars[i].text);
        assert_int_equal(utf8_char_len(p, p + len), len);
        assert_int_equal(utf8_char(p, len), chars[i].c);
        if (len > 1) {
            assert_int_equal(utf8_char_len(p, p + len - 1), 0);
        }
    }
    const uint8_t *surrogate = (const uint8_t *)"\xed\xa0\x80";
    assert_int_equal(utf8_char_len(surrogate, surrogate + 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_runs_become_as_many_replacements_as_in_java),
        cmocka_unit_test(place_in_the_text_does_not_matter),
        cmocka_unit_test(null_and_empty_need_no_copy),
        cmocka_unit_test(one_high_byte_anywhere_is_not_ascii),
        cmocka_unit_test(characters_have_their_code_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
