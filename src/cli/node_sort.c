// SPDX-License-Identifier: Apache-2.0
//
// A record is [4 bytes of path with its zero][4 bytes of value][path][value]. Records gather in
// `room`; a full room is sorted and becomes a run, a stretch of the temporary file. The runs are
// merged by a heap of their first records.
#include "cli/node_sort.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/node_order.h"

enum { HEAD_BYTES = 8, WINDOW_BYTES_MIN = 16 * 1024, PIECE_BYTES = 1024 * 1024 };

struct run {
    uint64_t at, end; // of the file: not read yet
    struct buf window;
    size_t used; // of the window, before the record at hand
};

struct node_sort {
    struct cli *cli;
    size_t memory_bytes;
    struct buf room;
    size_t *offsets; // of records in `room`
    const uint8_t **records;
    size_t count, cap, given;
    struct port_file *file; // NULL: everything fits
    uint64_t file_bytes;
    struct run *runs;
    size_t run_count, run_cap;
    size_t *heap; // indexes of runs that have a record at hand
    size_t heap_count;
    bool is_begun; // the first of the heap was handed out
    int exit_code;
};

struct node_sort *node_sort_new(struct cli *c, size_t memory_bytes)
{
    struct node_sort *s = mem_zalloc(sizeof(*s));
    s->cli = c;
    s->memory_bytes = memory_bytes;
    return s;
}

void node_sort_free(struct node_sort *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->run_count; i++) {
        buf_fini(&s->runs[i].window);
    }
    if (s->file != NULL) {
        s->file->close(s->file);
    }
    buf_fini(&s->room);
    mem_free(s->offsets);
    mem_free(s->records);
    mem_free(s->runs);
    mem_free(s->heap);
    mem_free(s);
}

static int fail(struct node_sort *s, const char *what, enum err err)
{
    s->exit_code =
        cli_fail(s->cli, CLI_TROUBLE, "cannot %s a temporary file: %s", what, err_text(err));
    return s->exit_code;
}

// ---- records ----

static const char *path_at(const uint8_t *record)
{
    return (const char *)record + HEAD_BYTES;
}

static struct slice value_at(const uint8_t *record)
{
    return slice_of(record + HEAD_BYTES + be32_load(record), be32_load(record + 4));
}

static size_t bytes_at(const uint8_t *record)
{
    return (size_t)HEAD_BYTES + be32_load(record) + be32_load(record + 4);
}

static int by_path(const void *a, const void *b)
{
    return node_order(path_at(*(const uint8_t *const *)a), path_at(*(const uint8_t *const *)b));
}

static void sort_room(struct node_sort *s)
{
    s->records = mem_realloc(s->records, (s->count + 1) * sizeof(*s->records));
    for (size_t i = 0; i < s->count; i++) {
        s->records[i] = s->room.data + s->offsets[i];
    }
    qsort(s->records, s->count, sizeof(*s->records), by_path);
}

// ---- runs ----

// Its name goes at once, so that nothing stays behind however we end.
static int open_file(struct node_sort *s)
{
    struct port_files *fs = s->cli->host->files;
    const char *folder = s->cli->host->env("TMPDIR");
    struct buf name = {0};
    buf_printf(&name, "%s/paddock-%" PRIx64 "-%" PRIxPTR, folder != NULL ? folder : "/tmp",
               (uint64_t)clock_mono_ns(s->cli->host->clock), (uintptr_t)s);
    enum err err = fs->open(fs, buf_cstr(&name),
                            PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE, &s->file);
    if (err == ERR_OK) {
        err = fs->remove(fs, buf_cstr(&name));
    } else {
        s->file = NULL;
    }
    buf_fini(&name);
    return err == ERR_OK ? CLI_DONE : fail(s, "open", err);
}

static int write_piece(struct node_sort *s, struct buf *piece)
{
    enum err err = s->file->write(s->file, s->file_bytes, piece->data, piece->len);
    s->file_bytes += piece->len;
    buf_clear(piece);
    return err == ERR_OK ? CLI_DONE : fail(s, "write", err);
}

static int write_run(struct node_sort *s)
{
    struct buf piece = {0};
    int status = s->file == NULL ? open_file(s) : CLI_DONE;
    struct run run = {.at = s->file_bytes};
    sort_room(s);
    for (size_t i = 0; i < s->count && status == CLI_DONE; i++) {
        buf_append(&piece, s->records[i], bytes_at(s->records[i]));
        if (piece.len >= PIECE_BYTES || i + 1 == s->count) {
            status = write_piece(s, &piece);
        }
    }
    run.end = s->file_bytes;
    if (s->run_count == s->run_cap) {
        s->run_cap = 2 * s->run_cap + 16;
        s->runs = mem_realloc(s->runs, s->run_cap * sizeof(*s->runs));
    }
    s->runs[s->run_count++] = run;
    buf_fini(&piece);
    buf_clear(&s->room);
    s->count = 0;
    return status;
}

