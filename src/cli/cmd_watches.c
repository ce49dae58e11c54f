// SPDX-License-Identifier: Apache-2.0
//
// `addWatch` and `removewatches`: of use in the shell, which prints the events.
// Source: org.apache.zookeeper.cli.AddWatchCommand, RemoveWatchesCommand.
#include <strings.h>

#include "cli/cli.h"

extern const struct cli_command cli_add_watch;

static int run_add(struct cli *c, const struct cli_call *call)
{
    const char *mode = cli_value(call, "m");
    bool is_plain = mode != NULL && strcasecmp(mode, "PERSISTENT") == 0;
    if (mode != NULL && !is_plain && strcasecmp(mode, "PERSISTENT_RECURSIVE") != 0) {
        return cli_usage(c, &cli_add_watch, "-m is PERSISTENT or PERSISTENT_RECURSIVE");
    }
    struct paddock_op op = {.type = PADDOCK_OP_ADD_WATCH,
                            .path = cli_param(call, 0),
                            .watch = cli_watch(true),
                            .is_recursive = !is_plain};
    return cli_call(c, &op, NULL);
}

static const struct cli_flag add_flags[] = {
    {.letter = 'm',
     .value = "MODE",
     .kind = CLI_WORD,
     .words = "PERSISTENT PERSISTENT_RECURSIVE",
     .help =
         "PERSISTENT: the node and its children; PERSISTENT_RECURSIVE: all below (the default)"}};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_add_watch = {
    .name = "addWatch",
    .group = CLI_GROUP_NODES,
    .summary = "watch a node, or all below it, until the watch is removed",
    CLI_FLAGS(add_flags),
    CLI_PARAMS(params),
    .zkcli_usage = "addWatch [-m mode] path # optional mode is one of [PERSISTENT, "
                   "PERSISTENT_RECURSIVE] - default is PERSISTENT_RECURSIVE",
    .run = run_add,
};

static enum paddock_watch_kind kind_of(const struct cli_call *call)
{
    static const struct {
        const char *flag;
        enum paddock_watch_kind kind;
    } kinds[] = {{"c", PADDOCK_WATCH_CHILDREN},
                 {"d", PADDOCK_WATCH_DATA},
                 {"p", PADDOCK_WATCH_PERSISTENT},
                 {"r", PADDOCK_WATCH_RECURSIVE}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (cli_has(call, kinds[i].flag)) {
            return kinds[i].kind;
        }
    }
    return PADDOCK_WATCH_ANY;
}

static int run_remove(struct cli *c, const struct cli_call *call)
{
    struct paddock_op op = {.type = PADDOCK_OP_REMOVE_WATCHES,
                            .path = cli_param(call, 0),
                            .watch_kind = kind_of(call),
                            .is_local = cli_has(call, "l")};
    return cli_call(c, &op, NULL);
}

static const struct cli_flag remove_flags[] = {
    {.letter = 'c', .help = "watches of the children"},
    {.letter = 'd', .help = "watches of the data"},
    {.letter = 'p', .help = "persistent watches"},
    {.letter = 'r', .help = "persistent recursive watches"},
    {.letter = 'a', .help = "all of them (the default)"},
    {.letter = 'l', .help = "forget them here also when no server is reached"},
};

const struct cli_command cli_removewatches = {
    .name = "removewatches",
    .group = CLI_GROUP_NODES,
    .summary = "remove watches of a node",
    CLI_FLAGS(remove_flags),
    CLI_PARAMS(params),
    .zkcli_usage = "removewatches path [-c|-d|-a] [-l]",
    .run = run_remove,
};
