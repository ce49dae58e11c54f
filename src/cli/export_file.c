// SPDX-License-Identifier: Apache-2.0
//
// Writing collects lines in a buffer and passes it on when it is big enough; the checksum is that
// of the lines, not of the packed bytes, so that unpacking and packing a file again changes
// nothing.
#include "cli/export_file.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "cli/line_source.h"
#include "cli/node_order.h"
#include "store/gz_stream.h"

enum { CHUNK_BYTES = 256 * 1024, GZ_LEVEL = 4 };

// ---- writing ----

struct export_writer {
    struct cli *cli;
    const char *name;       // NULL: c->out
    char *part;             // the name until it is whole; NULL: under its own
    struct port_file *file; // NULL: c->out
    uint64_t offset;
    struct gz_packer *gz;
    struct buf lines, packed;
    struct export_end end;
    bool is_whole;
};

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

// Devices must not be replaced by a file of their name.
static bool is_device(const char *file)
{
    return strncmp(file, "/dev/", 5) == 0;
}

struct export_writer *export_writer_open(struct cli *c, const char *file)
{
    struct export_writer *w = mem_zalloc(sizeof(*w));
    w->cli = c;
    if (file == NULL || strcmp(file, "-") == 0) {
        return w;
    }
    w->name = file;
    if (!is_device(file)) {
        size_t len = strlen(file);
        w->part = mem_alloc(len + sizeof(".part"));
        memcpy(w->part, file, len);
        memcpy(w->part + len, ".part", sizeof(".part"));
    }
    const char *name = w->part != NULL ? w->part : file;
    unsigned flags =
        PORT_OPEN_WRITE | PORT_OPEN_CREATE | (w->part != NULL ? PORT_OPEN_TRUNCATE : 0);
    enum err err = c->host->files->open(c->host->files, name, flags, &w->file);
    if (err != ERR_OK) {
        w->file = NULL;
        (void)cli_fail(c, CLI_TROUBLE, "cannot write %s: %s", name, err_text(err));
        export_writer_close(w);
        return NULL;
    }
    w->gz = ends_with(file, ".gz") ? gz_packer_new(GZ_LEVEL) : NULL;
    return w;
}

static int write_out(struct export_writer *w, struct slice bytes)
{
    if (w->file == NULL) {
        return fwrite(bytes.data, 1, bytes.len, w->cli->out) == bytes.len
                   ? CLI_DONE
                   : cli_fail(w->cli, CLI_TROUBLE, "cannot write the standard output");
    }
    enum err err = w->file->write(w->file, w->offset, bytes.data, bytes.len);
    w->offset += bytes.len;
    return err == ERR_OK ? CLI_DONE
                         : cli_fail(w->cli, CLI_TROUBLE, "cannot write %s: %s",
                                    w->part != NULL ? w->part : w->name, err_text(err));
}

static int flush(struct export_writer *w, bool is_last)
{
    struct slice bytes = buf_slice(&w->lines);
    if (w->gz != NULL) {
        gz_pack(w->gz, bytes, is_last, &w->packed);
        bytes = buf_slice(&w->packed);
    }
    int status = bytes.len > 0 ? write_out(w, bytes) : CLI_DONE;
    buf_clear(&w->packed);
    buf_clear(&w->lines);
    return status;
}

// The line that begins at `begin` is complete.
static int add_line(struct export_writer *w, size_t begin)
{
    w->end.crc32 = hash_crc32(w->end.crc32, slice_skip(buf_slice(&w->lines), begin));
    return w->lines.len >= CHUNK_BYTES ? flush(w, false) : CLI_DONE;
}

int export_writer_header(struct export_writer *w, const struct export_header *h)
{
    export_line_header(h, &w->lines);
    return add_line(w, 0);
}

int export_writer_node(struct export_writer *w, const struct node *n)
{
    size_t begin = w->lines.len;
    export_line_node(n, &w->lines);
    w->end.nodes++;
    w->end.data_bytes += n->has_data ? (int64_t)n->data.len : 0;
    return add_line(w, begin);
}

// Durable first, then the name, then the name durable.
static enum err give_name(struct export_writer *w)
{
    struct port_files *fs = w->cli->host->files;
    enum err err = w->file->sync(w->file);
    if (err == ERR_OK) {
        err = fs->rename(fs, w->part, w->name);
    }
    if (err == ERR_OK) {
        w->is_whole = true;
        const char *slash = strrchr(w->name, '/');
        struct buf dir = {0};
        buf_append(&dir, w->name, slash != NULL ? (size_t)(slash - w->name) : 0);
        if (slash == w->name) {
            buf_append_str(&dir, "/");
        }
        err = fs->sync_dir(fs, dir.len > 0 ? buf_cstr(&dir) : ".");
        buf_fini(&dir);
    }
    return err;
}

