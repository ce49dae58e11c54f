// SPDX-License-Identifier: Apache-2.0
//
// The reading end of the log: one window of bytes slides over each file in turn. A record that is
// not intact is judged by what lies behind it, see judge_break().
#include "store/logread.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/logfile.h"
#include "store/record.h"

enum {
    WINDOW_BYTES = 1024 * 1024,
    FIND_BUDGET_FACTOR =
        64, // bytes checksummed in the search for intact records, per byte searched
};

struct logread {
    struct port_files *fs;
    char *dir;
    int64_t from_zxid;
    uint32_t record_bytes_max;
    bool is_strict;
    bool is_positioned; // a record at or above from_zxid was reached
    int64_t skipped_zxid;
    struct names_list files;
    size_t first_index; // where reading began
    size_t file_index;  // of the open file, or the next one when none is open
    struct port_file *file;
    int64_t last_zxid; // of the last intact record in this file; -1: none yet
    // The window: `have` bytes of the file from `window_offset` on, `at` of them consumed.
    uint8_t *window;
    size_t cap, have, at;
    uint64_t window_offset;
    struct logread_tail tail;
};

static uint64_t position(const struct logread *r)
{
    return r->window_offset + r->at;
}

static const char *file_name(const struct logread *r)
{
    return r->files.items[r->file_index].name;
}

static bool is_last_file(const struct logread *r)
{
    return r->file_index + 1 == r->files.count;
}

// ---- errors ----

static enum err fail_read(const struct logread *r, enum err err, struct store_error *e)
{
    return store_fail(e, err, "cannot read %s/%s: %s", r->dir, file_name(r), err_text(err));
}

static enum err fail_damaged(const struct logread *r, uint64_t offset, const char *what,
                             struct store_error *e)
{
    return store_fail(
        e, ERR_CORRUPT,
        "%s/%s is damaged at offset %llu: %s; acknowledged transactions may follow. Restore the "
        "file from a backup, or, in an ensemble, move both version-2 folders away and let the "
        "server fetch its data from the leader. To give up everything behind it: truncate -s %llu "
        "the file and remove the later log files",
        r->dir, file_name(r), (unsigned long long)offset, what, (unsigned long long)offset);
}

static enum err fail_too_big(const struct logread *r, uint32_t len, struct store_error *e)
{
    return store_fail(e, ERR_TOO_BIG,
                      "%s/%s holds a transaction of %u bytes at offset %llu, the limit is %u; "
                      "raise jute.maxbuffer",
                      r->dir, file_name(r), len, (unsigned long long)position(r),
                      r->record_bytes_max);
}

// ---- the window ----

// Have `len` bytes from the current position on, or as many as the file has.
static enum err fill(struct logread *r, size_t len, struct store_error *e)
{
    if (r->have - r->at >= len) {
        return ERR_OK;
    }
    memmove(r->window, r->window + r->at, r->have - r->at);
    r->window_offset += r->at;
    r->have -= r->at;
    r->at = 0;
    if (len > r->cap) {
        r->cap = len;
        r->window = mem_realloc(r->window, r->cap);
    }
    size_t got = 0;
    enum err err = r->file->read(r->file, r->window_offset + r->have, r->window + r->have,
                                 r->cap - r->have, &got);
    if (err != ERR_OK) {
        return fail_read(r, err, e);
    }
    r->have += got;
    return ERR_OK;
}

static struct slice rest_of_window(const struct logread *r)
{
    return slice_of(r->window + r->at, r->have - r->at);
}

// ---- files ----

static void close_file(struct logread *r)
{
    if (r->file != NULL) {
        r->file->close(r->file);
        r->file = NULL;
    }
}

static enum err open_file(struct logread *r, struct store_error *e)
{
    struct buf path = {0};
    enum err err =
        r->fs->open(r->fs, names_join(&path, r->dir, file_name(r)), PORT_OPEN_READ, &r->file);
    buf_fini(&path);
    r->window_offset = 0;
    r->have = 0;
    r->at = 0;
    r->last_zxid = -1;
    if (err != ERR_OK) {
        r->file = NULL;
        return fail_read(r, err, e);
    }
    return fill(r, LOGFILE_HEADER_BYTES, e);
}

static void set_tail(struct logread *r, uint64_t good_bytes, const char *torn)
{
    r->tail = (struct logread_tail){
        .good_bytes = good_bytes,
        .is_torn = torn != NULL,
        .is_empty = r->last_zxid < 0,
    };
    memcpy(r->tail.file, file_name(r), sizeof r->tail.file);
    (void)snprintf(r->tail.what, sizeof r->tail.what, "%s", torn != NULL ? torn : "");
}

