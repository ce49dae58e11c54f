// SPDX-License-Identifier: Apache-2.0
//
// `import`: the server's subtree becomes what the file says. File and server are read side by side
// in one order, so that what is there already is found without asking for it node by node, and the
// same command, given again, goes on where it was cut off:
//
//     file   ──► ┐
//                ├─ merge ─► import_plan ─► import_writer ──► transactions
//     server ──► ┘
#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/export_file.h"
#include "cli/import_plan.h"
#include "cli/import_writer.h"
#include "cli/insist.h"
#include "cli/merge.h"
#include "cli/progress.h"

enum { TEXT_BYTES = 32 };

enum pass { PASS_COUNT, PASS_SHOW, PASS_WRITE };

struct import {
    struct cli *cli;
    struct paddock *zk;
    const char *file, *root;
    struct import_rules rules;
    bool is_edited;
    int64_t begun_ns;
    enum pass pass;
    struct progress progress;
    uint64_t total; // nodes of the file; 0: not known
    struct import_writer *writer;
    struct import_deletes deletes;
    struct buf path, line;
    uint64_t nodes, bytes, equal, left, ephemerals, without_data;
    uint64_t to_create, to_change, to_delete;
};

static const char *full_path(struct import *im, const char *below)
{
    buf_clear(&im->path);
    bool is_slash = strcmp(im->root, "/") == 0;
    if (!is_slash || *below == '\0') {
        buf_append_str(&im->path, im->root);
    }
    if (*below != '\0') {
        buf_printf(&im->path, "/%s", below);
    }
    return buf_cstr(&im->path);
}

// ---- one path ----

static int show(struct import *im, char sign, const char *path, struct node_change change,
                const struct node *have, const struct node *want)
{
    if (im->pass == PASS_SHOW) {
        buf_clear(&im->line);
        if (sign == '~') {
            buf_append_str(&im->line, " ");
            node_change_text(change, have, want, &im->line);
        }
        (void)fprintf(im->cli->out, "%c %s%s\n", sign, path, buf_cstr(&im->line));
    }
    return CLI_DONE;
}

static int create(struct import *im, const struct node *want)
{
    const char *path = full_path(im, want->path);
    im->to_create++;
    im->without_data += want->has_data ? 0 : 1;
    if (im->pass != PASS_WRITE) {
        return show(im, '+', path, (struct node_change){0}, NULL, want);
    }
    return import_writer_create(im->writer, path, want, !im->rules.skips_acl);
}

static int change(struct import *im, struct node_change what, const struct node *want,
                  const struct node *have)
{
    const char *path = full_path(im, want->path);
    im->to_change++;
    if (im->pass != PASS_WRITE) {
        return show(im, '~', path, what, have, want);
    }
    int status = CLI_DONE;
    if (what.data) {
        status = import_writer_set(im->writer, path, want, have->version);
    }
    if (what.acl && status == CLI_DONE) {
        status = import_writer_set_acl(im->writer, path, want, have->aversion);
    }
    return status;
}

static void refuse(struct import *im, const char *below, bool is_missing, const char *why)
{
    if (im->pass != PASS_COUNT) {
        import_writer_refuse(im->writer, full_path(im, below), is_missing, why);
    }
}

static int act(struct import *im, const struct node *want, const struct node *have)
{
    ASSERT(want != NULL || have != NULL);
    const char *path = want != NULL ? want->path : have->path;
    bool is_parent_deleted = have != NULL && import_deletes_covers(&im->deletes, have->path);
    struct import_decision d = import_decide(&im->rules, want, have, is_parent_deleted);
    switch (d.step) {
    case IMPORT_NOTHING:
        im->equal += want != NULL ? 1 : 0;
        break;
    case IMPORT_CREATE:
        return create(im, want);
    case IMPORT_CHANGE:
        return change(im, d.change, want, have);
    case IMPORT_DELETE:
        import_deletes_push(&im->deletes, path);
        break;
    case IMPORT_LEAVE:
        im->left++;
        break;
    case IMPORT_SKIP_EPHEMERAL:
        im->ephemerals++;
        break;
    case IMPORT_REFUSE_HIDDEN:
        refuse(im, path, true,
               "its ACL was hidden from who exported it (a digest \"user:x\"): "
               "export with --auth, or import with --skip-acl");
        break;
    case IMPORT_REFUSE_KIND:
        refuse(im, path, false,
               "is of another kind on the server, and cannot become what the file "
               "has: delete it first");
        break;
    case IMPORT_REFUSE_UNREADABLE:
        refuse(im, path, false, "is on the server, but may not be read: it was not compared");
        break;
    }
    return CLI_DONE;
}