int export_writer_finish(struct export_writer *w)
{
    export_line_end(&w->end, &w->lines);
    int status = flush(w, true);
    if (status != CLI_DONE || w->part == NULL) {
        if (status == CLI_DONE && w->file == NULL && fflush(w->cli->out) != 0) {
            status = cli_fail(w->cli, CLI_TROUBLE, "cannot write the standard output");
        }
        return status;
    }
    enum err err = give_name(w);
    return err == ERR_OK
               ? CLI_DONE
               : cli_fail(w->cli, CLI_TROUBLE, "cannot write %s: %s", w->name, err_text(err));
}

void export_writer_counts(const struct export_writer *w, struct export_end *ret)
{
    *ret = w->end;
}

void export_writer_close(struct export_writer *w)
{
    if (w == NULL) {
        return;
    }
    if (w->file != NULL) {
        struct port_files *fs = w->cli->host->files;
        w->file->close(w->file);
        if (w->part != NULL && !w->is_whole) {
            (void)fs->remove(fs, w->part);
        }
    }
    gz_packer_free(w->gz);
    buf_fini(&w->lines);
    buf_fini(&w->packed);
    mem_free(w->part);
    mem_free(w);
}

// ---- reading ----

struct export_reader {
    struct cli *cli;
    const char *name;
    bool is_edited, has_header, is_over, has_failed;
    struct line_source *source;
    struct arena header_arena, arena;
    struct export_line line;
    struct export_header header;
    struct buf last_path; // of the node before
    int64_t nodes;
    uint32_t crc32; // of the lines before the one at hand
};

struct export_reader *export_reader_open(struct cli *c, const char *file, bool is_edited)
{
    struct line_source *source = line_source_open(c, file);
    if (source == NULL) {
        return NULL;
    }
    struct export_reader *r = mem_zalloc(sizeof(*r));
    r->cli = c;
    r->name = strcmp(file, "-") == 0 ? "standard input" : file;
    r->is_edited = is_edited;
    r->source = source;
    arena_init(&r->header_arena);
    arena_init(&r->arena);
    return r;
}

void export_reader_close(struct export_reader *r)
{
    if (r != NULL) {
        line_source_close(r->source);
        arena_fini(&r->header_arena);
        arena_fini(&r->arena);
        buf_fini(&r->last_path);
        mem_free(r);
    }
}

const struct export_header *export_reader_header(const struct export_reader *r)
{
    return r->has_header ? &r->header : NULL;
}

uint64_t export_reader_line(const struct export_reader *r)
{
    return line_source_number(r->source);
}

static enum export_step refuse(struct export_reader *r, const char *why, const char *what)
{
    r->has_failed = true;
    (void)cli_fail(r->cli, CLI_NO, "%s:%" PRIu64 ": %s%s", r->name, export_reader_line(r), why,
                   what);
    return EXPORT_FAILED;
}

static uint32_t add_to_crc(uint32_t crc, struct slice line)
{
    return hash_crc32(hash_crc32(crc, line), slice_str("\n"));
}

// Behind its parent: then the parent's path is that of the node before, or above it.
static bool is_in_place(struct export_reader *r, const char *path)
{
    if (r->nodes == 0) {
        return *path == '\0';
    }
    const char *last = buf_cstr(&r->last_path), *slash = strrchr(path, '/');
    if (node_order(last, path) >= 0) {
        return false;
    }
    size_t parent_len = slash != NULL ? (size_t)(slash - path) : 0;
    return strncmp(last, path, parent_len) == 0 &&
           (parent_len == 0 || last[parent_len] == '\0' || last[parent_len] == '/');
}

static enum export_step take_node(struct export_reader *r, struct node *ret)
{
    const char *path = r->line.node.path;
    if (!is_in_place(r, path)) {
        return refuse(r,
                      r->nodes == 0 ? "the first node is not the root, \"\", but "
                                    : "a node without its parent before it, or not in order: ",
                      path);
    }
    buf_clear(&r->last_path);
    buf_append_str(&r->last_path, path);
    r->nodes++;
    *ret = r->line.node;
    ret->has_acl = ret->has_acl && r->header.has_acl;
    ret->is_kind_exact = r->header.has_kinds || ret->kind != NODE_PERSISTENT;
    return EXPORT_NEXT;
}

static enum export_step take_end(struct export_reader *r)
{
    if (!r->is_edited && r->line.end.nodes != r->nodes) {
        return refuse(r, "the number of nodes does not fit: some are missing or too many", "");
    }
    if (!r->is_edited && r->line.end.crc32 != r->crc32) {
        return refuse(r,
                      "the checksum does not fit: a line above was changed; --edited takes the "
                      "file as it is",
                      "");
    }
    r->is_over = true;
    return EXPORT_END;
}

