// SPDX-License-Identifier: Apache-2.0
//
// A subtree drawn with lines (`tree`), or as an object a line.
#include <inttypes.h>
#include <string.h>

#include "cli/acl_text.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/subtree.h"
#include "cli/tree_lines.h"

enum { TEXT_BYTES = 32, DEPTH_MAX = 1000000 };

struct drawing {
    struct cli *cli;
    bool has_sizes, is_human, has_owners, has_acl, has_paths;
    struct tree_lines lines;
    struct buf line;
    uint64_t nodes, bytes, unread;
};

static void put_note(struct drawing *d, const char *text)
{
    buf_printf(&d->line, "%s%s%s", d->line.len > 0 ? "  " : "", text, "");
}

static void put_size(struct drawing *d, const struct paddock_stat *stat)
{
    char text[TEXT_BYTES];
    if (d->is_human) {
        put_note(d, progress_bytes((uint64_t)stat->data_length, text));
    } else {
        (void)snprintf(text, sizeof(text), "%" PRId32, stat->data_length);
        put_note(d, text);
    }
}

// What stands behind the name.
static void put_notes(struct drawing *d, const struct subtree_node *n)
{
    buf_clear(&d->line);
    if (d->has_sizes && n->has_stat) {
        put_size(d, &n->stat);
    }
    struct buf text = {0};
    if (d->has_owners && n->has_stat && n->stat.ephemeral_owner != 0) {
        buf_printf(&text, "ephemeral 0x%" PRIx64, (uint64_t)n->stat.ephemeral_owner);
        put_note(d, buf_cstr(&text));
        buf_clear(&text);
    }
    if (n->has_acl) {
        acl_list_text(n->acl, n->acl_count, &text);
        put_note(d, buf_cstr(&text));
    }
    if (n->code != PADDOCK_OK) {
        put_note(d, n->code == PADDOCK_NO_AUTH ? "[not readable]" : paddock_code_name(n->code));
    } else if (n->names == NULL && n->has_stat && n->stat.num_children > 0) {
        put_note(d, "...");
    }
    buf_fini(&text);
}

static void draw(struct drawing *d, const struct subtree_node *n)
{
    struct cli *c = d->cli;
    buf_clear(&d->line);
    tree_lines_enter(&d->lines, n->depth, n->is_last, &d->line);
    (void)fwrite(buf_slice(&d->line).data, 1, d->line.len, c->out);
    bool is_fleeting = n->has_stat && n->stat.ephemeral_owner != 0;
    const char *colour = n->code != PADDOCK_OK ? cli_colour(c, 'r')
                         : is_fleeting         ? cli_colour(c, 'y')
                                               : "";
    (void)fprintf(c->out, "%s%s%s", colour, d->has_paths || n->depth == 0 ? n->path : n->name,
                  *colour != '\0' ? cli_colour(c, '0') : "");
    put_notes(d, n);
    if (d->line.len > 0) {
        (void)fprintf(c->out, "  %s%s%s", cli_colour(c, 'd'), buf_cstr(&d->line),
                      cli_colour(c, '0'));
    }
    (void)fputc('\n', c->out);
}

static void print_object(struct drawing *d, const struct subtree_node *n)
{
    struct json *o = json_new_object();
    json_put(o, "path", json_new_cstr(n->path));
    json_put(o, "depth", json_new_int((int64_t)n->depth));
    if (n->code != PADDOCK_OK) {
        json_put(o, "error", json_new_cstr(paddock_code_name(n->code)));
    }
    if (n->has_stat) {
        json_put(o, "stat", cli_json_stat(&n->stat));
    }
    if (n->has_acl) {
        json_put(o, "acl", cli_json_acl(n->acl, n->acl_count));
    }
    (void)cli_print_json(d->cli, o);
}

static int draw_all(struct drawing *d, struct subtree *s)
{
    struct cli *c = d->cli;
    struct subtree_node n;
    enum subtree_step step;
    struct progress p;
    progress_begin(&p, c, "drawing", "nodes", 0);
    p.is_wanted = p.is_wanted && !c->host->out_is_tty; // there the tree itself moves
    while ((step = subtree_next(s, &n)) < SUBTREE_END && !ferror(c->out)) {
        if (step == SUBTREE_LEAVE) {
            if (!c->is_json) {
                tree_lines_leave(&d->lines, n.depth, n.is_last);
            }
            continue;
        }
        d->nodes++;
        d->bytes += n.has_stat ? (uint64_t)n.stat.data_length : 0;
        progress_at(&p, d->nodes, d->bytes);
        d->unread += n.code != PADDOCK_OK ? 1 : 0;
        if (c->is_json) {
            print_object(d, &n);
        } else {
            draw(d, &n);
        }
    }
    progress_end(&p);
    return subtree_exit_code(s);
}

