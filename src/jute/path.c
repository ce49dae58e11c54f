// SPDX-License-Identifier: Apache-2.0
//
// Validation goes byte by byte over ASCII, which is nearly every path, and takes characters apart
// only behind a byte above 0x7f.
#include "jute/path.h"

#include "base/assert.h"
#include "jute/utf8.h"

// True for the end of a component: a slash or the end of the path.
static bool is_component_end(struct slice path, size_t at)
{
    return at == path.len || path.data[at] == '/';
}

// True if the component that begins at `at` is empty, "." or "..".
static bool is_bad_component(struct slice path, size_t at)
{
    if (is_component_end(path, at)) {
        return true;
    }
    if (path.data[at] != '.') {
        return false;
    }
    return is_component_end(path, at + 1) ||
           (path.data[at + 1] == '.' && is_component_end(path, at + 2));
}

// Of characters above ASCII. U+10000 and above are two surrogates to Java.
static bool is_bad_wide(uint32_t c)
{
    return c <= 0x9f || (c >= 0xd800 && c <= 0xf8ff) || c >= 0xfff0;
}

// Bytes of the character at `at` if a path may have it, else 0.
static size_t legal_wide_len(struct slice path, size_t at)
{
    const uint8_t *p = path.data + at;
    size_t len = utf8_char_len(p, path.data + path.len);
    return len > 0 && !is_bad_wide(utf8_char(p, len)) ? len : 0;
}

bool path_is_valid(struct slice path)
{
    if (path.len == 0 || path.data[0] != '/') {
        return false;
    }
    if (path.len == 1) {
        return true;
    }
    for (size_t at = 0; at < path.len;) {
        uint8_t c = path.data[at];
        if (c == '/') {
            if (is_bad_component(path, at + 1)) { // also the slash at the end
                return false;
            }
            at += 1;
        } else if (c < 0x80) {
            if (c < 0x20 || c == 0x7f) {
                return false;
            }
            at += 1;
        } else {
            size_t len = legal_wide_len(path, at);
            if (len == 0) {
                return false;
            }
            at += len;
        }
    }
    return true;
}

bool path_has_slash_and_no_nul(struct slice path)
{
    return path.len > 0 && memchr(path.data, '/', path.len) != NULL &&
           memchr(path.data, 0, path.len) == NULL;
}

static size_t last_slash(struct slice path)
{
    const uint8_t *slash = path.len > 0 ? memrchr(path.data, '/', path.len) : NULL;
    ASSERT(slash != NULL);
    return (size_t)(slash - path.data);
}

struct slice path_parent(struct slice path)
{
    return slice_of(path.data, last_slash(path));
}

struct slice path_name(struct slice path)
{
    return slice_skip(path, last_slash(path) + 1);
}
