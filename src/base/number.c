// SPDX-License-Identifier: Apache-2.0
//
// The magnitude is gathered unsigned, so that the smallest number fits.
#include "base/number.h"

static unsigned digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    unsigned lower = c | 0x20U;
    return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 99;
}

bool number_parse_digits(struct slice text, unsigned radix, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = digit_of(text.data[i]);
        if (digit >= radix || digit > max || value > (max - digit) / radix) {
            return false;
        }
        value = value * radix + digit;
    }
    if (text.len == 0) {
        return false;
    }
    *ret = value;
    return true;
}

static bool take_sign(struct slice *text)
{
    bool is_negative = text->len > 0 && text->data[0] == '-';
    if (is_negative || (text->len > 0 && text->data[0] == '+')) {
        *text = slice_skip(*text, 1);
    }
    return is_negative;
}

static bool parse_magnitude(struct slice digits, bool is_negative, unsigned radix, int64_t min,
                            int64_t max, int64_t *ret)
{
    uint64_t magnitude, magnitude_max = (uint64_t)INT64_MAX + (is_negative ? 1 : 0);
    if (!number_parse_digits(digits, radix, magnitude_max, &magnitude)) {
        return false;
    }
    int64_t number = (int64_t)(is_negative ? 0 - magnitude : magnitude);
    if (number < min || number > max) {
        return false;
    }
    *ret = number;
    return true;
}

bool number_parse_radix(struct slice text, unsigned radix, int64_t min, int64_t max, int64_t *ret)
{
    bool is_negative = take_sign(&text);
    return parse_magnitude(text, is_negative, radix, min, max, ret);
}

bool number_parse(struct slice text, int64_t min, int64_t max, int64_t *ret)
{
    return number_parse_radix(text, 10, min, max, ret);
}

static unsigned take_radix(struct slice *text)
{
    const uint8_t *t = text->data;
    if (text->len > 1 && t[0] == '0' && (t[1] == 'x' || t[1] == 'X')) {
        *text = slice_skip(*text, 2);
        return 16;
    }
    if (text->len > 0 && t[0] == '#') {
        *text = slice_skip(*text, 1);
        return 16;
    }
    if (text->len > 1 && t[0] == '0') {
        *text = slice_skip(*text, 1);
        return 8;
    }
    return 10;
}

bool number_decode(struct slice text, int64_t min, int64_t max, int64_t *ret)
{
    bool is_negative = take_sign(&text);
    unsigned radix = take_radix(&text);
    return parse_magnitude(text, is_negative, radix, min, max, ret);
}

bool number_parse_real(struct slice text, double min, double max, double *ret)
{
    enum { DIGITS_MAX = 18 };
    bool is_negative = take_sign(&text), is_fraction = false;
    uint64_t digits = 0, scale = 1;
    unsigned count = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = digit_of(text.data[i]);
        if (text.data[i] == '.' && !is_fraction) {
            is_fraction = true;
        } else if (digit < 10 && ++count <= DIGITS_MAX) {
            digits = digits * 10 + digit;
            scale *= is_fraction ? 10 : 1;
        } else {
            return false;
        }
    }
    double value = (double)digits / (double)scale * (is_negative ? -1 : 1);
    if (count == 0 || value < min || value > max) {
        return false;
    }
    *ret = value;
    return true;
}