// The next line into r->line.
static enum export_step read_line(struct export_reader *r, struct arena *arena)
{
    struct slice line;
    bool is_cut;
    char why[EXPORT_WHY_BYTES];
    enum line_step step = line_source_next(r->source, &line, &is_cut);
    if (step == LINE_FAILED) {
        r->has_failed = true;
        return EXPORT_FAILED;
    }
    if (step == LINE_END) {
        return refuse(r, "the file was cut behind this line: its last line is missing", "");
    }
    if (is_cut) {
        return refuse(r, "the file was cut within this line", "");
    }
    if (!export_line_parse(line, arena, &r->line, why)) {
        return refuse(r, why, "");
    }
    if (r->line.kind != EXPORT_LINE_END) {
        r->crc32 = add_to_crc(r->crc32, line);
    }
    return EXPORT_NEXT;
}

static enum export_step read_header(struct export_reader *r)
{
    enum export_step step = read_line(r, &r->header_arena);
    if (step == EXPORT_NEXT && r->line.kind != EXPORT_LINE_HEADER) {
        return refuse(r, "not an export: the first line names no format", "");
    }
    r->header = r->line.header;
    r->has_header = step == EXPORT_NEXT;
    return step;
}

// Nothing may follow the end.
static enum export_step look_behind_end(struct export_reader *r)
{
    struct slice line;
    bool is_cut;
    enum line_step step = line_source_next(r->source, &line, &is_cut);
    if (step == LINE_END) {
        return EXPORT_END;
    }
    r->has_failed = true;
    return step == LINE_FAILED ? EXPORT_FAILED : refuse(r, "a line behind the last one", "");
}

enum export_step export_reader_next(struct export_reader *r, struct node *ret)
{
    if (r->has_failed || r->is_over) {
        return r->has_failed ? EXPORT_FAILED : EXPORT_END;
    }
    enum export_step step = r->has_header ? EXPORT_NEXT : read_header(r);
    if (step != EXPORT_NEXT) {
        return step;
    }
    arena_reset(&r->arena);
    step = read_line(r, &r->arena);
    if (step != EXPORT_NEXT) {
        return step;
    }
    switch (r->line.kind) {
    case EXPORT_LINE_NODE:
        return take_node(r, ret);
    case EXPORT_LINE_END:
        step = take_end(r);
        return step == EXPORT_END ? look_behind_end(r) : step;
    case EXPORT_LINE_HEADER:
        break;
    }
    return refuse(r, "a second header", "");
}

// ---- checking ----

enum fit { FITS, FITS_NOT, FIT_UNKNOWN };

// Count and checksum alone. FIT_UNKNOWN: it could not be read, which was said.
static enum fit look_at_sum(struct line_source *s, uint64_t *ret_nodes)
{
    struct slice line;
    struct buf last = {0};
    uint32_t crc = 0;
    bool is_cut;
    enum line_step step;
    while ((step = line_source_next(s, &line, &is_cut)) == LINE_NEXT && !is_cut) {
        if (line_source_number(s) > 1) {
            crc = add_to_crc(crc, buf_slice(&last));
        }
        buf_clear(&last);
        buf_append_slice(&last, line);
    }
    struct export_line end = {.kind = EXPORT_LINE_NODE};
    struct arena arena = {0};
    char why[EXPORT_WHY_BYTES];
    bool is_fit = step == LINE_END && export_line_parse(buf_slice(&last), &arena, &end, why) &&
                  end.kind == EXPORT_LINE_END && end.end.crc32 == crc &&
                  (uint64_t)end.end.nodes + 2 == line_source_number(s);
    if (is_fit) {
        *ret_nodes = (uint64_t)end.end.nodes;
    }
    arena_fini(&arena);
    buf_fini(&last);
    return is_fit ? FITS : step == LINE_FAILED ? FIT_UNKNOWN : FITS_NOT;
}

// Parsed to find the line that is wrong.
static int parse_all(struct cli *c, const char *file, bool is_edited, uint64_t *ret_nodes)
{
    struct export_reader *r = export_reader_open(c, file, is_edited);
    if (r == NULL) {
        return CLI_TROUBLE;
    }
    struct node n;
    enum export_step step;
    uint64_t nodes = 0;
    while ((step = export_reader_next(r, &n)) == EXPORT_NEXT) {
        nodes++;
    }
    export_reader_close(r);
    *ret_nodes = nodes;
    return step == EXPORT_END ? CLI_DONE : CLI_NO;
}

int export_file_check(struct cli *c, const char *file, bool is_edited, uint64_t *ret_nodes)
{
    struct line_source *s = line_source_open(c, file);
    if (s == NULL) {
        return CLI_TROUBLE;
    }
    enum fit fit = is_edited ? FITS_NOT : look_at_sum(s, ret_nodes);
    line_source_close(s);
    if (fit == FIT_UNKNOWN) {
        return CLI_NO;
    }
    return fit == FITS ? CLI_DONE : parse_all(c, file, is_edited, ret_nodes);
}
