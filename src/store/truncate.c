// SPDX-License-Identifier: Apache-2.0
//
// Truncation: later snapshots go first, then later log files from the newest down, then the file
// that holds the last transaction to keep is cut. A crash at any point leaves a history that only
// is longer than wanted, and the ensemble asks again.
#include "store/truncate.h"

#include <inttypes.h>

#include "base/buf.h"
#include "store/logend.h"
#include "store/logread.h"
#include "store/snapread.h"

struct cut {
    char file[NAMES_BYTES_MAX]; // "": no file keeps anything
    uint64_t bytes;
};

static enum err fail_missing(struct datadir *d, int64_t zxid, struct store_error *e)
{
    return store_fail(e, ERR_NOT_FOUND,
                      "%s does not hold transaction 0x%" PRIx64 ", so the log cannot be cut behind "
                      "it",
                      datadir_log_dir(d), zxid);
}

// The zxid of the newest whole snapshot at or below `zxid`; -1: there is none.
static enum err find_snapshot(struct datadir *d, int64_t zxid, int64_t *ret, struct store_error *e)
{
    struct names_list files = {0};
    enum err err = datadir_list(d, NAMES_SNAPSHOT, &files, e);
    *ret = -1;
    for (size_t i = 0; err == ERR_OK && i < files.count; i++) {
        const struct names_file *f = &files.items[i];
        if (f->zxid <= zxid && f->zxid > *ret &&
            snapread_looks_whole(datadir_files(d), datadir_snap_dir(d), f)) {
            *ret = f->zxid;
        }
    }
    names_list_fini(&files);
    return err;
}

static void cut_before(const struct logread_record *record, struct cut *ret)
{
    memcpy(ret->file, record->file, sizeof ret->file);
    ret->bytes = record->offset;
}

// An epoch begins with a zxid that is nobody's transaction. What is before it ends where the first
// one behind it stands in the log; that it is all, only the record before that one shows.
static enum err find_epoch_cut(struct datadir *d, int64_t zxid, int64_t base,
                               uint32_t record_bytes_max, struct cut *ret, struct store_error *e)
{
    struct logread *log;
    struct logread_record record = {.zxid = -1};
    enum err err =
        logread_open(datadir_files(d), datadir_log_dir(d), base, record_bytes_max, &log, e);
    if (err != ERR_OK) {
        return err;
    }
    bool has_record_before = false;
    err = logread_next(log, &record, e);
    while (err == ERR_OK && record.zxid < zxid) {
        has_record_before = true;
        err = logread_next(log, &record, e);
    }
    if (err == ERR_STOPPED || (err == ERR_OK && !has_record_before)) {
        err = fail_missing(d, zxid, e);
    } else if (err == ERR_OK) {
        cut_before(&record, ret);
    }
    logread_close(log);
    return err;
}

// Where `zxid` ends in the log. A transaction that only a snapshot knows may be kept, too: then no
// record at or below it is behind the cut.
static enum err find_cut(struct datadir *d, int64_t zxid, int64_t base, uint32_t record_bytes_max,
                         struct cut *ret, struct store_error *e)
{
    if ((uint32_t)zxid == 0 && base != zxid && base != -1) {
        return find_epoch_cut(d, zxid, base, record_bytes_max, ret, e);
    }
    struct logread *log;
    struct logread_record record;
    enum err err =
        logread_open(datadir_files(d), datadir_log_dir(d), zxid, record_bytes_max, &log, e);
    if (err != ERR_OK) {
        return err;
    }
    err = logread_next(log, &record, e);
    if (err == ERR_OK && record.zxid == zxid) {
        memcpy(ret->file, record.file, sizeof ret->file);
        ret->bytes = record.end_offset;
    } else if (err == ERR_OK && base == zxid) {
        cut_before(&record, ret);
    } else if (err == ERR_OK || err == ERR_STOPPED) {
        err = fail_missing(d, zxid, e);
    }
    logread_close(log);
    return err;
}

static enum err remove_file(struct datadir *d, const char *dir, const char *name,
                            struct store_error *e)
{
    struct buf joined = {0};
    const char *path = names_join(&joined, dir, name);
    enum err err = datadir_files(d)->remove(datadir_files(d), path);
    if (err != ERR_OK) {
        err = store_fail(e, err, "cannot remove %s: %s", path, err_text(err));
    }
    buf_fini(&joined);
    return err;
}

// Remove the files of one kind whose zxid is above `zxid`, the newest first, durably.
static enum err remove_above(struct datadir *d, enum names_kind kind, const char *dir, int64_t zxid,
                             struct store_error *e)
{
    struct names_list files = {0};
    enum err err = datadir_list(d, kind, &files, e);
    for (size_t i = files.count; err == ERR_OK && i > 0 && files.items[i - 1].zxid > zxid; i--) {
        err = remove_file(d, dir, files.items[i - 1].name, e);
    }
    names_list_fini(&files);
    if (err == ERR_OK && datadir_files(d)->sync_dir(datadir_files(d), dir) != ERR_OK) {
        err = store_fail(e, ERR_IO, "cannot sync %s", dir);
    }
    return err;
}

static enum err cut_file(struct datadir *d, const struct cut *cut, struct store_error *e)
{
    struct buf joined = {0};
    struct port_file *f = NULL;
    const char *path = names_join(&joined, datadir_log_dir(d), cut->file);
    enum err err = datadir_files(d)->open(datadir_files(d), path, PORT_OPEN_WRITE, &f);
    if (err == ERR_OK) {
        err = f->truncate(f, cut->bytes);
        if (err == ERR_OK) {
            err = f->sync(f);
        }
        f->close(f);
    }
    if (err != ERR_OK) {
        err = store_fail(e, err, "cannot cut %s: %s", path, err_text(err));
    }
    buf_fini(&joined);
    return err;
}

enum err truncate_after(struct datadir *d, int64_t zxid, uint32_t record_bytes_max,
                        struct store_error *e)
{
    struct cut cut = {0};
    int64_t base;
    enum err err = find_snapshot(d, zxid, &base, e);
    if (err == ERR_OK) {
        err = find_cut(d, zxid, base, record_bytes_max, &cut, e);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (base == -1) {
        return store_fail(e, ERR_NOT_FOUND,
                          "%s holds no snapshot at or below 0x%" PRIx64 " to go back to",
                          datadir_snap_dir(d), zxid);
    }
    err = logend_forget(datadir_files(d), datadir_log_dir(d), e);
    err = err == ERR_OK ? remove_above(d, NAMES_SNAPSHOT, datadir_snap_dir(d), zxid, e) : err;
    if (err == ERR_OK) {
        err = remove_above(d, NAMES_LOG, datadir_log_dir(d), zxid, e);
    }
    // A file named above `zxid` is gone by now; only one that keeps something is cut.
    struct names_file file;
    if (err == ERR_OK && names_parse(cut.file, &file) == NAMES_LOG && file.zxid <= zxid) {
        err = cut_file(d, &cut, e);
    }
    return err;
}
