// SPDX-License-Identifier: Apache-2.0
//
// The data directory: its folders, its lock and its small files.
#include "store/datadir.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/small_file.h"

// The second name lets one server lock both directories when they are one under two paths.
static const char lock_name[] = ".paddock.lock";
static const char log_lock_name[] = ".paddock.log.lock";

struct datadir {
    struct port_files *fs;
    char *root;     // <dataDir>
    char *log_root; // <dataLogDir>
    char *snap_dir; // <dataDir>/version-2
    char *log_dir;  // <dataLogDir>/version-2
    struct port_file *lock;
    struct port_file *log_lock; // NULL when there is only one directory
};

// ---- life cycle ----

// A copy without slashes at the end.
static char *copy_path(const char *path)
{
    char *copy = mem_strdup(path);
    for (size_t len = strlen(copy); len > 1 && copy[len - 1] == '/'; len--) {
        copy[len - 1] = '\0';
    }
    return copy;
}

static char *copy_joined(const char *dir, const char *name)
{
    struct buf path = {0};
    char *copy = mem_strdup(names_join(&path, dir, name));
    buf_fini(&path);
    return copy;
}

// Make the names of the folders above `dir` durable: a power cut must not take away a directory
// whose files are synced. Above the data directory it is an attempt: not every folder up to the
// root of the file system need be ours to open.
static enum err sync_names(struct datadir *d, const char *dir, bool is_new)
{
    char *parent = mem_strdup(dir);
    enum err err = ERR_OK;
    bool is_data_dir = true;
    for (char *slash = strrchr(parent, '/'); slash != NULL && slash != parent;
         slash = strrchr(parent, '/')) {
        *slash = '\0';
        enum err synced = d->fs->sync_dir(d->fs, parent);
        err = is_data_dir ? synced : err;
        is_data_dir = false;
        if (!is_new) {
            break;
        }
    }
    mem_free(parent);
    return err;
}

static enum err make_version_dir(struct datadir *d, const char *dir, bool autocreate,
                                 struct store_error *e)
{
    struct port_file_info info;
    enum err err = d->fs->info(d->fs, dir, &info);
    bool is_new = err == ERR_NOT_FOUND;
    if (is_new) {
        if (!autocreate) {
            return store_fail(e, err,
                              "data directory %s is missing and zookeeper.datadir.autocreate is "
                              "false; create it",
                              dir);
        }
        err = d->fs->make_dir(d->fs, dir);
    } else if (err == ERR_OK && !info.is_dir) {
        return store_fail(e, ERR_INVALID, "%s is a file; a data directory is needed there", dir);
    }
    if (err != ERR_OK) {
        return store_fail(e, err, "cannot use data directory %s: %s; check its owner and mode", dir,
                          err_text(err));
    }
    if (!d->fs->is_writable(d->fs, dir)) {
        return store_fail(e, ERR_ACCESS,
                          "data directory %s is not writable; make it writable for the user that "
                          "runs the server",
                          dir);
    }
    err = sync_names(d, dir, is_new);
    return err == ERR_OK ? ERR_OK : store_fail(e, err, "cannot sync %s: %s", dir, err_text(err));
}

// Source: FileTxnSnapLog.checkLogDir, checkSnapDir (prefixes, not exact names).
struct misplaced {
    const char *prefix;
    char name[NAMES_BYTES_MAX]; // "" or the first one found
};

static void find_misplaced(void *ctx, const char *name)
{
    struct misplaced *m = ctx;
    if (m->name[0] == '\0' && strncmp(name, m->prefix, strlen(m->prefix)) == 0) {
        size_t len = strlen(name) < sizeof m->name ? strlen(name) : sizeof m->name - 1;
        memcpy(m->name, name, len);
        m->name[len] = '\0';
    }
}

static enum err check_misplaced(struct datadir *d, const char *dir, const char *prefix,
                                const char *what, const char *key, struct store_error *e)
{
    struct misplaced m = {.prefix = prefix};
    enum err err = d->fs->list(d->fs, dir, find_misplaced, &m);
    if (err != ERR_OK) {
        return store_fail(e, err, "cannot list %s: %s", dir, err_text(err));
    }
    if (m.name[0] != '\0') {
        return store_fail(e, ERR_INVALID,
                          "%s holds the %s %s, which belongs elsewhere: check dataDir and "
                          "dataLogDir, or move the files to the version-2 folder of %s",
                          dir, what, m.name, key);
    }
    return ERR_OK;
}

