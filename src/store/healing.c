// SPDX-License-Identifier: Apache-2.0
//
// The marker is a sealed line of text; its existence is what counts.
#include "store/healing.h"

#include <stdio.h>

#include "store/small_file.h"

enum { REASON_BYTES_MAX = 800, FOLDERS_MAX = 100000 };

static const char marker_name[] = "paddock.healing";

bool healing_is_pending(struct datadir *d)
{
    return small_file_exists(datadir_files(d), datadir_snap_dir(d), marker_name);
}

void healing_reason(struct datadir *d, struct buf *ret)
{
    enum err err =
        small_file_read_sealed(datadir_files(d), datadir_snap_dir(d), marker_name, ret, NULL);
    if (err != ERR_OK) {
        buf_clear(ret);
        buf_append_str(ret, "not known: its marker cannot be read");
    }
}

enum err healing_begin(struct datadir *d, const char *reason, struct store_error *e)
{
    if (healing_is_pending(d)) {
        return ERR_OK;
    }
    struct slice text = slice_str(reason);
    text.len = text.len < REASON_BYTES_MAX ? text.len : REASON_BYTES_MAX;
    return small_file_write_sealed(datadir_files(d), datadir_snap_dir(d), marker_name, text, e);
}

enum err healing_done(struct datadir *d, struct store_error *e)
{
    return small_file_remove(datadir_files(d), datadir_snap_dir(d), marker_name, NULL, e);
}

// ---- setting aside ----

// The first number that is not taken.
static enum err choose_folder(struct port_files *fs, const char *dir, struct healing_aside *aside,
                              struct store_error *e)
{
    for (int n = 1; n < FOLDERS_MAX; n++) {
        (void)snprintf(aside->folder, sizeof aside->folder, "damaged-%d", n);
        if (!small_file_exists(fs, dir, aside->folder)) {
            return ERR_OK;
        }
    }
    return store_fail(e, ERR_LIMIT, "%s holds %d folders of damaged files; remove old ones", dir,
                      FOLDERS_MAX - 1);
}

// The folder's name is durable before a file goes there, the file's new name before its old one is
// gone: a crash in between leaves it under one of them, or both.
static enum err move(struct port_files *fs, const char *dir, const char *name, const char *folder)
{
    struct buf from = {0};
    struct buf to = {0};
    enum err err = fs->make_dir(fs, names_join(&to, dir, folder));
    err = err == ERR_OK ? fs->sync_dir(fs, dir) : err;
    if (err == ERR_OK) {
        buf_append_str(&to, "/");
        buf_append_str(&to, name);
        err = fs->rename(fs, names_join(&from, dir, name), buf_cstr(&to));
    }
    if (err == ERR_OK) {
        err = fs->sync_dir(fs, names_join(&to, dir, folder));
    }
    err = err == ERR_OK ? fs->sync_dir(fs, dir) : err;
    buf_fini(&to);
    buf_fini(&from);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err healing_set_aside(struct port_files *fs, const char *dir, const char *name,
                           struct healing_aside *aside, struct store_error *e)
{
    enum err err = ERR_OK;
    if (aside->folder[0] == '\0') {
        err = choose_folder(fs, dir, aside, e);
    }
    if (err == ERR_OK) {
        err = move(fs, dir, name, aside->folder);
        if (err != ERR_OK) {
            err = store_fail(e, err, "cannot move %s/%s to %s: %s", dir, name, aside->folder,
                             err_text(err));
        }
    }
    return err;
}