// Nodes that are behind us go, deepest first.
static int delete_behind(struct import *im, const char *path)
{
    int status = CLI_DONE;
    char *gone;
    while (status == CLI_DONE && (gone = import_deletes_pop(&im->deletes, path)) != NULL) {
        const char *full = full_path(im, gone);
        im->to_delete++;
        status = im->pass == PASS_WRITE ? import_writer_delete(im->writer, full)
                                        : show(im, '-', full, (struct node_change){0}, NULL, NULL);
        mem_free(gone);
    }
    return status;
}

// ---- a pass over both ----

static int walk_both(struct import *im, struct merge *m)
{
    const struct node *want, *have;
    enum node_step step;
    int status = CLI_DONE;
    while (status == CLI_DONE && (step = merge_next(m, &want, &have)) != NODE_END) {
        if (step == NODE_FAILED) {
            return merge_exit_code(m);
        }
        status = delete_behind(im, want != NULL ? want->path : have->path);
        if (status == CLI_DONE) {
            status = act(im, want, have);
        }
        if (want != NULL) {
            im->nodes++;
            im->bytes += want->data.len;
            progress_at(&im->progress, im->nodes, im->bytes);
        }
    }
    return status == CLI_DONE ? delete_behind(im, NULL) : status;
}

static int pass_over(struct import *im, enum pass pass)
{
    const struct node_server_options options = {.root = im->root,
                                                .wants_acl = !im->rules.skips_acl,
                                                .wants_ephemerals = true,
                                                .is_root_optional = true};
    struct node_stream *file = node_stream_export(im->cli, im->file, im->is_edited);
    if (file == NULL) {
        return CLI_TROUBLE;
    }
    struct node_stream *server = node_stream_server(im->cli, im->zk, &options);
    struct merge m;
    im->pass = pass;
    im->nodes = im->bytes = im->equal = im->left = im->ephemerals = im->without_data = 0;
    im->to_create = im->to_change = im->to_delete = 0;
    merge_begin(&m, file, server);
    im->writer = import_writer_open(im->cli, im->zk, &im->progress);
    progress_begin(&im->progress, im->cli, pass == PASS_COUNT ? "comparing" : "importing", "nodes",
                   im->total);
    int status = walk_both(im, &m);
    if (status == CLI_DONE && pass == PASS_WRITE) {
        status = import_writer_finish(im->writer);
    }
    progress_end(&im->progress);
    node_stream_close(server);
    node_stream_close(file);
    return status;
}

// ---- before and after ----

static int make_parents(struct import *im)
{
    struct buf path = {0};
    int status = CLI_DONE;
    for (const char *slash = strchr(im->root + 1, '/'); slash != NULL && status == CLI_DONE;
         slash = strchr(slash + 1, '/')) {
        buf_clear(&path);
        buf_append(&path, im->root, (size_t)(slash - im->root));
        struct paddock_op op = {.type = PADDOCK_OP_CREATE, .path = buf_cstr(&path)};
        struct paddock_result *r = NULL;
        int code = insist(im->zk, &op, &r);
        if (code != PADDOCK_OK && code != PADDOCK_NODE_EXISTS) {
            status = cli_fail_code(im->cli, code, r != NULL ? r->fate : PADDOCK_NOT_SENT, op.path);
        }
        paddock_result_free(r);
    }
    buf_fini(&path);
    return status;
}

