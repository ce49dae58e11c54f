// SPDX-License-Identifier: Apache-2.0
//
// One step per file: the new file is written and synced under a name that no server reads, the old
// one is moved away, the new one takes its name.
#include "cli/repair.h"

#include <inttypes.h>
#include <time.h>

#include "cli/data_files.h"
#include "store/logscan.h"
#include "store/record.h"
#include "store/snapfile.h"
#include "store/snapwrite.h"

enum { COPY_BYTES = 1024 * 1024 };
static const char new_name[] = "repair.tmp";

struct mender {
    struct examination *x;
    struct port_files *fs;
    bool is_lossy;
    char kept_name[48]; // damaged-<time>
    struct repair_report *report;
};

static int trouble(struct mender *m, const char *what, const char *path, enum err err)
{
    return cli_fail(m->x->cli, CLI_TROUBLE, "cannot %s %s: %s", what, path, err_text(err));
}

// ---- keeping ----

static bool is_in(const char *path, const char *dir)
{
    size_t len = strlen(dir);
    return strncmp(path, dir, len) == 0 && path[len] == '/' && strchr(path + len + 1, '/') == NULL;
}

// The folder above the version-2 that holds `path`.
static const char *root_of(const struct mender *m, const char *path)
{
    return is_in(path, datadir_log_dir(m->x->dir)) ? datadir_log_root(m->x->dir)
                                                   : datadir_root(m->x->dir);
}

static const char *folder_of(const struct mender *m, const char *path)
{
    return is_in(path, datadir_log_dir(m->x->dir)) ? datadir_log_dir(m->x->dir)
                                                   : datadir_snap_dir(m->x->dir);
}

static int keep(struct mender *m, const char *path)
{
    struct buf dir = {0}, to = {0};
    const char *folder = names_join(&dir, root_of(m, path), m->kept_name);
    enum err err = m->fs->make_dir(m->fs, folder);
    if (err == ERR_OK) {
        err = m->fs->rename(m->fs, path, names_join(&to, folder, data_files_name(path)));
    }
    int status = err == ERR_OK ? CLI_DONE : trouble(m, "move away", path, err);
    (void)snprintf(m->report->kept_in, sizeof(m->report->kept_in), "%s", folder);
    buf_fini(&dir);
    buf_fini(&to);
    return status;
}

// ---- a log with its intact transactions only ----

struct writer {
    struct port_file *file;
    uint64_t offset;
};

static enum err write_more(struct writer *w, const void *bytes, size_t len)
{
    enum err err = w->file->write(w->file, w->offset, bytes, len);
    w->offset += len;
    return err;
}

static enum err write_record(struct writer *w, const struct logscan_item *item)
{
    uint8_t head[RECORD_HEAD_BYTES];
    const uint8_t mark = RECORD_END_MARK;
    be64_store(head, item->sum);
    be32_store(head + 8, (uint32_t)item->body.len);
    enum err err = write_more(w, head, sizeof(head));
    err = err == ERR_OK ? write_more(w, item->body.data, item->body.len) : err;
    return err == ERR_OK ? write_more(w, &mark, 1) : err;
}

// Where a torn tail of this file begins; UINT64_MAX when there is none.
static uint64_t tail_of(const struct mender *m, const char *path)
{
    const struct damage_list *l = &m->x->damages;
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].kind == DAMAGE_TORN_TAIL && strcmp(l->items[i].file, path) == 0) {
            return l->items[i].offset;
        }
    }
    return UINT64_MAX;
}

static enum err copy_intact(struct logscan *log, uint64_t cut_at, struct writer *w)
{
    uint8_t header[LOGFILE_HEADER_BYTES];
    struct logscan_item item;
    struct store_error e;
    logfile_header(header);
    enum err err = write_more(w, header, sizeof(header));
    while (err == ERR_OK && (err = logscan_next(log, &item, &e)) == ERR_OK) {
        if (item.offset >= cut_at) {
            return ERR_OK;
        }
        if (item.found == LOGSCAN_RECORD) {
            err = write_record(w, &item);
        }
    }
    return err == ERR_STOPPED ? ERR_OK : err;
}

static enum err write_new(struct mender *m, const char *path, const char *to)
{
    struct logscan *log;
    struct store_error e;
    struct writer w = {0};
    enum err err = logscan_open(m->fs, path, DATA_FILES_BYTES_MAX, &log, &e);
    if (err != ERR_OK) {
        return err;
    }
    err = m->fs->open(m->fs, to, PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE, &w.file);
    if (err == ERR_OK) {
        err = copy_intact(log, tail_of(m, path), &w);
        err = err == ERR_OK ? w.file->sync(w.file) : err;
        w.file->close(w.file);
    }
    logscan_close(log);
    return err;
}

static int rewrite(struct mender *m, const char *path)
{
    struct buf joined = {0};
    const char *folder = folder_of(m, path);
    const char *to = names_join(&joined, folder, new_name);
    enum err err = write_new(m, path, to);
    int status = err == ERR_OK ? CLI_DONE : trouble(m, "write", to, err);
    status = status == CLI_DONE ? keep(m, path) : status;
    if (status == CLI_DONE) {
        err = m->fs->rename(m->fs, to, path);
        err = err == ERR_OK ? m->fs->sync_dir(m->fs, folder) : err;
        status = err == ERR_OK ? CLI_DONE : trouble(m, "write", path, err);
    } else {
        (void)m->fs->remove(m->fs, to);
    }
    buf_fini(&joined);
    return status;
}

// ---- the other repairs ----

