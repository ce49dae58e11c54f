// SPDX-License-Identifier: Apache-2.0
//
// snapparts.h finds where each part ends; the bytes go out as they lie in the file.
#include "store/snapsend.h"

#include "base/assert.h"
#include "base/mem.h"
#include "store/snapformat.h"
#include "store/snapparts.h"
#include "store/snapread.h"
#include "store/snapsource.h"

struct snapsend {
    struct snapparts parts;
    struct snapsource *source;
    struct names_file file;
    size_t need; // bytes that the next part has at least
};

static enum err fail(const struct snapsend *s, enum err err, const char *what,
                     struct store_error *e)
{
    return store_fail(e, err, "snapshot %s, offset %llu: %s", s->file.name,
                      (unsigned long long)snapsource_offset(s->source), what);
}

static enum err skip_header(struct snapsend *s, struct store_error *e)
{
    struct slice head;
    enum err err = snapsource_peek(s->source, SNAPFORMAT_HEADER_BYTES, &head, e);
    if (err != ERR_OK) {
        return err;
    }
    if (head.len < SNAPFORMAT_HEADER_BYTES || be32_load(head.data) != SNAPFORMAT_MAGIC) {
        return fail(s, ERR_CORRUPT, "it does not begin with the magic number of a snapshot", e);
    }
    snapsource_consume(s->source, head.len);
    return ERR_OK;
}

static bool find_newest(struct datadir *d, const struct names_list *files, struct names_file *ret)
{
    for (size_t i = files->count; i > 0; i--) {
        const struct names_file *f = &files->items[i - 1];
        if (snapread_looks_whole(datadir_files(d), datadir_snap_dir(d), f)) {
            *ret = *f;
            return true;
        }
    }
    return false;
}

static enum err find_file(struct datadir *d, struct names_file *ret, struct store_error *e)
{
    struct names_list files;
    enum err err = datadir_list(d, NAMES_SNAPSHOT, &files, e);
    if (err == ERR_OK && !find_newest(d, &files, ret)) {
        err = store_fail(e, ERR_NOT_FOUND, "no whole snapshot in %s", datadir_snap_dir(d));
    }
    names_list_fini(&files);
    return err;
}

static enum err open_file(struct snapsend *s, struct datadir *d, struct store_error *e)
{
    enum err err = find_file(d, &s->file, e);
    if (err != ERR_OK) {
        return err;
    }
    struct buf path = {0};
    err = snapsource_open(datadir_files(d), names_join(&path, datadir_snap_dir(d), s->file.name),
                          s->file.method, &s->source, e);
    buf_fini(&path);
    return err == ERR_OK ? skip_header(s, e) : err;
}

enum err snapsend_open(struct datadir *d, uint32_t string_bytes_max, struct snapsend **ret,
                       struct store_error *e)
{
    struct snapsend *s = mem_zalloc(sizeof *s);
    s->need = 1;
    snapparts_init(&s->parts, string_bytes_max, &snapscan_nobody);
    enum err err = open_file(s, d, e);
    if (err != ERR_OK) {
        snapsend_close(s);
        return err;
    }
    *ret = s;
    return ERR_OK;
}

void snapsend_close(struct snapsend *s)
{
    if (s == NULL) {
        return;
    }
    snapparts_fini(&s->parts);
    snapsource_close(s->source);
    mem_free(s);
}

int64_t snapsend_zxid(const struct snapsend *s)
{
    return s->file.zxid;
}

// Whole parts that are in the window now.
static enum err copy_window(struct snapsend *s, struct buf *out, struct store_error *e)
{
    struct slice window = snapsource_window(s->source);
    if (window.len < s->need) {
        enum err err = snapsource_peek(s->source, s->need, &window, e);
        if (err != ERR_OK) {
            return err;
        }
        if (window.len < s->need) {
            return fail(s, ERR_TRUNCATED, "the file ends too early", e);
        }
    }
    struct slice rest = window;
    enum err err = snapparts_take(&s->parts, &rest, &s->need);
    if (err != ERR_OK) {
        return fail(s, err, s->parts.fault, e);
    }
    buf_append(out, window.data, window.len - rest.len);
    snapsource_consume(s->source, window.len - rest.len);
    return ERR_OK;
}

enum err snapsend_next(struct snapsend *s, size_t bytes_max, struct buf *out, bool *ret_done,
                       struct store_error *e)
{
    ASSERT(s->need > 0);
    size_t start = out->len;
    while (s->need > 0 && out->len - start < bytes_max) {
        enum err err = copy_window(s, out, e);
        if (err != ERR_OK) {
            return err;
        }
    }
    *ret_done = s->need == 0;
    if (*ret_done) {
        buf_append(out, SNAPFORMAT_SIGNATURE, SNAPFORMAT_SIGNATURE_BYTES);
    }
    return ERR_OK;
}
