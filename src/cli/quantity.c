// SPDX-License-Identifier: Apache-2.0
//
// A number and what follows it, step by step, each sum and product checked against overflow.
#include "cli/quantity.h"
#include "base/number.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const int64_t day_ms = 86400000;

// Digits at *at; false when there are none or too many.
static bool take_number(const char **at, uint64_t *ret)
{
    struct slice digits = slice_of(*at, strspn(*at, "0123456789"));
    *at += digits.len;
    return number_parse_digits(digits, 10, UINT64_MAX, ret);
}

static const struct {
    const char *name;
    uint64_t ms;
} units[] = {
    {"ms", 1},      {"s", 1000},     {"m", 60000},     {"min", 60000},
    {"h", 3600000}, {"d", 86400000}, {"w", 604800000},
};

static uint64_t unit_ms(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strlen(units[i].name) == len && strncmp(units[i].name, name, len) == 0) {
            return units[i].ms;
        }
    }
    return len == 0 ? 1000 : 0;
}

bool duration_parse(const char *text, int64_t *ret_ms)
{
    uint64_t sum = 0;
    const char *at = text;
    if (*at == '\0') {
        return false;
    }
    while (*at != '\0') {
        uint64_t value;
        if (!take_number(&at, &value)) {
            return false;
        }
        size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz");
        uint64_t unit = unit_ms(at, len);
        at += len;
        if (unit == 0 || __builtin_mul_overflow(value, unit, &value) ||
            __builtin_add_overflow(sum, value, &sum) || sum > INT64_MAX) {
            return false;
        }
    }
    *ret_ms = (int64_t)sum;
    return true;
}

bool size_parse(const char *text, uint64_t *ret)
{
    static const char letters[] = "kmgt";
    const char *at = text;
    uint64_t value;
    if (!take_number(&at, &value)) {
        return false;
    }
    const char *letter = *at != '\0' ? strchr(letters, *at | 0x20) : NULL;
    if (letter != NULL) {
        uint64_t factor = UINT64_C(1) << (10 * (letter - letters + 1));
        at++;
        if (__builtin_mul_overflow(value, factor, &value)) {
            return false;
        }
        at += strncasecmp(at, "ib", 2) == 0 ? 2 : 0;
    }
    at += (*at | 0x20) == 'b' ? 1 : 0;
    if (*at != '\0') {
        return false;
    }
    *ret = value;
    return true;
}

// Exactly `digits` of them, up to `max`.
static bool take_digits(const char **at, int digits, int max, int *ret)
{
    int value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9') {
            return false;
        }
        value = value * 10 + (**at - '0');
    }
    *ret = value;
    return value <= max;
}

static bool take_char(const char **at, char c)
{
    bool is_there = **at == c;
    *at += is_there ? 1 : 0;
    return is_there;
}

// Days since 1970 of a date of the Gregorian calendar, years beginning in March.
static bool take_date(const char **at, int64_t *ret_days)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!take_digits(at, 4, 9999, &year) || !take_char(at, '-') ||
        !take_digits(at, 2, 12, &month) || !take_char(at, '-') || month < 1 ||
        !take_digits(at, 2, lengths[month - 1], &day) || day < 1) {
        return false;
    }
    int64_t y = year - (month <= 2 ? 1 : 0), m = (month + 9) % 12;
    *ret_days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
    return true;
}

// "HH:MM", "HH:MM:SS", "HH:MM:SS.mmm"
static bool take_time(const char **at, int64_t *ret_ms, int64_t *ret_unit_ms)
{
    int hour, minute, second = 0, ms = 0;
    if (!take_digits(at, 2, 23, &hour) || !take_char(at, ':') || !take_digits(at, 2, 59, &minute)) {
        return false;
    }
    *ret_unit_ms = 60000;
    if (take_char(at, ':')) {
        *ret_unit_ms = 1000;
        if (!take_digits(at, 2, 59, &second)) {
            return false;
        }
        if (take_char(at, '.')) {
            *ret_unit_ms = 1;
            if (!take_digits(at, 3, 999, &ms)) {
                return false;
            }
        }
    }
    *ret_ms = ((hour * 60 + minute) * INT64_C(60) + second) * 1000 + ms;
    return true;
}

bool moment_parse(const char *text, int64_t *ret_ms, int64_t *ret_unit_ms)
{
    if (text[0] == '@') {
        const char *at = text + 1;
        uint64_t seconds;
        if (!take_number(&at, &seconds) || *at != '\0' || seconds > INT64_MAX / 1000) {
            return false;
        }
        *ret_ms = (int64_t)seconds * 1000;
        *ret_unit_ms = 1000;
        return true;
    }
    int64_t days, ms_of_day = 0, unit_ms = day_ms;
    const char *at = text;
    bool is_good = take_date(&at, &days);
    if (is_good && (take_char(&at, 'T') || take_char(&at, ' '))) {
        is_good = take_time(&at, &ms_of_day, &unit_ms);
    }
    at += *at == 'Z' ? 1 : 0;
    if (!is_good || *at != '\0') {
        return false;
    }
    *ret_ms = days * day_ms + ms_of_day;
    *ret_unit_ms = unit_ms;
    return true;
}