int node_sort_add(struct node_sort *s, const char *path, struct slice value)
{
    size_t path_bytes = strlen(path) + 1;
    if (s->count > 0 && s->room.len + value.len + path_bytes + HEAD_BYTES > s->memory_bytes &&
        write_run(s) != CLI_DONE) {
        return s->exit_code;
    }
    if (s->count == s->cap) {
        s->cap = 2 * s->cap + 1024;
        s->offsets = mem_realloc(s->offsets, s->cap * sizeof(*s->offsets));
    }
    s->offsets[s->count++] = s->room.len;
    buf_put_i32(&s->room, (int32_t)path_bytes);
    buf_put_i32(&s->room, (int32_t)value.len);
    buf_append(&s->room, path, path_bytes);
    buf_append_slice(&s->room, value);
    return CLI_DONE;
}

// ---- merging ----

static const uint8_t *at_hand(const struct run *r)
{
    return r->window.data + r->used;
}

static bool has_record(const struct run *r)
{
    size_t have = r->window.len - r->used;
    return have >= HEAD_BYTES && have >= bytes_at(at_hand(r));
}

// A whole record in the window, or (at the end of the run) none.
static bool fill(struct node_sort *s, struct run *r)
{
    size_t share = s->memory_bytes / s->run_count;
    while (!has_record(r) && r->at < r->end && s->exit_code == CLI_DONE) {
        buf_consume(&r->window, r->used);
        r->used = 0;
        uint64_t left = r->end - r->at;
        size_t want = share > WINDOW_BYTES_MIN ? share : WINDOW_BYTES_MIN, got = 0;
        want = left < want ? (size_t)left : want;
        enum err err = s->file->read(s->file, r->at, buf_reserve(&r->window, want), want, &got);
        if (err != ERR_OK || got != want) {
            (void)fail(s, "read", err != ERR_OK ? err : ERR_TRUNCATED);
        }
        r->window.len += got;
        r->at += got;
    }
    return has_record(r);
}

static bool is_before(const struct node_sort *s, size_t a, size_t b)
{
    return node_order(path_at(at_hand(&s->runs[s->heap[a]])),
                      path_at(at_hand(&s->runs[s->heap[b]]))) < 0;
}

static void sink(struct node_sort *s, size_t i)
{
    for (;;) {
        size_t least = i, left = 2 * i + 1;
        for (size_t child = left; child < left + 2 && child < s->heap_count; child++) {
            least = is_before(s, child, least) ? child : least;
        }
        if (least == i) {
            return;
        }
        size_t swapped = s->heap[i];
        s->heap[i] = s->heap[least];
        s->heap[least] = swapped;
        i = least;
    }
}

int node_sort_end(struct node_sort *s)
{
    if (s->file == NULL) {
        sort_room(s);
        return CLI_DONE;
    }
    if (s->count > 0 && write_run(s) != CLI_DONE) {
        return s->exit_code;
    }
    buf_fini(&s->room);
    buf_init(&s->room);
    s->heap = mem_alloc(s->run_count * sizeof(*s->heap));
    for (size_t i = 0; i < s->run_count; i++) {
        if (fill(s, &s->runs[i])) {
            s->heap[s->heap_count++] = i;
        }
    }
    for (size_t i = s->heap_count / 2; i-- > 0;) {
        sink(s, i);
    }
    return s->exit_code;
}

static bool next_of_runs(struct node_sort *s, const uint8_t **ret)
{
    if (s->is_begun) {
        struct run *r = &s->runs[s->heap[0]];
        r->used += bytes_at(at_hand(r));
        if (!fill(s, r)) {
            s->heap[0] = s->heap[--s->heap_count];
        }
        sink(s, 0);
    }
    s->is_begun = s->heap_count > 0 && s->exit_code == CLI_DONE;
    if (s->is_begun) {
        *ret = at_hand(&s->runs[s->heap[0]]);
    }
    return s->is_begun;
}

bool node_sort_next(struct node_sort *s, const char **ret_path, struct slice *ret_value)
{
    const uint8_t *record = NULL;
    if (s->file != NULL) {
        if (!next_of_runs(s, &record)) {
            return false;
        }
    } else if (s->given == s->count) {
        return false;
    } else {
        record = s->records[s->given++];
    }
    *ret_path = path_at(record);
    *ret_value = value_at(record);
    return true;
}

int node_sort_exit_code(const struct node_sort *s)
{
    return s->exit_code;
}
