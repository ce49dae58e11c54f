// SPDX-License-Identifier: Apache-2.0
//
// A node as the arguments of `cp` name it: "/path" in the session's ensemble, or
// "HOST:PORT,.../path" in another one, which gets a session of its own.
#ifndef PADDOCK_CLI_PLACE_H
#define PADDOCK_CLI_PLACE_H

#include "cli/cli.h"

struct place {
    struct cli cli; // for the commands on it: a copy, with its own session when it is another one
    char *servers;  // owned; NULL: the session's
    const char *path;
    struct paddock *zk;
};

// Connects. CLI_DONE, or after cli_fail; place_close is legal then, too. `text` is borrowed.
int place_open(struct cli *c, const char *text, struct place *ret);
void place_close(struct place *p);

// Whether both are in one ensemble, as far as their names tell.
bool place_is_same_ensemble(const struct place *a, const struct place *b);

#endif