// What a missing parent would make of every node.
static int look_for_parent(struct import *im)
{
    const char *slash = strrchr(im->root, '/');
    struct buf parent = {0};
    struct paddock_result *r = NULL;
    int status = CLI_DONE;
    buf_append(&parent, im->root, slash == im->root ? 1 : (size_t)(slash - im->root));
    struct paddock_op op = {.type = PADDOCK_OP_EXISTS, .path = buf_cstr(&parent)};
    if (insist(im->zk, &op, &r) == PADDOCK_NO_NODE) {
        status = cli_fail(im->cli, CLI_NO, "Node does not exist: %s: the parent of %s; -p makes it",
                          op.path, im->root);
    }
    paddock_result_free(r);
    buf_fini(&parent);
    return status;
}

// Deleting is asked for with its count, or has to be told to.
static int may_delete(struct import *im)
{
    struct cli *c = im->cli;
    if (c->is_yes) {
        return CLI_DONE;
    }
    if (!c->host->in_is_tty || !c->host->err_is_tty || strcmp(im->file, "-") == 0) {
        return cli_fail(c, CLI_USAGE,
                        "--delete needs --yes where nobody can be asked; --dry-run "
                        "shows what would go");
    }
    int status = pass_over(im, PASS_COUNT);
    import_writer_close(im->writer);
    im->writer = NULL;
    char n[TEXT_BYTES];
    if (status == CLI_DONE && im->to_delete > 0 &&
        !cli_confirm(c, false, "Nodes below %s that are not in %s: %s. Delete them?", im->root,
                     im->file, progress_count(im->to_delete, n))) {
        status = cli_fail(c, CLI_NO, "nothing was done");
    }
    return status;
}

static void remark(struct import *im, uint64_t count, const char *what)
{
    char n[TEXT_BYTES];
    if (count > 0 && !im->cli->is_quiet) {
        (void)fprintf(im->cli->err, "%s: %s\n", what, progress_count(count, n));
    }
}

static void tell_json(struct import *im, const struct import_counts *counts)
{
    bool is_dry = im->pass == PASS_SHOW;
    struct json *o = json_new_object();
    json_put(o, "nodes", json_new_int((int64_t)im->nodes));
    json_put(o, "created", json_new_int((int64_t)(is_dry ? im->to_create : counts->created)));
    json_put(o, "changed", json_new_int((int64_t)(is_dry ? im->to_change : counts->changed)));
    json_put(o, "deleted", json_new_int((int64_t)(is_dry ? im->to_delete : counts->deleted)));
    json_put(o, "equal", json_new_int((int64_t)(im->equal + counts->already)));
    json_put(o, "left_different", json_new_int((int64_t)im->left));
    json_put(o, "ephemerals_left_out", json_new_int((int64_t)im->ephemerals));
    json_put(o, "refused", json_new_int((int64_t)(counts->refused + counts->below)));
    json_put(o, "dry_run", json_new_bool(is_dry));
    struct buf text = {0};
    json_print(o, false, &text);
    (void)fprintf(im->cli->out, "%s\n", buf_cstr(&text));
    buf_fini(&text);
    json_free(o);
}

static void tell(struct import *im, const struct import_counts *counts)
{
    bool is_dry = im->pass == PASS_SHOW;
    char created[TEXT_BYTES], changed[TEXT_BYTES], deleted[TEXT_BYTES], equal[TEXT_BYTES];
    char time[TEXT_BYTES];
    int64_t ms = (clock_mono_ns(im->cli->host->clock) - im->begun_ns) / 1000000;
    if (im->cli->is_json) {
        tell_json(im, counts);
    } else if (!im->cli->is_quiet) {
        (void)fprintf(im->cli->err, "%s%s created, %s changed, %s deleted, %s were equal, in %s\n",
                      is_dry ? "would be: " : "",
                      progress_count(is_dry ? im->to_create : counts->created, created),
                      progress_count(is_dry ? im->to_change : counts->changed, changed),
                      progress_count(is_dry ? im->to_delete : counts->deleted, deleted),
                      progress_count(im->equal + counts->already, equal), progress_time(ms, time));
    }
    remark(im, im->ephemerals,
           "ephemeral nodes of the file, not made because they would end with this session");
    remark(im, im->without_data, "nodes without data, which --data-limit left out of the file");
    remark(im, counts->degraded,
           "containers and TTL nodes made persistent, as the server has no such nodes "
           "(extendedTypesEnabled)");
}

