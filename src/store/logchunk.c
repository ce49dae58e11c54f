// SPDX-License-Identifier: Apache-2.0
//
// One record is always read ahead of what is given, so that the end of a chunk is known.
#include "store/logchunk.h"

#include <inttypes.h>

#include "base/assert.h"
#include "base/mark.h"
#include "base/mem.h"
#include "store/logread.h"

struct logchunk {
    struct port_files *fs;
    char *dir;
    uint32_t record_bytes_max;
    struct names_list snapshots; // when reading began; they show holes
    struct logread *log;
    bool has_ended;    // `log` said so; more needs a new one
    int64_t last_zxid; // given, or stood at when reading began
    // The record that was read ahead.
    bool has_ahead;
    int64_t ahead_zxid;
    struct buf ahead;
    // The chunk.
    struct buf bytes;
    struct logchunk_record *records;
    size_t count, cap;
};

// ---- reading ahead ----

static enum err open_log(struct logchunk *c, int64_t from_zxid, struct store_error *e)
{
    logread_close(c->log);
    c->log = NULL;
    c->has_ended = false;
    return logread_open(c->fs, c->dir, from_zxid, c->record_bytes_max, &c->log, e);
}

// Read the record behind, if there is one.
static enum err read_ahead(struct logchunk *c, struct store_error *e)
{
    struct logread_record record;
    ASSERT(!c->has_ahead && !c->has_ended);
    enum err err = logread_next(c->log, &record, e);
    if (err == ERR_STOPPED) {
        c->has_ended = true;
        return ERR_OK;
    }
    if (err == ERR_OK) {
        c->has_ahead = true;
        c->ahead_zxid = record.zxid;
        buf_clear(&c->ahead);
        buf_append_slice(&c->ahead, record.body);
    }
    return err;
}

// Whether a record up to `up_to` is ahead. Where the durable part ends nothing is looked at: a
// write may be under way there.
static enum err look_ahead(struct logchunk *c, int64_t up_to, bool *ret, struct store_error *e)
{
    if (!c->has_ahead && !c->has_ended && c->last_zxid < up_to) {
        enum err err = read_ahead(c, e);
        if (err != ERR_OK) {
            return err;
        }
    }
    *ret = c->has_ahead && c->ahead_zxid <= up_to;
    return ERR_OK;
}

// ---- holes ----

static bool has_snapshot_between(const struct logchunk *c, int64_t after, int64_t before)
{
    for (size_t i = 0; i < c->snapshots.count; i++) {
        if (c->snapshots.items[i].zxid > after && c->snapshots.items[i].zxid < before) {
            return true;
        }
    }
    return false;
}

// A zxid follows the one before it, or is the first of a later epoch.
static enum err check_hole(const struct logchunk *c, struct store_error *e)
{
    int64_t last = c->last_zxid;
    int64_t next = c->ahead_zxid;
    bool is_next = next == last + 1;
    bool is_new_epoch = next >> 32 > last >> 32 && (next & UINT32_MAX) == 1;
    if (is_next || (is_new_epoch && !has_snapshot_between(c, last, next))) {
        return ERR_OK;
    }
    MARK("hole in the log is seen");
    return store_fail(e, ERR_NOT_FOUND,
                      "%s may lack transactions between 0x%" PRIx64 " and 0x%" PRIx64, c->dir, last,
                      next);
}

// ---- opening ----

static enum err check_size(struct logchunk *c, struct datadir *d, double factor,
                           struct store_error *e)
{
    if (c->snapshots.count == 0) {
        return ERR_OK;
    }
    struct buf path = {0};
    struct port_file_info info;
    const char *name = c->snapshots.items[c->snapshots.count - 1].name;
    enum err err = c->fs->info(c->fs, names_join(&path, datadir_snap_dir(d), name), &info);
    buf_fini(&path);
    uint64_t bytes = 0;
    // Source: ZKDatabase.calculateTxnLogSizeLimit, where a snapshot that is gone counts as none.
    double limit = err == ERR_OK ? (double)info.bytes * factor : 0;
    err = logread_later_bytes(c->log, &bytes, e);
    if (err == ERR_OK && limit >= 1 && (double)bytes > limit) {
        err = store_fail(e, ERR_TOO_BIG,
                         "%" PRIu64 " bytes of log follow, more than the newest snapshot times "
                         "snapshotSizeFactor",
                         bytes);
    }
    return err;
}

