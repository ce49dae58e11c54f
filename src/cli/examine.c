// SPDX-License-Identifier: Apache-2.0
//
// The order of an examination: names, snapshots, the rehearsed start, logs, epochs. Each part adds
// its findings; later parts use what earlier ones found.
#include "cli/examine.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/mem.h"
#include "cli/data_files.h"
#include "store/snapread.h"

enum { MODE_OF_OWNER = 0600, SERVER_ID_MAX = 255, PID_DIGITS_MAX = 12 };

void examine_java(struct examination *x, enum java_verdict verdict, const char *format, ...)
{
    // The first refusal stands; a loss gives way to it, and to nothing else.
    bool is_worse = x->java == JAVA_STARTS || (x->java == JAVA_LOSES && verdict == JAVA_REFUSES) ||
                    (x->java == JAVA_UNSURE && verdict == JAVA_REFUSES);
    if (!is_worse) {
        return;
    }
    va_list args;
    x->java = verdict;
    va_start(args, format);
    (void)vsnprintf(x->java_why, sizeof(x->java_why), format, args);
    va_end(args);
}

// ---- names in the folders ----

struct folder {
    struct examination *x;
    const char *dir;
    struct port_file_info info;
    bool has_snapshots, has_logs; // belong here
    struct buf path;
};

static void check_file(struct folder *f, const char *path)
{
    struct port_files *fs = f->x->cli->host->files;
    struct port_file_info info;
    struct port_file *file;
    enum err err = fs->info(fs, path, &info);
    if (err == ERR_OK && info.is_dir) {
        return;
    }
    err = err == ERR_OK ? fs->open(fs, path, PORT_OPEN_READ, &file) : err;
    if (err != ERR_OK) {
        (void)damage_add(&f->x->damages, DAMAGE_ACCESS, path, "%s", err_text(err));
        return;
    }
    file->close(file);
    if (f->info.mode != 0 && info.owner != f->info.owner) {
        (void)damage_add(&f->x->damages, DAMAGE_OWNER, path, "user %u, its folder user %u",
                         info.owner, f->info.owner);
    }
    if (info.mode != 0 && (info.mode & MODE_OF_OWNER) != MODE_OF_OWNER) {
        (void)damage_add(&f->x->damages, DAMAGE_MODE, path, "mode %04o", info.mode);
    }
}

