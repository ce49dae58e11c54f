// SPDX-License-Identifier: Apache-2.0
//
// Recovery in the order of FileTxnSnapLog.restore:
//
//     temporary files away --> newest whole snapshot --> log behind it --> torn tail cut
//                                   | none
//                                   +--> log records? refuse, or replay from nothing
//                                   +--> no records: a new database, snapshot.0
#include "store/recover_priv.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/limits.h"
#include "base/mark.h"
#include "base/mem.h"
#include "store/expected.h"
#include "store/healing.h"
#include "store/install.h"
#include "store/logend.h"
#include "store/logread.h"
#include "store/logtail.h"
#include "store/snapread.h"
#include "store/snapsave.h"

struct recovery {
    struct datadir *dir;
    struct port_files *fs;
    const struct recover_options *options;
    recover_note *note;
    void *ctx;
    struct tree *tree; // NULL until a snapshot is loaded or a new one is made
    struct snapscan_report snapshot;
    struct names_list skipped; // snapshots that were passed over, ascending
    struct expected expected;  // in the log
    bool is_pending;           // healing was begun earlier: what is missing is known to be
    bool was_right;            // the digest that was compared last
    bool is_epoch_proven;      // a digest of the epoch at hand was compared
    struct recover_damage *damage;
    struct recover_report report;
    struct store_error *e;
};

