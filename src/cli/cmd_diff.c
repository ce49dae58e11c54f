// SPDX-License-Identifier: Apache-2.0
//
// `diff`: two subtrees side by side, each read in order from where it is; nothing is held but the
// node at hand of either.
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "cli/json.h"
#include "cli/merge.h"
#include "cli/node_change.h"
#include "cli/progress.h"
#include "cli/side.h"
#include "cli/text_diff.h"

enum { TEXT_BYTES = 32 };

struct compare {
    struct cli *cli;
    bool shows_data, ignores_ephemerals, ignores_acl;
    struct buf text;
    uint64_t nodes, bytes, different, unknown;
    struct progress progress;
};

// ---- one path ----

static struct slice data_of(const struct node *n)
{
    return slice_of(n->data.bytes, n->data.len);
}

static void put_side(struct json *o, const char *name, const struct node *n, bool with_data)
{
    if (n == NULL) {
        return;
    }
    struct json *side = json_new_object();
    json_put(side, "kind", json_new_cstr(node_kind_name(n->kind)));
    json_put(side, "data_bytes", json_new_int(n->data_bytes));
    if (n->has_acl) {
        json_put(side, "acl", cli_json_acl(n->acl, n->acl_count));
    }
    if (with_data && n->has_data) {
        cli_json_data(side, n->data);
    }
    json_put(o, name, side);
}

static void print_json(struct compare *d, const char *path, struct node_change change,
                       const struct node *a, const struct node *b)
{
    struct json *o = json_new_object();
    struct buf full = {0};
    buf_printf(&full, "/%s", path);
    json_put(o, "path", json_new_text(buf_slice(&full)));
    buf_fini(&full);
    json_put(o, "change", json_new_cstr(b == NULL ? "removed" : a == NULL ? "added" : "changed"));
    if (a != NULL && b != NULL) {
        json_put(o, "data_differs", json_new_bool(change.data));
        json_put(o, "acl_differs", json_new_bool(change.acl));
        json_put(o, "kind_differs", json_new_bool(change.kind));
        json_put(o, "is_unreadable", json_new_bool(change.is_unknown));
    }
    put_side(o, "a", a, d->shows_data);
    put_side(o, "b", b, d->shows_data);
    (void)cli_print_json(d->cli, o);
}

static void print_data(struct compare *d, const struct node *a, const struct node *b)
{
    bool is_text = node_data_is_text(a) && node_data_is_text(b);
    buf_clear(&d->text);
    if (is_text) {
        text_diff(data_of(a), data_of(b), "    ", &d->text);
    } else {
        buf_append_str(&d->text, "    (no text, or too long to be shown)\n");
    }
    (void)fwrite(d->text.data, 1, d->text.len, d->cli->out);
}

static void print_line(struct compare *d, const char *path, struct node_change change,
                       const struct node *a, const struct node *b)
{
    struct cli *c = d->cli;
    const char *sign = "~", *colour = cli_colour(c, 'y');
    buf_clear(&d->text);
    if (b == NULL) {
        sign = "-";
        colour = cli_colour(c, 'r');
    } else if (a == NULL) {
        sign = "+";
        colour = cli_colour(c, 'g');
    } else {
        buf_append_str(&d->text, " ");
        node_change_text(change, a, b, &d->text);
    }
    (void)fprintf(c->out, "%s%s /%s%s%s\n", colour, sign, path, buf_cstr(&d->text),
                  cli_colour(c, '0'));
    if (d->shows_data && change.data) {
        print_data(d, a, b);
    }
}

static bool is_ignored(const struct compare *d, const struct node *n)
{
    return n != NULL && d->ignores_ephemerals && n->kind == NODE_EPHEMERAL;
}

static void look_at(struct compare *d, const struct node *a, const struct node *b)
{
    struct node_change change = {0};
    a = is_ignored(d, a) ? NULL : a;
    b = is_ignored(d, b) ? NULL : b;
    if (a != NULL && b != NULL) {
        change = node_change_between(a, b, !d->ignores_acl);
    }
    if ((a == NULL && b == NULL) || (a != NULL && b != NULL && !node_change_is_any(change))) {
        return;
    }
    d->different++;
    d->unknown += change.is_unknown ? 1 : 0;
    progress_end(&d->progress);
    const char *path = a != NULL ? a->path : b->path;
    if (d->cli->is_json) {
        print_json(d, path, change, a, b);
    } else if (!d->cli->is_quiet) {
        print_line(d, path, change, a, b);
    }
}

// ---- the whole ----