static enum err take_lock(struct datadir *d, const char *dir, const char *name,
                          struct port_file **ret, struct store_error *e)
{
    struct buf path = {0};
    enum err err = d->fs->lock(d->fs, names_join(&path, dir, name), ret);
    if (err == ERR_LOCKED) {
        err = store_fail(e, err,
                         "another server runs on %s (it holds %s); stop it or use another "
                         "directory",
                         dir, buf_cstr(&path));
    } else if (err != ERR_OK) {
        err = store_fail(e, err, "cannot lock %s: %s", buf_cstr(&path), err_text(err));
    }
    buf_fini(&path);
    return err;
}

static enum err prepare(struct datadir *d, bool autocreate, struct store_error *e)
{
    bool is_split = strcmp(d->root, d->log_root) != 0;
    enum err err = make_version_dir(d, d->log_dir, autocreate, e);
    if (err == ERR_OK) {
        err = make_version_dir(d, d->snap_dir, autocreate, e);
    }
    if (err == ERR_OK && is_split) {
        err = check_misplaced(d, d->log_dir, "snapshot.", "snapshot", "dataDir", e);
    }
    if (err == ERR_OK && is_split) {
        err = check_misplaced(d, d->snap_dir, "log.", "transaction log", "dataLogDir", e);
    }
    if (err == ERR_OK) {
        err = take_lock(d, d->root, lock_name, &d->lock, e);
    }
    if (err == ERR_OK && is_split) {
        err = take_lock(d, d->log_root, log_lock_name, &d->log_lock, e);
    }
    return err;
}

struct datadir *datadir_look(struct port_files *fs, const char *data_dir, const char *log_dir)
{
    struct datadir *d = mem_zalloc(sizeof *d);
    d->fs = fs;
    d->root = copy_path(data_dir);
    d->log_root = copy_path(log_dir != NULL ? log_dir : data_dir);
    d->snap_dir = copy_joined(d->root, "version-2");
    d->log_dir = copy_joined(d->log_root, "version-2");
    return d;
}

enum err datadir_open(struct port_files *fs, const char *data_dir, const char *log_dir,
                      bool autocreate, struct datadir **ret, struct store_error *e)
{
    struct datadir *d = datadir_look(fs, data_dir, log_dir);
    enum err err = prepare(d, autocreate, e);
    if (err != ERR_OK) {
        datadir_close(d);
        return err;
    }
    *ret = d;
    return ERR_OK;
}

void datadir_close(struct datadir *d)
{
    if (d == NULL) {
        return;
    }
    if (d->log_lock != NULL) {
        d->log_lock->close(d->log_lock);
    }
    if (d->lock != NULL) {
        d->lock->close(d->lock);
    }
    mem_free(d->root);
    mem_free(d->log_root);
    mem_free(d->snap_dir);
    mem_free(d->log_dir);
    mem_free(d);
}

// ---- reading ----

struct port_files *datadir_files(const struct datadir *d)
{
    return d->fs;
}

const char *datadir_root(const struct datadir *d)
{
    return d->root;
}

const char *datadir_log_root(const struct datadir *d)
{
    return d->log_root;
}

const char *datadir_snap_dir(const struct datadir *d)
{
    return d->snap_dir;
}

const char *datadir_log_dir(const struct datadir *d)
{
    return d->log_dir;
}

enum err datadir_list(struct datadir *d, enum names_kind kind, struct names_list *ret,
                      struct store_error *e)
{
    return names_list_dir(d->fs, kind == NAMES_LOG ? d->log_dir : d->snap_dir, kind, ret, e);
}

