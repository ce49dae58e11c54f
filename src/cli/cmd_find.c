// SPDX-License-Identifier: Apache-2.0
//
// The nodes of a subtree that meet all conditions (`find`).
#include <inttypes.h>

#include "cli/cli.h"
#include "cli/filter.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/quantity.h"
#include "cli/subtree.h"

enum { DEPTH_MAX = 1000000 };

struct search {
    struct cli *cli;
    struct filter filter;
    bool is_count, ends_with_zero;
    uint64_t seen, found, unread;
};

static void print_found(struct search *f, const struct subtree_node *n)
{
    struct cli *c = f->cli;
    if (f->is_count) {
        return;
    }
    if (!c->is_json) {
        (void)fputs(n->path, c->out);
        (void)fputc(f->ends_with_zero ? '\0' : '\n', c->out);
        return;
    }
    struct json *o = json_new_object();
    json_put(o, "path", json_new_cstr(n->path));
    if (n->has_stat) {
        json_put(o, "stat", cli_json_stat(&n->stat));
    }
    if (n->has_acl) {
        json_put(o, "acl", cli_json_acl(n->acl, n->acl_count));
    }
    (void)cli_print_json(c, o);
}

static int search(struct search *f, struct subtree *s)
{
    struct cli *c = f->cli;
    struct progress p;
    struct subtree_node n;
    enum subtree_step step;
    progress_begin(&p, c, "searching", "nodes", 0);
    p.is_wanted = p.is_wanted && (f->is_count || !c->host->out_is_tty);
    while ((step = subtree_next(s, &n)) < SUBTREE_END && !ferror(c->out)) {
        if (step == SUBTREE_LEAVE) {
            continue;
        }
        progress_at(&p, ++f->seen, 0);
        if (n.code != PADDOCK_OK) {
            subtree_complain(c, &n, &f->unread);
        }
        if (filter_passes(&f->filter, &n)) {
            f->found++;
            print_found(f, &n);
        }
    }
    progress_end(&p);
    return subtree_exit_code(s);
}

static void print_count(const struct search *f)
{
    struct cli *c = f->cli;
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "count", json_new_int((int64_t)f->found));
        json_put(o, "nodes", json_new_int((int64_t)f->seen));
        (void)cli_print_json(c, o);
    } else {
        (void)fprintf(c->out, "%" PRIu64 "\n", f->found);
    }
}

// ---- flags ----

static bool read_sizes(struct filter *f, const struct cli_call *call, char *why)
{
    const char *larger = cli_value(call, "larger"), *smaller = cli_value(call, "smaller");
    f->has_larger = larger != NULL;
    f->has_smaller = smaller != NULL;
    if ((larger != NULL && !size_parse(larger, &f->larger)) ||
        (smaller != NULL && !size_parse(smaller, &f->smaller))) {
        (void)snprintf(why, FILTER_WHY_BYTES, "a size is a number of bytes, or with k, M, G");
        return false;
    }
    return true;
}

static bool read_times(struct cli *c, struct filter *f, const struct cli_call *call, char *why)
{
    const char *older = cli_value(call, "older"), *newer = cli_value(call, "newer");
    int64_t now_ms = clock_wall_ms(c->host->clock);
    f->uses_ctime = cli_has(call, "ctime");
    f->has_older = older != NULL;
    f->has_newer = newer != NULL;
    return (older == NULL || filter_set_time(now_ms, older, &f->older_ms, why)) &&
           (newer == NULL || filter_set_time(now_ms, newer, &f->newer_ms, why));
}

static bool read_filter(struct cli *c, struct filter *f, const struct cli_call *call, char *why)
{
    const char *path = cli_value(call, "path"), *owner = cli_value(call, "owner");
    f->name = cli_value(call, "name");
    f->wants_empty = cli_has(call, "empty");
    bool is_good = read_times(c, f, call, why) && read_sizes(f, call, why) &&
                   (path == NULL || filter_set_path(f, path, why)) &&
                   (owner == NULL || filter_set_owner(f, owner, why));
    for (size_t i = 0; is_good && i < cli_value_count(call, "acl"); i++) {
        is_good = filter_set_acl(f, cli_value_at(call, "acl", i), why);
    }
    return is_good;
}

extern const struct cli_command cli_find;

