// SPDX-License-Identifier: Apache-2.0
//
// paddock snapshot: what a snapshot file holds, part by part, without a tree in memory: only the
// table of ACL lists is kept, to say which one a node has.
#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/data_files.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/txn_filter.h"
#include "cli/txn_text.h"
#include "store/snapscan.h"

struct acl_row {
    int64_t id;
    struct jute_acl_vec acl; // in the arena
};

struct dump {
    struct cli *cli;
    const char *path;
    const char *below; // NULL: all nodes
    bool has_session;
    int64_t session;
    bool is_whole;
    struct arena arena;
    struct acl_row *acls;
    size_t acl_count, acl_cap;
    bool is_sorted;
    uint64_t nodes, shown;
    struct buf line;
    struct progress progress;
};

static void print_line(struct dump *d)
{
    buf_append_str(&d->line, "\n");
    (void)fwrite(d->line.data, 1, d->line.len, d->cli->out);
    buf_clear(&d->line);
}

static struct json *event(const char *name)
{
    struct json *o = json_new_object();
    json_put(o, "event", json_new_cstr(name));
    return o;
}

// ---- sessions and ACL lists ----

static enum err see_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    struct dump *d = ctx;
    if (d->has_session && session != d->session) {
        return ERR_OK;
    }
    if (d->cli->is_json) {
        struct json *o = event("session");
        json_put(o, "session", cli_json_hex(session));
        json_put(o, "timeout_ms", json_new_int(timeout_ms));
        (void)cli_print_json(d->cli, o);
        return ERR_OK;
    }
    buf_printf(&d->line, "session 0x%" PRIx64 " timeout %" PRId32 " ms", (uint64_t)session,
               timeout_ms);
    print_line(d);
    return ERR_OK;
}

static struct jute_acl_vec copy_acl(struct dump *d, const struct jute_acl_vec *acl)
{
    size_t count = acl->count > 0 ? (size_t)acl->count : 0;
    struct jute_acl_vec copy = {.count = acl->count};
    copy.items = arena_alloc(&d->arena, count * sizeof(*copy.items));
    for (size_t i = 0; i < count; i++) {
        copy.items[i] = acl->items[i];
        copy.items[i].id.scheme = arena_copy(&d->arena, acl->items[i].id.scheme);
        copy.items[i].id.id = arena_copy(&d->arena, acl->items[i].id.id);
    }
    return copy;
}

static enum err see_acl(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl)
{
    struct dump *d = ctx;
    if (d->acl_count == d->acl_cap) {
        d->acl_cap = d->acl_cap == 0 ? 16 : d->acl_cap * 2;
        d->acls = mem_realloc(d->acls, d->acl_cap * sizeof(*d->acls));
    }
    d->acls[d->acl_count++] = (struct acl_row){.id = acl_id, .acl = copy_acl(d, acl)};
    if (d->cli->is_json) {
        struct json *o = event("acl");
        json_put(o, "id", json_new_int(acl_id));
        json_put(o, "acl", txn_json_acl(acl));
        (void)cli_print_json(d->cli, o);
        return ERR_OK;
    }
    buf_printf(&d->line, "acl %" PRId64 " ", acl_id);
    txn_text_acl(acl, &d->line);
    print_line(d);
    return ERR_OK;
}

