// SPDX-License-Identifier: Apache-2.0
//
// Whole numbers read digit by digit, each step checked against overflow.
#include "cli/quantity.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

// Digits at *at; false when there are none or too many.
static bool take_number(const char **at, uint64_t *ret)
{
    const char *p = *at;
    uint64_t value = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value)) {
            return false;
        }
    }
    bool is_number = p != *at;
    *at = p;
    *ret = value;
    return is_number;
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

bool moment_parse(const char *text, int64_t *ret_ms)
{
    if (text[0] == '@') {
        const char *at = text + 1;
        uint64_t seconds;
        if (!take_number(&at, &seconds) || *at != '\0' || seconds > INT64_MAX / 1000) {
            return false;
        }
        *ret_ms = (int64_t)seconds * 1000;
        return true;
    }
    static const char *const formats[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"};
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct tm t = {0};
        const char *end = strptime(text, formats[i], &t);
        int ms = 0, len = 0;
        if (end != NULL && i == 0 && sscanf(end, ".%3d%n", &ms, &len) == 1 && len == 4) {
            end += len;
        }
        if (end != NULL && (*end == '\0' || strcmp(end, "Z") == 0)) {
            *ret_ms = (int64_t)timegm(&t) * 1000 + (len == 4 ? ms : 0);
            return true;
        }
    }
    return false;
}
