// SPDX-License-Identifier: Apache-2.0
//
// `du`: bytes of data and nodes of a subtree, by its branches. One sum for each level of the path
// at hand, one row for each branch that is printed.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/subtree.h"

enum { TEXT_BYTES = 32, DEPTH_MAX = 1000000, ROWS_MAX = INT32_MAX };

struct row {
    const char *path;
    uint64_t bytes, nodes;
};

enum order { BY_SIZE, BY_NODES, BY_NAME };

struct usage {
    struct cli *cli;
    size_t depth_max;
    enum order order;
    bool is_human;
    struct row *sums; // by depth
    size_t sum_cap;
    struct row *rows;
    size_t count, cap;
    struct arena paths;
    uint64_t unread;
};

// ---- gathering ----

static void enter(struct usage *u, const struct subtree_node *n)
{
    if (n->depth >= u->sum_cap) {
        u->sum_cap = 2 * n->depth + 16;
        u->sums = mem_realloc(u->sums, u->sum_cap * sizeof(*u->sums));
    }
    u->sums[n->depth] =
        (struct row){.bytes = n->has_stat ? (uint64_t)n->stat.data_length : 0, .nodes = 1};
    if (n->code != PADDOCK_OK) {
        subtree_complain(u->cli, n, &u->unread);
    }
}

static void leave(struct usage *u, const struct subtree_node *n)
{
    ASSERT(u->sums != NULL); // it was entered
    struct row sum = u->sums[n->depth];
    if (n->depth > 0) {
        u->sums[n->depth - 1].bytes += sum.bytes;
        u->sums[n->depth - 1].nodes += sum.nodes;
    }
    if (n->depth > u->depth_max) {
        return;
    }
    if (u->count == u->cap) {
        u->cap = u->cap > 0 ? 2 * u->cap : 64;
        u->rows = mem_realloc(u->rows, u->cap * sizeof(*u->rows));
    }
    sum.path = (const char *)arena_copy(&u->paths, slice_of(n->path, strlen(n->path) + 1)).data;
    u->rows[u->count++] = sum;
}

static int gather(struct usage *u, struct subtree *s)
{
    struct progress p;
    struct subtree_node n;
    enum subtree_step step;
    progress_begin(&p, u->cli, "counting", "nodes", 0);
    while ((step = subtree_next(s, &n)) < SUBTREE_END) {
        if (step == SUBTREE_ENTER) {
            enter(u, &n);
            continue;
        }
        leave(u, &n);
        progress_at(&p, u->sums[0].nodes, u->sums[0].bytes);
    }
    progress_end(&p);
    return subtree_exit_code(s);
}

// ---- printing ----

static int by_size(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->bytes != y->bytes) {
        return x->bytes < y->bytes ? 1 : -1;
    }
    if (x->nodes != y->nodes) {
        return x->nodes < y->nodes ? 1 : -1;
    }
    return strcmp(x->path, y->path);
}

static int by_nodes(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return x->nodes != y->nodes ? (x->nodes < y->nodes ? 1 : -1) : by_size(a, b);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->path, ((const struct row *)b)->path);
}

static void print_row(const struct usage *u, const struct row *r)
{
    struct cli *c = u->cli;
    char bytes[TEXT_BYTES], nodes[TEXT_BYTES];
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "path", json_new_cstr(r->path));
        json_put(o, "bytes", json_new_int((int64_t)r->bytes));
        json_put(o, "nodes", json_new_int((int64_t)r->nodes));
        (void)cli_print_json(c, o);
    } else if (u->is_human) {
        (void)fprintf(c->out, "%8s  %12s  %s\n", progress_bytes(r->bytes, bytes),
                      progress_count(r->nodes, nodes), r->path);
    } else {
        (void)fprintf(c->out, "%" PRIu64 "\t%" PRIu64 "\t%s\n", r->bytes, r->nodes, r->path);
    }
}

static void print(struct usage *u, size_t rows_max)
{
    static int (*const orders[])(const void *, const void *) = {
        [BY_SIZE] = by_size, [BY_NODES] = by_nodes, [BY_NAME] = by_path};
    if (u->count > 0) {
        qsort(u->rows, u->count, sizeof(*u->rows), orders[u->order]);
    }
    for (size_t i = 0; i < u->count && i < rows_max && !ferror(u->cli->out); i++) {
        print_row(u, &u->rows[i]);
    }
}

