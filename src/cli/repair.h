// SPDX-License-Identifier: Apache-2.0
//
// Mending what an examination found. Nothing is thrown away: what is removed or replaced goes to
// `damaged-<time>` beside the version-2 folder it was in. The directory's lock is held meanwhile,
// so no server of ours starts on it.
#ifndef PADDOCK_CLI_REPAIR_H
#define PADDOCK_CLI_REPAIR_H

#include "cli/examine.h"

struct repair_report {
    size_t mended, refused; // findings; refused: lossy ones without the permission for it
    char kept_in[512];      // the folder; "" when nothing had to be kept
};

// Mend every finding that has a repair; those that give up transactions only when `is_lossy`.
// CLI_DONE, or after cli_fail: CLI_NO when a server runs there, CLI_TROUBLE.
int repair(struct examination *x, bool is_lossy, struct repair_report *ret);

#endif
