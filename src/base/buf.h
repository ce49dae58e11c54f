// SPDX-License-Identifier: Apache-2.0
//
// A growable byte buffer, with the big-endian writers that every format of the project uses.
// Memory: owns `data`; a slice of it is valid until the next call that may grow it.
#ifndef PADDOCK_BASE_BUF_H
#define PADDOCK_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

struct buf {
    uint8_t *data; // NULL until the first growth
    size_t len;    // bytes in use
    size_t cap;    // bytes allocated
};

// Life cycle. A zeroed struct is an initialised buffer.
void buf_init(struct buf *b);
void buf_fini(struct buf *b);
void buf_clear(struct buf *b); // keeps the memory

// Make room for `more` bytes behind `len` and return where they start; does not change `len`.
// buf_reserve aborts when memory is out, buf_try_reserve returns NULL and changes nothing.
uint8_t *buf_grow(struct buf *b, size_t more);
uint8_t *buf_try_reserve(struct buf *b, size_t more);

static inline uint8_t *buf_reserve(struct buf *b, size_t more)
{
    return b->cap - b->len >= more ? b->data + b->len : buf_grow(b, more);
}

static inline struct slice buf_slice(const struct buf *b)
{
    return slice_of(b->data != NULL ? b->data : (const uint8_t *)"", b->len);
}

static inline void buf_append(struct buf *b, const void *p, size_t len)
{
    if (len > 0) {
        memcpy(buf_reserve(b, len), p, len);
        b->len += len;
    }
}

static inline void buf_append_slice(struct buf *b, struct slice s)
{
    buf_append(b, s.data, s.len);
}

static inline void buf_append_str(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

// Drop the first `count` bytes, moving the rest to the front.
void buf_consume(struct buf *b, size_t count);

// Append formatted text (without the terminating zero).
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

// A terminated C string of the contents; valid until the next change. Does not count the zero.
const char *buf_cstr(struct buf *b);

// Big-endian stores and loads at a place of any alignment.
static inline void be32_store(uint8_t *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, 4);
}

static inline void be64_store(uint8_t *p, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(p, &v, 8);
}

static inline uint32_t be32_load(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return __builtin_bswap32(v);
}

static inline uint64_t be64_load(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return __builtin_bswap64(v);
}

static inline void buf_put_u8(struct buf *b, uint8_t v)
{
    *buf_reserve(b, 1) = v;
    b->len += 1;
}

static inline void buf_put_i32(struct buf *b, int32_t v)
{
    be32_store(buf_reserve(b, 4), (uint32_t)v);
    b->len += 4;
}

static inline void buf_put_i64(struct buf *b, int64_t v)
{
    be64_store(buf_reserve(b, 8), (uint64_t)v);
    b->len += 8;
}

#endif
