// SPDX-License-Identifier: Apache-2.0
//
// Reading and decompressing a snapshot through one window.
//
//     |consumed and summed|consumed|to be consumed|room|
//     0                 summed     at           have  cap
#include "store/snapsource.h"

#include <snappy-c.h>
#include <zlib.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/gz_memory.h"
#include "store/snapformat.h"

enum {
    WINDOW_BYTES = 512 * 1024,
    RAW_BYTES = 128 * 1024,        // compressed bytes per read
    BLOCK_BYTES_MAX = 1024 * 1024, // of snappy; Java writes 32 KiB
    GZ_WINDOW_BITS = 15 + 16,
};

struct snapsource {
    struct port_files *fs;
    struct port_file *file;
    enum names_method method;
    struct buf path;
    uint64_t file_offset; // read so far
    uint8_t *window;
    size_t cap, have, at, summed;
    uint64_t window_offset; // uncompressed bytes in front of the window
    uint32_t sum;
    bool is_ended;     // no more uncompressed bytes
    struct buf raw;    // compressed bytes not decompressed yet
    z_stream inflate;  // gz
    bool is_inflating; // `inflate` is initialised
};

static enum err fail(const struct snapsource *s, enum err err, const char *what,
                     struct store_error *e)
{
    struct slice path = buf_slice(&s->path);
    return store_fail(e, err, "snapshot %.*s, offset %llu: %s", SLICE_ARGS(path),
                      (unsigned long long)snapsource_offset(s), what);
}

// ---- raw bytes ----

static enum err read_file(struct snapsource *s, void *to, size_t len, size_t *ret,
                          struct store_error *e)
{
    enum err err = s->file->read(s->file, s->file_offset, to, len, ret);
    if (err != ERR_OK) {
        return fail(s, err, err_text(err), e);
    }
    s->file_offset += *ret;
    return ERR_OK;
}

// Have at least `len` raw bytes, or all that the file still has.
static enum err fill_raw(struct snapsource *s, size_t len, struct store_error *e)
{
    while (s->raw.len < len) {
        size_t want = len - s->raw.len > RAW_BYTES ? len - s->raw.len : RAW_BYTES;
        size_t got = 0;
        enum err err = read_file(s, buf_reserve(&s->raw, want), want, &got, e);
        if (err != ERR_OK) {
            return err;
        }
        s->raw.len += got;
        if (got == 0) {
            break;
        }
    }
    return ERR_OK;
}

// ---- decompressors: each appends at least one byte to the window or sets is_ended ----

static enum err more_plain(struct snapsource *s, struct store_error *e)
{
    size_t got = 0;
    enum err err = read_file(s, s->window + s->have, s->cap - s->have, &got, e);
    if (err == ERR_OK) {
        s->have += got;
        s->is_ended = got == 0;
    }
    return err;
}

static enum err more_gz(struct snapsource *s, struct store_error *e)
{
    enum err err = fill_raw(s, 1, e);
    if (err != ERR_OK) {
        return err;
    }
    if (s->raw.len == 0) {
        return fail(s, ERR_CORRUPT, "the gzip stream ends too early", e);
    }
    size_t room = s->cap - s->have;
    s->inflate.next_in = s->raw.data;
    s->inflate.avail_in = (uInt)s->raw.len;
    s->inflate.next_out = s->window + s->have;
    s->inflate.avail_out = (uInt)room;
    int result = inflate(&s->inflate, Z_NO_FLUSH);
    s->have += room - s->inflate.avail_out;
    buf_consume(&s->raw, s->raw.len - s->inflate.avail_in);
    if (result == Z_STREAM_END) {
        s->is_ended = true;
        return ERR_OK;
    }
    return result == Z_OK ? ERR_OK : fail(s, ERR_CORRUPT, "the gzip stream is damaged", e);
}

static void grow_window(struct snapsource *s, size_t cap)
{
    if (cap > s->cap) {
        s->cap = cap;
        s->window = mem_realloc(s->window, cap);
    }
}

