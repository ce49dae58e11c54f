// SPDX-License-Identifier: Apache-2.0
//
// A line of the shell to words, as zkCli cuts it: blanks part words; a word that begins with a
// quote ends with the same one, and there are no escapes; a quote within a word is part of it.
// Source: ZooKeeperMain.MyCommandOptions.parseCommand, ARGS_PATTERN.
#ifndef PADDOCK_CLI_TOKENS_H
#define PADDOCK_CLI_TOKENS_H

#include <stddef.h>

struct tokens {
    const char **words; // `count` of them, then NULL
    size_t count;
    char *text; // what they point into
};

void tokens_split(const char *line, struct tokens *ret);
void tokens_fini(struct tokens *t);

#endif
