// SPDX-License-Identifier: Apache-2.0
//
// Cut a torn end, remove an empty file, make what stays durable.
#include "store/logtail.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/mark.h"
#include "base/mem.h"

enum { PIECE_BYTES = 1024 * 1024 };

static enum err cut(struct port_files *fs, const char *path, uint64_t bytes)
{
    struct port_file *f;
    enum err err = fs->open(fs, path, PORT_OPEN_WRITE, &f);
    if (err != ERR_OK) {
        return err;
    }
    err = f->truncate(f, bytes);
    err = err == ERR_OK ? f->sync(f) : err;
    f->close(f);
    return err;
}

// Bytes as they are read now, once more to the disk.
static enum err rewrite(struct port_file *f, uint64_t from, uint64_t to)
{
    uint8_t *piece = mem_alloc(PIECE_BYTES);
    enum err err = ERR_OK;
    while (err == ERR_OK && from < to) {
        size_t want = to - from < PIECE_BYTES ? (size_t)(to - from) : PIECE_BYTES;
        size_t got = 0;
        err = f->read(f, from, piece, want, &got);
        if (err == ERR_OK && got == 0) {
            break;
        }
        err = err == ERR_OK ? f->write(f, from, piece, got) : err;
        from += got;
    }
    mem_free(piece);
    return err;
}

// A sync alone would not do: after one that failed the system may take for written what it only
// has in its cache. No batch is longer than what is written again.
static enum err write_end_again(struct port_files *fs, const char *dir, const char *path,
                                uint64_t good_bytes)
{
    struct port_file *f;
    enum err err = fs->open(fs, path, PORT_OPEN_WRITE, &f);
    if (err == ERR_OK) {
        uint64_t back = LOGREAD_TORN_BYTES_MAX;
        err = rewrite(f, good_bytes > back ? good_bytes - back : 0, good_bytes);
        err = err == ERR_OK ? f->sync(f) : err;
        f->close(f);
    }
    return err == ERR_OK ? fs->sync_dir(fs, dir) : err;
}

static enum err remove_empty(struct port_files *fs, const char *dir, const char *path)
{
    enum err err = fs->remove(fs, path);
    return err == ERR_OK ? fs->sync_dir(fs, dir) : err;
}

static enum err mend(struct port_files *fs, const char *dir, const char *path,
                     const struct logread_tail *tail, const struct logtail_options *options,
                     struct buf *said)
{
    bool is_real = !options->is_rehearsal;
    if (tail->is_empty) {
        MARK("empty log file is removed");
        buf_printf(said, "%s %s: it holds no transaction", is_real ? "removed" : "a server removes",
                   path);
        return is_real ? remove_empty(fs, dir, path) : ERR_OK;
    }
    if (tail->is_torn) {
        MARK("torn tail is cut");
        buf_printf(said,
                   "%s %s at offset %" PRIu64 ": behind it stands %s, which was never acknowledged",
                   is_real ? "cut" : "a server cuts", path, tail->good_bytes, tail->what);
        enum err err = is_real ? cut(fs, path, tail->good_bytes) : ERR_OK;
        if (err != ERR_OK || !is_real || !options->with_sync) {
            return err;
        }
    }
    return is_real && options->with_sync ? write_end_again(fs, dir, path, tail->good_bytes)
                                         : ERR_OK;
}

enum err logtail_mend(struct port_files *fs, const char *dir, const struct logread_tail *tail,
                      const struct logtail_options *options, struct buf *said,
                      struct store_error *e)
{
    if (tail->file[0] == '\0') {
        return ERR_OK;
    }
    struct buf joined = {0};
    const char *path = names_join(&joined, dir, tail->file);
    enum err err = mend(fs, dir, path, tail, options, said);
    if (err != ERR_OK) {
        err = store_fail(e, err, "cannot mend the end of %s: %s", path, err_text(err));
    }
    buf_fini(&joined);
    return err;
}
