// SPDX-License-Identifier: Apache-2.0
//
// What people read of the command table: usage lines, --help, the list of commands, manual pages
// (mdoc) and the completions of shells.
#ifndef PADDOCK_CLI_HELP_H
#define PADDOCK_CLI_HELP_H

#include <stdio.h>

#include "cli/cli.h"

// "get [-s] [-w] PATH": one line; in zkCli's style and in the shell zkCli's own where it has one.
void help_usage(struct cli *c, const struct cli_command *command, FILE *to);

void help_command(struct cli *c, const struct cli_command *command, FILE *to);
void help_commands(struct cli *c, FILE *to); // the commands by group
void help_program(struct cli *c, FILE *to); // the commands by group, the common flags, exit codes

// "N meaning" of the i-th exit code of all commands; NULL behind the last. Memory: static.
const char *help_exit(size_t i);

void help_manual(const struct cli_command *command, FILE *to); // paddock-NAME(1); NULL: paddock(1)

// Source: bash's complete -C style is not used: each script is static and asks `paddock` only for
// znode paths. Errors: false for an unknown shell.
bool help_completion(const char *shell, FILE *to);

#endif