// The end of one file: on to the next, ERR_STOPPED behind the last.
static enum err end_file(struct logread *r, const char *torn)
{
    bool is_last = is_last_file(r);
    if (is_last) {
        set_tail(r, position(r), torn);
    }
    close_file(r);
    r->file_index++;
    return is_last ? ERR_STOPPED : ERR_OK;
}

// ---- the end of the data ----

// Offset behind the last byte that is not zero, at least `from`.
static enum err find_data_end(struct logread *r, uint64_t from, uint64_t *ret,
                              struct store_error *e)
{
    ASSERT(r->file != NULL);
    uint64_t end = 0;
    enum err err = r->file->size(r->file, &end);
    uint8_t *piece = mem_alloc(WINDOW_BYTES);
    while (err == ERR_OK && end > from) {
        uint64_t start = end - from > WINDOW_BYTES ? end - WINDOW_BYTES : from;
        size_t got = 0;
        err = r->file->read(r->file, start, piece, (size_t)(end - start), &got);
        size_t kept = err == ERR_OK ? logfile_trim(slice_of(piece, got)) : 0;
        if (kept > 0) {
            end = start + kept;
            break;
        }
        end = start;
    }
    mem_free(piece);
    if (err != ERR_OK) {
        return fail_read(r, err, e);
    }
    *ret = end > from ? end : from;
    return ERR_OK;
}

// Whether the next file's name goes on where this file's intact records end: then whatever lies
// behind them was written again there.
static bool next_file_continues(const struct logread *r)
{
    return !is_last_file(r) && r->last_zxid >= 0 &&
           r->files.items[r->file_index + 1].zxid == r->last_zxid + 1;
}

static const char *const break_text[] = {
    [LOGFILE_INTACT] = "an unreadable transaction",
    [LOGFILE_PADDING] = "a hole where a transaction should be",
    [LOGFILE_INCOMPLETE] = "an incomplete transaction",
    [LOGFILE_BAD_SUM] = "a transaction with a wrong checksum",
    [LOGFILE_BAD_LENGTH] = "a transaction with an impossible length",
};

// Whether a write that reached the disk in part explains the broken record here.
static enum err find_tear(struct logread *r, size_t data_len, bool *ret, struct store_error *e)
{
    uint64_t size = 0;
    enum err err = r->file->size(r->file, &size);
    if (err != ERR_OK) {
        return fail_read(r, err, e);
    }
    struct slice head = rest_of_window(r);
    uint32_t len = head.len < RECORD_HEAD_BYTES ? 0 : be32_load(head.data + 8);
    if (len > r->record_bytes_max && position(r) + RECORD_FRAME_BYTES + len <= size) {
        *ret = false; // no part of a length is larger than the length
        return ERR_OK;
    }
    size_t frame = RECORD_FRAME_BYTES + (size_t)(len > r->record_bytes_max ? 0 : len);
    err = fill(r, frame > data_len ? frame : data_len, e);
    if (err == ERR_OK) {
        *ret = logfile_is_torn(rest_of_window(r), data_len, position(r));
    }
    return err;
}