static void note(const struct recovery *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(const struct recovery *r, const char *format, ...)
{
    char text[STORE_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    trace(r->options->trace, "recovery: %s", text);
    if (r->note != NULL) {
        r->note(r->ctx, text);
    }
}

static const char *removed(const struct recovery *r)
{
    return r->options->is_rehearsal ? "a server removes" : "removed";
}

// Remember where damage stopped the recovery.
static enum err damaged(struct recovery *r, enum recover_damage_kind kind, const char *file,
                        uint64_t offset, enum err err)
{
    *r->damage = (struct recover_damage){.kind = kind, .offset = offset};
    memcpy(r->damage->file, file, strlen(file) + 1);
    return err;
}

static struct tree *fresh_tree(const struct recovery *r)
{
    return tree_new(&r->options->tree);
}

// ---- snapshots ----

// The power went while a leader's snapshot took the place of the history here.
static enum err finish_installation(struct recovery *r)
{
    char name[NAMES_BYTES_MAX] = "";
    if (r->options->is_rehearsal) {
        if (install_is_pending(r->dir)) {
            note(r, "a server finishes the installation of a leader's snapshot first");
        }
        return ERR_OK;
    }
    enum err err = install_resume(r->dir, name, r->e);
    if (err == ERR_CORRUPT || err == ERR_NOT_FOUND) {
        return damaged(r, RECOVER_DAMAGED_INSTALL, "", 0, err);
    }
    if (err == ERR_OK && name[0] != '\0') {
        note(r, "finished the installation of %s, which the leader sent", name);
    }
    return err;
}

// What a server left that died while writing a snapshot.
static enum err remove_temporaries(struct recovery *r)
{
    struct names_list files;
    enum err err = datadir_list(r->dir, NAMES_SNAPSHOT_TMP, &files, r->e);
    struct buf path = {0};
    for (size_t i = 0; err == ERR_OK && i < files.count; i++) {
        const char *name = names_join(&path, datadir_snap_dir(r->dir), files.items[i].name);
        if (r->options->is_rehearsal || r->fs->remove(r->fs, name) == ERR_OK) {
            note(r, "%s %s, which its writer did not finish", removed(r), name);
        }
    }
    buf_fini(&path);
    names_list_fini(&files);
    return err;
}

// Load one candidate into a fresh tree. ERR_CORRUPT when it was read and is damaged.
static enum err try_snapshot(struct recovery *r, const struct names_file *f)
{
    struct tree *t = fresh_tree(r);
    enum err err = snapread_load(r->fs, datadir_snap_dir(r->dir), f, r->options->record_bytes_max,
                                 t, &r->snapshot, r->e);
    if (err != ERR_OK) {
        tree_free(t);
        if (store_is_of_system(err)) {
            return err;
        }
        bool is_setting =
            err == ERR_TOO_BIG && snapread_is_intact(r->fs, datadir_snap_dir(r->dir), f);
        return is_setting ? ERR_TOO_BIG : ERR_CORRUPT;
    }
    r->tree = t;
    r->report.snapshot_zxid = f->zxid;
    r->report.nodes = r->snapshot.nodes;
    memcpy(r->report.snapshot, f->name, sizeof f->name);
    trace(r->options->trace, "recovery: %s with %" PRIu64 " nodes", f->name, r->snapshot.nodes);
    return ERR_OK;
}

// Candidates newest first. Source: FileSnap.deserialize, findNValidSnapshots.
static enum err load_newest(struct recovery *r, const struct names_list *files)
{
    const char *dir = datadir_snap_dir(r->dir);
    uint32_t tried = 0;
    for (size_t i = files->count; i > 0 && tried < LIMIT_RECOVERY_SNAPSHOTS_TRIED; i--) {
        const struct names_file *f = &files->items[i - 1];
        enum err err = snapread_look(r->fs, dir, f, r->e);
        if (store_is_of_system(err)) {
            return err;
        }
        if (err != ERR_OK) {
            note(r, "snapshot %s/%s is not whole and is passed over", dir, f->name);
            names_list_add(&r->skipped, f);
            continue;
        }
        tried++;
        err = try_snapshot(r, f);
        if (err != ERR_CORRUPT) {
            return err;
        }
        names_list_add(&r->skipped, f);
        r->report.snapshots_skipped++;
        MARK("damaged snapshot is passed over");
        note(r, "%s; the next older snapshot is tried", r->e->text);
    }
    if (tried == 0) {
        return ERR_OK;
    }
    struct store_error last = *r->e;
    enum err err = damaged(r, RECOVER_DAMAGED_BASE, "", 0, ERR_CORRUPT);
    return store_fail(r->e, err,
                      "none of %u snapshots in %s is valid (the oldest tried: %.300s); restore one "
                      "from a backup, or, in an ensemble, move both version-2 folders away",
                      tried, dir, last.text);
}

static enum err load_snapshot(struct recovery *r)
{
    struct names_list files;
    enum err err = datadir_list(r->dir, NAMES_SNAPSHOT, &files, r->e);
    if (err == ERR_OK) {
        err = load_newest(r, &files);
    }
    names_list_fini(&files);
    names_list_sort(&r->skipped);
    if (err != ERR_OK || r->tree == NULL || !r->snapshot.has_digest) {
        return err;
    }
    if (r->snapshot.digest_zxid == r->report.snapshot_zxid && r->snapshot.digest_zxid > 0 &&
        r->options->tree.digest_enabled && r->snapshot.digest != tree_digest(r->tree)) {
        note(r, "snapshot %s claims the digest %" PRIx64 ", its nodes have %" PRIx64,
             r->report.snapshot, r->snapshot.digest, tree_digest(r->tree));
    }
    return ERR_OK;
}

// A whole snapshot of the tree as it is, before anything is served.
static enum err write_snapshot(struct recovery *r)
{
    if (r->options->is_rehearsal) {
        note(r, "a server writes a snapshot of the %s tree",
             tree_last_zxid(r->tree) == 0 ? "empty" : "recovered");
        return ERR_OK;
    }
    const struct snapsave_options options = {
        .method = r->options->method,
        .parts = {.with_digest = r->options->tree.digest_enabled,
                  .with_last_zxid = r->options->snapshot_with_last_zxid},
    };
    enum err err = snapsave(r->fs, datadir_snap_dir(r->dir), r->tree, &options, r->e);
    r->report.wrote_snapshot = err == ERR_OK;
    return err;
}

// ---- the log ----

// Whether a transaction follows another one: zxids count up, and each epoch begins with 1. How the
// epoch before it ended is not seen from zxids (check_epoch_end).
static bool follows(int64_t last, int64_t next)
{
    return last >> 32 == next >> 32 ? next == last + 1 : next > last && (next & UINT32_MAX) == 1;
}

static enum err fail_order(struct recovery *r, const struct logread_record *record)
{
    const char *why = r->skipped.count > 0 ? ", and the snapshot that held them is damaged" : "";
    int64_t last = tree_last_zxid(r->tree);
    enum err err = damaged(r, RECOVER_DAMAGED_LOG, record->file, record->offset, ERR_CORRUPT);
    if (record->zxid <= last) {
        return store_fail(r->e, err,
                          "%s/%s holds transaction 0x%" PRIx64 " at offset %" PRIu64
                          " behind 0x%" PRIx64 "; a part of it belongs elsewhere",
                          datadir_log_dir(r->dir), record->file, record->zxid, record->offset,
                          last);
    }
    return store_fail(r->e, err,
                      "transactions 0x%" PRIx64 " to 0x%" PRIx64 " are missing in front of %s/%s "
                      "offset %" PRIu64 "%s; restore it from a backup, or, in an ensemble, move "
                      "both version-2 folders away",
                      last + 1, record->zxid - 1, datadir_log_dir(r->dir), record->file,
                      record->offset, why);
}

static enum err check_order(struct recovery *r, const struct logread_record *record)
{
    int64_t last = tree_last_zxid(r->tree);
    if (r->report.snapshot[0] == '\0' || follows(last, record->zxid)) {
        return ERR_OK;
    }
    bool is_gap = last >> 32 == record->zxid >> 32 && record->zxid > last;
    if (r->options->is_member || (is_gap && r->skipped.count > 0)) {
        return fail_order(r, record);
    }
    if (is_gap) {
        note(r, "no transactions between 0x%" PRIx64 " and 0x%" PRIx64 " in %s/%s", last,
             record->zxid, datadir_log_dir(r->dir), record->file);
    }
    return ERR_OK;
}

// Damage has taken what stood in front of this record.
static enum err fail_hole(struct recovery *r, const struct logread_record *record)
{
    const struct expected_txn *missing = expected_missing(&r->expected);
    MARK("hole in front of a record");
    enum err err = damaged(r, RECOVER_DAMAGED_LOG, record->file, record->offset, ERR_CORRUPT);
    return store_fail(r->e, err,
                      "%s knows of transaction 0x%" PRIx64 ", which is missing in front of %s/%s "
                      "offset %" PRIu64 "; restore it from a backup, or, in an ensemble, move both "
                      "version-2 folders away",
                      missing->who, missing->zxid, datadir_log_dir(r->dir), record->file,
                      record->offset);
}

// When the tree was its writer's, and is not at the first digest of an epoch, the end of the epoch
// before is missing: a log that was never synced whole, with the next file behind it.
static enum err check_epoch_end(struct recovery *r, const struct logread_record *record,
                                int64_t last, bool is_right)
{
    bool is_hole = !r->is_epoch_proven && r->was_right && !is_right;
    r->is_epoch_proven = true;
    r->was_right = is_right;
    if (!is_hole || !r->options->is_member || r->is_pending) {
        return ERR_OK;
    }
    MARK("the end of an epoch is missing");
    enum err err = damaged(r, RECOVER_DAMAGED_LOG, record->file, record->offset, ERR_CORRUPT);
    return store_fail(r->e, err,
                      "transactions behind 0x%" PRIx64
                      " are missing in front of %s/%s offset %" PRIu64
                      ": the tree was its writer's before, and is not at 0x%" PRIx64,
                      last, datadir_log_dir(r->dir), record->file, record->offset, record->zxid);
}

struct replay {
    struct arena arena;
    struct tree_outcome outcome;
};

static enum err apply_record(struct recovery *r, struct replay *p,
                             const struct logread_record *record)
{
    enum err err = check_order(r, record);
    if (err == ERR_OK && !expected_see(&r->expected, record->zxid)) {
        err = fail_hole(r, record);
    }
    if (err != ERR_OK) {
        return err;
    }
    struct txn txn;
    arena_reset(&p->arena);
    err = txn_decode(record->body, &p->arena, r->options->record_bytes_max, &txn);
    if (err != ERR_OK) {
        return store_fail(r->e, ERR_CORRUPT,
                          "%s/%s holds a transaction at offset %" PRIu64 " that cannot be read "
                          "although its checksum is right (zxid 0x%" PRIx64 "); it was written by "
                          "a newer or modified server",
                          datadir_log_dir(r->dir), record->file, record->offset, record->zxid);
    }
    // A transaction that does not fit is a trace of the snapshot's fuzziness, not a failure.
    int64_t last = tree_last_zxid(r->tree);
    uint64_t mismatches = tree_digest_mismatches(r->tree);
    tree_apply(r->tree, &txn, NULL, &p->outcome);
    if (last >> 32 != record->zxid >> 32) {
        r->is_epoch_proven = false;
    }
    if (txn.has_digest) {
        bool is_right = tree_digest_mismatches(r->tree) == mismatches;
        err = check_epoch_end(r, record, last, is_right);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (r->options->on_txn != NULL && !r->is_pending) {
        r->options->on_txn(r->ctx, record->zxid, record->body);
    }
    r->report.txns_replayed++;
    r->report.log_bytes_replayed += record->body.len;
    return ERR_OK;
}

// The log is damaged where the reader stands.
static enum err damaged_at(struct recovery *r, const struct logread *log, enum err err)
{
    char file[NAMES_BYTES_MAX];
    uint64_t offset;
    if (err != ERR_CORRUPT) {
        return err;
    }
    logread_where(log, file, &offset);
    return damaged(r, RECOVER_DAMAGED_LOG, file, offset, err);
}

static enum err replay_records(struct recovery *r, struct logread *log)
{
    struct replay p = {0};
    arena_init(&p.arena);
    enum err err;
    do {
        struct logread_record record;
        err = damaged_at(r, log, logread_next(log, &record, r->e));
        if (err == ERR_OK) {
            err = apply_record(r, &p, &record);
        }
    } while (err == ERR_OK);
    tree_outcome_fini(&p.outcome);
    arena_fini(&p.arena);
    return err == ERR_STOPPED ? ERR_OK : err;
}

// ---- what should be there and is not ----

static enum err fail_early(struct recovery *r, int64_t wanted, const char *who)
{
    enum err err = damaged(r, RECOVER_ENDS_EARLY, "", 0, ERR_CORRUPT);
    return store_fail(r->e, err,
                      "%s knows of transaction 0x%" PRIx64 ", which cannot be recovered: %s ends "
                      "at 0x%" PRIx64 "; restore the files from a backup, or, in an ensemble, move "
                      "both version-2 folders away",
                      who, wanted, datadir_log_dir(r->dir), tree_last_zxid(r->tree));
}

// A snapshot may have been written on after its zxid. A zxid that ends in zeros is the beginning of
// an epoch, and no transaction.
static bool knows_more(const struct recovery *r)
{
    return r->options->is_member && r->snapshot.has_last_zxid &&
           r->snapshot.last_zxid > tree_last_zxid(r->tree) &&
           (r->snapshot.last_zxid & UINT32_MAX) != 0;
}

// What seemed to be torn in front of what is missing was damaged.
static enum err check_complete(struct recovery *r, const struct logread_tail *tail)
{
    const struct expected_txn *missing = expected_missing(&r->expected);
    enum err err = ERR_OK;
    if (missing != NULL) {
        MARK("log ends before it did");
        err = fail_early(r, missing->zxid, missing->who);
    } else if (!r->is_pending && knows_more(r)) {
        MARK("log ends before the snapshot does");
        err = fail_early(r, r->snapshot.last_zxid, r->report.snapshot);
    }
    if (err != ERR_OK && tail->is_torn) {
        err = damaged(r, RECOVER_DAMAGED_LOG, tail->file, tail->good_bytes, err);
    }
    return err;
}

static enum err mend_tail(struct recovery *r, const struct logread_tail *tail)
{
    const struct logtail_options options = {.is_rehearsal = r->options->is_rehearsal,
                                            .with_sync = r->options->is_member};
    struct buf said = {0};
    r->report.tail = *tail;
    enum err err = logtail_mend(r->fs, datadir_log_dir(r->dir), tail, &options, &said, r->e);
    if (said.len > 0) {
        note(r, "%s", buf_cstr(&said));
    }
    buf_fini(&said);
    return err;
}

// What the log must hold behind the snapshot that was loaded.
static enum err expect(struct recovery *r)
{
    struct logend noted;
    if (r->is_pending) {
        return ERR_OK; // what is missing is known to be
    }
    for (size_t i = 0; i < r->skipped.count; i++) {
        expected_add(&r->expected, r->skipped.items[i].zxid, r->skipped.items[i].name);
    }
    enum err err = logend_read(r->fs, datadir_log_dir(r->dir), &noted, r->e);
    if (r->options->is_member && noted.end >= 0) {
        logend_mark(&noted);
        for (size_t i = 0; i < noted.mark_count; i++) {
            expected_add(&r->expected, noted.marks[i], "paddock.end");
        }
    }
    expected_begin(&r->expected, tree_last_zxid(r->tree));
    return r->options->is_member ? err : ERR_OK;
}

static enum err replay_log(struct recovery *r)
{
    struct logread *log;
    int64_t from = tree_last_zxid(r->tree) + 1;
    enum err err = expect(r);
    if (err == ERR_OK) {
        err = logread_open(r->fs, datadir_log_dir(r->dir), from, r->options->record_bytes_max, &log,
                           r->e);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (r->options->is_member) {
        logread_be_strict(log);
    }
    err = replay_records(r, log);
    trace(r->options->trace, "recovery: %" PRIu64 " transactions replayed, to 0x%" PRIx64,
          r->report.txns_replayed, tree_last_zxid(r->tree));
    err = err == ERR_OK ? check_complete(r, logread_tail(log)) : err;
    err = err == ERR_OK ? mend_tail(r, logread_tail(log)) : err;
    logread_close(log);
    return err;
}

// ---- no snapshot ----

// Whether this directory has held data: then an empty one is a loss and no beginning.
static enum err was_used(const struct recovery *r, bool *ret)
{
    int64_t epoch = 0;
    enum err err = datadir_read_epoch(r->dir, DATADIR_EPOCH_ACCEPTED, &epoch, r->e);
    bool has_epoch = err == ERR_OK && epoch > 0;
    struct logend noted;
    if (r->options->is_member && store_is_of_system(err)) {
        return err;
    }
    err = logend_read(r->fs, datadir_log_dir(r->dir), &noted, r->e);
    if (r->options->is_member && err != ERR_OK) {
        return err;
    }
    size_t count = r->skipped.count;
    bool has_snapshot = count > 0 && r->skipped.items[count - 1].zxid > 0;
    *ret = has_snapshot || (r->options->is_member && (has_epoch || noted.end > 0));
    return ERR_OK;
}

// Whether the log holds any record; an empty last file is removed when that is no loss.
static enum err find_records(struct recovery *r, bool is_loss, bool *ret)
{
    struct logread *log;
    enum err err =
        logread_open(r->fs, datadir_log_dir(r->dir), 0, r->options->record_bytes_max, &log, r->e);
    if (err != ERR_OK) {
        return err;
    }
    struct logread_record record;
    if (r->options->is_member) {
        logread_be_strict(log);
    }
    err = damaged_at(r, log, logread_next(log, &record, r->e));
    if (err == ERR_OK) {
        *ret = true;
    } else if (err == ERR_STOPPED) {
        *ret = false;
        err = is_loss ? ERR_OK : mend_tail(r, logread_tail(log));
    }
    logread_close(log);
    return err;
}

static enum err fail_no_base(struct recovery *r, bool has_records)
{
    if (has_records) {
        enum err err = damaged(r, RECOVER_DAMAGED_BASE, "", 0, ERR_NOT_FOUND);
        return store_fail(r->e, err,
                          "%s holds transactions, but there is no snapshot in %s, so part of the "
                          "data is missing; restore a snapshot, or set snapshot.trust.empty=true "
                          "for one start if this log is known to be complete (an upgrade from 3.4)",
                          datadir_log_dir(r->dir), datadir_snap_dir(r->dir));
    }
    enum err err = damaged(r, RECOVER_DAMAGED_BASE, "", 0, ERR_CORRUPT);
    return store_fail(r->e, err,
                      "%s held data, and there is neither a whole snapshot nor a log; restore a "
                      "snapshot, or move the version-2 folders away to begin with nothing",
                      datadir_snap_dir(r->dir));
}

static enum err start_empty(struct recovery *r, bool may_create)
{
    bool has_records;
    bool was_in_use = false;
    enum err err = was_used(r, &was_in_use);
    bool is_loss = err == ERR_OK && was_in_use && !r->is_pending;
    err = err == ERR_OK ? find_records(r, is_loss, &has_records) : err;
    if (err != ERR_OK) {
        return err;
    }
    if (has_records ? !r->options->trust_empty_snapshot : is_loss) {
        return fail_no_base(r, has_records);
    }
    r->tree = fresh_tree(r);
    if (has_records) {
        note(r, "no snapshot in %s; the log is trusted to be complete", datadir_snap_dir(r->dir));
        err = replay_log(r);
        return err == ERR_OK ? write_snapshot(r) : err;
    }
    if (may_create && !r->is_pending) {
        return write_snapshot(r);
    }
    note(r, "the database is empty and may not be created (%s)",
         r->is_pending ? "it heals from the others" : "zookeeper.db.autocreate=false");
    r->report.last_zxid = -1;
    return ERR_OK;
}

// ---- snapshots that were passed over ----

// Snapshots that cannot be loaded, and are not needed: nobody else must try them.
static enum err set_skipped_aside(struct recovery *r)
{
    struct healing_aside aside = {.folder = ""};
    enum err err = ERR_OK;
    if (!r->options->is_member || r->options->is_rehearsal) {
        return ERR_OK;
    }
    for (size_t i = 0; err == ERR_OK && i < r->skipped.count; i++) {
        const char *dir = datadir_snap_dir(r->dir);
        const char *name = r->skipped.items[i].name;
        err = healing_set_aside(r->fs, dir, name, &aside, r->e);
        if (err == ERR_OK) {
            note(r, "%s/%s is damaged and was moved to %s", dir, name, aside.folder);
        }
    }
    return err;
}

// ---- the whole ----

static enum err check_ttl_nodes(const struct recovery *r)
{
    uint64_t count = tree_ttl_node_count(r->tree);
    if (r->options->tree.extended_types_enabled || count == 0) {
        return ERR_OK;
    }
    return store_fail(r->e, ERR_UNSUPPORTED,
                      "%s holds %" PRIu64 " TTL nodes, which extendedTypesEnabled=false would "
                      "take for ephemerals of dead sessions and delete; set "
                      "extendedTypesEnabled=true",
                      datadir_root(r->dir), count);
}

static void check_digest(const struct recovery *r)
{
    int64_t zxid = tree_last_zxid(r->tree);
    if (tree_digest_mismatches(r->tree) > 0) {
        note(r, "%" PRIu64 " digests differ from their writer's, the first at 0x%" PRIx64,
             tree_digest_mismatches(r->tree), tree_digest_first_mismatch(r->tree));
    }
    if (r->snapshot.has_digest && r->snapshot.digest_zxid > zxid) {
        note(r,
             "the log ends at 0x%" PRIx64 ", but snapshot %s saw 0x%" PRIx64
             ": the end of the log is missing",
             zxid, r->report.snapshot, r->snapshot.digest_zxid);
    }
}

static enum err take_initialize(struct recovery *r, bool *ret_is_meant)
{
    if (r->options->is_rehearsal) {
        *ret_is_meant = datadir_has_initialize(r->dir);
        return ERR_OK;
    }
    return datadir_take_initialize(r->dir, ret_is_meant, r->e);
}

static enum err load_all(struct recovery *r, struct port_clock *clock)
{
    int64_t start_ms = clock_mono_ms(clock);
    bool is_meant;
    enum err err = finish_installation(r);
    err = err == ERR_OK ? remove_temporaries(r) : err;
    err = err == ERR_OK ? load_snapshot(r) : err;
    err = err == ERR_OK ? take_initialize(r, &is_meant) : err;
    if (err != ERR_OK) {
        return err;
    }
    int64_t loaded_ms = clock_mono_ms(clock);
    r->report.snapshot_ms = loaded_ms - start_ms;
    err = r->tree == NULL ? start_empty(r, is_meant || r->options->db_autocreate) : replay_log(r);
    r->report.replay_ms = clock_mono_ms(clock) - loaded_ms;
    return err;
}

static enum err finish(struct recovery *r)
{
    enum err err = check_ttl_nodes(r);
    err = err == ERR_OK ? set_skipped_aside(r) : err;
    if (err != ERR_OK) {
        return err;
    }
    check_digest(r);
    if (r->options->drop_dead_ephemerals) {
        r->report.dead_ephemerals = tree_drop_dead_ephemerals(r->tree);
    }
    if (r->report.last_zxid != -1) {
        r->report.last_zxid = tree_last_zxid(r->tree);
    }
    return ERR_OK;
}

enum err recover_once(struct datadir *d, struct port_clock *clock,
                      const struct recover_options *options, recover_note *note_fn, void *ctx,
                      struct recover_damage *damage, struct tree **ret,
                      struct recover_report *ret_report, struct store_error *e)
{
    struct recovery r = {
        .dir = d,
        .fs = datadir_files(d),
        .options = options,
        .note = note_fn,
        .ctx = ctx,
        .is_pending = options->is_member && healing_is_pending(d),
        .damage = damage,
        .e = e,
    };
    *damage = (struct recover_damage){.kind = RECOVER_NO_DAMAGE};
    enum err err = load_all(&r, clock);
    err = err == ERR_OK ? finish(&r) : err;
    expected_fini(&r.expected);
    names_list_fini(&r.skipped);
    if (err != ERR_OK) {
        tree_free(r.tree);
        return err;
    }
    r.report.needs_healing = r.is_pending;
    r.e->text[0] = '\0';
    *ret = r.tree;
    *ret_report = r.report;
    return ERR_OK;
}

enum err recover(struct datadir *d, struct port_clock *clock, const struct recover_options *options,
                 recover_note *note_fn, void *ctx, struct tree **ret,
                 struct recover_report *ret_report, struct store_error *e)
{
    struct store_error own = {.text = ""};
    struct recover_damage damage;
    e = e != NULL ? e : &own;
    if (options->is_member && !options->is_rehearsal) {
        return recover_member(d, clock, options, note_fn, ctx, ret, ret_report, e);
    }
    return recover_once(d, clock, options, note_fn, ctx, &damage, ret, ret_report, e);
}
