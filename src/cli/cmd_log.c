// SPDX-License-Identifier: Apache-2.0
//
// paddock log: transaction logs as text or JSON, one record after the other through one window.
// What is no record is said where it stands, and reading goes on behind it.
#include <inttypes.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "cli/data_files.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/txn_filter.h"
#include "cli/txn_text.h"
#include "store/logscan.h"

struct dump {
    struct cli *cli;
    struct txn_filter filter;
    bool is_whole; // data is printed whole
    const char *path;
    struct arena arena;
    struct buf line;
    struct progress progress;
    uint64_t count, shown, bytes; // records; bytes of the files before this one
    uint64_t file_count, damages;
    int64_t last_zxid;
};

static void print_line(struct dump *d)
{
    (void)fwrite(d->line.data, 1, d->line.len, d->cli->out);
    buf_clear(&d->line);
}

// ---- what stands between records ----

static struct json *place(const struct dump *d, const char *event, uint64_t offset)
{
    struct json *o = json_new_object();
    json_put(o, "event", json_new_cstr(event));
    json_put(o, "file", json_new_cstr(d->path));
    json_put(o, "offset", json_new_int((int64_t)offset));
    return o;
}

static void say(struct dump *d, const char *event, uint64_t offset, uint64_t end_offset,
                const char *what)
{
    if (d->cli->is_json) {
        struct json *o = place(d, event, offset);
        json_put(o, "end_offset", json_new_int((int64_t)end_offset));
        json_put(o, "what", json_new_cstr(what));
        (void)cli_print_json(d->cli, o);
        return;
    }
    (void)fprintf(d->cli->out, "%s%s: offset %" PRIu64 " to %" PRIu64 ": %s%s\n",
                  cli_colour(d->cli, 'r'), d->path, offset, end_offset, what,
                  cli_colour(d->cli, '0'));
}

static void say_header(struct dump *d, const struct logscan *s)
{
    const char *fault = logscan_header_fault(s);
    if (fault != NULL) {
        d->damages++;
        say(d, "damage", 0, logscan_has_header(s) ? 16 : logscan_file_bytes(s), fault);
    } else if (d->cli->is_json) {
        struct json *o = place(d, "begin", 0);
        json_put(o, "version", json_new_int(logscan_version(s)));
        json_put(o, "dbid", json_new_int(logscan_dbid(s)));
        json_put(o, "bytes", json_new_int((int64_t)logscan_file_bytes(s)));
        (void)cli_print_json(d->cli, o);
    } else {
        (void)fprintf(d->cli->out, "%s%s: transaction log, format version %" PRId32 "%s\n",
                      cli_colour(d->cli, 'd'), d->path, logscan_version(s),
                      cli_colour(d->cli, '0'));
    }
}

static void say_break(struct dump *d, const struct logscan_item *item)
{
    buf_clear(&d->line);
    buf_append_str(&d->line, logscan_why(item->why));
    if (item->is_last) {
        buf_append_str(&d->line, "; nothing intact follows: a torn tail, if this is the last file");
    } else {
        buf_append_str(&d->line, "; the next intact transaction follows");
        d->damages++;
    }
    say(d, item->is_last ? "torn" : "damage", item->offset, item->end_offset, buf_cstr(&d->line));
    buf_clear(&d->line);
}

static void say_end(struct dump *d, const struct logscan_item *item)
{
    if (d->cli->is_json) {
        struct json *o = place(d, "end", item->offset);
        json_put(o, "transactions", json_new_int((int64_t)d->file_count));
        json_put(o, "padding_bytes", json_new_int((int64_t)(item->end_offset - item->offset)));
        (void)cli_print_json(d->cli, o);
        return;
    }
    (void)fprintf(d->cli->out,
                  "%s%s: end at offset %" PRIu64 " after %" PRIu64 " transactions; %" PRIu64
                  " bytes of zeros follow%s\n",
                  cli_colour(d->cli, 'd'), d->path, item->offset, d->file_count,
                  item->end_offset - item->offset, cli_colour(d->cli, '0'));
}

// ---- records ----

static void print_txn(struct dump *d, const struct txn *t, const struct logscan_item *item)
{
    d->shown++;
    if (d->cli->is_json) {
        struct json *o = txn_json(t);
        json_put(o, "file", json_new_cstr(d->path));
        json_put(o, "offset", json_new_int((int64_t)item->offset));
        json_put(o, "is_intact", json_new_bool(item->found == LOGSCAN_RECORD));
        (void)cli_print_json(d->cli, o);
        return;
    }
    txn_text(t, d->is_whole, &d->line);
    print_line(d);
}

