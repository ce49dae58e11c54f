// SPDX-License-Identifier: Apache-2.0
//
// The program under its own name: options, then a command and its words, or the shell.
#ifndef PADDOCK_CLI_PROGRAM_H
#define PADDOCK_CLI_PROGRAM_H

#include "cli/cli.h"

// `words` are the arguments without the program's name, NULL at the end. Returns an exit code; the
// session is closed. `c` comes with host, out, err and program set, and everything else zero.
int program_run(struct cli *c, const char *const *words);

// One command with its words: parses, helps, runs. Also the shell's way to a command.
int program_run_command(struct cli *c, const char *const *words);

#endif