static int conclude(struct import *im)
{
    const struct import_counts *counts = import_writer_counts(im->writer);
    char n[TEXT_BYTES], below[TEXT_BYTES];
    tell(im, counts);
    if (counts->refused > 0) {
        return cli_fail(im->cli, CLI_NO, "nodes refused: %s, and below them: %s",
                        progress_count(counts->refused, n), progress_count(counts->below, below));
    }
    if (im->left > 0) {
        return cli_fail(im->cli, CLI_NO,
                        "nodes that differ from the file and were left as they are: %s "
                        "(--overwrite changes them, diff shows them)",
                        progress_count(im->left, n));
    }
    return CLI_DONE;
}

static int import(struct import *im, bool is_dry, bool makes_parents)
{
    int status = CLI_DONE;
    if (strcmp(im->file, "-") != 0) {
        status = export_file_check(im->cli, im->file, im->is_edited, &im->total);
    }
    if (status == CLI_DONE) {
        status = cli_session(im->cli, &im->zk);
    }
    if (status == CLI_DONE && im->rules.deletes && !is_dry) {
        status = may_delete(im);
    }
    if (status == CLI_DONE && !is_dry) {
        status = makes_parents ? make_parents(im) : look_for_parent(im);
    }
    if (status == CLI_DONE) {
        status = pass_over(im, is_dry ? PASS_SHOW : PASS_WRITE);
    }
    if (status == CLI_DONE) {
        return conclude(im);
    }
    if (im->writer != NULL && im->pass == PASS_WRITE && !im->cli->is_quiet) {
        (void)fprintf(im->cli->err, "the import is not complete: the same command goes on with "
                                    "what is missing\n");
    }
    return status;
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct import im = {.cli = c, .file = cli_param(call, 0), .root = cli_param(call, 1)};
    im.rules = (struct import_rules){.overwrites = cli_has(call, "overwrite"),
                                     .deletes = cli_has(call, "delete"),
                                     .skips_acl = cli_has(call, "skip-acl")};
    im.is_edited = cli_has(call, "edited");
    im.begun_ns = clock_mono_ns(c->host->clock);
    int status = cli_check_path(c, im.root, false);
    if (status == CLI_DONE) {
        status = import(&im, cli_has(call, "dry-run"), cli_has(call, "p"));
    }
    import_writer_close(im.writer);
    import_deletes_fini(&im.deletes);
    buf_fini(&im.path);
    buf_fini(&im.line);
    return status;
}

static const struct cli_flag flags[] = {
    {.name = "overwrite", .help = "change nodes that have other data or another ACL"},
    {.name = "delete", .help = "delete what is below PATH and not in FILE (asks, unless --yes)"},
    {.letter = 'n', .name = "dry-run", .help = "only print what would be done"},
    {.name = "skip-acl", .help = "make nodes open to everybody, and compare no ACLs"},
    {.letter = 'p', .name = "parents", .help = "make the missing parents of PATH"},
    {.name = "edited", .help = "take a file whose count and checksum do not fit any more"},
};
static const struct cli_param params[] = {
    {.name = "FILE", .kind = CLI_FILE, .help = "of export, packed or not; - is the standard input"},
    {.name = "PATH", .kind = CLI_PATH, .help = "where the root of the export comes to stand"},
};

const struct cli_command cli_import = {
    .name = "import",
    .group = CLI_GROUP_TREES,
    .summary = "make a subtree what a file of export says",
    .details =
        "The file is checked whole before anything is written (but for standard input). What is "
        "missing is created, each node with its data and its ACL in one step, many in one "
        "transaction; what is there and equal is left alone. So an import that was cut off, by a "
        "signal, a lost session or a dead server, is gone on with by the same command: there is no "
        "state beside the server's own.\n\n"
        "Nodes that a server refuses (ACL, quota) are named, and nothing below them is tried. "
        "Ephemeral nodes are neither made nor, unless their parent goes, deleted.",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "paddock import app.jsonl.gz /app -p # bring back a subtree\n"
                "paddock import --overwrite --delete --dry-run app.jsonl /app # what would change\n"
                "paddock -s old:2181 export / | paddock -s new:2181 import - / # copy a server\n",
    .exits = "1 the file is damaged, nodes were refused, or differ and were left",
    .is_json_able = true,
    .run = run,
};
