// SPDX-License-Identifier: Apache-2.0
//
// Parsing follows Java's String.split and Long.parseLong to the corner: trailing empty pieces do
// not exist, so "count=" has no value while "count==" has neither; a leading '+' is legal.
#include "tree/quota_text.h"

#include "base/mem.h"

static size_t find_separator(struct slice s, size_t from)
{
    while (from < s.len && s.data[from] != ',' && s.data[from] != ';') {
        from++;
    }
    return from;
}

static size_t find_equals(struct slice s, size_t from)
{
    while (from < s.len && s.data[from] != '=') {
        from++;
    }
    return from;
}

// Source: Long.parseLong.
static bool parse_long(struct slice s, int64_t *ret)
{
    bool is_negative = s.len > 0 && s.data[0] == '-';
    size_t i = s.len > 0 && (s.data[0] == '-' || s.data[0] == '+') ? 1 : 0;
    if (i == s.len) {
        return false;
    }
    uint64_t limit = is_negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t v = 0;
    for (; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(s.data[i] - '0');
        if (v > (limit - digit) / 10) {
            return false;
        }
        v = v * 10 + digit;
    }
    *ret = (int64_t)(is_negative ? 0 - v : v);
    return true;
}

static int compare(struct slice a, struct slice b)
{
    int c = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

// Keep `other` in order; a key that comes again replaces its value.
void quota_text_put(struct quota_text *q, struct slice key, int64_t value)
{
    size_t at = 0;
    while (at < q->other_count && compare(q->other[at].key, key) < 0) {
        at++;
    }
    if (at < q->other_count && slice_equal(q->other[at].key, key)) {
        q->other[at].value = value;
        return;
    }
    q->other = mem_realloc(q->other, (q->other_count + 1) * sizeof(q->other[0]));
    memmove(q->other + at + 1, q->other + at, (q->other_count - at) * sizeof(q->other[0]));
    q->other[at] = (struct quota_pair){.key = key, .value = value};
    q->other_count++;
}

static bool parse_pair(struct slice pair, struct quota_text *q)
{
    size_t equals = find_equals(pair, 0);
    size_t used = pair.len; // without trailing '=': split drops empty pieces at the end
    while (used > 0 && pair.data[used - 1] == '=') {
        used--;
    }
    if (used <= equals) {
        return false; // no second piece
    }
    struct slice key = slice_of(pair.data, equals);
    size_t end = find_equals(pair, equals + 1);
    struct slice text = slice_of(pair.data + equals + 1, end - equals - 1);
    int64_t value = -1;
    if (text.len > 0 && !parse_long(text, &value)) {
        return false;
    }
    if (slice_equal_str(key, "count")) {
        q->count = value;
    } else if (slice_equal_str(key, "bytes")) {
        q->bytes = value;
    } else {
        quota_text_put(q, key, value);
    }
    return true;
}

enum err quota_text_parse(struct slice text, struct quota_text *ret)
{
    *ret = (struct quota_text){.count = -1, .bytes = -1};
    if (slice_is_null(text)) {
        return ERR_MALFORMED;
    }
    size_t used = text.len; // trailing separators end nothing
    while (used > 0 && (text.data[used - 1] == ',' || text.data[used - 1] == ';')) {
        used--;
    }
    struct slice s = slice_of(text.data, used);
    for (size_t at = 0; at < s.len;) {
        size_t end = find_separator(s, at);
        if (!parse_pair(slice_of(s.data + at, end - at), ret)) {
            return ERR_MALFORMED;
        }
        at = end;
        while (at < s.len && (s.data[at] == ',' || s.data[at] == ';')) {
            at++;
        }
    }
    return ERR_OK;
}

void quota_text_fini(struct quota_text *q)
{
    mem_free(q->other);
    q->other = NULL;
    q->other_count = 0;
}

int64_t quota_text_value(const struct quota_text *q, const char *key)
{
    for (size_t i = 0; i < q->other_count; i++) {
        if (slice_equal_str(q->other[i].key, key)) {
            return q->other[i].value;
        }
    }
    return -1;
}

void quota_text_print(const struct quota_text *q, struct buf *to)
{
    buf_printf(to, "count=%lld,bytes=%lld", (long long)q->count, (long long)q->bytes);
    if (q->other_count > 0) {
        buf_append_str(to, "=");
    }
    for (size_t i = 0; i < q->other_count; i++) {
        buf_append_str(to, ";");
        buf_append_slice(to, q->other[i].key);
        buf_printf(to, "=%lld", (long long)q->other[i].value);
    }
}
