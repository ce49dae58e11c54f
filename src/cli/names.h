// SPDX-License-Identifier: Apache-2.0
//
// The program under the names of Apache's bin/ scripts: a link of such a name to `paddock` takes
// the script's arguments and answers in its words, with its exit codes.
#ifndef PADDOCK_CLI_NAMES_H
#define PADDOCK_CLI_NAMES_H

#include "cli/cli.h"

// `words` are the arguments without the program's name, NULL at the end. Returns the exit code.
typedef int names_run(struct cli *c, const char *const *words);

// What argv[0] asks for, by what stands behind its last slash; NULL: the program itself.
names_run *names_find(const char *argv0);

#endif
