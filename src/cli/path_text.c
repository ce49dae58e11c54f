// SPDX-License-Identifier: Apache-2.0
//
// One pass over the characters; what is malformed counts as U+FFFD, which is not allowed.
#include "cli/path_text.h"

#include "jute/utf8.h"

struct place {
    const uint8_t *p, *end;
    size_t unit; // of UTF-16, from the start of the path
};

// The next character and its length in bytes.
static uint32_t character(const struct place *at, size_t *ret_len)
{
    size_t len = utf8_char_len(at->p, at->end);
    *ret_len = len > 0 ? len : 1;
    return len > 0 ? utf8_char(at->p, len) : 0xfffd;
}

static bool is_bad(uint32_t c)
{
    return c <= 0x1f || (c >= 0x7f && c <= 0x9f) || (c >= 0xd800 && c <= 0xf8ff) || c >= 0xfff0;
}

// Why the component of dots that begins at `p` is none: the place of its last dot, or 0.
static size_t relative_at(const struct place *at)
{
    const uint8_t *p = at->p;
    size_t dots = 0;
    while (p + dots < at->end && p[dots] == '.' && dots < 3) {
        dots++;
    }
    bool is_whole = p + dots == at->end || p[dots] == '/';
    return (dots == 1 || dots == 2) && is_whole ? at->unit + dots - 1 : 0;
}

static const char *find_reason(struct slice path, size_t *ret_unit)
{
    struct place at = {.p = path.data + 1, .end = path.data + path.len, .unit = 1};
    bool is_behind_slash = true;
    while (at.p < at.end) {
        size_t len;
        uint32_t c = character(&at, &len);
        *ret_unit = at.unit;
        if (c == '/' && is_behind_slash) {
            return "empty node name specified @";
        }
        if (c == '.' && is_behind_slash && relative_at(&at) != 0) {
            *ret_unit = relative_at(&at);
            return "relative paths not allowed @";
        }
        if (is_bad(c)) {
            return "invalid character @";
        }
        is_behind_slash = c == '/';
        at.p += len;
        at.unit += c >= 0x10000 ? 2 : 1;
    }
    return NULL;
}

bool path_text_check(const char *path, bool is_sequential, struct buf *complaint)
{
    size_t len = strlen(path), unit = 0;
    if (len == 0 && !is_sequential) {
        buf_append_str(complaint, "Path length must be > 0");
        return false;
    }
    if (path[0] != '/') {
        buf_append_str(complaint, "Path must start with / character");
        return false;
    }
    struct buf whole = {0};
    buf_printf(&whole, "%s%s", path, is_sequential ? "1" : "");
    bool is_ended = whole.len > 1 && whole.data[whole.len - 1] == '/';
    const char *reason = is_ended ? NULL : find_reason(buf_slice(&whole), &unit);
    if (is_ended) {
        buf_append_str(complaint, "Path must not end with / character");
    } else if (reason != NULL) {
        buf_printf(complaint, "Invalid path string \"%s\" caused by %s%zu", buf_cstr(&whole),
                   reason, unit);
    }
    buf_fini(&whole);
    return !is_ended && reason == NULL;
}