static void take_record(struct dump *d, const struct logscan_item *item)
{
    d->count++;
    d->file_count++;
    struct txn t;
    arena_reset(&d->arena);
    bool is_read = txn_decode(item->body, &d->arena, DATA_FILES_BYTES_MAX, &t) == ERR_OK;
    if (item->found == LOGSCAN_BAD_SUM) {
        d->damages++;
        say(d, "damage", item->offset, item->end_offset,
            is_read ? "the next transaction has a wrong checksum"
                    : "a transaction with a wrong checksum, which cannot be read");
    } else if (!is_read) {
        d->damages++;
        say(d, "damage", item->offset, item->end_offset,
            "a transaction that cannot be read although its checksum is right");
    } else if (item->zxid <= d->last_zxid) {
        d->damages++;
        say(d, "damage", item->offset, item->end_offset,
            "the zxid of the next transaction is not above the one before it");
    }
    d->last_zxid = item->found == LOGSCAN_RECORD ? item->zxid : d->last_zxid;
    if (is_read && txn_filter_has(&d->filter, &t)) {
        print_txn(d, &t, item);
    }
}

static int scan(struct dump *d, struct logscan *s)
{
    struct logscan_item item;
    struct store_error e;
    enum err err;
    say_header(d, s);
    while ((err = logscan_next(s, &item, &e)) == ERR_OK) {
        switch (item.found) {
        case LOGSCAN_RECORD:
        case LOGSCAN_BAD_SUM:
            take_record(d, &item);
            break;
        case LOGSCAN_BREAK:
            say_break(d, &item);
            break;
        case LOGSCAN_END:
            say_end(d, &item);
            break;
        }
        progress_at(&d->progress, d->count, d->bytes + item.end_offset);
        if (ferror(d->cli->out) || d->cli->host->interrupted() != 0) {
            return CLI_INTERRUPTED;
        }
    }
    d->bytes += logscan_file_bytes(s);
    return err == ERR_STOPPED ? CLI_DONE : cli_fail(d->cli, CLI_TROUBLE, "%s", e.text);
}

static int dump_file(struct dump *d, const char *path)
{
    struct logscan *s;
    struct store_error e;
    d->path = path;
    d->file_count = 0;
    if (logscan_open(d->cli->host->files, path, DATA_FILES_BYTES_MAX, &s, &e) != ERR_OK) {
        return cli_fail(d->cli, CLI_TROUBLE, "%s", e.text);
    }
    int status = scan(d, s);
    logscan_close(s);
    return status;
}

static int dump_all(struct dump *d, const struct cli_call *call)
{
    struct data_files files = {0};
    int status = data_files_add(d->cli, &files, call, NAMES_LOG);
    progress_begin(&d->progress, d->cli, "reading", "transactions", 0);
    for (size_t i = 0; status == CLI_DONE && i < files.count; i++) {
        status = dump_file(d, files.paths[i]);
    }
    progress_end(&d->progress);
    data_files_fini(&files);
    return status == CLI_DONE && d->damages > 0 ? CLI_NO : status;
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct dump d = {.cli = c, .is_whole = cli_has(call, "d"), .last_zxid = INT64_MIN};
    int status = txn_filter_parse(c, call, &d.filter);
    if (status != CLI_DONE) {
        return status;
    }
    bool was_stream = c->is_stream;
    c->is_stream = true;
    arena_init(&d.arena);
    status = dump_all(&d, call);
    arena_fini(&d.arena);
    buf_fini(&d.line);
    c->is_stream = was_stream;
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 'd', .name = "data", .help = "print the data of nodes whole, however long"},
    {.letter = 'p',
     .name = "path",
     .value = "PATH",
     .kind = CLI_PATH,
     .help = "only what touches this node or one below it"},
    {.name = "session", .value = "ID", .help = "only of this session, as 0x100000d4f3a0000"},
    {.name = "from",
     .value = "ZXID|TIME",
     .help = "from this zxid (0x100000004) or time (2026-11-21T16:43, UTC) on"},
    {.name = "to", .value = "ZXID|TIME", .help = "up to this zxid or time, included"},
    {.name = "type",
     .value = "TYPE,...",
     .is_repeatable = true,
     .help = "only these types, as create,setData; a multi is of the types of its parts, too"},
};
static const struct cli_param params[] = {
    {.name = "FILE", .kind = CLI_FILE, .count = CLI_SOME, .help = "a log, or a data directory"}};

const struct cli_command cli_log = {
    .name = "log",
    .group = CLI_GROUP_FILES,
    .summary = "print transaction logs",
    .details =
        "Reads the files of a server of ZooKeeper or Paddock, of any version from 3.5 on, and "
        "prints each transaction: zxid, time, session, what it changed, and the digest of the tree "
        "behind it. The parts of a multi stand below it. The files are only read, a server may run "
        "on them.\n\n"
        "Where something else stands than a transaction, that is said with file and offset, and "
        "reading goes on with the next intact transaction. With --json every line is an object: a "
        "transaction, or one with the member `event` (begin, end, torn, damage).",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "log /var/lib/zookeeper # every transaction of a data directory\n"
                "log --path /app --from 2026-11-21T16:00 log.5 # who changed it, and when\n"
                "log --json --type multi,delete log.5 # for programs",
    .exits = "1 damage was found (a torn tail is none)",
    .is_json_able = true,
    .run = run,
};
