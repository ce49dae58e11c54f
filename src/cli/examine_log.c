// SPDX-License-Identifier: Apache-2.0
//
// The logs of a data directory, file by file, record by record. What is broken is judged as
// store/logread.h does it; whether something is lost is known when the next intact record is seen.
#include <inttypes.h>

#include "base/arena.h"
#include "base/mem.h"
#include "cli/data_files.h"
#include "cli/examine.h"
#include "jute/txn.h"
#include "store/logscan.h"
#include "store/record.h"

enum { JAVA_BODY_MAX = 2 * 0xfffff };

struct scan {
    struct examination *x;
    const struct names_list *files;
    size_t index; // of the file being read
    struct buf path;
    struct arena arena;
    int64_t last_zxid;   // of the last intact record in any file; -1: none yet
    size_t file_damages; // where the findings of this file begin
    size_t unsettled;    // the first finding whose loss is not known yet
    bool has_hole;       // something broken stands between last_zxid and the next record
    uint64_t tail_start; // behind the last intact record of this file
    enum logfile_record tail_why;
    bool has_tail;
    size_t java_start; // the file where Java begins to read
    bool java_ended;   // Java takes a place in this file for its end
    uint64_t java_offset;
};

static struct log_facts *facts(const struct scan *s)
{
    return &s->x->logs[s->index];
}

static bool is_last_file(const struct scan *s)
{
    return s->index + 1 == s->files->count;
}

static bool next_file_continues(const struct scan *s)
{
    return !is_last_file(s) && facts(s)->last_zxid >= 0 &&
           s->files->items[s->index + 1].zxid == facts(s)->last_zxid + 1;
}

// ---- what Java does at a place ----

static bool java_reads_file(const struct scan *s)
{
    return s->index >= s->java_start;
}

static void java_refuses(struct scan *s, uint64_t offset, const char *why)
{
    if (java_reads_file(s) && !s->java_ended) {
        examine_java(s->x, JAVA_REFUSES, "%s, offset %" PRIu64 ": %s", buf_cstr(&s->path), offset,
                     why);
        s->java_ended = true;
    }
}

static void java_ends(struct scan *s, uint64_t offset)
{
    if (!s->java_ended) {
        s->java_ended = true;
        s->java_offset = offset;
    }
}

// The torn tail of the last file, as the rehearsal found it; UINT64_MAX: there is none in this one.
static uint64_t told_tail(const struct scan *s)
{
    const struct logread_tail *told = &s->x->recovered.tail;
    bool is_told = s->x->is_startable && told->is_torn && !told->is_empty &&
                   strcmp(told->file, facts(s)->name) == 0;
    return is_told ? told->good_bytes : UINT64_MAX;
}

static void java_loses(struct scan *s, const struct logscan_item *item)
{
    if (item->offset < told_tail(s) && java_reads_file(s) && s->java_ended &&
        item->zxid > s->x->snapshot_zxid) {
        examine_java(s->x, JAVA_LOSES,
                     "it takes offset %" PRIu64 " of %s for the end of the file and goes on "
                     "without the transactions behind it, from 0x%" PRIx64 " on",
                     s->java_offset, buf_cstr(&s->path), (uint64_t)item->zxid);
    }
}

// Source: FileTxnIterator.next, Util.readTxnBytes.
static void judge_break_for_java(struct scan *s, const struct logscan_item *item)
{
    uint8_t head[RECORD_HEAD_BYTES] = {0}, mark = 0;
    size_t got = 0;
    struct port_files *fs = s->x->cli->host->files;
    struct port_file *f;
    if (fs->open(fs, buf_cstr(&s->path), PORT_OPEN_READ, &f) != ERR_OK) {
        return;
    }
    enum err err = f->read(f, item->offset, head, sizeof(head), &got);
    bool has_head = err == ERR_OK && got == sizeof(head);
    int32_t len = has_head ? (int32_t)be32_load(head + 8) : 0;
    if (has_head && len > 0) {
        got = 0;
        err = f->read(f, item->offset + sizeof(head) + (uint32_t)len, &mark, 1, &got);
    }
    f->close(f);
    if (len < 0 || len > JAVA_BODY_MAX) {
        java_refuses(s, item->offset, "a length that it finds unreasonable");
    } else if (has_head && len > 0 && err == ERR_OK && got == 1 && mark == RECORD_END_MARK) {
        java_refuses(s, item->offset, "a wrong checksum");
    } else {
        java_ends(s, item->offset);
    }
}

