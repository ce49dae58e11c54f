// SPDX-License-Identifier: Apache-2.0
//
// The note: zxids of 16 hex digits, blanks between them, the end first; sealed as small_file.h does
// it, and filled up to a fixed length in front of the seal, so that writing in place changes none.
#include "store/logend.h"

#include <assert.h>
#include <inttypes.h>

#include "base/assert.h"
#include "base/number.h"
#include "store/names.h"
#include "store/small_file.h"

enum { FIELD_BYTES = 17, TEXT_BYTES = FIELD_BYTES * (1 + LOGEND_MARKS), SECTOR_BYTES = 512 };
static_assert(TEXT_BYTES + 16 <= SECTOR_BYTES, "the note and its seal are one sector");

static const char note_name[] = "paddock.end";

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

static void print(const struct logend *note, struct buf *to)
{
    buf_printf(to, "%016" PRIx64 " ", (uint64_t)note->end);
    for (size_t i = 0; i < note->mark_count; i++) {
        buf_printf(to, "%016" PRIx64 " ", (uint64_t)note->marks[i]);
    }
    while (to->len < TEXT_BYTES) {
        buf_append_str(to, " ");
    }
    small_file_seal(to);
}

enum err logend_note(struct port_files *fs, const char *dir, const struct logend *note,
                     struct store_error *e)
{
    ASSERT(note->end >= 0 && note->mark_count <= LOGEND_MARKS);
    struct buf text = {0};
    struct buf path = {0};
    print(note, &text);
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

// The zxid in field `i`; false for blanks.
static bool parse_field(const struct buf *text, size_t i, int64_t *ret)
{
    struct slice field = slice_of(text->data + i * FIELD_BYTES, FIELD_BYTES - 1);
    return number_parse_radix(field, 16, 0, INT64_MAX, ret);
}

enum err logend_read(struct port_files *fs, const char *dir, struct logend *ret,
                     struct store_error *e)
{
    struct buf text = {0};
    struct logend note = {.end = -1};
    enum err err = small_file_read_sealed(fs, dir, note_name, &text, e);
    if (err == ERR_OK && text.len == TEXT_BYTES && parse_field(&text, 0, &note.end)) {
        while (note.mark_count < LOGEND_MARKS &&
               parse_field(&text, 1 + note.mark_count, &note.marks[note.mark_count])) {
            note.mark_count++;
        }
    }
    buf_fini(&text);
    *ret = note;
    return store_is_of_system(err) ? err : ERR_OK;
}

enum err logend_forget(struct port_files *fs, const char *dir, struct store_error *e)
{
    return small_file_remove(fs, dir, note_name, NULL, e);
}

void logend_mark(struct logend *note)
{
    size_t count = note->mark_count;
    if (note->end < 0 || (count > 0 && note->marks[count - 1] >= note->end)) {
        return;
    }
    if (count == LOGEND_MARKS) {
        memmove(note->marks, note->marks + 1, (LOGEND_MARKS - 1) * sizeof note->marks[0]);
        count--;
    }
    note->marks[count] = note->end;
    note->mark_count = count + 1;
}
