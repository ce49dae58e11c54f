// SPDX-License-Identifier: Apache-2.0
//
// The note: 16 hex digits, sealed as small_file.h does it.
#include "store/logend.h"

#include <inttypes.h>

#include "base/number.h"
#include "store/names.h"
#include "store/small_file.h"

enum { ZXID_DIGITS = 16 };

static const char note_name[] = ".paddock.end";

// Over the note that is there; the length never changes.
static enum err overwrite(struct port_files *fs, const char *path, struct slice text)
{
    struct port_file *f;
    enum err err = fs->open(fs, path, PORT_OPEN_WRITE, &f);
    if (err == ERR_OK) {
        err = f->write(f, 0, text.data, text.len);
        err = err == ERR_OK ? f->sync(f) : err;
        f->close(f);
    }
    return err;
}

enum err logend_note(struct port_files *fs, const char *dir, int64_t zxid, struct store_error *e)
{
    struct buf text = {0};
    struct buf path = {0};
    buf_printf(&text, "%016" PRIx64, (uint64_t)zxid);
    small_file_seal(&text);
    enum err err = overwrite(fs, names_join(&path, dir, note_name), buf_slice(&text));
    if (err == ERR_NOT_FOUND) {
        err = small_file_write(fs, dir, note_name, buf_slice(&text), e);
    } else if (err != ERR_OK) {
        err = store_fail(e, err, "cannot write %s: %s", buf_cstr(&path), err_text(err));
    }
    buf_fini(&path);
    buf_fini(&text);
    return err;
}

int64_t logend_read(struct port_files *fs, const char *dir)
{
    struct buf text = {0};
    int64_t zxid = -1;
    enum err err = small_file_read_sealed(fs, dir, note_name, &text, NULL);
    if (err == ERR_OK && (text.len != ZXID_DIGITS ||
                          !number_parse_radix(buf_slice(&text), 16, 0, INT64_MAX, &zxid))) {
        zxid = -1;
    }
    buf_fini(&text);
    return zxid;
}

enum err logend_forget(struct port_files *fs, const char *dir, struct store_error *e)
{
    return small_file_remove(fs, dir, note_name, NULL, e);
}