static enum err more_snappy(struct snapsource *s, struct store_error *e)
{
    enum err err = fill_raw(s, 4, e);
    if (err != ERR_OK) {
        return err;
    }
    if (s->raw.len == 0) {
        s->is_ended = true;
        return ERR_OK;
    }
    uint32_t len = s->raw.len >= 4 ? be32_load(s->raw.data) : UINT32_MAX;
    if (len > BLOCK_BYTES_MAX) {
        return fail(s, ERR_CORRUPT, "a snappy block has an impossible length", e);
    }
    err = fill_raw(s, 4 + (size_t)len, e);
    if (err != ERR_OK) {
        return err;
    }
    if (s->raw.len < 4 + (size_t)len) {
        return fail(s, ERR_CORRUPT, "a snappy block ends too early", e);
    }
    const char *block = (const char *)s->raw.data + 4;
    size_t size = 0;
    if (snappy_uncompressed_length(block, len, &size) != SNAPPY_OK || size > BLOCK_BYTES_MAX) {
        return fail(s, ERR_CORRUPT, "a snappy block is damaged", e);
    }
    grow_window(s, s->have + size);
    if (snappy_uncompress(block, len, (char *)s->window + s->have, &size) != SNAPPY_OK) {
        return fail(s, ERR_CORRUPT, "a snappy block is damaged", e);
    }
    s->have += size;
    buf_consume(&s->raw, 4 + (size_t)len);
    return ERR_OK;
}

static enum err more(struct snapsource *s, struct store_error *e)
{
    switch (s->method) {
    case NAMES_PLAIN:
        return more_plain(s, e);
    case NAMES_GZ:
        return more_gz(s, e);
    case NAMES_SNAPPY:
        return more_snappy(s, e);
    }
    return ERR_INVALID;
}

// ---- the window ----

static void sum_consumed(struct snapsource *s)
{
    s->sum = hash_adler32(s->sum, slice_of(s->window + s->summed, s->at - s->summed));
    s->summed = s->at;
}

// Move what is not consumed to the front.
static void slide(struct snapsource *s)
{
    sum_consumed(s);
    memmove(s->window, s->window + s->at, s->have - s->at);
    s->window_offset += s->at;
    s->have -= s->at;
    s->at = 0;
    s->summed = 0;
}

enum err snapsource_peek(struct snapsource *s, size_t len, struct slice *ret, struct store_error *e)
{
    if (s->have - s->at < len && !s->is_ended) {
        slide(s);
        grow_window(s, len);
    }
    while (s->have - s->at < len && !s->is_ended) {
        enum err err = more(s, e);
        if (err != ERR_OK) {
            return err;
        }
    }
    size_t have = s->have - s->at;
    *ret = slice_of(s->window + s->at, have < len ? have : len);
    return ERR_OK;
}

struct slice snapsource_window(const struct snapsource *s)
{
    return slice_of(s->window + s->at, s->have - s->at);
}

void snapsource_consume(struct snapsource *s, size_t len)
{
    ASSERT(len <= s->have - s->at);
    s->at += len;
}

uint64_t snapsource_offset(const struct snapsource *s)
{
    return s->window_offset + s->at;
}

uint32_t snapsource_sum(struct snapsource *s)
{
    sum_consumed(s);
    return s->sum;
}

// ---- life cycle ----

static enum err begin(struct snapsource *s, struct store_error *e)
{
    if (s->method == NAMES_GZ) {
        gz_memory_use(&s->inflate);
        s->is_inflating = inflateInit2(&s->inflate, GZ_WINDOW_BITS) == Z_OK;
        ASSERT(s->is_inflating);
    } else if (s->method == NAMES_SNAPPY) {
        enum err err = fill_raw(s, SNAPFORMAT_SNAPPY_HEADER_BYTES, e);
        if (err != ERR_OK) {
            return err;
        }
        if (s->raw.len < SNAPFORMAT_SNAPPY_HEADER_BYTES ||
            memcmp(s->raw.data, SNAPFORMAT_SNAPPY_MAGIC, 8) != 0) {
            return fail(s, ERR_CORRUPT, "it has no snappy header", e);
        }
        buf_consume(&s->raw, SNAPFORMAT_SNAPPY_HEADER_BYTES);
    }
    return ERR_OK;
}

enum err snapsource_open(struct port_files *fs, const char *path, enum names_method method,
                         struct snapsource **ret, struct store_error *e)
{
    struct snapsource *s = mem_zalloc(sizeof *s);
    s->fs = fs;
    s->method = method;
    s->sum = 1;
    buf_append_str(&s->path, path);
    s->cap = WINDOW_BYTES;
    s->window = mem_alloc(s->cap);
    enum err err = fs->open(fs, path, PORT_OPEN_READ, &s->file);
    if (err != ERR_OK) {
        s->file = NULL;
        err = fail(s, err, err_text(err), e);
    } else {
        err = begin(s, e);
    }
    if (err != ERR_OK) {
        snapsource_close(s);
        return err;
    }
    *ret = s;
    return ERR_OK;
}

void snapsource_close(struct snapsource *s)
{
    if (s == NULL) {
        return;
    }
    if (s->file != NULL) {
        s->file->close(s->file);
    }
    if (s->is_inflating) {
        (void)inflateEnd(&s->inflate);
    }
    buf_fini(&s->raw);
    buf_fini(&s->path);
    mem_free(s->window);
    mem_free(s);
}
