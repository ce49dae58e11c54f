// SPDX-License-Identifier: Apache-2.0
//
// `export`: a subtree, from a server or a snapshot, node by node into a file of JSON Lines
// (docs/design/export-format.md). What the file does not hold is said: ephemeral nodes, nodes that
// may not be read, hidden digests.
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "cli/data_files.h"
#include "cli/export_file.h"
#include "cli/node_order.h"
#include "cli/progress.h"

enum { TEXT_BYTES = 32, COMPLAINTS_MAX = 20 };

struct export
{
    struct cli *cli;
    const char *path;
    const char *snapshot; // NULL: from the servers
    struct export_writer *writer;
    int64_t begun_ns;
    struct progress progress;
    int64_t data_limit; // bytes; -1: none
    uint64_t ephemerals, unread, masked, left_out;
    struct buf unread_path; // below the root, of the last node that could not be read
};

// ---- one node ----

static void complain(struct export *e, const struct node *n)
{
    if (++e->unread <= COMPLAINTS_MAX) {
        struct buf path = {0};
        const char *root = strcmp(e->path, "/") == 0 && *n->path != '\0' ? "" : e->path;
        buf_printf(&path, "%s%s%s", root, *n->path != '\0' ? "/" : "", n->path);
        progress_end(&e->progress);
        (void)cli_fail_code(e->cli, n->code, PADDOCK_ANSWERED, buf_cstr(&path));
        buf_fini(&path);
    }
    buf_clear(&e->unread_path);
    buf_append_str(&e->unread_path, n->path);
}

static int add(struct export *e, struct node *n)
{
    if (e->unread > 0 && node_is_within(n->path, buf_cstr(&e->unread_path))) {
        return CLI_DONE; // a node without its parent could not be imported
    }
    if (n->code != PADDOCK_OK) {
        complain(e, n);
        return CLI_DONE;
    }
    if (e->data_limit >= 0 && n->data_bytes > e->data_limit) {
        n->has_data = false;
        e->left_out++;
    }
    e->masked += n->has_acl && node_acl_is_masked(n) ? 1 : 0;
    return export_writer_node(e->writer, n);
}

static int copy(struct export *e, struct node_stream *from)
{
    struct node n;
    enum node_step step;
    struct export_end counts;
    int status = CLI_DONE;
    while (status == CLI_DONE && (step = from->next(from, &n)) != NODE_END) {
        status = step == NODE_FAILED ? from->exit_code
                 : e->cli->host->interrupted() != 0
                     ? cli_fail(e->cli, CLI_INTERRUPTED, "interrupted")
                     : add(e, &n);
        export_writer_counts(e->writer, &counts);
        progress_at(&e->progress, (uint64_t)counts.nodes, (uint64_t)counts.data_bytes);
    }
    return status;
}

// ---- the whole ----

// For the progress line; servers before 3.6 do not know, which is no error.
static uint64_t count_nodes(struct paddock *zk, const char *path)
{
    struct paddock_op op = {.type = PADDOCK_OP_COUNT_CHILDREN, .path = path};
    struct paddock_result *r = NULL;
    uint64_t count = paddock_call(zk, &op, &r) == PADDOCK_OK ? (uint64_t)r->number + 1 : 0;
    paddock_result_free(r);
    return count;
}

static struct export_header header_of(const struct export *e,
                                      const struct node_server_options *options)
{
    struct export_header h = {.source = cli_servers(e->cli),
                              .path = e->path,
                              .time_ms = clock_wall_ms(e->cli->host->clock),
                              .has_acl = options->wants_acl,
                              .has_ephemerals = options->wants_ephemerals};
    if (e->snapshot != NULL) {
        int64_t zxid = data_files_zxid(e->snapshot, "snapshot");
        h.source = e->snapshot;
        h.zxid = zxid > 0 ? zxid : 0;
        h.has_kinds = true;
    } else {
        struct paddock_session_info session;
        paddock_session(e->cli->zk, &session);
        h.zxid = session.last_zxid;
    }
    return h;
}

static int export_from(struct export *e, struct node_stream *from,
                       const struct node_server_options *options, uint64_t total, bool has_file)
{
    struct buf what = {0};
    struct export_header header = header_of(e, options);
    buf_printf(&what, "exporting %s", e->path);
    progress_begin(&e->progress, e->cli, buf_cstr(&what), "nodes", total);
    // The file itself may be what the terminal shows.
    e->progress.is_wanted = e->progress.is_wanted && (has_file || !e->cli->host->out_is_tty);
    int status = export_writer_header(e->writer, &header);
    if (status == CLI_DONE) {
        status = copy(e, from);
    }
    progress_end(&e->progress);
    buf_fini(&what);
    return status == CLI_DONE ? export_writer_finish(e->writer) : status;
}

static void remark(struct export *e, uint64_t count, const char *what)
{
    char n[TEXT_BYTES];
    if (count > 0) {
        (void)fprintf(e->cli->err, "%s: %s\n", what, progress_count(count, n));
    }
}

