// SPDX-License-Identifier: Apache-2.0
//
// The file of a snapshot: checksum over what comes in, compression, large writes.
//
//     bytes --> Adler-32 --> none | deflate | blocks of snappy --> output buffer --> file
#include "store/snapfile.h"

#include <snappy-c.h>
#include <zlib.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/gz_memory.h"
#include "store/snapformat.h"

enum {
    // One write, past the system's cache: that takes half the processor time (32 ms against 60 ms
    // for 200 MB), and leaves no pages behind that wait to be written when the log syncs.
    OUT_BYTES = 256 * 1024,
    GZ_WINDOW_BITS = 15 + 16, // the largest window, with gzip's frame
    GZ_MEM_LEVEL = 8,
};

struct snapfile {
    struct port_files *fs;
    char *dir;
    enum names_method method;
    struct port_file *file;
    struct buf path, tmp_path;
    uint32_t sum; // Adler-32 of the uncompressed bytes so far
    uint8_t *out; // OUT_BYTES, to be written next
    size_t out_len;
    struct buf packed; // compressed bytes on their way to `out`
    struct buf block;  // snappy: uncompressed bytes of the block being gathered
    z_stream deflate;  // gz
    uint64_t offset;   // written
};

static enum err fail(const struct snapfile *f, enum err err, struct store_error *e)
{
    struct slice path = buf_slice(&f->tmp_path);
    return store_fail(e, err, "cannot write snapshot %.*s: %s", SLICE_ARGS(path), err_text(err));
}

// ---- output ----

static enum err flush(struct snapfile *f, struct store_error *e)
{
    enum err err = f->out_len == OUT_BYTES
                       ? f->file->write_direct(f->file, f->offset, f->out, OUT_BYTES)
                       : f->file->write(f->file, f->offset, f->out, f->out_len);
    f->offset += f->out_len;
    f->out_len = 0;
    return err == ERR_OK ? ERR_OK : fail(f, err, e);
}

