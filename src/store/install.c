// SPDX-License-Identifier: Apache-2.0
//
// Installing a history: prepare beside the old one, commit with one small file, clean up.
#include "store/install.h"

#include <inttypes.h>

#include "base/mark.h"
#include "store/logend.h"
#include "store/small_file.h"
#include "store/truncate.h"

static const char marker_name[] = "paddock.install";

// ---- cleaning up ----

// Remove the files of one kind that `keep` does not name and whose zxid is at or above `zxid`.
static enum err remove_others(struct datadir *d, enum names_kind kind, int64_t zxid,
                              const char *keep, struct store_error *e)
{
    struct names_list files = {0};
    struct buf path = {0};
    const char *dir = kind == NAMES_LOG ? datadir_log_dir(d) : datadir_snap_dir(d);
    struct port_files *fs = datadir_files(d);
    enum err err = datadir_list(d, kind, &files, e);
    for (size_t i = files.count; err == ERR_OK && i > 0; i--) {
        const struct names_file *f = &files.items[i - 1];
        if (f->zxid < zxid || strcmp(f->name, keep) == 0) {
            continue;
        }
        err = fs->remove(fs, names_join(&path, dir, f->name));
        if (err == ERR_NOT_FOUND) {
            err = ERR_OK; // purge was faster
        } else if (err != ERR_OK) {
            err = store_fail(e, err, "cannot remove %s: %s", buf_cstr(&path), err_text(err));
        }
    }
    if (err == ERR_OK) {
        err = fs->sync_dir(fs, dir);
        if (err != ERR_OK) {
            err = store_fail(e, err, "cannot sync %s: %s", dir, err_text(err));
        }
    }
    buf_fini(&path);
    names_list_fini(&files);
    return err;
}

// Give the snapshot its name; it may have it already.
static enum err rename_snapshot(struct datadir *d, const char *name, struct store_error *e)
{
    struct buf path = {0};
    struct buf tmp = {0};
    struct port_files *fs = datadir_files(d);
    const char *dir = datadir_snap_dir(d);
    (void)names_join(&path, dir, name);
    (void)names_join(&tmp, dir, name);
    buf_append_str(&tmp, ".tmp");
    enum err err = fs->rename(fs, buf_cstr(&tmp), buf_cstr(&path));
    if (err == ERR_NOT_FOUND && small_file_exists(fs, dir, name)) {
        MARK("installed snapshot has its name already");
        err = ERR_OK;
    }
    if (err == ERR_OK) {
        err = fs->sync_dir(fs, dir);
    }
    if (err != ERR_OK) {
        err = store_fail(e, err, "cannot install %s: %s", buf_cstr(&path), err_text(err));
    }
    buf_fini(&tmp);
    buf_fini(&path);
    return err;
}

static enum err finish(struct datadir *d, const struct names_file *f, struct store_error *e)
{
    enum err err = logend_forget(datadir_files(d), datadir_log_dir(d), e);
    err = err == ERR_OK ? rename_snapshot(d, f->name, e) : err;
    err = err == ERR_OK ? remove_others(d, NAMES_SNAPSHOT, f->zxid, f->name, e) : err;
    err = err == ERR_OK ? remove_others(d, NAMES_LOG, 0, "", e) : err;
    if (err == ERR_OK) {
        err = small_file_remove(datadir_files(d), datadir_snap_dir(d), marker_name, NULL, e);
    }
    return err;
}

// ---- SNAP ----

enum err install_tree(struct datadir *d, struct tree *t, const struct snapsave_options *options,
                      struct store_error *e)
{
    struct snapsave_options unnamed = *options;
    struct names_file f = {.method = options->method, .zxid = tree_last_zxid(t)};
    unnamed.is_unnamed = true;
    names_print_snapshot(f.zxid, f.method, f.name);
    enum err err = snapsave(datadir_files(d), datadir_snap_dir(d), t, &unnamed, e);
    if (err == ERR_OK) {
        err = small_file_write_sealed(datadir_files(d), datadir_snap_dir(d), marker_name,
                                      slice_str(f.name), e);
    }
    return err == ERR_OK ? finish(d, &f, e) : err;
}

bool install_is_pending(struct datadir *d)
{
    return small_file_exists(datadir_files(d), datadir_snap_dir(d), marker_name);
}

enum err install_resume(struct datadir *d, char ret_name[NAMES_BYTES_MAX], struct store_error *e)
{
    struct buf text = {0};
    struct names_file f = {.name = ""};
    const char *dir = datadir_snap_dir(d);
    enum err err = small_file_read_sealed(datadir_files(d), dir, marker_name, &text, e);
    if (err == ERR_NOT_FOUND) {
        err = ERR_OK;
    } else if (err == ERR_OK && names_parse(buf_cstr(&text), &f) != NAMES_SNAPSHOT) {
        err = store_fail(e, ERR_CORRUPT, "%s/%s does not name a snapshot", dir, marker_name);
    } else if (err == ERR_OK) {
        MARK("interrupted installation is finished");
        err = finish(d, &f, e);
    }
    buf_fini(&text);
    if (err == ERR_OK) {
        memcpy(ret_name, f.name, sizeof f.name);
    }
    return err;
}

// ---- TRUNC ----

enum err install_truncated(struct datadir *d, int64_t zxid, struct port_clock *clock,
                           const struct recover_options *options, recover_note *note, void *ctx,
                           struct tree **ret, struct store_error *e)
{
    struct tree *t;
    struct recover_report report;
    enum err err = truncate_after(d, zxid, options->record_bytes_max, e);
    if (err != ERR_OK) {
        return err;
    }
    err = recover(d, clock, options, note, ctx, &t, &report, e);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    }
    if ((uint32_t)zxid == 0 && report.last_zxid < zxid) {
        tree_set_last_zxid(t, zxid); // an epoch begins there, with everything before it
    } else if (report.last_zxid != zxid) {
        tree_free(t);
        return store_fail(e, ERR_CORRUPT,
                          "%s was cut behind 0x%" PRIx64 ", but ends with 0x%" PRIx64,
                          datadir_log_dir(d), zxid, report.last_zxid);
    }
    *ret = t;
    return ERR_OK;
}