// ---- findings ----

static struct damage *find(struct scan *s, enum damage_kind kind, const struct logscan_item *item,
                           const char *what)
{
    struct damage *d = damage_add(&s->x->damages, kind, buf_cstr(&s->path), "%s", what);
    damage_at(d, item->offset, item->end_offset);
    return d;
}

static void begin_tail(struct scan *s, const struct logscan_item *item)
{
    if (!s->has_tail) {
        s->has_tail = true;
        s->tail_start = item->offset;
        s->tail_why = item->why;
    }
    s->has_hole = true;
}

static void take_broken(struct scan *s, const struct logscan_item *item, enum damage_kind kind)
{
    char what[DAMAGE_WHAT_BYTES];
    if (s->last_zxid >= 0) {
        (void)snprintf(what, sizeof(what), "%s behind transaction 0x%" PRIx64,
                       logscan_why(item->why), (uint64_t)s->last_zxid);
    } else {
        (void)snprintf(what, sizeof(what), "%s", logscan_why(item->why));
    }
    begin_tail(s, item);
    struct damage *d = find(s, kind, item, what);
    d->repair = REPAIR_REWRITE;
    d->is_lossy = true; // until the next record says what is missing
}

// An intact record tells what the broken places before it held.
static void settle(struct scan *s, int64_t zxid)
{
    bool is_lossless = zxid == s->last_zxid + 1 || zxid - 1 <= s->x->snapshot_zxid;
    for (size_t i = s->unsettled; is_lossless && i < s->x->damages.count; i++) {
        s->x->damages.items[i].is_lossy = false;
    }
    s->unsettled = s->x->damages.count;
    s->has_hole = false;
    s->has_tail = false;
}

static void check_order(struct scan *s, const struct logscan_item *item)
{
    int64_t last = s->last_zxid, zxid = item->zxid;
    if (last >= 0 && zxid <= last) {
        char what[DAMAGE_WHAT_BYTES];
        (void)snprintf(what, sizeof(what), "transaction 0x%" PRIx64 " follows 0x%" PRIx64,
                       (uint64_t)zxid, (uint64_t)last);
        (void)find(s, DAMAGE_ZXID_ORDER, item, what);
        return;
    }
    if (!s->has_hole && last >= 0 && last >> 32 == zxid >> 32 && zxid != last + 1) {
        char what[DAMAGE_WHAT_BYTES];
        (void)snprintf(what, sizeof(what),
                       "transactions 0x%" PRIx64 " to 0x%" PRIx64 " are missing in front of it",
                       (uint64_t)last + 1, (uint64_t)zxid - 1);
        (void)find(s, zxid - 1 <= s->x->snapshot_zxid ? DAMAGE_OLD_GAP : DAMAGE_LOG_GAP, item,
                   what);
    }
}

static void take_record(struct scan *s, const struct logscan_item *item)
{
    struct log_facts *f = facts(s);
    struct txn txn;
    java_loses(s, item);
    check_order(s, item);
    settle(s, item->zxid);
    arena_reset(&s->arena);
    if (txn_decode(item->body, &s->arena, DATA_FILES_BYTES_MAX, &txn) != ERR_OK) {
        char what[DAMAGE_WHAT_BYTES];
        (void)snprintf(what, sizeof(what), "transaction 0x%" PRIx64, (uint64_t)item->zxid);
        struct damage *d = find(s, DAMAGE_UNREADABLE, item, what);
        d->is_lossy = item->zxid > s->x->snapshot_zxid;
        examine_java(s->x, JAVA_UNSURE, "%s, offset %" PRIu64 ": a transaction of unknown form",
                     buf_cstr(&s->path), item->offset);
    }
    f->first_zxid = f->records++ == 0 ? item->zxid : f->first_zxid;
    f->last_zxid = item->zxid;
    s->last_zxid = item->zxid > s->last_zxid ? item->zxid : s->last_zxid;
    s->unsettled = s->x->damages.count;
}