// What was done, and what is not in the file.
static int tell(struct export *e, const char *file)
{
    char nodes[TEXT_BYTES], bytes[TEXT_BYTES], time[TEXT_BYTES];
    struct export_end counts;
    export_writer_counts(e->writer, &counts);
    int64_t ms = (clock_mono_ns(e->cli->host->clock) - e->begun_ns) / 1000000;
    if (!e->cli->is_quiet) {
        (void)fprintf(e->cli->err, "%s nodes, %s of data, from %s to %s in %s\n",
                      progress_count((uint64_t)counts.nodes, nodes),
                      progress_bytes((uint64_t)counts.data_bytes, bytes), e->path,
                      file != NULL ? file : "the standard output", progress_time(ms, time));
        remark(e, e->ephemerals, "ephemeral nodes left out (--ephemerals takes them)");
        remark(e, e->left_out, "nodes without their data, which is above --data-limit");
    }
    remark(e, e->masked,
           "ACLs with digests that this session may not see, as \"user:x\" (export with --auth of "
           "an administrator to keep them)");
    if (e->unread > 0) {
        char n[TEXT_BYTES];
        return cli_fail(e->cli, CLI_NO,
                        "nodes that could not be read and are missing with all below them: %s",
                        progress_count(e->unread, n));
    }
    return CLI_DONE;
}

static int export(struct export *e, const struct node_server_options *options, const char *file)
{
    struct paddock *zk = NULL;
    int status = e->snapshot == NULL ? cli_session(e->cli, &zk) : CLI_DONE;
    if (status != CLI_DONE) {
        return status;
    }
    struct node_stream *from = e->snapshot != NULL
                                   ? node_stream_snapshot(e->cli, e->snapshot, options)
                                   : node_stream_server(e->cli, zk, options);
    if (from == NULL) {
        return CLI_NO;
    }
    e->writer = export_writer_open(e->cli, file);
    status = e->writer == NULL
                 ? CLI_TROUBLE
                 : export_from(e, from, options, zk != NULL ? count_nodes(zk, e->path) : 0,
                               file != NULL);
    node_stream_close(from);
    return status == CLI_DONE ? tell(e, file) : status;
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct export e = {.cli = c,
                       .path = cli_param(call, 0),
                       .snapshot = cli_value(call, "from"),
                       .begun_ns = clock_mono_ns(c->host->clock),
                       .data_limit = -1};
    const char *limit = cli_value(call, "data-limit");
    int status = cli_check_path(c, e.path, false);
    if (status == CLI_DONE && limit != NULL) {
        status = cli_number(c, limit, "--data-limit", 0, INT32_MAX, &e.data_limit);
    }
    if (status == CLI_DONE) {
        const struct node_server_options options = {.root = e.path,
                                                    .wants_acl = !cli_has(call, "no-acl"),
                                                    .wants_ephemerals = cli_has(call, "ephemerals"),
                                                    .ephemerals_left_out = &e.ephemerals};
        status = export(&e, &options, cli_value(call, "o"));
    }
    export_writer_close(e.writer);
    buf_fini(&e.unread_path);
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 'o',
     .name = "output",
     .value = "FILE",
     .kind = CLI_FILE,
     .help = "write FILE, packed when it ends in .gz; else the standard output"},
    {.name = "from",
     .value = "SNAPSHOT",
     .kind = CLI_FILE,
     .help = "read a snapshot file instead of servers; it knows containers and TTLs"},
    {.name = "no-acl", .help = "leave the ACLs out"},
    {.name = "ephemerals", .help = "take ephemeral nodes, too, with the sessions they belong to"},
    {.name = "no-ephemerals", .help = "leave ephemeral nodes out (the default)"},
    {.name = "data-limit",
     .value = "BYTES",
     .kind = CLI_NUMBER,
     .help = "leave out the data of nodes that have more, noting how much it is"},
};
static const struct cli_param params[] = {
    {.name = "PATH", .kind = CLI_PATH, .help = "the root of the subtree"},
};

const struct cli_command cli_export = {
    .name = "export",
    .group = CLI_GROUP_TREES,
    .summary = "write a subtree to a file that import reads",
    .details =
        "The file holds one JSON object a line: a header, every node with data, ACL and kind, and "
        "a last line with count and checksum, so that a cut or damaged file is noticed. FILE has "
        "its name only when it is whole.\n\n"
        "A walk is no snapshot: what changes meanwhile may be in the file or not. /zookeeper is "
        "left out unless PATH is within it, so quotas are not part of an export of /. Servers tell "
        "nobody which nodes are containers or have a TTL: those read as persistent, unless the "
        "export is made --from a snapshot.",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "paddock export /app -o app.jsonl.gz # a packed copy of a subtree\n"
                "paddock export / --from version-2/snapshot.1f -o all.jsonl # without a server\n"
                "paddock export / | jq -r 'select(.kind == \"ttl\").path' # TTL nodes\n",
    .exits = "1 some nodes could not be read, or the path is not there",
    .run = run,
};