static int compare_streams(struct compare *d, struct node_stream *left, struct node_stream *right)
{
    struct merge m;
    const struct node *a, *b;
    enum node_step step;
    merge_begin(&m, left, right);
    progress_begin(&d->progress, d->cli, "comparing", "nodes", 0);
    while ((step = merge_next(&m, &a, &b)) == NODE_NEXT) {
        look_at(d, a, b);
        d->nodes++;
        d->bytes += (uint64_t)(a != NULL ? a->data_bytes : b->data_bytes);
        progress_at(&d->progress, d->nodes, d->bytes);
        if (d->cli->host->interrupted() != 0) {
            return cli_fail(d->cli, CLI_INTERRUPTED, "interrupted");
        }
    }
    progress_end(&d->progress);
    return step == NODE_END ? CLI_DONE : merge_exit_code(&m);
}

static int conclude(const struct compare *d)
{
    char different[TEXT_BYTES], nodes[TEXT_BYTES];
    if (d->cli->host->err_is_tty && !d->cli->is_quiet) {
        (void)fprintf(d->cli->err, "%s of %s nodes differ\n",
                      progress_count(d->different, different), progress_count(d->nodes, nodes));
    }
    return d->different > 0 ? CLI_NO : CLI_DONE;
}

static bool is_file(void *ctx, const char *path)
{
    struct port_files *fs = ctx;
    struct port_file_info info;
    return fs->info(fs, path, &info) == ERR_OK && !info.is_dir;
}

static int open_side(struct compare *d, const struct cli_call *call, size_t i, struct side *ret)
{
    const char *word = cli_param(call, i);
    if (!side_parse(word, is_file, d->cli->host->files, ret)) {
        return cli_fail(d->cli, CLI_USAGE,
                        "neither a file nor a server: %s; write HOST:PORT/PATH, "
                        "/PATH, or the name of a snapshot or an export",
                        word);
    }
    return side_open(ret, d->cli, !d->ignores_acl, true, cli_has(call, "all"));
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct compare d = {.cli = c, .shows_data = cli_has(call, "data")};
    struct side left = {0}, right = {0};
    for (size_t i = 0; i < cli_value_count(call, "ignore"); i++) {
        const char *what = cli_value_at(call, "ignore", i);
        d.ignores_ephemerals = d.ignores_ephemerals || strcmp(what, "ephemeral") == 0;
        d.ignores_acl = d.ignores_acl || strcmp(what, "acl") == 0;
    }
    c->is_stream = true;
    int status = open_side(&d, call, 0, &left);
    if (status == CLI_DONE) {
        status = open_side(&d, call, 1, &right);
    }
    if (status == CLI_DONE) {
        status = compare_streams(&d, left.stream, right.stream);
        if (status == CLI_NO) {
            status = CLI_TROUBLE; // CLI_NO is for "they differ"
        }
    }
    if (status == CLI_DONE) {
        status = conclude(&d);
    }
    side_fini(&left);
    side_fini(&right);
    buf_fini(&d.text);
    return status;
}

static const struct cli_flag flags[] = {
    {.name = "data", .help = "show the lines that differ in small text values"},
    {.name = "ignore",
     .value = "WHAT",
     .kind = CLI_WORD,
     .words = "ephemeral acl zookeeper",
     .is_repeatable = true,
     .help = "ephemeral nodes, ACLs; /zookeeper is ignored anyway"},
    {.name = "all", .help = "compare /zookeeper, too"},
};
static const struct cli_param params[] = {
    {.name = "A",
     .kind = CLI_TEXT,
     .help = "HOST:PORT/PATH, /PATH, a snapshot, or a file of export"},
    {.name = "B", .kind = CLI_TEXT, .help = "the same; paths are told below A's and B's root"},
};

const struct cli_command cli_diff = {
    .name = "diff",
    .group = CLI_GROUP_TREES,
    .summary = "compare two servers, snapshots or exports",
    .details =
        "Prints `- path` for what only A has, `+ path` for what only B has, and `~ path (data 10 "
        "-> 12 bytes, acl, kind)` for what differs. Data, ACL and kind are compared; versions, "
        "times and the sessions of ephemerals are not. Servers do not tell which nodes are "
        "containers or have a TTL, so that is compared only between files.\n\n"
        "/zookeeper is left out unless --all is given or the root is within it. A subtree of a "
        "snapshot is SNAPSHOT:/PATH. What is a file on this machine is taken for one; zk: or file: "
        "before the word says it. Both sides are read in the order of the paths; a snapshot is "
        "sorted in a temporary file (TMPDIR).",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "paddock diff old:2181/app new:2181/app # two servers\n"
                "paddock diff data/version-2/snapshot.1f zk1:2181 # what changed since\n"
                "paddock diff app.jsonl.gz zk1:2181/app --data # a backup and what became of it\n",
    .exits = "0 they are equal; 1 they differ; above 1 they could not be compared",
    .is_json_able = true,
    .run = run,
};
