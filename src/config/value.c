// SPDX-License-Identifier: Apache-2.0
//
// Reading values as Java reads them.
#include "config/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/number.h"

// ---- numbers ----

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
        is_legal = row->property[0] != 0
                       ? number_decode(slice_str(text), row->min, row->max, &v.number)
                       : number_parse(slice_str(text), row->min, row->max, &v.number);
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