static bool is_held(struct datadir *d, const char *dir, const char *name)
{
    if (!small_file_exists(d->fs, dir, name)) {
        return false; // and asking for the lock would make the file
    }
    struct buf path = {0};
    struct port_file *lock;
    enum err err = d->fs->lock(d->fs, names_join(&path, dir, name), &lock);
    buf_fini(&path);
    if (err == ERR_OK) {
        lock->close(lock);
    }
    return err == ERR_LOCKED;
}

bool datadir_is_locked(struct datadir *d)
{
    return is_held(d, d->root, lock_name) || is_held(d, d->log_root, log_lock_name);
}

bool datadir_has_initialize(struct datadir *d)
{
    return small_file_exists(d->fs, d->log_root, "initialize");
}

struct size_sum {
    struct port_files *fs;
    const char *dir;
    struct buf path;
    uint64_t bytes;
};

static void add_size(void *ctx, const char *name)
{
    struct size_sum *sum = ctx;
    struct port_file_info info;
    if (sum->fs->info(sum->fs, names_join(&sum->path, sum->dir, name), &info) == ERR_OK &&
        !info.is_dir) {
        sum->bytes += info.bytes;
    }
}

static uint64_t dir_bytes(struct port_files *fs, const char *dir)
{
    struct size_sum sum = {.fs = fs, .dir = dir};
    enum err err = fs->list(fs, dir, add_size, &sum);
    buf_fini(&sum.path);
    return err == ERR_OK ? sum.bytes : 0;
}

void datadir_bytes(struct datadir *d, uint64_t *ret_snap, uint64_t *ret_log)
{
    *ret_snap = dir_bytes(d->fs, d->snap_dir);
    *ret_log = strcmp(d->snap_dir, d->log_dir) == 0 ? *ret_snap : dir_bytes(d->fs, d->log_dir);
}

// ---- small files ----

enum err datadir_read_myid(struct datadir *d, int64_t *ret, struct store_error *e)
{
    return small_file_read_number(d->fs, d->root, "myid", ret, e);
}

enum err datadir_take_initialize(struct datadir *d, bool *ret_was_there, struct store_error *e)
{
    return small_file_remove(d->fs, d->log_root, "initialize", ret_was_there, e);
}

static const char *const epoch_name[] = {
    [DATADIR_EPOCH_ACCEPTED] = "acceptedEpoch",
    [DATADIR_EPOCH_CURRENT] = "currentEpoch",
};

enum err datadir_read_epoch(struct datadir *d, enum datadir_epoch which, int64_t *ret,
                            struct store_error *e)
{
    return small_file_read_number(d->fs, d->snap_dir, epoch_name[which], ret, e);
}

// No trailing newline, as Java writes it.
enum err datadir_prepare_epoch(struct datadir *d, enum datadir_epoch which, int64_t epoch,
                               int64_t *ret_changed_ms, struct store_error *e)
{
    struct buf text = {0};
    buf_printf(&text, "%lld", (long long)epoch);
    enum err err = small_file_prepare(d->fs, d->snap_dir, epoch_name[which], buf_slice(&text),
                                      ret_changed_ms, e);
    buf_fini(&text);
    return err;
}

enum err datadir_replace_epoch(struct datadir *d, enum datadir_epoch which, struct store_error *e)
{
    return small_file_replace(d->fs, d->snap_dir, epoch_name[which], e);
}

enum err datadir_write_epoch(struct datadir *d, enum datadir_epoch which, int64_t epoch,
                             struct store_error *e)
{
    int64_t changed_ms;
    enum err err = datadir_prepare_epoch(d, which, epoch, &changed_ms, e);
    return err == ERR_OK ? datadir_replace_epoch(d, which, e) : err;
}

enum err datadir_epoch_changed(struct datadir *d, enum datadir_epoch which, int64_t *ret_changed_ms,
                               struct store_error *e)
{
    struct buf path = {0};
    struct port_file_info info = {.changed_ms = -1};
    enum err err = d->fs->info(d->fs, names_join(&path, d->snap_dir, epoch_name[which]), &info);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        err = store_fail(e, err, "cannot look at %s: %s", buf_cstr(&path), err_text(err));
    } else {
        *ret_changed_ms = info.changed_ms;
        err = ERR_OK;
    }
    buf_fini(&path);
    return err;
}
