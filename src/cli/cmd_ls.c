// SPDX-License-Identifier: Apache-2.0
//
// `ls`, `getEphemerals`, `getAllChildrenNumber`: lists of names and their number.
// Source: org.apache.zookeeper.cli.LsCommand, GetEphemeralsCommand, GetAllChildrenNumberCommand.
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/json.h"
#include "cli/stat_text.h"
#include "cli/walk.h"

static const char **sorted(const char *const *strings, size_t count)
{
    const char **names = mem_alloc((count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++) {
        names[i] = strings[i];
    }
    qsort(names, count, sizeof(*names), walk_by_name);
    return names;
}

static void print_list(const char *const *names, size_t count, FILE *to)
{
    (void)fputc('[', to);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(to, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    (void)fputs("]\n", to);
}

static struct json *json_list(const char *const *names, size_t count)
{
    struct json *list = json_new_array();
    for (size_t i = 0; i < count; i++) {
        json_append(list, json_new_cstr(names[i]));
    }
    return list;
}

// ---- ls ----

static int list_children(struct cli *c, const struct cli_call *call, const char *path)
{
    struct paddock_op op = {
        .type = PADDOCK_OP_GET_CHILDREN, .path = path, .watch = cli_watch(cli_has(call, "w"))};
    struct paddock_result *r;
    int status = cli_call(c, &op, &r);
    if (status != CLI_DONE) {
        return status;
    }
    const char **names = sorted(r->strings, r->string_count);
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "path", json_new_cstr(path));
        json_put(o, "children", json_list(names, r->string_count));
        json_put(o, "stat", cli_json_stat(&r->stat));
        status = cli_print_json(c, o);
    } else {
        print_list(names, r->string_count, c->out);
        if (cli_has(call, "s")) {
            stat_text_print(&r->stat, c->out);
        }
    }
    mem_free(names);
    paddock_result_free(r);
    return status;
}

extern const struct cli_command cli_ls;

static int run_ls(struct cli *c, const struct cli_call *call)
{
    const char *path = cli_param(call, 0);
    if (cli_has(call, "?") && c->style == CLI_STYLE_PADDOCK) {
        help_command(c, &cli_ls, c->out);
        return CLI_DONE;
    }
    return cli_has(call, "R") ? walk_print_paths(c, path, cli_has(call, "w"))
                              : list_children(c, call, path);
}

static const struct cli_flag ls_flags[] = {
    {.letter = 's', .help = "print the stat of the parent, too"},
    {.letter = 'w', .help = "watch the list (in the shell)"},
    {.letter = 'R', .help = "the whole subtree, one path a line"},
    {.letter = '?', .help = "the same as --help"},
};
static const struct cli_param path_params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_ls = {
    .name = "ls",
    .group = CLI_GROUP_NODES,
    .summary = "list the children of a node",
    CLI_FLAGS(ls_flags),
    CLI_PARAMS(path_params),
    .zkcli_usage = "ls [-s] [-w] [-R] path",
    .is_json_able = true,
    .run = run_ls,
};

// ---- getEphemerals ----

static int run_ephemerals(struct cli *c, const struct cli_call *call)
{
    const char *prefix = cli_param(call, 0);
    struct paddock_op op = {.type = PADDOCK_OP_GET_EPHEMERALS,
                            .path = prefix != NULL ? prefix : "/"};
    struct paddock_result *r;
    int status = cli_call(c, &op, &r);
    if (status != CLI_DONE) {
        return status;
    }
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "ephemerals", json_list(r->strings, r->string_count));
        status = cli_print_json(c, o);
    } else {
        print_list(r->strings, r->string_count, c->out);
    }
    paddock_result_free(r);
    return status;
}

static const struct cli_param prefix_params[] = {
    {.name = "PREFIX", .kind = CLI_PATH, .count = CLI_OPTIONAL, .help = "of their paths (/)"}};

const struct cli_command cli_get_ephemerals = {
    .name = "getEphemerals",
    .group = CLI_GROUP_NODES,
    .summary = "list the ephemeral nodes of this session",
    CLI_PARAMS(prefix_params),
    .zkcli_usage = "getEphemerals path",
    .is_json_able = true,
    .run = run_ephemerals,
};

// ---- getAllChildrenNumber ----

static int run_count(struct cli *c, const struct cli_call *call)
{
    struct paddock_op op = {.type = PADDOCK_OP_COUNT_CHILDREN, .path = cli_param(call, 0)};
    struct paddock_result *r;
    int status = cli_call(c, &op, &r);
    if (status != CLI_DONE) {
        return status;
    }
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "path", json_new_cstr(op.path));
        json_put(o, "all_children", json_new_int(r->number));
        status = cli_print_json(c, o);
    } else {
        (void)fprintf(c->out, "%" PRId64 "\n", r->number);
    }
    paddock_result_free(r);
    return status;
}

const struct cli_command cli_get_all_children_number = {
    .name = "getAllChildrenNumber",
    .group = CLI_GROUP_NODES,
    .summary = "print how many nodes are below a node",
    CLI_PARAMS(path_params),
    .zkcli_usage = "getAllChildrenNumber path",
    .is_json_able = true,
    .run = run_count,
};
