// SPDX-License-Identifier: Apache-2.0
//
// The command line under the name zkCli.sh: Apache's options, commands, streams, messages and exit
// codes. What a command does is the same as under our own name; what surrounds it is here.
// Source: org.apache.zookeeper.ZooKeeperMain; deliberate differences: docs/cli-differences.md.
#ifndef PADDOCK_CLI_ZKCLI_H
#define PADDOCK_CLI_ZKCLI_H

#include "cli/cli.h"

// As program_run. The session is left to its timeout, as zkCli leaves it, unless `quit` or `close`
// ends it.
int zkcli_run(struct cli *c, const char *const *words);

// As program_run_command.
int zkcli_run_command(struct cli *c, const char *const *words);

// A command's usage as zkCli complains with it: its line, then the table of its flags if any.
void zkcli_usage(const struct cli_command *command, FILE *to);

#endif
