// SPDX-License-Identifier: Apache-2.0
//
// Validation jumps from one byte that needs a look to the next: slashes, controls, and what is not
// ASCII. Eight bytes are searched together.
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

// The top bit of each byte of `word` that is a control, a slash, or above 0x7e. A byte behind such
// a byte may be flagged without reason, because sums carry; the first flag is always right.
static uint64_t flag_special(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t slash = word ^ (ones * '/');
    uint64_t is_control = (word - ones * 0x20) & ~word;
    uint64_t is_slash = (slash - ones) & ~slash;
    uint64_t is_above = (word + ones) | word;
    return (is_control | is_slash | is_above) & (ones * 0x80);
}

// The first byte at or behind `at` that is a control, a slash or above 0x7e; the length if none.
static size_t next_special(struct slice path, size_t at)
{
    for (; path.len - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, path.data + at, 8);
        uint64_t flags = flag_special(word);
        if (flags != 0) {
            return at + (size_t)__builtin_ctzll(flags) / 8; // little endian: lowest byte is first
        }
    }
    while (at < path.len && path.data[at] != '/' && path.data[at] >= 0x20 && path.data[at] < 0x7f) {
        at += 1;
    }
    return at;
}

bool path_is_valid(struct slice path)
{
    if (path.len == 0 || path.data[0] != '/') {
        return false;
    }
    if (path.len == 1) {
        return true;
    }
    for (size_t at = 0; at < path.len; at = next_special(path, at)) {
        if (path.data[at] == '/') {
            if (is_bad_component(path, at + 1)) { // also a slash at the end
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
