// SPDX-License-Identifier: Apache-2.0
//
// The command `version`: which release this is.
// Source: org.apache.zookeeper.cli.VersionCommand.
#include "cli/cli.h"

static int run(struct cli *c, const struct cli_call *call)
{
    (void)call;
    (void)fprintf(c->out, "ZooKeeper CLI version: %s\n", c->version);
    return CLI_DONE;
}

const struct cli_command cli_version = {
    .name = "version",
    .group = CLI_GROUP_PROGRAM,
    .summary = "print the version of this program",
    .zkcli_usage = "version ",
    .run = run,
};