// ---- the end of a file ----

// As logread.c judges it; behind the table of logread.h.
static bool is_torn(const struct scan *s, uint64_t bytes)
{
    if (next_file_continues(s)) {
        return true;
    }
    if (bytes > LOGREAD_TORN_BYTES_MAX) {
        return false;
    }
    return is_last_file(s) || s->tail_why == LOGFILE_INCOMPLETE || s->tail_why == LOGFILE_PADDING;
}

static void drop_findings(struct scan *s, uint64_t from)
{
    struct damage_list *l = &s->x->damages;
    size_t kept = s->file_damages;
    for (size_t i = kept; i < l->count; i++) {
        if (l->items[i].has_place && l->items[i].offset >= from) {
            mem_free(l->items[i].file);
        } else {
            l->items[kept++] = l->items[i];
        }
    }
    l->count = kept;
    s->unsettled = kept < s->unsettled ? kept : s->unsettled;
}

static void give_tail(struct scan *s, uint64_t data_end)
{
    uint64_t told = told_tail(s);
    bool is_told = told != UINT64_MAX, has_intact = false;
    if (is_told && (!s->has_tail || told < s->tail_start)) {
        has_intact = true; // a batch of which sectors are missing
        s->has_tail = true;
        s->tail_start = told;
    }
    if (!s->has_tail || (!is_told && !is_torn(s, data_end - s->tail_start))) {
        return;
    }
    drop_findings(s, s->tail_start);
    const char *more = has_intact ? "; sectors of one write are missing, so what is intact behind "
                                    "them was not acknowledged either"
                                  : "";
    struct damage *d = damage_add(
        &s->x->damages, DAMAGE_TORN_TAIL, buf_cstr(&s->path), "%s%s%s", logscan_why(s->tail_why),
        more, s->x->is_running && is_last_file(s) ? "; a server is writing to it now" : "");
    damage_at(d, s->tail_start, data_end);
    d->repair = REPAIR_REWRITE;
    s->has_hole = false;
}

static bool is_name_free(const struct scan *s, int64_t zxid)
{
    for (size_t i = 0; i < s->files->count; i++) {
        if (s->files->items[i].zxid == zxid) {
            return false;
        }
    }
    return true;
}

static void take_end(struct scan *s, uint64_t data_end)
{
    struct log_facts *f = facts(s);
    give_tail(s, data_end);
    const char *path = buf_cstr(&s->path);
    if (f->records == 0 && s->x->damages.count == s->file_damages) {
        damage_add(&s->x->damages, is_last_file(s) ? DAMAGE_EMPTY_LOG : DAMAGE_EMPTY_OLD_LOG, path,
                   "it holds no transaction")
            ->repair = REPAIR_MOVE;
    } else if (f->records == 0) {
        s->x->damages.items[s->x->damages.count - 1].repair = REPAIR_MOVE;
    } else if (f->first_zxid != f->name_zxid && !s->has_hole && f->first_zxid >= 0) {
        struct damage *d =
            damage_add(&s->x->damages, DAMAGE_LOG_NAME, path, "its first transaction is 0x%" PRIx64,
                       (uint64_t)f->first_zxid);
        d->repair = is_name_free(s, f->first_zxid) ? REPAIR_RENAME : REPAIR_NONE;
        d->number = f->first_zxid;
    }
}

// ---- files ----

static void check_header(struct scan *s, const struct logscan *log)
{
    const char *fault = logscan_header_fault(log);
    if (fault == NULL) {
        return;
    }
    uint64_t bytes = logscan_file_bytes(log);
    bool is_short = !logscan_has_header(log);
    bool is_deleted = bytes == 0 && is_last_file(s); // since 3.9.3
    if (!is_deleted && !logscan_has_magic(log)) {
        java_refuses(s, 0, is_short ? "its header is incomplete" : "its header is wrong");
    }
    enum damage_kind kind = !is_short         ? DAMAGE_LOG_HEADER
                            : is_last_file(s) ? DAMAGE_EMPTY_LOG
                                              : DAMAGE_EMPTY_OLD_LOG;
    struct damage *d = damage_add(&s->x->damages, kind, buf_cstr(&s->path), "%s", fault);
    damage_at(d, 0, is_short ? bytes : LOGFILE_HEADER_BYTES);
    d->repair = is_short ? REPAIR_MOVE : REPAIR_REWRITE;
}

