// SPDX-License-Identifier: Apache-2.0
//
// The interactive shell: a prompt with the state of the session, history, completion of commands,
// flags and paths, watches printed as they come. Without a terminal it reads commands from stdin,
// one a line. Source: ZooKeeperMain.run, JLineZNodeCompleter.
#ifndef PADDOCK_CLI_SHELL_H
#define PADDOCK_CLI_SHELL_H

#include "cli/cli.h"

// Until `quit` or the end of input; returns the exit code of the last command.
int shell_run(struct cli *c);

#endif