static void sum_up(const struct drawing *d)
{
    struct cli *c = d->cli;
    char nodes[TEXT_BYTES], bytes[TEXT_BYTES];
    if (!c->is_quiet && !c->is_json) {
        (void)fflush(c->out);
        (void)fprintf(c->err, "%s nodes, %s\n", progress_count(d->nodes, nodes),
                      progress_bytes(d->bytes, bytes));
    }
}

static bool is_ascii(const struct cli *c, const struct cli_call *call)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = c->host->env(names[i]);
        if (value != NULL && *value != '\0') {
            bool is_utf8 = strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL;
            return cli_has(call, "ascii") || (!is_utf8 && c->host->out_is_tty);
        }
    }
    return cli_has(call, "ascii"); // nothing is said: as the rest of the program
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct subtree_options options = {.path = cli_param(call, 0),
                                      .wants_acl = cli_has(call, "acl"),
                                      .has_depth_max = cli_has(call, "L")};
    options.path = options.path != NULL ? options.path : "/";
    int64_t depth = 0;
    const char *text = cli_value(call, "L");
    int status = text != NULL ? cli_number(c, text, "the depth", 0, DEPTH_MAX, &depth) : CLI_DONE;
    options.depth_max = (size_t)depth;
    struct paddock *zk = NULL;
    status = status == CLI_DONE ? cli_check_path(c, options.path, false) : status;
    status = status == CLI_DONE ? cli_session(c, &zk) : status;
    if (status != CLI_DONE) {
        return status;
    }
    struct drawing d = {.cli = c,
                        .has_sizes = cli_has(call, "s") || cli_has(call, "h"),
                        .is_human = cli_has(call, "h"),
                        .has_owners = cli_has(call, "e"),
                        .has_paths = cli_has(call, "f"),
                        .lines = {.is_ascii = is_ascii(c, call)}};
    bool was_stream = c->is_stream;
    c->is_stream = true;
    struct subtree *s = subtree_open(c, zk, &options);
    status = draw_all(&d, s);
    subtree_close(s);
    c->is_stream = was_stream;
    if (status == CLI_DONE) {
        sum_up(&d);
    }
    tree_lines_fini(&d.lines);
    buf_fini(&d.line);
    return status == CLI_DONE && d.unread > 0 ? CLI_NO : status;
}

static const struct cli_flag flags[] = {
    {.letter = 'L',
     .name = "depth",
     .value = "N",
     .kind = CLI_NUMBER,
     .help = "only N levels below PATH; what is cut ends with ..."},
    {.letter = 's', .name = "size", .help = "the bytes of data of each node"},
    {.letter = 'h', .name = "human", .help = "the same in KiB, MiB"},
    {.letter = 'e',
     .name = "ephemerals",
     .help = "which nodes are ephemeral, and of which session"},
    {.letter = 'A', .name = "acl", .help = "who may do what with each node"},
    {.letter = 'f', .name = "full-path", .help = "the whole path in front of each name"},
    {.name = "ascii", .help = "lines of |, - and `"},
};
static const struct cli_param params[] = {{.name = "PATH",
                                           .kind = CLI_PATH,
                                           .count = CLI_OPTIONAL,
                                           .help = "the node to begin with (/)"}};

const struct cli_command cli_tree = {
    .name = "tree",
    .group = CLI_GROUP_TREES,
    .summary = "draw a subtree",
    .details =
        "Prints PATH and all below it, one node a line, children in the order of their names. "
        "Nodes "
        "that vanish meanwhile are left out; those that may not be read are marked, and the exit "
        "code is 1. On a terminal ephemeral nodes are yellow.\n\n"
        "The tree is read with many requests at a time and printed as it comes, so a tree of any "
        "size needs little memory. With --json each node is an object on a line of its own: path, "
        "depth, stat, with --acl also acl.",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "tree -L 2 / # the first two levels\n"
                "tree -he /kafka # with sizes, and whose the ephemeral nodes are\n"
                "tree --json /app | jq -r 'select(.stat.data_length > 100000).path' # the big ones",
    .exits = "1 some nodes may not be read",
    .is_json_able = true,
    .run = run,
};