// ---- the command ----

static int read_flags(struct cli *c, const struct cli_call *call, struct usage *u,
                      int64_t *rows_max)
{
    int64_t depth = 1;
    const char *depth_text = cli_value(call, "d"), *rows = cli_value(call, "n"),
               *sort = cli_value(call, "sort");
    int status = CLI_DONE;
    if (depth_text != NULL) {
        status = cli_number(c, depth_text, "the depth", 0, DEPTH_MAX, &depth);
    }
    if (status == CLI_DONE && rows != NULL) {
        status = cli_number(c, rows, "the number of rows", 1, ROWS_MAX, rows_max);
    }
    if (status == CLI_DONE && sort != NULL) {
        u->order = strcmp(sort, "nodes") == 0  ? BY_NODES
                   : strcmp(sort, "name") == 0 ? BY_NAME
                                               : BY_SIZE;
        if (u->order == BY_SIZE && strcmp(sort, "size") != 0) {
            status = cli_fail(c, CLI_USAGE, "--sort is size, nodes or name, not %s", sort);
        }
    }
    u->depth_max = cli_has(call, "s") ? 0 : (size_t)depth;
    u->is_human = cli_has(call, "h");
    return status;
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct usage u = {.cli = c};
    int64_t rows_max = ROWS_MAX;
    struct subtree_options options = {.path = cli_param(call, 0)};
    options.path = options.path != NULL ? options.path : "/";
    struct paddock *zk = NULL;
    int status = read_flags(c, call, &u, &rows_max);
    status = status == CLI_DONE ? cli_check_path(c, options.path, false) : status;
    status = status == CLI_DONE ? cli_session(c, &zk) : status;
    if (status != CLI_DONE) {
        return status;
    }
    struct subtree *s = subtree_open(c, zk, &options);
    status = gather(&u, s);
    subtree_close(s);
    if (status == CLI_DONE) {
        bool was_stream = c->is_stream;
        c->is_stream = true;
        print(&u, (size_t)rows_max);
        c->is_stream = was_stream;
    }
    mem_free(u.sums);
    mem_free(u.rows);
    arena_fini(&u.paths);
    return status == CLI_DONE && u.unread > 0 ? CLI_NO : status;
}

static const struct cli_flag flags[] = {
    {.letter = 'd',
     .name = "max-depth",
     .value = "N",
     .kind = CLI_NUMBER,
     .help = "a row for each node up to N levels below PATH (1)"},
    {.letter = 's', .name = "summarize", .help = "only the sum, as -d 0"},
    {.letter = 'h', .name = "human-readable", .help = "sizes in KiB, MiB, and numbers with commas"},
    {.letter = 'n',
     .name = "top",
     .value = "ROWS",
     .kind = CLI_NUMBER,
     .help = "only the first ROWS rows"},
    {.name = "sort",
     .value = "ORDER",
     .kind = CLI_WORD,
     .words = "size nodes name",
     .help = "biggest first (size), most nodes first, or by path"},
};
static const struct cli_param params[] = {{.name = "PATH",
                                           .kind = CLI_PATH,
                                           .count = CLI_OPTIONAL,
                                           .help = "the node to begin with (/)"}};

const struct cli_command cli_du = {
    .name = "du",
    .group = CLI_GROUP_TREES,
    .summary = "say how many bytes and nodes are below a node, by its branches",
    .details =
        "A row has the bytes of data, the number of nodes (its own included) and the path of a "
        "branch, parted by tabs; the biggest comes first, and the sum of all is the row of PATH "
        "itself. Names, stats and ACLs take memory in servers, too, and are not counted in the "
        "bytes.\n\n"
        "Nodes that may not be read are named on stderr and counted without what is below them, "
        "mostly without their data, too; the exit code is then 1. With --json each row is an "
        "object on a line of "
        "its own: path, bytes, nodes.",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "du -h / # which application takes how much\n"
                "du -d 3 -n 20 --sort nodes / # the twenty branches with the most nodes",
    .exits = "1 some nodes may not be read",
    .is_json_able = true,
    .run = run,
};