static enum err emit(struct snapfile *f, struct slice bytes, struct store_error *e)
{
    while (bytes.len > 0) {
        size_t room = OUT_BYTES - f->out_len;
        size_t len = bytes.len < room ? bytes.len : room;
        memcpy(f->out + f->out_len, bytes.data, len);
        f->out_len += len;
        bytes = slice_skip(bytes, len);
        enum err err = f->out_len == OUT_BYTES ? flush(f, e) : ERR_OK;
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

static enum err emit_packed(struct snapfile *f, struct store_error *e)
{
    enum err err = emit(f, buf_slice(&f->packed), e);
    buf_clear(&f->packed);
    return err;
}

// ---- compression ----

static void begin_gz(struct snapfile *f)
{
    gz_memory_use(&f->deflate);
    int result = deflateInit2(&f->deflate, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZ_WINDOW_BITS,
                              GZ_MEM_LEVEL, Z_DEFAULT_STRATEGY);
    ASSERT(result == Z_OK);
}

static enum err put_gz(struct snapfile *f, struct slice bytes, int mode, struct store_error *e)
{
    ASSERT(bytes.len <= UINT32_MAX);
    f->deflate.next_in = (z_const Bytef *)bytes.data;
    f->deflate.avail_in = (uInt)bytes.len;
    int result;
    do {
        f->deflate.next_out = buf_reserve(&f->packed, OUT_BYTES);
        f->deflate.avail_out = OUT_BYTES;
        result = deflate(&f->deflate, mode);
        ASSERT(result != Z_STREAM_ERROR);
        f->packed.len += OUT_BYTES - f->deflate.avail_out;
        enum err err = emit_packed(f, e);
        if (err != ERR_OK) {
            return err;
        }
    } while (f->deflate.avail_out == 0 || (mode == Z_FINISH && result != Z_STREAM_END));
    return ERR_OK;
}

static void begin_snappy(struct snapfile *f)
{
    buf_append(&f->packed, SNAPFORMAT_SNAPPY_MAGIC, 8); // leaves with the first block
    buf_put_i32(&f->packed, 1);                         // version
    buf_put_i32(&f->packed, 1);                         // compatible version
}

static enum err end_block(struct snapfile *f, struct store_error *e)
{
    if (f->block.len == 0) {
        return ERR_OK;
    }
    size_t len = snappy_max_compressed_length(f->block.len);
    uint8_t *to = buf_reserve(&f->packed, 4 + len);
    snappy_status status =
        snappy_compress((const char *)f->block.data, f->block.len, (char *)to + 4, &len);
    ASSERT(status == SNAPPY_OK);
    be32_store(to, (uint32_t)len);
    f->packed.len += 4 + len;
    buf_clear(&f->block);
    return emit_packed(f, e);
}

static enum err put_snappy(struct snapfile *f, struct slice bytes, struct store_error *e)
{
    while (bytes.len > 0) {
        size_t room = SNAPFORMAT_SNAPPY_BLOCK_BYTES - f->block.len;
        size_t len = bytes.len < room ? bytes.len : room;
        buf_append(&f->block, bytes.data, len);
        bytes = slice_skip(bytes, len);
        if (f->block.len == SNAPFORMAT_SNAPPY_BLOCK_BYTES) {
            enum err err = end_block(f, e);
            if (err != ERR_OK) {
                return err;
            }
        }
    }
    return ERR_OK;
}

static enum err put(struct snapfile *f, struct slice bytes, struct store_error *e)
{
    f->sum = hash_adler32(f->sum, bytes);
    switch (f->method) {
    case NAMES_PLAIN:
        return emit(f, bytes, e);
    case NAMES_GZ:
        return put_gz(f, bytes, Z_NO_FLUSH, e);
    case NAMES_SNAPPY:
        return put_snappy(f, bytes, e);
    }
    return ERR_OK;
}

static enum err end_stream(struct snapfile *f, struct store_error *e)
{
    enum err err = ERR_OK;
    if (f->method == NAMES_GZ) {
        err = put_gz(f, slice_of("", 0), Z_FINISH, e);
    } else if (f->method == NAMES_SNAPPY) {
        err = end_block(f, e);
    }
    return err == ERR_OK && f->out_len > 0 ? flush(f, e) : err;
}

// ---- life cycle ----

static void release(struct snapfile *f)
{
    if (f->file != NULL) {
        f->file->close(f->file);
    }
    if (f->method == NAMES_GZ) {
        (void)deflateEnd(&f->deflate);
    }
    buf_fini(&f->path);
    buf_fini(&f->tmp_path);
    buf_fini(&f->packed);
    buf_fini(&f->block);
    mem_free(f->out);
    mem_free(f->dir);
    mem_free(f);
}

enum err snapfile_open(struct port_files *fs, const char *dir, int64_t zxid,
                       enum names_method method, struct snapfile **ret, struct store_error *e)
{
    char name[NAMES_BYTES_MAX];
    names_print_snapshot(zxid, method, name);
    struct snapfile *f = mem_zalloc(sizeof *f);
    f->fs = fs;
    f->dir = mem_strdup(dir);
    f->method = method;
    f->sum = 1;
    f->out = mem_alloc_aligned(PORT_FILE_BLOCK_BYTES, OUT_BYTES);
    (void)names_join(&f->path, dir, name);
    (void)names_join(&f->tmp_path, dir, name);
    buf_append_str(&f->tmp_path, ".tmp");
    if (method == NAMES_GZ) {
        begin_gz(f);
    } else if (method == NAMES_SNAPPY) {
        begin_snappy(f);
    }
    enum err err = fs->open(fs, buf_cstr(&f->tmp_path),
                            PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE, &f->file);
    if (err != ERR_OK) {
        f->file = NULL;
        err = fail(f, err, e);
        release(f);
        return err;
    }
    *ret = f;
    return ERR_OK;
}

enum err snapfile_write(struct snapfile *f, struct slice bytes, bool seal, struct store_error *e)
{
    enum err err = put(f, bytes, e);
    if (err == ERR_OK && seal) {
        uint8_t text[SNAPFORMAT_SEAL_BYTES];
        be64_store(text, f->sum);
        be32_store(text + 8, 1); // the string "/"
        text[12] = '/';
        err = put(f, slice_of(text, sizeof text), e);
    }
    return err;
}

// Make the finished bytes durable, under their name or the temporary one.
static enum err publish(struct snapfile *f, bool is_unnamed, struct store_error *e)
{
    enum err err = f->file->sync(f->file);
    if (err == ERR_OK && !is_unnamed) {
        err = f->fs->rename(f->fs, buf_cstr(&f->tmp_path), buf_cstr(&f->path));
    }
    if (err == ERR_OK) {
        err = f->fs->sync_dir(f->fs, f->dir);
    }
    return err == ERR_OK ? ERR_OK : fail(f, err, e);
}

static enum err finish(struct snapfile *f, bool is_unnamed, uint64_t *ret_bytes,
                       struct store_error *e)
{
    enum err err = end_stream(f, e);
    if (err == ERR_OK) {
        err = publish(f, is_unnamed, e);
    }
    if (err != ERR_OK) {
        snapfile_abort(f);
        return err;
    }
    if (ret_bytes != NULL) {
        *ret_bytes = f->offset;
    }
    release(f);
    return ERR_OK;
}

enum err snapfile_finish(struct snapfile *f, uint64_t *ret_bytes, struct store_error *e)
{
    return finish(f, false, ret_bytes, e);
}

enum err snapfile_finish_unnamed(struct snapfile *f, struct store_error *e)
{
    return finish(f, true, NULL, e);
}

void snapfile_abort(struct snapfile *f)
{
    if (f == NULL) {
        return;
    }
    // A temporary file that cannot be removed is in nobody's way; recovery removes it.
    (void)!f->fs->remove(f->fs, buf_cstr(&f->tmp_path));
    release(f);
}
