// SPDX-License-Identifier: Apache-2.0
//
// Purge. Snapshots go before logs: whatever a crash in between leaves, each snapshot that stays has
// its logs.
#include "store/purge.h"

#include "base/assert.h"
#include "base/buf.h"
#include "store/names.h"
#include "store/snapread.h"

struct purge {
    struct port_files *fs;
    struct purge_report report;
    purge_file *file; // NULL: remove
    void *ctx;
    struct store_error *e;
};

static enum err remove_file(struct purge *p, const char *dir, const char *name, uint64_t *count)
{
    struct buf joined = {0};
    struct port_file_info info = {0};
    const char *path = names_join(&joined, dir, name);
    enum err err = p->fs->info(p->fs, path, &info);
    if (err == ERR_OK && p->file != NULL) {
        p->file(p->ctx, path, &info);
    } else if (err == ERR_OK) {
        err = p->fs->remove(p->fs, path);
    }
    if (err == ERR_OK) {
        (*count)++;
        p->report.bytes_removed += info.bytes;
    } else if (err == ERR_NOT_FOUND) {
        err = ERR_OK; // somebody else was faster
    } else {
        err = store_fail(p->e, err, "cannot remove %s: %s", path, err_text(err));
    }
    buf_fini(&joined);
    return err;
}

// The zxid of the oldest snapshot to keep; false when no snapshot is whole: then nothing may go.
static bool find_oldest_kept(struct purge *p, const char *dir, const struct names_list *snapshots,
                             uint32_t keep, int64_t *ret_zxid)
{
    uint32_t found = 0;
    for (size_t i = snapshots->count; i > 0 && found < keep; i--) {
        const struct names_file *f = &snapshots->items[i - 1];
        if (snapread_looks_whole(p->fs, dir, f)) {
            *ret_zxid = f->zxid;
            found++;
        }
    }
    return found > 0;
}

static enum err remove_below(struct purge *p, const char *dir, const struct names_list *files,
                             int64_t zxid, uint64_t *count)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < files->count && files->items[i].zxid < zxid; i++) {
        err = remove_file(p, dir, files->items[i].name, count);
    }
    return err;
}

// The name of the newest log at or below `zxid`: it may hold zxid + 1 and what follows.
// Source: FileTxnLog.getLogFiles.
static int64_t oldest_log_needed(const struct names_list *logs, int64_t zxid)
{
    int64_t needed = 0;
    for (size_t i = 0; i < logs->count && logs->items[i].zxid <= zxid; i++) {
        needed = logs->items[i].zxid;
    }
    return needed;
}

static enum err purge_logs(struct purge *p, const char *log_dir, int64_t oldest_kept)
{
    struct names_list logs;
    enum err err = names_list_dir(p->fs, log_dir, NAMES_LOG, &logs, p->e);
    if (err == ERR_OK) {
        err = remove_below(p, log_dir, &logs, oldest_log_needed(&logs, oldest_kept),
                           &p->report.logs_removed);
    }
    names_list_fini(&logs);
    return err;
}

static enum err purge(struct purge *p, const char *snap_dir, const char *log_dir, uint32_t keep)
{
    ASSERT(keep >= PURGE_KEEP_MIN);
    struct names_list snapshots;
    enum err err = names_list_dir(p->fs, snap_dir, NAMES_SNAPSHOT, &snapshots, p->e);
    int64_t oldest_kept;
    if (err == ERR_OK && find_oldest_kept(p, snap_dir, &snapshots, keep, &oldest_kept)) {
        err = remove_below(p, snap_dir, &snapshots, oldest_kept, &p->report.snapshots_removed);
        if (err == ERR_OK) {
            err = purge_logs(p, log_dir, oldest_kept);
        }
    }
    names_list_fini(&snapshots);
    return err;
}

enum err purge_run(struct port_files *fs, const char *snap_dir, const char *log_dir, uint32_t keep,
                   struct purge_report *ret, struct store_error *e)
{
    struct purge p = {.fs = fs, .e = e};
    enum err err = purge(&p, snap_dir, log_dir, keep);
    *ret = p.report;
    return err;
}

enum err purge_each(struct port_files *fs, const char *snap_dir, const char *log_dir, uint32_t keep,
                    purge_file *file, void *ctx, struct store_error *e)
{
    struct purge p = {.fs = fs, .file = file, .ctx = ctx, .e = e};
    return purge(&p, snap_dir, log_dir, keep);
}
