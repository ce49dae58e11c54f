// SPDX-License-Identifier: Apache-2.0
//
// The command `delete`: one node without children goes.
// Source: org.apache.zookeeper.cli.DeleteCommand.
#include "cli/cli.h"

static int run(struct cli *c, const struct cli_call *call)
{
    struct paddock_op op = {.type = PADDOCK_OP_DELETE, .path = cli_param(call, 0)};
    int status = cli_version_flag(c, call, &op);
    return status == CLI_DONE ? cli_call(c, &op, NULL) : status;
}

static const struct cli_flag flags[] = {{.letter = 'v',
                                         .value = "VERSION",
                                         .kind = CLI_NUMBER,
                                         .help = "only when this is the version"}};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_delete = {
    .name = "delete",
    .group = CLI_GROUP_NODES,
    .summary = "delete a node that has no children",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .zkcli_usage = "delete [-v version] path",
    .run = run,
};
