// SPDX-License-Identifier: Apache-2.0
//
// Deleting a subtree: children first, many in a transaction. What vanishes meanwhile is as good as
// deleted; what comes meanwhile is deleted, too, by walking again.
#ifndef PADDOCK_CLI_ERASE_H
#define PADDOCK_CLI_ERASE_H

#include "cli/cli.h"

struct erased {
    uint64_t nodes;   // that this deleted
    uint64_t refused; // said on err, each
};

// `total` is for the progress; 0: not known. CLI_DONE; CLI_NO when nodes are left, which was said;
// or what ended it. A root that is not there is an error of its own (CLI_NO).
int erase_subtree(struct cli *c, struct paddock *zk, const char *path, uint64_t total,
                  struct erased *ret);

#endif