static int scan_items(struct scan *s, struct logscan *log)
{
    struct logscan_item item;
    struct store_error e;
    enum err err;
    uint64_t data_end = LOGFILE_HEADER_BYTES;
    while ((err = logscan_next(log, &item, &e)) == ERR_OK) {
        switch (item.found) {
        case LOGSCAN_RECORD:
            take_record(s, &item);
            break;
        case LOGSCAN_BAD_SUM:
            java_refuses(s, item.offset, "a wrong checksum");
            take_broken(s, &item, DAMAGE_BAD_SUM);
            break;
        case LOGSCAN_BREAK:
            judge_break_for_java(s, &item);
            take_broken(s, &item, item.is_last ? DAMAGE_BEHIND_END : DAMAGE_BROKEN);
            break;
        case LOGSCAN_END:
            break;
        }
        data_end = item.found == LOGSCAN_END ? data_end : item.end_offset;
        progress_at(&s->x->progress, s->x->bytes_read + item.offset, 0);
        if (s->x->cli->host->interrupted() != 0) {
            return CLI_INTERRUPTED;
        }
    }
    if (err != ERR_STOPPED) {
        (void)damage_add(&s->x->damages, DAMAGE_ACCESS, buf_cstr(&s->path), "%s", e.text);
        return CLI_DONE;
    }
    if (logscan_has_header(log)) {
        take_end(s, data_end);
    }
    return CLI_DONE;
}

static int scan_file(struct scan *s)
{
    struct logscan *log;
    struct store_error e;
    const struct names_file *file = &s->files->items[s->index];
    (void)names_join(&s->path, datadir_log_dir(s->x->dir), file->name);
    struct log_facts *f = facts(s);
    *f = (struct log_facts){.name_zxid = file->zxid, .first_zxid = -1, .last_zxid = -1};
    memcpy(f->name, file->name, sizeof(f->name));
    s->file_damages = s->x->damages.count;
    s->has_tail = false;
    s->java_ended = false;
    if (logscan_open(s->x->cli->host->files, buf_cstr(&s->path), DATA_FILES_BYTES_MAX, &log, &e) !=
        ERR_OK) {
        (void)damage_add(&s->x->damages, DAMAGE_ACCESS, buf_cstr(&s->path), "%s", e.text);
        examine_java(s->x, JAVA_REFUSES, "%s", e.text);
        return CLI_DONE;
    }
    f->bytes = logscan_file_bytes(log);
    check_header(s, log);
    int status = scan_items(s, log);
    logscan_close(log);
    s->x->bytes_read += f->bytes;
    return status;
}

// Source: FileTxnIterator.init: the newest file whose name is below the wanted zxid.
static size_t java_start_of(const struct names_list *files, int64_t wanted)
{
    size_t start = 0;
    for (size_t i = 0; i < files->count && files->items[i].zxid < wanted; i++) {
        start = i;
    }
    return start;
}

int examine_logs(struct examination *x)
{
    struct names_list files;
    struct store_error e;
    int status = CLI_DONE;
    if (datadir_list(x->dir, NAMES_LOG, &files, &e) != ERR_OK) {
        (void)damage_add(&x->damages, DAMAGE_ACCESS, datadir_log_dir(x->dir), "%s", e.text);
        names_list_fini(&files);
        return CLI_DONE;
    }
    x->log_count = files.count;
    x->logs = mem_zalloc((files.count + 1) * sizeof(*x->logs));
    struct scan s = {.x = x,
                     .files = &files,
                     .last_zxid = -1,
                     .unsettled = x->damages.count,
                     .java_start = java_start_of(&files, x->snapshot_zxid + 1)};
    arena_init(&s.arena);
    for (s.index = 0; status == CLI_DONE && s.index < files.count; s.index++) {
        status = scan_file(&s);
    }
    arena_fini(&s.arena);
    buf_fini(&s.path);
    names_list_fini(&files);
    return status;
}
