// SPDX-License-Identifier: Apache-2.0
//
// A window slides over the file. At a break the search for the next intact record goes from window
// to window, each overlapping the one before by the longest record that is looked for.
#include "store/logscan.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/mem.h"
#include "store/record.h"

enum {
    WINDOW_BYTES = 1024 * 1024,
    FIND_WINDOW_BYTES = 2 * LOGSCAN_FIND_BYTES_MAX,
    FIND_BUDGET_FACTOR = 64, // as logread.c
};

struct logscan {
    struct port_file *file;
    char *path;
    uint32_t record_bytes_max;
    uint8_t header[LOGFILE_HEADER_BYTES];
    size_t header_bytes;
    uint64_t file_bytes;
    uint64_t data_end; // behind the last byte that is not zero; UINT64_MAX: not looked for yet
    bool is_over;
    uint8_t *window;
    size_t cap, have, at;
    uint64_t window_offset;
};

// ---- the window ----

static enum err fail(const struct logscan *s, enum err err, struct store_error *e)
{
    return store_fail(e, err, "cannot read %s: %s", s->path, err_text(err));
}

static uint64_t position(const struct logscan *s)
{
    return s->window_offset + s->at;
}

static struct slice ahead(const struct logscan *s)
{
    return slice_of(s->window + s->at, s->have - s->at);
}

static void seek(struct logscan *s, uint64_t offset)
{
    if (offset >= s->window_offset && offset <= s->window_offset + s->have) {
        s->at = (size_t)(offset - s->window_offset);
        return;
    }
    s->window_offset = offset;
    s->have = 0;
    s->at = 0;
}

// Have `len` bytes from the current position on, or as many as the file has.
static enum err fill(struct logscan *s, size_t len, struct store_error *e)
{
    if (s->have - s->at >= len) {
        return ERR_OK;
    }
    memmove(s->window, s->window + s->at, s->have - s->at);
    s->window_offset += s->at;
    s->have -= s->at;
    s->at = 0;
    if (len > s->cap) {
        s->cap = len;
        s->window = mem_realloc(s->window, s->cap);
    }
    size_t got = 0;
    enum err err = s->file->read(s->file, s->window_offset + s->have, s->window + s->have,
                                 s->cap - s->have, &got);
    if (err != ERR_OK) {
        return fail(s, err, e);
    }
    s->have += got;
    return ERR_OK;
}

static enum err find_data_end(struct logscan *s, struct store_error *e)
{
    if (s->data_end != UINT64_MAX) {
        return ERR_OK;
    }
    uint8_t *piece = mem_alloc(WINDOW_BYTES);
    uint64_t end = s->file_bytes;
    enum err err = ERR_OK;
    while (err == ERR_OK && end > 0) {
        uint64_t start = end > WINDOW_BYTES ? end - WINDOW_BYTES : 0;
        size_t got = 0;
        err = s->file->read(s->file, start, piece, (size_t)(end - start), &got);
        size_t kept = err == ERR_OK ? logfile_trim(slice_of(piece, got)) : 0;
        end = start + kept;
        if (kept > 0) {
            break;
        }
    }
    mem_free(piece);
    if (err != ERR_OK) {
        return fail(s, err, e);
    }
    s->data_end = end;
    return ERR_OK;
}

// ---- breaks ----

// The offset of the next intact record behind the current position, or UINT64_MAX.
static enum err find_intact(struct logscan *s, uint64_t *ret, struct store_error *e)
{
    *ret = UINT64_MAX;
    for (uint64_t from = position(s) + 1; from < s->data_end;) {
        seek(s, from);
        enum err err = fill(s, FIND_WINDOW_BYTES, e);
        if (err != ERR_OK) {
            return err;
        }
        struct slice bytes = ahead(s);
        struct slice body;
        size_t offset;
        uint64_t budget = FIND_BUDGET_FACTOR * (uint64_t)bytes.len;
        if (logfile_find_intact(bytes, budget, &offset)) {
            // The careful answer to a search that takes too long is no place to go on at.
            if (logfile_record_at(slice_skip(bytes, offset), &body) == LOGFILE_INTACT) {
                *ret = from + offset;
            }
            return ERR_OK;
        }
        from += bytes.len > LOGSCAN_FIND_BYTES_MAX ? bytes.len - LOGSCAN_FIND_BYTES_MAX : bytes.len;
    }
    return ERR_OK;
}

static enum err give_break(struct logscan *s, enum logfile_record why, struct logscan_item *ret,
                           struct store_error *e)
{
    enum err err = find_data_end(s, e);
    if (err != ERR_OK) {
        return err;
    }
    uint64_t start = position(s);
    if (start >= s->data_end) {
        *ret = (struct logscan_item){
            .found = LOGSCAN_END, .offset = start, .end_offset = s->file_bytes};
        s->is_over = true;
        return ERR_OK;
    }
    uint64_t next;
    err = find_intact(s, &next, e);
    if (err != ERR_OK) {
        return err;
    }
    bool is_last = next == UINT64_MAX;
    uint64_t end = is_last ? s->data_end : next;
    *ret = (struct logscan_item){
        .found = LOGSCAN_BREAK, .why = why, .is_last = is_last, .offset = start, .end_offset = end};
    seek(s, end);
    return ERR_OK;
}