// Step behind `zxid`; what is found there is the record ahead, or the position itself.
static enum err position(struct logchunk *c, int64_t zxid, int64_t durable_zxid, bool is_standing,
                         struct store_error *e)
{
    enum err err = ERR_OK;
    if (zxid <= durable_zxid) {
        err = read_ahead(c, e);
    } else {
        err = store_fail(e, ERR_NOT_FOUND, "0x%" PRIx64 " is behind the end of the log, 0x%" PRIx64,
                         zxid, durable_zxid);
    }
    if (err != ERR_OK) {
        return err;
    }
    c->last_zxid = logread_skipped_zxid(c->log);
    if (c->has_ahead && c->ahead_zxid == zxid) {
        c->last_zxid = zxid;
        c->has_ahead = false;
    }
    if (is_standing) {
        c->last_zxid = zxid;
    }
    return c->last_zxid >= 0
               ? ERR_OK
               : store_fail(e, ERR_NOT_FOUND, "%s does not reach back to 0x%" PRIx64, c->dir, zxid);
}

enum err logchunk_open(struct datadir *d, int64_t zxid, int64_t durable_zxid,
                       const struct logchunk_options *options, struct logchunk **ret,
                       int64_t *ret_at, struct store_error *e)
{
    struct logchunk *c = mem_zalloc(sizeof *c);
    c->fs = datadir_files(d);
    c->dir = mem_strdup(datadir_log_dir(d));
    c->record_bytes_max = options->record_bytes_max;
    enum err err = datadir_list(d, NAMES_SNAPSHOT, &c->snapshots, e);
    err = err == ERR_OK ? open_log(c, zxid, e) : err;
    err = err == ERR_OK && !options->is_standing
              ? check_size(c, d, options->snapshot_size_factor, e)
              : err;
    err = err == ERR_OK ? position(c, zxid, durable_zxid, options->is_standing, e) : err;
    if (err != ERR_OK) {
        logchunk_close(c);
        return err;
    }
    *ret = c;
    *ret_at = c->last_zxid;
    return ERR_OK;
}

void logchunk_close(struct logchunk *c)
{
    if (c == NULL) {
        return;
    }
    logread_close(c->log);
    names_list_fini(&c->snapshots);
    buf_fini(&c->ahead);
    buf_fini(&c->bytes);
    mem_free(c->records);
    mem_free(c->dir);
    mem_free(c);
}

// ---- chunks ----

// Move the record ahead into the chunk. Its slice is a length until the bytes stand still.
static void take_ahead(struct logchunk *c)
{
    if (c->count == c->cap) {
        c->cap = c->cap == 0 ? 64 : c->cap * 2;
        c->records = mem_realloc(c->records, c->cap * sizeof *c->records);
    }
    c->records[c->count++] =
        (struct logchunk_record){.zxid = c->ahead_zxid, .txn = {.len = c->ahead.len}};
    buf_append_slice(&c->bytes, buf_slice(&c->ahead));
    c->last_zxid = c->ahead_zxid;
    c->has_ahead = false;
}

static void place_slices(struct logchunk *c)
{
    size_t at = 0;
    for (size_t i = 0; i < c->count; i++) {
        c->records[i].txn.data = c->bytes.data + at;
        at += c->records[i].txn.len;
    }
}

// The log has grown since the last chunk. Behind its end a reader cannot go on, a new one can.
static enum err refresh(struct logchunk *c, int64_t up_to, struct store_error *e)
{
    if (!c->has_ended) {
        return logread_refresh(c->log, e);
    }
    return c->last_zxid < up_to ? open_log(c, c->last_zxid + 1, e) : ERR_OK;
}

enum err logchunk_next(struct logchunk *c, int64_t up_to_zxid, size_t bytes_max,
                       struct logchunk_result *ret, struct store_error *e)
{
    bool is_more = false;
    c->count = 0;
    buf_clear(&c->bytes);
    enum err err = refresh(c, up_to_zxid, e);
    err = err == ERR_OK ? look_ahead(c, up_to_zxid, &is_more, e) : err;
    while (err == ERR_OK && is_more && (c->count == 0 || c->bytes.len < bytes_max)) {
        err = check_hole(c, e);
        if (err == ERR_OK) {
            take_ahead(c);
            err = look_ahead(c, up_to_zxid, &is_more, e);
        }
    }
    if (err != ERR_OK) {
        return err;
    }
    place_slices(c);
    *ret = (struct logchunk_result){.records = c->records, .count = c->count, .is_end = !is_more};
    return ERR_OK;
}
