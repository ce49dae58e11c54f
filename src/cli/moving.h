// SPDX-License-Identifier: Apache-2.0
//
// Moving a subtree in one transaction: everything is created under the new name and deleted under
// the old one, or nothing happens. Deletions name the versions that were read, so a change in
// between makes it fail, and so does a child that came.
#ifndef PADDOCK_CLI_MOVING_H
#define PADDOCK_CLI_MOVING_H

#include "cli/cli.h"

enum move_end {
    MOVE_DONE,
    MOVE_TOO_BIG, // for one transaction; nothing was done
    MOVE_FAILED,  // it was said why; nothing was done (but exit code CLI_LOST: unknown)
};

enum { MOVE_FRAME_BYTES_MAX = 1000000 }; // below jute.maxbuffer's default, 1048575

// `*ret_nodes`: how many there are; of a tree that is too big, how many were looked at.
// `*ret_exit_code` of MOVE_FAILED.
enum move_end move_subtree(struct cli *c, struct paddock *zk, const char *from, const char *to,
                           uint64_t *ret_nodes, int *ret_exit_code);

#endif
