// SPDX-License-Identifier: Apache-2.0
//
// A slice: bytes that somebody else owns, and their number. The jute protocol keeps null and
// empty apart (length -1 and length 0), so a slice does too: null has no data pointer, empty
// has one. A slice never owns, is passed by value, and is not terminated by a zero byte.
#ifndef PADDOCK_BASE_SLICE_H
#define PADDOCK_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *data; // NULL means null, which is not the same as empty
    size_t len;          // bytes; 0 when null
};

static inline struct slice slice_null(void)
{
    return (struct slice){.data = NULL, .len = 0};
}

// `data` may be NULL only to make a null slice.
static inline struct slice slice_of(const void *data, size_t len)
{
    return (struct slice){.data = data, .len = len};
}

// The bytes of a C string without its zero byte.
static inline struct slice slice_str(const char *text)
{
    return slice_of(text, strlen(text));
}

static inline bool slice_is_null(struct slice s)
{
    return s.data == NULL;
}

// True for equal bytes; null equals only null.
static inline bool slice_equal(struct slice a, struct slice b)
{
    if (a.len != b.len || (a.data == NULL) != (b.data == NULL)) {
        return false;
    }
    return a.data == NULL || memcmp(a.data, b.data, a.len) == 0;
}

static inline bool slice_equal_str(struct slice a, const char *text)
{
    return slice_equal(a, slice_str(text));
}

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

// `s` without its first `count` bytes. `count` is at most `s.len`.
static inline struct slice slice_skip(struct slice s, size_t count)
{
    return slice_of(s.data + count, s.len - count);
}

// printf arguments for "%.*s".
#define SLICE_ARGS(s) (int)(s).len, (const char *)(s).data

#endif