static int rename_log(struct mender *m, const struct damage *d)
{
    char name[NAMES_BYTES_MAX];
    struct buf joined = {0};
    struct port_file_info info;
    names_print_log(d->number, name);
    const char *to = names_join(&joined, folder_of(m, d->file), name);
    enum err err =
        m->fs->info(m->fs, to, &info) == ERR_OK ? ERR_EXISTS : m->fs->rename(m->fs, d->file, to);
    int status = err == ERR_OK ? CLI_DONE : trouble(m, "rename to", to, err);
    buf_fini(&joined);
    return status;
}

static int set_epoch(struct mender *m, struct datadir *dir, const struct damage *d)
{
    bool is_current = strcmp(data_files_name(d->file), "currentEpoch") == 0;
    struct store_error e;
    struct port_file_info info;
    int status = m->fs->info(m->fs, d->file, &info) == ERR_OK ? keep(m, d->file) : CLI_DONE;
    if (status == CLI_DONE &&
        datadir_write_epoch(dir, is_current ? DATADIR_EPOCH_CURRENT : DATADIR_EPOCH_ACCEPTED,
                            d->number, &e) != ERR_OK) {
        status = cli_fail(m->x->cli, CLI_TROUBLE, "%s", e.text);
    }
    return status;
}

static int write_empty_snapshot(struct mender *m)
{
    const struct tree_options tree_options = {.digest_enabled = true};
    const struct snapwrite_options options = {.with_digest = true, .with_last_zxid = true};
    struct tree *t = tree_new(&tree_options);
    struct snapwrite *w = snapwrite_new(t, &options);
    struct snapfile *f;
    struct store_error e;
    struct buf slice = {0};
    enum err err = snapfile_open(m->fs, datadir_snap_dir(m->x->dir), 0, NAMES_PLAIN, &f, &e);
    if (err == ERR_OK) {
        for (bool more = true, seal; more && err == ERR_OK;) {
            buf_clear(&slice);
            more = snapwrite_slice(w, COPY_BYTES, &slice, &seal);
            err = snapfile_write(f, buf_slice(&slice), seal, &e);
        }
        if (err == ERR_OK) {
            err = snapfile_finish(f, NULL, &e);
        } else {
            snapfile_abort(f);
        }
    }
    buf_fini(&slice);
    snapwrite_free(w);
    tree_free(t);
    return err == ERR_OK ? CLI_DONE : cli_fail(m->x->cli, CLI_TROUBLE, "%s", e.text);
}

// ---- the whole ----

static bool is_allowed(const struct mender *m, const struct damage *d)
{
    return !d->is_lossy || m->is_lossy;
}

// A log is rewritten as a whole: one finding that may not be given up forbids it.
static bool may_rewrite(const struct mender *m, const char *path)
{
    const struct damage_list *l = &m->x->damages;
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->items[i].file, path) == 0 && !is_allowed(m, &l->items[i])) {
            return false;
        }
    }
    return true;
}

// Rewritten and moved for an earlier finding.
static bool is_done(const struct mender *m, size_t at)
{
    const struct damage *d = &m->x->damages.items[at];
    for (size_t i = 0; i < at; i++) {
        const struct damage *before = &m->x->damages.items[i];
        if (before->repair == d->repair && strcmp(before->file, d->file) == 0) {
            return true;
        }
    }
    return false;
}

static int mend(struct mender *m, struct datadir *dir, const struct damage *d)
{
    switch (d->repair) {
    case REPAIR_NONE:
        return CLI_DONE;
    case REPAIR_MOVE:
        return keep(m, d->file);
    case REPAIR_REWRITE:
        return rewrite(m, d->file);
    case REPAIR_RENAME:
        return rename_log(m, d);
    case REPAIR_EPOCH:
        return set_epoch(m, dir, d);
    case REPAIR_SNAPSHOT:
        return write_empty_snapshot(m);
    }
    return CLI_DONE;
}

static int mend_all(struct mender *m, struct datadir *dir)
{
    int status = CLI_DONE;
    for (size_t i = 0; status == CLI_DONE && i < m->x->damages.count; i++) {
        const struct damage *d = &m->x->damages.items[i];
        bool may = is_allowed(m, d) && (d->repair != REPAIR_REWRITE || may_rewrite(m, d->file));
        if (d->repair == REPAIR_NONE || !may) {
            m->report->refused += d->repair != REPAIR_NONE ? 1 : 0;
            continue;
        }
        status = is_done(m, i) ? CLI_DONE : mend(m, dir, d);
        m->report->mended += status == CLI_DONE ? 1 : 0;
    }
    return status;
}

static void name_kept(struct mender *m)
{
    time_t seconds = (time_t)(clock_wall_ms(m->x->cli->host->clock) / 1000);
    struct tm t = {0};
    (void)gmtime_r(&seconds, &t);
    (void)strftime(m->kept_name, sizeof(m->kept_name), "damaged-%Y%m%dT%H%M%SZ", &t);
}

int repair(struct examination *x, bool is_lossy, struct repair_report *ret)
{
    struct mender m = {.x = x, .fs = x->cli->host->files, .is_lossy = is_lossy, .report = ret};
    *ret = (struct repair_report){0};
    if (x->is_running) {
        return cli_fail(x->cli, CLI_NO, "a server runs on %s: stop it before a repair",
                        datadir_root(x->dir));
    }
    struct datadir *dir;
    struct store_error e;
    bool is_misplaced = strstr(x->refusal.text, "wrong folder") != NULL;
    if (is_misplaced) {
        return cli_fail(x->cli, CLI_NO,
                        "files are in the wrong folder: move them or correct dataDir and "
                        "dataLogDir before a repair");
    }
    if (datadir_open(m.fs, datadir_root(x->dir), datadir_log_root(x->dir), false, &dir, &e) !=
        ERR_OK) {
        return cli_fail(x->cli, CLI_NO, "%s", e.text);
    }
    name_kept(&m);
    int status = mend_all(&m, dir);
    datadir_close(dir);
    return status;
}
