// SPDX-License-Identifier: Apache-2.0
//
// The writing end of the transaction log. Offsets of the current file:
//
//     0        16                       end                room_end
//     |header|  record record ... record | zeros on the disk |
//
// A small batch lands in zeros that were written and synced with earlier batches, so its sync
// carries data only; from about 64 KiB on, zeroing would only write every byte twice.
//
// Everything is written past the system's cache, in whole blocks: the last block of the file is
// kept in `stage`, and goes out again with what comes behind it, filled up with zeros. In the
// cache, bytes that lie where no block was before wait for a kernel thread to make that block
// theirs when a sync writes them, and that thread waits for a processor. Measured on ext4 and NVMe,
// room of 4 MiB: 12 ms to write and sync through the cache, 2 ms past it; of 256 KiB, 360 us and
// 280 us; when the processors are busy, up to 80 ms through the cache.
#include "store/txnlog.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/mark.h"
#include "base/mem.h"
#include "store/logend.h"
#include "store/logfile.h"
#include "store/names.h"
#include "store/record.h"

enum {
    ROOM_STEP_MIN_BYTES = 256 * 1024,
    ROOM_STEP_MAX_BYTES = 512 * 1024,
    ROOM_BATCH_BYTES_MAX = 64 * 1024, // larger batches are appended without room
    ROOM_PIECE_BYTES = 256 * 1024,    // zeros per call
    STAGE_BYTES = 128 * 1024,
    STAGE_BYTES_MAX = 1024 * 1024, // a larger one is given back
    BLOCK_BYTES = PORT_FILE_BLOCK_BYTES,
};

struct txnlog {
    struct port_files *fs;
    char *dir;
    struct txnlog_options options;
    struct port_file *file;  // NULL until the next write begins one
    struct buf path;         // of `file`
    uint64_t end;            // behind the last record
    uint64_t room_end;       // zeros are written up to here; behind `end` but in a new file
    uint64_t room_retry;     // no room is tried before `end` gets here (after a failure)
    uint64_t step_max_bytes; // of room; 0: none is made
    uint8_t *zeros;          // ROOM_PIECE_BYTES; NULL until needed
    uint8_t *stage;          // its first `end` % BLOCK_BYTES bytes are the last of the file
    size_t stage_cap;
    bool is_unsynced;
    bool is_name_new; // the directory has not been synced since the file was created
    bool is_broken;
    bool keeps_end;
    int64_t written_zxid; // of the last record since the end is kept; -1 before the first
    int64_t synced_zxid;  // of the last durable one
    struct logend note;   // as it is on disk, and marks that are not there yet
    bool has_note;        // what an earlier process noted was read
    struct txnlog_stats stats;
};

static void check(const struct txnlog *l)
{
    ASSERT(l->file == NULL || l->end >= LOGFILE_HEADER_BYTES);
    ASSERT(l->room_end >= l->end || l->file == NULL);
    ASSERT(l->room_end % BLOCK_BYTES == 0 || l->room_end == l->end || l->file == NULL);
    ASSERT(l->file != NULL || !l->is_unsynced);
}

struct txnlog *txnlog_open(struct port_files *fs, const char *dir,
                           const struct txnlog_options *options)
{
    struct txnlog *l = mem_zalloc(sizeof *l);
    l->fs = fs;
    l->dir = mem_strdup(dir);
    l->options = *options;
    l->stage = mem_alloc_aligned(BLOCK_BYTES, STAGE_BYTES);
    l->stage_cap = STAGE_BYTES;
    l->written_zxid = l->synced_zxid = -1;
    if (options->prealloc_bytes > 0) {
        l->step_max_bytes = options->prealloc_bytes < ROOM_STEP_MAX_BYTES
                                ? (uint64_t)options->prealloc_bytes
                                : ROOM_STEP_MAX_BYTES;
    }
    return l;
}

