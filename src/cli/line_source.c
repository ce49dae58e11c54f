// SPDX-License-Identifier: Apache-2.0
//
// Chunks of the file go (through gzip) into one buffer, lines are cut from its front:
//
//     file ──► raw ──(unpack)──► text   [.....taken|line\n.....|room]
#include "cli/line_source.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/gz_stream.h"

enum { CHUNK_BYTES = 256 * 1024 };

struct line_source {
    struct cli *cli;
    const char *name;
    struct port_file *file; // NULL: the standard input
    uint64_t offset;
    struct gz_unpacker *gz; // NULL: plain
    struct buf raw, text;
    size_t taken, looked; // of `text`: returned already; without a line end up to there
    struct slice packed;  // of `raw`: not unpacked yet
    bool is_begun, is_over;
    uint64_t number;
};

struct line_source *line_source_open(struct cli *c, const char *file)
{
    struct port_file *f = NULL;
    bool is_stdin = strcmp(file, "-") == 0;
    enum err err =
        is_stdin ? ERR_OK : c->host->files->open(c->host->files, file, PORT_OPEN_READ, &f);
    if (err != ERR_OK) {
        (void)cli_fail(c, CLI_TROUBLE, "cannot read %s: %s", file, err_text(err));
        return NULL;
    }
    struct line_source *s = mem_zalloc(sizeof(*s));
    s->cli = c;
    s->name = is_stdin ? "standard input" : file;
    s->file = f;
    return s;
}

void line_source_close(struct line_source *s)
{
    if (s == NULL) {
        return;
    }
    if (s->file != NULL) {
        s->file->close(s->file);
    }
    gz_unpacker_free(s->gz);
    buf_fini(&s->raw);
    buf_fini(&s->text);
    mem_free(s);
}

uint64_t line_source_number(const struct line_source *s)
{
    return s->number;
}

// ---- bytes ----

static bool read_chunk(struct line_source *s, size_t *ret)
{
    buf_clear(&s->raw);
    uint8_t *to = buf_reserve(&s->raw, CHUNK_BYTES);
    if (s->file == NULL) {
        *ret = fread(to, 1, CHUNK_BYTES, stdin);
        if (ferror(stdin)) {
            (void)cli_fail(s->cli, CLI_TROUBLE, "cannot read the standard input");
            return false;
        }
        return true;
    }
    enum err err = s->file->read(s->file, s->offset, to, CHUNK_BYTES, ret);
    if (err != ERR_OK) {
        (void)cli_fail(s->cli, CLI_TROUBLE, "cannot read %s: %s", s->name, err_text(err));
        return false;
    }
    s->offset += *ret;
    return true;
}

static bool unpack(struct line_source *s)
{
    enum err err = gz_unpack(s->gz, &s->packed, CHUNK_BYTES, &s->text);
    if (err != ERR_OK) {
        (void)cli_fail(s->cli, CLI_NO, "%s:%llu: the packed data is damaged behind this line",
                       s->name, (unsigned long long)s->number);
    }
    return err == ERR_OK;
}

static bool end(struct line_source *s)
{
    s->is_over = true;
    if (s->gz != NULL && !gz_is_whole(s->gz)) {
        (void)cli_fail(s->cli, CLI_NO, "%s:%llu: the packed data ends too early: it was cut",
                       s->name, (unsigned long long)s->number);
        return false;
    }
    return true;
}

// More bytes into `text`, or is_over.
static bool fill(struct line_source *s)
{
    size_t got;
    if (s->packed.len > 0) {
        return unpack(s);
    }
    if (!read_chunk(s, &got)) {
        return false;
    }
    struct slice bytes = slice_of(s->raw.data, got);
    if (!s->is_begun && gz_is_packed(bytes)) {
        s->gz = gz_unpacker_new();
    }
    s->is_begun = true;
    if (got == 0) {
        return end(s);
    }
    if (s->gz != NULL) {
        s->packed = bytes;
        return unpack(s);
    }
    buf_append(&s->text, bytes.data, bytes.len);
    return true;
}

// ---- lines ----

// What was returned goes, when that is worth the moving.
static void drop_taken(struct line_source *s)
{
    if (s->taken > 0 && (s->taken == s->text.len || s->taken > s->text.len / 2)) {
        buf_consume(&s->text, s->taken);
        s->looked -= s->taken;
        s->taken = 0;
    }
}

static enum line_step give(struct line_source *s, size_t end_at, size_t line_end, struct slice *ret)
{
    *ret = slice_of(s->text.data + s->taken, end_at - s->taken);
    s->taken = s->looked = end_at + line_end;
    s->number++;
    return LINE_NEXT;
}

enum line_step line_source_next(struct line_source *s, struct slice *ret, bool *ret_is_cut)
{
    *ret_is_cut = false;
    for (;;) {
        const uint8_t *at = s->looked < s->text.len
                                ? memchr(s->text.data + s->looked, '\n', s->text.len - s->looked)
                                : NULL;
        if (at != NULL) {
            return give(s, (size_t)(at - s->text.data), 1, ret);
        }
        s->looked = s->text.len;
        if (s->is_over) {
            *ret_is_cut = s->taken < s->text.len;
            return *ret_is_cut ? give(s, s->text.len, 0, ret) : LINE_END;
        }
        drop_taken(s);
        if (s->text.len - s->taken > LINE_BYTES_MAX) {
            (void)cli_fail(s->cli, CLI_NO, "%s:%llu: a line longer than 1 GiB", s->name,
                           (unsigned long long)s->number + 1);
            return LINE_FAILED;
        }
        if (!fill(s)) {
            return LINE_FAILED;
        }
    }
}