// At the current position stands no intact record but other bytes, up to `data_end`. A crash leaves
// an unsynced batch in part; that is the end of the log, if nothing says otherwise. Fails for
// damage.
static enum err judge_break(struct logread *r, uint64_t data_end, struct store_error *e)
{
    size_t len = (size_t)(data_end - position(r));
    enum err err = fill(r, len, e);
    if (err != ERR_OK) {
        return err;
    }
    struct slice bytes = rest_of_window(r);
    bytes.len = bytes.len < len ? bytes.len : len;
    struct slice body;
    enum logfile_record found = logfile_record_at(bytes, &body);
    size_t intact = bytes.len;
    bool has_intact =
        bytes.len > 1 && logfile_find_intact(slice_skip(bytes, 1),
                                             FIND_BUDGET_FACTOR * (uint64_t)bytes.len, &intact);
    if (next_file_continues(r)) {
        return end_file(r, break_text[found]);
    }
    bool is_torn = true;
    if (r->is_strict && !has_intact) {
        err = find_tear(r, len, &is_torn, e);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (!is_torn) {
        return fail_damaged(r, position(r), break_text[found], e);
    }
    if (is_last_file(r)) {
        // Sectors of one batch may reach the disk in any order: the missing ones read as zeros. An
        // intact record (at intact + 1) may have its first four zeros in a missing sector.
        bool is_batch =
            has_intact && logfile_lacks_sector(slice_of(bytes.data, intact + 5), position(r));
        if (!has_intact || is_batch) {
            return end_file(r, break_text[found]);
        }
    } else if (!has_intact && (found == LOGFILE_INCOMPLETE || found == LOGFILE_PADDING)) {
        return end_file(r, break_text[found]);
    }
    return fail_damaged(r, position(r), break_text[found], e);
}

static enum err end_or_break(struct logread *r, struct store_error *e)
{
    uint64_t data_end = 0;
    enum err err = find_data_end(r, position(r), &data_end, e);
    if (err != ERR_OK) {
        return err;
    }
    if (data_end == position(r)) {
        return end_file(r, NULL);
    }
    if (data_end - position(r) > LOGREAD_TORN_BYTES_MAX && !next_file_continues(r)) {
        return fail_damaged(r, position(r), "no transaction, and more data than one batch behind",
                            e);
    }
    if (data_end - position(r) > LOGREAD_TORN_BYTES_MAX) {
        return end_file(r, NULL);
    }
    return judge_break(r, data_end, e);
}

// ---- reading ----

static enum err check_header(struct logread *r, struct store_error *e)
{
    const char *fault = r->have < LOGFILE_HEADER_BYTES ? "its header is incomplete"
                                                       : logfile_header_fault(r->window);
    if (fault == NULL) {
        r->at = LOGFILE_HEADER_BYTES;
        return ERR_OK;
    }
    uint64_t data_end = 0;
    enum err err = find_data_end(r, 0, &data_end, e);
    if (err != ERR_OK) {
        return err;
    }
    // A file that died before its first sync: nothing of it was acknowledged.
    // The zeros behind the data are no missing sectors.
    size_t len = r->have < data_end ? r->have : (size_t)data_end;
    bool is_unwritten =
        r->have < LOGFILE_HEADER_BYTES ||
        (logfile_lacks_sector(slice_of(r->window, len), 0) && data_end <= LOGREAD_TORN_BYTES_MAX);
    if (is_last_file(r) && (data_end == 0 || is_unwritten)) {
        return end_file(r, "a header that was not written");
    }
    return fail_damaged(r, 0, fault, e);
}

// Whether `len` bytes of body behind the head here have the checksum in it; read piece by piece.
static enum err has_checksum(struct logread *r, uint32_t len, bool *ret, struct store_error *e)
{
    uint64_t wanted = be64_load(rest_of_window(r).data);
    uint64_t at = position(r) + RECORD_HEAD_BYTES;
    uint64_t end = at + len;
    uint32_t sum = 1;
    uint8_t *piece = mem_alloc(WINDOW_BYTES);
    enum err err = ERR_OK;
    while (err == ERR_OK && at < end) {
        size_t want = end - at < WINDOW_BYTES ? (size_t)(end - at) : WINDOW_BYTES;
        size_t got = 0;
        err = r->file->read(r->file, at, piece, want, &got);
        if (err != ERR_OK || got == 0) {
            break;
        }
        sum = hash_adler32(sum, slice_of(piece, got));
        at += got;
    }
    mem_free(piece);
    *ret = at == end && sum == wanted;
    return err == ERR_OK ? ERR_OK : fail_read(r, err, e);
}

// A record whose length is above the limit: intact data, or a broken length?
static enum err check_too_big(struct logread *r, uint32_t len, struct store_error *e)
{
    uint8_t mark = 0;
    size_t got = 0;
    bool is_intact = false;
    enum err err = r->file->read(r->file, position(r) + RECORD_HEAD_BYTES + len, &mark, 1, &got);
    if (err != ERR_OK) {
        return fail_read(r, err, e);
    }
    if (got == 1 && mark == RECORD_END_MARK) {
        err = has_checksum(r, len, &is_intact, e);
    }
    if (err != ERR_OK) {
        return err;
    }
    return is_intact ? fail_too_big(r, len, e) : end_or_break(r, e);
}

// One step: ERR_OK with ret->body set, ERR_OK with a null body to go on, or an error.
static enum err step(struct logread *r, struct logread_record *ret, struct store_error *e)
{
    ret->body = slice_null();
    if (r->file == NULL) {
        enum err err = open_file(r, e);
        return err == ERR_OK ? check_header(r, e) : err;
    }
    enum err err = fill(r, RECORD_HEAD_BYTES, e);
    if (err != ERR_OK) {
        return err;
    }
    struct slice head = rest_of_window(r);
    if (head.len < RECORD_HEAD_BYTES) {
        return end_or_break(r, e);
    }
    uint32_t len = be32_load(head.data + 8);
    if (len > r->record_bytes_max && len <= INT32_MAX) {
        return check_too_big(r, len, e);
    }
    if (len >= LOGFILE_BODY_BYTES_MIN && len <= INT32_MAX) {
        err = fill(r, RECORD_FRAME_BYTES + (size_t)len, e);
        if (err != ERR_OK) {
            return err;
        }
    }
    struct slice body;
    if (logfile_record_at(rest_of_window(r), &body) != LOGFILE_INTACT) {
        return end_or_break(r, e);
    }
    ret->body = body;
    ret->zxid = record_zxid(body);
    ret->file = file_name(r);
    ret->offset = position(r);
    ret->end_offset = ret->offset + RECORD_FRAME_BYTES + body.len;
    r->at += RECORD_FRAME_BYTES + body.len;
    r->last_zxid = ret->zxid;
    return ERR_OK;
}

enum err logread_next(struct logread *r, struct logread_record *ret, struct store_error *e)
{
    while (r->file_index < r->files.count) {
        struct logread_record record;
        enum err err = step(r, &record, e);
        if (err != ERR_OK) {
            return err;
        }
        if (!slice_is_null(record.body) && (r->is_positioned || record.zxid >= r->from_zxid)) {
            r->is_positioned = true;
            *ret = record;
            return ERR_OK;
        }
        if (!slice_is_null(record.body)) {
            r->skipped_zxid = record.zxid;
        }
    }
    return ERR_STOPPED;
}

// ---- a log that is being written ----

enum err logread_refresh(struct logread *r, struct store_error *e)
{
    struct names_list now;
    enum err err = names_list_dir(r->fs, r->dir, NAMES_LOG, &now, e);
    if (err != ERR_OK) {
        return err;
    }
    int64_t newest = r->files.count > 0 ? r->files.items[r->files.count - 1].zxid : -1;
    for (size_t i = 0; i < now.count; i++) {
        if (now.items[i].zxid > newest) {
            names_list_add(&r->files, &now.items[i]);
        }
    }
    names_list_fini(&now);
    r->have = r->at;
    return ERR_OK;
}

int64_t logread_skipped_zxid(const struct logread *r)
{
    return r->skipped_zxid;
}

enum err logread_later_bytes(const struct logread *r, uint64_t *ret, struct store_error *e)
{
    struct buf path = {0};
    struct port_file_info info;
    uint64_t sum = 0;
    enum err err = ERR_OK;
    for (size_t i = r->first_index + 1; err == ERR_OK && i < r->files.count; i++) {
        err = r->fs->info(r->fs, names_join(&path, r->dir, r->files.items[i].name), &info);
        if (err == ERR_OK) {
            sum += info.bytes;
        } else {
            err = store_fail(e, err, "cannot read %s: %s", buf_cstr(&path), err_text(err));
        }
    }
    buf_fini(&path);
    if (err == ERR_OK) {
        *ret = sum;
    }
    return err;
}

// ---- life cycle ----

// The newest file whose name is at or below the wanted zxid. Source: FileTxnIterator.init.
static size_t first_file(const struct names_list *files, int64_t from_zxid)
{
    size_t first = 0;
    for (size_t i = 0; i < files->count && files->items[i].zxid <= from_zxid; i++) {
        first = i;
    }
    return first;
}

enum err logread_open(struct port_files *fs, const char *dir, int64_t from_zxid,
                      uint32_t record_bytes_max, struct logread **ret, struct store_error *e)
{
    struct names_list files;
    enum err err = names_list_dir(fs, dir, NAMES_LOG, &files, e);
    if (err != ERR_OK) {
        return err;
    }
    struct logread *r = mem_zalloc(sizeof *r);
    r->fs = fs;
    r->dir = mem_strdup(dir);
    r->from_zxid = from_zxid;
    r->record_bytes_max = record_bytes_max;
    r->files = files;
    r->first_index = first_file(&files, from_zxid);
    r->file_index = r->first_index;
    r->skipped_zxid = -1;
    r->cap = WINDOW_BYTES;
    r->window = mem_alloc(r->cap);
    *ret = r;
    return ERR_OK;
}

void logread_be_strict(struct logread *r)
{
    r->is_strict = true;
}

void logread_where(const struct logread *r, char ret_file[NAMES_BYTES_MAX], uint64_t *ret_offset)
{
    bool has_file = r->file_index < r->files.count;
    memset(ret_file, 0, NAMES_BYTES_MAX);
    if (has_file) {
        memcpy(ret_file, file_name(r), NAMES_BYTES_MAX);
    }
    *ret_offset = has_file && r->file != NULL ? position(r) : 0;
}

const struct logread_tail *logread_tail(const struct logread *r)
{
    return &r->tail;
}

void logread_close(struct logread *r)
{
    if (r == NULL) {
        return;
    }
    close_file(r);
    names_list_fini(&r->files);
    mem_free(r->window);
    mem_free(r->dir);
    mem_free(r);
}