static uint64_t block_up(uint64_t bytes)
{
    return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

// ---- room ahead ----

static uint64_t room_step(const struct txnlog *l)
{
    uint64_t step = l->end > ROOM_STEP_MIN_BYTES ? l->end : ROOM_STEP_MIN_BYTES;
    return step < l->step_max_bytes ? step : l->step_max_bytes;
}

static enum err write_zeros(struct txnlog *l, uint64_t from, uint64_t to)
{
    ASSERT(l->file != NULL);
    if (l->zeros == NULL) {
        l->zeros = mem_alloc_aligned(BLOCK_BYTES, ROOM_PIECE_BYTES);
        memset(l->zeros, 0, ROOM_PIECE_BYTES);
    }
    while (from < to) {
        uint64_t left = to - from;
        size_t len = left < ROOM_PIECE_BYTES ? (size_t)left : ROOM_PIECE_BYTES;
        enum err err = l->file->write_direct(l->file, from, l->zeros, len);
        if (err != ERR_OK) {
            return err;
        }
        from += len;
    }
    return ERR_OK;
}

// Write zeros for a step behind `need`, or a little less. On failure (a full disk) the
// batch itself may still fit, so what was added is given back and room is left alone for a while.
static void extend_room(struct txnlog *l, uint64_t need)
{
    uint64_t step = room_step(l);
    uint64_t unit = step < ROOM_STEP_MIN_BYTES ? step : ROOM_STEP_MIN_BYTES;
    uint64_t to = block_up((need + step) / unit * unit);
    uint64_t from = block_up(l->room_end); // what is between goes out with the batch
    if (write_zeros(l, from, to) == ERR_OK) {
        l->stats.zeroed_bytes += to - from;
        l->room_end = to;
        return;
    }
    l->room_retry = l->end + step;
    MARK("no room ahead");
    // Zeros that cannot be given back are harmless; the next write goes over them.
    (void)!l->file->truncate(l->file, l->room_end);
}

static bool wants_room(const struct txnlog *l)
{
    return l->step_max_bytes > 0 && l->end >= l->room_retry;
}

void txnlog_make_room(struct txnlog *l)
{
    if (l->file == NULL || l->is_broken || !wants_room(l) ||
        l->room_end - l->end > room_step(l) / 2) {
        return;
    }
    extend_room(l, l->end + room_step(l) / 2);
    // The point is that the next sync finds nothing but its batch to write.
    if (l->options.force_sync && l->file->sync(l->file) != ERR_OK) {
        l->is_broken = true;
    }
}

// ---- files ----

// Forget a file that holds no record, durably: a crash must not bring back what was refused, and
// Java before 3.9.3 cannot start over an empty file.
static void drop_file(struct txnlog *l)
{
    l->file->close(l->file);
    l->file = NULL;
    l->is_unsynced = false;
    enum err err = l->fs->remove(l->fs, buf_cstr(&l->path));
    if (err == ERR_OK) {
        err = l->fs->sync_dir(l->fs, l->dir);
    }
    l->is_broken = err != ERR_OK;
}

static enum err begin_file(struct txnlog *l, int64_t first_zxid, struct store_error *e)
{
    char name[NAMES_BYTES_MAX];
    names_print_log(first_zxid, name);
    const char *path = names_join(&l->path, l->dir, name);
    // An existing file of that name holds nothing that recovery could read (FileTxnLog.append
    // truncates it, too).
    enum err err =
        l->fs->open(l->fs, path, PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE, &l->file);
    if (err != ERR_OK) {
        l->file = NULL;
        return store_fail(e, err, "cannot create %s: %s", path, err_text(err));
    }
    logfile_header(l->stage); // goes out with the first batch
    l->end = LOGFILE_HEADER_BYTES;
    l->room_end = 0;
    l->room_retry = 0;
    l->is_name_new = true;
    trace(l->options.trace, "log file %s begins", buf_cstr(&l->path));
    l->stats.files_begun++;
    l->stats.total_bytes += LOGFILE_HEADER_BYTES;
    return ERR_OK;
}

// Bring the file back to its last good end, durably: otherwise a crash could bring a refused batch
// back to life.
static void undo_write(struct txnlog *l)
{
    MARK("refused batch is taken back");
    trace(l->options.trace, "log file %s is brought back to %llu", buf_cstr(&l->path),
          (unsigned long long)l->end);
    if (l->end == LOGFILE_HEADER_BYTES) {
        drop_file(l);
        return;
    }
    enum err err = l->file->truncate(l->file, l->end);
    if (err == ERR_OK) {
        err = l->file->sync(l->file);
    }
    l->is_broken = err != ERR_OK;
    l->room_end = l->end;
    l->room_retry = l->end + room_step(l);
}

// What was noted before this process, or before the log was opened again, is of earlier files. A
// note that the disk does not give is begun anew: it then says less.
static void read_note(struct txnlog *l)
{
    if (!l->has_note) {
        (void)!logend_read(l->fs, l->dir, &l->note, NULL);
        logend_mark(&l->note);
        l->has_note = true;
    }
}

// The file's last record becomes a mark of the note.
static void mark_end(struct txnlog *l)
{
    if (l->keeps_end && l->synced_zxid >= 0) {
        read_note(l);
        l->note.end = l->synced_zxid;
        logend_mark(&l->note);
        l->note.end = -1; // to be noted
    }
}

static void end_file(struct txnlog *l)
{
    mark_end(l);
    trace(l->options.trace, "log file %s ends at %llu", buf_cstr(&l->path),
          (unsigned long long)l->end);
    if (l->room_end > l->end) {
        // Zeros left behind by a failure here are legal; the cut only saves space.
        (void)!l->file->truncate(l->file, l->end);
    }
    l->file->close(l->file);
    l->file = NULL;
}

// ---- operations ----

static void reserve_stage(struct txnlog *l, size_t cap)
{
    size_t tail = l->end % BLOCK_BYTES;
    uint8_t *stage = mem_alloc_aligned(BLOCK_BYTES, cap);
    memcpy(stage, l->stage, tail);
    mem_free(l->stage);
    l->stage = stage;
    l->stage_cap = cap;
}

// Write `batch` behind the end, with the beginning of its first block in front and zeros behind;
// without zeros, and through the cache, when no room is wanted. On failure the stage is as it was.
static enum err append(struct txnlog *l, struct slice batch)
{
    size_t tail = l->end % BLOCK_BYTES;
    size_t len = tail + batch.len;
    size_t whole = l->step_max_bytes > 0 ? block_up(len) : len;
    if (whole > l->stage_cap) {
        reserve_stage(l, block_up(whole));
    }
    memcpy(l->stage + tail, batch.data, batch.len);
    memset(l->stage + len, 0, whole - len);
    uint64_t at = l->end - tail;
    enum err err = l->step_max_bytes > 0 ? l->file->write_direct(l->file, at, l->stage, whole)
                                         : l->file->write(l->file, at, l->stage, whole);
    if (err != ERR_OK) {
        return err;
    }
    l->end += batch.len;
    l->room_end = l->room_end > at + whole ? l->room_end : at + whole;
    memmove(l->stage, l->stage + len / BLOCK_BYTES * BLOCK_BYTES, len % BLOCK_BYTES);
    return ERR_OK;
}

static int64_t last_zxid_of(struct slice batch)
{
    struct slice body;
    int64_t zxid = -1;
    while (record_next(&batch, &body)) {
        zxid = record_zxid(body);
    }
    return zxid;
}

enum err txnlog_write(struct txnlog *l, int64_t first_zxid, struct slice batch,
                      struct store_error *e)
{
    ASSERT(!l->is_broken);
    ASSERT(batch.len > 0);
    if (l->file == NULL) {
        enum err err = begin_file(l, first_zxid, e);
        if (err != ERR_OK) {
            return err;
        }
    }
    ASSERT(l->file != NULL);
    uint64_t new_end = l->end + batch.len;
    if (new_end > l->room_end && batch.len <= ROOM_BATCH_BYTES_MAX && wants_room(l)) {
        extend_room(l, new_end);
    }
    enum err err = append(l, batch);
    if (err != ERR_OK) {
        err = store_fail(e, err, "cannot write %zu bytes to %s at offset %llu: %s", batch.len,
                         buf_cstr(&l->path), (unsigned long long)l->end, err_text(err));
        undo_write(l);
        return err;
    }
    if (l->stage_cap > STAGE_BYTES_MAX) {
        reserve_stage(l, STAGE_BYTES);
    }
    l->is_unsynced = true;
    l->stats.total_bytes += batch.len;
    if (l->keeps_end) {
        l->written_zxid = last_zxid_of(batch);
    }
    check(l);
    return ERR_OK;
}

static enum err sync_file(struct txnlog *l, struct store_error *e)
{
    enum err err = l->file->sync(l->file);
    if (err == ERR_OK && l->is_name_new) {
        err = l->fs->sync_dir(l->fs, l->dir);
    }
    if (err != ERR_OK) {
        l->is_broken = true;
        MARK("failed sync breaks the log");
        return store_fail(e, err,
                          "cannot sync %s: %s; what reached the disk is unknown, check the disk "
                          "and start the server again",
                          buf_cstr(&l->path), err_text(err));
    }
    l->is_name_new = false;
    return ERR_OK;
}

enum err txnlog_sync(struct txnlog *l, struct store_error *e)
{
    ASSERT(!l->is_broken);
    if (l->file == NULL || !l->is_unsynced) {
        return ERR_OK;
    }
    if (l->options.force_sync) {
        enum err err = sync_file(l, e);
        if (err != ERR_OK) {
            return err;
        }
    }
    l->is_unsynced = false;
    l->synced_zxid = l->written_zxid;
    if (l->options.size_limit_bytes > 0 && l->end > (uint64_t)l->options.size_limit_bytes) {
        end_file(l);
    }
    return ERR_OK;
}

void txnlog_roll(struct txnlog *l)
{
    ASSERT(!l->is_unsynced);
    if (l->file != NULL && !l->is_broken) {
        end_file(l);
    }
}

void txnlog_keep_end(struct txnlog *l)
{
    l->keeps_end = true;
}

void txnlog_note_end(struct txnlog *l)
{
    if (!l->keeps_end || !l->options.force_sync || l->is_broken || l->synced_zxid < 0) {
        return;
    }
    read_note(l);
    struct logend note = l->note;
    note.end = l->synced_zxid;
    if (note.end != l->note.end && logend_note(l->fs, l->dir, &note, NULL) == ERR_OK) {
        l->note = note;
    }
}

bool txnlog_is_broken(const struct txnlog *l)
{
    return l->is_broken;
}

void txnlog_stats(const struct txnlog *l, struct txnlog_stats *ret)
{
    *ret = l->stats;
    ret->file_bytes = l->file != NULL ? l->end : 0;
}

void txnlog_close(struct txnlog *l)
{
    if (l == NULL) {
        return;
    }
    if (l->file != NULL && l->is_broken) {
        l->file->close(l->file);
    } else if (l->file != NULL) {
        end_file(l);
    }
    txnlog_note_end(l);
    buf_fini(&l->path);
    mem_free(l->zeros);
    mem_free(l->stage);
    mem_free(l->dir);
    mem_free(l);
}