const char *logscan_why(enum logfile_record why)
{
    switch (why) {
    case LOGFILE_INTACT:
        return "a transaction longer than jute.maxbuffer";
    case LOGFILE_PADDING:
        return "a hole where a transaction should be";
    case LOGFILE_INCOMPLETE:
        return "an incomplete transaction";
    case LOGFILE_BAD_SUM:
        return "a transaction with a wrong checksum";
    case LOGFILE_BAD_LENGTH:
        return "a transaction with an impossible length";
    }
    return "";
}

// ---- reading ----

enum err logscan_next(struct logscan *s, struct logscan_item *ret, struct store_error *e)
{
    if (s->is_over) {
        return ERR_STOPPED;
    }
    enum err err = fill(s, RECORD_HEAD_BYTES, e);
    if (err != ERR_OK) {
        return err;
    }
    struct slice head = ahead(s);
    uint32_t len = head.len >= RECORD_HEAD_BYTES ? be32_load(head.data + 8) : 0;
    if (len > s->record_bytes_max) {
        return give_break(s, len <= INT32_MAX ? LOGFILE_INCOMPLETE : LOGFILE_BAD_LENGTH, ret, e);
    }
    if (len >= LOGFILE_BODY_BYTES_MIN) {
        err = fill(s, RECORD_FRAME_BYTES + (size_t)len, e);
        if (err != ERR_OK) {
            return err;
        }
    }
    struct slice body;
    enum logfile_record found = logfile_record_at(ahead(s), &body);
    if (found != LOGFILE_INTACT && found != LOGFILE_BAD_SUM) {
        return give_break(s, found, ret, e);
    }
    uint64_t start = position(s);
    *ret = (struct logscan_item){
        .found = found == LOGFILE_INTACT ? LOGSCAN_RECORD : LOGSCAN_BAD_SUM,
        .why = found,
        .body = body,
        .zxid = record_zxid(body),
        .sum = be64_load(s->window + s->at),
        .offset = start,
        .end_offset = start + RECORD_FRAME_BYTES + body.len,
    };
    s->at += RECORD_FRAME_BYTES + body.len;
    return ERR_OK;
}

// ---- life cycle ----

static enum err begin(struct logscan *s, struct store_error *e)
{
    enum err err = s->file->size(s->file, &s->file_bytes);
    if (err == ERR_OK) {
        err = s->file->read(s->file, 0, s->header, sizeof s->header, &s->header_bytes);
    }
    if (err != ERR_OK) {
        return fail(s, err, e);
    }
    s->is_over = s->header_bytes < sizeof s->header;
    s->window_offset = LOGFILE_HEADER_BYTES;
    return ERR_OK;
}

enum err logscan_open(struct port_files *fs, const char *path, uint32_t record_bytes_max,
                      struct logscan **ret, struct store_error *e)
{
    struct logscan *s = mem_zalloc(sizeof *s);
    s->path = mem_strdup(path);
    s->record_bytes_max = record_bytes_max;
    s->data_end = UINT64_MAX;
    s->cap = WINDOW_BYTES;
    s->window = mem_alloc(s->cap);
    enum err err = fs->open(fs, path, PORT_OPEN_READ, &s->file);
    if (err != ERR_OK) {
        s->file = NULL;
        err = fail(s, err, e);
    } else {
        err = begin(s, e);
    }
    if (err != ERR_OK) {
        logscan_close(s);
        return err;
    }
    *ret = s;
    return ERR_OK;
}

void logscan_close(struct logscan *s)
{
    if (s == NULL) {
        return;
    }
    if (s->file != NULL) {
        s->file->close(s->file);
    }
    mem_free(s->window);
    mem_free(s->path);
    mem_free(s);
}

bool logscan_has_header(const struct logscan *s)
{
    return s->header_bytes == sizeof s->header;
}

bool logscan_has_magic(const struct logscan *s)
{
    uint8_t good[LOGFILE_HEADER_BYTES];
    logfile_header(good);
    return logscan_has_header(s) && memcmp(s->header, good, 4) == 0;
}

const char *logscan_header_fault(const struct logscan *s)
{
    return logscan_has_header(s) ? logfile_header_fault(s->header) : "its header is incomplete";
}

int32_t logscan_version(const struct logscan *s)
{
    return logscan_has_header(s) ? (int32_t)be32_load(s->header + 4) : 0;
}

int64_t logscan_dbid(const struct logscan *s)
{
    return logscan_has_header(s) ? (int64_t)be64_load(s->header + 8) : 0;
}

uint64_t logscan_file_bytes(const struct logscan *s)
{
    return s->file_bytes;
}
