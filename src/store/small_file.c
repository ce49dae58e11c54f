// SPDX-License-Identifier: Apache-2.0
//
// Small files, whole or not at all.
#include "store/small_file.h"

#include <inttypes.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/number.h"
#include "store/names.h"

enum err small_file_read(struct port_files *fs, const char *dir, const char *name, struct buf *ret,
                         struct store_error *e)
{
    struct buf path = {0};
    struct port_file *f;
    size_t len = 0;
    buf_clear(ret);
    enum err err = fs->open(fs, names_join(&path, dir, name), PORT_OPEN_READ, &f);
    if (err == ERR_OK) {
        err = f->read(f, 0, buf_reserve(ret, SMALL_FILE_BYTES_MAX), SMALL_FILE_BYTES_MAX, &len);
        f->close(f);
    }
    if (err == ERR_OK) {
        ret->len = len;
    } else {
        err = store_fail(e, err, "cannot read %s: %s", buf_cstr(&path), err_text(err));
    }
    buf_fini(&path);
    return err;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

// The first line without the white space around it.
static struct slice first_line(struct slice text)
{
    const uint8_t *newline = memchr(text.data, '\n', text.len);
    text.len = newline == NULL ? text.len : (size_t)(newline - text.data);
    while (text.len > 0 && is_space(text.data[0])) {
        text = slice_skip(text, 1);
    }
    while (text.len > 0 && is_space(text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

enum err small_file_read_number(struct port_files *fs, const char *dir, const char *name,
                                int64_t *ret, struct store_error *e)
{
    struct buf text = {0};
    enum err err = small_file_read(fs, dir, name, &text, e);
    if (err == ERR_OK && !number_parse(first_line(buf_slice(&text)), INT64_MIN, INT64_MAX, ret)) {
        err = store_fail(e, ERR_MALFORMED, "%s/%s does not hold a decimal number in its first line",
                         dir, name);
    }
    buf_fini(&text);
    return err;
}

static enum err write_durably(struct port_files *fs, const char *path, struct slice text)
{
    struct port_file *f;
    enum err err = fs->open(fs, path, PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE, &f);
    if (err == ERR_OK) {
        err = f->write(f, 0, text.data, text.len);
        if (err == ERR_OK) {
            err = f->sync(f);
        }
        f->close(f);
    }
    return err;
}

static const char *temporary(struct buf *to, const char *dir, const char *name)
{
    (void)names_join(to, dir, name);
    buf_append_str(to, ".tmp");
    return buf_cstr(to);
}

static enum err fail_write(const char *dir, const char *name, enum err err, struct store_error *e)
{
    return store_fail(e, err, "cannot write %s/%s: %s", dir, name, err_text(err));
}

enum err small_file_prepare(struct port_files *fs, const char *dir, const char *name,
                            struct slice text, int64_t *ret_changed_ms, struct store_error *e)
{
    struct buf tmp = {0};
    struct port_file_info info;
    enum err err = write_durably(fs, temporary(&tmp, dir, name), text);
    err = err == ERR_OK ? fs->info(fs, buf_cstr(&tmp), &info) : err;
    buf_fini(&tmp);
    if (err != ERR_OK) {
        return fail_write(dir, name, err, e);
    }
    *ret_changed_ms = info.changed_ms;
    return ERR_OK;
}

enum err small_file_replace(struct port_files *fs, const char *dir, const char *name,
                            struct store_error *e)
{
    struct buf path = {0};
    struct buf tmp = {0};
    enum err err = fs->rename(fs, temporary(&tmp, dir, name), names_join(&path, dir, name));
    err = err == ERR_OK ? fs->sync_dir(fs, dir) : err;
    buf_fini(&tmp);
    buf_fini(&path);
    return err == ERR_OK ? ERR_OK : fail_write(dir, name, err, e);
}

enum err small_file_write(struct port_files *fs, const char *dir, const char *name,
                          struct slice text, struct store_error *e)
{
    int64_t changed_ms;
    enum err err = small_file_prepare(fs, dir, name, text, &changed_ms, e);
    return err == ERR_OK ? small_file_replace(fs, dir, name, e) : err;
}

// ---- sealed: behind the text a blank, its CRC-32 as 8 hex digits, a newline ----

enum { SEAL_BYTES = 10 };

void small_file_seal(struct buf *text)
{
    buf_printf(text, " %08" PRIx32 "\n", hash_crc32(0, buf_slice(text)));
}

enum err small_file_write_sealed(struct port_files *fs, const char *dir, const char *name,
                                 struct slice text, struct store_error *e)
{
    struct buf sealed = {0};
    ASSERT(text.len + SEAL_BYTES <= SMALL_FILE_BYTES_MAX);
    buf_append_slice(&sealed, text);
    small_file_seal(&sealed);
    enum err err = small_file_write(fs, dir, name, buf_slice(&sealed), e);
    buf_fini(&sealed);
    return err;
}

enum err small_file_read_sealed(struct port_files *fs, const char *dir, const char *name,
                                struct buf *ret, struct store_error *e)
{
    struct buf again = {0};
    enum err err = small_file_read(fs, dir, name, ret, e);
    if (err == ERR_OK) {
        size_t len = ret->len < SEAL_BYTES ? 0 : ret->len - SEAL_BYTES;
        buf_append(&again, ret->data, len);
        small_file_seal(&again);
        if (slice_equal(buf_slice(ret), buf_slice(&again))) {
            ret->len = len;
        } else {
            err = store_fail(e, ERR_CORRUPT, "%s/%s is damaged", dir, name);
        }
    }
    buf_fini(&again);
    return err;
}

// ---- removing ----

enum err small_file_remove(struct port_files *fs, const char *dir, const char *name,
                           bool *ret_was_there, struct store_error *e)
{
    struct buf path = {0};
    enum err err = fs->remove(fs, names_join(&path, dir, name));
    bool was_there = err == ERR_OK;
    if (was_there) {
        err = fs->sync_dir(fs, dir);
    } else if (err == ERR_NOT_FOUND) {
        err = ERR_OK;
    }
    if (err != ERR_OK) {
        err = store_fail(e, err, "cannot remove %s: %s", buf_cstr(&path), err_text(err));
    } else if (ret_was_there != NULL) {
        *ret_was_there = was_there;
    }
    buf_fini(&path);
    return err;
}

bool small_file_exists(struct port_files *fs, const char *dir, const char *name)
{
    struct buf path = {0};
    struct port_file_info info;
    enum err err = fs->info(fs, names_join(&path, dir, name), &info);
    buf_fini(&path);
    return err != ERR_NOT_FOUND;
}
