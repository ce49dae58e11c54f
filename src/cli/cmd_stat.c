// SPDX-License-Identifier: Apache-2.0
//
// The command `stat`: print all that the server keeps about a node beside its data.
// Source: org.apache.zookeeper.cli.StatCommand.
#include "cli/cli.h"
#include "cli/stat_text.h"

static int run(struct cli *c, const struct cli_call *call)
{
    const char *path = cli_param(call, 0);
    struct paddock_op op = {
        .type = PADDOCK_OP_EXISTS, .path = path, .watch = cli_watch(cli_has(call, "w"))};
    return stat_text_call(c, &op, true);
}

static const struct cli_flag flags[] = {{.letter = 'w', .help = "watch the node (in the shell)"}};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_stat = {
    .name = "stat",
    .group = CLI_GROUP_NODES,
    .summary = "print the stat of a node",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .zkcli_usage = "stat [-w] path",
    .is_json_able = true,
    .run = run,
};
