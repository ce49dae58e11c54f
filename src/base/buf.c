// SPDX-License-Identifier: Apache-2.0
//
// Growth of a byte buffer: the memory at least doubles, so appending n bytes costs O(n) in all.
#include "base/buf.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"

enum { BUF_CAP_MIN = 64 };

void buf_init(struct buf *b)
{
    *b = (struct buf){0};
}

void buf_fini(struct buf *b)
{
    mem_free(b->data);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
}

// The capacity that holds `more` bytes behind `len`; 0 when no size_t can say it.
static size_t cap_for(const struct buf *b, size_t more)
{
    if (more > SIZE_MAX / 2 || b->len > SIZE_MAX / 2 - more) {
        return 0;
    }
    size_t need = b->len + more;
    size_t cap = b->cap > SIZE_MAX / 4 ? need : b->cap * 2;
    if (cap < need) {
        cap = need;
    }
    return cap > BUF_CAP_MIN ? cap : BUF_CAP_MIN;
}

uint8_t *buf_grow(struct buf *b, size_t more)
{
    ASSERT(b->len <= b->cap);
    size_t cap = cap_for(b, more);
    ASSERT(cap > 0);
    b->data = mem_realloc(b->data, cap);
    b->cap = cap;
    return b->data + b->len;
}

uint8_t *buf_try_reserve(struct buf *b, size_t more)
{
    ASSERT(b->len <= b->cap);
    if (b->data != NULL && b->cap - b->len >= more) {
        return b->data + b->len;
    }
    size_t cap = cap_for(b, more);
    uint8_t *data = cap > 0 ? mem_try_realloc(b->data, cap) : NULL;
    if (data == NULL) {
        return NULL;
    }
    b->data = data;
    b->cap = cap;
    return data + b->len;
}

void buf_consume(struct buf *b, size_t count)
{
    ASSERT(count <= b->len);
    b->len -= count;
    if (b->len > 0 && count > 0) {
        memmove(b->data, b->data + count, b->len);
    }
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    size_t room = b->cap - b->len;
    int len = vsnprintf(room > 0 ? (char *)b->data + b->len : NULL, room, format, args);
    ASSERT(len >= 0);
    if ((size_t)len >= room) { // vsnprintf wants room for a terminating zero too
        uint8_t *to = buf_reserve(b, (size_t)len + 1);
        int len_again = vsnprintf((char *)to, (size_t)len + 1, format, again);
        ASSERT(len_again == len);
    }
    va_end(again);
    b->len += (size_t)len;
}

const char *buf_cstr(struct buf *b)
{
    *buf_reserve(b, 1) = 0;
    return (const char *)b->data;
}
