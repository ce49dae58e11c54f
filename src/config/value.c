// SPDX-License-Identifier: Apache-2.0
//
// Reading values as Java reads them.
#include "config/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"

// ---- numbers ----

// The radix that the beginning of a number asks for, which is stepped over. Source: Long.decode.
static unsigned take_radix(const char **text)
{
    const char *t = *text;
    if (t[0] == '0' && (t[1] == 'x' || t[1] == 'X')) {
        *text = t + 2;
        return 16;
    }
    if (t[0] == '#') {
        *text = t + 1;
        return 16;
    }
    if (t[0] == '0' && t[1] != 0) {
        *text = t + 1;
        return 8;
    }
    return 10;
}

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10 : 99;
}

static bool parse_integer(const char *text, bool may_have_radix, int64_t *ret)
{
    bool is_negative = *text == '-';
    text += is_negative || *text == '+' ? 1 : 0;
    unsigned radix = may_have_radix ? take_radix(&text) : 10;
    uint64_t limit = is_negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t value = 0;
    const char *start = text;
    for (; *text != 0; text++) {
        unsigned digit = digit_of(*text);
        if (digit >= radix || value > (limit - digit) / radix) {
            return false;
        }
        value = value * radix + digit;
    }
    *ret = is_negative ? (int64_t)(0 - value) : (int64_t)value;
    return text != start;
}

static bool parse_real(const char *text, double *ret)
{
    char *end;
    double value = strtod(text, &end);
    *ret = value;
    return end != text && *end == 0;
}

// ---- words ----

static const char *opposite(const char *word)
{
    static const char *const pairs[][2] = {{"yes", "no"}, {"true", "false"}};
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            if (strcmp(word, pairs[i][j]) == 0) {
                return pairs[i][1 - j];
            }
        }
    }
    ASSERT(false);
    return "";
}

static bool is_true_word(const char *word)
{
    return strcmp(word, "yes") == 0 || strcmp(word, "true") == 0;
}

// Whether `word` is in the comma list `list`, ignoring case when asked to.
static bool is_in_list(const char *list, const char *word, bool ignore_case)
{
    size_t len = strlen(word);
    while (true) {
        const char *end = strchr(list, ',');
        size_t item = end != NULL ? (size_t)(end - list) : strlen(list);
        if (item == len &&
            (ignore_case ? strncasecmp(list, word, len) : strncmp(list, word, len)) == 0) {
            return true;
        }
        if (end == NULL) {
            return false;
        }
        list = end + 1;
    }
}

// A Java class counts by its last name, wherever it is said to live.
static const char *last_name(const char *class_name)
{
    const char *dot = strrchr(class_name, '.');
    return dot != NULL ? dot + 1 : class_name;
}

enum err config_value_parse(const struct config_row *row, const char *text,
                            struct config_value *ret)
{
    struct config_value v = {0};
    bool is_legal = true;
    switch (row->kind) {
    case CONFIG_KIND_BOOL:
        v.flag = strcasecmp(text, "true") == 0;
        is_legal = v.flag || strcasecmp(text, "false") == 0;
        break;
    case CONFIG_KIND_FLAG:
        v.flag = strcasecmp(text, "true") == 0;
        v.is_doubtful = !v.flag && strcasecmp(text, "false") != 0;
        break;
    case CONFIG_KIND_UNLESS:
        v.flag =
            is_true_word(row->default_text) != (strcmp(text, opposite(row->default_text)) == 0);
        v.is_doubtful =
            strcmp(text, row->default_text) != 0 && strcmp(text, opposite(row->default_text)) != 0;
        break;
    case CONFIG_KIND_INT:
    case CONFIG_KIND_LONG:
        is_legal = parse_integer(text, row->property[0] != 0, &v.number) && v.number >= row->min &&
                   v.number <= row->max;
        break;
    case CONFIG_KIND_REAL:
        is_legal =
            parse_real(text, &v.real) && v.real >= (double)row->min && v.real <= (double)row->max;
        break;
    case CONFIG_KIND_CHOICE:
        is_legal = is_in_list(row->unit, text, true);
        break;
    case CONFIG_KIND_CLASS:
        is_legal = is_in_list(row->unit, last_name(text), false);
        break;
    case CONFIG_KIND_TEXT:
    case CONFIG_KIND_LINES:
    case CONFIG_KIND_MANY:
        break;
    }
    if (!is_legal) {
        return ERR_INVALID;
    }
    *ret = v;
    return ERR_OK;
}

static void print_list(const char *list, struct buf *out)
{
    for (; *list != 0; list++) {
        buf_append_str(out, *list == ',' ? ", " : (const char[]){*list, 0});
    }
}

void config_value_range(const struct config_row *row, struct buf *out)
{
    switch (row->kind) {
    case CONFIG_KIND_BOOL:
    case CONFIG_KIND_FLAG:
        buf_append_str(out, "true or false");
        break;
    case CONFIG_KIND_UNLESS:
        buf_printf(out, "%s or %s", row->default_text, opposite(row->default_text));
        break;
    case CONFIG_KIND_INT:
    case CONFIG_KIND_LONG:
    case CONFIG_KIND_REAL:
        buf_printf(out, "a number in the range %" PRId64 "..%" PRId64, row->min, row->max);
        if (row->unit[0] != 0) {
            buf_printf(out, " (%s)", row->unit);
        }
        break;
    case CONFIG_KIND_CHOICE:
    case CONFIG_KIND_CLASS:
        buf_append_str(out, "one of ");
        print_list(row->unit, out);
        break;
    case CONFIG_KIND_TEXT:
    case CONFIG_KIND_LINES:
    case CONFIG_KIND_MANY:
        buf_append_str(out, row->unit);
        break;
    }
}