static bool is_known(const char *name)
{
    static const char *const known[] = {"currentEpoch",      "acceptedEpoch",  "currentEpoch.tmp",
                                        "acceptedEpoch.tmp", "updatingEpoch",  "initialize",
                                        "paddock.end",       "paddock.epochs", "paddock.healing",
                                        "paddock.install"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

// A name that is not ours: what would a Java server do with it?
static void check_foreign(struct folder *f, const char *name, const char *path)
{
    bool is_log = data_files_zxid(name, "log") >= 0;
    if (is_log || data_files_zxid(name, "snapshot") >= 0) {
        damage_add(&f->x->damages, DAMAGE_STRAY_NAME, path, "read as a %s by Java",
                   is_log ? "log" : "snapshot")
            ->repair = REPAIR_MOVE;
        examine_java(f->x, JAVA_UNSURE, "it reads %s", path);
    } else {
        (void)damage_add(&f->x->damages, DAMAGE_UNKNOWN_FILE, path, "not a name of a server");
    }
}

static void see_name(void *ctx, const char *name)
{
    struct folder *f = ctx;
    struct names_file file;
    const char *path = names_join(&f->path, f->dir, name);
    enum names_kind kind = names_parse(name, &file);
    bool is_here = (kind == NAMES_LOG && f->has_logs) ||
                   ((kind == NAMES_SNAPSHOT || kind == NAMES_SNAPSHOT_TMP) && f->has_snapshots);
    if (kind == NAMES_OTHER && !is_known(name)) {
        check_foreign(f, name, path);
        return;
    }
    if (kind == NAMES_SNAPSHOT_TMP ||
        (strcmp(name, "acceptedEpoch.tmp") == 0 || strcmp(name, "currentEpoch.tmp") == 0)) {
        damage_add(&f->x->damages, DAMAGE_TEMPORARY, path, "left by a server that died")->repair =
            REPAIR_MOVE;
        return;
    }
    if (kind != NAMES_OTHER && !is_here) {
        (void)damage_add(&f->x->damages, DAMAGE_MISPLACED, path, "%s",
                         kind == NAMES_LOG ? "a log beside the snapshots"
                                           : "a snapshot beside the logs");
        examine_java(f->x, JAVA_REFUSES, "%s is in the wrong folder", path);
    }
    check_file(f, path);
}

static int check_folder(struct examination *x, const char *dir, bool has_snapshots, bool has_logs)
{
    struct port_files *fs = x->cli->host->files;
    struct folder f = {.x = x, .dir = dir, .has_snapshots = has_snapshots, .has_logs = has_logs};
    enum err err = fs->info(fs, dir, &f.info);
    if (err == ERR_OK && !f.info.is_dir) {
        err = ERR_INVALID;
    }
    err = err == ERR_OK ? fs->list(fs, dir, see_name, &f) : err;
    buf_fini(&f.path);
    if (err != ERR_OK) {
        return cli_fail(x->cli, CLI_TROUBLE,
                        "cannot read %s: %s; name the dataDir of a server, which holds version-2",
                        dir, err_text(err));
    }
    if (!fs->is_writable(fs, dir)) {
        (void)damage_add(&x->damages, DAMAGE_ACCESS, dir, "the folder is not writable");
    }
    return CLI_DONE;
}

static int check_names(struct examination *x)
{
    const char *snap_dir = datadir_snap_dir(x->dir), *log_dir = datadir_log_dir(x->dir);
    bool is_one = strcmp(snap_dir, log_dir) == 0;
    int status = check_folder(x, snap_dir, true, is_one);
    return status == CLI_DONE && !is_one ? check_folder(x, log_dir, false, true) : status;
}

// A Paddock server holds a lock; a Java server that zkServer.sh started has a pid file.
static bool is_running(struct examination *x)
{
    if (datadir_is_locked(x->dir)) {
        return true;
    }
    struct port_files *fs = x->cli->host->files;
    struct port_file_info info;
    struct port_file *f;
    struct buf path = {0};
    char pid[PID_DIGITS_MAX + 1] = "";
    size_t len = 0;
    if (fs->open(fs, names_join(&path, datadir_root(x->dir), "zookeeper_server.pid"),
                 PORT_OPEN_READ, &f) == ERR_OK) {
        if (f->read(f, 0, pid, PID_DIGITS_MAX, &len) != ERR_OK) {
            len = 0;
        }
        f->close(f);
    }
    pid[len] = '\0';
    pid[strspn(pid, "0123456789")] = '\0';
    bool is_there =
        pid[0] != '\0' && fs->info(fs, names_join(&path, "/proc", pid), &info) == ERR_OK;
    buf_fini(&path);
    return is_there;
}

// ---- snapshots ----

static void judge_loaded(struct examination *x, const struct names_file *f, const char *path,
                         const struct tree *t, const struct snapscan_report *r)
{
    if (r->has_digest && r->digest_zxid == f->zxid && r->digest_zxid > 0 &&
        r->digest != tree_digest(t)) {
        (void)damage_add(&x->damages, DAMAGE_SNAPSHOT_DIGEST, path,
                         "it claims the digest 0x%" PRIx64 ", its nodes have 0x%" PRIx64, r->digest,
                         tree_digest(t));
    }
    if (x->snapshot_zxid < 0) {
        memcpy(x->snapshot, f->name, sizeof(x->snapshot));
        x->snapshot_zxid = f->zxid;
        x->snapshot_digest_zxid = r->has_digest ? r->digest_zxid : 0;
    }
}

static void check_snapshot(struct examination *x, const struct names_file *f)
{
    const struct tree_options options = {.digest_enabled = true, .extended_types_enabled = true};
    const char *dir = datadir_snap_dir(x->dir);
    struct buf joined = {0};
    const char *path = names_join(&joined, dir, f->name);
    struct tree *t = tree_new(&options);
    struct snapscan_report report;
    struct store_error e = {.text = ""};
    struct port_file_info info = {0};
    enum err err = snapread_load(x->cli->host->files, dir, f, DATA_FILES_BYTES_MAX, t, &report, &e);
    if (err == ERR_OK && snapread_looks_whole(x->cli->host->files, dir, f)) {
        judge_loaded(x, f, path, t, &report);
    } else {
        bool is_cut = err == ERR_OK || err == ERR_TRUNCATED || strstr(e.text, "too early") != NULL;
        damage_add(&x->damages, is_cut ? DAMAGE_SNAPSHOT_CUT : DAMAGE_SNAPSHOT_BAD, path, "%s",
                   err == ERR_OK ? "it does not end as a snapshot does" : e.text)
            ->repair = REPAIR_MOVE;
    }
    if (x->cli->host->files->info(x->cli->host->files, path, &info) == ERR_OK) {
        x->bytes_read += info.bytes;
    }
    tree_free(t);
    buf_fini(&joined);
}

static int check_snapshots(struct examination *x)
{
    struct store_error e;
    if (datadir_list(x->dir, NAMES_SNAPSHOT, &x->snapshots, &e) != ERR_OK) {
        return cli_fail(x->cli, CLI_TROUBLE, "%s", e.text);
    }
    for (size_t i = x->snapshots.count; i > 0; i--) {
        check_snapshot(x, &x->snapshots.items[i - 1]);
        progress_at(&x->progress, x->bytes_read, 0);
        if (x->cli->host->interrupted() != 0) {
            return CLI_INTERRUPTED;
        }
    }
    return CLI_DONE;
}

// ---- the rehearsed start ----

static void take_note(void *ctx, const char *text)
{
    struct examination *x = ctx;
    buf_append_str(&x->notes, text);
    buf_append_str(&x->notes, "\n");
}

static void rehearse(struct examination *x)
{
    const struct recover_options options = {
        .tree = {.digest_enabled = true, .extended_types_enabled = true},
        .record_bytes_max = DATA_FILES_BYTES_MAX,
        .db_autocreate = true,
        .is_rehearsal = true,
    };
    struct tree *t;
    enum err err = recover(x->dir, x->cli->host->clock, &options, take_note, x, &t, &x->recovered,
                           &x->refusal);
    bool is_misplaced = false;
    for (size_t i = 0; i < x->damages.count; i++) {
        is_misplaced = is_misplaced || x->damages.items[i].kind == DAMAGE_MISPLACED;
    }
    x->is_startable = err == ERR_OK && !is_misplaced;
    if (err != ERR_OK) {
        return;
    }
    if (is_misplaced) {
        (void)snprintf(x->refusal.text, sizeof(x->refusal.text), "files are in the wrong folder");
    }
    x->nodes = tree_node_count(t);
    x->digest = tree_digest(t);
    x->digest_mismatches = tree_digest_mismatches(t);
    int64_t first = tree_digest_first_mismatch(t);
    if (x->digest_mismatches > 0) {
        // Java's race shows twice, in the snapshot's digest and in the transaction's own; once, and
        // it is the snapshot that is wrong.
        bool is_of_snapshot = first == x->snapshot_digest_zxid && first > 0;
        enum damage_kind kind = !is_of_snapshot             ? DAMAGE_DIGEST
                                : x->digest_mismatches == 1 ? DAMAGE_SNAPSHOT_DIGEST
                                : x->digest_mismatches == 2 ? DAMAGE_DIGEST_RACE
                                                            : DAMAGE_DIGEST;
        (void)damage_add(&x->damages, kind, datadir_log_dir(x->dir),
                         "%" PRIu64 " digests differ, the first at 0x%" PRIx64,
                         x->digest_mismatches, (uint64_t)first);
    }
    tree_free(t);
}

// ---- logs and snapshots together ----

// Whether the log goes back to the first transaction of a database: then an empty tree before it
// is the truth. Zxids begin with 1 in epoch 0 (standalone) or 1.
static bool is_from_the_beginning(const struct examination *x)
{
    int64_t first = x->log_count > 0 ? x->logs[0].first_zxid : -1;
    return first == 1 || first == (INT64_C(1) << 32 | 1);
}

static int64_t last_in_logs(const struct examination *x)
{
    int64_t last = -1;
    for (size_t i = 0; i < x->log_count; i++) {
        last = x->logs[i].last_zxid > last ? x->logs[i].last_zxid : last;
    }
    return last;
}

// The first transaction in the logs behind `zxid`, by what is known of whole files; -1: none.
static int64_t first_behind(const struct examination *x, int64_t zxid)
{
    for (size_t i = 0; i < x->log_count; i++) {
        if (x->logs[i].last_zxid > zxid) {
            return x->logs[i].first_zxid > zxid ? x->logs[i].first_zxid : zxid + 1;
        }
    }
    return -1;
}

static void check_together(struct examination *x)
{
    const char *log_dir = datadir_log_dir(x->dir), *snap_dir = datadir_snap_dir(x->dir);
    int64_t last = last_in_logs(x), snap = x->snapshot_zxid;
    if (snap < 0 && last >= 0) {
        struct damage *d = damage_add(&x->damages, DAMAGE_NO_SNAPSHOT, snap_dir, "%s",
                                      x->snapshots.count > 0 ? "none of the snapshots is whole"
                                                             : "there is no snapshot");
        d->repair = is_from_the_beginning(x) ? REPAIR_SNAPSHOT : REPAIR_NONE;
        examine_java(x, JAVA_REFUSES, "there are transactions but no whole snapshot");
        return;
    }
    if (snap < 0 && x->snapshots.count > 0) {
        examine_java(x, JAVA_REFUSES, "none of the snapshots is whole");
    }
    int64_t next = snap >= 0 ? first_behind(x, snap) : -1;
    if (next > snap + 1 && snap >> 32 == next >> 32) {
        (void)damage_add(&x->damages, DAMAGE_SNAPSHOT_GAP, log_dir,
                         "%s ends at 0x%" PRIx64 ", the log goes on at 0x%" PRIx64, x->snapshot,
                         (uint64_t)snap, (uint64_t)next);
    }
    int64_t end = last > snap ? last : snap;
    if (snap >= 0 && x->snapshot_digest_zxid > end) {
        (void)damage_add(&x->damages, DAMAGE_LOG_END_MISSING, log_dir,
                         "%s saw 0x%" PRIx64 ", the log ends at 0x%" PRIx64, x->snapshot,
                         (uint64_t)x->snapshot_digest_zxid, (uint64_t)end);
    }
}

// ---- epochs and myid ----

static bool read_epoch(struct examination *x, enum datadir_epoch which, const char *name,
                       int64_t zxid, int64_t *ret)
{
    struct store_error e;
    struct buf path = {0};
    enum err err = datadir_read_epoch(x->dir, which, ret, &e);
    if (err == ERR_MALFORMED) {
        struct damage *d = damage_add(&x->damages, DAMAGE_EPOCH_TEXT,
                                      names_join(&path, datadir_snap_dir(x->dir), name),
                                      "it holds no number in its first line");
        d->repair = REPAIR_EPOCH;
        d->number = zxid >> 32;
    }
    buf_fini(&path);
    return err == ERR_OK;
}

static void epoch_damage(struct examination *x, enum damage_kind kind, const char *name,
                         int64_t has, int64_t wants)
{
    struct buf path = {0};
    struct damage *d =
        damage_add(&x->damages, kind, names_join(&path, datadir_snap_dir(x->dir), name),
                   "it holds %" PRId64 ", at least %" PRId64 " is needed", has, wants);
    d->repair = REPAIR_EPOCH;
    d->number = wants;
    buf_fini(&path);
}

static void check_epochs(struct examination *x)
{
    int64_t zxid = last_in_logs(x) > x->snapshot_zxid ? last_in_logs(x) : x->snapshot_zxid;
    zxid = zxid < 0 ? 0 : zxid;
    int64_t current = 0, accepted = 0;
    bool has_current = read_epoch(x, DATADIR_EPOCH_CURRENT, "currentEpoch", zxid, &current);
    bool has_accepted = read_epoch(x, DATADIR_EPOCH_ACCEPTED, "acceptedEpoch", zxid, &accepted);
    // Source: QuorumPeer.loadDataBase.
    if (has_current && current < zxid >> 32) {
        epoch_damage(x, DAMAGE_EPOCH_BEHIND, "currentEpoch", current, zxid >> 32);
        current = zxid >> 32;
    }
    if (has_accepted && has_current && accepted < current) {
        epoch_damage(x, DAMAGE_EPOCH_ORDER, "acceptedEpoch", accepted, current);
    }
    struct buf path = {0};
    struct store_error e;
    int64_t myid = 0;
    enum err err = datadir_read_myid(x->dir, &myid, &e);
    const char *name = names_join(&path, datadir_root(x->dir), "myid");
    if (err == ERR_MALFORMED && x->is_startable) {
        x->is_startable = false; // Source: QuorumPeerConfig.setupMyId
        x->refusal = e;
        examine_java(x, JAVA_REFUSES, "%s", e.text);
    }
    if (err == ERR_MALFORMED || (err == ERR_OK && (myid < 0 || myid > SERVER_ID_MAX))) {
        (void)damage_add(&x->damages, DAMAGE_MYID, name, "%s",
                         err == ERR_OK ? "the number is out of range" : "it holds no number");
    } else if (err == ERR_NOT_FOUND && (has_current || has_accepted)) {
        (void)damage_add(&x->damages, DAMAGE_NO_MYID, name, "it is not there");
    }
    buf_fini(&path);
}

// ---- the whole ----

// A snapshot that is moved away no longer makes a start refuse that would go on without what only
// the snapshot held.
static void settle_snapshots(struct examination *x)
{
    for (size_t i = 0; i < x->damages.count; i++) {
        struct damage *d = &x->damages.items[i];
        bool is_snapshot = d->kind == DAMAGE_SNAPSHOT_BAD || d->kind == DAMAGE_SNAPSHOT_CUT;
        if (is_snapshot && x->snapshot_zxid < 0) {
            d->repair = is_from_the_beginning(x) ? REPAIR_MOVE : REPAIR_NONE;
        } else if (is_snapshot && !x->is_startable) {
            d->is_lossy = strstr(x->refusal.text, "the snapshot that held them") != NULL;
        }
    }
}

static uint64_t all_bytes(struct examination *x)
{
    uint64_t snap, log;
    datadir_bytes(x->dir, &snap, &log);
    return strcmp(datadir_snap_dir(x->dir), datadir_log_dir(x->dir)) == 0 ? snap : snap + log;
}

int examine(struct cli *c, const char *data_dir, const char *log_dir, struct examination *ret)
{
    struct examination *x = ret;
    *x = (struct examination){.cli = c, .snapshot_zxid = -1, .java = JAVA_STARTS};
    x->dir = datadir_look(c->host->files, data_dir, log_dir);
    int status = check_names(x);
    if (status != CLI_DONE) {
        return status;
    }
    progress_begin(&x->progress, c, "checking", "bytes", all_bytes(x));
    x->is_running = is_running(x);
    status = check_snapshots(x);
    if (status == CLI_DONE) {
        rehearse(x);
        status = examine_logs(x);
    }
    if (status == CLI_DONE) {
        check_together(x);
        check_epochs(x);
        settle_snapshots(x);
        if (!x->is_startable) {
            (void)damage_add(&x->damages, DAMAGE_REFUSED, data_dir, "%s", x->refusal.text);
        }
    }
    progress_end(&x->progress);
    return status;
}

void examination_fini(struct examination *x)
{
    datadir_close(x->dir);
    damage_list_fini(&x->damages);
    names_list_fini(&x->snapshots);
    mem_free(x->logs);
    buf_fini(&x->notes);
}