static int read_call(struct cli *c, const struct cli_call *call, struct search *f,
                     struct subtree_options *options)
{
    char why[FILTER_WHY_BYTES];
    const char *depth_text = cli_value(call, "maxdepth");
    int64_t depth = 0;
    options->path = cli_param(call, 0) != NULL ? cli_param(call, 0) : "/";
    f->is_count = cli_has(call, "count");
    f->ends_with_zero = cli_has(call, "print0");
    int status = CLI_DONE;
    if (!read_filter(c, &f->filter, call, why)) {
        status = cli_usage(c, &cli_find, why);
    } else if (depth_text != NULL) {
        status = cli_number(c, depth_text, "the depth", 0, DEPTH_MAX, &depth);
    }
    options->has_depth_max = depth_text != NULL;
    options->depth_max = (size_t)depth;
    options->wants_acl = f->filter.wants_acl;
    return status == CLI_DONE ? cli_check_path(c, options->path, false) : status;
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct search f = {.cli = c};
    struct subtree_options options = {0};
    struct paddock *zk = NULL;
    int status = read_call(c, call, &f, &options);
    status = status == CLI_DONE ? cli_session(c, &zk) : status;
    if (status == CLI_DONE) {
        bool was_stream = c->is_stream;
        c->is_stream = true;
        struct subtree *s = subtree_open(c, zk, &options);
        status = search(&f, s);
        subtree_close(s);
        if (status == CLI_DONE && f.is_count) {
            print_count(&f);
        }
        c->is_stream = was_stream;
    }
    filter_fini(&f.filter);
    return status == CLI_DONE && f.unread > 0 ? CLI_NO : status;
}

static const struct cli_flag flags[] = {
    {.letter = 'n',
     .name = "name",
     .value = "GLOB",
     .help = "the last part of the path is like this: *, ?, [a-z]"},
    {.letter = 'p',
     .name = "path",
     .value = "REGEX",
     .help = "an extended regular expression is found in the path"},
    {.name = "older",
     .value = "AGE",
     .help =
         "last changed longer ago than 90s, 5m, 2h, 7d, or before a moment as 2026-11-21T16:00"},
    {.name = "newer", .value = "AGE", .help = "last changed since then"},
    {.name = "ctime", .help = "--older and --newer look at the creation, not at the last change"},
    {.name = "larger", .value = "SIZE", .help = "more bytes of data than this; 10k, 1M"},
    {.name = "smaller", .value = "SIZE", .help = "fewer bytes of data than this"},
    {.name = "empty", .help = "neither data nor children"},
    {.letter = 'o',
     .name = "owner",
     .value = "OWNER",
     .help = "ephemeral, persistent, or of this session (0x...)"},
    {.letter = 'a',
     .name = "acl",
     .value = "ENTRY",
     .is_repeatable = true,
     .help = "an entry of the ACL has this SCHEME:ID (or SCHEME:), and these of cdrwa"},
    {.name = "maxdepth", .value = "N", .kind = CLI_NUMBER, .help = "only N levels below PATH"},
    {.name = "print0", .help = "end each path with a zero byte, for xargs -0"},
    {.letter = 'c', .name = "count", .help = "print only how many there are"},
};
static const struct cli_param params[] = {{.name = "PATH",
                                           .kind = CLI_PATH,
                                           .count = CLI_OPTIONAL,
                                           .help = "the node to begin with (/)"}};

const struct cli_command cli_find = {
    .name = "find",
    .group = CLI_GROUP_TREES,
    .summary = "list the nodes of a subtree that meet conditions",
    .details =
        "Prints the path of PATH and of every node below it that meets all conditions given; "
        "without "
        "one, of all. Ages are compared with this machine's clock, the times are the servers'.\n\n"
        "Nodes that may not be read are named on stderr and tested by what is known of them; the "
        "exit code is then 1. It is 0 also when nothing was found. With --json each node is an "
        "object on a line of its own: path, stat, with --acl also acl.",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "find /app --name '*.lock' --older 1d # locks that were forgotten\n"
                "find / --larger 100k # what does not belong here\n"
                "find / --owner 0x10000a4c5d50001 # the ephemeral nodes of one session\n"
                "find / --acl world:anyone --acl w --count # what everybody may change",
    .exits = "1 some nodes may not be read",
    .is_json_able = true,
    .run = run,
};
