// SPDX-License-Identifier: Apache-2.0
//
// Source: Curator's StandardLockInternalsDriver.standardFixForSorting, kazoo's Lock.
#include "client/contender.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_DIGITS = 10 };

static const struct {
    const char *text;
    bool is_reader;
} markers[] = {
    {"-lock-", false},   {"-latch-", false},  {"__READ__", true},
    {"__WRIT__", false}, {"__lock__", false}, {"__rlock__", true},
};

static bool is_digits(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return true;
}

// What follows a marker: the number as the server writes it, "%010d", which may be negative.
static bool parse_number(const char *text, int64_t *ret)
{
    bool is_negative = text[0] == '-';
    const char *digits = text + (is_negative ? 1 : 0);
    size_t len = strlen(digits);
    if (len < NUMBER_DIGITS - 1 || len > NUMBER_DIGITS || !is_digits(digits, len)) {
        return false;
    }
    *ret = strtoll(text, NULL, 10);
    return true;
}

bool contender_parse(const char *name, struct contender *ret)
{
    for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
        const char *at = strstr(name, markers[i].text);
        if (at != NULL && parse_number(at + strlen(markers[i].text), &ret->number)) {
            ret->is_reader = markers[i].is_reader;
            return true;
        }
    }
    size_t len = strlen(name);
    if (len < NUMBER_DIGITS || !is_digits(name + len - NUMBER_DIGITS, NUMBER_DIGITS)) {
        return false;
    }
    *ret = (struct contender){.number = strtoll(name + len - NUMBER_DIGITS, NULL, 10)};
    return true;
}

size_t contender_find_predecessor(const char *const *names, size_t count, const char *own)
{
    struct contender mine, other, best = {0};
    size_t found = count;
    if (!contender_parse(own, &mine)) {
        return count;
    }
    for (size_t i = 0; i < count; i++) {
        bool excludes = contender_parse(names[i], &other) && other.number < mine.number &&
                        !(mine.is_reader && other.is_reader);
        if (excludes && (found == count || other.number > best.number)) {
            best = other;
            found = i;
        }
    }
    return found;
}

static int compare(const void *a, const void *b)
{
    struct contender x = {0}, y = {0};
    (void)contender_parse(*(const char *const *)a, &x);
    (void)contender_parse(*(const char *const *)b, &y);
    return (x.number > y.number) - (x.number < y.number);
}

size_t contender_sort(const char **names, size_t count)
{
    struct contender unused;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (contender_parse(names[i], &unused)) {
            names[kept++] = names[i];
        }
    }
    if (kept > 1) { // without children there is no array
        qsort(names, kept, sizeof(names[0]), compare);
    }
    return kept;
}
