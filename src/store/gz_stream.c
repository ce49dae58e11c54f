// SPDX-License-Identifier: Apache-2.0
//
// zlib's streams with buffers that grow.
#include "store/gz_stream.h"

#include <zlib.h>

#include "base/assert.h"
#include "base/mem.h"
#include "store/gz_memory.h"

enum { GZ_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8, STEP_BYTES = 64 * 1024, PIECE_BYTES = 4096 };

struct gz_packer {
    z_stream z;
};

struct gz_unpacker {
    z_stream z;
    bool is_whole;
};

bool gz_is_packed(struct slice begin)
{
    return begin.len >= 2 && begin.data[0] == 0x1f && begin.data[1] == 0x8b;
}

struct gz_packer *gz_packer_new(int level)
{
    struct gz_packer *g = mem_zalloc(sizeof(*g));
    gz_memory_use(&g->z);
    int status =
        deflateInit2(&g->z, level, Z_DEFLATED, GZ_WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
    ASSERT(status == Z_OK);
    return g;
}

void gz_packer_free(struct gz_packer *g)
{
    if (g != NULL) {
        (void)deflateEnd(&g->z);
        mem_free(g);
    }
}

void gz_pack(struct gz_packer *g, struct slice bytes, bool is_last, struct buf *to)
{
    int status;
    g->z.next_in = (z_const Bytef *)bytes.data;
    g->z.avail_in = (uInt)bytes.len;
    ASSERT(g->z.avail_in == bytes.len);
    do {
        g->z.next_out = buf_reserve(to, STEP_BYTES);
        g->z.avail_out = STEP_BYTES;
        status = deflate(&g->z, is_last ? Z_FINISH : Z_NO_FLUSH);
        ASSERT(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR);
        to->len += STEP_BYTES - g->z.avail_out;
    } while (is_last ? status != Z_STREAM_END : g->z.avail_out == 0);
}

struct gz_unpacker *gz_unpacker_new(void)
{
    struct gz_unpacker *g = mem_zalloc(sizeof(*g));
    gz_memory_use(&g->z);
    int status = inflateInit2(&g->z, GZ_WINDOW_BITS);
    ASSERT(status == Z_OK);
    return g;
}

void gz_unpacker_free(struct gz_unpacker *g)
{
    if (g != NULL) {
        (void)inflateEnd(&g->z);
        mem_free(g);
    }
}

// One piece of input with all that comes out of it: zlib may still hold some while the output is
// full.
static int unpack_piece(struct gz_unpacker *g, struct slice *bytes, struct buf *to)
{
    int status;
    if (g->is_whole) {
        (void)inflateReset(&g->z);
    }
    uInt given = bytes->len < PIECE_BYTES ? (uInt)bytes->len : PIECE_BYTES;
    g->z.next_in = (z_const Bytef *)bytes->data;
    g->z.avail_in = given;
    do {
        g->z.next_out = buf_reserve(to, STEP_BYTES);
        g->z.avail_out = STEP_BYTES;
        status = inflate(&g->z, Z_NO_FLUSH);
        to->len += STEP_BYTES - g->z.avail_out;
    } while (status == Z_OK && g->z.avail_out == 0);
    *bytes = slice_skip(*bytes, given - g->z.avail_in);
    return status;
}

enum err gz_unpack(struct gz_unpacker *g, struct slice *bytes, size_t room, struct buf *to)
{
    size_t begin = to->len;
    while (bytes->len > 0 && to->len - begin < room) {
        int status = unpack_piece(g, bytes, to);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
            return ERR_CORRUPT;
        }
        g->is_whole = status == Z_STREAM_END;
    }
    return ERR_OK;
}

bool gz_is_whole(const struct gz_unpacker *g)
{
    return g->is_whole;
}