static int by_id(const void *a, const void *b)
{
    const struct acl_row *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

// -1 is world:anyone:cdrwa and in no table; NULL for an id that is not there.
static const struct jute_acl_vec *find_acl(struct dump *d, int64_t id)
{
    static struct jute_acl open_acl[] = {
        {.perms = 31,
         .id = {.scheme = {(const uint8_t *)"world", 5}, .id = {(const uint8_t *)"anyone", 6}}}};
    static const struct jute_acl_vec open = {.count = 1, .items = open_acl};
    if (id == -1) {
        return &open;
    }
    if (!d->is_sorted && d->acl_count > 0) {
        qsort(d->acls, d->acl_count, sizeof(*d->acls), by_id);
    }
    d->is_sorted = true;
    struct acl_row key = {.id = id};
    const struct acl_row *row =
        d->acl_count > 0 ? bsearch(&key, d->acls, d->acl_count, sizeof(key), by_id) : NULL;
    return row != NULL ? &row->acl : NULL;
}

// ---- nodes ----

static void put_time(const char *name, int64_t ms, struct buf *to)
{
    struct json *time = cli_json_time(ms);
    struct slice text;
    buf_printf(to, " %s ", name);
    if (json_text_of(time, &text)) {
        buf_append_slice(to, text);
    } else {
        buf_printf(to, "%" PRId64 " ms", ms);
    }
    json_free(time);
}

static void node_text(struct dump *d, struct slice path, struct slice data, int64_t acl_id,
                      const struct jute_stat_persisted *s)
{
    struct buf *to = &d->line;
    const struct jute_acl_vec *acl = find_acl(d, acl_id);
    jute_str_print(path, to);
    txn_text_data(data, d->is_whole, to);
    buf_append_str(to, " acl ");
    if (acl != NULL) {
        txn_text_acl(acl, to);
    } else {
        buf_printf(to, "%" PRId64 " (not in the table)", acl_id);
    }
    buf_printf(to,
               " czxid 0x%" PRIx64 " mzxid 0x%" PRIx64 " pzxid 0x%" PRIx64 " version %" PRId32
               " cversion %" PRId32 " aversion %" PRId32,
               (uint64_t)s->czxid, (uint64_t)s->mzxid, (uint64_t)s->pzxid, s->version, s->cversion,
               s->aversion);
    if (s->ephemeral_owner != 0) {
        buf_printf(to, " owner 0x%" PRIx64, (uint64_t)s->ephemeral_owner);
    }
    put_time("ctime", s->ctime, to);
    put_time("mtime", s->mtime, to);
    print_line(d);
}

static void node_json(struct dump *d, struct slice path, struct slice data, int64_t acl_id,
                      const struct jute_stat_persisted *s)
{
    const struct jute_acl_vec *acl = find_acl(d, acl_id);
    struct json *o = json_new_object();
    json_put(o, "path", json_new_text(path));
    cli_json_data(o, (struct paddock_bytes){.bytes = data.data, .len = data.len});
    json_put(o, "data_length", json_new_int((int64_t)data.len));
    json_put(o, "acl_id", json_new_int(acl_id));
    json_put(o, "acl", acl != NULL ? txn_json_acl(acl) : json_new_null());
    json_put(o, "czxid", cli_json_hex(s->czxid));
    json_put(o, "mzxid", cli_json_hex(s->mzxid));
    json_put(o, "pzxid", cli_json_hex(s->pzxid));
    json_put(o, "ctime_ms", json_new_int(s->ctime));
    json_put(o, "mtime_ms", json_new_int(s->mtime));
    json_put(o, "ctime", cli_json_time(s->ctime));
    json_put(o, "mtime", cli_json_time(s->mtime));
    json_put(o, "version", json_new_int(s->version));
    json_put(o, "cversion", json_new_int(s->cversion));
    json_put(o, "aversion", json_new_int(s->aversion));
    json_put(o, "ephemeral_owner", cli_json_hex(s->ephemeral_owner));
    (void)cli_print_json(d->cli, o);
}

static enum err see_node(void *ctx, struct slice path, struct slice data, int64_t acl_id,
                         const struct jute_stat_persisted *stat)
{
    struct dump *d = ctx;
    progress_at(&d->progress, ++d->nodes, 0);
    if (d->nodes % 64 == 0 && (ferror(d->cli->out) || d->cli->host->interrupted() != 0)) {
        return ERR_STOPPED;
    }
    struct slice name = path.len == 0 ? slice_str("/") : path;
    if ((d->below != NULL && !txn_filter_is_below(d->below, path)) ||
        (d->has_session && stat->ephemeral_owner != d->session)) {
        return ERR_OK;
    }
    d->shown++;
    if (d->cli->is_json) {
        node_json(d, name, data, acl_id, stat);
    } else {
        node_text(d, name, data, acl_id, stat);
    }
    return ERR_OK;
}

// ---- the file ----

static void say_end(struct dump *d, const struct snapscan_report *r)
{
    int64_t zxid = data_files_zxid(d->path, "snapshot");
    if (d->cli->is_json) {
        struct json *o = event("end");
        json_put(o, "file", json_new_cstr(d->path));
        json_put(o, "zxid", zxid >= 0 ? cli_json_hex(zxid) : json_new_null());
        json_put(o, "nodes", json_new_int((int64_t)r->nodes));
        json_put(o, "sessions", json_new_int((int64_t)r->sessions));
        json_put(o, "digest", r->has_digest ? cli_json_hex((int64_t)r->digest) : json_new_null());
        json_put(o, "digest_zxid", r->has_digest ? cli_json_hex(r->digest_zxid) : json_new_null());
        json_put(o, "last_zxid", r->has_last_zxid ? cli_json_hex(r->last_zxid) : json_new_null());
        (void)cli_print_json(d->cli, o);
        return;
    }
    buf_printf(&d->line, "%s: %" PRIu64 " nodes, %" PRIu64 " sessions, %" PRIu64 " bytes", d->path,
               r->nodes, r->sessions, r->bytes);
    if (r->has_digest) {
        buf_printf(&d->line, ", digest 0x%" PRIx64 " of zxid 0x%" PRIx64, r->digest,
                   (uint64_t)r->digest_zxid);
    }
    if (r->has_last_zxid) {
        buf_printf(&d->line, ", last zxid 0x%" PRIx64, (uint64_t)r->last_zxid);
    }
    print_line(d);
}

static int dump_file(struct dump *d, const char *path)
{
    const struct snapscan_visitor visitor = {
        .session = see_session, .acl = see_acl, .node = see_node, .ctx = d};
    struct snapscan_report report;
    struct store_error e = {.text = ""};
    d->path = path;
    enum err err = snapscan(d->cli->host->files, path, data_files_method(path),
                            DATA_FILES_BYTES_MAX, &visitor, &report, &e);
    progress_end(&d->progress);
    d->acl_count = 0;
    d->is_sorted = false;
    arena_reset(&d->arena);
    if (err == ERR_OK) {
        say_end(d, &report);
        return CLI_DONE;
    }
    if (err == ERR_STOPPED) {
        return CLI_INTERRUPTED;
    }
    bool is_damage = err == ERR_CORRUPT || err == ERR_TRUNCATED || err == ERR_TOO_BIG;
    return cli_fail(d->cli, is_damage ? CLI_NO : CLI_TROUBLE,
                    "%s (%" PRIu64 " nodes were read before)", e.text, report.nodes);
}

static int dump_all(struct dump *d, const struct cli_call *call)
{
    struct data_files files = {0};
    int status = data_files_add(d->cli, &files, call, NAMES_SNAPSHOT);
    progress_begin(&d->progress, d->cli, "reading", "nodes", 0);
    for (size_t i = 0; status == CLI_DONE && i < files.count; i++) {
        status = dump_file(d, files.paths[i]);
    }
    data_files_fini(&files);
    return status;
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct dump d = {.cli = c, .below = cli_value(call, "path"), .is_whole = cli_has(call, "d")};
    const char *session = cli_value(call, "session");
    d.has_session = session != NULL;
    if (session != NULL && !txn_filter_number(session, &d.session)) {
        return cli_fail(c, CLI_USAGE, "--session takes an id as 0x100000d4f3a0000, not %s",
                        session);
    }
    bool was_stream = c->is_stream;
    c->is_stream = true;
    arena_init(&d.arena);
    int status = dump_all(&d, call);
    arena_fini(&d.arena);
    mem_free(d.acls);
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
     .help = "only this node and those below it"},
    {.name = "session",
     .value = "ID",
     .help = "only this session and its ephemeral nodes, as 0x100000d4f3a0000"},
};
static const struct cli_param params[] = {
    {.name = "FILE",
     .kind = CLI_FILE,
     .count = CLI_SOME,
     .help = "a snapshot (plain, .gz or .snappy), or a data directory"}};

const struct cli_command cli_snapshot = {
    .name = "snapshot",
    .group = CLI_GROUP_FILES,
    .summary = "print what a snapshot holds",
    .details = "Reads the file of a server of ZooKeeper or Paddock, of any version from 3.5 on, "
               "and prints its sessions, its table of ACL lists, every node in the order of the "
               "file, and what its end claims: digest and last zxid. Data that is no text appears "
               "as base64.\n\n"
               "A damaged file is printed up to the damage. With --json every line is an object: a "
               "node, or one with the member `event` (session, acl, end).",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "snapshot snapshot.1f # everything\n"
                "snapshot --path /app -d snapshot.1f.gz # a subtree with all its data\n"
                "snapshot --json snapshot.1f # for programs",
    .exits = "1 the file is damaged",
    .is_json_able = true,
    .run = run,
};
