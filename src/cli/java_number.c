// SPDX-License-Identifier: Apache-2.0
//
// The magnitude is gathered unsigned, so that the smallest number fits.
#include "cli/java_number.h"

#include <string.h>

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'z' ? (unsigned)(lower - 'a') + 10 : 99;
}

bool java_number(const char *text, unsigned radix, int64_t min, int64_t max, int64_t *ret)
{
    bool is_negative = *text == '-';
    uint64_t limit = is_negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX, value = 0;
    text += *text == '-' || *text == '+' ? 1 : 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        unsigned digit = digit_of(*text);
        if (digit >= radix || value > (limit - digit) / radix) {
            return false;
        }
        value = value * radix + digit;
    }
    int64_t number = (int64_t)(is_negative ? 0 - value : value);
    if (number < min || number > max) {
        return false;
    }
    *ret = number;
    return true;
}

bool java_number_decode(const char *text, int64_t *ret)
{
    bool is_negative = *text == '-';
    text += *text == '-' || *text == '+' ? 1 : 0;
    unsigned radix = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        radix = 16;
        text += 2;
    } else if (text[0] == '#') {
        radix = 16;
        text += 1;
    } else if (text[0] == '0' && text[1] != '\0') {
        radix = 8;
        text += 1;
    }
    int64_t value;
    if (*text == '-' || *text == '+' || !java_number(text, radix, 0, INT32_MAX, &value)) {
        return false;
    }
    *ret = is_negative ? -value : value;
    return true;
}
